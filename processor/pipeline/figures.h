/* figures.h - what a worker lets others see of it: what it has committed by kind, and once a second how each
 * of its partitions is.
 * Owner:   a worker owns its figures.
 * Units:   as in the names; records, cents where nothing is said.
 * Errors:  none.
 * Threads: the worker writes, anybody reads: the counts without a lock, the partitions under one that is
 *          held for a copy.
 *
 * Counted is what is committed, when it is (ops/README.md). Nothing here names a person, an episode, a
 * line. */
#ifndef BUNDELWACHT_PIPELINE_FIGURES_H
#define BUNDELWACHT_PIPELINE_FIGURES_H

#include "engine/alert.h"
#include "engine/dead_letter.h"
#include "pipeline/partition.h"

#include <pthread.h>
#include <stdatomic.h>

#define COMMIT_BOUNDS_US \
    { 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 10000000 }
enum { COMMIT_BOUNDS = 10 };
extern const int64_t commit_bounds_us[COMMIT_BOUNDS];

struct partition_figures {
    int32_t number;
    enum partition_phase phase;
    bool restores;
    int64_t committed, next;     /* offsets */
    int64_t end;                 /* of the log, as the library last heard; OFFSET_NONE: not known */
    int64_t record_ms;           /* timestamp of the record folded last; TIMESTAMP_NONE: none yet */
    int64_t committed_us;        /* of clock_us, when it was; 0: not by this process */
    int64_t checkpoint_us;       /* of clock_us, when the state was last known to be safe */
    int64_t checkpoint_offset;   /* OFFSET_NONE: there is none */
    int32_t as_of;               /* INT32_MIN: nothing was folded */
    int64_t unseen;              /* outputs that are committed and not seen yet */
    int64_t outbox;              /* outputs that are made and not committed */
    struct engine_sums sums;
};

struct figures {
    _Atomic int64_t decisions[STATUS_COUNT];
    _Atomic int64_t alerts[ALERT_TYPE_COUNT][COUNT(action_names)];
    _Atomic int64_t dead_letters[DEAD_LETTER_REASONS];
    _Atomic int64_t commits[COMMIT_BOUNDS + 1]; /* by how long they took */
    _Atomic int64_t turned_us;                  /* of clock_us; 0: it has not begun to turn */
    _Atomic int64_t assignment_state;
    pthread_mutex_t lock;
    struct partition_figures *partitions; /* those that it has */
    size_t partitions_count;
    int64_t taken_us;
};

struct worker;
void figures_open(struct figures *figures, int32_t partitions_max);
void figures_release(struct figures *figures);
/* A commit is true: what went with it, and how long it took. */
void figures_count_outputs(struct figures *figures, const struct outbox *outbox);
void figures_count_commit(struct figures *figures, int64_t took_us);
/* Each turn: that it turns, and when a second has passed how its partitions are. */
void figures_turn(struct worker *worker);
/* A copy of what was said last, for whoever frees it; how many. */
size_t figures_partitions(struct figures *figures, struct partition_figures **ret_partitions);

#endif
