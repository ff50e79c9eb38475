#include "sim.h"

#include "base/memory.h"
#include "base/must.h"
#include "stream/topics.h"
#include "stream/transaction.h"
#include "system/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 8, SLOT_BYTES_MAX = 64, LATE_MAX = 16, HANDLES_MAX = 16 };

/* --- the world --- */

enum entry_state { ENTRY_PENDING, ENTRY_COMMITTED, ENTRY_ABORTED, ENTRY_MARKER };
struct entry {
    enum entry_state state;
    int slot;
    char *key, *value;
    size_t key_length, value_length;
    bool key_null, value_null;
    int64_t timestamp;
};
struct log {
    struct entry *entries;
    size_t count, capacity;
    size_t read_at, read_count; /* of sim_committed_record: where the reader is, and how many records it has seen */
};
struct transactor { /* what the coordinator knows of a transactional.id */
    int epoch;
    bool ongoing;
    int64_t began_us;
    struct place offsets[SIM_PARTITIONS];
    size_t offsets_count;
    bool in_outputs[SIM_TOPICS][SIM_PARTITIONS], in_group; /* where the markers of this transaction go */
};
struct member { /* what the group knows of a static member */
    bool known, joined;
    int owner; /* which consumer handle holds the slot; older ones are fenced */
    int64_t seen_us;
};
/* An EndTxn that was sent, and may still arrive (KAFKA-17754). */
struct late {
    int slot, epoch;
    bool commit;
    int64_t at_us;
};

static struct {
    uint64_t random;
    int faults_per_mille;
    int64_t now_us, look_us;
    sim_commit_fn *commit;
    struct log input[SIM_PARTITIONS];
    int64_t input_begin[SIM_PARTITIONS]; /* what was before is deleted */
    int input_per_mille; /* so much of it has been written by now */
    struct log outputs[SIM_TOPICS][SIM_PARTITIONS];
    char slots[SLOTS_MAX][SLOT_BYTES_MAX];
    int slots_count;
    struct transactor transactors[SLOTS_MAX];
    struct member members[SLOTS_MAX];
    struct place committed[SIM_PARTITIONS];
    int owners[SIM_PARTITIONS]; /* slots */
    int generation;
    bool rebalancing;
    int handles_count;
    struct late late[LATE_MAX];
    size_t late_count;
} world;

jmp_buf sim_crashed;
static char failure_before_begin[SIM_FAILURE_BYTES];
char *sim_failure_text = failure_before_begin;

/* --- faults --- */

#define FAULTS(X)                                                                                                                   \
    X(crash_before) X(crash_after) X(again) X(abortable) X(fatal) X(unknown_done) X(unknown_not_done) X(repeated_commit) \
    X(late_end) X(lost_markers)
#define AS_FAULT(name) FAULT_##name,
enum fault { FAULTS(AS_FAULT) FAULT_NONE };
#undef AS_FAULT
#define AS_NAME(name) #name,
static const char *const fault_names[] = { FAULTS(AS_NAME) };
#undef AS_NAME
static int64_t fault_counts[FAULT_NONE];

uint64_t sim_draw(uint64_t below)
{
    world.random ^= world.random << 13;
    world.random ^= world.random >> 7;
    world.random ^= world.random << 17;
    return world.random % below;
}

static bool chance(int per_mille)
{
    return (int)sim_draw(1000) < per_mille;
}

/* One of the faults that this call can have (a bit each), or none. */
static enum fault draw_fault(unsigned possible)
{
    if (!chance(world.faults_per_mille))
        return FAULT_NONE;
    enum fault fault;
    do
        fault = (enum fault)sim_draw(FAULT_NONE);
    while (!(possible & (1u << fault)));
    fault_counts[fault]++;
    return fault;
}
#define CAN(name) (1u << FAULT_##name)

void sim_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sim_failure_text, SIM_FAILURE_BYTES, format, arguments);
    va_end(arguments);
    exit(SIM_FAILED);
}

