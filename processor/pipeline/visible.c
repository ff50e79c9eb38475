#include "pipeline/visible.h"

#include "base/memory.h"
#include "base/must.h"
#include "pipeline/worker.h"
#include "system/clock.h"

enum {
    LOOK_SECONDS = 1,
    ASK_WAIT_MS = 500,
    ASK_OFFSETS_WAIT_MS = 100,
    QUIET_SECONDS = 2,
    UNCONFIRMED_TRANSACTIONS = 8,
    WAIT_STEP_MS = 10
};

/* --- how much there is to be seen --- */

/* Where outputs are still compared, more of ours may be visible than was committed: no mark can say how
 * many. */
static bool has_unseen(const struct partition *partition)
{
    return partition_is_taken_over(partition) && partition->phase != PARTITION_RESOLVING &&
           partition->unconfirmed.count > 0;
}

/* Of those only that are looked at: what waits must not stop the others. */
static void sum(const struct worker *worker, size_t *ret_records, size_t *ret_bytes)
{
    *ret_records = *ret_bytes = 0;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        if (!has_unseen(&worker->partitions[p]))
            continue;
        *ret_records += worker->partitions[p].unconfirmed.records;
        *ret_bytes += worker->partitions[p].unconfirmed.bytes;
    }
}

/* In transactions of the largest size. */
static bool holds(const struct worker *worker, size_t transactions)
{
    const struct pipeline_options *options = worker->shared->options;
    size_t records, bytes;
    sum(worker, &records, &bytes);
    return records >= options->outbox_records_max * transactions ||
           bytes >= options->outbox_bytes_max * transactions;
}

bool visible_is_full(const struct worker *worker)
{
    return holds(worker, UNCONFIRMED_TRANSACTIONS);
}

bool visible_is_due(const struct worker *worker)
{
    int64_t since_us = clock_us() - worker->visible_looked_us;
    return since_us >= MICROSECONDS_OF_S(LOOK_SECONDS) ||
           (since_us >= MICROSECONDS_OF_MS(WAIT_STEP_MS) && holds(worker, UNCONFIRMED_TRANSACTIONS / 4));
}

/* --- marks --- */

static void note_seen(struct partition *partition)
{
    unconfirmed_drop_seen(&partition->unconfirmed, &partition->window);
    if (window_is_seen(&partition->window))
        partition->window_due = true; /* the commits so far do not say so */
}

static void move(struct window_topic *topic, int64_t seen, int64_t have)
{
    if (topic->seen < seen)
        topic->seen = seen;
    if (topic->have < have)
        topic->have = have;
}

/* True: what lies before the mark is visible in that topic. Where nothing is open, that is all that was
 * committed up to now, the markers included. */
static bool pass_mark(struct partition *partition, const struct output_end *end)
{
    const struct mark *mark = &partition->mark;
    struct window_topic *topic = &partition->window.topics[end->topic];
    if (end->stable < mark->end[end->topic])
        return false;
    if (end->stable == end->end)
        move(topic, end->end, partition->window.made.counts[end->topic]);
    else
        move(topic, mark->end[end->topic], mark->made.counts[end->topic]);
    return true;
}

static bool pass_marks(struct partition *partition, const struct output_end ends[TOPIC_COUNT])
{
    bool all = true;
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        all = pass_mark(partition, &ends[topic]) && all;
    if (all)
        partition->mark.is_set = false;
    return all;
}

static void set_mark(const struct worker *worker, struct partition *partition,
                     const struct output_end ends[TOPIC_COUNT])
{
    partition->mark = (struct mark){ .is_set = true,
                                     .made = partition->window.made,
                                     .commits = worker->commit.true_count,
                                     .set_us = clock_us() };
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        partition->mark.end[topic] = ends[topic].end;
}

static enum visible look_at(struct worker *worker, struct partition *partition,
                            const struct output_end ends[TOPIC_COUNT])
{
    if (partition->mark.is_set && !pass_marks(partition, ends)) {
        if (worker->commit.true_count > partition->mark.commits)
            return VISIBLE_HANGS;
        if (clock_us() - partition->mark.set_us > MICROSECONDS_OF_S(QUIET_SECONDS))
            partition->window_due = true; /* a commit of its own, for what follows from it */
    }
    if (!partition->mark.is_set) {
        set_mark(worker, partition, ends);
        pass_marks(partition, ends);
    }
    note_seen(partition);
    if (partition->window_due)
        commit_note_progress(worker, clock_us());
    return VISIBLE_FINE;
}

/* --- a look --- */

static size_t collect(const struct worker *worker, struct output_end *ends)
{
    size_t count = 0;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        for (uint8_t topic = 0; topic < TOPIC_COUNT && has_unseen(&worker->partitions[p]); topic++)
            ends[count++] = (struct output_end){ .topic = topic, .partition = p };
    return count;
}

static bool is_quiet(const struct partition *partition, int64_t now_us)
{
    return partition_is_taken_over(partition) && partition->offset_unseen &&
           now_us - partition->committed_us > MICROSECONDS_OF_S(LOOK_SECONDS);
}

/* The offset of the last commit, too, waits for a marker that may be lost. As long as commits follow each
 * other the next one's does for both; of a partition that has become quiet it is asked, and committed once
 * more. */
static void look_at_offsets(struct worker *worker)
{
    struct failure failure;
    size_t count = 0;
    int64_t now_us = clock_us();
    struct position *positions =
        memory_alloc_zeroed((size_t)worker->shared->partitions_count, sizeof(*positions));
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (is_quiet(&worker->partitions[p], now_us))
            positions[count++].partition = p;
    bool known =
        count > 0 && consumer_committed(worker->consumer, positions, count, ASK_OFFSETS_WAIT_MS, &failure);
    for (size_t i = 0; i < count; i++) {
        struct partition *partition = &worker->partitions[positions[i].partition];
        partition->offset_unseen = !known || positions[i].offset != partition->committed;
        partition->window_due = partition->window_due || partition->offset_unseen;
        partition->committed_us = now_us;
    }
    memory_free(positions);
    if (count > 0)
        commit_note_progress(worker, now_us);
}

enum visible visible_look(struct worker *worker)
{
    struct failure failure;
    enum visible visible = VISIBLE_FINE;
    must(worker->commit.state == COMMIT_IDLE);
    worker->visible_looked_us = clock_us();
    struct output_end *ends =
        memory_alloc((size_t)worker->shared->partitions_count * TOPIC_COUNT, sizeof(*ends));
    size_t count = collect(worker, ends);
    if (count > 0 && output_log_ends(worker->shared->outputs, ends, count, ASK_WAIT_MS, &failure))
        for (size_t i = 0; i < count; i += TOPIC_COUNT)
            if (look_at(worker, &worker->partitions[ends[i].partition], &ends[i]) == VISIBLE_HANGS)
                visible = VISIBLE_HANGS;
    memory_free(ends);
    if (visible == VISIBLE_FINE)
        look_at_offsets(worker);
    return visible;
}

static bool anything_unseen(const struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (has_unseen(&worker->partitions[p]))
            return true;
    return false;
}

bool visible_wait(struct worker *worker, int64_t until_us)
{
    while (anything_unseen(worker)) {
        if (clock_us() >= until_us || worker->commit.state != COMMIT_IDLE ||
            visible_look(worker) == VISIBLE_HANGS)
            return false;
        consumer_take(worker->consumer, WAIT_STEP_MS); /* also hears what the group says meanwhile */
        consumer_release(worker->consumer);
    }
    return true;
}
