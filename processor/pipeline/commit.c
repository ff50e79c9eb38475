#include "pipeline/commit.h"

#include "base/memory.h"
#include "base/must.h"
#include "ops/log.h"
#include "pipeline/letter.h"
#include "pipeline/resolve.h"
#include "pipeline/restoring.h"
#include "pipeline/same_log.h"
#include "pipeline/worker_call.h"
#include "pipeline/worker_outbox.h"
#include "system/clock.h"
#include "system/failpoint.h"

#include <stdio.h>
#include <stdlib.h>

/* A cause that repeats would be sent again for ever (LIBRARIES.md §2.4); a rebalance needs a few seconds to
 * be noticed. */
enum {
    TRIES_MAX = 5,
    TRIES_SECONDS_MAX = 20,
    FENCED_AGAIN_SECONDS = 60,
    CALL_WAIT_MS = 1000,
    STEP_EXTRA_MS = 11000
};

/* --- sending the outbox --- */

static struct outgoing outgoing_of(const struct partition *partition, const struct outbox_record *record)
{
    return (struct outgoing){ record->topic, partition->number, outbox_key(&partition->outbox, record),
                              outbox_value(&partition->outbox, record) };
}

static bool send_dead_letter(struct worker *worker, const struct partition *partition,
                             const struct outbox_record *record, const struct outgoing *outgoing,
                             struct failure *failure)
{
    const struct pipeline_options *options = worker->shared->options;
    const struct letter_origin origin = { options->topic, options->group, partition->number };
    struct letter_headers headers;
    letter_headers(&origin, &partition->outbox, record, &headers);
    return producer_send_with_headers(worker->producer, outgoing, headers.items, headers.count, failure);
}

/* The next records of one topic that are not sent yet, and where they are in the list. What is in the log
 * already is passed over. */
static size_t collect(const struct partition *partition, uint8_t topic, struct outgoing *outgoing,
                      size_t indexes[], size_t max)
{
    size_t count = 0;
    for (size_t i = partition->sent[topic]; i < partition->outbox.count && count < max; i++) {
        const struct outbox_record *record = &partition->outbox.records[i];
        if (record->topic == topic && !record->is_there) {
            indexes[count] = i;
            outgoing[count++] = outgoing_of(partition, record);
        }
    }
    return count;
}

static bool send_topic(struct worker *worker, struct partition *partition, uint8_t topic,
                       struct failure *failure)
{
    struct outgoing outgoing[SEND_MAX];
    size_t indexes[SEND_MAX];
    size_t max = topic == TOPIC_DEAD_LETTERS ? 1 : SEND_MAX;
    for (;;) {
        size_t count = collect(partition, topic, outgoing, indexes, max), taken;
        if (count == 0)
            break;
        if (topic == TOPIC_DEAD_LETTERS)
            taken = send_dead_letter(worker, partition, &partition->outbox.records[indexes[0]], &outgoing[0],
                                     failure)
                        ? 1
                        : 0;
        else
            taken = producer_send(worker->producer, outgoing, count, failure);
        if (taken > 0)
            partition->sent[topic] = indexes[taken - 1] + 1;
        if (taken < count)
            return false;
    }
    partition->sent[topic] = partition->outbox.count;
    return true;
}

static bool is_unsent(const struct partition *partition)
{
    if (!partition_has_uncommitted(partition))
        return false;
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (partition->sent[topic] < partition->outbox.count)
            return true;
    return false;
}

static bool send_all(struct worker *worker, struct failure *failure)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        struct partition *partition = &worker->partitions[p];
        if (worker->commit.claims_only || !is_unsent(partition))
            continue;
        for (uint8_t topic = 0; topic < TOPIC_COUNT; topic++)
            if (!send_topic(worker, partition, topic, failure))
                return false;
    }
    return true;
}

/* --- the steps: true, or false with a failure whose remedy chooses the next step --- */

typedef bool step_fn(struct worker *worker, struct failure *failure);

static bool step_begin(struct worker *worker, struct failure *failure)
{
    if (worker->commit.tries_count > 0)
        failpoint("heal_send");
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        partition_unsend(&worker->partitions[p]);
    return transaction_begin(worker->producer, failure);
}

