#include "pipeline/resolve.h"

#include "base/memory.h"
#include "base/must.h"
#include "ops/log.h"
#include "pipeline/letter.h"
#include "pipeline/assignment.h"
#include "pipeline/worker_call.h"
#include "system/failpoint.h"

#include <stdio.h>

enum { READ_WAIT_MS = 5000 };

/* --- what is there --- */

static bool take_record(void *context, const struct output_record *record)
{
    struct worker *worker = context;
    const struct found_record entry = {
        .hash = output_hash(record->key, record->value, record->headers, record->headers_count),
        .key = output_key_hash(record->key), .offset = record->offset,
    };
    found_add(&worker->partitions[record->partition].found, record->topic, &entry);
    return true;
}

static bool is_cut_short(struct worker *worker, const struct partition *partition)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        int64_t seen = partition->window.topics[topic].seen, end = partition->rest.end[topic];
        if (end >= seen)
            continue;
        failure_set(&worker->failure, REMEDY_STOP, CAUSE_CONFIG,
                    "\"%s\" partition %d ends at offset %lld, but outputs were seen there up to offset %lld: "
                    "the topic was made anew or cut; bring it "
                    "back, or say --accept-outputs %s/%d to go on from its end with what is lost there",
                    worker->shared->topics[topic], (int)partition->number, (long long)end, (long long)seen,
                    worker->shared->topics[topic], (int)partition->number);
        return true;
    }
    return false;
}

static void set_spans(const struct partition *partition, const struct window_topic from[TOPIC_COUNT],
                      struct output_span spans[TOPIC_COUNT])
{
    for (uint8_t topic = 0; topic < TOPIC_COUNT; topic++)
        spans[topic] = (struct output_span){ .topic = topic,
                                             .partition = partition->number,
                                             .from = from[topic].seen,
                                             .to = partition->rest.end[topic] };
}

static bool nothing_is_new(const struct output_span *spans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (spans[i].from < spans[i].to)
            return false;
    return true;
}

static void note_spans(struct worker *worker, const struct output_span *spans, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct found *found = &worker->partitions[spans[i].partition].found;
        struct found_topic *of = &found->topics[spans[i].topic];
        found->is_read = true;
        of->is_cut = spans[i].begin > spans[i].from;
        of->from = spans[i].from;
        of->end = spans[i].to;
    }
}

/* Into what was found of their partitions, which is empty. */
static bool read_spans(struct worker *worker, struct output_span *spans, size_t count)
{
    struct failure failure = { .remedy = REMEDY_NONE };
    failpoint("resolve");
    bool read = nothing_is_new(spans, count) || output_log_read(worker->shared->outputs, spans, count,
                                                                take_record, worker, READ_WAIT_MS, &failure);
    if (read)
        note_spans(worker, spans, count);
    for (size_t i = 0; i < count && !read; i++)
        found_release(&worker->partitions[spans[i].partition].found);
    if (!read && (failure.remedy != REMEDY_AGAIN || worker_asks_too_long(worker)))
        worker->failure = failure;
    return read;
}

static bool is_to_be_read(const struct worker *worker, const struct partition *partition,
                          const struct position *position, struct window *ret_window)
{
    if (worker->shared->outputs == NULL || !partition->rest.is_reached ||
        !partition_is_in_doubt(partition) || !window_from_text(position->metadata, ret_window))
        return false;
    if (partition->fold && !partition->restoring && strcmp(ret_window->by, worker->instance) == 0)
        /* we have seen more since */
        memcpy(ret_window->topics, partition->window.topics, sizeof(ret_window->topics));
    return true;
}

bool resolve_read_all(struct worker *worker, const struct position *positions, size_t count)
{
    struct output_span *spans = memory_alloc(count * TOPIC_COUNT + 1, sizeof(*spans));
    size_t spans_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct partition *partition = &worker->partitions[positions[i].partition];
        struct window window;
        if (!is_to_be_read(worker, partition, &positions[i], &window))
            continue;
        found_release(&partition->found);
        set_spans(partition, window.topics, spans + spans_count);
        spans_count += TOPIC_COUNT;
    }
    bool read = spans_count == 0 || read_spans(worker, spans, spans_count);
    memory_free(spans);
    return read;
}

static bool is_read_already(const struct partition *partition)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (partition->found.topics[topic].from != partition->window.topics[topic].seen ||
            partition->found.topics[topic].end != partition->rest.end[topic])
            return false;
    return partition->found.is_read;
}

static bool read_one(struct worker *worker, struct partition *partition)
{
    struct output_span spans[TOPIC_COUNT];
    if (is_read_already(partition))
        return true;
    found_release(&partition->found);
    set_spans(partition, partition->window.topics, spans);
    return read_spans(worker, spans, TOPIC_COUNT);
}

/* Everything up to the end is ours and accounted for. */
static void move_to_the_end(struct partition *partition)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        partition->window.topics[topic].seen = partition->rest.end[topic];
        partition->window.topics[topic].have = partition->window.made.counts[topic];
    }
}

enum resolved resolve_read(struct worker *worker, struct partition *partition)
{
    if (is_cut_short(worker, partition) || !read_one(worker, partition))
        return RESOLVED_NOT;
    partition->found.is_read = false;
    if (found_is_complete(&partition->found, &partition->window)) {
        found_release(&partition->found);
        move_to_the_end(partition);
        return RESOLVED_COMPLETE;
    }
    return RESOLVED_PARTLY;
}

/* --- what is made again --- */

