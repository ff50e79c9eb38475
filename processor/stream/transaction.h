/* transaction.h - the calls that make outputs and input offsets true together, or neither. The order of the
 * calls, and what follows when one fails, is the table of steps in pipeline/commit.c.
 * Owner:   producer and consumer are the worker's.
 * Errors:  false, with the remedy in the failure. Each waits for transaction.timeout.ms at the most, then it
 * is AGAIN.
 * Threads: one, the worker's. */
#ifndef BUNDELWACHT_STREAM_TRANSACTION_H
#define BUNDELWACHT_STREAM_TRANSACTION_H

#include "stream/consumer.h"
#include "stream/producer.h"

bool transaction_begin(struct producer *producer, struct failure *failure);
/* The consumer's group gets these offsets with their metadata when the transaction commits. */
bool transaction_offsets(struct producer *producer, struct consumer *consumer,
                         const struct position *positions, size_t count, struct failure *failure);
/* Only puts the group's offsets on the list of what the end of this transaction marks, for the sake of what
 * an earlier one of the same producer may have left pending there. Nothing new becomes pending by it, for the
 * marker of this transaction may get lost in turn. To be aborted. It asks for no place in the group, so that
 * the id of a process that is gone can be borrowed. STOP: the coordinator takes what Kafka's refuses. */
bool transaction_touch_group(struct producer *producer, const char *group, const char *topic,
                             struct failure *failure);
bool transaction_commit(struct producer *producer, struct failure *failure);
bool transaction_abort(struct producer *producer, struct failure *failure);

#endif
