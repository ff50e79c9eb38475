/* commit.h - brings what is kept into the log together with the input's offsets: a table of steps (design §3, Abort).
 * Owner:   the worker.
 * Units:   microseconds.
 * Errors:  worker->failure when nothing helped.
 * Threads: the worker's.
 *
 * The state of the rules is never rolled back. What is kept stays kept until the group's committed offset, with its metadata, says
 * that it is in the log; until then the same bytes are sent again. */
#ifndef BUNDELWACHT_PIPELINE_COMMIT_H
#define BUNDELWACHT_PIPELINE_COMMIT_H

#include "stream/consumer.h"

struct worker;

enum commit_state {
    COMMIT_IDLE,    /* no transaction is open */
    COMMIT_OPEN,    /* begun: records are sent as they are decided */
    COMMIT_KEPT,    /* to be sent (again) from the first record */
    COMMIT_SENDING, /* begun, everything kept is being sent: no record is folded from here on until the end */
    COMMIT_SENT,
    COMMIT_OFFSETS, /* the offsets are in the transaction */
    COMMIT_ABORT,   /* something went wrong that an abort cures */
    COMMIT_REPLACE, /* something went wrong that only a new producer cures, or nobody knows what happened */
    COMMIT_INIT,
    COMMIT_SWEEP,   /* ends what the producer before may have left open */
    COMMIT_JUDGE,   /* what became of it? the committed offset and metadata say */
    COMMIT_DONE,
    COMMIT_STATES_COUNT
};
struct commit {
    enum commit_state state;
    struct place *places;     /* what this transaction commits: the offset after the last folded record, per partition */
    size_t places_count;
    int64_t due_us;           /* when the next one is due; 0: nothing to commit */
    int64_t began_us;         /* to commit */
    int64_t step_until_us;    /* how long the current step may be tried */
    int sent_again_count;     /* of this transaction */
    int64_t sent_again_us;    /* when the first of them was */
    int breaks_before;        /* connections broken before the commit */
    bool doubtful;            /* the commit was repeated, or a connection broke meanwhile */
    int64_t fenced_us;        /* when it was fenced last; 0: never */
    struct failure first;     /* what went wrong first in this transaction */
};

/* True while steps are under way that must end before anything more is folded. */
bool commit_is_under_way(const struct worker *worker);
/* Something has been folded live: a commit is due in an interval. */
void commit_note_progress(struct worker *worker, int64_t now_us);
/* A transaction is open, or something is folded that no commit covers. */
bool commit_has_uncommitted(const struct worker *worker);
bool commit_is_due(const struct worker *worker, int64_t now_us);
/* Sends what is kept and not yet sent; begins a transaction when none is open. */
void commit_send(struct worker *worker);
/* From here commit_step brings it to its end. */
void commit_begin_end(struct worker *worker);
/* One step of the table. */
void commit_step(struct worker *worker);
/* Everything to its end, before partitions or the process go. False: not settled within the limit, or failed. */
bool commit_finish(struct worker *worker, int64_t limit_us);
/* Drops the open transaction without asking what became of it (its partitions are somebody else's). */
void commit_abandon(struct worker *worker);
/* One aborted transaction over the group's offsets and the outputs of all partitions whose commits are known. False, with AGAIN: to be
 * tried again; with PRODUCER: after commit_replace.
 *
 * A broker that dies while transactions are open can lose the markers that end them (seen with Kafka 4.4.0, killed: it aborts them while
 * it does not yet know its partitions again, takes these for deleted and skips them). Then offsets stay pending for ever, and the next
 * commit of the same producer would make true what was aborted. The markers of this abort end them first. */
bool commit_sweep(struct worker *worker, struct failure *failure);
/* From here commit_step makes a new producer; there is no transaction to be judged. */
void commit_replace(struct worker *worker, const struct failure *failure);

#endif