static bool step_offsets(struct worker *worker, struct failure *failure)
{
    const struct commit *commit = &worker->commit;
    failpoint("transaction");
    if (commit->positions_count == 0) {
        failure_set(failure, REMEDY_ABORT, CAUSE_KAFKA, "nothing of what was sent is ours any more");
        return false;
    }
    worker_begin_call(worker, worker->producer);
    bool put = transaction_offsets(worker->producer, worker->consumer, commit->positions,
                                   commit->positions_count, failure);
    worker_end_call(worker);
    return put;
}

/* A commit that had to be repeated, or during which a connection broke, may leave a request behind that would
 * end a later transaction of the same epoch: a new producer before the next one, and a look into the log
 * (LIBRARIES.md §2.4). */
static bool step_commit(struct worker *worker, struct failure *failure)
{
    struct commit *commit = &worker->commit;
    failpoint("offsets");
    failpoint_soon_after("end_txn");
    if (!transaction_commit(worker->producer, failure)) {
        commit->doubtful = true;
        return false;
    }
    failpoint("end_txn_sent");
    if (!commit->doubtful && producer_breaks_count(worker->producer) == commit->breaks_before)
        return true;
    failure_set(failure, REMEDY_PRODUCER, CAUSE_UNREACHABLE, "a connection broke during the commit");
    return false;
}

/* A new producer follows, also when the abort succeeded. A batch whose answer was lost with its connection
 * goes back into librdkafka's queue; the abort takes it out of there, and the next batch of the partition
 * gets the same sequence numbers, in the same epoch. A broker that had appended the first one takes the
 * second for its repetition and appends nothing, with success: what is sent again would be lost (seen on
 * Kafka 4.4.0 with librdkafka 2.0.2, tests/broker/three_brokers.py). In a new epoch the numbers begin
 * anew. */
static bool step_abort(struct worker *worker, struct failure *failure)
{
    return transaction_abort(worker->producer, failure);
}

static bool step_replace(struct worker *worker, struct failure *failure)
{
    counter_add(&worker->counters, COUNTER_producers_replaced, 1);
    return producer_replace(worker->producer, failure);
}

static bool step_init(struct worker *worker, struct failure *failure)
{
    return producer_init(worker->producer, CALL_WAIT_MS, failure);
}

/* Why a table. Each of these steps can succeed, fail in a way that an abort cures, fail so that only a new
 * producer helps, or end without anybody knowing what happened; and between any two of them the group may
 * take partitions away or the process die. Were each step to decide what follows it, some combination that
 * nobody thought of would send an output twice. So a step only says what became of it, and the row says where
 * that leads. Two things hold of the rows as a whole. None leads back to a step before it: what was decided
 * is never decided again, and what was sent is never sent again from here. And every way but one ends in
 * COMMIT_DOUBT, also where an abort was answered with success: on brokers that lose markers no answer of a
 * call tells what readers will see, so what is to be sent again is found out in the output topics (resolve.c)
 * and nowhere else.
 *
 * Read a row as: when this step is done, go there; when its failure asks for an abort, there; for a new
 * producer, there. AGAIN stays, until the time of the step is over; then it is as for a new producer. */
static const struct {
    step_fn *run;
    enum commit_state done, abort, producer;
} steps[COMMIT_STATES_COUNT] = {
    /*                   step           done             abort           new producer      */
    [COMMIT_READY]    = { step_begin,    COMMIT_SENDING,  COMMIT_ABORT,   COMMIT_REPLACE },
    [COMMIT_SENDING] = { send_all,      COMMIT_SENT,     COMMIT_ABORT,   COMMIT_REPLACE },
    [COMMIT_SENT]    = { step_offsets,  COMMIT_OFFSETS,  COMMIT_ABORT,   COMMIT_REPLACE },
    [COMMIT_OFFSETS] = { step_commit,   COMMIT_DONE,     COMMIT_ABORT,   COMMIT_REPLACE },
    [COMMIT_ABORT]   = { step_abort,    COMMIT_REPLACE,  COMMIT_REPLACE, COMMIT_REPLACE },
    [COMMIT_REPLACE] = { step_replace,  COMMIT_INIT,     COMMIT_REPLACE, COMMIT_REPLACE },
    [COMMIT_INIT]    = { step_init,     COMMIT_DOUBT,    COMMIT_REPLACE, COMMIT_REPLACE },
};

