#include "pipeline/membership.h"

#include "base/memory.h"
#include "base/must.h"
#include "ops/log.h"
#include "pipeline/worker.h"
#include "system/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { ASK_WAIT_MS = 500, ASK_EXTRA_MS = 11000, GIVE_UP_SECONDS_MAX = 30, SAY_RESTORE_SECONDS = 5 };

static void refuse(struct worker *worker, enum failure_cause cause, const char *text)
{
    failure_set(&worker->failure, REMEDY_STOP, cause, "%s", text);
}

/* --- partitions go --- */

static void keep_warm(struct worker *worker)
{
    bool settled = commit_finish(worker, MICROSECONDS_OF_S(GIVE_UP_SECONDS_MAX));
    if (!settled)
        commit_abandon(worker);
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        struct partition *partition = &worker->partitions[p];
        if (!partition->owned)
            continue;
        if (!settled && (partition->next > partition->committed || partition->kept.count > 0))
            partition_drop(partition); /* nobody knows whether its last outputs are in the log */
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
}

/* --- from where --- */

static bool asks_too_long(const struct worker *worker)
{
    int64_t limit_us = MICROSECONDS_OF_MS(2 * producer_transaction_timeout_ms(worker->producer) + ASK_EXTRA_MS);
    return clock_us() - worker->membership.asked_us > limit_us;
}

static bool ends_of(struct worker *worker, const char *topic, int32_t partition, int64_t *ret_begin, int64_t *ret_end)
{
    struct failure failure;
    if (observer_ends(worker->shared->observer, topic, partition, ret_begin, ret_end, &failure))
        return true;
    if (failure.cause != CAUSE_UNREACHABLE || asks_too_long(worker))
        worker->failure = failure;
    return false; /* the next step asks everything again */
}

/* Outputs without a commit: somebody else's, or the group's offsets expired. Sending everything again would be twice. */
static bool outputs_are_empty(struct worker *worker, int32_t partition)
{
    char text[FAILURE_TEXT_BYTES];
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        int64_t begin, end;
        if (!ends_of(worker, worker->shared->topics[topic], partition, &begin, &end))
            return false;
        if (end == 0)
            continue;
        snprintf(text, sizeof(text),
                 "group \"%s\" has committed nothing of \"%s\" partition %d, but \"%s\" holds records there: use the group that wrote them, or new output topics",
                 worker->shared->options->group, worker->shared->options->topic, (int)partition, worker->shared->topics[topic]);
        refuse(worker, CAUSE_CONFIG, text);
        return false;
    }
    return true;
}

static bool log_reaches(struct worker *worker, const struct place *place, bool from_the_beginning)
{
    char text[FAILURE_TEXT_BYTES];
    const char *topic = worker->shared->options->topic;
    int64_t begin, end;
    if (!ends_of(worker, topic, place->partition, &begin, &end))
        return false;
    if (from_the_beginning && begin > 0) {
        snprintf(text, sizeof(text),
                 "\"%s\" partition %d begins at offset %lld: without its beginning nothing can be folded; bring the records back or use a new topic and group",
                 topic, (int)place->partition, (long long)begin);
        refuse(worker, CAUSE_CONFIG, text);
        return false;
    }
    if (end < place->offset) {
        snprintf(text, sizeof(text),
                 "\"%s\" partition %d ends at offset %lld, before the committed offset %lld: it was made anew or truncated, or this is another cluster",
                 topic, (int)place->partition, (long long)end, (long long)place->offset);
        refuse(worker, CAUSE_CONFIG, text);
        return false;
    }
    return true;
}

static bool constants_fit(struct worker *worker, const struct place *place)
{
    char why[FAILURE_TEXT_BYTES / 2], text[FAILURE_TEXT_BYTES];
    if (place->offset == OFFSET_NONE || worker->shared->options->embedded ||
        constants_agree(&worker->shared->constants, place->metadata, why, sizeof(why)))
        return true;
    snprintf(text, sizeof(text), "the commit of group \"%s\" at \"%s\" partition %d offset %lld %s", worker->shared->options->group,
             worker->shared->options->topic, (int)place->partition, (long long)place->offset, why);
    refuse(worker, CAUSE_CONFIG, text);
    return false;
}

