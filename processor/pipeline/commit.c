#include "pipeline/commit.h"

#include "base/memory.h"
#include "base/must.h"
#include "ops/log.h"
#include "pipeline/restoring.h"
#include "pipeline/worker.h"
#include "system/clock.h"
#include "system/die_at.h"

#include <stdio.h>
#include <stdlib.h>

/* A cause that repeats would be sent again for ever (handbook 1.9); a rebalance needs a few seconds to be noticed. */
enum { LETTER_OWN_HEADERS = 8, SENT_AGAIN_MAX = 5, SENT_AGAIN_SECONDS_MAX = 20, FENCED_AGAIN_SECONDS = 60, CALL_WAIT_MS = 1000, JUDGE_EXTRA_MS = 11000 };

/* --- sending what is kept --- */

static const char *stage_of(const char *reason)
{
    static const char *const decode_reasons[] = { "no_value",       "too_large", "bad_wire_format", "unknown_schema",
                                                  "bad_schema",     "bad_avro",  "bad_json" };
    for (size_t i = 0; i < COUNT(decode_reasons); i++)
        if (strcmp(reason, decode_reasons[i]) == 0)
            return "DECODE";
    return "VALIDATE";
}

/* With the headers that Kafka Connect's tools read: all values are text, numbers too (handbook 4). The original's stand behind them. */
static bool send_dead_letter(struct worker *worker, const struct kept *kept_list, const struct kept_record *kept,
                             const struct outgoing *outgoing, struct failure *failure)
{
    const struct pipeline_options *options = worker->shared->options;
    char partition[16], offset[24];
    snprintf(partition, sizeof(partition), "%d", (int)outgoing->partition);
    snprintf(offset, sizeof(offset), "%lld", (long long)kept->input_offset);
    const char *reason = kept->reason ? kept->reason : "", *message = kept->message ? kept->message : "";
    struct header headers[LETTER_OWN_HEADERS + LETTER_HEADERS_MAX] = {
        { "__connect.errors.topic", bytes_of(options->topic) },
        { "__connect.errors.partition", bytes_of(partition) },
        { "__connect.errors.offset", bytes_of(offset) },
        { "__connect.errors.connector.name", bytes_of(options->group) },
        { "__connect.errors.task.id", bytes_of(partition) },
        { "__connect.errors.stage", bytes_of(stage_of(reason)) },
        { "__connect.errors.exception.class.name", bytes_of(reason) },
        { "__connect.errors.exception.message", bytes_of(message) },
    };
    size_t count = LETTER_OWN_HEADERS + kept_headers(kept_list, kept, headers + LETTER_OWN_HEADERS);
    return producer_send_with_headers(worker->producer, outgoing, headers, count, failure);
}

static struct outgoing outgoing_of(const struct partition *partition, const struct kept_record *record)
{
    return (struct outgoing){ record->topic, partition->number, kept_key(&partition->kept, record), kept_value(&partition->kept, record) };
}

/* The next records of one topic that are not sent yet, and where they are in the list. */
static size_t collect(const struct partition *partition, uint8_t topic, struct outgoing *outgoing, size_t places[], size_t max)
{
    size_t count = 0;
    for (size_t i = partition->sent[topic]; i < partition->kept.count && count < max; i++)
        if (partition->kept.records[i].topic == topic) {
            places[count] = i;
            outgoing[count++] = outgoing_of(partition, &partition->kept.records[i]);
        }
    return count;
}

static bool send_topic(struct worker *worker, struct partition *partition, uint8_t topic, struct failure *failure)
{
    struct outgoing outgoing[SEND_MAX];
    size_t places[SEND_MAX];
    size_t max = topic == TOPIC_DEAD_LETTERS ? 1 : SEND_MAX;
    for (;;) {
        size_t count = collect(partition, topic, outgoing, places, max), taken;
        if (count == 0)
            break;
        if (topic == TOPIC_DEAD_LETTERS)
            taken = send_dead_letter(worker, &partition->kept, &partition->kept.records[places[0]], &outgoing[0], failure) ? 1 : 0;
        else
            taken = producer_send(worker->producer, outgoing, count, failure);
        if (taken > 0)
            partition->sent[topic] = places[taken - 1] + 1;
        if (taken < count)
            return false;
    }
    partition->sent[topic] = partition->kept.count;
    return true;
}

static bool is_unsent(const struct partition *partition)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (partition->sent[topic] < partition->kept.count)
            return true;
    return false;
}