static void crash_if(enum fault fault, enum fault here)
{
    if (fault == here)
        longjmp(sim_crashed, 1);
}

static bool fails(struct failure *failure, enum remedy remedy, enum failure_cause cause, const char *text)
{
    failure_set(failure, remedy, cause, "%s", text);
    return false;
}

void sim_print_faults(void)
{
    for (int i = 0; i < FAULT_NONE; i++)
        printf("%s %lld ", fault_names[i], (long long)fault_counts[i]);
    printf("\n");
}

/* --- logs --- */

static struct entry *log_add(struct log *log, enum entry_state state, int slot)
{
    if (log->count == log->capacity) {
        log->capacity = log->capacity ? log->capacity * 2 : 64;
        log->entries = memory_grow(log->entries, log->capacity, sizeof(*log->entries));
    }
    log->entries[log->count] = (struct entry){ .state = state, .slot = slot };
    return &log->entries[log->count++];
}

static char *copy(struct bytes from)
{
    char *to = memory_take(from.length + 1, 1);
    if (from.length > 0)
        memcpy(to, from.data, from.length);
    return to;
}

static void entry_set(struct entry *entry, struct bytes key, struct bytes value)
{
    entry->key = copy(key);
    entry->value = copy(value);
    entry->key_length = key.length;
    entry->value_length = value.length;
    entry->key_null = bytes_is_null(key);
    entry->value_null = bytes_is_null(value);
}

static struct bytes entry_key(const struct entry *entry)
{
    return entry->key_null ? BYTES_NULL : (struct bytes){ entry->key, entry->key_length };
}

static struct bytes entry_value(const struct entry *entry)
{
    return entry->value_null ? BYTES_NULL : (struct bytes){ entry->value, entry->value_length };
}

void sim_input(int32_t partition, struct bytes key, struct bytes value, int64_t timestamp)
{
    struct entry *entry = log_add(&world.input[partition], ENTRY_COMMITTED, -1);
    entry_set(entry, key, value);
    entry->timestamp = timestamp;
    if (chance(50)) /* somebody else's marker: offsets have gaps, and the last ones may be no records */
        log_add(&world.input[partition], ENTRY_MARKER, -1);
}

bool sim_input_record(int32_t partition, int64_t offset, struct bytes *ret_key, struct bytes *ret_value, int64_t *ret_timestamp)
{
    must(offset >= 0 && (size_t)offset < world.input[partition].count);
    const struct entry *entry = &world.input[partition].entries[offset];
    *ret_key = entry_key(entry);
    *ret_value = entry_value(entry);
    *ret_timestamp = entry->timestamp;
    return entry->state == ENTRY_COMMITTED;
}

int64_t sim_input_last(int32_t partition)
{
    int64_t offset = (int64_t)world.input[partition].count - 1;
    while (offset >= 0 && world.input[partition].entries[offset].state != ENTRY_COMMITTED)
        offset--;
    return offset;
}

void sim_change_record(int32_t partition, int64_t offset)
{
    must(offset >= 0 && (size_t)offset < world.input[partition].count);
    world.input[partition].entries[offset].timestamp++;
}

int64_t sim_input_begin(int32_t partition)
{
    return world.input_begin[partition];
}

void sim_delete_before(int32_t partition, int64_t offset)
{
    if (offset > world.input_begin[partition])
        world.input_begin[partition] = offset;
}

bool sim_committed_record(int topic, int32_t partition, size_t at, struct bytes *ret_key, struct bytes *ret_value)
{
    struct log *log = &world.outputs[topic][partition];
    must(at >= log->read_count);
    for (; log->read_at < log->count; log->read_at++) {
        const struct entry *entry = &log->entries[log->read_at];
        if (entry->state == ENTRY_PENDING)
            return false; /* the last stable offset */
        if (entry->state != ENTRY_COMMITTED)
            continue;
        if (log->read_count++ < at)
            continue;
        *ret_key = entry_key(entry);
        *ret_value = entry_value(entry);
        log->read_at++;
        return true;
    }
    return false;
}

