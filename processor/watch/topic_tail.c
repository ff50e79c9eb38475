#include "watch/topic_tail.h"

#include "base/limits.h"
#include "base/memory.h"
#include "stream/topics.h"
#include "system/stop_signal.h"

#include <stdio.h>

enum { TAKE_WAIT_MS = 500, CLOSE_SECONDS_MAX = 30 };

struct tailing {
    const struct tail_options *options;
    struct admin *admin;
    struct consumer *consumer;
    int32_t partitions_count, left; /* left: partitions that are not at their end, with until_end */
    struct position positions[PARTITIONS_MAX];
    int64_t ends[PARTITIONS_MAX];
    bool is_done[PARTITIONS_MAX];
    char *error;
    size_t error_size;
};

static enum tail_end failed(struct tailing *tailing, enum tail_end end, const char *text)
{
    snprintf(tailing->error, tailing->error_size, "%s", text);
    return end;
}

static enum tail_end failed_at_kafka(struct tailing *tailing, const struct failure *failure)
{
    enum tail_end end = failure->cause == CAUSE_UNREACHABLE ? TAIL_UNREACHABLE
                      : failure->cause == CAUSE_CONFIG      ? TAIL_CONFIG
                                                            : TAIL_FAILED;
    return failed(tailing, end, failure->text);
}

/* --- from where --- */

static bool find_position(struct tailing *tailing, int32_t partition, struct failure *failure)
{
    const struct tail_options *options = tailing->options;
    int64_t begin, end, from;
    if (!admin_ends(tailing->admin, options->topic, partition, &begin, &end, failure))
        return false;
    from = options->from == TAIL_FROM_BEGINNING ? begin : end;
    if (options->from == TAIL_FROM_TIME &&
        !admin_offset_at(tailing->admin, options->topic, partition, options->from_ms, &from, failure))
        return false;
    tailing->positions[partition] =
        (struct position){ .partition = partition, .offset = from == OFFSET_NONE ? end : from };
    tailing->ends[partition] = end;
    tailing->is_done[partition] = tailing->positions[partition].offset >= end;
    tailing->left += !tailing->is_done[partition];
    return true;
}

static enum tail_end see_topic(struct tailing *tailing)
{
    struct failure failure;
    char text[TOPIC_NAME_BYTES_MAX + 40];
    const char *topic = tailing->options->topic;
    if (!(tailing->admin = admin_open(tailing->options->properties, &failure)) ||
        !admin_partitions(tailing->admin, topic, &tailing->partitions_count, &failure))
        return failed_at_kafka(tailing, &failure);
    snprintf(text, sizeof(text), "there is no topic \"%s\"", topic);
    if (tailing->partitions_count == 0)
        return failed(tailing, TAIL_NO_TOPIC, text);
    if (tailing->partitions_count > PARTITIONS_MAX)
        return failed(tailing, TAIL_CONFIG, "the topic has too many partitions");
    for (int32_t p = 0; p < tailing->partitions_count; p++)
        if (!find_position(tailing, p, &failure))
            return failed_at_kafka(tailing, &failure);
    return TAIL_DONE;
}

/* --- reading --- */

/* The last offsets can be markers of transactions, which nobody shows, or belong to one that is open: then
 * the end of what there is says so. */
static void note_end(struct tailing *tailing, const struct message *message)
{
    int32_t p = message->partition;
    bool is_at_end = message->end || message->offset + 1 >= tailing->ends[p];
    tailing->left -= is_at_end && !tailing->is_done[p];
    tailing->is_done[p] = tailing->is_done[p] || is_at_end;
}

static enum tail_end read_on(struct tailing *tailing, tail_batch_fn *batch, void *context)
{
    while (!tailing->options->until_end || tailing->left > 0) {
        if (stop_signal_number() != 0)
            return TAIL_INTERRUPTED;
        size_t count = consumer_take(tailing->consumer, TAKE_WAIT_MS);
        const struct message *messages = consumer_messages(tailing->consumer);
        batch(context, messages, count);
        for (size_t i = 0; i < count; i++)
            note_end(tailing, &messages[i]);
        consumer_release(tailing->consumer);
        if (consumer_events(tailing->consumer) & EVENT_FAILED)
            return failed_at_kafka(tailing, consumer_failure(tailing->consumer));
    }
    return TAIL_DONE;
}

static enum tail_end open_and_read(struct tailing *tailing, tail_batch_fn *batch, void *context)
{
    static const int32_t none[1];
    struct failure failure;
    enum tail_end end = see_topic(tailing);
    if (end != TAIL_DONE)
        return end;
    const struct consumer_options options = { .properties = tailing->options->properties,
                                              .topic = tailing->options->topic,
                                              .group = "bundelwacht-watch",
                                              .client_id = "bundelwacht-watch",
                                              .partitions = none };
    tailing->consumer = consumer_open(&options, &failure);
    if (!tailing->consumer || !consumer_assign(tailing->consumer, tailing->positions,
                                               (size_t)tailing->partitions_count, &failure))
        return failed_at_kafka(tailing, &failure);
    return read_on(tailing, batch, context);
}

enum tail_end topic_tail(const struct tail_options *options, tail_batch_fn *batch, void *context,
                         char *ret_error, size_t error_size)
{
    struct tailing *tailing = memory_alloc_zeroed(1, sizeof(*tailing));
    tailing->options = options;
    tailing->error = ret_error;
    tailing->error_size = error_size;
    stop_signal_open();
    enum tail_end end = open_and_read(tailing, batch, context);
    watchdog_set(CLOSE_SECONDS_MAX, end == TAIL_DONE || end == TAIL_INTERRUPTED ? 0 : 1,
                 "bundelwacht: closing takes too long, leaving\n");
    if (tailing->consumer)
        consumer_close(tailing->consumer);
    if (tailing->admin)
        admin_close(tailing->admin);
    watchdog_set(0, 0, NULL);
    stop_signal_close();
    memory_free(tailing);
    return end;
}
