#include "pipeline/generate.h"

#include "codec/container.h"
#include "codec/output_codec.h"
#include "system/own_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_BYTES_BUFFERED (256 * 1024)

/* --- where they go -------------------------------------------------------------------------------------- */

struct sink {
    const struct generate_options *options;
    FILE *file;
    struct topic_load *load;
    struct container_writer container;
    struct buffer value, ready; /* the record; what waits for the file */
    struct generate_result *result;
    struct topic_load_error error;
};

/* Writes the sentence, and is the end. */
__attribute__((format(printf, 3, 4)))
static enum generate_end ended(struct sink *sink, enum generate_end end, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sink->result->error, sizeof(sink->result->error), format, arguments);
    va_end(arguments);
    return end;
}

static enum generate_end ended_in_trouble(struct sink *sink)
{
    enum generate_end end = sink->error.trouble == TOPIC_UNREACHABLE     ? GENERATE_UNREACHABLE
                            : sink->error.trouble == TOPIC_MISCONFIGURED ? GENERATE_CONFIG
                                                                         : GENERATE_FAILED;
    return ended(sink, end, "%s", sink->error.text);
}

/* A pipe or a device that somebody named (/dev/stdout is a link to one) is written to as it stands; a file is
 * made, and a link to one not followed. */
static FILE *make_file(const char *path, bool force)
{
    struct stat named, meant;
    bool exists = lstat(path, &named) == 0;
    errno = EEXIST;
    if (exists && !force)
        return NULL;
    if (exists && stat(path, &meant) == 0 && !S_ISREG(meant.st_mode) && !S_ISDIR(meant.st_mode))
        return fopen(path, "wbe");
    errno = ELOOP;
    return exists && S_ISLNK(named.st_mode) ? NULL : own_file_create_stream(path);
}

static enum generate_end sink_open_file(struct sink *sink)
{
    const struct generate_options *options = sink->options;
    bool standard = strcmp(options->out, "-") == 0;
    sink->file = standard ? stdout : make_file(options->out, options->force);
    if (sink->file == NULL) {
        bool exists = errno == EEXIST;
        return ended(sink, exists ? GENERATE_EXISTS : GENERATE_FAILED, "could not write \"%s\": %s%s",
                     options->out, strerror(errno), exists ? "; --force overwrites it" : "");
    }
    if (options->avro)
        container_writer_begin(&sink->container, schema_text(SCHEMA_DECLARATION),
                               options->deflate ? CONTAINER_DEFLATE : CONTAINER_NULL, &sink->ready);
    return GENERATE_DONE;
}

static enum generate_end sink_open(struct sink *sink)
{
    if (sink->options->out != NULL)
        return sink_open_file(sink);
    sink->load = topic_load_open(&sink->options->load, &sink->error);
    return sink->load ? GENERATE_DONE : ended_in_trouble(sink);
}

static bool sink_write(struct sink *sink)
{
    bool written = sink->ready.length == 0 ||
                   fwrite(sink->ready.data, 1, sink->ready.length, sink->file) == sink->ready.length;
    buffer_clear(&sink->ready);
    return written;
}

/* The record in sink->value, or null. */
static bool sink_put(struct sink *sink, struct bytes key, bool null, int64_t submitted_at)
{
    struct bytes value = null ? BYTES_NULL : buffer_bytes(&sink->value);
    sink->result->records++;
    if (sink->load != NULL) {
        int64_t timestamp =
            sink->options->submitted_timestamps && submitted_at > 0 ? submitted_at : TOPIC_LOAD_NOW;
        return topic_load_send(sink->load, key, value, timestamp, &sink->error);
    }
    if (sink->options->avro) {
        container_writer_add(&sink->container, value, &sink->ready);
    } else {
        buffer_add_bytes(&sink->ready, value);
        buffer_add_byte(&sink->ready, '\n');
    }
    return sink->ready.length < FILE_BYTES_BUFFERED || sink_write(sink);
}

static bool sink_close(struct sink *sink)
{
    bool good = true;
    if (sink->load != NULL)
        good = topic_load_close(sink->load, &sink->error);
    if (sink->file != NULL) {
        if (sink->options->avro)
            container_writer_end(&sink->container, &sink->ready);
        good = sink_write(sink);
        good = (sink->file == stdout ? fflush(stdout) : fclose(sink->file)) == 0 && good;
    }
    buffer_release(&sink->value);
    buffer_release(&sink->ready);
    return good;
}

