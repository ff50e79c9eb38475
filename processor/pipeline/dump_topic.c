#include "pipeline/dump_topic.h"

#include "base/limits.h"
#include "base/memory.h"
#include "ops/log.h"
#include "pipeline/dump_file.h"
#include "stream/consumer.h"
#include "stream/topics.h"
#include "system/own_file.h"
#include "system/stop_signal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* Partitions read at a time: each has a file open. */
enum { TOGETHER_MAX = 64, TAKE_WAIT_MS = 100, CLOSE_SECONDS_MAX = 30 };

struct part {
    struct dump_writer *writer;
    int64_t end;
    bool done;
};
struct dumping {
    const struct dump_topic_options *options;
    struct admin *admin;
    struct consumer *consumer;
    int32_t partitions_count;
    int32_t first, count; /* of those that are read now */
    struct part parts[TOGETHER_MAX];
    struct position positions[TOGETHER_MAX];
    int64_t records_count;
    char *error;
    size_t error_size;
};

static enum dump_topic_end failed(struct dumping *dumping, enum dump_topic_end end, const char *text)
{
    snprintf(dumping->error, dumping->error_size, "%s", text);
    return end;
}

static enum dump_topic_end failed_at_kafka(struct dumping *dumping, const struct failure *failure)
{
    enum dump_topic_end end = failure->cause == CAUSE_UNREACHABLE ? DUMP_TOPIC_UNREACHABLE
                            : failure->cause == CAUSE_CONFIG      ? DUMP_TOPIC_CONFIG
                                                                  : DUMP_TOPIC_FAILED;
    return failed(dumping, end, failure->text);
}

/* --- files --- */

static enum dump_topic_end open_file(struct dumping *dumping, int32_t partition, struct part *part)
{
    char path[PATH_MAX], text[PATH_MAX + 100];
    struct dump_head head = { bytes_of(dumping->options->topic), partition, dumping->partitions_count };
    if (!dump_path(path, sizeof(path), dumping->options->directory, &head))
        return failed(dumping, DUMP_TOPIC_FAILED, "the directory's name is too long");
    if (!dumping->options->overwrite && access(path, F_OK) == 0) {
        snprintf(text, sizeof(text), "\"%s\" exists; --force overwrites it", path);
        return failed(dumping, DUMP_TOPIC_EXISTS, text);
    }
    part->writer = dump_writer_open(path, &head, dumping->error, dumping->error_size);
    return part->writer ? DUMP_TOPIC_DONE : DUMP_TOPIC_FAILED;
}

static enum dump_topic_end open_part(struct dumping *dumping, int32_t i)
{
    struct failure failure;
    int64_t begin;
    struct part *part = &dumping->parts[i];
    int32_t partition = dumping->first + i;
    *part = (struct part){ 0 };
    enum dump_topic_end end = open_file(dumping, partition, part);
    if (end != DUMP_TOPIC_DONE)
        return end;
    if (!admin_ends(dumping->admin, dumping->options->topic, partition, &begin, &part->end, &failure))
        return failed_at_kafka(dumping, &failure);
    if (begin > 0)
        log_say(LOG_WARNING,
                "\"%s\" partition %d begins at offset %lld: a replay of this dump is not what run sends",
                dumping->options->topic, (int)partition, (long long)begin);
    dumping->positions[i] = (struct position){ .partition = partition, .offset = begin };
    part->done = begin >= part->end;
    return DUMP_TOPIC_DONE;
}

static enum dump_topic_end close_parts(struct dumping *dumping, enum dump_topic_end end)
{
    char error[256];
    for (int32_t i = 0; i < dumping->count; i++) {
        if (!dumping->parts[i].writer)
            continue;
        if (end == DUMP_TOPIC_DONE && !dump_writer_close(dumping->parts[i].writer, error, sizeof(error)))
            end = failed(dumping, DUMP_TOPIC_FAILED, error);
        else if (end != DUMP_TOPIC_DONE)
            dump_writer_abandon(dumping->parts[i].writer);
        dumping->parts[i].writer = NULL;
    }
    return end;
}

/* --- reading --- */

static bool write_message(struct dumping *dumping, const struct message *message)
{
    int32_t i = message->partition - dumping->first;
    if (i < 0 || i >= dumping->count || dumping->parts[i].done)
        return true;
    struct part *part = &dumping->parts[i];
    if (!message->end && message->offset < part->end) {
        struct dump_record record = { message->offset, message->timestamp, message->key, message->value };
        if (!dump_writer_add(part->writer, &record))
            return false;
        dumping->records_count++;
    }
    /* The last offsets can be markers of transactions, which nobody shows: then the end says so. */
    part->done = message->offset + (message->end ? 0 : 1) >= part->end;
    return true;
}

static bool all_done(const struct dumping *dumping)
{
    for (int32_t i = 0; i < dumping->count; i++)
        if (!dumping->parts[i].done)
            return false;
    return true;
}

