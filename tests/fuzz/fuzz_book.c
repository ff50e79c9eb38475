#define _GNU_SOURCE 1 /* memfd_create */
/* Any text as a bundle book, as `bundelwacht check` reads it: a book, or at least one error with a place; and
 * once more as `run` reads it. */
#include "fuzz_target.h"
#include "fuzz_yaml.h"

#include "book/examples.h"
#include "book/book_reader.h"
#include "fuzz_file.h"

static void note(void *context, const struct finding *finding)
{
    must(finding->code != NULL && finding->message != NULL && finding->message[0] != '\0');
    must(finding->line >= 0 && finding->column >= 0);
    *(int *)context += finding->severity == FINDING_ERROR;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int errors = 0, errors_again = 0;
    const struct book *book = book_check(fuzz_file(data, size), note, &errors);
    must((book == NULL) == (errors > 0));
    const struct book *again =
        book_read_text("book", (struct bytes){ (const char *)data, size }, note, &errors_again);
    must((again == NULL) == (book == NULL));
    must(errors_again == errors);
    if (book) {
        must(book_hash(book) == book_hash(again));
        (void)book_examples(book);
    }
    book_free(book);
    book_free(again);
    return 0;
}
