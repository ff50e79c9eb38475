#include "base/must.h"
#include "codec/container.h"
#include "codec/output_codec.h"
#include "commands/commands.h"
#include "engine/calendar.h"
#include "pipeline/generator.h"
#include "pipeline/topic_load.h"
#include "system/own_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_BYTES_BUFFERED (256 * 1024)

enum file_format { FORMAT_BY_NAME = -1, FORMAT_JSON_LINES, FORMAT_AVRO };

struct settings_of_generate {
    struct generator_options generator;
    const char *from, *out;
    struct topic_load_options load;
    struct option_texts properties;
    int32_t format;  /* enum file_format */
    int32_t framing; /* of what the command line says; `form` is what follows */
    enum framing form;
    uint32_t schema_id;
    bool avro, deflate, force, submitted_timestamps;
};
static const struct settings_of_generate defaults = {
    .generator = { .seed = 1, .lines = 100000, .days = GENERATOR_DAYS, .start = OPTION_NO_DAY },
    .schema_id = 1,
    .format = FORMAT_BY_NAME,
};

/* --- the command line -------------------------------------------------------------------------------------------------- */

static const struct option rows[] = {
    NUMBER(settings_of_generate, generator.lines, "lines", "N", 1, 1000000000000, "records in all"),
    NUMBER(settings_of_generate, generator.persons, "persons", "N", 1, INT32_MAX,
           "persons they are about (one for every 20 lines, at least 1000)"),
    NUMBER(settings_of_generate, generator.seed, "seed", "N", 0, INT64_MAX,
           "the same seed gives the same bytes"),
    DAY(settings_of_generate, generator.start, "start", "DATE",
        "of the first submission (" GENERATOR_START ")"),
    NUMBER(settings_of_generate, generator.days, "days", "N", 1, 20000,
           "over which the submissions are spread"),
    CHOICE(settings_of_generate, generator.mix, "mix", "national|identity",
           "all kinds of care, or 99 of 100 lines without a bundle"),
    NUMBER(settings_of_generate, generator.bad_per_mille, "bad-per-mille", "N", 0, 1000,
           "records that must end as dead letters"),
    TEXT(settings_of_generate, from, "from", "FILE.jsonl", 0, "declarations of a file instead of a seed's"),
    TEXT(settings_of_generate, out, "out", "FILE|-", 0, "a file, or standard output"),
    CHOICE(settings_of_generate, format, "format", "jsonl|avro",
           "of the file (avro when its name ends in .avro, else jsonl)"),
    CHOICE(settings_of_generate, deflate, "codec", "null|deflate", "of an Avro file"),
    SWITCH(settings_of_generate, force, "force", "overwrite the file"),
    TEXT(settings_of_generate, load.bootstrap_servers, "bootstrap-servers", "HOST:PORT", 0, "of the brokers"),
    TEXT(settings_of_generate, load.topic, "topic", "TOPIC", 0, "into which they go"),
    CHOICE(settings_of_generate, framing, "framing", "confluent|raw|json", "of the values in the topic"),
    NUMBER(settings_of_generate, schema_id, "schema-id", "N", 0, UINT32_MAX,
           "in front of them with framing confluent"),
    CHOICE(settings_of_generate, submitted_timestamps, "timestamps", "now|submitted",
           "of the records in the topic"),
    TEXTS(settings_of_generate, properties, "property", "NAME=VALUE", TOPIC_LOAD_PROPERTIES_MAX,
          OPTION_PROPERTY, NULL, "of librdkafka; as often as needed"),
};
static const char *const forms[] = { "[OPTION ...] --out FILE|-",
                                     "[OPTION ...] --bootstrap-servers HOST:PORT --topic TOPIC", NULL };
const struct options generate_options = {
    .command = "generate",
    .forms = forms,
    .about = "Declarations from a seed, or those of a file with --from, into a file or into a Kafka\n"
             "topic.",
    .rows = rows,
    .rows_count = COUNT(rows),
    .defaults = &defaults,
};

static bool ends_in_avro(const char *path)
{
    return path && strlen(path) > 5 && strcmp(path + strlen(path) - 5, ".avro") == 0;
}

