/* explain.c - why: a person's timeline, one decision, one episode, or why a bundle has none. */
#include "commands/explain.h"

#include "base/limits.h"
#include "book/book_reader.h"
#include "commands/commands.h"
#include "commands/named_files.h"
#include "commands/secrets.h"
#include "engine/calendar.h"

#include <getopt.h>
#include <unistd.h>

static const char usage[] =
    "Usage: bundelwacht explain --book BOOK --insured ID [options] INPUT...\n"
    "\n"
    "Reads declarations as replay does (.jsonl, .avro, .dump, `-`), decides about one person, and says why: without more a timeline,\n"
    "episodes as bars over months with the lines in them and their shares. What is printed is about a person: treat it as such.\n"
    "The pseudonym is made empty in the list of processes as soon as it has been read; what a shell keeps is yours to clear.\n"
    "\n"
    "  --declaration ID     the decision about one line: criteria, same care, candidates and why each is one or not, the cell that\n"
    "                       decided, shares, what a credit changed, what else the line does, and all that was sent about it\n"
    "  --episode KEY        one episode, as hip-fracture/L/2026-03-12: opening, window step by step, contract, budget, cost,\n"
    "                       state, result, alerts, and all that was sent\n"
    "  --why-not BUNDLE     each line that could open that bundle, and the first condition that failed\n"
    "\n"
    "  --book BOOK          the bundle book\n"
    "  --reference FILE     what earlier episodes cost\n"
    "  --as-of DATE         bring the person to this date at the end (default: the latest submission of all)\n"
    "  --partitions N       of the topic or the replay: whose clock counts for the person (default: 16)\n"
    "  --schemas PATH       of the values in .dump files, --framing and --partitioner as for replay\n"
    "\n"
    "For example:\n"
    "  bundelwacht explain --book config/book.yaml --insured p-17 --declaration d7 lines.jsonl\n"
    "      Candidates\n"
    "        hip-fracture/L/2026-03-12: start 2026-06-12 is 2 days after closes_on 2026-06-10\n"
    "\n"
    "Exit codes: 0; 1 nobody, or no such declaration, episode or bundle; 64 usage; 65, 66 inputs; 78 the book. Colours: not with\n"
    "NO_COLOR, nor into a file.\n";

enum { OPTION_BOOK = 256, OPTION_REFERENCE, OPTION_INSURED, OPTION_DECLARATION, OPTION_EPISODE, OPTION_WHY_NOT, OPTION_AS_OF,
       OPTION_PARTITIONS, OPTION_SCHEMAS, OPTION_FRAMING, OPTION_PARTITIONER, OPTION_HELP };

static const struct option long_options[] = {
    { "book", required_argument, NULL, OPTION_BOOK },
    { "reference", required_argument, NULL, OPTION_REFERENCE },
    { "insured", required_argument, NULL, OPTION_INSURED },
    { "declaration", required_argument, NULL, OPTION_DECLARATION },
    { "episode", required_argument, NULL, OPTION_EPISODE },
    { "why-not", required_argument, NULL, OPTION_WHY_NOT },
    { "as-of", required_argument, NULL, OPTION_AS_OF },
    { "partitions", required_argument, NULL, OPTION_PARTITIONS },
    { "schemas", required_argument, NULL, OPTION_SCHEMAS },
    { "framing", required_argument, NULL, OPTION_FRAMING },
    { "partitioner", required_argument, NULL, OPTION_PARTITIONER },
    { "help", no_argument, NULL, OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

/* What the command line says, before anything is read. */
struct explain_words {
    const char *book, *reference, *schemas;
    enum framing framing;
    struct explain_options options;
    bool help;
};

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

static bool partitions_read(const char *text, int32_t *ret_number)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || number < 1 || number > PARTITIONS_MAX)
        return false;
    *ret_number = (int32_t)number;
    return true;
}

