#include "pipeline/membership.h"

#include "base/memory.h"
#include "base/must.h"
#include "ops/log.h"
#include "pipeline/placing.h"
#include "pipeline/restoring.h"
#include "pipeline/worker.h"
#include "system/clock.h"
#include "system/die_at.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHANGE_TURN_MS = 250, ASK_WAIT_MS = 500, ASK_EXTRA_MS = 11000, GIVE_UP_SECONDS_MAX = 30, SAY_RESTORE_SECONDS = 5 };

static void refuse(struct worker *worker, enum failure_cause cause, const char *text)
{
    failure_set(&worker->failure, REMEDY_STOP, cause, "%s", text);
}

/* --- partitions go --- */

static void keep_warm(struct worker *worker)
{
    die_at("revoke");
    bool settled = commit_finish(worker, MICROSECONDS_OF_S(GIVE_UP_SECONDS_MAX));
    if (!settled)
        commit_abandon(worker);
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        struct partition *partition = &worker->partitions[p];
        if (!partition->owned)
            continue;
        if (!settled && (partition->next > partition->committed || partition->kept.count > 0))
            partition_drop(partition); /* nobody knows whether its last outputs are in the log */
        if (partition->restoring || partition->change.under_way)
            partition_drop(partition);
        partition->owned = false;
    }
}

static void drop_all(struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        partition_drop(&worker->partitions[p]);
        worker->partitions[p].owned = false;
    }
}

void membership_give_up(void *context, bool lost)
{
    struct worker *worker = context;
    worker_note_last(worker);
    worker->batch_at = worker->batch_count = 0;
    atomic_store(&worker->caught_up, false);
    if (worker->failure.remedy != REMEDY_NONE) {
        drop_all(worker);
    } else if (lost) {
        log_say(LOG_WARNING, "%s: its partitions were given to somebody else while it did not answer: what was not committed is dropped",
                worker->slot);
        commit_abandon(worker);
        drop_all(worker);
    } else {
        keep_warm(worker);
    }
    worker->membership.state = MEMBERSHIP_AWAY;
}

/* --- partitions come --- */

static void drop_cold(struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (!worker->partitions[p].owned)
            partition_drop(&worker->partitions[p]); /* warm, but somebody else has it now */
}

static void take_over(struct worker *worker)
{
    struct membership *membership = &worker->membership;
    size_t count;
    const int32_t *assigned = consumer_assigned(worker->consumer, &count);
    membership->places_count = count;
    for (size_t i = 0; i < count; i++) {
        must(assigned[i] >= 0);
        if (assigned[i] >= worker->shared->partitions_count) {
            refuse(worker, CAUSE_CONFIG,
                   "the input topic has more partitions than at the start: growing it puts a person into two; make a new topic and a new group");
            return;
        }
        membership->places[i] = (struct place){ .partition = assigned[i], .offset = OFFSET_NONE };
        worker->partitions[assigned[i]].owned = true;
    }
    drop_cold(worker);
    atomic_store(&worker->caught_up, false);
    counter_add(&worker->counters, COUNTER_rebalances, 1);
    membership->state = worker->shared->options->embedded || count == 0 ? MEMBERSHIP_ASKING : MEMBERSHIP_CLEANING;
    membership->asked_us = clock_us();
}

void membership_note(struct worker *worker, unsigned events)
{
    if (events & EVENT_FAILED) {
        worker->failure = *consumer_failure(worker->consumer);
        return;
    }
    if (events & EVENT_ASSIGNED)
        take_over(worker);
}

void membership_again(struct worker *worker)
{
    if (worker->membership.state == MEMBERSHIP_AWAY)
        return;
    worker->membership.state = MEMBERSHIP_ASKING;
    worker->membership.asked_us = clock_us();
    atomic_store(&worker->caught_up, false);
}

/* --- from where --- */

bool membership_asks_too_long(const struct worker *worker)
{
    int64_t limit_us = MICROSECONDS_OF_MS(2 * producer_transaction_timeout_ms(worker->producer) + ASK_EXTRA_MS);
    return clock_us() - worker->membership.asked_us > limit_us;
}

static bool anything_restores(const struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (worker->partitions[p].owned && partition_restores(&worker->partitions[p]))
            return true;
    return false;
}

/* Of those whose state is there; the others follow when it is. */
static void read_from_places(struct worker *worker)
{
    struct membership *membership = &worker->membership;
    if (!consumer_assign(worker->consumer, membership->places, membership->placed_count, &worker->failure))
        return;
    membership->state = MEMBERSHIP_SETTLED;
    membership->restores = anything_restores(worker);
    membership->restore_begun_us = membership->restore_said_us = clock_us();
    membership->restore_said_records = counter_value(&worker->counters, COUNTER_records_silent);
    size_t loading = membership->places_count - membership->placed_count;
    log_say(LOG_INFO, "%s: has %zu partitions%s%s", worker->slot, membership->places_count, loading ? ", loads the state of some" : "",
            membership->restores ? ", folds them to the committed offsets first" : "");
}

static bool ask(struct worker *worker)
{
    struct membership *membership = &worker->membership;
    struct failure failure = { .remedy = REMEDY_NONE };
    if (membership->places_count == 0 ||
        consumer_committed(worker->consumer, membership->places, membership->places_count, ASK_WAIT_MS, &failure))
        return true;
    if (failure.remedy != REMEDY_AGAIN) {
        worker->failure = failure;
    } else if (membership_asks_too_long(worker)) {
        refuse(worker, failure.cause,
               "the group's committed offsets are not told: the broker is away, or a transaction of another producer is pending there "
               "(kafka-transactions.sh find-hanging names it)");
    }
    return false;
}