/* --- where they come from ------------------------------------------------------------------------------- */

static bool put_generated(struct sink *sink)
{
    const struct generate_options *options = sink->options;
    struct generator *generator = generator_new(&options->generator);
    struct generated generated;
    bool good = true;
    while (good && generator_next(generator, &generated)) {
        bool null = !generated_to_value(&generated, options->form, options->schema_id, &sink->value);
        good = sink_put(sink, generated.declaration.insured, null, generated.declaration.submitted_at);
    }
    generator_free(generator);
    return good;
}

/* One line of a file. What no Avro record can hold goes to a topic as it stands, and into no container
 * file. */
static bool put_line(struct sink *sink, struct decoder *decoder, struct bytes line)
{
    struct generated generated = { .wrong = WRONG_NOTHING };
    struct declaration *declaration = &generated.declaration;
    struct result result = decoder_decode(decoder, line, declaration);
    bool whole = result.verdict == DONE && declaration->unreadable == 0;
    if (!whole && sink->options->avro) {
        sink->result->left_out++;
        return true;
    }
    if (whole) {
        generated_to_value(&generated, sink->options->form, sink->options->schema_id, &sink->value);
    } else {
        buffer_clear(&sink->value);
        buffer_add_bytes(&sink->value, line);
    }
    bool named = result.verdict == DONE && !(declaration->unreadable & 1u << FIELD_INSURED);
    bool timed = result.verdict == DONE && !(declaration->unreadable & 1u << FIELD_SUBMITTED_AT);
    return sink_put(sink, named ? declaration->insured : BYTES_NULL, false,
                    timed ? declaration->submitted_at : 0);
}

static enum generate_end put_file(struct sink *sink, bool *ret_good)
{
    FILE *file = fopen(sink->options->from, "rb");
    if (file == NULL)
        return ended(sink, GENERATE_NO_INPUT, "could not read \"%s\": %s", sink->options->from,
                     strerror(errno));
    struct decoder *decoder = decoder_new(NULL, FRAMING_JSON, 0);
    char *line = NULL;
    size_t capacity = 0;
    for (ssize_t length; *ret_good && (length = getline(&line, &capacity, file)) >= 0;) {
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            length--;
        if (length > 0)
            *ret_good = put_line(sink, decoder, (struct bytes){ line, (size_t)length });
    }
    free(line);
    decoder_free(decoder);
    bool read = !ferror(file);
    fclose(file);
    return read ? GENERATE_DONE
                : ended(sink, GENERATE_NO_INPUT, "could not read all of \"%s\"", sink->options->from);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What became of the sink, when nothing was wrong with the source. */
static enum generate_end end_of(struct sink *sink, bool good)
{
    const struct generate_options *options = sink->options;
    if (!good && sink->file == stdout && errno == EPIPE)
        return GENERATE_DONE; /* `generate --out - | head`: whoever read it has had enough */
    if (!good && options->out != NULL)
        return ended(sink, GENERATE_FAILED, "could not write \"%s\": %s", options->out, strerror(errno));
    if (!good)
        return ended_in_trouble(sink);
    if (sink->container.marker_inside) /* the output may be a pipe: there is no second try */
        return ended(sink, GENERATE_DAMAGED,
                     "a record of \"%s\" holds the sync marker that the Avro file has; write JSON lines",
                     options->from ? options->from : "the seed");
    return GENERATE_DONE;
}

enum generate_end generate(const struct generate_options *options, struct generate_result *ret_result)
{
    struct sink sink = { .options = options, .result = ret_result };
    bool good = true;
    *ret_result = (struct generate_result){ .records = 0 };
    enum generate_end end = sink_open(&sink);
    if (end != GENERATE_DONE)
        return end;
    double begin = seconds_now();
    if (options->from != NULL)
        end = put_file(&sink, &good);
    else
        good = put_generated(&sink);
    good = sink_close(&sink) && good;
    ret_result->seconds = seconds_now() - begin;
    return end == GENERATE_DONE ? end_of(&sink, good) : end;
}
