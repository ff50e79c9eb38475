#include "book/book_reader.h"
#include "commands/commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct tally {
    int errors, warnings;
};

static void usage(FILE *stream)
{
    fprintf(stream, "usage: bundelwacht check BOOK [--reference FILE]\n\n"
                    "Reads a bundle book, and a reference file if there is one, and says what is wrong with them, and where.\n"
                    "Exit codes: 0 nothing found, 2 findings, 66 no such file. bundelwacht help E012 explains a finding.\n");
}

static void print_and_count(void *context, const struct finding *finding)
{
    struct tally *tally = context;
    if (finding->severity == FINDING_ERROR)
        tally->errors++;
    else
        tally->warnings++;
    finding_print(stdout, finding);
}

static void check_book(const char *path, struct tally *tally)
{
    const struct book *book = book_read(path, print_and_count, tally);
    if (!book)
        return;
    printf("%s: book %.*s: %zu bundles, %zu contracts, %zu criteria\n", path, BYTES_ARGS(book->book), book->bundles_count,
           book->contracts_count, book->criteria_count);
    book_free(book);
}

static void check_reference(const char *path, struct tally *tally)
{
    const struct reference *reference = reference_read(path, print_and_count, tally);
    if (!reference)
        return;
    printf("%s: reference read\n", path);
    reference_free(reference);
}

static int finish(const struct tally *tally)
{
    if (tally->errors == 0 && tally->warnings == 0)
        return EXIT_DONE;
    printf("%d error%s, %d warning%s\n", tally->errors, tally->errors == 1 ? "" : "s", tally->warnings,
           tally->warnings == 1 ? "" : "s");
    return EXIT_FINDINGS;
}

int check_command(int argc, char **argv)
{
    static const struct option options[] = {
        { "reference", required_argument, NULL, 'r' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 }
    };
    const char *reference = NULL;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            usage(stdout);
            return EXIT_DONE;
        }
        if (option != 'r') {
            usage(stderr);
            return EXIT_USAGE;
        }
        reference = optarg;
    }
    if (argc - optind != 1) {
        usage(stderr);
        return EXIT_USAGE;
    }
    const char *paths[] = { argv[optind], reference };
    for (int i = 0; i < 2; i++)
        if (paths[i] && access(paths[i], R_OK) != 0) {
            fprintf(stderr, "bundelwacht check: could not read \"%s\": %s\n", paths[i], strerror(errno));
            return EXIT_NO_INPUT;
        }
    struct tally tally = { 0 };
    check_book(paths[0], &tally);
    if (reference)
        check_reference(reference, &tally);
    return finish(&tally);
}
