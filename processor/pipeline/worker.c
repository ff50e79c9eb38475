#include "pipeline/worker.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"
#include "ops/log.h"
#include "pipeline/hanging.h"
#include "pipeline/crash_report.h"
#include "pipeline/resolve.h"
#include "pipeline/same_log.h"
#include "pipeline/visible.h"
#include "pipeline/worker_outbox.h"
#include "system/clock.h"
#include "system/stop_signal.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    TAKE_WAIT_MS = 10,
    AWAY_WAIT_MS = 50,
    REST_WAIT_MS = 10,
    INIT_WAIT_MS = 1000,
    CLOSE_SECONDS_MAX = 20,
    SEE_SECONDS_MAX = 10
};

/* --- life --- */

struct worker *worker_new(struct shared *shared, int32_t number)
{
    /* its counters have a cache line of their own */
    struct worker *worker = aligned_alloc(_Alignof(struct worker), sizeof(*worker));
    must(worker != NULL);
    memset(worker, 0, sizeof(*worker));
    worker->shared = shared;
    worker->number = number;
    pthread_mutex_init(&worker->call_lock, NULL);
    figures_open(&worker->figures, shared->partitions_count);
    snprintf(worker->instance, sizeof(worker->instance), "%s-%03d-%02d", shared->options->app,
             (int)shared->options->process, (int)number);
    size_t count = (size_t)shared->partitions_count;
    worker->partitions = memory_alloc_zeroed(count, sizeof(*worker->partitions));
    worker->commit.positions = memory_alloc_zeroed(count, sizeof(*worker->commit.positions));
    worker->commit.windows = memory_alloc_zeroed(count, sizeof(*worker->commit.windows));
    worker->assignment.positions = memory_alloc_zeroed(count, sizeof(*worker->assignment.positions));
    for (int32_t p = 0; p < shared->partitions_count; p++) {
        worker->partitions[p].number = p;
        partition_drop(&worker->partitions[p]);
    }
    worker->decoder =
        decoder_new(shared->options->schemas, shared->options->framing, shared->options->value_bytes_max);
    return worker;
}

void worker_free(struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        partition_drop(&worker->partitions[p]);
    decoder_free(worker->decoder);
    pthread_mutex_destroy(&worker->call_lock);
    figures_release(&worker->figures);
    memory_free(worker->partitions);
    memory_free(worker->commit.positions);
    memory_free(worker->commit.windows);
    memory_free(worker->assignment.positions);
    memory_free(worker);
}

static bool open_consumer(struct worker *worker)
{
    const struct pipeline_options *options = worker->shared->options;
    int32_t dealt[PARTITIONS_MAX];
    size_t dealt_count = 0;
    for (int32_t p = worker->number; options->embedded && p < worker->shared->partitions_count;
         p += options->workers_count)
        dealt[dealt_count++] = p;
    worker->consumer = consumer_open(
        &(struct consumer_options){
            .properties = options->properties,
            .topic = options->topic,
            .group = options->group,
            .instance_id = options->embedded ? NULL : worker->instance,
            .client_id = worker->instance,
            .leave = options->leave,
            .partitions = options->embedded ? dealt : NULL,
            .partitions_count = dealt_count,
        },
        &worker->failure);
    return worker->consumer && consumer_begin(worker->consumer, &worker->failure);
}

static bool open_producer(struct worker *worker)
{
    const struct producer_options options = {
        .properties = worker->shared->options->properties,
        .transactional_id = worker->instance,
        .client_id = worker->instance,
        .topics = worker->shared->topics,
        .topics_count = TOPIC_COUNT,
    };
    worker->producer = producer_open(&options, &worker->failure);
    if (!worker->producer)
        return false;
    int64_t until_us = clock_us() + MICROSECONDS_OF_MS(2 * producer_transaction_timeout_ms(worker->producer));
    struct failure failure;
    while (!producer_init(worker->producer, INIT_WAIT_MS, &failure)) {
        if (failure.remedy == REMEDY_AGAIN && atomic_load(&worker->shared->stop))
            return false; /* told to stop before a broker answered: no failure */
        if (failure.remedy == REMEDY_AGAIN && clock_us() < until_us)
            continue;
        worker->failure = failure;
        return false;
    }
    return true;
}