/* What follows from the words that were said. */
static void settle(struct settings_of_generate *settings)
{
    static const enum framing framings[] = { FRAMING_CONFLUENT, FRAMING_RAW, FRAMING_JSON };
    if (settings->generator.start == OPTION_NO_DAY)
        must(day_from_text(BYTES(GENERATOR_START), &settings->generator.start));
    settings->avro =
        settings->format == FORMAT_BY_NAME ? ends_in_avro(settings->out) : settings->format == FORMAT_AVRO;
    settings->form = settings->load.topic ? framings[settings->framing]
                     : settings->avro     ? FRAMING_RAW
                                          : FRAMING_JSON;
    settings->load.properties = (const char *const *)settings->properties.items;
    settings->load.properties_count = settings->properties.count;
}

/* False: the command ends with *ret_code. */
static bool read_words(int argc, char **argv, struct settings_of_generate *settings, int *ret_code)
{
    struct arguments arguments;
    const struct topic_load_options *load = &settings->load;
    if (!options_read(&generate_options, argc, argv, settings, &arguments, ret_code))
        return false;
    if ((load->topic == NULL) != (load->bootstrap_servers == NULL))
        *ret_code = options_refuse(&generate_options, "--bootstrap-servers and --topic go together");
    else if ((load->topic != NULL) == (settings->out != NULL))
        *ret_code = options_refuse(&generate_options, "either --out, or --bootstrap-servers and --topic");
    else
        settle(settings);
    return *ret_code == EXIT_DONE;
}

/* --- where they go ------------------------------------------------------------------------------------------------------- */

struct sink {
    const struct settings_of_generate *settings;
    FILE *file;
    struct topic_load *load;
    struct container_writer container;
    struct buffer value, ready; /* the record; what waits for the file */
    int64_t records, left_out;
    struct topic_load_error error;
};

static int exit_of_trouble(const struct topic_load_error *error)
{
    fprintf(stderr, "bundelwacht generate: %s\n", error->text);
    return error->trouble == TOPIC_UNREACHABLE ? EXIT_UNREACHABLE : error->trouble == TOPIC_MISCONFIGURED ? EXIT_CONFIG : EXIT_FAILED;
}

/* A pipe or a device that somebody named (/dev/stdout is a link to one) is written to as it stands; a file is made, and a link to one not
 * followed. */
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

static int sink_open_file(struct sink *sink)
{
    const char *path = sink->settings->out;
    if (strcmp(path, "-") == 0) {
        sink->file = stdout;
    } else {
        sink->file = make_file(path, sink->settings->force);
        if (sink->file == NULL) {
            bool exists = errno == EEXIST;
            fprintf(stderr, "bundelwacht generate: could not write \"%s\": %s%s\n", path, strerror(errno),
                    exists ? "; --force overwrites it" : "");
            return exists ? EXIT_EXISTS : EXIT_FAILED;
        }
    }
    if (sink->settings->avro)
        container_writer_begin(&sink->container, schema_text(SCHEMA_DECLARATION),
                               sink->settings->deflate ? CONTAINER_DEFLATE : CONTAINER_NULL, &sink->ready);
    return EXIT_DONE;
}

static int sink_open(struct sink *sink)
{
    if (sink->settings->out != NULL)
        return sink_open_file(sink);
    sink->load = topic_load_open(&sink->settings->load, &sink->error);
    return sink->load ? EXIT_DONE : exit_of_trouble(&sink->error);
}

static bool sink_write(struct sink *sink)
{
    bool written = sink->ready.length == 0 || fwrite(sink->ready.data, 1, sink->ready.length, sink->file) == sink->ready.length;
    buffer_clear(&sink->ready);
    return written;
}

