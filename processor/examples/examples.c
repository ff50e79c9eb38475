#include "examples/examples.h"

#include "book/book_reader.h"
#include "examples/example_run.h"

#include <stdio.h>

static size_t shuffles_for(size_t declarations)
{
    size_t shuffles = declarations <= EXAMPLE_DECLARATIONS_MANY
                          ? EXAMPLE_SHUFFLES
                          : EXAMPLE_SHUFFLES * EXAMPLE_DECLARATIONS_MANY / declarations;
    return shuffles < 1 ? 1 : shuffles;
}

static enum examples_end run_all(struct example_options *options)
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
        printf("%s: %zu examples of %zu declarations, each in %zu orders: all as expected\n", options->file,
               examples.count, declarations, options->shuffles + 2);
    else
        printf("%s: %zu of %zu examples differ\n", options->file, differ, examples.count);
    return differ == 0 ? EXAMPLES_HOLD : EXAMPLES_DIFFER;
}

enum examples_end examples_run(const char *path, const char *reference_path)
{
    struct example_options options = { .file = path, .seed = 1 };
    enum examples_end end = EXAMPLES_REFUSED;
    options.book = book_read(path, finding_print, stderr);
    if (options.book && reference_path)
        options.reference = reference_read(reference_path, finding_print, stderr);
    if (options.book && (options.reference || !reference_path))
        end = run_all(&options);
    reference_free(options.reference);
    book_free(options.book);
    return end;
}