static bool send_all(struct worker *worker, struct failure *failure)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        struct partition *partition = &worker->partitions[p];
        if (!partition->owned || !is_unsent(partition))
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
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        partition_unsend(&worker->partitions[p]);
    return transaction_begin(worker->producer, failure);
}

static bool step_offsets(struct worker *worker, struct failure *failure)
{
    const struct commit *commit = &worker->commit;
    die_at("transaction");
    return transaction_offsets(worker->producer, worker->consumer, commit->places, commit->places_count, failure);
}

/* A commit that had to be repeated, or during which a connection broke, may leave a request behind that would end a later
 * transaction of the same epoch: a new producer before the next one, and a judge (handbook 2.4). */
static bool step_commit(struct worker *worker, struct failure *failure)
{
    struct commit *commit = &worker->commit;
    die_at("offsets");
    die_soon_after("end_txn");
    if (!transaction_commit(worker->producer, failure)) {
        commit->doubtful = true;
        return false;
    }
    die_at("end_txn_sent");
    if (!commit->doubtful && producer_breaks_count(worker->producer) == commit->breaks_before)
        return true;
    failure_set(failure, REMEDY_PRODUCER, CAUSE_UNREACHABLE, "a connection broke during the commit");
    return false;
}

/* After an abort nothing counts as swept. When the coordinator had ended the transaction itself, the library goes on with the next epoch under the
 * same handle; and had the broker died meanwhile, its markers may be lost: our next commit would make the aborted records visible. */
static void forget_swept(struct worker *worker)
{
    worker->offsets_swept_by = 0;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        worker->partitions[p].swept_by = 0;
}

static bool step_abort(struct worker *worker, struct failure *failure)
{
    if (!transaction_abort(worker->producer, failure))
        return false;
    forget_swept(worker);
    return true;
}

static bool step_replace(struct worker *worker, struct failure *failure)
{
    counter_add(&worker->counters, COUNTER_producers_replaced, 1);
    return producer_replace(worker->producer, failure);
}

static bool step_init(struct worker *worker, struct failure *failure)
{
    if (!producer_init(worker->producer, CALL_WAIT_MS, failure))
        return false;
    worker->producers_count++;
    return true;
}

static void settle_change(const struct worker *worker, struct partition *partition)
{
    struct note note;
    if (!partition->change.under_way)
        return;
    rule_change_note(&partition->change, partition->kept.count, &note);
    rule_change_settle(&partition->change, &note);
    if (partition->change.under_way)
        return;
    log_say(LOG_INFO, "book changed at %d/%lld: %lld outputs", (int)partition->number, (long long)partition->committed, (long long)note.sent);
    partition->checkpoint_wanted = true;
    partition->rules_wait = !constants_equal(&partition->note.constants, &worker->shared->constants); /* it was another's; ours may be next */
    partition->checkpoint_offset = OFFSET_NONE; /* the one that is there has the state of before: the next change needs another */
}

/* Sums that do not add up are our own bug: better no commit than a wrong one (axiom 3 of §0). */
static void settle(struct worker *worker, struct partition *partition, const struct place *place)
{
    struct engine_sums sums = fold_sums(partition->fold);
    must(sums.standing == sums.cost + sums.payable_outside);
    for (size_t i = 0; i < partition->kept.count; i++)
        if (partition->kept.records[i].topic == TOPIC_DEAD_LETTERS)
            counter_add(&worker->counters, COUNTER_dead_letters_committed, 1);
    counter_add(&worker->counters, COUNTER_outputs_committed, (int64_t)partition->kept.count);
    partition->committed = place->offset;
    snprintf(partition->committed_metadata, sizeof(partition->committed_metadata), "%s", place->metadata);
    settle_change(worker, partition);
    kept_clear(&partition->kept);
    partition_unsend(partition);
}

/* --- the sweep --- */

static bool needs_sweep(const struct worker *worker, const struct partition *partition)
{
    return partition->owned && partition->fold && partition->committed != OFFSET_NONE && partition->swept_by != worker->producers_count;
}

static bool anything_needs_sweep(const struct worker *worker)
{
    bool any = worker->offsets_swept_by != worker->producers_count;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        any = any || needs_sweep(worker, &worker->partitions[p]);
    return any;
}

static void note_swept(struct worker *worker)
{
    worker->offsets_swept_by = worker->producers_count;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (needs_sweep(worker, &worker->partitions[p]))
            worker->partitions[p].swept_by = worker->producers_count;
}

