#include "pipeline/replay_output.h"

#include "base/memory.h"
#include "codec/container.h"
#include "codec/output_codec.h"
#include "system/own_file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { ERROR_BYTES = 512, PATH_BYTES = 4096, SPILL_BYTES = 1 << 20 };

/* What a partition has for one file: in memory first, in a part file beyond SPILL_BYTES. */
struct sink {
    struct buffer bytes;
    struct container_writer writer;
    bool writer_open, spilled;
};

struct replay_output {
    struct replay_output_options options;
    struct sink *sinks; /* [partitions × topics] */
    struct buffer header[TOPIC_COUNT]; /* of Avro files */
    char error[ERROR_BYTES];
};

static const enum schema_name schema_of_topic[TOPIC_COUNT] = { SCHEMA_DECISION, SCHEMA_EPISODE, SCHEMA_ALERT,
                                                               SCHEMA_DEAD_LETTER };

static bool fail(struct replay_output *output, const char *what, const char *path)
{
    snprintf(output->error, sizeof(output->error), "could not %s \"%.300s\": %s", what, path,
             strerror(errno));
    return false;
}

static void file_path(const struct replay_output *output, enum output_topic topic, const char *ending,
                      char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s.%s%s", output->options.directory, output_topic_names[topic],
             output->options.format == REPLAY_JSON_LINES ? "jsonl" : "avro", ending);
}

static void part_path(const struct replay_output *output, enum output_topic topic, int32_t partition,
                      char path[PATH_BYTES])
{
    char ending[32];
    snprintf(ending, sizeof(ending), ".part-%d", (int)partition);
    file_path(output, topic, ending, path);
}

static struct sink *sink_of(struct replay_output *output, int32_t partition, enum output_topic topic)
{
    return &output->sinks[(size_t)partition * TOPIC_COUNT + topic];
}

/* --- opening --- */

