#include "explain/explain.h"

#include "base/limits.h"
#include "commands/commands.h"
#include "commands/dump_rows.h"
#include "commands/named_files.h"

#include <stdlib.h>
#include <unistd.h>

_Static_assert(EXPLAIN_LATEST == OPTION_NO_DAY, "no day said is the latest");
static const struct explain_question defaults = { .as_of = EXPLAIN_LATEST, .partitions_count = 16 };

static const struct option rows[] = {
    TEXT(explain_question, book, "book", "BOOK", OPTION_REQUIRED, "the bundle book"),
    TEXT(explain_question, insured, "insured", "ID", OPTION_REQUIRED | OPTION_SECRET,
         "the person's pseudonym, as it stands in the records"),
    TEXT(explain_question, declaration, "declaration", "ID", 0,
         "the decision about one line: criteria, same care, candidates and why each is one or not, the cell "
         "that decided, shares, what "
         "a credit changed, what else the line does, and all that was sent about it"),
    TEXT(explain_question, episode, "episode", "KEY", 0,
         "one episode, as hip-fracture/L/2026-03-12: opening, window step by step, contract, budget, cost, "
         "state, result, alerts, and "
         "all that was sent"),
    TEXT(explain_question, why_not, "why-not", "BUNDLE", 0,
         "each line that could open that bundle, and the first condition that failed"),
    TEXT(explain_question, reference, "reference", "FILE", 0, "what earlier episodes cost"),
    DAY(explain_question, as_of, "as-of", "DATE",
        "bring the person to this date at the end (the latest submission of all)"),
    NUMBER(explain_question, partitions_count, "partitions", "N", 1, PARTITIONS_MAX,
           "of the topic or the replay: whose clock counts for the person"),
    TEXT(explain_question, schemas, "schemas", "PATH", 0, "of the values in .dump files, as for replay"),
    DUMP_ROWS(explain_question),
};
const struct options explain_options = {
    .command = "explain",
    .arguments = "INPUT ...",
    .arguments_min = 1,
    .arguments_max = SIZE_MAX,
    .about = "Reads declarations as replay does (.jsonl, .avro, .dump, `-`), decides about one person,\n"
             "and says why: without more a timeline, episodes as bars over months with the lines in them\n"
             "and their shares. What is printed is about a person: treat it as such. The pseudonym is\n"
             "made empty in the list of processes as soon as it has been read; what a shell keeps is\n"
             "yours to clear.",
    .after = "For example:\n"
             "  bundelwacht explain --book config/book.yaml --insured p-17 --declaration d7 lines.jsonl\n"
             "      Candidates\n"
             "        hip-fracture/L/2026-03-12: start 2026-06-12 is 2 days after closes_on 2026-06-10\n"
             "\n"
             "Exit codes: 0; 1 nobody, or no such declaration, episode or bundle; 64 usage; 65, 66\n"
             "inputs; 78 the book. Colours: not with NO_COLOR, nor into a file.",
    .rows = rows,
    .rows_count = COUNT(rows),
    .defaults = &defaults,
};

int explain_command(int argc, char **argv)
{
    static const int codes[] = {
        [EXPLAIN_DONE] = EXIT_DONE,         [EXPLAIN_NOTHING] = EXIT_FAILED, [EXPLAIN_TOO_EARLY] = EXIT_USAGE,
        [EXPLAIN_NO_INPUT] = EXIT_NO_INPUT, [EXPLAIN_DAMAGED] = EXIT_DATA,   [EXPLAIN_REFUSED] = EXIT_CONFIG,
    };
    struct explain_question question = defaults;
    struct arguments inputs;
    int code;
    if (!options_read(&explain_options, argc, argv, &question, &inputs, &code))
        return code;
    question.inputs = (const char *const *)inputs.items;
    question.inputs_count = inputs.count;
    question.colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
    const char *wrong = explain_question_is_wrong(&question);
    if (wrong)
        return options_refuse(&explain_options, "%s", wrong);
    const char *const paths[] = { question.book, question.reference };
    if (!named_files_readable("explain", paths, COUNT(paths)))
        return EXIT_NO_INPUT;
    return codes[explain(&question)];
}
