/* clock.h - what time it is, for intervals, deadlines and the log; never for a decision of the rules (§0).
 * Units:   microseconds of a clock that only goes forward; milliseconds since 1970 of the wall's.
 * Errors:  none.
 * Threads: any. */
#ifndef BUNDELWACHT_SYSTEM_CLOCK_H
#define BUNDELWACHT_SYSTEM_CLOCK_H

#include <stdint.h>

#define MICROSECONDS_OF_MS(ms) ((int64_t)(ms) * 1000)
#define MICROSECONDS_OF_S(s) ((int64_t)(s) * 1000000)

int64_t clock_us(void);
int64_t clock_wall_ms(void);
/* CPU time of the whole process so far. */
int64_t clock_cpu_us(void);

#endif
