/* worker_call.h - calls to Kafka that last: one that may hang is watched from another thread, and questions
 * have an end.
 * Owner:   the worker, who has the lock and the times.
 * Units:   microseconds of clock_us.
 * Errors:  none.
 * Threads: the worker's, but for worker_watch_call. */
#ifndef BUNDELWACHT_PIPELINE_WORKER_CALL_H
#define BUNDELWACHT_PIPELINE_WORKER_CALL_H

#include "pipeline/worker.h"

/* Around a call that needs the group's coordinator on the producer's handle. */
void worker_begin_call(struct worker *worker, struct producer *producer);
void worker_end_call(struct worker *worker);
/* From another thread, now and then: helps a call that hangs. */
void worker_watch_call(struct worker *worker);
/* It has asked for its positions for longer than a transaction that is pending there, and the broker, may
 * take. */
bool worker_asks_too_long(const struct worker *worker);

#endif