/* A record into every output partition, which nobody will ever read. */
static bool sweep_outputs(struct worker *worker, struct failure *failure)
{
    bool any = false;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        for (uint8_t topic = 0; topic < TOPIC_COUNT && needs_sweep(worker, &worker->partitions[p]); topic++) {
            struct outgoing outgoing = { topic, p, BYTES("aborted"), BYTES_NULL };
            if (producer_send(worker->producer, &outgoing, 1, failure) != 1)
                return false;
            any = true;
        }
    return !any || producer_flush(worker->producer, producer_transaction_timeout_ms(worker->producer), failure);
}

static bool sweep_offsets(struct worker *worker, struct failure *failure)
{
    /* Never to be committed; were it ever, its metadata would make every start refuse. */
    struct place place = { .offset = 0, .metadata = "aborted" };
    while (place.partition < worker->shared->partitions_count && !worker->partitions[place.partition].owned)
        place.partition++;
    if (place.partition == worker->shared->partitions_count)
        return true;
    if (transaction_offsets(worker->producer, worker->consumer, &place, 1, failure))
        return true;
    return failure->remedy == REMEDY_ABORT; /* the group went on without us: what is pending there is not ours to end */
}

bool commit_sweep(struct worker *worker, struct failure *failure)
{
    struct failure of_abort = { .remedy = REMEDY_NONE };
    if (worker->shared->options->embedded || !anything_needs_sweep(worker))
        return true;
    if (!transaction_begin(worker->producer, failure))
        return false;
    bool swept = sweep_outputs(worker, failure) && sweep_offsets(worker, failure);
    if (!transaction_abort(worker->producer, &of_abort)) {
        *failure = of_abort;
        failure->remedy = REMEDY_PRODUCER; /* also when it could be repeated: the whole sweep is */
        return false;
    }
    if (swept)
        note_swept(worker);
    else if (failure->remedy == REMEDY_ABORT)
        failure->remedy = REMEDY_AGAIN;
    return swept;
}

enum judged { JUDGED_COMMITTED, JUDGED_NOT_COMMITTED, JUDGED_SOMEBODY_ELSE };

static enum judged judge(const struct place *ours, const struct place *found, const struct partition *partition)
{
    if (found->offset == ours->offset && strcmp(found->metadata, ours->metadata) == 0)
        return JUDGED_COMMITTED;
    bool is_before = found->offset == partition->committed && strcmp(found->metadata, partition->committed_metadata) == 0;
    return is_before ? JUDGED_NOT_COMMITTED : JUDGED_SOMEBODY_ELSE;
}

static void judge_partition(struct worker *worker, const struct place *ours, const struct place *found, size_t *remaining_count)
{
    static const char *const answers[] = { "committed", "not committed", "somebody else" };
    struct partition *partition = &worker->partitions[ours->partition];
    enum judged judged = judge(ours, found, partition);
    log_say(LOG_INFO, "%s: judge: %s, partition %d offset %lld", worker->slot, answers[judged], (int)ours->partition, (long long)ours->offset);
    switch (judged) {
    case JUDGED_COMMITTED:
        settle(worker, partition, ours);
        return;
    case JUDGED_NOT_COMMITTED:
        worker->commit.places[(*remaining_count)++] = *ours;
        return;
    case JUDGED_SOMEBODY_ELSE:
        log_say(LOG_WARNING, "%s: partition %d was committed at offset %lld by somebody else: it is folded anew", worker->slot,
                (int)partition->number, (long long)found->offset);
        partition_drop(partition);
        membership_again(worker);
        return;
    }
}

/* REMEDY_ABORT says: it is not in the log, send it again. */
static bool step_judge(struct worker *worker, struct failure *failure)
{
    struct commit *commit = &worker->commit;
    size_t count = commit->places_count, remaining_count = 0;
    if (worker->shared->options->embedded) {
        failure_set(failure, REMEDY_STOP, CAUSE_KAFKA, "a commit on the embedded broker has no known outcome, and it cannot be asked: %s",
                    commit->first.text);
        return false;
    }
    struct place *found = memory_take(count + 1, sizeof(*found));
    for (size_t i = 0; i < count; i++)
        found[i] = commit->places[i];
    if (count > 0 && !consumer_committed(worker->consumer, found, count, CALL_WAIT_MS, failure)) {
        memory_give(found);
        return false;
    }
    counter_add(&worker->counters, COUNTER_commits_judged, 1);
    for (size_t i = 0; i < count; i++) {
        struct place ours = commit->places[i];
        judge_partition(worker, &ours, &found[i], &remaining_count);
    }
    memory_give(found);
    commit->places_count = remaining_count;
    if (remaining_count == 0)
        return true;
    failure_set(failure, REMEDY_ABORT, CAUSE_KAFKA, "the transaction is not in the log");
    return false;
}