static void quarantine_of(const struct pipeline_options *options, int32_t partition, int64_t *ret_offsets, size_t *ret_count)
{
    *ret_count = 0;
    for (size_t i = 0; i < options->quarantined_count; i++)
        if (options->quarantined[i].partition == partition)
            ret_offsets[(*ret_count)++] = options->quarantined[i].offset;
}

static struct fold *new_fold(const struct worker *worker, int32_t partition)
{
    const struct pipeline_options *options = worker->shared->options;
    int64_t *quarantined = memory_take(options->quarantined_count + 1, sizeof(*quarantined));
    size_t quarantined_count;
    quarantine_of(options, partition, quarantined, &quarantined_count);
    struct fold_options fold = {
        .book = options->book,
        .reference = options->reference,
        .bundles_only = options->bundles_only,
        .form = options->form,
        .source = options->topic,
        .partition = partition,
        .partitions_count = worker->shared->partitions_count,
        .has_keys = true,
        .partitioner = options->partitioner,
        .quarantined = quarantined,
        .quarantined_count = quarantined_count,
    };
    memcpy(fold.schema_ids, options->schema_ids, sizeof(fold.schema_ids));
    struct fold *made = fold_new(&fold);
    memory_give(quarantined);
    return made;
}

/* What is warm goes on from its place when the group is not behind it; else from the beginning of the log. */
static bool place_partition(struct worker *worker, struct place *place)
{
    struct partition *partition = &worker->partitions[place->partition];
    bool fresh = place->offset == OFFSET_NONE;
    bool known = partition->fold && (fresh ? partition->next == 0 : partition->next <= place->offset);
    if (!constants_fit(worker, place) || !log_reaches(worker, place, !known))
        return false;
    if (fresh && !outputs_are_empty(worker, place->partition))
        return false;
    if (!known) {
        partition_drop(partition);
        partition->fold = new_fold(worker, place->partition);
    }
    partition->committed = place->offset;
    place->offset = partition->next; /* from here it is read */
    return true;
}

static bool anything_restores(const struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (worker->partitions[p].owned && partition_restores(&worker->partitions[p]))
            return true;
    return false;
}

static void read_from_places(struct worker *worker)
{
    struct membership *membership = &worker->membership;
    if (!consumer_assign(worker->consumer, membership->places, membership->places_count, &worker->failure))
        return;
    membership->state = MEMBERSHIP_SETTLED;
    membership->restores = anything_restores(worker);
    membership->restore_begun_us = membership->restore_said_us = clock_us();
    membership->restore_said_records = counter_value(&worker->counters, COUNTER_records_silent);
    log_say(LOG_INFO, "%s: has %zu partitions%s", worker->slot, membership->places_count,
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
    } else if (asks_too_long(worker)) {
        refuse(worker, failure.cause,
               "the group's committed offsets are not told: the broker is away, or a transaction of another producer is pending there "
               "(kafka-transactions.sh find-hanging names it)");
    }
    return false;
}

static void place_all(struct worker *worker)
{
    struct membership *membership = &worker->membership;
    if (!ask(worker))
        return;
    membership->fresh = false;
    for (size_t i = 0; i < membership->places_count; i++) {
        membership->fresh = membership->fresh || membership->places[i].offset == OFFSET_NONE;
        if (!place_partition(worker, &membership->places[i]))
            return;
    }
    membership->state = MEMBERSHIP_SWEEPING;
}

/* Nothing was ever committed of some: their start is, at once, before anything is sent (design §3). */
static void start_or_read(struct worker *worker)
{
    if (!worker->membership.fresh) {
        read_from_places(worker);
        return;
    }
    worker->membership.state = MEMBERSHIP_STARTING;
    commit_begin_end(worker);
}

/* Before anything is asked, and once more with the outputs when it is known which partitions have any. */
static void sweep(struct worker *worker, enum membership_state then)
{
    struct failure failure = { .remedy = REMEDY_NONE };
    if (commit_sweep(worker, &failure)) {
        worker->membership.state = then;
        return;
    }
    if (asks_too_long(worker))
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
