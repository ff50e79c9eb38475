#include "base/must.h"
#include "codec/container.h"
#include "codec/output_codec.h"
#include "commands/commands.h"
#include "commands/secrets.h"
#include "engine/calendar.h"
#include "pipeline/generator.h"
#include "pipeline/topic_load.h"
#include "system/own_file.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_BYTES_BUFFERED (256 * 1024)

struct settings_of_generate {
    struct generator_options generator;
    const char *from, *out, *topic;
    struct topic_load_options load;
    const char *properties[TOPIC_LOAD_PROPERTIES_MAX];
    enum framing framing;
    uint32_t schema_id;
    bool avro, deflate, force, submitted_timestamps;
};

static void usage(FILE *stream)
{
    fprintf(stream,
            "usage: bundelwacht generate --lines N --out FILE|-                        declarations into a file\n"
            "       bundelwacht generate --lines N --bootstrap-servers H --topic T     declarations into a Kafka topic\n"
            "       bundelwacht generate --from FILE.jsonl ...                         those of a file instead of a seed's\n\n"
            "  --lines N              records in all (100000)\n"
            "  --persons N            persons they are about (one for every 20 lines, at least 1000)\n"
            "  --seed N               the same seed gives the same bytes (1)\n"
            "  --start DATE           of the first submission (" GENERATOR_START ")\n"
            "  --days N               over which the submissions are spread (%d)\n"
            "  --mix national|identity  all kinds of care, or 99 of 100 lines without a bundle (national)\n"
            "  --bad-per-mille N      records that must end as dead letters (0)\n"
            "  --out FILE|-           a file, or standard output\n"
            "  --format jsonl|avro    of the file (avro when its name ends in .avro)\n"
            "  --codec null|deflate   of an Avro file (null)\n"
            "  --force                overwrite the file\n"
            "  --framing confluent|raw|json  of the values in the topic (confluent)\n"
            "  --schema-id N          in front of them with framing confluent (1)\n"
            "  --timestamps now|submitted    of the records in the topic (now)\n"
            "  --property NAME=VALUE  of librdkafka; as often as needed\n",
            GENERATOR_DAYS);
}

static int usage_error(const char *text, const char *what)
{
    fprintf(stderr, "bundelwacht generate: %s%s%s\n", text, what ? " " : "", what ? what : "");
    fprintf(stderr, "bundelwacht generate --help tells the options\n");
    return EXIT_USAGE;
}

/* --- the command line -------------------------------------------------------------------------------------------------- */

static bool number_of(const char *text, int64_t low, int64_t high, int64_t *ret)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != 0 || number < low || number > high)
        return false;
    *ret = number;
    return true;
}

/* The place of a word among others, or -1. */
static int choice_of(const char *text, const char *const words[], int count)
{
    for (int at = 0; at < count; at++)
        if (strcmp(text, words[at]) == 0)
            return at;
    return -1;
}

enum option_code {
    OPTION_LINES = 256, OPTION_PERSONS, OPTION_SEED, OPTION_START, OPTION_DAYS, OPTION_MIX, OPTION_BAD, OPTION_OUT, OPTION_FORMAT,
    OPTION_CODEC, OPTION_FORCE, OPTION_FROM, OPTION_BOOTSTRAP, OPTION_TOPIC, OPTION_FRAMING, OPTION_SCHEMA_ID, OPTION_TIMESTAMPS,
    OPTION_PROPERTY,
};

