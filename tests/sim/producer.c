#include "cluster.h"

#include "base/must.h"
#include "ops/log.h"

#include <string.h>

struct producer {
    struct producer_options options;
    int instance, epoch;
    int64_t id;
    bool open, touched; /* in a transaction; with something in it */
    bool broken, dead;  /* it needs an abort; it needs a new handle */
    bool commit_was_again;
    size_t unacked[SIM_TOPICS][SIM_PARTITIONS];  /* appended, and not known to be */
    /* what comes next has their numbers, and is taken for them */
    size_t repeated[SIM_TOPICS][SIM_PARTITIONS];
};

static struct transactor *transactor_of(const struct producer *producer)
{
    return &cluster.transactors[producer->instance];
}

static bool is_fenced(const struct producer *producer)
{
    return producer->epoch != transactor_of(producer)->epoch ||
           producer->id != transactor_of(producer)->producer;
}

/* --- stream/producer.h --- */

struct producer *producer_open(const struct producer_options *options, struct failure *failure)
{
    (void)failure;
    struct producer *producer = handle_new(HANDLE_PRODUCER, sizeof(*producer));
    producer->options = *options;
    producer->instance = instance_of(options->transactional_id);
    producer->epoch = -1;
    return producer;
}

/* CONCURRENT_TRANSACTIONS: the markers of the last one are still on their way. */
static bool waits_for_markers(const struct producer *producer, int wait_ms, struct failure *failure)
{
    if (transactor_of(producer)->markers_left == 0)
        return false;
    sim_pass_time((int64_t)sim_draw((uint64_t)wait_ms * 1000));
    fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "the transaction before is not complete yet");
    return true;
}

bool producer_init(struct producer *producer, int wait_ms, struct failure *failure)
{
    answer_takes_a_while();
    struct transactor *transactor = transactor_of(producer);
    enum fault fault = draw_fault(CAN(again) | CAN(crash_before) | CAN(crash_after));
    crash_if(fault, FAULT_crash_before);
    if (fault == FAULT_again) {
        sim_pass_time(wait_ms * 100LL);
        return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "timed out");
    }
    if (transactor->ongoing) {
        transactor->epoch++; /* whoever began it is fenced, before anything else */
        coordinator_end(producer->instance, false);
    }
    if (waits_for_markers(producer, wait_ms, failure))
        return false;
    coordinator_renew(producer->instance);
    producer->epoch = transactor->epoch;
    producer->id = transactor->producer;
    producer->open = producer->broken = producer->dead = producer->commit_was_again = false;
    memset(producer->unacked, 0, sizeof(producer->unacked));
    memset(producer->repeated, 0, sizeof(producer->repeated));
    crash_if(fault, FAULT_crash_after);
    return true;
}

bool producer_replace(struct producer *producer, struct failure *failure)
{
    if (draw_fault(CAN(again)) != FAULT_NONE)
        return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "no broker");
    producer->epoch = -1;
    producer->dead = true;
    return true;
}

int producer_transaction_timeout_ms(const struct producer *producer)
{
    (void)producer;
    return SIM_TRANSACTION_TIMEOUT_MS;
}

int producer_breaks_count(struct producer *producer)
{
    (void)producer;
    return 0;
}

static bool may_go_on(struct producer *producer, struct failure *failure)
{
    if (producer->dead)
        return fails(failure, REMEDY_PRODUCER, CAUSE_KAFKA, "fatal before");
    if (is_fenced(producer)) {
        producer->dead = true;
        return fails(failure, REMEDY_PRODUCER, CAUSE_FENCED, "fenced");
    }
    if (producer->broken)
        return fails(failure, REMEDY_ABORT, CAUSE_KAFKA, "the transaction failed before");
    must(producer->open);
    return true;
}

static bool goes_wrong(struct producer *producer, enum fault fault, struct failure *failure)
{
    if (fault == FAULT_abortable) {
        producer->broken = true;
        return !fails(failure, REMEDY_ABORT, CAUSE_KAFKA, "abortable");
    }
    if (fault == FAULT_fatal) {
        producer->dead = true;
        return !fails(failure, REMEDY_PRODUCER, CAUSE_KAFKA, "fatal");
    }
    return false;
}

/* librdkafka gives a batch that was aborted before its answer came the numbers of the next one, in the same
 * epoch: a broker that has it answers with success and appends nothing. */