/* --- transactions --- */

/* Any answer of a coordinator; without it, whoever tries again and again would do so without end. */
static void answer_takes_a_while(void)
{
    world.now_us += 1000 + (int64_t)sim_draw(4000);
}

static void end_log(struct log *log, int slot, bool commit)
{
    bool touched = false;
    for (size_t i = log->count; i-- > 0;)
        if (log->entries[i].state == ENTRY_PENDING && log->entries[i].slot == slot) {
            log->entries[i].state = commit ? ENTRY_COMMITTED : ENTRY_ABORTED;
            touched = true;
        }
    if (touched)
        log_add(log, ENTRY_MARKER, slot);
}

static void forget_transaction(struct transactor *transactor)
{
    transactor->ongoing = transactor->in_group = false;
    memset(transactor->in_outputs, 0, sizeof(transactor->in_outputs));
}

static void commit_offset(const struct place *place)
{
    world.committed[place->partition] = *place;
    if (world.commit)
        world.commit(place->partition, place);
}

static void end_transaction(int slot, bool commit)
{
    struct transactor *transactor = &world.transactors[slot];
    for (int topic = 0; topic < SIM_TOPICS; topic++)
        for (int p = 0; p < SIM_PARTITIONS; p++)
            if (transactor->in_outputs[topic][p])
                end_log(&world.outputs[topic][p], slot, commit);
    for (size_t i = 0; i < transactor->offsets_count && transactor->in_group && commit; i++)
        commit_offset(&transactor->offsets[i]);
    if (transactor->in_group)
        transactor->offsets_count = 0;
    forget_transaction(transactor);
}

static void touch_transaction(int slot)
{
    if (world.transactors[slot].ongoing)
        return;
    world.transactors[slot].ongoing = true;
    world.transactors[slot].began_us = world.now_us;
}

static bool offsets_are_pending(int32_t partition)
{
    for (int slot = 0; slot < world.slots_count; slot++)
        for (size_t i = 0; i < world.transactors[slot].offsets_count; i++)
            if (world.transactors[slot].offsets[i].partition == partition)
                return true;
    return false;
}

void sim_operator_ends_hanging(void)
{
    for (int slot = 0; slot < world.slots_count; slot++)
        if (!world.transactors[slot].ongoing) {
            memset(world.transactors[slot].in_outputs, 1, sizeof(world.transactors[slot].in_outputs));
            world.transactors[slot].in_group = true;
            end_transaction(slot, false);
        }
}

/* --- time, and the group --- */

static int slot_of(const char *name)
{
    for (int i = 0; i < world.slots_count; i++)
        if (strcmp(world.slots[i], name) == 0)
            return i;
    must(world.slots_count < SLOTS_MAX);
    snprintf(world.slots[world.slots_count], SLOT_BYTES_MAX, "%s", name);
    return world.slots_count++;
}

static void begin_rebalance(void)
{
    world.rebalancing = true;
    for (int i = 0; i < world.slots_count; i++)
        world.members[i].joined = false;
}

static void end_rebalance(void)
{
    int present[SLOTS_MAX], count = 0;
    for (int i = 0; i < world.slots_count; i++)
        if (world.members[i].known && !world.members[i].joined)
            return;
        else if (world.members[i].known)
            present[count++] = i;
    if (count == 0)
        return;
    for (int p = 0; p < SIM_PARTITIONS; p++) /* ranges */
        world.owners[p] = present[p * count / SIM_PARTITIONS];
    world.generation++;
    world.rebalancing = false;
}


