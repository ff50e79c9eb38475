/* replay.c - from files to files, byte for byte what run sends (§12). */
#include "base/limits.h"
#include "book/book_reader.h"
#include "commands/commands.h"
#include "commands/replay_changes.h"
#include "commands/named_files.h"
#include "engine/calendar.h"
#include "pipeline/crash_report.h"
#include "pipeline/replay.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "Usage: bundelwacht replay --book BOOK --out DIR [options] INPUT...\n"
    "\n"
    "Reads declarations from JSON lines (.jsonl), Avro container files (.avro) or dumps of a topic (.dump), `-` for JSON lines\n"
    "on standard input, and writes decisions, episodes, alerts and dead-letters into DIR.\n"
    "\n"
    "  --book BOOK          the bundle book\n"
    "  --reference FILE     what earlier episodes cost\n"
    "  --book-changes FILE  lines `PARTITION OFFSET BOOK`: from this record of a .dump on another book holds, as after a change of book\n"
    "                       while `run` went on (the metadata of its commits says where: since=)\n"
    "  --as-of DATE|log     bring everybody to this date at the end; log: leave each partition where its log ended\n"
    "                       (default: the latest date of all)\n"
    "  --decisions all|bundles   bundles leaves out plain FEE_FOR_SERVICE decisions (default: all)\n"
    "  --partitions N       folds by murmur2 of insured (default: 16)\n"
    "  --threads T          (default: one per processor, at most N)\n"
    "  --out DIR            made when it is missing\n"
    "  --format jsonl|avro  of what is written (default: jsonl)\n"
    "  --force              overwrite what is in DIR\n"
    "  --schemas PATH       of the values in .dump files: a directory of <id>.avsc, or one file with --framing raw\n"
    "  --framing confluent|single-object|raw   of these values (default: confluent)\n"
    "  --partitioner murmur2|crc32|any         that put the records of a .dump into their partition (default: murmur2)\n"
    "  --value-bytes-max N  a larger record is a dead letter, too_large; as input.value_bytes_max of `run` (default: 1048576)\n";

enum { OPTION_BOOK = 256, OPTION_REFERENCE, OPTION_AS_OF, OPTION_DECISIONS, OPTION_PARTITIONS, OPTION_THREADS, OPTION_OUT, OPTION_FORMAT,
       OPTION_FORCE, OPTION_SCHEMAS, OPTION_FRAMING, OPTION_PARTITIONER, OPTION_BOOK_CHANGES, OPTION_VALUE_BYTES_MAX,
       OPTION_HELP };

static const struct option long_options[] = {
    { "book", required_argument, NULL, OPTION_BOOK },
    { "reference", required_argument, NULL, OPTION_REFERENCE },
    { "as-of", required_argument, NULL, OPTION_AS_OF },
    { "decisions", required_argument, NULL, OPTION_DECISIONS },
    { "partitions", required_argument, NULL, OPTION_PARTITIONS },
    { "threads", required_argument, NULL, OPTION_THREADS },
    { "out", required_argument, NULL, OPTION_OUT },
    { "format", required_argument, NULL, OPTION_FORMAT },
    { "force", no_argument, NULL, OPTION_FORCE },
    { "schemas", required_argument, NULL, OPTION_SCHEMAS },
    { "framing", required_argument, NULL, OPTION_FRAMING },
    { "partitioner", required_argument, NULL, OPTION_PARTITIONER },
    { "book-changes", required_argument, NULL, OPTION_BOOK_CHANGES },
    { "value-bytes-max", required_argument, NULL, OPTION_VALUE_BYTES_MAX },
    { "help", no_argument, NULL, OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

/* What the command line says, before anything is read. */
struct replay_words {
    const char *book, *reference, *schemas, *changes;
    struct replay_options options;
    bool help, threads_said;
};

/* The place of `text` among `words`, or false. */
static bool word_of(const char *text, const char *const words[], size_t count, int *ret_at)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) != 0)
            continue;
        *ret_at = (int)i;
        return true;
    }
    return false;
}