static bool is_taken_for_a_repetition(struct producer *producer, const struct outgoing *record)
{
    if (producer->repeated[record->topic][record->partition] == 0)
        return false;
    producer->repeated[record->topic][record->partition]--;
    coordinator_add_output(producer->instance, record->topic, record->partition);
    producer->touched = true;
    return true;
}

/* An abort. Whether the answer had come: drawn for each partition. */
static void forget_unacked(struct producer *producer)
{
    for (int topic = 0; topic < SIM_TOPICS; topic++)
        for (int p = 0; p < SIM_PARTITIONS; p++)
            if (producer->unacked[topic][p] > 0 && sim_draw(2) == 0)
                producer->repeated[topic][p] = producer->unacked[topic][p];
    memset(producer->unacked, 0, sizeof(producer->unacked));
}

static void append(struct producer *producer, const struct outgoing *record, const struct header *headers,
                   size_t headers_count)
{
    struct log *log = &cluster.outputs[record->topic][record->partition];
    if (is_taken_for_a_repetition(producer, record))
        return;
    producer->unacked[record->topic][record->partition]++;
    log_say(LOG_DEBUG, "    cluster: %s (producer %lld, epoch %d) appends %s/%d/%zu",
            cluster.instances[producer->instance], (long long)producer->id, producer->epoch,
            sim_topic_names[record->topic], (int)record->partition, log->count);
    coordinator_add_output(producer->instance, record->topic, record->partition);
    producer->touched = true;
    entry_set(log_add(log, ENTRY_PENDING, producer->id, producer->instance), record->key, record->value,
              headers, headers_count);
}

static size_t send(struct producer *producer, const struct outgoing *records, size_t count,
                   const struct header *headers, size_t headers_count, struct failure *failure)
{
    enum { ROOM_WAIT_MS = 100 };
    enum fault fault =
        draw_fault(CAN(crash_before) | CAN(crash_after) | CAN(abortable) | CAN(fatal) | CAN(again));
    size_t until = fault == FAULT_NONE ? count : sim_draw(count + 1), sent = 0;
    if (!may_go_on(producer, failure) || waits_for_markers(producer, ROOM_WAIT_MS, failure))
        return 0;
    crash_if(fault, FAULT_crash_before);
    for (; sent < until; sent++)
        append(producer, &records[sent], headers, headers_count);
    crash_if(fault, FAULT_crash_after);
    if (fault == FAULT_again && sent < count)
        fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "the queue is full");
    else if (goes_wrong(producer, fault, failure) && sent == count)
        sent = count - 1;
    return sent;
}

size_t producer_send(struct producer *producer, const struct outgoing *records, size_t count,
                     struct failure *failure)
{
    return send(producer, records, count, NULL, 0, failure);
}

bool producer_send_with_headers(struct producer *producer, const struct outgoing *record,
                                const struct header *headers, size_t count, struct failure *failure)
{
    return send(producer, record, 1, headers, count, failure) == 1;
}

bool producer_flush(struct producer *producer, int wait_ms, struct failure *failure)
{
    enum fault fault = draw_fault(CAN(crash_before) | CAN(abortable) | CAN(fatal));
    if (!may_go_on(producer, failure))
        return false;
    crash_if(fault, FAULT_crash_before);
    sim_pass_time((int64_t)sim_draw((uint64_t)wait_ms));
    if (goes_wrong(producer, fault, failure))
        return false;
    memset(producer->unacked, 0, sizeof(producer->unacked));
    return true;
}

void producer_serve(struct producer *producer)
{
    (void)producer;
}

/* No call hangs here for good. */
void producer_poke(struct producer *producer, const char *group, int wait_ms)
{
    (void)producer;
    (void)group;
    (void)wait_ms;
}

void producer_close(struct producer *producer)
{
    handle_free(producer);
}

/* --- stream/transaction.h --- */

bool transaction_begin(struct producer *producer, struct failure *failure)
{
    if (producer->dead)
        return fails(failure, REMEDY_PRODUCER, CAUSE_KAFKA, "fatal before");
    must(!producer->open);
    producer->open = true;
    producer->touched = false;
    return true;
}

