#include "pipeline/constants.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct constants ours = { .engine = 3, .book = 0xabc, .reference = 0, .schemas = 0x1122334455667788, .outputs = 9 };

Test(constants, are_written_in_the_form_of_the_design)
{
    char text[CONSTANTS_TEXT_BYTES];
    constants_to_text(&ours, text);
    cr_expect_str_eq(text, "v1;engine=3;book=0000000000000abc;reference=0000000000000000;schemas=1122334455667788;outputs=0000000000000009;step=0");
}

Test(constants, of_a_commit_that_differ_are_named)
{
    struct constants most = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
    static const struct {
        struct constants committed;
        const char *named; /* NULL: they agree */
    } rows[] = {
        { { 3, 0xabc, 0, 0x1122334455667788, 9 }, NULL },
        { { 2, 0xabc, 0, 0x1122334455667788, 9 }, "engine" },
        { { 3, 0xabd, 0, 0x1122334455667788, 9 }, "book" },
        { { 3, 0xabc, 1, 0x1122334455667788, 9 }, "reference" },
        { { 3, 0xabc, 0, 0x1122334455667789, 9 }, "schemas" },
        { { 3, 0xabc, 0, 0x1122334455667788, 8 }, "output" },
    };
    char text[CONSTANTS_TEXT_BYTES], error[256];
    constants_to_text(&most, text);
    cr_expect_lt(strlen(text), CONSTANTS_TEXT_BYTES - 1);
    for (size_t row = 0; row < COUNT(rows); row++) {
        constants_to_text(&rows[row].committed, text);
        bool agree = constants_agree(&ours, text, error, sizeof(error));
        cr_expect_eq(agree, rows[row].named == NULL, "row %zu", row);
        if (rows[row].named)
            cr_expect_not_null(strstr(error, rows[row].named), "%s", error);
    }
}

Test(constants, of_somebody_else_do_not_agree)
{
    static const char *const rows[] = { "", "x", "v2;engine=3", "v1;", "v1;engine=3;book=",
                                        "v1;engine=3;book=0000000000000abc;reference=0000000000000000;schemas=1122334455667788;outputs=0000000000000009;step=4" };
    char error[256];
    for (size_t row = 0; row < COUNT(rows); row++)
        cr_expect_not(constants_agree(&ours, rows[row], error, sizeof(error)), "%s", rows[row]);
}