static void arrive_late(void)
{
    for (size_t i = 0; i < world.late_count;) {
        struct late late = world.late[i];
        if (late.at_us > world.now_us) {
            i++;
            continue;
        }
        world.late[i] = world.late[--world.late_count];
        if (world.transactors[late.slot].ongoing && world.transactors[late.slot].epoch == late.epoch)
            end_transaction(late.slot, late.commit);
    }
}

void sim_pass_time(int64_t us)
{
    world.now_us += us;
    arrive_late();
    for (int i = 0; i < world.slots_count; i++) {
        struct transactor *transactor = &world.transactors[i];
        if (transactor->ongoing && world.now_us - transactor->began_us > SIM_TRANSACTION_TIMEOUT_MS * 1000LL) {
            if (chance(world.faults_per_mille * 5)) {
                fault_counts[FAULT_lost_markers]++;
                forget_transaction(transactor); /* says the coordinator; but logs and group still wait for their markers */
            } else
                end_transaction(i, false);
            transactor->epoch++;
        }
        if (world.members[i].known && world.now_us - world.members[i].seen_us > SIM_SESSION_US) {
            world.members[i].known = false;
            begin_rebalance();
        }
    }
    if (world.rebalancing)
        end_rebalance();
}

int64_t sim_committed_offset(int32_t partition)
{
    return world.committed[partition].offset;
}

/* --- system/clock.h --- */

/* Whoever looks at the clock again and again sees it move. */
int64_t clock_us(void)
{
    return world.now_us += world.look_us;
}

int64_t clock_wall_ms(void)
{
    return world.now_us / 1000;
}

int64_t clock_cpu_us(void)
{
    return 0;
}

/* --- stream/properties.h, stream/topics.h --- */

void stream_set_talk(stream_talk_fn *talk)
{
    (void)talk;
}

const char *stream_library_version(void)
{
    return "simulated";
}

/* NULL: the input. */
static struct log *log_of_topic(const char *topic, int32_t partition)
{
    static const char *const names[SIM_TOPICS] = { "decisions", "episodes", "alerts", "dead-letters" };
    for (int i = 0; i < SIM_TOPICS; i++)
        if (strstr(topic, names[i]))
            return &world.outputs[i][partition];
    return NULL;
}

static int64_t input_end(int32_t p);

bool observer_cluster(struct observer *observer, char *ret_id, size_t size, struct failure *failure)
{
    (void)observer;
    (void)failure;
    snprintf(ret_id, size, "simulated");
    return true;
}

bool observer_ends(struct observer *observer, const char *topic, int32_t partition, int64_t *ret_begin, int64_t *ret_end,
                   struct failure *failure)
{
    (void)observer;
    if (draw_fault(CAN(again)) != FAULT_NONE)
        return fails(failure, REMEDY_STOP, CAUSE_UNREACHABLE, "no answer");
    const struct log *log = log_of_topic(topic, partition);
    *ret_begin = log ? 0 : world.input_begin[partition];
    *ret_end = log ? (int64_t)log->count : input_end(partition);
    return true;
}

/* --- stream/consumer.h --- */

struct consumer {
    struct consumer_options options;
    int slot, owner, generation; /* generation 0: has no assignment */
    unsigned events;
    struct failure failure;
    int32_t assigned[SIM_PARTITIONS];
    size_t assigned_count;
    bool reads;
    int64_t position[SIM_PARTITIONS]; /* -1: not assigned */
    bool end_said[SIM_PARTITIONS];
    struct message messages[TAKE_MAX];
    size_t taken_count;
};
static struct consumer *consumers[HANDLES_MAX]; /* the living ones; a zombie and its twin have one each */

static struct consumer **place_of(const struct consumer *consumer)
{
    size_t at = 0;
    while (at < HANDLES_MAX && consumers[at] != consumer)
        at++;
    must(at < HANDLES_MAX);
    return &consumers[at];
}

