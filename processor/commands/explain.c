/* explain.c - why: a person's timeline, one decision, one episode, or why a bundle has none. */
#include "explain/explained.h"

#include "base/limits.h"
#include "book/book_reader.h"
#include "commands/commands.h"
#include "commands/named_files.h"
#include "engine/calendar.h"

#include <unistd.h>

/* What the command line says, before anything is read. */
struct explain_words {
    const char *book, *reference, *schemas, *insured, *declaration, *episode, *why_not;
    int32_t as_of, partitions_count;
    enum framing framing;
    enum partitioner partitioner;
};
static const struct explain_words defaults = { .as_of = OPTION_NO_DAY, .partitions_count = 16 };

static const struct option rows[] = {
    TEXT(explain_words, book, "book", "BOOK", OPTION_REQUIRED, "the bundle book"),
    TEXT(explain_words, insured, "insured", "ID", OPTION_REQUIRED | OPTION_SECRET,
         "the person's pseudonym, as it stands in the records"),
    TEXT(explain_words, declaration, "declaration", "ID", 0,
         "the decision about one line: criteria, same care, candidates and why each is one or not, the cell "
         "that decided, shares, what "
         "a credit changed, what else the line does, and all that was sent about it"),
    TEXT(explain_words, episode, "episode", "KEY", 0,
         "one episode, as hip-fracture/L/2026-03-12: opening, window step by step, contract, budget, cost, "
         "state, result, alerts, and "
         "all that was sent"),
    TEXT(explain_words, why_not, "why-not", "BUNDLE", 0,
         "each line that could open that bundle, and the first condition that failed"),
    TEXT(explain_words, reference, "reference", "FILE", 0, "what earlier episodes cost"),
    DAY(explain_words, as_of, "as-of", "DATE",
        "bring the person to this date at the end (the latest submission of all)"),
    NUMBER(explain_words, partitions_count, "partitions", "N", 1, PARTITIONS_MAX,
           "of the topic or the replay: whose clock counts for the person"),
    TEXT(explain_words, schemas, "schemas", "PATH", 0, "of the values in .dump files, as for replay"),
    CHOICE(explain_words, framing, "framing", "confluent|single-object|raw", "of these values"),
    CHOICE(explain_words, partitioner, "partitioner", "murmur2|crc32|any",
           "that put the records of a .dump into their partition"),
};
const struct options explain_options = {
    .command = "explain",
    .arguments = "INPUT ...",
    .arguments_min = 1,
    .arguments_max = SIZE_MAX,
    .about = "Reads declarations as replay does (.jsonl, .avro, .dump, `-`), decides about one person, and "
             "says why: without more a\n"
             "timeline, episodes as bars over months with the lines in them and their shares. What is "
             "printed is about a person: treat\n"
             "it as such. The pseudonym is made empty in the list of processes as soon as it has been read; "
             "what a shell keeps is\n"
             "yours to clear.",
    .after = "For example:\n"
             "  bundelwacht explain --book config/book.yaml --insured p-17 --declaration d7 lines.jsonl\n"
             "      Candidates\n"
             "        hip-fracture/L/2026-03-12: start 2026-06-12 is 2 days after closes_on 2026-06-10\n"
             "\n"
             "Exit codes: 0; 1 nobody, or no such declaration, episode or bundle; 64 usage; 65, 66 inputs; "
             "78 the book. Colours: not\n"
             "with NO_COLOR, nor into a file.",
    .rows = rows,
    .rows_count = COUNT(rows),
    .defaults = &defaults,
};

static struct bytes said(const char *text)
{
    return text ? bytes_of(text) : BYTES_NULL;
}

static struct explain_options options_of(const struct explain_words *words, const struct arguments *inputs)
{
    return (struct explain_options){
        .insured = said(words->insured),
        .declaration = said(words->declaration),
        .episode = said(words->episode),
        .why_not = said(words->why_not),
        .has_as_of = words->as_of != OPTION_NO_DAY,
        .as_of = words->as_of,
        .input = { .paths = (const char *const *)inputs->items,
                   .paths_count = inputs->count,
                   .partitions_count = words->partitions_count },
        .partitioner = words->partitioner,
    };
}

