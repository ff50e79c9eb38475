#include "pipeline/assignment.h"

#include "base/memory.h"
#include "base/must.h"
#include "ops/log.h"
#include "pipeline/hanging.h"
#include "pipeline/takeover.h"
#include "pipeline/resolve.h"
#include "pipeline/restoring.h"
#include "pipeline/same_log.h"
#include "pipeline/worker_call.h"
#include "pipeline/worker_outbox.h"
#include "system/clock.h"
#include "system/failpoint.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    BOOK_CHANGE_TURN_MS = 250,
    ASK_WAIT_MS = 500,
    ASK_ONE_WAIT_MS = 50,
    LEAVE_SECONDS_MAX = 30,
    SAY_RESTORE_SECONDS = 5,
    OTHERS_WAIT_MS = 5000,
    WATCH_SECONDS = 1,
};

static void refuse(struct worker *worker, enum failure_cause cause, const char *text)
{
    failure_set(&worker->failure, REMEDY_STOP, cause, "%s", text);
}

/* --- partitions go --- */

/* What is committed and not yet seen stays a debt of this producer: only it can end what may hang there. */
static void let_go(struct partition *partition, bool finished)
{
    bool is_known = partition->phase == PARTITION_SERVED || partition->phase == PARTITION_BEFORE_RULES;
    if (!finished || !is_known || partition->next > partition->committed || partition->outbox.count > 0 ||
        partition->book_change.under_way)
        partition_drop(partition); /* nobody knows whether its last outputs are in the log */
    partition_enter(partition, PARTITION_AWAY);
    hanging_owe(partition);
}

static void drop_all(struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        if (partition_is_owned(&worker->partitions[p]))
            hanging_owe(&worker->partitions[p]);
        partition_drop(&worker->partitions[p]);
        partition_enter(&worker->partitions[p], PARTITION_AWAY);
    }
}

static void give_back(struct worker *worker)
{
    consumer_give_back(worker->consumer);
    worker->assignment.state = ASSIGNMENT_AWAY;
}

bool assignment_leaves_late(const struct worker *worker)
{
    return worker->assignment.state == ASSIGNMENT_LEAVING && clock_us() > worker->assignment.leave_until_us;
}

/* One commit of what was decided, if it can be had in time; then what is known stays warm, and the group may
 * go on. Other members wait for us meanwhile, and nobody else has the partitions. */
static void leave(struct worker *worker)
{
    struct assignment *assignment = &worker->assignment;
    bool uncommitted = commit_has_uncommitted(worker);
    if (uncommitted && !assignment->leave_tried && !assignment_leaves_late(worker)) {
        assignment->leave_tried = true;
        if (!same_log_is_due(worker) || same_log_look(worker))
            commit_begin_end(worker);
        return;
    }
    if (uncommitted)
        commit_abandon(worker);
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (partition_is_owned(&worker->partitions[p]))
            let_go(&worker->partitions[p], !uncommitted);
    give_back(worker);
}

static void lose(struct worker *worker)
{
    if (worker->failure.remedy == REMEDY_NONE) {
        log_say(LOG_WARNING,
                "%s: its partitions were given to somebody else while it did not answer: what was not "
                "committed is dropped",
                worker->instance);
        commit_abandon(worker);
    }
    drop_all(worker);
    give_back(worker);
}

static void begin_to_leave(struct worker *worker)
{
    failpoint("revoke");
    worker->assignment.state = ASSIGNMENT_LEAVING;
    worker->assignment.leave_tried = false;
    worker->assignment.leave_until_us = clock_us() + MICROSECONDS_OF_S(LEAVE_SECONDS_MAX);
}

/* Between two takes: no message is at hand, and no commit under way. */
static void note_revoked(struct worker *worker, bool lost)
{
    must(worker->batch_count == 0 && !commit_is_under_way(worker));
    atomic_store(&worker->caught_up, false);
    if (lost || worker->failure.remedy != REMEDY_NONE)
        lose(worker);
    else
        begin_to_leave(worker);
}

