/* random.h - a number that nobody else draws: names for what several processes write in one place. No
 * output depends on it.
 * Errors:  none: a system that has no random numbers stops the program (must).
 * Threads: any. */
#ifndef BUNDELWACHT_SYSTEM_RANDOM_H
#define BUNDELWACHT_SYSTEM_RANDOM_H

#include <stdint.h>

uint64_t random_number(void);

#endif