static bool number_of(const char *text, int32_t last, int32_t *ret_number)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || number < 1 || number > last)
        return false;
    *ret_number = (int32_t)number;
    return true;
}

static bool as_of_read(struct replay_options *options, const char *text)
{
    if (strcmp(text, "log") == 0) {
        options->to = REPLAY_TO_LOG;
        return true;
    }
    options->to = REPLAY_TO_DAY;
    return day_from_text(bytes_of(text), &options->as_of);
}

static bool option_read(struct replay_words *words, int option, const char *value)
{
    static const char *const decisions[] = { "all", "bundles" }, *const formats[] = { "jsonl", "avro" };
    static const char *const framings[] = { "confluent", "single-object", "raw" }, *const partitioners[] = { "murmur2", "crc32", "any" };
    struct replay_options *options = &words->options;
    int at = 0;
    bool fine = true;
    switch (option) {
    case OPTION_BOOK: words->book = value; break;
    case OPTION_REFERENCE: words->reference = value; break;
    case OPTION_OUT: options->directory = value; break;
    case OPTION_FORCE: options->overwrite = true; break;
    case OPTION_SCHEMAS: words->schemas = value; break;
    case OPTION_BOOK_CHANGES: words->changes = value; break;
    case OPTION_VALUE_BYTES_MAX: fine = number_of(value, VALUE_BYTES_MAX, &options->value_bytes_max); break;
    case OPTION_HELP: words->help = true; break;
    case OPTION_AS_OF: fine = as_of_read(options, value); break;
    case OPTION_PARTITIONS: fine = number_of(value, PARTITIONS_MAX, &options->partitions_count); break;
    case OPTION_THREADS:
        words->threads_said = true;
        fine = number_of(value, WORKERS_MAX, &options->threads_count);
        break;
    case OPTION_DECISIONS:
        fine = word_of(value, decisions, COUNT(decisions), &at);
        options->bundles_only = at == 1;
        break;
    case OPTION_FORMAT:
        fine = word_of(value, formats, COUNT(formats), &at);
        options->format = at == 0 ? REPLAY_JSON_LINES : REPLAY_AVRO;
        break;
    case OPTION_FRAMING:
        fine = word_of(value, framings, COUNT(framings), &at);
        options->framing = (enum framing)at;
        break;
    case OPTION_PARTITIONER:
        fine = word_of(value, partitioners, COUNT(partitioners), &at);
        options->partitioner = (enum partitioner)at;
        break;
    default: return false; /* getopt has said why */
    }
    if (!fine)
        fprintf(stderr, "replay: \"%s\" is no value of --%s; see bundelwacht replay --help\n", value, long_options[option - OPTION_BOOK].name);
    return fine;
}

static bool words_read(int argc, char **argv, struct replay_words *words)
{
    *words = (struct replay_words){ .options = { .partitions_count = 16, .threads_count = 1, .framing = FRAMING_CONFLUENT } };
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", long_options, NULL)) != -1;)
        if (!option_read(words, option, optarg))
            return false;
    words->options.paths = (const char *const *)(argv + optind);
    words->options.paths_count = (size_t)(argc - optind);
    const char *missing = words->help                         ? NULL
                          : !words->book                      ? "--book"
                          : !words->options.directory         ? "--out"
                          : words->options.paths_count == 0   ? "an INPUT"
                                                              : NULL;
    if (missing)
        fprintf(stderr, "replay: %s is missing; see bundelwacht replay --help\n", missing);
    return missing == NULL;
}

static void threads_choose(struct replay_words *words)
{
    struct replay_options *options = &words->options;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (!words->threads_said)
        options->threads_count = processors < 1 ? 1 : processors > WORKERS_MAX ? WORKERS_MAX : (int32_t)processors;
    if (options->threads_count > options->partitions_count)
        options->threads_count = options->partitions_count;
}

static void show_progress(int64_t records)
{
    fprintf(stderr, "\r%" PRId64 " records", records);
}

static void show_notice(const char *sentence)
{
    fprintf(stderr, "replay: %s\n", sentence);
}