/* --- partitions come --- */

static void drop_cold(struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (!partition_is_owned(&worker->partitions[p]))
            partition_drop(&worker->partitions[p]); /* warm, but somebody else has it now */
}

static void take_in_doubt(const struct worker *worker, struct partition *partition)
{
    partition_enter(partition, PARTITION_IN_DOUBT);
    if (worker->shared->options->embedded)
        return; /* its broker knows no markers, and cannot be asked */
    partition->mark.is_set = false;
    hanging_want(partition, clock_us());
}

static void take_over(struct worker *worker)
{
    struct assignment *assignment = &worker->assignment;
    size_t count;
    const int32_t *assigned = consumer_assigned(worker->consumer, &count);
    assignment->positions_count = count;
    for (size_t i = 0; i < count; i++) {
        must(assigned[i] >= 0);
        if (assigned[i] >= worker->shared->partitions_count) {
            refuse(worker, CAUSE_CONFIG,
                   "the input topic has more partitions than at the start: growing it puts a person into "
                   "two; make a new topic and a new group");
            return;
        }
        assignment->positions[i] = (struct position){ .partition = assigned[i], .offset = OFFSET_NONE };
        take_in_doubt(worker, &worker->partitions[assigned[i]]);
    }
    drop_cold(worker);
    atomic_store(&worker->caught_up, false);
    counter_add(&worker->counters, COUNTER_rebalances, 1);
    assignment->state = ASSIGNMENT_RESTING;
    assignment->asked_us = clock_us();
}

void assignment_note(struct worker *worker, unsigned events)
{
    if (events & EVENT_FAILED) {
        worker->failure = *consumer_failure(worker->consumer);
        return;
    }
    if (events & EVENT_REVOKED)
        note_revoked(worker, events & EVENT_LOST);
    if (events & EVENT_ASSIGNED)
        take_over(worker);
}

static void ask_anew(struct worker *worker, enum assignment_state state)
{
    if (worker->assignment.state == ASSIGNMENT_AWAY || worker->assignment.state == ASSIGNMENT_LEAVING)
        return;
    worker->assignment.state = state;
    worker->assignment.asked_us = clock_us();
    worker->assignment.claimed = false;
    atomic_store(&worker->caught_up, false);
}

/* For everything that it has: some state was loaded, or something that waited need not wait any more. */
static void ask_again(struct worker *worker)
{
    ask_anew(worker, ASSIGNMENT_ASKING);
}

void assignment_doubt(struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (partition_is_owned(&worker->partitions[p]))
            take_in_doubt(worker, &worker->partitions[p]);
    ask_anew(worker, ASSIGNMENT_RESTING);
}

/* --- from where --- */

static bool anything_restores(const struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (partition_is_owned(&worker->partitions[p]) && partition_restores(&worker->partitions[p]))
            return true;
    return false;
}

/* Of those whose state is there; the others follow when it is. */
static void read_from_positions(struct worker *worker)
{
    struct assignment *assignment = &worker->assignment;
    if (!consumer_assign(worker->consumer, assignment->positions, assignment->taken_over_count,
                         &worker->failure))
        return;
    assignment->state = ASSIGNMENT_READING;
    assignment->restores = anything_restores(worker);
    assignment->restore_begun_us = assignment->restore_said_us = clock_us();
    assignment->restore_said_records = counter_value(&worker->counters, COUNTER_records_restored);
    if (commit_has_uncommitted(worker))
        commit_note_progress(worker, clock_us());
    size_t loading = assignment->positions_count - assignment->taken_over_count;
    log_say(LOG_INFO, "%s: has %zu partitions%s%s", worker->instance, assignment->positions_count,
            loading ? ", some not yet" : "",
            assignment->restores ? ", folds them to the committed offsets first" : "");
}

/* --- at rest --- */

static bool waits_too_long(const struct worker *worker)
{
    return clock_us() - worker->assignment.asked_us > MICROSECONDS_OF_MS(OTHERS_WAIT_MS);
}

