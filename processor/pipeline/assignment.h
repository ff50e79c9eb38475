/* assignment.h - which partitions a worker has, and from where it reads them (design §3, Assign and Revoke).
 * Owner:   the worker.
 * Errors:  worker->failure. What cannot be continued safely is refused with what to do (exit 78), never
 * guessed.
 * Threads: the worker's. */
#ifndef BUNDELWACHT_PIPELINE_ASSIGNMENT_H
#define BUNDELWACHT_PIPELINE_ASSIGNMENT_H

#include "stream/consumer.h"

struct worker;

enum assignment_state {
    ASSIGNMENT_AWAY,     /* nothing is assigned */
    ASSIGNMENT_LEAVING,  /* the group wants the partitions back: what was decided is committed first */
    /* waits until nothing is open in the output partitions of those that are taken over (hanging.h) */
    ASSIGNMENT_RESTING,
    ASSIGNMENT_ASKING,   /* asks what the group has committed, and what became visible */
    ASSIGNMENT_CLAIMING, /* commits that they are ours, and reads it back */
    ASSIGNMENT_TAKEN_OVER,
    ASSIGNMENT_READING,  /* reads */
};
struct assignment {
    enum assignment_state state;
    struct position *positions; /* of what is assigned */
    size_t positions_count, taken_over_count; /* taken over: whose state is there; they come first */
    int64_t asked_us;     /* since when it asks */
    int64_t watched_us;   /* when it looked last at what waits */
    bool claimed;         /* the claims are committed, and to be read back */
    bool leave_tried;     /* the last commit before the partitions go was begun */
    int64_t leave_until_us;
    int64_t restore_begun_us, restore_said_us, restore_said_records;
    bool restores;
};

/* What consumer_events said. */
void assignment_note(struct worker *worker, unsigned events);
/* One step towards READING. */
void assignment_step(struct worker *worker);
/* Nobody knows what became of the last transaction: as after a takeover, but with what was sent still at
 * hand. */
void assignment_doubt(struct worker *worker);
/* Between two transactions, about once a second: what waits may go on, and debts are paid. True: it is to be
 * asked again. */
bool assignment_watch_waiting(struct worker *worker);
/* The group wants the partitions back, and the commit that is to be finished first takes too long: what it
 * was to say is dropped. */
bool assignment_leaves_late(const struct worker *worker);
/* Each turn, before anything is taken: a state that was being loaded is there, or rules are to change now.
 * True: that is seen to first. */
bool assignment_watch_loading(struct worker *worker);
/* After each batch: says how a restore goes. */
void assignment_watch_restore(struct worker *worker);

#endif