static const struct option long_options[] = {
    { "lines", required_argument, NULL, OPTION_LINES },
    { "persons", required_argument, NULL, OPTION_PERSONS },
    { "seed", required_argument, NULL, OPTION_SEED },
    { "start", required_argument, NULL, OPTION_START },
    { "days", required_argument, NULL, OPTION_DAYS },
    { "mix", required_argument, NULL, OPTION_MIX },
    { "bad-per-mille", required_argument, NULL, OPTION_BAD },
    { "out", required_argument, NULL, OPTION_OUT },
    { "format", required_argument, NULL, OPTION_FORMAT },
    { "codec", required_argument, NULL, OPTION_CODEC },
    { "force", no_argument, NULL, OPTION_FORCE },
    { "from", required_argument, NULL, OPTION_FROM },
    { "bootstrap-servers", required_argument, NULL, OPTION_BOOTSTRAP },
    { "topic", required_argument, NULL, OPTION_TOPIC },
    { "framing", required_argument, NULL, OPTION_FRAMING },
    { "schema-id", required_argument, NULL, OPTION_SCHEMA_ID },
    { "timestamps", required_argument, NULL, OPTION_TIMESTAMPS },
    { "property", required_argument, NULL, OPTION_PROPERTY },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static bool set_number(struct settings_of_generate *settings, int code, const char *text)
{
    struct generator_options *generator = &settings->generator;
    int64_t number = 0;
    switch (code) {
    case OPTION_LINES: return number_of(text, 1, 1000000000000, &generator->lines);
    case OPTION_PERSONS: return number_of(text, 1, INT32_MAX, &generator->persons);
    case OPTION_SEED: {
        bool good = number_of(text, 0, INT64_MAX, &number);
        generator->seed = (uint64_t)number;
        return good;
    }
    case OPTION_DAYS: {
        bool good = number_of(text, 1, 20000, &number);
        generator->days = (int32_t)number;
        return good;
    }
    case OPTION_BAD: {
        bool good = number_of(text, 0, 1000, &number);
        generator->bad_per_mille = (int32_t)number;
        return good;
    }
    case OPTION_SCHEMA_ID: {
        bool good = number_of(text, 0, UINT32_MAX, &number);
        settings->schema_id = (uint32_t)number;
        return good;
    }
    default: return false;
    }
}

static bool set_choice(struct settings_of_generate *settings, int code, const char *text)
{
    static const char *const formats[] = { "jsonl", "avro" }, *const codecs[] = { "null", "deflate" },
                      *const framings[] = { "confluent", "raw", "json" }, *const timestamps[] = { "now", "submitted" },
                      *const mixes[] = { "national", "identity" };
    static const enum framing framing_of[] = { FRAMING_CONFLUENT, FRAMING_RAW, FRAMING_JSON };
    int at = -1;
    switch (code) {
    case OPTION_FORMAT: at = choice_of(text, formats, 2), settings->avro = at == 1; break;
    case OPTION_CODEC: at = choice_of(text, codecs, 2), settings->deflate = at == 1; break;
    case OPTION_TIMESTAMPS: at = choice_of(text, timestamps, 2), settings->submitted_timestamps = at == 1; break;
    case OPTION_MIX: at = choice_of(text, mixes, 2), settings->generator.mix = at == 1 ? MIX_IDENTITY : MIX_NATIONAL; break;
    case OPTION_FRAMING: at = choice_of(text, framings, 3), settings->framing = framing_of[at < 0 ? 0 : at]; break;
    default: break;
    }
    return at >= 0;
}

static bool set_text(struct settings_of_generate *settings, int code, char *text)
{
    switch (code) {
    case OPTION_OUT:
        settings->out = text;
        if (strlen(text) > 5 && strcmp(text + strlen(text) - 5, ".avro") == 0)
            settings->avro = true;
        return true;
    case OPTION_FORCE: return settings->force = true;
    case OPTION_FROM: settings->from = text; return true;
    case OPTION_BOOTSTRAP: settings->load.bootstrap_servers = text; return true;
    case OPTION_TOPIC: settings->load.topic = text; return true;
    case OPTION_START: return day_from_text(bytes_of(text), &settings->generator.start);
    case OPTION_PROPERTY:
        if (settings->load.properties_count == TOPIC_LOAD_PROPERTIES_MAX)
            return false;
        settings->properties[settings->load.properties_count++] = secret_property_argument(text);
        return true;
    default: return set_number(settings, code, text) || set_choice(settings, code, text);
    }
}

/* -1: go on; else the exit code. */
static int read_options(int argc, char **argv, struct settings_of_generate *settings)
{
    for (int code, option = 0; (code = getopt_long(argc, argv, "h", long_options, &option)) != -1;) {
        if (code == 'h') {
            usage(stdout);
            return EXIT_DONE;
        }
        if (code == '?')
            return usage_error("", NULL);
        if (!set_text(settings, code, optarg)) {
            fprintf(stderr, "bundelwacht generate: \"%.*s\" is nothing for --%s\n", (int)strcspn(optarg, "="), optarg,
                    long_options[option].name);
            return EXIT_USAGE;
        }
    }
    settings->load.properties = settings->properties;
    if (optind != argc)
        return usage_error("it takes no argument, but got", argv[optind]);
    bool to_topic = settings->load.topic != NULL && settings->load.bootstrap_servers != NULL;
    if ((settings->load.topic == NULL) != (settings->load.bootstrap_servers == NULL))
        return usage_error("--bootstrap-servers and --topic go together", NULL);
    if (to_topic == (settings->out != NULL))
        return usage_error("either --out, or --bootstrap-servers and --topic", NULL);
    if (!to_topic)
        settings->framing = settings->avro ? FRAMING_RAW : FRAMING_JSON;
    return -1;
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
        bool null = !generated_to_value(&generated, settings->framing, settings->schema_id, &sink->value);
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
        generated_to_value(&generated, sink->settings->framing, sink->settings->schema_id, &sink->value);
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
    struct settings_of_generate settings = { .generator = { .seed = 1, .lines = 100000 }, .schema_id = 1, .framing = FRAMING_CONFLUENT };
    must(day_from_text(BYTES(GENERATOR_START), &settings.generator.start));
    int code = read_options(argc, argv, &settings);
    if (code >= 0)
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
