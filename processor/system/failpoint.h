/* failpoint.h - failpoints, for tests/chaos and tests/broker. BUNDELWACHT_FAILPOINT_KILL=name:n: the process
 * kills itself at the failpoint of that name, the n-th time that it comes there, as kill -9 would.
 * BUNDELWACHT_FAILPOINT_STOP=name:n: there it stops, each n-th time, as kill -STOP would, so that a harness
 * can do something to the brokers at that very moment; a SIGCONT lets it go on.
 * Errors:  none; without the variables nothing happens.
 * Threads: any. */
#ifndef BUNDELWACHT_SYSTEM_FAILPOINT_H
#define BUNDELWACHT_SYSTEM_FAILPOINT_H

void failpoints_open(void); /* reads the variables; before other threads are started */
void failpoint(const char *name);
/* Within the next milliseconds, so that the call which follows is cut off somewhere in its middle. */
void failpoint_soon_after(const char *name);

#endif
