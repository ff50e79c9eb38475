/* die_at.h - for tests/chaos: the process kills itself at a named place (BUNDELWACHT_DIE_AT=place:n, the n-th time), as kill -9 would.
 * Errors:  none; without the variable nothing happens.
 * Threads: any. */
#ifndef BUNDELWACHT_SYSTEM_DIE_AT_H
#define BUNDELWACHT_SYSTEM_DIE_AT_H

void die_at_open(void); /* reads the variable; before other threads are started */
void die_at(const char *place);
/* Within the next milliseconds, so that the call which follows is cut off somewhere in its middle. */
void die_soon_after(const char *place);

#endif