/* `consumer` NULL: without a place in the group. */
static bool put_offsets(struct producer *producer, const struct consumer *consumer,
                        const struct position *positions, size_t count, struct failure *failure)
{
    enum { OFFSETS_WAIT_MS = 200 };
    answer_takes_a_while();
    enum fault fault =
        draw_fault(CAN(crash_before) | CAN(crash_after) | CAN(abortable) | CAN(fatal) | CAN(again));
    if (!may_go_on(producer, failure) || waits_for_markers(producer, OFFSETS_WAIT_MS, failure))
        return false;
    crash_if(fault, FAULT_crash_before);
    if (fault == FAULT_again)
        return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "timed out");
    if (goes_wrong(producer, fault, failure))
        return false;
    if (consumer && !generation_is_current(consumer)) {
        producer->broken = true;
        return fails(failure, REMEDY_ABORT, CAUSE_KAFKA, "illegal generation");
    }
    coordinator_add_offsets(producer->instance, positions, count);
    producer->touched = true;
    crash_if(fault, FAULT_crash_after);
    return true;
}

bool transaction_offsets(struct producer *producer, struct consumer *consumer,
                         const struct position *positions, size_t count, struct failure *failure)
{
    return put_offsets(producer, consumer, positions, count, failure);
}

/* The coordinator refuses the offset of a member that nobody is; the group's offsets are on the list by
 * then. */
bool transaction_touch_group(struct producer *producer, const char *group, const char *topic,
                             struct failure *failure)
{
    must(strcmp(group, "g") == 0 && strcmp(topic, "in") == 0);
    if (!put_offsets(producer, NULL, NULL, 0, failure))
        return failure->remedy == REMEDY_ABORT;
    producer->broken = true;
    return true;
}

/* INVALID_TXN_STATE: an abort that came late (KAFKA-17754) has ended it already. A commit that came late
 * would have done what is asked. */
static bool was_aborted(struct producer *producer, struct failure *failure)
{
    const struct transactor *transactor = transactor_of(producer);
    if (!producer->touched || transactor->ongoing || !transactor->aborted_last)
        return false;
    producer->dead = true;
    fails(failure, REMEDY_PRODUCER, CAUSE_KAFKA, "it was aborted already");
    return true;
}

bool transaction_commit(struct producer *producer, struct failure *failure)
{
    answer_takes_a_while();
    enum fault fault =
        draw_fault(CAN(crash_before) | CAN(crash_after) | CAN(abortable) | CAN(fatal) | CAN(unknown_done) |
                   CAN(unknown_not_done) | CAN(repeated_commit) | CAN(late_end));
    if (producer->commit_was_again) { /* it resumes: the answer of the first one came after all */
        producer->commit_was_again = producer->open = false;
        return true;
    }
    if (!may_go_on(producer, failure))
        return false;
    crash_if(fault, FAULT_crash_before);
    if (fault == FAULT_unknown_not_done) {
        producer->dead = true;
        return fails(failure, REMEDY_PRODUCER, CAUSE_UNREACHABLE, "nobody knows");
    }
    if (goes_wrong(producer, fault, failure) || was_aborted(producer, failure))
        return false;
    coordinator_end(producer->instance, true);
    memset(producer->unacked, 0, sizeof(producer->unacked));
    crash_if(fault, FAULT_crash_after);
    if (fault == FAULT_unknown_done) {
        producer->dead = true;
        return fails(failure, REMEDY_PRODUCER, CAUSE_UNREACHABLE, "nobody knows");
    }
    if (fault == FAULT_repeated_commit || fault == FAULT_late_end) {
        producer->commit_was_again = true;
        if (fault == FAULT_late_end)
            coordinator_end_late(producer->instance, producer->id, producer->epoch, sim_draw(2) == 0);
        return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "timed out");
    }
    producer->open = false;
    return true;
}

bool transaction_abort(struct producer *producer, struct failure *failure)
{
    answer_takes_a_while();
    enum fault fault = draw_fault(CAN(crash_before) | CAN(crash_after) | CAN(fatal) | CAN(again));
    producer->broken = false;
    if (producer->dead || is_fenced(producer))
        return fails(failure, REMEDY_PRODUCER, CAUSE_KAFKA, "fatal before");
    crash_if(fault, FAULT_crash_before);
    if (fault == FAULT_again)
        return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "timed out");
    if (goes_wrong(producer, fault, failure))
        return false;
    coordinator_end(producer->instance, false);
    producer->open = false;
    forget_unacked(producer);
    crash_if(fault, FAULT_crash_after);
    return true;
}
