/* worker_outbox.h - what a worker holds on to over all of its partitions: outputs that are not committed, and
 * the last messages.
 * Owner:   the worker.
 * Units:   records and bytes.
 * Errors:  none.
 * Threads: the worker's. */
#ifndef BUNDELWACHT_PIPELINE_WORKER_OUTBOX_H
#define BUNDELWACHT_PIPELINE_WORKER_OUTBOX_H

#include "pipeline/worker.h"

/* Before the batch at hand goes. */
void worker_note_last(struct worker *worker);
bool worker_outbox_is_full(const struct worker *worker);
/* Anew, after something happened to the outbox; folding itself adds to the sums. */
void worker_count_outbox(struct worker *worker);

#endif
