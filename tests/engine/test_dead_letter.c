/* The rows of dead_letters.def: each says something of its own, and §1 knows it. */
#include "engine/dead_letter.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(dead_letter, .timeout = 30);

Test(dead_letter, has_a_sentence_for_every_reason_that_no_other_has)
{
    for (size_t i = 0; i < DEAD_LETTER_REASONS; i++)
        for (size_t j = i + 1; j < DEAD_LETTER_REASONS; j++)
            cr_expect_str_neq(dead_letter_rows[i].sentence, dead_letter_rows[j].sentence, "%s and %s",
                              dead_letter_rows[i].reason, dead_letter_rows[j].reason);
}

Test(dead_letter, carries_a_reason_that_leads_back_to_its_row)
{
    for (size_t i = 0; i < DEAD_LETTER_REASONS; i++) {
        struct result result = dead_letter((enum dead_letter_reason)i);
        cr_expect_eq(result.verdict, DEAD_LETTER);
        cr_expect_eq(dead_letter_row(result.reason), &dead_letter_rows[i], "%s", result.reason);
    }
}

/* From the headline of §1 to that of §2. */
static char *part_1(void)
{
    static char page[1 << 18];
    FILE *file = fopen(SOURCE_DIR "/processor/engine/SEMANTICS.md", "r");
    cr_assert_not_null(file);
    page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
    fclose(file);
    char *begin = strstr(page, "\n## 1. "), *end = begin ? strstr(begin, "\n## 2. ") : NULL;
    cr_assert(begin && end);
    *end = '\0';
    return begin;
}

/* Those of fields stand there as bad_FIELD. */
Test(dead_letter, has_only_reasons_that_the_rules_name)
{
    const char *page = part_1();
    cr_expect(strstr(page, "`bad_FIELD`"));
    for (size_t i = 0; i < LETTER_bad_declaration_id; i++) {
        char quoted[64];
        snprintf(quoted, sizeof(quoted), "`%s`", dead_letter_rows[i].reason);
        cr_expect(strstr(page, quoted), "§1 does not name %s", quoted);
    }
    cr_expect_eq(DEAD_LETTER_REASONS - LETTER_bad_declaration_id, FIELD_COUNT);
}
