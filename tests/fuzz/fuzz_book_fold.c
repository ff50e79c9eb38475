/* Any text as a book, up to a zero byte; when it is one, records drawn from the bytes behind it are folded
 * under it: whatever the linter lets through the engine must stand. */
#include "fuzz_target.h"
#include "fuzz_yaml.h"

#include "fuzz_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
    size_t length = end ? (size_t)(end - data) : size;
    const struct book *rules =
        book_read_text("book", (struct bytes){ (const char *)data, length }, no_finding, NULL);
    if (rules) {
        struct choices choices = { end ? end + 1 : data, data + size };
        fold_draws(rules, &choices);
    }
    book_free(rules);
    return 0;
}