struct consumer *consumer_open(const struct consumer_options *options, struct failure *failure)
{
    if (draw_fault(CAN(fatal)) != FAULT_NONE) {
        fails(failure, REMEDY_STOP, CAUSE_UNREACHABLE, "no broker");
        return NULL;
    }
    struct consumer *consumer = memory_take_zeroed(1, sizeof(*consumer));
    consumer->options = *options;
    consumer->slot = slot_of(options->instance_id);
    *place_of(NULL) = consumer;
    return consumer;
}

bool consumer_begin(struct consumer *consumer, struct failure *failure)
{
    (void)failure;
    struct member *member = &world.members[consumer->slot];
    consumer->owner = member->owner = ++world.handles_count;
    member->seen_us = world.now_us;
    if (!member->known)
        begin_rebalance(); /* else it comes back within its session: nobody else notices */
    member->known = true;
    return true;
}

static void give_up(struct consumer *consumer, bool lost)
{
    consumer->events = (consumer->events & ~(unsigned)EVENT_ASSIGNED) | EVENT_REVOKED | (lost ? EVENT_LOST : 0);
    consumer->options.give_up(consumer->options.context, lost);
    consumer->generation = 0;
    consumer->reads = false;
}

static void take_assignment(struct consumer *consumer)
{
    consumer->assigned_count = 0;
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        if (world.owners[p] == consumer->slot)
            consumer->assigned[consumer->assigned_count++] = p;
    consumer->generation = world.generation;
    consumer->events |= EVENT_ASSIGNED;
}

/* What the group has to say to this member; true when something happened. */
static bool hear_group(struct consumer *consumer)
{
    struct member *member = &world.members[consumer->slot];
    if (member->owner != consumer->owner) {
        fails(&consumer->failure, REMEDY_STOP, CAUSE_TWIN, "fenced instance id");
        consumer->events |= EVENT_FAILED;
        return true;
    }
    if (!member->known) { /* thrown out while it was frozen */
        if (consumer->generation != 0)
            give_up(consumer, true);
        member->known = true;
        member->seen_us = world.now_us;
        begin_rebalance();
        return true;
    }
    if (world.rebalancing && !member->joined) {
        if (consumer->generation != 0)
            give_up(consumer, false);
        member->joined = true;
        end_rebalance();
        if (world.rebalancing)
            return true;
    }
    if (world.rebalancing || world.generation == 0 || consumer->generation == world.generation)
        return world.rebalancing;
    if (consumer->generation != 0) {
        give_up(consumer, true); /* the group went on without it */
        return true;
    }
    take_assignment(consumer);
    return true;
}

void sim_heartbeat(const char *slot, const struct consumer *consumer)
{
    struct member *member = &world.members[slot_of(slot)];
    if (consumer && consumer->owner == member->owner) /* a fenced one's are refused */
        member->seen_us = world.now_us;
}

void sim_reveal(int per_mille)
{
    if (per_mille <= world.input_per_mille)
        return;
    world.input_per_mille = per_mille;
    for (size_t i = 0; i < HANDLES_MAX; i++)
        if (consumers[i])
            memset(consumers[i]->end_said, 0, sizeof(consumers[i]->end_said));
}

static int64_t input_end(int32_t p)
{
    return (int64_t)world.input[p].count * world.input_per_mille / 1000;
}

static size_t read_partition(struct consumer *consumer, int32_t p, size_t count, size_t max)
{
    const struct log *log = &world.input[p];
    if (consumer->position[p] < world.input_begin[p]) {
        fails(&consumer->failure, REMEDY_STOP, CAUSE_KAFKA, "offset out of range");
        consumer->events |= EVENT_FAILED;
        return count;
    }
    while (consumer->position[p] < input_end(p) && count < max) {
        const struct entry *entry = &log->entries[consumer->position[p]];
        if (entry->state == ENTRY_COMMITTED)
            consumer->messages[count++] = (struct message){ .partition = p, .offset = consumer->position[p], .timestamp = entry->timestamp,
                                                            .key = entry_key(entry), .value = entry_value(entry) };
        consumer->position[p]++;
    }
    if (consumer->position[p] == input_end(p) && !consumer->end_said[p] && count < max) {
        consumer->end_said[p] = true;
        consumer->messages[count++] = (struct message){ .end = true, .partition = p, .offset = consumer->position[p] };
    }
    return count;
}