static bool is_unrested(const struct partition *partition)
{
    return partition->phase == PARTITION_IN_DOUBT && !partition->rest.is_reached;
}

/* All at rest; or some, after a while: those that hang wait, and the others go on. */
static bool are_at_rest(struct worker *worker)
{
    bool all = true;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        struct partition *partition = &worker->partitions[p];
        if (!is_unrested(partition))
            continue;
        if (!partition->rest.is_wanted)
            hanging_want(partition, clock_us());
        if (waits_too_long(worker))
            partition_enter(partition, PARTITION_WAITS);
        all = all && partition->phase == PARTITION_WAITS;
    }
    return all;
}

static void rest(struct worker *worker)
{
    if (worker->shared->options->embedded) {
        worker->assignment.state = ASSIGNMENT_ASKING;
        return;
    }
    if (hanging_look(worker) && are_at_rest(worker)) {
        worker->assignment.state = ASSIGNMENT_ASKING;
        worker->assignment.asked_us = clock_us();
    }
}

/* --- what is committed --- */

/* Those that can be read come first in the list. */
static void put_last(struct assignment *assignment, size_t at)
{
    struct position position = assignment->positions[at];
    assignment->positions[at] = assignment->positions[--assignment->taken_over_count];
    assignment->positions[assignment->taken_over_count] = position;
}

/* Of those that do not wait, into the first of the list; the others stand behind them. */
static size_t put_waiting_last(struct worker *worker)
{
    struct assignment *assignment = &worker->assignment;
    assignment->taken_over_count = assignment->positions_count;
    for (size_t i = 0; i < assignment->taken_over_count;)
        if (worker->partitions[assignment->positions[i].partition].phase == PARTITION_WAITS)
            put_last(assignment, i);
        else
            i++;
    return assignment->taken_over_count;
}

/* One by one: a transaction that is pending for one of them must not hold the others. Only when the broker
 * answers at all. */
static void ask_each(struct worker *worker)
{
    struct assignment *assignment = &worker->assignment;
    struct failure failure;
    if (!output_log_committed(worker->shared->outputs, assignment->positions, assignment->taken_over_count,
                              ASK_WAIT_MS, &failure))
        return;
    for (size_t i = 0; i < assignment->taken_over_count; i++) {
        struct partition *partition = &worker->partitions[assignment->positions[i].partition];
        bool known =
            consumer_committed(worker->consumer, &assignment->positions[i], 1, ASK_ONE_WAIT_MS, &failure);
        if (!known && !partition->rest.is_wanted)
            take_in_doubt(worker, partition);
        hanging_note_offsets(partition, !known);
        if (!known && waits_too_long(worker))
            partition_enter(partition, PARTITION_WAITS);
    }
}

static bool ask(struct worker *worker)
{
    struct assignment *assignment = &worker->assignment;
    struct failure failure = { .remedy = REMEDY_NONE };
    size_t count = put_waiting_last(worker);
    if (count == 0 ||
        consumer_committed(worker->consumer, assignment->positions, count, ASK_WAIT_MS, &failure)) {
        for (size_t i = 0; i < count; i++)
            worker->partitions[assignment->positions[i].partition].rest.offsets_hang = false;
        return true;
    }
    if (failure.remedy != REMEDY_AGAIN) {
        worker->failure = failure;
    } else if (worker_asks_too_long(worker)) {
        refuse(worker, failure.cause, "the group's committed offsets are not told: the broker is away");
    } else if (!worker->shared->options->embedded) {
        ask_each(worker);
        hanging_look(worker);
    }
    return false;
}

static bool anything_is_unclaimed(const struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (commit_is_unclaimed(worker, &worker->partitions[p]))
            return true;
    return false;
}

/* It was, but something has come there since. */
static bool is_at_rest_no_more(const struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        const struct partition *partition = &worker->partitions[p];
        if (is_unrested(partition))
            return !worker->shared->options->embedded;
    }
    return false;
}

