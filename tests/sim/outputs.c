/* stream/output_log.h: how far the outputs are stable, and what a read_committed reader has of them. Its
 * questions about the group are answered in group.c. */
#include "cluster.h"

#include "base/memory.h"
#include "base/must.h"

#include <string.h>

struct output_log {
    struct output_log_options options;
};

struct output_log *output_log_open(const struct output_log_options *options, struct failure *failure)
{
    (void)failure;
    must(options->topics_count == SIM_TOPICS);
    struct output_log *log = handle_new(HANDLE_OUTPUT_LOG, sizeof(*log));
    log->options = *options;
    return log;
}

void output_log_close(struct output_log *log)
{
    if (log)
        handle_free(log);
}

static struct log *log_at(int topic, int32_t partition)
{
    must(topic >= 0 && topic < SIM_TOPICS && partition >= 0 && partition < SIM_PARTITIONS);
    return &cluster.outputs[topic][partition];
}

/* Between the two questions something may become stable, or be sent. */
bool output_log_ends(struct output_log *log, struct output_end *ends, size_t count, int wait_ms,
                     struct failure *failure)
{
    (void)log;
    (void)wait_ms;
    if (!question_is_answered(failure))
        return false;
    for (size_t i = 0; i < count; i++)
        ends[i].stable = log_stable(log_at(ends[i].topic, ends[i].partition));
    sim_pass_time((int64_t)sim_draw(2000));
    for (size_t i = 0; i < count; i++)
        ends[i].end = (int64_t)log_at(ends[i].topic, ends[i].partition)->count;
    return true;
}

/* --- reading --- */

struct reading {
    output_record_fn *record;
    void *context;
    uint64_t left; /* so many until it fails */
};

/* What it shows is borrowed: whoever still looks at it afterwards sees that. */
static bool show(struct reading *reading, const struct output_span *span, int64_t offset,
                 const struct entry *entry)
{
    char *key = memory_alloc(entry->key_length + 1, 1), *value = memory_alloc(entry->value_length + 1, 1);
    memcpy(key, entry->key, entry->key_length);
    memcpy(value, entry->value, entry->value_length);
    const struct output_record record = {
        .topic = span->topic,
        .partition = span->partition,
        .offset = offset,
        .key = entry->key_null ? BYTES_NULL : (struct bytes){ key, entry->key_length },
        .value = entry->value_null ? BYTES_NULL : (struct bytes){ value, entry->value_length },
        .headers = entry->headers,
        .headers_count = entry->headers_count,
    };
    bool wanted = reading->record(reading->context, &record);
    memset(key, 0xA5, entry->key_length);
    memset(value, 0xA5, entry->value_length);
    memory_free(key);
    memory_free(value);
    return wanted;
}

/* False: the reading failed. */
static bool read_span(struct reading *reading, const struct output_span *span)
{
    const struct log *log = log_at(span->topic, span->partition);
    must(span->to <= log_stable(log));
    for (int64_t at = span->from > span->begin ? span->from : span->begin; at < span->to; at++) {
        const struct entry *entry = &log->entries[at];
        if (entry->state != ENTRY_COMMITTED || entry->gone)
            continue;
        if (reading->left-- == 0)
            return false;
        if (!show(reading, span, at, entry))
            break;
    }
    return true;
}

bool output_log_read(struct output_log *log, struct output_span *spans, size_t count,
                     output_record_fn *record, void *context, int wait_ms, struct failure *failure)
{
    (void)log;
    answer_takes_a_while();
    enum fault fault = draw_fault(CAN(again) | CAN(crash_before) | CAN(crash_after));
    struct reading reading = { record, context, fault == FAULT_again ? sim_draw(20) : UINT64_MAX };
    bool read = true;
    crash_if(fault, FAULT_crash_before);
    for (size_t i = 0; i < count; i++)
        spans[i].begin = log_at(spans[i].topic, spans[i].partition)->begin;
    for (size_t i = 0; i < count && read; i++)
        read = read_span(&reading, &spans[i]);
    crash_if(fault, FAULT_crash_after);
    if (read && fault != FAULT_again)
        return true;
    sim_pass_time((int64_t)sim_draw((uint64_t)wait_ms) * 1000);
    return fails(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE, "timed out");
}
