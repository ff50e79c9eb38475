/* replay.c - from files to files, byte for byte what run sends (§12). */
#include "base/limits.h"
#include "book/book_reader.h"
#include "commands/commands.h"
#include "commands/dump_rows.h"
#include "pipeline/replay_changes.h"
#include "commands/named_files.h"
#include "engine/calendar.h"
#include "pipeline/crash_report.h"
#include "pipeline/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What the command line says, before anything is read. */
struct replay_words {
    const char *book, *reference, *schemas, *changes, *as_of, *out;
    int32_t partitions_count, threads_count, value_bytes_max;
    enum replay_format format;
    enum framing framing;
    enum partitioner partitioner;
    bool bundles_only, force;
};
static const struct replay_words defaults = { .partitions_count = 16 };

static bool is_day_or_log(const char *text)
{
    int32_t day;
    return strcmp(text, "log") == 0 || day_from_text(bytes_of(text), &day);
}

static const struct option rows[] = {
    TEXT(replay_words, book, "book", "BOOK", OPTION_REQUIRED, "the bundle book"),
    TEXT(replay_words, reference, "reference", "FILE", 0, "what earlier episodes cost"),
    TEXT(replay_words, changes, "book-changes", "FILE", 0,
         "lines `PARTITION OFFSET BOOK`: from this record of a .dump on another book holds, as after a "
         "change of book while `run` went "
         "on (the metadata of its commits says where: since=)"),
    TEXT_THAT(is_day_or_log, replay_words, as_of, "as-of", "DATE|log",
              "bring everybody to this date at the end; log: leave each partition where its log ended (the "
              "latest date of all)"),
    CHOICE(replay_words, bundles_only, "decisions", "all|bundles",
           "bundles leaves out plain FEE_FOR_SERVICE decisions"),
    NUMBER(replay_words, partitions_count, "partitions", "N", 1, PARTITIONS_MAX,
           "folds by murmur2 of insured"),
    NUMBER(replay_words, threads_count, "threads", "T", 1, WORKERS_MAX,
           "one per processor, at most as many as partitions"),
    TEXT(replay_words, out, "out", "DIR", OPTION_REQUIRED, "made when it is missing"),
    CHOICE(replay_words, format, "format", "jsonl|avro", "of what is written"),
    SWITCH(replay_words, force, "force", "overwrite what is in DIR"),
    TEXT(replay_words, schemas, "schemas", "PATH", 0,
         "of the values in .dump files: a directory of <id>.avsc, or one file with --framing raw"),
    DUMP_ROWS(replay_words),
    NUMBER(replay_words, value_bytes_max, "value-bytes-max", "N", 1, VALUE_BYTES_MAX,
           "a larger record is a dead letter, too_large; as input.value_bytes_max of `run`, also when it is "
           "not said"),
};
const struct options replay_options = {
    .command = "replay",
    .arguments = "INPUT ...",
    .arguments_min = 1,
    .arguments_max = SIZE_MAX,
    .about = "Reads declarations from JSON lines (.jsonl), Avro container files (.avro) or dumps of a\n"
             "topic (.dump), `-` for JSON lines on standard input, and writes decisions, episodes,\n"
             "alerts and dead-letters into DIR.",
    .rows = rows,
    .rows_count = COUNT(rows),
    .defaults = &defaults,
};

/* As many as there are processors, when it was not said. */
static int32_t threads_of(const struct replay_words *words)
{
    long threads = words->threads_count > 0 ? words->threads_count : sysconf(_SC_NPROCESSORS_ONLN);
    threads = threads < 1 ? 1 : threads > WORKERS_MAX ? WORKERS_MAX : threads;
    return threads > words->partitions_count ? words->partitions_count : (int32_t)threads;
}

