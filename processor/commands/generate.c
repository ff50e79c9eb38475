#include "pipeline/generate.h"

#include "base/must.h"
#include "commands/commands.h"
#include "engine/calendar.h"

#include <string.h>

enum file_format { FORMAT_BY_NAME = -1, FORMAT_JSON_LINES, FORMAT_AVRO };

struct generate_words {
    struct generate_options options;
    struct option_texts properties;
    int32_t format;  /* enum file_format */
    int32_t framing; /* the place of its word; options.form follows from it */
};
static const struct generate_words defaults = {
    .options = { .generator = { .seed = 1, .lines = 100000, .days = GENERATOR_DAYS, .start = OPTION_NO_DAY },
                 .schema_id = 1 },
    .format = FORMAT_BY_NAME,
};

/* --- the command line
 * -------------------------------------------------------------------------------------------------- */

static const struct option rows[] = {
    NUMBER(generate_words, options.generator.lines, "lines", "N", 1, 1000000000000, "records in all"),
    NUMBER(generate_words, options.generator.persons, "persons", "N", 1, INT32_MAX,
           "persons they are about (one for every 20 lines, at least 1000)"),
    NUMBER(generate_words, options.generator.seed, "seed", "N", 0, INT64_MAX,
           "the same seed gives the same bytes"),
    DAY(generate_words, options.generator.start, "start", "DATE",
        "of the first submission (" GENERATOR_START ")"),
    NUMBER(generate_words, options.generator.days, "days", "N", 1, 20000,
           "over which the submissions are spread"),
    CHOICE(generate_words, options.generator.mix, "mix", "national|identity",
           "all kinds of care, or 99 of 100 lines without a bundle"),
    NUMBER(generate_words, options.generator.bad_per_mille, "bad-per-mille", "N", 0, 1000,
           "records that must end as dead letters"),
    TEXT(generate_words, options.from, "from", "FILE.jsonl", 0, "declarations of a file instead of a seed's"),
    TEXT(generate_words, options.out, "out", "FILE|-", 0, "a file, or standard output"),
    CHOICE(generate_words, format, "format", "jsonl|avro",
           "of the file (avro when its name ends in .avro, else jsonl)"),
    CHOICE(generate_words, options.deflate, "codec", "null|deflate", "of an Avro file"),
    SWITCH(generate_words, options.force, "force", "overwrite the file"),
    TEXT(generate_words, options.load.bootstrap_servers, "bootstrap-servers", "HOST:PORT", 0,
         "of the brokers"),
    TEXT(generate_words, options.load.topic, "topic", "TOPIC", 0, "into which they go"),
    CHOICE(generate_words, framing, "framing", "confluent|raw|json", "of the values in the topic"),
    NUMBER(generate_words, options.schema_id, "schema-id", "N", 0, UINT32_MAX,
           "in front of them with framing confluent"),
    CHOICE(generate_words, options.submitted_timestamps, "timestamps", "now|submitted",
           "of the records in the topic"),
    TEXTS(generate_words, properties, "property", "NAME=VALUE", TOPIC_LOAD_PROPERTIES_MAX, OPTION_PROPERTY,
          NULL, "of librdkafka; as often as needed"),
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
static void fill_in(struct generate_words *words)
{
    static const enum framing framings[] = { FRAMING_CONFLUENT, FRAMING_RAW, FRAMING_JSON };
    struct generate_options *options = &words->options;
    if (options->generator.start == OPTION_NO_DAY)
        must(day_from_text(BYTES(GENERATOR_START), &options->generator.start));
    options->avro =
        words->format == FORMAT_BY_NAME ? ends_in_avro(options->out) : words->format == FORMAT_AVRO;
    options->form = options->load.topic ? framings[words->framing]
                    : options->avro     ? FRAMING_RAW
                                        : FRAMING_JSON;
    options->load.properties = (const char *const *)words->properties.items;
    options->load.properties_count = words->properties.count;
}

/* False: the command ends with *ret_code. */
static bool read_words(int argc, char **argv, struct generate_words *words, int *ret_code)
{
    struct arguments arguments;
    const struct topic_load_options *load = &words->options.load;
    if (!options_read(&generate_options, argc, argv, words, &arguments, ret_code))
        return false;
    if ((load->topic == NULL) != (load->bootstrap_servers == NULL))
        *ret_code = options_refuse(&generate_options, "--bootstrap-servers and --topic go together");
    else if ((load->topic != NULL) == (words->options.out != NULL))
        *ret_code = options_refuse(&generate_options, "either --out, or --bootstrap-servers and --topic");
    else
        fill_in(words);
    return *ret_code == EXIT_DONE;
}

int generate_command(int argc, char **argv)
{
    static const int codes[] = {
        [GENERATE_DONE] = EXIT_DONE,
        [GENERATE_FAILED] = EXIT_FAILED,
        [GENERATE_DAMAGED] = EXIT_DATA,
        [GENERATE_NO_INPUT] = EXIT_NO_INPUT,
        [GENERATE_UNREACHABLE] = EXIT_UNREACHABLE,
        [GENERATE_EXISTS] = EXIT_EXISTS,
        [GENERATE_CONFIG] = EXIT_CONFIG,
    };
    struct generate_words words = defaults;
    struct generate_result result;
    int code = EXIT_DONE;
    if (!read_words(argc, argv, &words, &code))
        return code;
    enum generate_end end = generate(&words.options, &result);
    if (end != GENERATE_DONE) {
        fprintf(stderr, "bundelwacht generate: %s\n", result.error);
        return codes[end];
    }
    fprintf(stderr, "%lld records in %.2f s, %.0f a second", (long long)result.records, result.seconds,
            (double)result.records / (result.seconds + 1e-9));
    if (result.left_out > 0)
        fprintf(stderr, "; %lld left out that no Avro record can hold", (long long)result.left_out);
    fprintf(stderr, "\n");
    return codes[end];
}