/* --- moving from step to step --- */

static int64_t step_limit_us(const struct worker *worker)
{
    return MICROSECONDS_OF_MS(2 * producer_transaction_timeout_ms(worker->producer) + STEP_EXTRA_MS);
}

static void enter(struct worker *worker, enum commit_state state)
{
    worker->commit.state = state;
    worker->commit.step_until_us = clock_us() + step_limit_us(worker);
}

static enum commit_outcome stop_with(struct worker *worker, const struct failure *failure)
{
    worker->failure = *failure;
    worker->failure.remedy = REMEDY_STOP;
    return COMMIT_FAILED;
}

static void note_first(struct commit *commit, const struct failure *failure)
{
    if (commit->first.remedy == REMEDY_NONE)
        commit->first = *failure;
}

/* Fenced once: our transaction took too long, and the coordinator ended it. Twice within a minute: somebody
 * else has our id; but what is sent again after an outage is much, and may take too long more than once: that
 * has its own limit (in_doubt). */
static bool is_fenced(struct commit *commit, const struct failure *failure)
{
    if (failure->cause != CAUSE_FENCED)
        return false;
    int64_t now = clock_us();
    bool again = commit->tries_count == 0 && commit->fenced_us != 0 &&
                 now - commit->fenced_us < MICROSECONDS_OF_S(FENCED_AGAIN_SECONDS);
    commit->fenced_us = now;
    return again;
}

/* The transaction is over. A cause that repeats is not tried for ever. */
static enum commit_outcome in_doubt(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    if (commit->tries_count++ == 0)
        /* not since it began: the broker may have been away for longer than that */
        commit->tried_us = clock_us();
    counter_add(&worker->counters, COUNTER_transactions_sent_again, 1);
    log_say(LOG_WARNING, "%s: what became of the transaction is looked up in the log: %s", worker->instance,
            commit->first.text[0] ? commit->first.text : "its producer is new");
    if (commit->tries_count >= TRIES_MAX &&
        clock_us() - commit->tried_us > MICROSECONDS_OF_S(TRIES_SECONDS_MAX))
        return stop_with(worker, &commit->first);
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (partition_is_taken_over(&worker->partitions[p])) /* nothing of it is sent again unseen */
            partition_enter(&worker->partitions[p], PARTITION_IN_DOUBT);
    commit->doubtful = commit->claims_only = false;
    commit->positions_count = 0;
    commit->due_us = 0;
    commit->state = COMMIT_IDLE;
    return COMMIT_IN_DOUBT;
}

static enum commit_outcome after_failure(struct worker *worker, const struct failure *failure)
{
    struct commit *commit = &worker->commit;
    bool too_long = clock_us() > commit->step_until_us;
    enum remedy remedy = failure->remedy;
    if (remedy == REMEDY_AGAIN && !too_long)
        return COMMIT_GOES_ON;
    note_first(commit, failure);
    if (worker->shared->options->embedded) {
        struct failure unknown;
        failure_set(&unknown, REMEDY_STOP, CAUSE_KAFKA,
                    "a commit on the embedded broker has no known outcome, and it cannot be asked: %.300s",
                    commit->first.text);
        return stop_with(worker, &unknown);
    }
    bool nothing_left = commit->state >= COMMIT_REPLACE;
    if (remedy == REMEDY_STOP || is_fenced(commit, failure) || (too_long && nothing_left)) {
        stop_with(worker, remedy == REMEDY_STOP ? failure : &commit->first);
        if (remedy != REMEDY_STOP)
            worker->failure.cause = failure->cause;
        return COMMIT_FAILED;
    }
    enter(worker, remedy == REMEDY_ABORT ? steps[commit->state].abort : steps[commit->state].producer);
    return COMMIT_GOES_ON;
}

