#include "pipeline/same_log.h"

#include "base/memory.h"
#include "pipeline/worker.h"
#include "system/clock.h"

enum { LOOK_SECONDS = 60, STILL_MS = 2000, READ_WAIT_MS = 1000, ENDS_WAIT_MS = 500 };

void same_log_remember(struct partition *partition)
{
    partition_note_last(partition);
    if (partition->last.offset != OFFSET_NONE && partition->last.offset < partition->committed)
        partition->remembered = partition->last;
}

void same_log_turn(struct worker *worker)
{
    struct same_log *same = &worker->same_log;
    int64_t now_us = clock_us();
    if (same->turned_us != 0 && now_us - same->turned_us > MICROSECONDS_OF_MS(STILL_MS))
        same->is_due = same->stood_still = true;
    same->turned_us = now_us;
}

bool same_log_is_due(struct worker *worker)
{
    struct same_log *same = &worker->same_log;
    int breaks = producer_breaks_count(worker->producer) + consumer_breaks_count(worker->consumer);
    same->is_due = same->is_due || breaks != same->breaks_count ||
                   clock_us() - same->looked_us > MICROSECONDS_OF_S(LOOK_SECONDS);
    same->breaks_count = breaks;
    return same->is_due && worker->shared->inputs != NULL;
}

struct looking {
    struct worker *worker;
    int32_t other; /* a partition whose record is another one; -1: none */
    size_t seen_count;
};

static bool take_record(void *context, const struct output_record *record)
{
    struct looking *looking = context;
    const struct last_record *remembered = &looking->worker->partitions[record->partition].remembered;
    const struct message message = { .key = record->key,
                                     .value = record->value,
                                     .timestamp = record->timestamp };
    struct hash128 hash = message_hash(&message);
    looking->seen_count++;
    if (record->offset != remembered->offset || hash.low != remembered->hash.low ||
        hash.high != remembered->hash.high)
        looking->other = record->partition;
    return false;
}

static size_t collect(const struct worker *worker, struct output_span *spans)
{
    size_t count = 0;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        const struct partition *partition = &worker->partitions[p];
        if (partition_is_owned(partition) && partition->fold && partition->remembered.offset != OFFSET_NONE)
            spans[count++] = (struct output_span){ .partition = p,
                                                   .from = partition->remembered.offset,
                                                   .to = partition->remembered.offset + 1 };
    }
    return count;
}

/* What retention took away in between is no other log; what ends before it is. */
static bool has_other(struct worker *worker, const struct output_span *spans, size_t count,
                      const struct looking *looking)
{
    int32_t other = looking->other;
    struct failure failure;
    struct output_end *ends = memory_alloc(count + 1, sizeof(*ends));
    for (size_t i = 0; i < count; i++)
        ends[i] = (struct output_end){ .partition = spans[i].partition };
    bool known = count > 0 && output_log_ends(worker->shared->inputs, ends, count, ENDS_WAIT_MS, &failure);
    for (size_t i = 0; i < count && known && other < 0; i++)
        if (ends[i].end < worker->partitions[ends[i].partition].committed)
            other = ends[i].partition;
    memory_free(ends);
    if (other < 0)
        return false;
    failure_set(&worker->failure, REMEDY_STOP, CAUSE_CONFIG,
                "\"%s\" partition %d is not the log that it was: the record at offset %lld is another one, "
                "or gone with all that follows; the topic was "
                "made anew or cut while this process ran, and nothing of it was committed: bring it back, or "
                "use a new group with new output topics",
                worker->shared->options->topic, (int)other,
                (long long)worker->partitions[other].remembered.offset);
    return true;
}

bool same_log_look(struct worker *worker)
{
    struct failure failure = { .remedy = REMEDY_NONE };
    struct looking looking = { .worker = worker, .other = -1 };
    struct output_span *spans = memory_alloc((size_t)worker->shared->partitions_count + 1, sizeof(*spans));
    size_t count = collect(worker, spans);
    bool read = count == 0 || output_log_read(worker->shared->inputs, spans, count, take_record, &looking,
                                              READ_WAIT_MS, &failure);
    bool same = read && !has_other(worker, spans, count, &looking);
    memory_free(spans);
    if (!read && failure.remedy != REMEDY_AGAIN && worker->failure.remedy == REMEDY_NONE)
        worker->failure = failure;
    worker->same_log.is_due = !same;
    if (same)
        worker->same_log.looked_us = clock_us();
    return same;
}
