/* partition.h - one partition of the input: its fold, how far it is, and what it has decided but not yet committed.
 * Owner:   a worker owns its partitions; a fold is given to one worker at a time. Editions are the pipeline's.
 * Units:   offsets of the input.
 * Threads: one, the worker's.
 *
 * committed <= next, but while it restores: then next runs up to committed, silently. What lies between is in `kept`. */
#ifndef BUNDELWACHT_PIPELINE_PARTITION_H
#define BUNDELWACHT_PIPELINE_PARTITION_H

#include "pipeline/rule_change.h"
#include "pipeline/checkpoint_thread.h"
#include "pipeline/edition.h"
#include "pipeline/fold.h"
#include "pipeline/kept.h"

/* The record folded last, as a checkpoint names it. */
struct last_record {
    int64_t offset; /* OFFSET_NONE: none, or nobody knows it */
    struct hash128 hash;
};
struct restoring;

struct partition {
    int32_t number;
    bool owned;         /* else: warm, when there is a fold (design §3, Revoke) */
    struct fold *fold;  /* NULL: nothing is known */
    const struct edition *edition; /* that it is folded under */
    const struct book *also;       /* fold_options.also */
    struct note note;   /* what the next commit says of the constants */
    char committed_metadata[PLACE_METADATA_BYTES]; /* beside `committed` */
    int64_t next;       /* the offset of the next record to fold */
    int64_t committed;  /* what the group has committed; OFFSET_NONE: nothing yet */
    int64_t end_seen;   /* everything before this offset has been given */
    struct last_record last;
    const struct message *last_message; /* of the batch at hand, folded and not yet in `last`; or NULL */
    bool verifies;      /* the state came out of a checkpoint: the record `last` must be the one that it saw */
    struct restoring *restoring; /* under way, or NULL */
    bool rules_wait;             /* other rules may take over at `committed`: nothing behind it is folded before that */
    struct rule_change change;
    struct checkpoint_job *job;  /* of the checkpoint that is being taken, or NULL */
    int64_t job_offset, checkpoint_offset; /* of the newest that is complete; OFFSET_NONE: none */
    int64_t checkpoint_us;                 /* when that was, or the state came */
    int64_t checkpoint_tried_us, retention_said_us;
    bool pictured, checkpoint_wanted, checkpoint_failed; /* pictured: the picture is still being taken; failed: the last try */
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
    if (!partition->owned || !partition->fold)
        return false;
    return partition->next > partition->committed || rule_change_has_uncommitted(&partition->change, partition->kept.count);
}
/* All that was folded is committed. */
static inline bool partition_is_settled(const struct partition *partition)
{
    return partition->fold && partition->next == partition->committed && partition->kept.count == 0 && !partition->change.under_way;
}
/* Nothing is known any more. */
void partition_drop(struct partition *partition);
/* The kept records have to be sent (again) from the first. */
void partition_unsend(struct partition *partition);
/* Before the batch at hand goes: what the last record of it was. */
void partition_note_last(struct partition *partition);
struct hash128 message_hash(const struct message *message);

#endif