/* What an earlier life of this id has left behind in partitions that may now be anybody's: only we can end
 * it. */
static void look_after_ours(struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count && !worker->shared->options->embedded; p++)
        hanging_owe(&worker->partitions[p]);
}

/* The producer first: what a predecessor left open is ended before anybody asks for its offsets. */
bool worker_open(struct worker *worker)
{
    look_after_ours(worker);
    return open_producer(worker) && open_consumer(worker);
}

/* --- a batch, and the end --- */

static void drop_batch(struct worker *worker)
{
    worker_note_last(worker);
    consumer_release(worker->consumer);
    worker->batch_at = worker->batch_count = 0;
}

/* A checkpoint says that everything before it was seen, so that is waited for. */
static void finish(struct worker *worker)
{
    int64_t now_us = clock_us();
    if (!commit_finish(worker, now_us + MICROSECONDS_OF_S(CLOSE_SECONDS_MAX)))
        log_say(LOG_WARNING,
                "%s: stopped before what became of the last commit was known: the next start sees to it",
                worker->instance);
    else if (!worker->shared->options->embedded &&
             !visible_wait(worker, clock_us() + MICROSECONDS_OF_S(SEE_SECONDS_MAX)))
        log_say(LOG_WARNING,
                "%s: stopped before all outputs became visible: no checkpoint is written, the next start "
                "looks for them",
                worker->instance);
    else
        checkpointing_at_stop(worker);
}

void worker_close(struct worker *worker)
{
    if (worker->consumer)
        /* closing gives the partitions up after it has given the messages back: nothing may point at them */
        drop_batch(worker);
    if (worker->consumer && worker->failure.remedy == REMEDY_NONE) {
        finish(worker);
    }
    if (worker->consumer)
        consumer_close(worker->consumer);
    if (worker->producer)
        producer_close(worker->producer);
    worker->consumer = NULL;
    worker->producer = NULL;
}

/* --- a turn --- */

/* Takes only to hear what happens in the group; records that come with it are read again after the next
 * assignment. */
static void hear_group(struct worker *worker, int wait_ms)
{
    drop_batch(worker);
    consumer_take(worker->consumer, wait_ms);
    consumer_release(worker->consumer);
    assignment_note(worker, consumer_events(worker->consumer));
}

static void turn_commit(struct worker *worker)
{
    switch (commit_step(worker)) {
    case COMMIT_IS_TRUE:
        commit_complete(worker);
        break;
    case COMMIT_IN_DOUBT:
        assignment_doubt(worker);
        break;
    case COMMIT_GOES_ON:
    case COMMIT_FAILED:
        break;
    }
}

static void take(struct worker *worker)
{
    int wait_ms = TAKE_WAIT_MS;
    if (worker->commit.due_us != 0) {
        int64_t left_ms = (worker->commit.due_us - clock_us()) / 1000;
        wait_ms = left_ms < 0 ? 0 : left_ms < TAKE_WAIT_MS ? (int)left_ms : TAKE_WAIT_MS;
    }
    worker->batch_at = 0;
    worker->batch_count = consumer_take(worker->consumer, wait_ms);
    unsigned events = consumer_events(worker->consumer);
    if (events != 0)
        assignment_note(worker, events);
}

/* What was found in the output topics is compared with what is made. */
static void compare(struct worker *worker, struct partition *partition, size_t records_before,
                    const struct made *before)
{
    if (resolve_take(worker, partition, records_before, before))
        resolve_look(worker, partition);
    worker_count_outbox(worker);
}