enum commit_outcome commit_step(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    struct failure failure = { .remedy = REMEDY_NONE };
    if (worker->failure.remedy != REMEDY_NONE)
        return COMMIT_FAILED;
    must(steps[commit->state].run != NULL);
    if (!steps[commit->state].run(worker, &failure))
        return after_failure(worker, &failure);
    enter(worker, steps[commit->state].done);
    if (commit->state == COMMIT_DOUBT)
        return in_doubt(worker);
    return commit->state == COMMIT_DONE ? COMMIT_IS_TRUE : COMMIT_GOES_ON;
}

/* --- it is true --- */

static void complete_change(const struct worker *worker, struct partition *partition)
{
    struct commit_metadata metadata;
    if (!partition->book_change.under_way)
        return;
    book_change_to_metadata(&partition->book_change, partition->outbox.count, &metadata);
    book_change_committed(&partition->book_change, &metadata);
    if (partition->book_change.under_way)
        return;
    log_say(LOG_INFO, "book changed at %d/%lld: %lld outputs", (int)partition->number,
            (long long)partition->committed, (long long)metadata.sent);
    partition->checkpoint_wanted = true;
    /* it was another's; ours may be next */
    if (partition->phase == PARTITION_SERVED &&
        !versions_equal(&partition->metadata.versions, &worker->shared->versions))
        partition_enter(partition, PARTITION_BEFORE_RULES);
    /* the one that is there has the state of before: the next change needs another */
    partition->checkpoint_offset = OFFSET_NONE;
}

static void count_outputs(struct worker *worker, const struct partition *partition)
{
    figures_count_outputs(&worker->figures, &partition->outbox);
    for (size_t i = 0; i < partition->outbox.count; i++)
        if (partition->outbox.records[i].topic == TOPIC_DEAD_LETTERS)
            counter_add(&worker->counters, COUNTER_dead_letters_committed, 1);
    counter_add(&worker->counters, COUNTER_outputs_committed, (int64_t)partition->outbox.count);
}

/* What was made is committed, and is seen later. */
static void complete_outputs(struct worker *worker, struct partition *partition, const struct window *window)
{
    count_outputs(worker, partition);
    complete_change(worker, partition);
    partition->window.made = window->made;
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        partition->window.topics[topic].last = window->topics[topic].last;
    if (worker->shared->options->embedded || partition->outbox.count == 0)
        outbox_clear(&partition->outbox);
    else
        unconfirmed_add(&partition->unconfirmed, &partition->outbox, &partition->window.made);
    partition_unsend(partition);
}

/* A producer in another language: said before a day's records are dead letters. */
static void say_partitioner(struct worker *worker, const struct partition *partition)
{
    if (!partition->fold || worker->said_partitioner)
        return;
    enum partitioner guessed = fold_partitioner_guessed(partition->fold);
    if (guessed == PARTITIONER_COUNT)
        return;
    worker->said_partitioner = true;
    log_say(LOG_WARNING,
            "\"%s\" partition %d: nearly all of its first records are where partitioner %s puts them, and "
            "not %s: they become dead letters, wrong_partition; set input.partitioner: %s, with a new "
            "group and new output topics, or change the producer",
            worker->shared->options->topic, (int)partition->number, partitioner_names[guessed],
            partitioner_names[worker->shared->options->partitioner], partitioner_names[guessed]);
}

/* Sums that do not add up are our own bug: better no commit than a wrong one (axiom 3 of §0). */
static void complete(struct worker *worker, const struct position *position, const struct window *window)
{
    struct partition *partition = &worker->partitions[position->partition];
    struct engine_sums sums =
        partition->fold ? fold_sums(partition->fold) : (struct engine_sums){ .standing = 0 };
    must(sums.standing == sums.cost + sums.payable_outside);
    partition->committed = position->offset;
    snprintf(partition->committed_metadata, sizeof(partition->committed_metadata), "%s", position->metadata);
    snprintf(partition->window.by, sizeof(partition->window.by), "%s", window->by);
    if (!worker->commit.claims_only)
        complete_outputs(worker, partition, window);
    else if (partition->book_change.under_way && partition->book_change.step == 0)
        partition->book_change.step = 1;
    partition->window_due = false;
    same_log_remember(partition);
    partition->offset_unseen = true;
    partition->committed_us = clock_us();
    resolve_look(worker, partition);
    say_partitioner(worker, partition);
}