static struct replay_options options_of(const struct replay_words *words, const struct arguments *inputs)
{
    struct replay_options options = {
        .paths = (const char *const *)inputs->items,
        .paths_count = inputs->count,
        .partitions_count = words->partitions_count,
        .threads_count = threads_of(words),
        .directory = words->out,
        .overwrite = words->force,
        .format = words->format,
        .framing = words->framing,
        .partitioner = words->partitioner,
        .bundles_only = words->bundles_only,
        .value_bytes_max = words->value_bytes_max,
    };
    if (words->as_of)
        options.to = day_from_text(bytes_of(words->as_of), &options.as_of) ? REPLAY_TO_DAY : REPLAY_TO_LOG;
    return options;
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
                (most == DEAD_LETTER_REASONS ||
                 summary->letters_by_reason[i] > summary->letters_by_reason[most]))
                most = i;
        if (most == DEAD_LETTER_REASONS)
            break;
        said[most] = true;
        fprintf(stderr, "%s%" PRId64 " %s", before, summary->letters_by_reason[most],
                dead_letter_rows[most].reason);
        before = ", ";
    }
    if (summary->dead_letters > 0)
        fputc('\n', stderr);
}

static void say_summary(const struct replay_summary *summary)
{
    fprintf(stderr,
            "%" PRId64 " records: %" PRId64 " declarations, %" PRId64 " dead letters; %" PRId64
            " decisions, %" PRId64 " episodes, %" PRId64 " alerts\n",
            summary->records, summary->declarations, summary->dead_letters, summary->outputs[TOPIC_DECISIONS],
            summary->outputs[TOPIC_EPISODES], summary->outputs[TOPIC_ALERTS]);
    say_reasons(summary);
}

static int run_replay(const struct replay_options *options)
{
    static const int codes[] = {
        [REPLAY_DONE] = EXIT_DONE,    [REPLAY_USAGE] = EXIT_USAGE,   [REPLAY_NO_INPUT] = EXIT_NO_INPUT,
        [REPLAY_DAMAGED] = EXIT_DATA, [REPLAY_EXISTS] = EXIT_EXISTS, [REPLAY_FAILED] = EXIT_FAILED
    };
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

/* Records of such a schema become dead letters, which is worth a word before the first. */
static void warn_of_schemas(const struct schema_set *schemas)
{
    char problem[640];
    for (size_t i = 0; schema_set_problem(schemas, i, problem, sizeof(problem)); i++)
        fprintf(stderr, "replay: %s; its records will be dead letters, bad_schema\n", problem);
}

static int replay_with_schemas(const struct replay_words *words, struct replay_options *options)
{
    char error[512];
    struct schema_set *schemas = NULL;
    if (words->schemas && words->framing != FRAMING_JSON) {
        schemas = schema_set_load(words->schemas, words->framing, error, sizeof(error));
        if (!schemas) {
            fprintf(stderr, "replay: %s\n", error);
            return EXIT_CONFIG;
        }
        warn_of_schemas(schemas);
    }
    options->schemas = schemas;
    int code = run_replay(options);
    schema_set_free(schemas);
    return code;
}

static int replay_with_changes(const struct replay_words *words, struct replay_options *options)
{
    struct replay_changes changes = { .count = 0 };
    int code = EXIT_CONFIG;
    if (!words->changes || replay_changes_read(words->changes, options->partitions_count, &changes)) {
        options->changes = changes.items;
        options->changes_count = changes.count;
        code = replay_with_schemas(words, options);
    }
    replay_changes_free(&changes);
    return code;
}

static int replay(const struct replay_words *words, struct replay_options *options)
{
    int code = EXIT_CONFIG;
    options->book = book_read(words->book, finding_print, stderr);
    options->reference =
        words->reference && options->book ? reference_read(words->reference, finding_print, stderr) : NULL;
    if (options->book && (!words->reference || options->reference))
        code = replay_with_changes(words, options);
    book_free(options->book);
    reference_free(options->reference);
    return code;
}

int replay_command(int argc, char **argv)
{
    struct replay_words words = defaults;
    struct arguments inputs;
    int code;
    if (!options_read(&replay_options, argc, argv, &words, &inputs, &code))
        return code;
    if (strcmp(words.out, "-") == 0)
        return options_refuse(&replay_options, "--out is a directory for four files, and - is none: "
                                               "write --out DIR, then for example cat DIR/alerts.jsonl");
    const char *const paths[] = { words.book, words.reference, words.changes };
    if (!named_files_readable("replay", paths, COUNT(paths)))
        return EXIT_NO_INPUT;
    struct replay_options options = options_of(&words, &inputs);
    crash_report_watch_files();
    return replay(&words, &options);
}
