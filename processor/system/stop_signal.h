/* stop_signal.h - SIGTERM and SIGINT as a wish to stop, a way to be woken, and a limit on how long the end
 * may take.
 * Errors:  must() when the system has no descriptors left.
 * Threads: open and wait in the main thread, before others are started; wake and number from any. One of them
 * per process.
 *
 * The first signal is a wish: the transaction is finished, then the process ends. A second SIGINT leaves at
 * once. */
#ifndef BUNDELWACHT_SYSTEM_STOP_SIGNAL_H
#define BUNDELWACHT_SYSTEM_STOP_SIGNAL_H

void stop_signal_open(void);
void stop_signal_close(void);
/* Waits until a signal came, somebody woke it, or the time is over. Returns the number of the signal that
 * came, or 0. */
int stop_signal_wait(int wait_ms);
/* The number of the first signal that came, or 0. */
int stop_signal_number(void);
void stop_signal_wake(void);

/* From now on the process has `seconds` to end; then it leaves with `exit_code` and `sentence` on stderr. 0:
 * no limit any more. */
void watchdog_set(int seconds, int exit_code, const char *sentence);

#endif
