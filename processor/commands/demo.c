#include "pipeline/demo_view.h"

#include "book/book_reader.h"
#include "commands/commands.h"
#include "commands/named_files.h"
#include "ops/log.h"
#include "pipeline/generator.h"

#include <stdlib.h>
#include <unistd.h>

enum { PACE_ON_A_TERMINAL = 20000, BAD_PER_MILLE = 1, PARTITIONS_PER_WORKER = 4 };

struct demo_words {
    const char *book, *reference;
    int64_t lines, seed, workers, pace; /* pace -1: not said */
};
static const struct demo_words defaults = {
    .book = "config/book.yaml", .lines = 200000, .seed = 1, .workers = 2, .pace = -1
};

_Static_assert(PACE_ON_A_TERMINAL == 20000, "the help says so");
static const struct option rows[] = {
    NUMBER(demo_words, lines, "lines", "N", 1, 1000000000, "declarations"),
    NUMBER(demo_words, seed, "seed", "N", 0, INT64_MAX, "the same seed tells the same story"),
    NUMBER(demo_words, workers, "workers", "N", 1, 16, "threads"),
    TEXT(demo_words, book, "book", "FILE", 0, "the bundle book"),
    TEXT(demo_words, reference, "reference", "FILE", 0, "what earlier episodes cost"),
    NUMBER(demo_words, pace, "pace", "N", 0, 1000000000,
           "lines a second, 0: as fast as it goes (20000 on a terminal, else 0)"),
};
const struct options demo_options = {
    .command = "demo",
    .about = "Declarations from a seed through an embedded Kafka broker and the real workers: alerts as\n"
             "they come, a summary.",
    .rows = rows,
    .rows_count = COUNT(rows),
    .defaults = &defaults,
};

static int show(const struct demo_words *words, const struct book *book, const struct reference *reference)
{
    static const int codes[] = {
        [DEMO_DONE] = EXIT_DONE, [DEMO_INTERRUPTED] = EXIT_INTERRUPTED, [DEMO_FAILED] = EXIT_FAILED
    };
    bool live = isatty(STDOUT_FILENO) != 0;
    struct demo_options options = {
        .book = book,
        .reference = reference,
        .lines = words->lines,
        .lines_per_second = words->pace >= 0 ? words->pace
                            : live           ? PACE_ON_A_TERMINAL
                                             : 0,
        .seed = (uint64_t)words->seed,
        .workers_count = (int32_t)words->workers,
        .partitions_count = (int32_t)words->workers * PARTITIONS_PER_WORKER,
        .bad_per_mille = BAD_PER_MILLE,
        .start = GENERATOR_START,
    };
    return codes[demo_show(&options, live, live && getenv("NO_COLOR") == NULL)];
}

int demo_command(int argc, char **argv)
{
    struct demo_words words = defaults;
    struct arguments arguments;
    int code;
    if (!options_read(&demo_options, argc, argv, &words, &arguments, &code))
        return code;
    log_set_level(LOG_WARNING);
    const char *const paths[] = { words.book, words.reference };
    if (!named_files_readable("demo", paths, COUNT(paths)))
        return EXIT_NO_INPUT;
    const struct book *book = book_read(words.book, finding_print, stderr);
    const struct reference *reference =
        book && words.reference ? reference_read(words.reference, finding_print, stderr) : NULL;
    code = book && (reference || !words.reference) ? show(&words, book, reference) : EXIT_CONFIG;
    reference_free(reference);
    book_free(book);
    return code;
}