/* Why outputs are compared one by one. After a lost marker the group's offset, the answer of a commit and
 * what readers see may be three different things. Of these only what readers see cannot be mended: what
 * stands there twice stays, and what never came nobody misses. So the visible records from the window on are
 * taken as given, and the log is asked what ought to stand there: folding it again makes the same outputs in
 * the same order. They are counted topic by topic from the record at `base` on, because a transaction writes
 * to several topics and each may have lost its own marker. An output whose number is at most `have` was seen
 * before. Else it is the next visible record (it is there, and not sent), or nothing visible is left (it is
 * missing, and sent); what compaction or retention took away counts as there. Anything else was not written
 * by this log: the topic was made anew, or somebody else writes to it, and only the operator can know
 * which. */

static bool differs(struct worker *worker, const struct partition *partition, uint8_t topic)
{
    const struct found_topic *of = &partition->found.topics[topic];
    failure_set(&worker->failure, REMEDY_STOP, CAUSE_CONFIG,
                "\"%s\" partition %d offset %lld is not the output that stands there by the log of \"%s\": "
                "the topic was made anew, or something "
                "else writes to it; use the right one, or say --accept-outputs %s/%d to go on from its end",
                worker->shared->topics[topic], (int)partition->number, (long long)of->records[of->at].offset,
                worker->shared->options->topic, worker->shared->topics[topic], (int)partition->number);
    return false;
}

/* The window moves with what is accounted for: outputs that are there do not go into the outbox, and whoever
 * looks again begins behind them. */
static void move_window(struct partition *partition, uint8_t topic, int64_t ordinal)
{
    const struct found_topic *of = &partition->found.topics[topic];
    struct window_topic *window = &partition->window.topics[topic];
    window->have = ordinal;
    int64_t behind = of->at > 0 ? of->records[of->at - 1].offset + 1 : 0;
    if (behind > window->seen)
        window->seen = behind;
}

/* Where everything that was found is accounted for, up to where was read. */
static void move_windows(struct partition *partition)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        const struct found_topic *of = &partition->found.topics[topic];
        struct window_topic *window = &partition->window.topics[topic];
        if (of->at < of->count || window->seen >= of->end)
            continue;
        window->seen = of->end;
        if (of->count == 0 && of->is_cut)
            window->have = partition->window.made.counts[topic]; /* it was there, before retention */
    }
}

static bool take_one(struct worker *worker, struct partition *partition, struct outbox_record *record,
                     int64_t ordinal)
{
    const struct pipeline_options *options = worker->shared->options;
    const struct letter_origin origin = { options->topic, options->group, partition->number };
    struct letter_headers headers;
    if (ordinal <= partition->window.topics[record->topic].have) {
        record->is_there = true;
        return true;
    }
    letter_headers(&origin, &partition->outbox, record, &headers);
    struct bytes key = outbox_key(&partition->outbox, record);
    struct hash128 hash =
        output_hash(key, outbox_value(&partition->outbox, record), headers.items, headers.count);
    enum match match = found_match(&partition->found, &partition->window, record->topic, ordinal, hash,
                                   output_key_hash(key));
    if (match == MATCH_DIFFERS)
        return differs(worker, partition, record->topic);
    record->is_there = match == MATCH_THERE;
    if (!record->is_there)
        return true;
    move_window(partition, record->topic, ordinal);
    partition->window.topics[record->topic].last = hash.low;
    return true;
}

bool resolve_take(struct worker *worker, struct partition *partition, size_t from, const struct made *before)
{
    int64_t ordinals[TOPIC_COUNT];
    bool all = true;
    if (before->base != partition->window.made.base) {
        outbox_cut(&partition->outbox, from); /* from before the window: of no interest */
        return true;
    }
    memcpy(ordinals, before->counts, sizeof(ordinals));
    for (size_t i = from; i < partition->outbox.count; i++) {
        struct outbox_record *record = &partition->outbox.records[i];
        if (!take_one(worker, partition, record, ++ordinals[record->topic]))
            return false;
        all = all && record->is_there;
    }
    if (all)
        outbox_cut(&partition->outbox, from);
    move_windows(partition);
    return true;
}

static bool is_over(const struct partition *partition)
{
    struct made made = partition_made(partition);
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (made.counts[topic] < partition->window.topics[topic].have)
            return false;
    return found_is_used_up(&partition->found) && partition->next >= partition->committed &&
           !partition->book_change.under_way;
}

void resolve_look(const struct worker *worker, struct partition *partition)
{
    if (partition->phase != PARTITION_RESOLVING || !is_over(partition))
        return;
    partition_enter(partition, versions_equal(&partition->metadata.versions, &worker->shared->versions)
                                   ? PARTITION_SERVED
                                   : PARTITION_BEFORE_RULES);
    found_release(&partition->found);
    log_say(LOG_INFO, "partition %d: what had become visible of its outputs is accounted for at offset %lld",
            (int)partition->number, (long long)partition->next);
}

/* --- nothing yet --- */

static bool take_first(void *context, const struct output_record *record)
{
    *(int *)context = record->topic;
    return false;
}

enum resolved resolve_is_empty(struct worker *worker, struct partition *partition, uint8_t *ret_topic)
{
    struct output_span spans[TOPIC_COUNT];
    struct failure failure = { .remedy = REMEDY_NONE };
    int topic = TOPIC_COUNT;
    set_spans(partition, (const struct window_topic[TOPIC_COUNT]){ { 0 } }, spans);
    if (!nothing_is_new(spans, TOPIC_COUNT) && !output_log_read(worker->shared->outputs, spans, TOPIC_COUNT,
                                                                take_first, &topic, READ_WAIT_MS, &failure)) {
        if (failure.remedy != REMEDY_AGAIN || worker_asks_too_long(worker))
            worker->failure = failure;
        return RESOLVED_NOT;
    }
    *ret_topic = (uint8_t)topic;
    return topic == TOPIC_COUNT ? RESOLVED_COMPLETE : RESOLVED_PARTLY;
}