size_t consumer_take(struct consumer *consumer, int wait_ms)
{
    size_t count = 0, max = 1 + sim_draw(12);
    if (wait_ms > 0)
        sim_pass_time((int64_t)sim_draw((uint64_t)wait_ms) * 1000);
    if (sim_draw(8) == 0) /* the one call that comes all the time */
        crash_if(draw_fault(CAN(crash_before)), FAULT_crash_before);
    if (hear_group(consumer) || !consumer->reads)
        return 0;
    int32_t first = (int32_t)sim_draw(SIM_PARTITIONS);
    for (int32_t i = 0; i < SIM_PARTITIONS; i++) {
        int32_t p = (first + i) % SIM_PARTITIONS;
        if (consumer->position[p] >= 0)
            count = read_partition(consumer, p, count, max);
    }
    consumer->taken_count = count;
    return count;
}

const struct message *consumer_messages(const struct consumer *consumer)
{
    return consumer->messages;
}

size_t message_headers(const struct message *message, struct header ret_headers[], size_t max)
{
    (void)message;
    (void)ret_headers;
    (void)max;
    return 0;
}

/* Whoever still looks at one sees it: the library has its bytes back. */
void consumer_release(struct consumer *consumer)
{
    memset(consumer->messages, 0xA5, consumer->taken_count * sizeof(consumer->messages[0]));
    consumer->taken_count = 0;
}

unsigned consumer_events(struct consumer *consumer)
{
    unsigned events = consumer->events;
    consumer->events = 0;
    return events;
}

const struct failure *consumer_failure(const struct consumer *consumer)
{
    return &consumer->failure;
}

const int32_t *consumer_assigned(const struct consumer *consumer, size_t *ret_count)
{
    *ret_count = consumer->assigned_count;
    return consumer->assigned;
}

bool consumer_assign(struct consumer *consumer, const struct place *places, size_t count, struct failure *failure)
{
    (void)failure;
    for (int p = 0; p < SIM_PARTITIONS; p++)
        consumer->position[p] = -1;
    for (size_t i = 0; i < count; i++) {
        consumer->position[places[i].partition] = places[i].offset;
        consumer->end_said[places[i].partition] = false;
    }
    consumer->reads = true;
    return true;
}

bool consumer_committed(struct consumer *consumer, struct place *places, size_t count, int wait_ms, struct failure *failure)
{
    answer_takes_a_while();
    (void)consumer;
    if (draw_fault(CAN(again)) != FAULT_NONE)
        return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "timed out");
    for (size_t i = 0; i < count; i++)
        if (offsets_are_pending(places[i].partition)) {
            sim_pass_time(wait_ms * 1000LL);
            return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "a transaction is pending");
        }
    for (size_t i = 0; i < count; i++) {
        int32_t p = places[i].partition;
        places[i] = world.committed[p];
        places[i].partition = p;
    }
    return true;
}

void consumer_close(struct consumer *consumer)
{
    consumer_release(consumer);
    if (consumer->generation != 0)
        give_up(consumer, world.members[consumer->slot].owner != consumer->owner || consumer->generation != world.generation);
    *place_of(consumer) = NULL;
    memory_give(consumer);
}

/* --- stream/producer.h --- */

struct producer {
    struct producer_options options;
    int slot, epoch;
    bool open, broken, dead; /* in a transaction; it needs an abort; it needs a new handle */
    bool commit_was_again;
};

struct producer *producer_open(const struct producer_options *options, struct failure *failure)
{
    (void)failure;
    struct producer *producer = memory_take_zeroed(1, sizeof(*producer));
    producer->options = *options;
    producer->slot = slot_of(options->transactional_id);
    producer->epoch = -1;
    return producer;
}

