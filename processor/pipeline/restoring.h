/* restoring.h - finds the state of a partition for the offset that the group has committed, and loads it: on
 * a thread of its own, so that the worker goes on with its other partitions (design §3, Assign).
 * Owner:   the worker, until restoring_free; what it found goes to the partition with restoring_take.
 * Errors:  a sentence that says what to do; nothing is guessed.
 * Threads: as said; the result may be taken when restoring_is_done. */
#ifndef BUNDELWACHT_PIPELINE_RESTORING_H
#define BUNDELWACHT_PIPELINE_RESTORING_H

#include "pipeline/partition.h"

struct shared;

struct restored {
    struct fold *fold;             /* NULL: see error */
    const struct book_version *book_version; /* that it is folded under */
    int64_t next;                  /* the record to fold next; at most the committed offset */
    struct last_record last;
    const struct book *also;       /* what this book could see was outbox, too (engine.h); or NULL */
    int64_t age_us;                /* of the checkpoint; 0: not known */
    int64_t checkpoint_offset;     /* that it came from; OFFSET_NONE: from the beginning of the log */
    /* the committed step is in the middle of a change: fold_recompute is still to be done */
    bool book_change_is_open;
    struct outbox outbox;              /* outputs of a change on the way, where they are to be made again */
    /* it was not found because the topic or the disk failed: to be tried again */
    bool may_pass;
    char error[480];
};

/* `position` is what the group has committed, `metadata` its metadata; from_the_beginning: only then can the
 * log serve alone. `again`: NULL, or the window from which on outputs are to be made again: a state that is
 * ahead of it will not do. */
struct restoring *restoring_begin(struct shared *shared, int32_t partition, const struct position *position,
                                  const struct commit_metadata *metadata, bool from_the_beginning,
                                  const struct window *again);
bool restoring_is_done(const struct restoring *restoring);
/* The fold is the caller's from now on. */
void restoring_take(struct restoring *restoring, struct restored *ret_restored);
void restoring_free(struct restoring *restoring); /* waits for its thread; NULL is fine */

/* A fold that knows nothing, as the options of the pipeline want it. */
struct fold *new_fold(const struct shared *shared, int32_t partition, const struct book_version *book_version,
                      const struct book *also);
/* One that knows what `before` knows; fold_recompute must follow. */
struct fold *new_fold_from(const struct shared *shared, int32_t partition,
                           const struct book_version *book_version, struct fold *before);
/* Hash of the quarantined offsets of a partition that are before `offset`; 0: none. */
uint64_t quarantine_hash(const struct shared *shared, int32_t partition, int64_t offset);

#endif
