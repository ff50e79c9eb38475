#include "cluster.h"

#include "base/must.h"

#include <string.h>

struct consumer {
    struct consumer_options options;
    int instance, owner, generation; /* generation 0: has no assignment */
    unsigned events;
    struct failure failure;
    int32_t assigned[SIM_PARTITIONS];
    size_t assigned_count;
    bool reads, must_give_back;
    int64_t position[SIM_PARTITIONS]; /* -1: not assigned */
    bool end_said[SIM_PARTITIONS];
    struct message messages[TAKE_MAX];
    size_t taken_count;
};

/* --- members --- */

static void begin_rebalance(void)
{
    cluster.rebalancing = true;
    for (int i = 0; i < cluster.instances_count; i++)
        cluster.members[i].joined = false;
}

static void end_rebalance(void)
{
    int present[INSTANCES_MAX], count = 0;
    for (int i = 0; i < cluster.instances_count; i++)
        if (cluster.members[i].known && !cluster.members[i].joined)
            return;
        else if (cluster.members[i].known)
            present[count++] = i;
    if (count == 0)
        return;
    for (int p = 0; p < SIM_PARTITIONS; p++) /* ranges */
        cluster.owners[p] = present[p * count / SIM_PARTITIONS];
    cluster.generation++;
    cluster.rebalancing = false;
}

void group_pass_time(void)
{
    for (int i = 0; i < cluster.instances_count; i++)
        if (cluster.members[i].known && cluster.now_us - cluster.members[i].seen_us > SIM_SESSION_US) {
            cluster.members[i].known = false;
            begin_rebalance();
        }
    if (cluster.rebalancing)
        end_rebalance();
}

bool generation_is_current(const struct consumer *consumer)
{
    const struct member *member = &cluster.members[consumer->instance];
    return member->known && member->owner == consumer->owner && consumer->generation == cluster.generation;
}

void sim_heartbeat(const char *instance, const struct consumer *consumer)
{
    struct member *member = &cluster.members[instance_of(instance)];
    if (consumer && consumer->owner == member->owner) /* a fenced one's are refused */
        member->seen_us = cluster.now_us;
}

/* --- stream/consumer.h: the group --- */

struct consumer *consumer_open(const struct consumer_options *options, struct failure *failure)
{
    if (draw_fault(CAN(fatal)) != FAULT_NONE) {
        fails(failure, REMEDY_STOP, CAUSE_UNREACHABLE, "no broker");
        return NULL;
    }
    struct consumer *consumer = handle_new(HANDLE_CONSUMER, sizeof(*consumer));
    consumer->options = *options;
    consumer->instance = instance_of(options->instance_id);
    return consumer;
}

bool consumer_begin(struct consumer *consumer, struct failure *failure)
{
    (void)failure;
    struct member *member = &cluster.members[consumer->instance];
    consumer->owner = member->owner = ++cluster.consumers_count;
    member->seen_us = cluster.now_us;
    if (!member->known)
        begin_rebalance(); /* else it comes back within its session: nobody else notices */
    member->known = true;
    return true;
}

/* The member joins again when it has given its partitions back. */
static void revoke(struct consumer *consumer, bool lost)
{
    consumer->events =
        (consumer->events & ~(unsigned)EVENT_ASSIGNED) | EVENT_REVOKED | (lost ? EVENT_LOST : 0);
    consumer->must_give_back = true;
    consumer->reads = false;
}

void consumer_give_back(struct consumer *consumer)
{
    must(consumer->must_give_back);
    consumer->must_give_back = false;
    consumer->generation = 0;
}

static void take_assignment(struct consumer *consumer)
{
    consumer->assigned_count = 0;
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        if (cluster.owners[p] == consumer->instance)
            consumer->assigned[consumer->assigned_count++] = p;
    consumer->generation = cluster.generation;
    consumer->events |= EVENT_ASSIGNED;
}

/* What the group has to say to this member; true when something happened. */
static bool hear_group(struct consumer *consumer)
{
    struct member *member = &cluster.members[consumer->instance];
    if (member->owner != consumer->owner) {
        fails(&consumer->failure, REMEDY_STOP, CAUSE_FENCED, "fenced instance id");
        consumer->events |= EVENT_FAILED;
        return true;
    }
    if (consumer->must_give_back)
        return true;
    if (!member->known) { /* thrown out while it was frozen */
        if (consumer->generation != 0) {
            revoke(consumer, true);
            return true;
        }
        member->known = true;
        member->seen_us = cluster.now_us;
        begin_rebalance();
        return true;
    }
    if (cluster.rebalancing && !member->joined) {
        if (consumer->generation != 0) {
            revoke(consumer, false);
            return true;
        }
        member->joined = true;
        end_rebalance();
        if (cluster.rebalancing)
            return true;
    }
    if (cluster.rebalancing || cluster.generation == 0 || consumer->generation == cluster.generation)
        return cluster.rebalancing;
    if (consumer->generation != 0) {
        revoke(consumer, true); /* the group went on without it */
        return true;
    }
    take_assignment(consumer);
    return true;
}