bool producer_init(struct producer *producer, int wait_ms, struct failure *failure)
{
    answer_takes_a_while();
    struct transactor *transactor = &world.transactors[producer->slot];
    enum fault fault = draw_fault(CAN(again) | CAN(crash_before) | CAN(crash_after));
    crash_if(fault, FAULT_crash_before);
    if (fault == FAULT_again) {
        sim_pass_time(wait_ms * 100LL);
        return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "timed out");
    }
    if (transactor->ongoing)
        end_transaction(producer->slot, false);
    producer->epoch = ++transactor->epoch;
    producer->open = producer->broken = producer->dead = producer->commit_was_again = false;
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
    if (producer->epoch != world.transactors[producer->slot].epoch) {
        producer->dead = true;
        return fails(failure, REMEDY_PRODUCER, CAUSE_TWIN, "fenced");
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

static void append(const struct producer *producer, const struct outgoing *record)
{
    touch_transaction(producer->slot);
    world.transactors[producer->slot].in_outputs[record->topic][record->partition] = true;
    entry_set(log_add(&world.outputs[record->topic][record->partition], ENTRY_PENDING, producer->slot), record->key, record->value);
}

size_t producer_send(struct producer *producer, const struct outgoing *records, size_t count, struct failure *failure)
{
    enum fault fault = draw_fault(CAN(crash_before) | CAN(crash_after) | CAN(abortable) | CAN(fatal) | CAN(again));
    size_t until = fault == FAULT_NONE ? count : sim_draw(count + 1), sent = 0;
    if (!may_go_on(producer, failure))
        return 0;
    crash_if(fault, FAULT_crash_before);
    for (; sent < until; sent++)
        append(producer, &records[sent]);
    crash_if(fault, FAULT_crash_after);
    if (fault == FAULT_again && sent < count)
        fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "the queue is full");
    else if (goes_wrong(producer, fault, failure) && sent == count)
        sent = count - 1;
    return sent;
}

bool producer_send_with_headers(struct producer *producer, const struct outgoing *record, const struct header *headers, size_t count,
                                struct failure *failure)
{
    (void)headers;
    (void)count;
    return producer_send(producer, record, 1, failure) == 1;
}

bool producer_flush(struct producer *producer, int wait_ms, struct failure *failure)
{
    enum fault fault = draw_fault(CAN(crash_before) | CAN(abortable) | CAN(fatal));
    if (!may_go_on(producer, failure))
        return false;
    crash_if(fault, FAULT_crash_before);
    sim_pass_time((int64_t)sim_draw((uint64_t)wait_ms));
    return !goes_wrong(producer, fault, failure);
}

void producer_serve(struct producer *producer)
{
    (void)producer;
}

void producer_close(struct producer *producer)
{
    memory_give(producer);
}

/* --- stream/transaction.h --- */

bool transaction_begin(struct producer *producer, struct failure *failure)
{
    if (producer->dead)
        return fails(failure, REMEDY_PRODUCER, CAUSE_KAFKA, "fatal before");
    must(!producer->open);
    producer->open = true;
    return true;
}

static bool generation_is_current(const struct consumer *consumer)
{
    const struct member *member = &world.members[consumer->slot];
    return member->known && member->owner == consumer->owner && consumer->generation == world.generation;
}

/* What an earlier transaction left pending without a marker stays, unless it is of the same partition. */
static void add_pending(struct transactor *transactor, const struct place *place)
{
    size_t at = 0;
    while (at < transactor->offsets_count && transactor->offsets[at].partition != place->partition)
        at++;
    transactor->offsets[at] = *place;
    if (at == transactor->offsets_count)
        transactor->offsets_count++;
}