static bool option_read(struct explain_words *words, int option, char *value)
{
    static const char *const framings[] = { "confluent", "single-object", "raw" }, *const partitioners[] = { "murmur2", "crc32", "any" };
    struct explain_options *options = &words->options;
    int at = 0;
    bool fine = true;
    switch (option) {
    case OPTION_BOOK: words->book = value; break;
    case OPTION_REFERENCE: words->reference = value; break;
    case OPTION_INSURED: options->insured = bytes_of(secret_argument(value)); break;
    case OPTION_DECLARATION: options->declaration = bytes_of(value); break;
    case OPTION_EPISODE: options->episode = bytes_of(value); break;
    case OPTION_WHY_NOT: options->why_not = bytes_of(value); break;
    case OPTION_SCHEMAS: words->schemas = value; break;
    case OPTION_HELP: words->help = true; break;
    case OPTION_PARTITIONS: fine = partitions_read(value, &options->input.partitions_count); break;
    case OPTION_AS_OF:
        options->has_as_of = true;
        fine = day_from_text(bytes_of(value), &options->as_of);
        break;
    case OPTION_FRAMING:
        fine = word_of(value, framings, COUNT(framings), &at);
        words->framing = (enum framing)at;
        break;
    case OPTION_PARTITIONER:
        fine = word_of(value, partitioners, COUNT(partitioners), &at);
        options->partitioner = (enum partitioner)at;
        break;
    default: return false; /* getopt has said why */
    }
    if (!fine)
        fprintf(stderr, "explain: \"%s\" is no value of --%s; see bundelwacht explain --help\n", value,
                long_options[option - OPTION_BOOK].name);
    return fine;
}

/* What is wrong with what was said, or NULL. */
static const char *words_are_wrong(const struct explain_words *words)
{
    const struct explain_options *options = &words->options;
    int questions = !bytes_is_null(options->declaration) + !bytes_is_null(options->episode) + !bytes_is_null(options->why_not);
    if (!words->book)
        return "--book is missing";
    if (bytes_is_null(options->insured))
        return "--insured is missing";
    if (is_bsn(options->insured))
        return "--insured is a BSN: give the pseudonym that stands in the records"; /* and do not repeat it */
    if (options->input.paths_count == 0)
        return "an INPUT is missing";
    if (questions > 1)
        return "--declaration, --episode and --why-not are one question each: ask one";
    for (size_t i = 0; i < options->input.paths_count; i++) {
        if (!replay_path_is_readable(options->input.paths[i]))
            return "an INPUT is neither .jsonl, .avro nor .dump";
        if (replay_path_is_dump(options->input.paths[i]) && !words->schemas)
            return "an INPUT is a dump: say with --schemas where the schemas of its values are";
        if (replay_path_is_dump(options->input.paths[i]) != replay_path_is_dump(options->input.paths[0]))
            return "dumps cannot be read with other files: a dump has keys, other files have none";
    }
    return NULL;
}

static bool words_read(int argc, char **argv, struct explain_words *words)
{
    *words = (struct explain_words){ .framing = FRAMING_CONFLUENT, .options = { .input = { .partitions_count = 16 } } };
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", long_options, NULL)) != -1;)
        if (!option_read(words, option, optarg))
            return false;
    words->options.input.paths = (const char *const *)(argv + optind);
    words->options.input.paths_count = (size_t)(argc - optind);
    const char *wrong = words->help ? NULL : words_are_wrong(words);
    if (wrong)
        fprintf(stderr, "explain: %s; see bundelwacht explain --help\n", wrong);
    return wrong == NULL;
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

static int explain_with_schemas(struct explain_words *words)
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
    words->options.input.dump_decoder = schemas ? decoder_new(schemas, words->framing, 0) : NULL;
    int code = explain_person(&words->options);
    decoder_free(words->options.input.dump_decoder);
    schema_set_free(schemas);
    return code;
}

int explain_command(int argc, char **argv)
{
    struct explain_words words;
    if (!words_read(argc, argv, &words))
        return EXIT_USAGE;
    if (words.help) {
        fputs(usage, stdout);
        return EXIT_DONE;
    }
    const char *const paths[] = { words.book, words.reference };
    if (!named_files_readable("explain", paths, COUNT(paths)))
        return EXIT_NO_INPUT;
    words.options.book = book_read(words.book, finding_print, stderr);
    words.options.reference = words.reference && words.options.book ? reference_read(words.reference, finding_print, stderr) : NULL;
    int code = EXIT_CONFIG;
    if (words.options.book && (!words.reference || words.options.reference))
        code = explain_with_schemas(&words);
    book_free(words.options.book);
    reference_free(words.options.reference);
    return code;
}
