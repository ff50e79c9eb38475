/* commit.h - brings the outbox into the log together with the input's offsets: a table of steps (design §3,
 * Abort).
 * Owner:   the worker.
 * Units:   microseconds.
 * Errors:  worker->failure when nothing helped.
 * Threads: the worker's.
 * Source:  EXACTLY-ONCE.md, steps 1 to 4.
 *
 * A step says what became of it, and the turn decides what that means. The state of the rules is never rolled
 * back: what was made stays in the outbox, or unconfirmed, until it was seen in its topic. */
#ifndef BUNDELWACHT_PIPELINE_COMMIT_H
#define BUNDELWACHT_PIPELINE_COMMIT_H

#include "stream/consumer.h"

struct window;
struct partition;
struct worker;

enum commit_state {
    COMMIT_IDLE,    /* no transaction is open */
    COMMIT_OPEN,    /* begun: records are sent as they are decided */
    COMMIT_READY,    /* to be begun, and sent from the first record */
    /* begun, the whole outbox is being sent: no record is folded from here on until the end */
    COMMIT_SENDING,
    COMMIT_SENT,
    COMMIT_OFFSETS, /* the offsets are in the transaction */
    COMMIT_ABORT,   /* something went wrong that an abort cures */
    COMMIT_REPLACE, /* something went wrong that only a new producer cures, or nobody knows what happened */
    COMMIT_INIT,
    COMMIT_DONE,    /* it is true */
    COMMIT_DOUBT,   /* it is over, and nobody knows what of it is true */
    COMMIT_STATES_COUNT
};
struct commit {
    enum commit_state state;
    bool claims_only;         /* offsets alone, of those that claim */
    /* what this transaction commits: the offset after the last folded record, per partition */
    struct position *positions;
    struct window *windows;   /* and the window that its metadata says */
    size_t positions_count;
    int64_t due_us;           /* when the next one is due; 0: nothing to commit */
    int64_t began_us;         /* to commit */
    int64_t step_until_us;    /* how long the current step may be tried */
    int tries_count;          /* in doubt since the last one that was true */
    int64_t tried_us;         /* when the first of them was */
    int breaks_before;        /* connections broken before the commit */
    bool doubtful;            /* the commit was repeated, or a connection broke meanwhile */
    int64_t fenced_us;        /* when it was fenced last; 0: never */
    int64_t true_count;       /* commits that became true */
    struct failure first;     /* what went wrong first since the last one that was true */
};

/* True while steps are under way that must end before anything more is folded. */
bool commit_is_under_way(const struct worker *worker);
/* Something has been folded live: a commit is due in an interval. */
void commit_note_progress(struct worker *worker, int64_t now_us);
/* A transaction is open, or something is folded that no commit covers. */
bool commit_has_uncommitted(const struct worker *worker);
bool commit_is_due(const struct worker *worker, int64_t now_us);
/* Sends what of the outbox is not yet sent; begins a transaction when none is open. */
void commit_send(struct worker *worker);
/* From here commit_step brings it to its end. */
void commit_begin_end(struct worker *worker);
/* That it is ours, and under which rules its next outputs are made, is not committed yet
 * (EXACTLY-ONCE.md, step 5). */
bool commit_is_unclaimed(const struct worker *worker, const struct partition *partition);
/* The offsets of those, alone. No transaction is open. */
void commit_begin_claims(struct worker *worker);

enum commit_outcome {
    COMMIT_GOES_ON,
    COMMIT_IS_TRUE,  /* commit_complete is to follow */
    /* no transaction is open any more; what became of it is to be seen in the log (assignment_doubt) */
    COMMIT_IN_DOUBT,
    COMMIT_FAILED,   /* worker->failure */
};
/* One step of the table. */
enum commit_outcome commit_step(struct worker *worker);
/* What was sent is committed: it is unconfirmed until it was seen. */
void commit_complete(struct worker *worker);
/* Everything to its end, before partitions or the process go. False: not true within the limit, in doubt, or
 * failed. */
bool commit_finish(struct worker *worker, int64_t until_us);
/* Drops the open transaction without asking what became of it (its partitions are somebody else's). */
void commit_abandon(struct worker *worker);
/* From here commit_step makes a new producer; there is no transaction. */
void commit_replace(struct worker *worker, const struct failure *failure);

#endif