/* Those that can be read come first in the list. */
static void put_last(struct membership *membership, size_t at)
{
    struct place place = membership->places[at];
    membership->places[at] = membership->places[--membership->placed_count];
    membership->places[membership->placed_count] = place;
}

static void place_all(struct worker *worker)
{
    struct membership *membership = &worker->membership;
    if (!ask(worker))
        return;
    membership->fresh = false;
    membership->placed_count = membership->places_count;
    for (size_t i = 0; i < membership->placed_count;) {
        bool fresh = membership->places[i].offset == OFFSET_NONE;
        switch (place_partition(worker, &membership->places[i])) {
        case PLACED:
            membership->fresh = membership->fresh || fresh;
            i++;
            break;
        case PLACED_LATER:
            put_last(membership, i);
            break;
        default:
            return;
        }
    }
    membership->state = MEMBERSHIP_SWEEPING;
}

static void compute_change(struct worker *worker, struct partition *partition)
{
    size_t records = partition->kept.count, bytes = partition->kept.bytes.length;
    rule_change_compute(&partition->change, partition->fold, &partition->kept);
    worker->kept_records += partition->kept.count - records;
    worker->kept_bytes += partition->kept.bytes.length - bytes;
    die_at("book_step");
}

/* True while rules are being changed: each step is computed and committed before the next, and nothing is read meanwhile. */
static bool change_rules(struct worker *worker)
{
    bool any = false;
    int64_t until_us = clock_us() + MICROSECONDS_OF_MS(CHANGE_TURN_MS);
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        struct partition *partition = &worker->partitions[p];
        if (!partition->owned || !partition->change.under_way)
            continue;
        any = true;
        while (!partition->change.computed && !worker_kept_is_full(worker) && clock_us() < until_us)
            compute_change(worker, partition);
    }
    if (any)
        commit_begin_end(worker);
    return any;
}

/* Nothing was ever committed of some: their start is, at once, before anything is sent (design §3). */
static void start_or_read(struct worker *worker)
{
    if (change_rules(worker))
        return;
    if (!worker->membership.fresh) {
        read_from_places(worker);
        return;
    }
    worker->membership.state = MEMBERSHIP_STARTING;
    commit_begin_end(worker);
}

/* Something is to be placed anew: a state was loaded, or has come to the offset at which its rules change. */
static bool waits_for_placing(const struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        const struct partition *partition = &worker->partitions[p];
        if (partition->owned && partition->restoring && restoring_is_done(partition->restoring))
            return true;
        if (partition->owned && partition->rules_wait && partition->next == partition->committed)
            return true;
    }
    return false;
}

bool membership_watch_loading(struct worker *worker)
{
    if (!waits_for_placing(worker))
        return false;
    if (commit_has_uncommitted(worker))
        commit_begin_end(worker); /* what the others have decided first: asking finds only what is committed */
    else
        membership_again(worker);
    return true;
}

/* Before anything is asked, and once more with the outputs when it is known which partitions have any. */
static void sweep(struct worker *worker, enum membership_state then)
{
    struct failure failure = { .remedy = REMEDY_NONE };
    if (commit_sweep(worker, &failure)) {
        worker->membership.state = then;
        return;
    }
    if (membership_asks_too_long(worker))
        worker->failure = failure;
    else if (failure.remedy != REMEDY_AGAIN)
        commit_replace(worker, &failure); /* then it is tried again */
}

void membership_step(struct worker *worker)
{
    if (worker->failure.remedy != REMEDY_NONE || commit_is_under_way(worker))
        return;
    if (worker->membership.state == MEMBERSHIP_CLEANING)
        sweep(worker, MEMBERSHIP_ASKING);
    else if (worker->membership.state == MEMBERSHIP_ASKING)
        place_all(worker);
    else if (worker->membership.state == MEMBERSHIP_SWEEPING)
        sweep(worker, MEMBERSHIP_PLACED);
    else if (worker->membership.state == MEMBERSHIP_PLACED)
        start_or_read(worker);
    else if (worker->membership.state == MEMBERSHIP_STARTING)
        read_from_places(worker);
}

/* --- how a restore goes --- */

static int64_t records_to_restore(const struct worker *worker)
{
    int64_t records = 0;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (worker->partitions[p].owned && partition_restores(&worker->partitions[p]))
            records += worker->partitions[p].committed - worker->partitions[p].next;
    return records;
}

void membership_watch_restore(struct worker *worker)
{
    struct membership *membership = &worker->membership;
    if (!membership->restores)
        return;
    int64_t now_us = clock_us(), records = counter_value(&worker->counters, COUNTER_records_silent), left = records_to_restore(worker);
    if (left == 0) {
        membership->restores = false;
        log_say(LOG_INFO, "%s: folded up to the committed offsets in %.1f s", worker->slot,
                (double)(now_us - membership->restore_begun_us) / 1e6);
        return;
    }
    int64_t since_us = now_us - membership->restore_said_us;
    if (since_us < MICROSECONDS_OF_S(SAY_RESTORE_SECONDS))
        return;
    double rate = (double)(records - membership->restore_said_records) * 1e6 / (double)since_us;
    log_say(LOG_INFO, "%s: folds %.0f records a second, %lld to go, about %.0f s", worker->slot, rate, (long long)left,
            rate > 0 ? (double)left / rate : 0.0);
    membership->restore_said_us = now_us;
    membership->restore_said_records = records;
}