static bool fold_message(struct worker *worker, struct partition *partition, const struct message *message)
{
    bool is_back = message->offset < partition->committed, resolves = partition->phase == PARTITION_RESOLVING;
    struct outbox *outbox = is_back && !resolves ? NULL : &partition->outbox; /* else it restores: silently */
    size_t records_before = partition->outbox.count, bytes_before = partition->outbox.bytes.length;
    struct fold_record record = { .key = message->key,
                                  .value = message->value,
                                  .offset = message->offset,
                                  .timestamp = message->timestamp,
                                  .message = message };
    partition_count_from(partition, message->offset);
    struct made before = *fold_made(partition->fold);
    crash_report_at(worker->shared->options->topic, message->partition, message->offset);
    struct result result = fold_accept(partition->fold, worker->decoder, &record, outbox);
    crash_report_at(NULL, 0, 0);
    if (result.verdict == RETRY)
        return false;
    must(result.verdict == DONE);
    partition->next = message->offset + 1;
    partition->record_ms = message->timestamp;
    partition->last_message = message;
    worker->outbox_records += partition->outbox.count - records_before;
    worker->outbox_bytes += partition->outbox.bytes.length - bytes_before;
    counter_add(&worker->counters, is_back ? COUNTER_records_restored : COUNTER_records_taken, 1);
    if (resolves)
        compare(worker, partition, records_before, &before);
    return true;
}

/* The first record that comes after a checkpoint was loaded is the last that it saw: is the log still that
 * log (design §3, Assign)? */
static bool verify(struct worker *worker, struct partition *partition, const struct message *message)
{
    struct hash128 hash = message_hash(message);
    const struct last_record *last = &partition->last;
    partition->verifies = false;
    if (message->offset == last->offset && hash.low == last->hash.low && hash.high == last->hash.high)
        return true;
    failure_set(
        &worker->failure, REMEDY_STOP, CAUSE_CONFIG,
        "\"%s\" partition %d offset %lld is not the record that the checkpoint saw there (the next is at "
        "%lld): the topic was made anew or "
        "changed, or this is another cluster; use the right one, or a new group with new output topics",
        worker->shared->options->topic, (int)partition->number, (long long)last->offset,
        (long long)message->offset);
    return false;
}

static void take_in(struct worker *worker, const struct message *message, bool *ret_again)
{
    if (message->partition < 0 || message->partition >= worker->shared->partitions_count)
        return;
    struct partition *partition = &worker->partitions[message->partition];
    if (!partition_is_owned(partition) || !partition->fold)
        return;
    if (message->end) {
        partition->end_seen = message->offset;
        return;
    }
    if (partition->verifies && !verify(worker, partition, message))
        return;
    bool is_for_other_rules =
        partition->phase == PARTITION_BEFORE_RULES && message->offset >= partition->committed;
    if (message->offset >= partition->next && !is_for_other_rules)
        *ret_again = !fold_message(worker, partition, message);
}

static void fold_batch(struct worker *worker)
{
    const struct message *messages = consumer_messages(worker->consumer);
    int64_t live_before = counter_value(&worker->counters, COUNTER_records_taken), began_us = clock_us();
    size_t began_at = worker->batch_at;
    /* what is not seen grows no further: see what hangs first */
    bool again = false, is_full = visible_is_full(worker);
    while (worker->batch_at < worker->batch_count && !worker_outbox_is_full(worker) && !is_full) {
        take_in(worker, &messages[worker->batch_at], &again);
        if (again || worker->failure.remedy != REMEDY_NONE)
            break;
        worker->batch_at++;
    }
    if (worker->batch_at > began_at) {
        worker->folded_records += (int64_t)(worker->batch_at - began_at);
        worker->folded_us += clock_us() - began_us;
        counter_raise(&worker->counters, COUNTER_fold_us_max, clock_us() - began_us);
    }
    if (worker->batch_at == worker->batch_count)
        drop_batch(worker);
    if (counter_value(&worker->counters, COUNTER_records_taken) > live_before)
        commit_note_progress(worker, clock_us());
}

