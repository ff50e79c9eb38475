/* partition.h - one partition of the input: its fold, how far it is, and what it has decided but not yet committed.
 * Owner:   a worker owns its partitions; a fold is given to one worker at a time.
 * Units:   offsets of the input.
 * Threads: one, the worker's.
 *
 * committed <= next, but while it restores: then next runs up to committed, silently. What lies between is in `kept`. */
#ifndef BUNDELWACHT_PIPELINE_PARTITION_H
#define BUNDELWACHT_PIPELINE_PARTITION_H

#include "pipeline/fold.h"
#include "pipeline/kept.h"

struct partition {
    int32_t number;
    bool owned;         /* else: warm, when there is a fold (design §3, Revoke) */
    struct fold *fold;  /* NULL: nothing is known */
    int64_t next;       /* the offset of the next record to fold */
    int64_t committed;  /* what the group has committed; OFFSET_NONE: nothing yet */
    int64_t end_seen;   /* everything before this offset has been given */
    int32_t swept_by;   /* the worker's producer (their number) that ended what earlier ones may have left open in the outputs */
    struct kept kept;
    size_t sent[TOPIC_COUNT]; /* per topic: how far in `kept` its records have been sent in the open transaction */
};

static inline bool partition_restores(const struct partition *partition)
{
    return partition->next < partition->committed;
}
/* Without a fold nobody has asked yet what was committed: its place is not known, and committing one would move the group back. */
static inline bool partition_has_uncommitted(const struct partition *partition)
{
    return partition->owned && partition->fold && partition->next > partition->committed;
}
/* Nothing is known any more. */
void partition_drop(struct partition *partition);
/* The kept records have to be sent (again) from the first. */
void partition_unsend(struct partition *partition);

#endif
