#include "cluster.h"

#include "base/memory.h"
#include "base/must.h"
#include "pipeline/window.h"

#include <string.h>

const char *const sim_topic_names[SIM_TOPICS] = { "decisions", "episodes", "alerts", "dead-letters" };

/* --- entries --- */

struct entry *log_add(struct log *log, enum entry_state state, int64_t producer, int instance)
{
    if (log->count == log->capacity) {
        log->capacity = log->capacity ? log->capacity * 2 : 64;
        log->entries = memory_grow(log->entries, log->capacity, sizeof(*log->entries));
    }
    log->entries[log->count] = (struct entry){ .state = state, .producer = producer, .instance = instance };
    return &log->entries[log->count++];
}

static char *copy(struct bytes from)
{
    char *to = memory_alloc(from.length + 1, 1);
    if (from.length > 0)
        memcpy(to, from.data, from.length);
    to[from.length] = 0;
    return to;
}

static void copy_headers(struct entry *entry, const struct header *headers, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += strlen(headers[i].name) + 1 + headers[i].value.length;
    entry->headers = memory_alloc(count + 1, sizeof(*headers));
    entry->header_bytes = memory_alloc(length + 1, 1);
    entry->headers_count = count;
    char *at = entry->header_bytes;
    for (size_t i = 0; i < count; i++) {
        size_t name_length = strlen(headers[i].name) + 1, value_length = headers[i].value.length;
        memcpy(at, headers[i].name, name_length);
        if (value_length > 0)
            memcpy(at + name_length, headers[i].value.data, value_length);
        entry->headers[i].name = at;
        entry->headers[i].value =
            bytes_is_null(headers[i].value) ? BYTES_NULL : (struct bytes){ at + name_length, value_length };
        at += name_length + value_length;
    }
}

void entry_set(struct entry *entry, struct bytes key, struct bytes value, const struct header *headers,
               size_t headers_count)
{
    entry->key = copy(key);
    entry->value = copy(value);
    entry->key_length = key.length;
    entry->value_length = value.length;
    entry->key_null = bytes_is_null(key);
    entry->value_null = bytes_is_null(value);
    copy_headers(entry, headers, headers_count);
}

struct bytes entry_key(const struct entry *entry)
{
    return entry->key_null ? BYTES_NULL : (struct bytes){ entry->key, entry->key_length };
}

struct bytes entry_value(const struct entry *entry)
{
    return entry->value_null ? BYTES_NULL : (struct bytes){ entry->value, entry->value_length };
}

static void entry_release(struct entry *entry)
{
    memory_free(entry->header_bytes);
    memory_free(entry->headers);
    memory_free(entry->key);
    memory_free(entry->value);
}

void log_release(struct log *log)
{
    for (size_t i = 0; i < log->count; i++)
        entry_release(&log->entries[i]);
    memory_free(log->entries);
}

/* --- what is decided --- */

int64_t log_stable(const struct log *log)
{
    size_t at = 0;
    while (at < log->count && log->entries[at].state != ENTRY_PENDING)
        at++;
    return (int64_t)at;
}

void log_end(struct log *log, int64_t producer, int instance, bool commit)
{
    for (size_t i = 0; i < log->count; i++)
        if (log->entries[i].state == ENTRY_PENDING && log->entries[i].producer == producer)
            log->entries[i].state = commit ? ENTRY_COMMITTED : ENTRY_ABORTED;
    log_add(log, ENTRY_MARKER, producer, instance);
}

struct log *log_of_topic(const char *topic, int32_t partition)
{
    for (int i = 0; i < SIM_TOPICS; i++)
        if (strstr(topic, sim_topic_names[i]))
            return &cluster.outputs[i][partition];
    return NULL;
}

/* --- the input --- */

void sim_input(int32_t partition, struct bytes key, struct bytes value, int64_t timestamp)
{
    struct entry *entry = log_add(&cluster.input[partition], ENTRY_COMMITTED, 0, NOBODY);
    entry_set(entry, key, value, NULL, 0);
    entry->timestamp = timestamp;
    if (chance(50)) /* somebody else's marker: offsets have gaps, and the last ones may be no records */
        log_add(&cluster.input[partition], ENTRY_MARKER, 0, NOBODY);
}

bool sim_input_record(int32_t partition, int64_t offset, struct bytes *ret_key, struct bytes *ret_value,
                      int64_t *ret_timestamp)
{
    must(offset >= 0 && (size_t)offset < cluster.input[partition].count);
    const struct entry *entry = &cluster.input[partition].entries[offset];
    *ret_key = entry_key(entry);
    *ret_value = entry_value(entry);
    *ret_timestamp = entry->timestamp;
    return entry->state == ENTRY_COMMITTED;
}

