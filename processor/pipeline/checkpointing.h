/* checkpointing.h - when a worker takes a snapshot of a partition's state, and how: a little in every turn
 * (design §3, Checkpoint).
 * Owner:   the worker.
 * Errors:  none: without a checkpoint a restart folds more. checkpointing_now says whether it is there.
 * Threads: the worker's; the writing is done elsewhere (checkpoint_thread.h). */
#ifndef BUNDELWACHT_PIPELINE_CHECKPOINTING_H
#define BUNDELWACHT_PIPELINE_CHECKPOINTING_H

#include "pipeline/partition.h"

struct worker;

/* Once a turn, where nothing is folded that is not committed: begins what is due. */
void checkpointing_look(struct worker *worker);
/* Once a turn: some milliseconds of the snapshot that is being taken. */
void checkpointing_step(struct worker *worker);
/* At once, and waits for the disk; all of the partition is committed. False: there is none. */
bool checkpointing_now(struct worker *worker, struct partition *partition);
/* At a clean stop: of all partitions whose newest one is older than they are. */
void checkpointing_at_stop(struct worker *worker);

#endif
