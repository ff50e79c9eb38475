#include "base/digits.h"

#include <criterion/criterion.h>

TestSuite(digits, .timeout = 10);

Test(digits, are_grouped_from_the_right)
{
    static const struct {
        uint64_t number;
        char separator;
        const char *text;
    } rows[] = {
        { 0, ',', "0" },
        { 999, ',', "999" },
        { 1000, ',', "1,000" },
        { 1234567, ',', "1,234,567" },
        { 1234567, 0, "1234567" },
        { UINT64_MAX, ',', "18,446,744,073,709,551,615" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[DIGITS_BYTES];
        struct bytes digits = digits_of(rows[i].number, rows[i].separator, text);
        cr_expect(bytes_equal(digits, bytes_of(rows[i].text)), "%.*s", BYTES_ARGS(digits));
    }
}

Test(digits, have_a_magnitude_at_both_ends)
{
    cr_expect_eq(magnitude(-1), 1u);
    cr_expect_eq(magnitude(INT64_MAX), (uint64_t)INT64_MAX);
    cr_expect_eq(magnitude(INT64_MIN), (uint64_t)1 << 63);
}
