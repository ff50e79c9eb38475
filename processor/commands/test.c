#include "commands/commands.h"
#include "examples/examples.h"
#include "examples/example_run.h"
#include "commands/named_files.h"

#include <stdio.h>

struct test_words {
    const char *reference;
};
static const struct option rows[] = {
    TEXT(test_words, reference, "reference", "FILE", 0, "what earlier episodes cost"),
};
_Static_assert(EXAMPLE_SHUFFLES == 20, "the help says so");
const struct options test_options = {
    .command = "test",
    .arguments = "BOOK",
    .arguments_min = 1,
    .arguments_max = 1,
    .about = "Runs the examples that stand in a bundle book: each in the given order, in reverse and in\n"
             "20 shuffles (fewer when there are thousands), and says in words what differs from what is\n"
             "expected. Every order has to end the same.",
    .after = "Exit codes: 0 all as expected, 2 something differs, 66 no such file, 78 the book or the\n"
             "reference is refused.",
    .rows = rows,
    .rows_count = COUNT(rows),
};

int test_command(int argc, char **argv)
{
    static const int codes[] = { [EXAMPLES_HOLD] = EXIT_DONE,
                                 [EXAMPLES_DIFFER] = EXIT_FINDINGS,
                                 [EXAMPLES_REFUSED] = EXIT_CONFIG };
    struct test_words words = { .reference = NULL };
    struct arguments arguments;
    int code;
    if (!options_read(&test_options, argc, argv, &words, &arguments, &code))
        return code;
    const char *const paths[] = { arguments.items[0], words.reference };
    if (!named_files_readable("test", paths, COUNT(paths)))
        return EXIT_NO_INPUT;
    return codes[examples_run(paths[0], paths[1])];
}