bool transaction_offsets(struct producer *producer, struct consumer *consumer, const struct place *places, size_t count,
                         struct failure *failure)
{
    answer_takes_a_while();
    struct transactor *transactor = &world.transactors[producer->slot];
    enum fault fault = draw_fault(CAN(crash_before) | CAN(crash_after) | CAN(abortable) | CAN(fatal) | CAN(again));
    if (!may_go_on(producer, failure))
        return false;
    crash_if(fault, FAULT_crash_before);
    if (fault == FAULT_again)
        return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "timed out");
    if (goes_wrong(producer, fault, failure))
        return false;
    if (!generation_is_current(consumer)) {
        producer->broken = true;
        return fails(failure, REMEDY_ABORT, CAUSE_KAFKA, "illegal generation");
    }
    touch_transaction(producer->slot);
    transactor->in_group = true;
    for (size_t i = 0; i < count; i++)
        add_pending(transactor, &places[i]);
    crash_if(fault, FAULT_crash_after);
    return true;
}

static void send_late(const struct producer *producer, bool commit)
{
    if (world.late_count < LATE_MAX)
        world.late[world.late_count++] = (struct late){ producer->slot, producer->epoch, commit,
                                                       world.now_us + (int64_t)sim_draw(2000000) };
}

bool transaction_commit(struct producer *producer, struct failure *failure)
{
    answer_takes_a_while();
    enum fault fault = draw_fault(CAN(crash_before) | CAN(crash_after) | CAN(abortable) | CAN(fatal) | CAN(unknown_done) |
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
    if (goes_wrong(producer, fault, failure))
        return false;
    end_transaction(producer->slot, true);
    crash_if(fault, FAULT_crash_after);
    if (fault == FAULT_unknown_done) {
        producer->dead = true;
        return fails(failure, REMEDY_PRODUCER, CAUSE_UNREACHABLE, "nobody knows");
    }
    if (fault == FAULT_repeated_commit || fault == FAULT_late_end) {
        producer->commit_was_again = true;
        if (fault == FAULT_late_end)
            send_late(producer, sim_draw(2) == 0);
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
    if (producer->dead || producer->epoch != world.transactors[producer->slot].epoch)
        return fails(failure, REMEDY_PRODUCER, CAUSE_KAFKA, "fatal before");
    crash_if(fault, FAULT_crash_before);
    if (fault == FAULT_again)
        return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "timed out");
    if (goes_wrong(producer, fault, failure))
        return false;
    end_transaction(producer->slot, false);
    producer->open = false;
    crash_if(fault, FAULT_crash_after);
    return true;
}

/* --- begin and end --- */

static void log_release(struct log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        memory_give(log->entries[i].key);
        memory_give(log->entries[i].value);
    }
    memory_give(log->entries);
}

void sim_begin(uint64_t seed)
{
    memset(&world, 0, sizeof(world));
    world.random = seed * 0x9E3779B97F4A7C15ULL + 1;
    world.now_us = 1000000;
    world.look_us = 20;
    for (int p = 0; p < SIM_PARTITIONS; p++)
        world.committed[p] = (struct place){ .partition = p, .offset = OFFSET_NONE };
}

void sim_on_commit(sim_commit_fn *commit)
{
    world.commit = commit;
}

void sim_look_takes(int64_t us)
{
    world.look_us = us;
}

void sim_faults(int per_mille)
{
    world.faults_per_mille = per_mille;
}

void sim_forget_handles(struct consumer *consumer, struct producer *producer)
{
    if (consumer)
        *place_of(consumer) = NULL;
    memory_give(consumer);
    memory_give(producer);
}

void sim_end(void)
{
    for (size_t i = 0; i < HANDLES_MAX; i++)
        must(!consumers[i]);
    for (int p = 0; p < SIM_PARTITIONS; p++) {
        log_release(&world.input[p]);
        for (int topic = 0; topic < SIM_TOPICS; topic++)
            log_release(&world.outputs[topic][p]);
    }
}
