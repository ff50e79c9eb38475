/* die_at.h - failpoints, for tests/chaos and tests/broker. BUNDELWACHT_DIE_AT=place:n: the process kills itself at a
 * named place, the n-th time that it comes there, as kill -9 would. BUNDELWACHT_STOP_AT=place:n: there it stops, each
 * n-th time, as kill -STOP would, so that a harness can do something to the brokers at that very moment; a SIGCONT
 * lets it go on.
 * Errors:  none; without the variables nothing happens.
 * Threads: any. */
#ifndef BUNDELWACHT_SYSTEM_DIE_AT_H
#define BUNDELWACHT_SYSTEM_DIE_AT_H

void die_at_open(void); /* reads the variables; before other threads are started */
void die_at(const char *place);
/* Within the next milliseconds, so that the call which follows is cut off somewhere in its middle. */
void die_soon_after(const char *place);

#endif