void commit_complete(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    must(commit->state == COMMIT_DONE);
    int64_t took_us = clock_us() - commit->began_us;
    for (size_t i = 0; i < commit->positions_count; i++)
        complete(worker, &commit->positions[i], &commit->windows[i]);
    counter_add(&worker->counters, COUNTER_transactions_committed, 1);
    counter_add(&worker->counters, COUNTER_commit_us, took_us);
    counter_raise(&worker->counters, COUNTER_commit_us_max, took_us);
    figures_count_commit(&worker->figures, took_us);
    *commit = (struct commit){ .positions = commit->positions,
                               .windows = commit->windows,
                               .fenced_us = commit->fenced_us,
                               .true_count = commit->true_count + 1 };
    worker_count_outbox(worker);
}

/* --- when --- */

bool commit_is_under_way(const struct worker *worker)
{
    return worker->commit.state > COMMIT_OPEN;
}

void commit_note_progress(struct worker *worker, int64_t now_us)
{
    if (worker->commit.due_us == 0)
        worker->commit.due_us = now_us + worker->shared->options->commit_interval_us;
}

bool commit_is_due(const struct worker *worker, int64_t now_us)
{
    return worker->commit.due_us != 0 && (now_us >= worker->commit.due_us || worker_outbox_is_full(worker));
}

/* --- what it says --- */

static uint64_t last_of(const struct worker *worker, const struct partition *partition, uint8_t topic)
{
    const struct pipeline_options *options = worker->shared->options;
    const struct letter_origin origin = { options->topic, options->group, partition->number };
    struct letter_headers headers;
    for (size_t i = partition->outbox.count; i-- > 0;) {
        const struct outbox_record *record = &partition->outbox.records[i];
        if (record->topic != topic)
            continue;
        letter_headers(&origin, &partition->outbox, record, &headers);
        return output_hash(outbox_key(&partition->outbox, record), outbox_value(&partition->outbox, record),
                           headers.items, headers.count)
            .low;
    }
    return partition->window.topics[topic].last;
}

static void write_window(const struct worker *worker, const struct partition *partition,
                         struct window *window)
{
    *window = partition->window;
    snprintf(window->by, sizeof(window->by), "%s", worker->instance);
    if (worker->commit.claims_only || worker->shared->options->embedded)
        return;
    window->made = partition_made(partition);
    for (uint8_t topic = 0; topic < TOPIC_COUNT; topic++)
        window->topics[topic].last = last_of(worker, partition, topic);
}

/* A claim of a change says that its first step is made, and has no outputs yet. */
static void write_position(const struct worker *worker, const struct partition *partition,
                           struct position *position, struct window *window)
{
    const struct commit *commit = &worker->commit;
    struct commit_metadata metadata = partition->metadata;
    metadata.quarantine = quarantine_hash(worker->shared, partition->number, position->offset);
    if (commit->claims_only) {
        metadata.step = partition->book_change.under_way && !partition->book_change.step
                            ? 1
                            : partition->book_change.step;
        metadata.sent = partition->book_change.sent;
    } else {
        book_change_to_metadata(&partition->book_change, partition->outbox.count, &metadata);
    }
    write_window(worker, partition, window);
    commit_to_text(&metadata, window, position->metadata);
}
_Static_assert(COMMIT_TEXT_BYTES <= POSITION_METADATA_BYTES, "what a commit says fits beside an offset");

static int64_t claimed_offset(const struct partition *partition)
{
    return partition->committed == OFFSET_NONE ? 0 : partition->committed;
}

