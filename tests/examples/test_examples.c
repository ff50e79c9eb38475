/* The examples of a book: that the shipped ones hold, that a wrong one is found and said, and what is
 * refused. */
#include "base/bytes.h"
#include "examples/examples.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(examples_room, .timeout = 60);

/* The shipped book with `old` once replaced, in a file of this process. */
static const char *changed_book(const char *old, const char *new, char path[64])
{
    static char text[262144];
    FILE *file = fopen(SOURCE_DIR "/config/book.yaml", "r");
    cr_assert(file != NULL);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    char *at = strstr(text, old);
    cr_assert(at != NULL, "the book has no \"%s\"", old);
    snprintf(path, 64, "book-%d.yaml", (int)getpid());
    file = fopen(path, "w");
    cr_assert(file != NULL);
    fprintf(file, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    fclose(file);
    return path;
}

Test(examples_room, hold_in_the_shipped_book_with_and_without_a_reference)
{
    cr_redirect_stdout();
    cr_expect_eq(examples_run(SOURCE_DIR "/config/book.yaml", NULL), EXAMPLES_HOLD);
    cr_expect_eq(examples_run(SOURCE_DIR "/config/book.yaml", SOURCE_DIR "/config/reference.yaml"),
                 EXAMPLES_HOLD);
}

Test(examples_room, differ_when_one_expects_another_cost)
{
    char path[64], place[128];
    changed_book("{cost: 1275001,", "{cost: 1,", path);
    FILE *out = tmpfile();
    int before = dup(STDOUT_FILENO);
    fflush(stdout);
    dup2(fileno(out), STDOUT_FILENO);
    enum examples_end end = examples_run(path, NULL);
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
    static char said[65536];
    rewind(out);
    said[fread(said, 1, sizeof(said) - 1, out)] = '\0';
    fclose(out);
    remove(path);
    cr_expect_eq(end, EXAMPLES_DIFFER);
    snprintf(place, sizeof(place), "%s: 1 of ", path);
    cr_expect(strstr(said, place) != NULL && strstr(said, " examples differ\n") != NULL &&
                  strstr(said, "1275001") != NULL,
              "%s", said);
}

Test(examples_room, are_not_run_from_a_book_or_reference_that_is_refused)
{
    char path[64];
    cr_redirect_stderr();
    cr_expect_eq(examples_run("nowhere.yaml", NULL), EXAMPLES_REFUSED);
    cr_expect_eq(examples_run(changed_book("horizon_days:", "horizon_dais:", path), NULL), EXAMPLES_REFUSED);
    remove(path);
    cr_expect_eq(examples_run(SOURCE_DIR "/config/book.yaml", SOURCE_DIR "/config/book.yaml"),
                 EXAMPLES_REFUSED);
}