void consumer_close(struct consumer *consumer)
{
    consumer_release(consumer);
    handle_free(consumer);
}

/* --- stream/consumer.h: records --- */

void group_input_grew(void)
{
    struct consumer *consumer;
    for (size_t at = 0; (consumer = handle_next(HANDLE_CONSUMER, &at)) != NULL;)
        memset(consumer->end_said, 0, sizeof(consumer->end_said));
}

static size_t read_partition(struct consumer *consumer, int32_t p, size_t count, size_t max)
{
    const struct log *log = &cluster.input[p];
    if (consumer->position[p] < log->begin) {
        fails(&consumer->failure, REMEDY_STOP, CAUSE_KAFKA, "offset out of range");
        consumer->events |= EVENT_FAILED;
        return count;
    }
    while (consumer->position[p] < input_end(p) && count < max) {
        const struct entry *entry = &log->entries[consumer->position[p]];
        if (entry->state == ENTRY_COMMITTED)
            consumer->messages[count++] = (struct message){ .partition = p,
                                                            .offset = consumer->position[p],
                                                            .timestamp = entry->timestamp,
                                                            .key = entry_key(entry),
                                                            .value = entry_value(entry) };
        consumer->position[p]++;
    }
    if (consumer->position[p] == input_end(p) && !consumer->end_said[p] && count < max) {
        consumer->end_said[p] = true;
        consumer->messages[count++] =
            (struct message){ .end = true, .partition = p, .offset = consumer->position[p] };
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

/* It serves figures alone, which no world looks at. */
int64_t consumer_end_known(const struct consumer *consumer, int32_t partition)
{
    (void)consumer, (void)partition;
    return OFFSET_NONE;
}

int consumer_breaks_count(const struct consumer *consumer)
{
    (void)consumer;
    return 0;
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

bool consumer_assign(struct consumer *consumer, const struct position *positions, size_t count,
                     struct failure *failure)
{
    (void)failure;
    for (int p = 0; p < SIM_PARTITIONS; p++)
        consumer->position[p] = -1;
    for (size_t i = 0; i < count; i++) {
        consumer->position[positions[i].partition] = positions[i].offset;
        consumer->end_said[positions[i].partition] = false;
    }
    consumer->reads = true;
    return true;
}

/* --- offsets, and who is there --- */

bool question_is_answered(struct failure *failure)
{
    answer_takes_a_while();
    enum fault fault = draw_fault(CAN(again) | CAN(crash_before));
    crash_if(fault, FAULT_crash_before);
    return fault == FAULT_NONE || fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "timed out");
}

static void tell_committed(struct position *positions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t p = positions[i].partition;
        positions[i] = cluster.committed[p];
        positions[i].partition = p;
    }
}

bool consumer_committed(struct consumer *consumer, struct position *positions, size_t count, int wait_ms,
                        struct failure *failure)
{
    answer_takes_a_while();
    (void)consumer;
    if (draw_fault(CAN(again)) != FAULT_NONE)
        return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "timed out");
    for (size_t i = 0; i < count; i++)
        if (offsets_are_pending(positions[i].partition)) {
            sim_pass_time(wait_ms * 1000LL);
            return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "a transaction is pending");
        }
    tell_committed(positions, count);
    return true;
}

bool output_log_committed(struct output_log *log, struct position *positions, size_t count, int wait_ms,
                          struct failure *failure)
{
    (void)log;
    (void)wait_ms;
    if (!question_is_answered(failure))
        return false;
    tell_committed(positions, count);
    return true;
}

bool output_log_members(struct output_log *log, output_member_fn *each, void *context, int wait_ms,
                        struct failure *failure)
{
    (void)log;
    (void)wait_ms;
    if (!question_is_answered(failure))
        return false;
    for (int i = 0; i < cluster.instances_count; i++)
        if (cluster.members[i].known)
            each(context, cluster.instances[i]);
    return true;
}
