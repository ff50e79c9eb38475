/* resolve.h - what became of the outputs: reads what is visible from the window on, and compares with it what
 * was made or is made again.
 * Owner:   a partition has what was found, and the outputs.
 * Units:   offsets of the output partitions; numbers of outputs.
 * Errors:  worker->failure: visible outputs that nothing of ours matches, or a topic that was made anew or
 * cut (exit 78).
 * Threads: the worker's.
 * Source:  EXACTLY-ONCE.md, step 6. */
#ifndef BUNDELWACHT_PIPELINE_RESOLVE_H
#define BUNDELWACHT_PIPELINE_RESOLVE_H

#include "pipeline/window.h"
#include "stream/consumer.h"

struct partition;
struct worker;

enum resolved {
    RESOLVED_COMPLETE, /* all that was made up to the commit is visible, and nothing behind it */
    RESOLVED_PARTLY,   /* what is made from the window on has to be compared (PARTITION_RESOLVING) */
    RESOLVED_NOT,      /* not known now, or refused (worker->failure) */
};
/* Reads what stands there of all partitions that are in doubt or come from elsewhere, with one reader:
 * resolve_read then only compares. `positions`: what is committed. False: not now, or worker->failure. */
bool resolve_read_all(struct worker *worker, const struct position *positions, size_t count);
/* Of a partition at rest. When it is complete, its window has moved up to the end. */
enum resolved resolve_read(struct worker *worker, struct partition *partition);
/* The outputs from number `from` of the outbox on, made when the fold had made `before`: those that are there
 * are not sent. False: refused. */
bool resolve_take(struct worker *worker, struct partition *partition, size_t from, const struct made *before);
/* When everything that was found is accounted for, and everything before the commit was made again, the
 * partition is as any other. */
void resolve_look(const struct worker *worker, struct partition *partition);
/* Nothing visible beyond `begin`s; for a partition of which nothing was ever committed. */
enum resolved resolve_is_empty(struct worker *worker, struct partition *partition, uint8_t *ret_topic);

#endif