/* Read a row as: when this step is done, go there; when its failure asks for an abort, there; for a new producer, there. AGAIN stays,
 * until the time of the step is over; then it is as for a new producer. */
static const struct {
    step_fn *run;
    enum commit_state done, abort, producer;
} steps[COMMIT_STATES_COUNT] = {
    /*                   step           done             abort           new producer      */
    [COMMIT_KEPT]    = { step_begin,    COMMIT_SENDING,  COMMIT_ABORT,   COMMIT_REPLACE },
    [COMMIT_SENDING] = { send_all,      COMMIT_SENT,     COMMIT_ABORT,   COMMIT_REPLACE },
    [COMMIT_SENT]    = { step_offsets,  COMMIT_OFFSETS,  COMMIT_ABORT,   COMMIT_REPLACE },
    [COMMIT_OFFSETS] = { step_commit,   COMMIT_DONE,     COMMIT_ABORT,   COMMIT_REPLACE },
    [COMMIT_ABORT]   = { step_abort,    COMMIT_SWEEP,    COMMIT_REPLACE, COMMIT_REPLACE },
    [COMMIT_REPLACE] = { step_replace,  COMMIT_INIT,     COMMIT_REPLACE, COMMIT_REPLACE },
    [COMMIT_INIT]    = { step_init,     COMMIT_SWEEP,    COMMIT_REPLACE, COMMIT_REPLACE },
    [COMMIT_SWEEP]   = { commit_sweep,  COMMIT_JUDGE,    COMMIT_REPLACE, COMMIT_REPLACE },
    [COMMIT_JUDGE]   = { step_judge,    COMMIT_DONE,     COMMIT_KEPT,    COMMIT_JUDGE   },
};

/* --- moving from step to step --- */

static int64_t step_limit_us(const struct worker *worker)
{
    return MICROSECONDS_OF_MS(2 * producer_transaction_timeout_ms(worker->producer) + JUDGE_EXTRA_MS);
}

static void enter(struct worker *worker, enum commit_state state)
{
    worker->commit.state = state;
    worker->commit.step_until_us = clock_us() + step_limit_us(worker);
}

static void stop_with(struct worker *worker, const struct failure *failure)
{
    worker->failure = *failure;
    worker->failure.remedy = REMEDY_STOP;
}

static void note_first(struct commit *commit, const struct failure *failure)
{
    if (commit->first.remedy == REMEDY_NONE)
        commit->first = *failure;
}

/* Fenced once: our transaction took too long, and the coordinator ended it. Twice within a minute: somebody else has our id. */
static bool is_twin(struct commit *commit, const struct failure *failure)
{
    if (failure->cause != CAUSE_TWIN)
        return false;
    int64_t now = clock_us();
    bool again = commit->fenced_us != 0 && now - commit->fenced_us < MICROSECONDS_OF_S(FENCED_AGAIN_SECONDS);
    commit->fenced_us = now;
    return again;
}

static void send_again(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    if (commit->sent_again_count++ == 0)
        commit->sent_again_us = clock_us(); /* not since it began: the broker may have been away for longer than that */
    counter_add(&worker->counters, COUNTER_transactions_sent_again, 1);
    log_say(LOG_WARNING, "%s: the transaction did not become true and is sent again: %s", worker->slot, commit->first.text);
    if (commit->sent_again_count >= SENT_AGAIN_MAX && clock_us() - commit->sent_again_us > MICROSECONDS_OF_S(SENT_AGAIN_SECONDS_MAX))
        stop_with(worker, &commit->first);
    commit->doubtful = false;
    enter(worker, COMMIT_KEPT);
}

static void after_failure(struct worker *worker, const struct failure *failure)
{
    struct commit *commit = &worker->commit;
    bool too_long = clock_us() > commit->step_until_us;
    enum remedy remedy = failure->remedy;
    if (remedy == REMEDY_AGAIN && !too_long)
        return;
    if (commit->state != COMMIT_JUDGE)
        note_first(commit, failure);
    bool nothing_left = commit->state >= COMMIT_REPLACE;
    if (remedy == REMEDY_STOP || is_twin(commit, failure) || (too_long && nothing_left)) {
        stop_with(worker, remedy == REMEDY_STOP ? failure : &commit->first);
        if (remedy != REMEDY_STOP)
            worker->failure.cause = failure->cause;
    } else if (remedy == REMEDY_ABORT && commit->state == COMMIT_JUDGE)
        send_again(worker);
    else
        enter(worker, remedy == REMEDY_ABORT ? steps[commit->state].abort : steps[commit->state].producer);
}