static enum dump_topic_end read_parts(struct dumping *dumping)
{
    bool written = true;
    while (!all_done(dumping)) {
        if (stop_signal_number() != 0)
            return failed(dumping, DUMP_TOPIC_INTERRUPTED, "interrupted");
        size_t count = consumer_take(dumping->consumer, TAKE_WAIT_MS);
        const struct message *messages = consumer_messages(dumping->consumer);
        for (size_t i = 0; i < count && written; i++)
            written = write_message(dumping, &messages[i]);
        consumer_release(dumping->consumer);
        if (!written)
            return failed(dumping, DUMP_TOPIC_FAILED, "could not write the dump: is the disk full?");
        if (consumer_events(dumping->consumer) & EVENT_FAILED)
            return failed_at_kafka(dumping, consumer_failure(dumping->consumer));
    }
    return DUMP_TOPIC_DONE;
}

static enum dump_topic_end dump_parts(struct dumping *dumping)
{
    struct failure failure;
    enum dump_topic_end end = DUMP_TOPIC_DONE;
    int32_t left = dumping->partitions_count - dumping->first;
    dumping->count = 0;
    for (int32_t i = 0; i < left && i < TOGETHER_MAX && end == DUMP_TOPIC_DONE; i++) {
        end = open_part(dumping, i);
        dumping->count = i + 1;
    }
    if (end == DUMP_TOPIC_DONE &&
        !consumer_assign(dumping->consumer, dumping->positions, (size_t)dumping->count, &failure))
        end = failed_at_kafka(dumping, &failure);
    if (end == DUMP_TOPIC_DONE)
        end = read_parts(dumping);
    return close_parts(dumping, end);
}

static enum dump_topic_end dump_all(struct dumping *dumping)
{
    enum dump_topic_end end = DUMP_TOPIC_DONE;
    for (dumping->first = 0; dumping->first < dumping->partitions_count && end == DUMP_TOPIC_DONE;
         dumping->first += TOGETHER_MAX)
        end = dump_parts(dumping);
    return end;
}

/* --- opening --- */

static enum dump_topic_end see_topic(struct dumping *dumping)
{
    struct failure failure;
    char text[TOPIC_NAME_BYTES_MAX + 40];
    if (strlen(dumping->options->topic) > TOPIC_NAME_BYTES_MAX)
        return failed(dumping, DUMP_TOPIC_NO_TOPIC, "the topic's name is longer than Kafka allows");
    if (!(dumping->admin = admin_open(dumping->options->properties, &failure)) ||
        !admin_partitions(dumping->admin, dumping->options->topic, &dumping->partitions_count, &failure))
        return failed_at_kafka(dumping, &failure);
    snprintf(text, sizeof(text), "there is no topic \"%s\"", dumping->options->topic);
    if (dumping->partitions_count == 0)
        return failed(dumping, DUMP_TOPIC_NO_TOPIC, text);
    return dumping->partitions_count <= PARTITIONS_MAX
               ? DUMP_TOPIC_DONE
               : failed(dumping, DUMP_TOPIC_CONFIG, "the topic has too many partitions");
}

static enum dump_topic_end open_and_dump(struct dumping *dumping)
{
    static const int32_t none[1];
    struct failure failure;
    enum dump_topic_end end = see_topic(dumping);
    if (end != DUMP_TOPIC_DONE)
        return end;
    if (!own_directory_make(dumping->options->directory)) {
        char text[PATH_MAX + 60];
        snprintf(text, sizeof(text), "could not make the directory \"%s\": %s", dumping->options->directory,
                 strerror(errno));
        return failed(dumping, DUMP_TOPIC_FAILED, text);
    }
    const struct consumer_options options = {
        .properties = dumping->options->properties,
        .topic = dumping->options->topic,
        .group = "bundelwacht-dump",
        .client_id = "bundelwacht-dump",
        .read_uncommitted = dumping->options->read_uncommitted,
        .partitions = none, /* each set of partitions is assigned when its turn comes */
    };
    dumping->consumer = consumer_open(&options, &failure);
    return dumping->consumer ? dump_all(dumping) : failed_at_kafka(dumping, &failure);
}

enum dump_topic_end dump_topic(const struct dump_topic_options *options, int64_t *ret_records_count,
                               char *ret_error, size_t error_size)
{
    struct dumping *dumping = memory_alloc_zeroed(1, sizeof(*dumping));
    dumping->options = options;
    dumping->error = ret_error;
    dumping->error_size = error_size;
    stop_signal_open();
    enum dump_topic_end end = open_and_dump(dumping);
    *ret_records_count = dumping->records_count;
    /* librdkafka's closing can hang; the files are complete by now, or were never begun. */
    watchdog_set(CLOSE_SECONDS_MAX, end == DUMP_TOPIC_DONE ? 0 : 1,
                 "bundelwacht: closing takes too long, leaving\n");
    if (dumping->consumer)
        consumer_close(dumping->consumer);
    if (dumping->admin)
        admin_close(dumping->admin);
    stop_signal_close();
    memory_free(dumping);
    return end;
}