static void take_over_all(struct worker *worker)
{
    struct assignment *assignment = &worker->assignment;
    if (!ask(worker))
        return;
    if (is_at_rest_no_more(worker)) {
        ask_anew(worker, ASSIGNMENT_RESTING);
        return;
    }
    if (!resolve_read_all(worker, assignment->positions, assignment->taken_over_count))
        return;
    for (size_t i = 0; i < assignment->taken_over_count;) {
        switch (take_over_partition(worker, &assignment->positions[i])) {
        case TAKEN_OVER:
            i++;
            break;
        case TAKEN_OVER_LATER:
            put_last(assignment, i);
            break;
        default:
            return;
        }
    }
    worker_count_outbox(worker);
    assignment->claimed = false;
    assignment->state = anything_is_unclaimed(worker) ? ASSIGNMENT_CLAIMING : ASSIGNMENT_TAKEN_OVER;
}

/* --- that they are ours --- */

/* A claim is true when it is read back: its marker may be the one that a broker has lost, and then nobody
 * after us would know under which rules, and by whom, the outputs were made that come next. */
static bool is_read_back(struct worker *worker)
{
    struct assignment *assignment = &worker->assignment;
    struct failure failure;
    size_t count = assignment->taken_over_count;
    bool same = true;
    struct position *positions = memory_alloc(count + 1, sizeof(*positions));
    memcpy(positions, assignment->positions, count * sizeof(*positions));
    bool known = count == 0 || consumer_committed(worker->consumer, positions, count, ASK_WAIT_MS, &failure);
    for (size_t i = 0; i < count && known; i++) {
        const struct partition *partition = &worker->partitions[positions[i].partition];
        same = same && positions[i].offset == partition->committed &&
               strcmp(positions[i].metadata, partition->committed_metadata) == 0;
    }
    memory_free(positions);
    if (!known && failure.remedy != REMEDY_AGAIN)
        worker->failure = failure;
    if ((known && !same) || (!known && waits_too_long(worker)))
        assignment_doubt(worker); /* what is pending is ended, and claimed again */
    return known && same;
}

static void claim(struct worker *worker)
{
    struct assignment *assignment = &worker->assignment;
    failpoint("claim");
    if (!assignment->claimed) {
        assignment->claimed = true;
        assignment->asked_us = clock_us();
        commit_begin_claims(worker);
    } else if (is_read_back(worker)) {
        assignment->state = ASSIGNMENT_TAKEN_OVER;
    }
}

static void compute_change(struct worker *worker, struct partition *partition)
{
    size_t records = partition->outbox.count;
    struct made before = partition_made(partition);
    book_change_compute(&partition->book_change, partition->fold, &partition->outbox);
    if (partition->phase == PARTITION_RESOLVING)
        resolve_take(worker, partition, records, &before);
    worker_count_outbox(worker);
    failpoint("book_step");
}

/* True while rules are being changed: each step is computed and committed before the next, and nothing is
 * read meanwhile. */
static bool change_rules(struct worker *worker)
{
    bool any = false;
    int64_t until_us = clock_us() + MICROSECONDS_OF_MS(BOOK_CHANGE_TURN_MS);
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        struct partition *partition = &worker->partitions[p];
        if (!partition_is_taken_over(partition) || !partition->book_change.under_way)
            continue;
        any = true;
        while (!partition->book_change.computed && !worker_outbox_is_full(worker) && clock_us() < until_us &&
               worker->failure.remedy == REMEDY_NONE)
            compute_change(worker, partition);
    }
    if (any && worker->failure.remedy == REMEDY_NONE)
        commit_begin_end(worker);
    return any;
}

/* Something is to be taken over anew: a state was loaded, or has come to the offset at which its rules
 * change. */
static bool waits_for_takeover(const struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        const struct partition *partition = &worker->partitions[p];
        if (partition->phase == PARTITION_IN_DOUBT && partition->restoring &&
            restoring_is_done(partition->restoring))
            return true;
        if (partition->phase == PARTITION_BEFORE_RULES && partition_is_committed(partition) &&
            window_is_seen(&partition->window))
            return true;
    }
    return false;
}