/* The record in sink->value, or null. */
static bool sink_put(struct sink *sink, struct bytes key, bool null, int64_t submitted_at)
{
    struct bytes value = null ? BYTES_NULL : buffer_bytes(&sink->value);
    sink->records++;
    if (sink->load != NULL) {
        int64_t timestamp = sink->settings->submitted_timestamps && submitted_at > 0 ? submitted_at : TOPIC_LOAD_NOW;
        return topic_load_send(sink->load, key, value, timestamp, &sink->error);
    }
    if (sink->settings->avro) {
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
        if (sink->settings->avro)
            container_writer_end(&sink->container, &sink->ready);
        good = sink_write(sink);
        good = (sink->file == stdout ? fflush(stdout) : fclose(sink->file)) == 0 && good;
    }
    buffer_release(&sink->value);
    buffer_release(&sink->ready);
    return good;
}

/* --- where they come from --------------------------------------------------------------------------------------------------- */

static bool put_generated(struct sink *sink)
{
    const struct settings_of_generate *settings = sink->settings;
    struct generator *generator = generator_new(&settings->generator);
    struct generated generated;
    bool good = true;
    while (good && generator_next(generator, &generated)) {
        bool null = !generated_to_value(&generated, settings->form, settings->schema_id, &sink->value);
        good = sink_put(sink, generated.declaration.insured, null, generated.declaration.submitted_at);
    }
    generator_free(generator);
    return good;
}

/* One line of a file. What no Avro record can hold goes to a topic as it stands, and into no container file. */
static bool put_line(struct sink *sink, struct decoder *decoder, struct bytes line)
{
    struct generated generated = { .wrong = WRONG_NOTHING };
    struct declaration *declaration = &generated.declaration;
    struct result result = decoder_decode(decoder, line, declaration);
    bool whole = result.verdict == DONE && declaration->unreadable == 0;
    if (!whole && sink->settings->avro) {
        sink->left_out++;
        return true;
    }
    if (whole) {
        generated_to_value(&generated, sink->settings->form, sink->settings->schema_id, &sink->value);
    } else {
        buffer_clear(&sink->value);
        buffer_add_bytes(&sink->value, line);
    }
    bool named = result.verdict == DONE && !(declaration->unreadable & 1u << FIELD_INSURED);
    bool timed = result.verdict == DONE && !(declaration->unreadable & 1u << FIELD_SUBMITTED_AT);
    return sink_put(sink, named ? declaration->insured : BYTES_NULL, false, timed ? declaration->submitted_at : 0);
}

static int put_file(struct sink *sink, bool *ret_good)
{
    FILE *file = fopen(sink->settings->from, "rb");
    if (file == NULL) {
        fprintf(stderr, "bundelwacht generate: could not read \"%s\": %s\n", sink->settings->from, strerror(errno));
        return EXIT_NO_INPUT;
    }
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
    return read ? EXIT_DONE : EXIT_NO_INPUT;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int generate_command(int argc, char **argv)
{
    struct settings_of_generate settings = defaults;
    int code = EXIT_DONE;
    if (!read_words(argc, argv, &settings, &code))
        return code;
    struct sink sink = { .settings = &settings };
    code = sink_open(&sink);
    if (code != EXIT_DONE)
        return code;
    double begin = seconds_now();
    bool good = true;
    if (settings.from != NULL)
        code = put_file(&sink, &good);
    else
        good = put_generated(&sink);
    good = sink_close(&sink) && good;
    double seconds = seconds_now() - begin;
    if (code != EXIT_DONE)
        return code;
    if (!good && settings.out != NULL) {
        fprintf(stderr, "bundelwacht generate: could not write \"%s\": %s\n", settings.out, strerror(errno));
        return EXIT_FAILED;
    }
    if (!good)
        return exit_of_trouble(&sink.error);
    if (sink.container.marker_inside) { /* the output may be a pipe: there is no second try */
        fprintf(stderr, "bundelwacht generate: a record of \"%s\" holds the sync marker that the Avro file has; write JSON lines\n",
                settings.from ? settings.from : "the seed");
        return EXIT_DATA;
    }
    fprintf(stderr, "%lld records in %.2f s, %.0f a second", (long long)sink.records, seconds, (double)sink.records / (seconds + 1e-9));
    if (sink.left_out > 0)
        fprintf(stderr, "; %lld left out that no Avro record can hold", (long long)sink.left_out);
    fprintf(stderr, "\n");
    return EXIT_DONE;
}
