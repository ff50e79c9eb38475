/* partition.h - one partition of the input: its fold, how far it is, and what it has decided but not yet
 * committed.
 * Owner:   a worker owns its partitions; a fold is given to one worker at a time. Book versions are the
 * pipeline's.
 * Units:   offsets of the input.
 * Threads: one, the worker's.
 *
 * committed <= next, but while it restores: then next runs up to committed, without outputs. What lies
 * between is in `outbox`. */
#ifndef BUNDELWACHT_PIPELINE_PARTITION_H
#define BUNDELWACHT_PIPELINE_PARTITION_H

#include "pipeline/book_change.h"
#include "pipeline/checkpoint_thread.h"
#include "pipeline/book_version.h"
#include "pipeline/fold.h"
#include "pipeline/outbox.h"
#include "pipeline/unconfirmed.h"

/* The record folded last, as a checkpoint names it. */
struct last_record {
    int64_t offset; /* OFFSET_NONE: none, or nobody knows it */
    struct hash128 hash;
};
struct restoring;

/* What may be done with a partition. Which phase may follow which stands in partition.c. */
enum partition_phase {
    PARTITION_AWAY,         /* not ours; warm, when there is a fold (design §3, Revoke) */
    PARTITION_IN_DOUBT,     /* ours, but not what became of its outputs: nothing is read, decided or sent */
    PARTITION_WAITS,        /* in doubt, and what hangs there is not ours to end: the others go on */
    PARTITION_RESOLVING,    /* taken over; what is made is compared with what is visible (resolve.h) */
    PARTITION_BEFORE_RULES, /* other rules may take over at `committed`, where it stops until they do */
    PARTITION_SERVED,
    PARTITION_PHASE_COUNT
};

/* Where the output partitions ended at a commit boundary: when all of it is stable, all that was committed by
 * then is visible. */
struct mark {
    bool is_set;
    int64_t end[TOPIC_COUNT];
    struct made made;  /* what was committed by then */
    int64_t commits;   /* of the worker, by then */
    int64_t set_us;
};

/* Its output partitions on the way to rest, where nothing is open and nothing hangs. */
struct rest {
    bool is_wanted;    /* it is being taken over: nothing is read, decided or sent before it is at rest */
    bool is_reached;
    bool is_debt;      /* ours no more: what we have sent there is to become visible, or to be ended */
    bool offsets_hang; /* the group's offset of it is pending */
    bool offsets_known; /* of a debt: it was seen not to be */
    bool has_marks;    /* of a debt: `end` is what must become stable */
    int64_t stable[TOPIC_COUNT], end[TOPIC_COUNT];
    int64_t since_us;  /* nothing has moved */
    int64_t try_us;    /* when something is to be done about it next */
    int tries, borrowed;
    bool has_more;     /* ids to be borrowed, before the pause grows */
    int64_t said_us;
};

static inline bool rest_hangs_in(const struct rest *rest, size_t topic)
{
    return rest->stable[topic] < rest->end[topic];
}

struct partition {
    int32_t number;
    enum partition_phase phase;
    struct fold *fold;  /* NULL: nothing is known */
    const struct book_version *book_version; /* that it is folded under */
    const struct book *also;       /* fold_options.also */
    struct commit_metadata metadata;   /* what the next commit says of the versions */
    char committed_metadata[POSITION_METADATA_BYTES]; /* beside `committed` */
    int64_t next;       /* the offset of the next record to fold */
    int64_t committed;  /* what the group has committed; OFFSET_NONE: nothing yet */
    int64_t record_ms;  /* timestamp of the record folded last; TIMESTAMP_NONE: none yet */
    int64_t end_seen;   /* everything before this offset has been given */
    /* remembered: of an earlier commit, to be looked at again (same_log.h) */
    struct last_record last, remembered;
    const struct message *last_message; /* of the batch at hand, folded and not yet in `last`; or NULL */
    /* the state came out of a checkpoint: the record `last` must be the one that it saw */
    bool verifies;
    struct restoring *restoring; /* under way, or NULL */
    struct book_change book_change;
    struct checkpoint_job *job;  /* of the checkpoint that is being taken, or NULL */
    int64_t job_offset, checkpoint_offset; /* of the newest that is complete; OFFSET_NONE: none */
    int64_t checkpoint_us;                 /* when that was, or the state came */
    int64_t checkpoint_tried_us, retention_said_us;
    /* snapshotting: the snapshot is still being taken; failed: the last try */
    bool snapshotting, checkpoint_wanted, checkpoint_failed;
    /* outputs before job_offset: the checkpoint is complete when they were seen */
    int64_t job_made[TOPIC_COUNT];
    bool job_ends;                         /* its snapshot is complete */
    int64_t job_asked_us;                  /* when it was looked at last whether it may end */
    struct hash128 job_digest;
    struct window window; /* as it is now; the counts are those of `committed` */
    struct outbox outbox;     /* made and not committed */
    struct unconfirmed unconfirmed; /* committed and not seen */
    struct mark mark;
    struct rest rest;
    bool accepted[TOPIC_COUNT]; /* --accept-outputs was heard; once in a process */
    /* PARTITION_RESOLVING: what stands in the output topics, to be compared with what is made */
    struct found found;
    bool offset_unseen;   /* that its last commit's offset became stable was not seen yet */
    int64_t committed_us;   /* when that was */
    bool window_due;      /* a commit is wanted that says how far was seen */
    /* per topic: how far in `outbox` its records have been sent in the open transaction */
    size_t sent[TOPIC_COUNT];
};

static inline bool partition_is_owned(const struct partition *partition)
{
    return partition->phase != PARTITION_AWAY;
}
static inline bool partition_is_in_doubt(const struct partition *partition)
{
    return partition->phase == PARTITION_IN_DOUBT || partition->phase == PARTITION_WAITS;
}
static inline bool partition_is_taken_over(const struct partition *partition)
{
    return partition->phase >= PARTITION_RESOLVING;
}
/* The same phase again is fine; one that may not follow is our own bug. */
void partition_enter(struct partition *partition, enum partition_phase phase);
static inline bool partition_restores(const struct partition *partition)
{
    return partition->next < partition->committed;
}
/* Without a fold nobody has asked yet what was committed: its position is not known, and committing one would
 * move the group back. */
static inline bool partition_has_uncommitted(const struct partition *partition)
{
    if (!partition_is_taken_over(partition) || !partition->fold || partition->next < partition->committed)
        return false;
    return partition->next > partition->committed || partition->outbox.count > 0 || partition->window_due ||
           book_change_has_uncommitted(&partition->book_change, partition->outbox.count);
}
/* All that was folded is committed. */
static inline bool partition_is_committed(const struct partition *partition)
{
    return partition->fold && partition->next == partition->committed && partition->outbox.count == 0 &&
           !partition->book_change.under_way && !partition_is_in_doubt(partition) &&
           partition->phase != PARTITION_RESOLVING;
}
/* What is counted from the window's base on begins there (window.h); `offset` is that of the next record. */
void partition_count_from(struct partition *partition, int64_t offset);
/* What the fold has made up to now, counted as the window counts. */
struct made partition_made(const struct partition *partition);
/* Nothing is known any more; what it had sent and not seen is a debt. */
void partition_drop(struct partition *partition);
/* The records of the outbox have to be sent (again) from the first. */
void partition_unsend(struct partition *partition);
/* Before the batch at hand goes: what the last record of it was. */
void partition_note_last(struct partition *partition);
struct hash128 message_hash(const struct message *message);

#endif