static void settle_all(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    int64_t took_us = clock_us() - commit->began_us;
    for (size_t i = 0; i < commit->places_count; i++)
        settle(worker, &worker->partitions[commit->places[i].partition], &commit->places[i]);
    counter_add(&worker->counters, COUNTER_transactions_committed, 1);
    counter_add(&worker->counters, COUNTER_commit_us, took_us);
    counter_raise(&worker->counters, COUNTER_commit_us_max, took_us);
    worker->kept_records = worker->kept_bytes = 0;
    *commit = (struct commit){ .places = commit->places, .fenced_us = commit->fenced_us };
}

void commit_step(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    struct failure failure = { .remedy = REMEDY_NONE };
    if (worker->failure.remedy != REMEDY_NONE)
        return;
    must(steps[commit->state].run != NULL);
    if (commit->state == COMMIT_KEPT && commit->places_count == 0) {
        settle_all(worker); /* all that was in it has become somebody else's */
        return;
    }
    if (!steps[commit->state].run(worker, &failure)) {
        after_failure(worker, &failure);
        return;
    }
    enter(worker, steps[commit->state].done);
    if (commit->state == COMMIT_DONE)
        settle_all(worker);
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
    const struct pipeline_options *options = worker->shared->options;
    if (worker->commit.due_us == 0)
        return false;
    return now_us >= worker->commit.due_us || worker->kept_records >= options->kept_records_max ||
           worker->kept_bytes >= options->kept_bytes_max;
}

static void write_note(const struct shared *shared, const struct partition *partition, struct place *place)
{
    struct note note = partition->note;
    note.quarantine = quarantine_hash(shared, partition->number, place->offset);
    rule_change_note(&partition->change, partition->kept.count, &note);
    note_to_text(&note, place->metadata);
}
_Static_assert(NOTE_TEXT_BYTES <= PLACE_METADATA_BYTES, "a note fits beside an offset");

static void collect_places(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    commit->places_count = 0;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        const struct partition *partition = &worker->partitions[p];
        if (!partition_has_uncommitted(partition))
            continue; /* one that still restores would move the group back */
        struct place *place = &commit->places[commit->places_count++];
        *place = (struct place){ .partition = p, .offset = partition->next };
        write_note(worker->shared, partition, place);
    }
}

void commit_begin_end(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    must(!commit_is_under_way(worker));
    collect_places(worker);
    commit->began_us = clock_us();
    commit->breaks_before = producer_breaks_count(worker->producer);
    commit->due_us = 0;
    enter(worker, commit->state == COMMIT_OPEN ? COMMIT_SENDING : COMMIT_KEPT);
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
        if (worker->partitions[p].owned && is_unsent(&worker->partitions[p]))
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

bool commit_finish(struct worker *worker, int64_t limit_us)
{
    int64_t until_us = clock_us() + limit_us;
    if (!commit_is_under_way(worker)) {
        if (!commit_has_uncommitted(worker))
            return true;
        commit_begin_end(worker);
    }
    while (commit_is_under_way(worker) && worker->failure.remedy == REMEDY_NONE && clock_us() < until_us)
        commit_step(worker);
    return !commit_is_under_way(worker);
}

void commit_replace(struct worker *worker, const struct failure *failure)
{
    struct commit *commit = &worker->commit;
    *commit = (struct commit){ .places = commit->places, .fenced_us = commit->fenced_us, .began_us = clock_us(), .first = *failure };
    worker->kept_records = worker->kept_bytes = 0;
    enter(worker, COMMIT_REPLACE);
}

void commit_abandon(struct worker *worker)
{
    struct commit *commit = &worker->commit;
    struct failure failure = { .remedy = REMEDY_NONE };
    bool is_open = commit->state != COMMIT_IDLE, is_replaced = commit->state >= COMMIT_REPLACE && commit->state != COMMIT_DONE;
    struct failure first = commit->first;
    *commit = (struct commit){ .places = commit->places, .fenced_us = commit->fenced_us };
    worker->kept_records = worker->kept_bytes = 0;
    if (is_replaced && worker->failure.remedy == REMEDY_NONE)
        commit_replace(worker, &first); /* there is nothing that an abort could be said to */
    else if (is_open && worker->failure.remedy == REMEDY_NONE && !step_abort(worker, &failure))
        commit_replace(worker, &failure);
}