static bool any_exists(const struct replay_output *output, char path[PATH_BYTES])
{
    for (enum output_topic topic = 0; topic < TOPIC_COUNT; topic++) {
        file_path(output, topic, "", path);
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

/* The head of each Avro file; the sinks' own heads are thrown away, their blocks follow this one. */
static void sinks_begin(struct replay_output *output)
{
    struct buffer head = { 0 };
    for (int32_t partition = 0; partition < output->options.partitions_count; partition++) {
        for (enum output_topic topic = 0; topic < TOPIC_COUNT; topic++) {
            struct sink *sink = sink_of(output, partition, topic);
            struct buffer *into = partition == 0 ? &output->header[topic] : &head;
            container_writer_begin(&sink->writer, schema_text(schema_of_topic[topic]), CONTAINER_NULL, into);
            sink->writer_open = true;
            buffer_clear(&head);
        }
    }
    buffer_release(&head);
}

enum output_open replay_output_open(const struct replay_output_options *options,
                                    struct replay_output **ret_output, char *ret_error, size_t error_size)
{
    char path[PATH_BYTES];
    struct replay_output *output = memory_alloc_zeroed(1, sizeof(*output));
    output->options = *options;
    enum output_open open = OUTPUT_READY;
    if (!own_directory_make(options->directory)) {
        snprintf(ret_error, error_size, "could not make the directory \"%s\": %s", options->directory,
                 strerror(errno));
        open = OUTPUT_FAILED;
    } else if (any_exists(output, path) && !options->overwrite) {
        snprintf(ret_error, error_size, "\"%s\" exists: say --force to overwrite it, or another --out", path);
        open = OUTPUT_EXISTS;
    }
    if (open != OUTPUT_READY) {
        memory_free(output);
        return open;
    }
    output->sinks =
        memory_alloc_zeroed((size_t)options->partitions_count * TOPIC_COUNT, sizeof(*output->sinks));
    if (options->format == REPLAY_AVRO)
        sinks_begin(output);
    *ret_output = output;
    return OUTPUT_READY;
}

/* --- taking --- */

static bool sink_spill(struct replay_output *output, struct sink *sink, const char *path)
{
    FILE *file = sink->spilled ? own_file_reopen_stream(path, "ab") : own_file_create_stream(path);
    if (!file)
        return fail(output, "write", path);
    sink->spilled = true;
    bool written = fwrite(sink->bytes.data, 1, sink->bytes.length, file) == sink->bytes.length;
    written = fclose(file) == 0 && written;
    buffer_clear(&sink->bytes);
    return written || fail(output, "write", path);
}

bool replay_output_take(struct replay_output *output, int32_t partition, const struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->count; i++) {
        const struct outbox_record *record = &outbox->records[i];
        struct sink *sink = sink_of(output, partition, record->topic);
        struct bytes value = outbox_value(outbox, record);
        if (output->options.format == REPLAY_AVRO) {
            container_writer_add(&sink->writer, value, &sink->bytes);
        } else {
            buffer_add_bytes(&sink->bytes, value);
            buffer_add_byte(&sink->bytes, '\n');
        }
        if (sink->bytes.length >= SPILL_BYTES) {
            char path[PATH_BYTES];
            part_path(output, record->topic, partition, path);
            if (!sink_spill(output, sink, path))
                return false;
        }
    }
    return true;
}

/* --- putting together --- */

static bool copy_part(struct replay_output *output, FILE *into, const char *path)
{
    char room[1 << 16];
    FILE *part = own_file_reopen_stream(path, "rb");
    if (!part)
        return fail(output, "read", path);
    bool fine = true;
    for (size_t read; fine && (read = fread(room, 1, sizeof(room), part)) > 0;)
        fine = fwrite(room, 1, read, into) == read;
    fine = !ferror(part) && fine;
    fclose(part);
    return fine || fail(output, "copy", path);
}

static bool sink_finish(struct replay_output *output, int32_t partition, enum output_topic topic, FILE *into)
{
    char path[PATH_BYTES];
    struct sink *sink = sink_of(output, partition, topic);
    part_path(output, topic, partition, path);
    if (sink->writer_open)
        container_writer_end(&sink->writer, &sink->bytes);
    sink->writer_open = false;
    if (sink->spilled && (!copy_part(output, into, path) || unlink(path) != 0))
        return false;
    sink->spilled = false;
    bool written =
        fwrite(sink->bytes.data ? sink->bytes.data : "", 1, sink->bytes.length, into) == sink->bytes.length;
    buffer_release(&sink->bytes);
    return written;
}

static bool marker_is_inside(struct replay_output *output, enum output_topic topic)
{
    bool inside = false;
    for (int32_t partition = 0; partition < output->options.partitions_count; partition++)
        inside |= sink_of(output, partition, topic)->writer.marker_inside;
    return inside;
}

/* Somebody sent a record that holds the sync marker of this file, as a letter's value may: the file gets
 * another (§12). */
static bool topic_remark(struct replay_output *output, enum output_topic topic, const char *unfinished)
{
    char path[PATH_BYTES];
    file_path(output, topic, ".part-marked", path);
    FILE *from = fopen(unfinished, "rb"), *into = fopen(path, "wb");
    bool fine =
        from && into && container_remark(from, schema_text(schema_of_topic[topic]), CONTAINER_NULL, into);
    if (from)
        fclose(from);
    if (into)
        fine = fclose(into) == 0 && fine;
    fine = fine && rename(path, unfinished) == 0;
    if (!fine)
        unlink(path);
    return fine;
}

static bool topic_finish(struct replay_output *output, enum output_topic topic)
{
    char path[PATH_BYTES], unfinished[PATH_BYTES];
    file_path(output, topic, "", path);
    file_path(output, topic, ".part", unfinished);
    FILE *into = own_file_create_stream(unfinished);
    if (!into)
        return fail(output, "write", unfinished);
    struct bytes header = buffer_bytes(&output->header[topic]);
    bool fine = fwrite(header.data, 1, header.length, into) == header.length;
    for (int32_t partition = 0; fine && partition < output->options.partitions_count; partition++)
        fine = sink_finish(output, partition, topic, into);
    fine = fclose(into) == 0 && fine;
    if (fine && marker_is_inside(output, topic))
        fine = topic_remark(output, topic, unfinished);
    if (!fine || rename(unfinished, path) != 0)
        return fail(output, "write", path);
    return true;
}

bool replay_output_finish(struct replay_output *output)
{
    for (enum output_topic topic = 0; topic < TOPIC_COUNT; topic++)
        if (!topic_finish(output, topic))
            return false;
    return true;
}

const char *replay_output_error(const struct replay_output *output)
{
    return output->error;
}

static void sink_free(struct replay_output *output, int32_t partition, enum output_topic topic)
{
    char path[PATH_BYTES];
    struct sink *sink = sink_of(output, partition, topic);
    if (sink->writer_open)
        container_writer_end(&sink->writer, &sink->bytes);
    buffer_release(&sink->bytes);
    if (!sink->spilled)
        return;
    part_path(output, topic, partition, path);
    unlink(path);
}

void replay_output_free(struct replay_output *output)
{
    if (!output)
        return;
    for (enum output_topic topic = 0; topic < TOPIC_COUNT; topic++) {
        for (int32_t partition = 0; partition < output->options.partitions_count; partition++)
            sink_free(output, partition, topic);
        buffer_release(&output->header[topic]);
    }
    memory_free(output->sinks);
    memory_free(output);
}
