#include "book/book_reader.h"
#include "commands/commands.h"
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
    .about = "Runs the examples that stand in a bundle book: each in the given order, in reverse and in 20 "
             "shuffles (fewer when there\n"
             "are thousands), and says in words what differs from what is expected. Every order has to end "
             "the same.",
    .after = "Exit codes: 0 all as expected, 2 something differs, 66 no such file, 78 the book or the "
             "reference is refused.",
    .rows = rows,
    .rows_count = COUNT(rows),
};

static size_t shuffles_for(size_t declarations)
{
    size_t shuffles = declarations <= EXAMPLE_DECLARATIONS_MANY ? EXAMPLE_SHUFFLES : EXAMPLE_SHUFFLES * EXAMPLE_DECLARATIONS_MANY / declarations;
    return shuffles < 1 ? 1 : shuffles;
}

static int run_all(struct example_options *options)
{
    struct examples examples = book_examples(options->book);
    size_t differ = 0, declarations = 0;
    for (size_t i = 0; i < examples.count; i++)
        declarations += examples.items[i].declarations_count;
    options->shuffles = shuffles_for(declarations);
    for (size_t i = 0; i < examples.count; i++)
        differ += !example_run(options, &examples.items[i]);
    if (examples.count == 0)
        printf("%s: no bundle has examples\n", options->file);
    else if (differ == 0)
        printf("%s: %zu examples of %zu declarations, each in %zu orders: all as expected\n", options->file, examples.count, declarations,
               options->shuffles + 2);
    else
        printf("%s: %zu of %zu examples differ\n", options->file, differ, examples.count);
    return differ == 0 ? EXIT_DONE : EXIT_FINDINGS;
}

static int test_book(const char *path, const char *reference_path)
{
    struct example_options options = { .file = path, .seed = 1 };
    int code = EXIT_CONFIG;
    options.book = book_read(path, finding_print, stderr);
    if (options.book && reference_path)
        options.reference = reference_read(reference_path, finding_print, stderr);
    if (options.book && (options.reference || !reference_path))
        code = run_all(&options);
    reference_free(options.reference);
    book_free(options.book);
    return code;
}

int test_command(int argc, char **argv)
{
    struct test_words words = { .reference = NULL };
    struct arguments arguments;
    int code;
    if (!options_read(&test_options, argc, argv, &words, &arguments, &code))
        return code;
    const char *const paths[] = { arguments.items[0], words.reference };
    if (!named_files_readable("test", paths, COUNT(paths)))
        return EXIT_NO_INPUT;
    return test_book(paths[0], paths[1]);
}
