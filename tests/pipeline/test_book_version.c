/* Earlier books in the directory of state: found by their hash, and where there is a key only when they are
 * signed (state/signature.h). */
#include "pipeline/book_version.h"
#include "state/signature.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(book_version, .timeout = 30);

static char directory[64], error[400];

static const struct book *given_book(const char *serial)
{
    char text[256];
    snprintf(text, sizeof(text), "book: \"%s\"\nhorizon_days: 400\ncriteria: {}\nbundles: []\n", serial);
    const struct book *book = book_read_text("given", bytes_of(text), finding_print, stderr);
    cr_assert(book != NULL);
    return book;
}

static struct signing_keys *given_keys(void)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/keys", directory);
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL);
    cr_assert(fchmod(fileno(file), 0600) == 0);
    fputs("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\n", file);
    fclose(file);
    struct signing_keys *keys = signing_keys_read(path, error, sizeof(error));
    cr_assert(keys != NULL, "%s", error);
    unlink(path);
    return keys;
}

/* Of a process that starts anew, with another book. */
static bool finds(const struct book *earlier)
{
    const struct book *ours = given_book("9");
    struct book_versions *book_versions = book_versions_new(ours, NULL, directory);
    const struct book_version *found =
        book_versions_find(book_versions, book_hash(earlier), 0, BYTES_NULL, BYTES_NULL);
    bool same = found && bytes_equal(book_source(found->book), book_source(earlier));
    cr_expect(!found || same);
    book_versions_free(book_versions);
    book_free(ours);
    return same;
}

static void keep(const struct book *book)
{
    struct book_versions *book_versions = book_versions_new(book, NULL, directory);
    cr_assert(book_versions_store(book_versions, book_versions_ours(book_versions), error, sizeof(error)),
              "%s", error);
    book_versions_free(book_versions);
}

static void damage(const struct book *book)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/book-%016llx.yaml", directory, (unsigned long long)book_hash(book));
    cr_assert(truncate(path, 20) == 0);
}

Test(book_version, an_earlier_book_is_found_in_the_directory_and_one_that_is_damaged_written_anew)
{
    snprintf(directory, sizeof(directory), "/tmp/bw-book_version-XXXXXX");
    cr_assert(mkdtemp(directory) != NULL);
    const struct book *earlier = given_book("1");
    cr_expect(!finds(earlier));
    keep(earlier);
    cr_expect(finds(earlier));
    damage(earlier);
    cr_expect(!finds(earlier));
    keep(earlier);
    cr_expect(finds(earlier));
    book_free(earlier);
}

Test(book_version, where_there_is_a_key_an_earlier_book_is_believed_when_it_is_signed)
{
    snprintf(directory, sizeof(directory), "/tmp/bw-book_version-XXXXXX");
    cr_assert(mkdtemp(directory) != NULL);
    const struct book *earlier = given_book("1");
    struct signing_keys *keys = given_keys();
    keep(earlier);
    signing_use(keys);
    cr_expect(!finds(earlier), "anybody may have put it there");
    keep(earlier);
    cr_expect(finds(earlier));
    signing_use(NULL);
    cr_expect(finds(earlier), "without a key the signature is only not asked for");
    signing_keys_free(keys);
    book_free(earlier);
}
