#include "base/bytes.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(bytes, .timeout = 10);

Test(bytes, null_equals_null_and_nothing_else)
{
    cr_expect(bytes_equal(BYTES_NULL, BYTES_NULL));
    cr_expect(not(bytes_equal(BYTES_NULL, BYTES(""))));
    cr_expect(not(bytes_equal(BYTES(""), BYTES_NULL)));
    cr_expect(bytes_equal(BYTES(""), BYTES("")));
    cr_expect(bytes_is_null(bytes_of(NULL)));
    cr_expect(not(bytes_is_null(bytes_of(""))));
}

Test(bytes, are_ordered_unsigned_and_a_prefix_comes_first)
{
    static const struct {
        const char *label;
        struct bytes a, b;
        int order;
    } rows[] = {
        { "equal", BYTES("ab"), BYTES("ab"), 0 },
        { "letter", BYTES("ab"), BYTES("ac"), -1 },
        { "prefix", BYTES("ab"), BYTES("abc"), -1 },
        { "empty", BYTES(""), BYTES("a"), -1 },
        { "unsigned", BYTES("z"), BYTES("\x80"), -1 },
        { "a zero byte counts", BYTES("a\0b"), BYTES("a\0c"), -1 },
        { "a zero byte is longer than none", BYTES("a"), BYTES("a\0"), -1 },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        cr_expect(eq(int, bytes_compare(rows[row].a, rows[row].b), rows[row].order), "%s", rows[row].label);
        cr_expect(eq(int, bytes_compare(rows[row].b, rows[row].a), -rows[row].order), "%s, turned",
                  rows[row].label);
        cr_expect(eq(int, bytes_equal(rows[row].a, rows[row].b), rows[row].order == 0), "%s",
                  rows[row].label);
    }
}

Test(bytes, begin_with_a_prefix_of_any_length)
{
    cr_expect(bytes_begin_with(BYTES("0303"), BYTES("03")));
    cr_expect(bytes_begin_with(BYTES("0303"), BYTES("0303")));
    cr_expect(bytes_begin_with(BYTES("0303"), BYTES("")));
    cr_expect(not(bytes_begin_with(BYTES("03"), BYTES("0303"))));
    cr_expect(not(bytes_begin_with(BYTES("0303"), BYTES("33"))));
}

Test(bytes, of_a_literal_keep_zero_bytes)
{
    cr_expect(eq(sz, BYTES("a\0b").length, 3));
    cr_expect(eq(sz, BYTES("").length, 0));
    cr_expect(eq(sz, bytes_of("abc").length, 3));
}