/* The reasons, the most frequent first. */
static void say_reasons(const struct replay_summary *summary)
{
    bool said[DEAD_LETTER_REASONS] = { false };
    const char *before = "dead letters: ";
    for (;;) {
        size_t most = DEAD_LETTER_REASONS;
        for (size_t i = 0; i < DEAD_LETTER_REASONS; i++)
            if (!said[i] && summary->letters_by_reason[i] > 0 &&
                (most == DEAD_LETTER_REASONS || summary->letters_by_reason[i] > summary->letters_by_reason[most]))
                most = i;
        if (most == DEAD_LETTER_REASONS)
            break;
        said[most] = true;
        fprintf(stderr, "%s%" PRId64 " %.*s", before, summary->letters_by_reason[most], BYTES_ARGS(dead_letter_reason_at(most)));
        before = ", ";
    }
    if (summary->dead_letters > 0)
        fputc('\n', stderr);
}

static void say_summary(const struct replay_summary *summary)
{
    fprintf(stderr,
            "%" PRId64 " records: %" PRId64 " declarations, %" PRId64 " dead letters; %" PRId64 " decisions, %" PRId64 " episodes, %" PRId64 " alerts\n",
            summary->records, summary->declarations, summary->dead_letters, summary->outputs[TOPIC_DECISIONS], summary->outputs[TOPIC_EPISODES],
            summary->outputs[TOPIC_ALERTS]);
    say_reasons(summary);
}

static int run_replay(const struct replay_options *options)
{
    static const int codes[] = { [REPLAY_DONE] = EXIT_DONE, [REPLAY_USAGE] = EXIT_USAGE, [REPLAY_NO_INPUT] = EXIT_NO_INPUT,
                                 [REPLAY_DAMAGED] = EXIT_DATA, [REPLAY_EXISTS] = EXIT_EXISTS, [REPLAY_FAILED] = EXIT_FAILED };
    struct replay_summary summary;
    char error[1024] = "";
    bool terminal = isatty(STDERR_FILENO);
    struct replay_options with_progress = *options;
    with_progress.progress = terminal ? show_progress : NULL;
    with_progress.notice = show_notice;
    enum replay_end end = replay_run(&with_progress, &summary, error, sizeof(error));
    if (terminal)
        fputs("\r", stderr);
    if (end == REPLAY_DONE)
        say_summary(&summary);
    else
        fprintf(stderr, "replay: %s\n", error);
    return codes[end];
}

static int replay_with_schemas(struct replay_words *words)
{
    char error[512];
    struct schema_set *schemas = NULL;
    if (words->schemas) {
        schemas = schema_set_load(words->schemas, words->options.framing, error, sizeof(error));
        if (!schemas) {
            fprintf(stderr, "replay: %s\n", error);
            return EXIT_CONFIG;
        }
    }
    words->options.schemas = schemas;
    int code = run_replay(&words->options);
    schema_set_free(schemas);
    return code;
}

static int replay_with_changes(struct replay_words *words)
{
    struct replay_changes changes = { .count = 0 };
    int code = EXIT_CONFIG;
    if (!words->changes || replay_changes_read(words->changes, words->options.partitions_count, &changes)) {
        words->options.changes = changes.items;
        words->options.changes_count = changes.count;
        code = replay_with_schemas(words);
    }
    replay_changes_free(&changes);
    return code;
}

int replay_command(int argc, char **argv)
{
    struct replay_words words;
    if (!words_read(argc, argv, &words))
        return EXIT_USAGE;
    if (words.help) {
        fputs(usage, stdout);
        return EXIT_DONE;
    }
    const char *const paths[] = { words.book, words.reference, words.changes };
    if (!named_files_readable("replay", paths, COUNT(paths)))
        return EXIT_NO_INPUT;
    threads_choose(&words);
    crash_report_watch_files();
    words.options.book = book_read(words.book, finding_print, stderr);
    words.options.reference = words.reference && words.options.book ? reference_read(words.reference, finding_print, stderr) : NULL;
    int code = EXIT_CONFIG;
    if (words.options.book && (!words.reference || words.options.reference))
        code = replay_with_changes(&words);
    book_free(words.options.book);
    reference_free(words.options.reference);
    return code;
}