static bool is_at_its_end(const struct worker *worker, const struct partition *partition)
{
    int64_t at = partition->next > partition->end_seen ? partition->next : partition->end_seen;
    return at >= worker->shared->ends[partition->number] && partition->next == partition->committed;
}

static bool is_caught_up(const struct worker *worker, const struct partition *partition)
{
    /* what is compared still may be at its end: of what is visible behind that nobody has made anything */
    bool is_served = partition->phase == PARTITION_SERVED ||
                     (partition->phase == PARTITION_RESOLVING &&
                      versions_equal(&partition->metadata.versions, &worker->shared->versions));
    return is_served && is_at_its_end(worker, partition);
}

static void look_for_the_end(struct worker *worker)
{
    bool caught_up = worker->assignment.state == ASSIGNMENT_READING && worker->batch_count == 0;
    for (int32_t p = 0; p < worker->shared->partitions_count && caught_up; p++)
        if (partition_is_owned(&worker->partitions[p]))
            caught_up = is_caught_up(worker, &worker->partitions[p]);
    if (caught_up && !atomic_exchange(&worker->caught_up, true))
        stop_signal_wake();
}

/* Between two transactions: has become visible what was committed, and can go on what waits? True: that is
 * seen to first. */
static bool look_around(struct worker *worker)
{
    if (worker->commit.state != COMMIT_IDLE || worker->shared->options->embedded)
        return false;
    /* others may have been at its partitions meanwhile: what it sees is no news of its own */
    if (worker->same_log.stood_still) {
        worker->same_log.stood_still = false;
        assignment_doubt(worker);
        return true;
    }
    if (visible_is_due(worker) && visible_look(worker) == VISIBLE_HANGS) {
        log_say(LOG_WARNING,
                "%s: outputs that were committed did not become visible: a broker has lost the markers of "
                "their transaction",
                worker->instance);
        assignment_doubt(worker);
        return true;
    }
    return assignment_watch_waiting(worker);
}

/* Nothing is folded or committed of a log of which nobody knows whether it is still the one that it was. */
static bool is_same_log(struct worker *worker)
{
    return !same_log_is_due(worker) || same_log_look(worker);
}

static void turn_records(struct worker *worker)
{
    if (!is_same_log(worker) || look_around(worker) || assignment_watch_loading(worker))
        return;
    checkpointing_look(worker);
    checkpointing_step(worker);
    if (worker->batch_count == 0)
        take(worker);
    fold_batch(worker);
    commit_send(worker);
    if (!commit_is_under_way(worker) && commit_is_due(worker, clock_us()))
        commit_begin_end(worker);
    assignment_watch_restore(worker);
    if (worker->shared->ends)
        look_for_the_end(worker);
}

static void turn_assignment(struct worker *worker)
{
    enum assignment_state state = worker->assignment.state;
    hear_group(worker, state == ASSIGNMENT_AWAY      ? AWAY_WAIT_MS
                       : state == ASSIGNMENT_RESTING ? REST_WAIT_MS
                                                     : 0);
    assignment_step(worker);
}

bool worker_turn(struct worker *worker)
{
    producer_serve(worker->producer);
    same_log_turn(worker);
    figures_turn(worker);
    if (commit_is_under_way(worker) && !assignment_leaves_late(worker))
        turn_commit(worker);
    else if (worker->assignment.state != ASSIGNMENT_READING)
        turn_assignment(worker);
    else
        turn_records(worker);
    return worker->failure.remedy == REMEDY_NONE;
}

void *worker_main(void *context)
{
    struct worker *worker = context;
    bool well = worker_open(worker);
    while (well && !atomic_load_explicit(&worker->shared->stop, memory_order_relaxed))
        well = worker_turn(worker);
    worker_close(worker);
    atomic_store(&worker->ended, true);
    stop_signal_wake();
    return NULL;
}