bool assignment_watch_loading(struct worker *worker)
{
    if (!waits_for_takeover(worker))
        return false;
    if (commit_has_uncommitted(worker))
        /* what the others have decided first: asking finds only what is committed */
        commit_begin_end(worker);
    else
        ask_again(worker);
    return true;
}

/* --- what waits --- */

static void ask_for_waiting(struct worker *worker, struct partition *partition)
{
    struct failure failure;
    struct position position = { .partition = partition->number };
    if (partition->rest.offsets_hang &&
        consumer_committed(worker->consumer, &position, 1, ASK_ONE_WAIT_MS, &failure))
        hanging_note_offsets(partition, false);
}

static bool can_go_on(const struct partition *partition)
{
    return partition->phase == PARTITION_WAITS && partition->rest.is_reached;
}

bool assignment_watch_waiting(struct worker *worker)
{
    bool again = false;
    if (clock_us() - worker->assignment.watched_us < MICROSECONDS_OF_S(WATCH_SECONDS))
        return false;
    worker->assignment.watched_us = clock_us();
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (worker->partitions[p].phase == PARTITION_WAITS)
            ask_for_waiting(worker, &worker->partitions[p]);
    if (!hanging_look(worker))
        return true;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        again = again || can_go_on(&worker->partitions[p]);
    if (again && commit_has_uncommitted(worker)) {
        /* what the others have decided first: asking finds only what is committed */
        commit_begin_end(worker);
        worker->assignment.watched_us = 0;
        return true;
    }
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (can_go_on(&worker->partitions[p]))
            partition_enter(&worker->partitions[p], PARTITION_IN_DOUBT);
    if (again)
        ask_again(worker);
    return again;
}

void assignment_step(struct worker *worker)
{
    if (worker->failure.remedy != REMEDY_NONE ||
        (commit_is_under_way(worker) && !assignment_leaves_late(worker)))
        return;
    switch (worker->assignment.state) {
    case ASSIGNMENT_LEAVING:
        leave(worker);
        break;
    case ASSIGNMENT_RESTING:
        rest(worker);
        break;
    case ASSIGNMENT_ASKING:
        take_over_all(worker);
        break;
    case ASSIGNMENT_CLAIMING:
        claim(worker);
        break;
    case ASSIGNMENT_TAKEN_OVER:
        if (!change_rules(worker))
            read_from_positions(worker);
        break;
    case ASSIGNMENT_AWAY:
    case ASSIGNMENT_READING:
        break;
    }
}

/* --- how a restore goes --- */

static int64_t records_to_restore(const struct worker *worker)
{
    int64_t records = 0;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (partition_is_owned(&worker->partitions[p]) && partition_restores(&worker->partitions[p]))
            records += worker->partitions[p].committed - worker->partitions[p].next;
    return records;
}

void assignment_watch_restore(struct worker *worker)
{
    struct assignment *assignment = &worker->assignment;
    if (!assignment->restores)
        return;
    int64_t now_us = clock_us(), records = counter_value(&worker->counters, COUNTER_records_restored),
            left = records_to_restore(worker);
    if (left == 0) {
        assignment->restores = false;
        log_say(LOG_INFO, "%s: folded up to the committed offsets in %.1f s", worker->instance,
                (double)(now_us - assignment->restore_begun_us) / 1e6);
        return;
    }
    int64_t since_us = now_us - assignment->restore_said_us;
    if (since_us < MICROSECONDS_OF_S(SAY_RESTORE_SECONDS))
        return;
    double rate = (double)(records - assignment->restore_said_records) * 1e6 / (double)since_us;
    log_say(LOG_INFO, "%s: folds %.0f records a second, %lld to go, about %.0f s", worker->instance, rate,
            (long long)left, rate > 0 ? (double)left / rate : 0.0);
    assignment->restore_said_us = now_us;
    assignment->restore_said_records = records;
}