bool commit_is_unclaimed(const struct worker *worker, const struct partition *partition)
{
    const struct book_change *change = &partition->book_change;
    bool is_ours = partition->committed != OFFSET_NONE && strcmp(partition->window.by, worker->instance) == 0;
    return partition_is_taken_over(partition) && !worker->shared->options->embedded &&
           (!is_ours || (change->under_way && change->step == 0));
}

static void collect_positions(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    commit->positions_count = 0;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        const struct partition *partition = &worker->partitions[p];
        if (commit->claims_only ? !commit_is_unclaimed(worker, partition)
                                : !partition_has_uncommitted(partition))
            continue; /* one that still restores would move the group back */
        struct position *position = &commit->positions[commit->positions_count];
        *position =
            (struct position){ .partition = p,
                               .offset = commit->claims_only ? claimed_offset(partition) : partition->next };
        write_position(worker, partition, position, &commit->windows[commit->positions_count++]);
    }
}

void commit_begin_end(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    must(!commit_is_under_way(worker));
    collect_positions(worker);
    if (commit->positions_count == 0 && commit->state == COMMIT_IDLE) {
        commit->due_us = 0;
        commit->claims_only = false;
        return;
    }
    commit->began_us = clock_us();
    commit->breaks_before = producer_breaks_count(worker->producer);
    commit->due_us = 0;
    enter(worker, commit->state == COMMIT_OPEN ? COMMIT_SENDING : COMMIT_READY);
}

void commit_begin_claims(struct worker *worker)
{
    must(worker->commit.state == COMMIT_IDLE);
    worker->commit.claims_only = true;
    commit_begin_end(worker);
}

static void send_failed(struct worker *worker, const struct failure *failure)
{
    if (failure->remedy == REMEDY_AGAIN)
        return; /* no room now: the next turn, or the commit, sends the rest */
    commit_begin_end(worker);
    after_failure(worker, failure);
}

static bool has_unsent(const struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (is_unsent(&worker->partitions[p]))
            return true;
    return false;
}

void commit_send(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    struct failure failure = { .remedy = REMEDY_NONE };
    if (commit_is_under_way(worker) || !has_unsent(worker))
        return;
    if (commit->state == COMMIT_IDLE) {
        if (!step_begin(worker, &failure)) {
            send_failed(worker, &failure);
            return;
        }
        commit->state = COMMIT_OPEN;
        /* also when nothing was folded, and outputs of before are sent again */
        commit_note_progress(worker, clock_us());
    }
    if (!send_all(worker, &failure))
        send_failed(worker, &failure);
}

bool commit_has_uncommitted(const struct worker *worker)
{
    if (worker->commit.state != COMMIT_IDLE)
        return true;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (partition_has_uncommitted(&worker->partitions[p]))
            return true;
    return false;
}

bool commit_finish(struct worker *worker, int64_t until_us)
{
    enum commit_outcome outcome = COMMIT_GOES_ON;
    if (!commit_is_under_way(worker)) {
        if (!commit_has_uncommitted(worker))
            return true;
        if (same_log_is_due(worker) && !same_log_look(worker))
            return false;
        commit_begin_end(worker);
    }
    while (outcome == COMMIT_GOES_ON && clock_us() < until_us)
        outcome = commit_step(worker);
    if (outcome != COMMIT_IS_TRUE)
        return false;
    commit_complete(worker);
    return true;
}

static void forget(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    *commit = (struct commit){ .positions = commit->positions,
                               .windows = commit->windows,
                               .fenced_us = commit->fenced_us,
                               .true_count = commit->true_count };
}

void commit_replace(struct worker *worker, const struct failure *failure)
{
    forget(worker);
    worker->commit.began_us = clock_us();
    worker->commit.first = *failure;
    enter(worker, COMMIT_REPLACE);
}

void commit_abandon(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    struct failure failure = { .remedy = REMEDY_NONE }, first = commit->first;
    enum commit_state state = commit->state;
    forget(worker);
    if (state == COMMIT_IDLE || worker->failure.remedy != REMEDY_NONE)
        return;
    if (state < COMMIT_REPLACE && !step_abort(worker, &failure) && first.remedy == REMEDY_NONE)
        first = failure;
    commit_replace(worker, &first);
}