/* What is wrong with the inputs, or NULL. */
static const char *inputs_are_wrong(const struct explain_words *words,
                                    const struct replay_input_options *input)
{
    for (size_t i = 0; i < input->paths_count; i++) {
        if (!replay_path_is_readable(input->paths[i]))
            return "an INPUT is neither .jsonl, .avro nor .dump";
        if (replay_path_is_dump(input->paths[i]) && !words->schemas)
            return "an INPUT is a dump: say with --schemas where the schemas of its values are";
        if (replay_path_is_dump(input->paths[i]) != replay_path_is_dump(input->paths[0]))
            return "dumps cannot be read with other files: a dump has keys, other files have none";
    }
    return NULL;
}

/* What is wrong with what was said, or NULL. */
static const char *words_are_wrong(const struct explain_words *words, const struct explain_options *options)
{
    if (is_bsn(options->insured))
        return "--insured is a BSN: give the pseudonym that stands in the records"; /* and do not repeat it */
    if ((words->declaration != NULL) + (words->episode != NULL) + (words->why_not != NULL) > 1)
        return "--declaration, --episode and --why-not are one question each: ask one";
    return inputs_are_wrong(words, &options->input);
}

static bool explain_page(const struct explained *explained, struct page *page)
{
    if (!bytes_is_null(explained->options->declaration))
        return explain_declaration(explained, page);
    if (!bytes_is_null(explained->options->episode))
        return explain_episode(explained, page);
    if (!bytes_is_null(explained->options->why_not))
        return explain_why_not(explained, page);
    explain_timeline(explained, page);
    return true;
}

static int explain_person(const struct explain_options *options)
{
    static const int codes[] = { [EXPLAINED] = EXIT_DONE, [EXPLAINED_NOBODY] = EXIT_FAILED, [EXPLAINED_TOO_EARLY] = EXIT_USAGE,
                                 [EXPLAINED_NO_INPUT] = EXIT_NO_INPUT, [EXPLAINED_DAMAGED] = EXIT_DATA };
    struct explained explained;
    struct page page = { .colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL };
    char error[1024] = "";
    enum explained_end end = explained_read(&explained, options, error, sizeof(error));
    int code = codes[end];
    arena_init(&page.arena, 0);
    if (end != EXPLAINED)
        fprintf(stderr, "explain: %s\n", error);
    else if (!explain_page(&explained, &page))
        code = EXIT_FAILED;
    arena_release(&page.arena);
    explained_release(&explained);
    return code;
}

static int explain_with_schemas(const struct explain_words *words, struct explain_options *options)
{
    char error[512];
    struct schema_set *schemas = NULL;
    if (words->schemas) {
        schemas = schema_set_load(words->schemas, words->framing, error, sizeof(error));
        if (!schemas) {
            fprintf(stderr, "explain: %s\n", error);
            return EXIT_CONFIG;
        }
    }
    options->input.dump_decoder = schemas ? decoder_new(schemas, words->framing, 0) : NULL;
    int code = explain_person(options);
    decoder_free(options->input.dump_decoder);
    schema_set_free(schemas);
    return code;
}

static int explain(const struct explain_words *words, struct explain_options *options)
{
    int code = EXIT_CONFIG;
    options->book = book_read(words->book, finding_print, stderr);
    options->reference =
        words->reference && options->book ? reference_read(words->reference, finding_print, stderr) : NULL;
    if (options->book && (!words->reference || options->reference))
        code = explain_with_schemas(words, options);
    book_free(options->book);
    reference_free(options->reference);
    return code;
}

int explain_command(int argc, char **argv)
{
    struct explain_words words = defaults;
    struct arguments inputs;
    int code;
    if (!options_read(&explain_options, argc, argv, &words, &inputs, &code))
        return code;
    struct explain_options options = options_of(&words, &inputs);
    const char *wrong = words_are_wrong(&words, &options);
    if (wrong)
        return options_refuse(&explain_options, "%s", wrong);
    const char *const paths[] = { words.book, words.reference };
    if (!named_files_readable("explain", paths, COUNT(paths)))
        return EXIT_NO_INPUT;
    return explain(&words, &options);
}
