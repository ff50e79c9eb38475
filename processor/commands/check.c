#include "book/book_compare.h"
#include "book/book_reader.h"
#include "commands/commands.h"
#include "commands/named_files.h"

#include <stdio.h>

struct tally {
    int errors, warnings;
};
struct check_words {
    const char *book, *reference, *against;
    bool strict, allow_redefinition;
};

static const struct option rows[] = {
    TEXT(check_words, reference, "reference", "FILE", 0, "reads a reference file, too"),
    SWITCH(check_words, strict, "strict", "a warning counts as much as an error"),
    TEXT(check_words, against, "against", "OLD", 0,
         "what the new book would change of definitions, contracts and rules in force: what changes the "
         "window or the budget of an "
         "episode is refused, the rest is noted"),
    SWITCH(check_words, allow_redefinition, "allow-redefinition", "say it, but do not refuse it"),
};
static const char *const forms[] = { "[--strict] BOOK [--reference FILE]",
                                     "--against OLD NEW [--allow-redefinition]", NULL };
const struct options check_options = {
    .command = "check",
    .forms = forms,
    .arguments = "BOOK",
    .arguments_min = 1,
    .arguments_max = 1,
    .about = "Reads a bundle book, and a reference file if there is one, and says what is wrong or odd\n"
             "about them, and where.",
    .after = "Exit codes: 0 nothing found but warnings, 2 findings, 66 no such file, 78 refused: a\n"
             "definition or contract in force changes, or one of two books to compare is wrong.\n"
             "bundelwacht help E012 explains a finding.",
    .rows = rows,
    .rows_count = COUNT(rows),
};

static void print_and_count(void *context, const struct finding *finding)
{
    struct tally *tally = context;
    if (finding->severity == FINDING_ERROR)
        tally->errors++;
    else if (finding->severity == FINDING_WARNING)
        tally->warnings++;
    finding_print(stdout, finding);
}

static const struct book *check_book(const char *path, struct tally *tally)
{
    const struct book *book = book_check(path, print_and_count, tally);
    if (book)
        printf("%s: book %.*s: %zu bundle%s, %zu contract%s, %zu criteri%s\n", path, BYTES_ARGS(book->book),
               book->bundles_count, book->bundles_count == 1 ? "" : "s", book->contracts_count,
               book->contracts_count == 1 ? "" : "s", book->criteria_count,
               book->criteria_count == 1 ? "on" : "a");
    return book;
}

static void check_reference(const char *path, const struct book *book, struct tally *tally)
{
    const struct reference *reference = reference_check(path, book, print_and_count, tally);
    if (!reference)
        return;
    printf("%s: reference read\n", path);
    reference_free(reference);
}

static int finish(const struct tally *tally, bool strict)
{
    if (tally->errors > 0 || tally->warnings > 0)
        printf("%d error%s, %d warning%s\n", tally->errors, tally->errors == 1 ? "" : "s", tally->warnings,
               tally->warnings == 1 ? "" : "s");
    return tally->errors > 0 || (strict && tally->warnings > 0) ? EXIT_FINDINGS : EXIT_DONE;
}

/* --- against an older book --- */

static int compare(const struct check_words *words)
{
    int code = EXIT_CONFIG;
    const struct book *old_book = book_read(words->against, finding_print, stderr);
    const struct book *new_book = book_read(words->book, finding_print, stderr);
    if (old_book && new_book) {
        size_t binding = book_compare(old_book, new_book, book_difference_print, stdout);
        if (binding == 0)
            printf("nothing that is in force changes\n");
        else
            printf("%zu change%s of what is in force%s\n", binding, binding == 1 ? "" : "s",
                   words->allow_redefinition ? ", allowed" : ": refused (--allow-redefinition allows it)");
        code = binding == 0 || words->allow_redefinition ? EXIT_DONE : EXIT_CONFIG;
    }
    book_free(old_book);
    book_free(new_book);
    return code;
}

/* --- the command line --- */

static int check(const struct check_words *words)
{
    struct tally tally = { 0 };
    const struct book *book = check_book(words->book, &tally);
    if (words->reference)
        check_reference(words->reference, book, &tally);
    book_free(book);
    return finish(&tally, words->strict);
}

int check_command(int argc, char **argv)
{
    struct check_words words = { .strict = false };
    struct arguments arguments;
    int code;
    if (!options_read(&check_options, argc, argv, &words, &arguments, &code))
        return code;
    words.book = arguments.items[0];
    if (words.allow_redefinition && !words.against)
        return options_refuse(&check_options, "--allow-redefinition goes with --against OLD");
    if (words.against && (words.strict || words.reference))
        return options_refuse(&check_options,
                              "--against compares two books: leave --strict and --reference out");
    const char *const paths[] = { words.book, words.reference, words.against };
    if (!named_files_readable("check", paths, COUNT(paths)))
        return EXIT_NO_INPUT;
    return words.against ? compare(&words) : check(&words);
}