int64_t sim_input_last(int32_t partition)
{
    int64_t offset = (int64_t)cluster.input[partition].count - 1;
    while (offset >= 0 && cluster.input[partition].entries[offset].state != ENTRY_COMMITTED)
        offset--;
    return offset;
}

void sim_change_record(int32_t partition, int64_t offset)
{
    must(offset >= 0 && (size_t)offset < cluster.input[partition].count);
    cluster.input[partition].entries[offset].timestamp++;
}

int64_t sim_input_begin(int32_t partition)
{
    return cluster.input[partition].begin;
}

void sim_delete_before(int32_t partition, int64_t offset)
{
    if (offset > cluster.input[partition].begin)
        cluster.input[partition].begin = offset;
}

int64_t input_end(int32_t partition)
{
    return (int64_t)cluster.input[partition].count * cluster.input_per_mille / 1000;
}

int64_t sim_input_end(int32_t partition)
{
    return input_end(partition);
}

void sim_reveal(int per_mille)
{
    if (per_mille <= cluster.input_per_mille)
        return;
    cluster.input_per_mille = per_mille;
    group_input_grew();
}

/* --- the outputs, as a reader sees them who reads them all the time --- */

bool sim_committed_record(int topic, int32_t partition, size_t at, struct sim_record *ret_record)
{
    struct log *log = &cluster.outputs[topic][partition];
    must(at >= log->read_count);
    for (; log->read_at < log->count; log->read_at++) {
        const struct entry *entry = &log->entries[log->read_at];
        if (entry->state == ENTRY_PENDING)
            return false; /* the last stable offset */
        if (entry->state != ENTRY_COMMITTED)
            continue;
        if (log->read_count++ < at)
            continue;
        *ret_record =
            (struct sim_record){ entry_key(entry), entry_value(entry), entry->headers, entry->headers_count,
                                 entry->instance == NOBODY ? NULL : cluster.instances[entry->instance] };
        log->read_at++;
        return true;
    }
    return false;
}

/* --- and as they get old --- */

/* Behind it lies what nobody cleans yet. The reader above has seen all that is before it. */
static size_t cleanable(const struct log *log)
{
    size_t stable = (size_t)log_stable(log);
    return stable < log->read_at ? stable : log->read_at;
}

static void cut(struct log *log, int64_t at_most)
{
    int64_t limit = (int64_t)cleanable(log);
    limit = limit < at_most ? limit : at_most;
    if (limit <= log->begin)
        return;
    log->begin += 1 + (int64_t)sim_draw((uint64_t)(limit - log->begin));
    count_fault(FAULT_cut);
}

static bool is_outdone(const struct log *log, size_t at, size_t limit)
{
    for (size_t i = at + 1; i < limit; i++)
        if (log->entries[i].state == ENTRY_COMMITTED && !log->entries[i].gone &&
            bytes_equal(entry_key(&log->entries[i]), entry_key(&log->entries[at])))
            return true;
    return false;
}

/* Aborted records go in any case. The last few entries are in a segment that is still written to. */
static void compact(struct log *log)
{
    enum { ACTIVE_MAX = 8 };
    size_t limit = cleanable(log), active = 1 + sim_draw(ACTIVE_MAX);
    for (size_t i = (size_t)log->begin; i + active < limit; i++) {
        struct entry *entry = &log->entries[i];
        bool goes = entry->state == ENTRY_ABORTED ||
                    (entry->state == ENTRY_COMMITTED && is_outdone(log, i, limit - active));
        if (entry->gone || !goes)
            continue;
        entry->gone = true;
        count_fault(FAULT_compacted);
    }
}

/* Retention takes days, and a process that lives sees its outputs within seconds: what it has not seen yet is
 * not deleted under its eyes. In a long outage more goes, but only of what had become visible in whole:
 * nobody could tell afterwards what else there had been. */
static int64_t old_enough(const struct log *log, int topic, int32_t partition, bool nobody_lives)
{
    struct window window;
    if (!window_from_text(cluster.committed[partition].metadata, &window))
        return 0;
    bool is_whole = !offsets_are_pending(partition) &&
                    (int64_t)log->read_count == window.made.counts[topic] &&
                    log_stable(log) == (int64_t)log->count;
    return nobody_lives && is_whole ? INT64_MAX : window.topics[topic].seen;
}

/* Episodes and alerts are compacted, decisions and dead letters lose their beginning. */
void sim_outputs_age(bool nobody_lives)
{
    static const bool compacted[SIM_TOPICS] = { false, true, true, false };
    int topic = (int)sim_draw(SIM_TOPICS);
    int32_t partition = (int32_t)sim_draw(SIM_PARTITIONS);
    struct log *log = &cluster.outputs[topic][partition];
    if (compacted[topic])
        compact(log);
    else
        cut(log, old_enough(log, topic, partition, nobody_lives));
}
