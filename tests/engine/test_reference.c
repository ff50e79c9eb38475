/* What earlier episodes cost, and how much of it was known by which day (§10). */
#include "engine/reference.h"

#include "engine/declaration.h"

#include <criterion/criterion.h>

TestSuite(reference, .timeout = 30);

Test(reference, a_stratum_with_a_count_under_30_has_none)
{
    static const struct declared_permille declared[] = { { 7, 100 } };
    static const struct episode_reference episodes[] = {
        { .bundle = { "hip", 3 },
          .stratum = { "old", 3 },
          .count = 30,
          .mean = 1,
          .declared = declared,
          .declared_count = 1 },
        { .bundle = { "hip", 3 },
          .stratum = { "young", 5 },
          .count = 29,
          .mean = 2,
          .declared = declared,
          .declared_count = 1 },
        { .bundle = { "knee", 4 },
          .stratum = { "young", 5 },
          .count = 31,
          .mean = 3,
          .declared = declared,
          .declared_count = 1 },
    };
    const struct reference reference = { .episodes = episodes, .episodes_count = COUNT(episodes) };
    cr_expect_eq(reference_of_stratum(&reference, BYTES("hip"), BYTES("old")), &episodes[0]);
    cr_expect_null(reference_of_stratum(&reference, BYTES("hip"), BYTES("young")));
    cr_expect_eq(reference_of_stratum(&reference, BYTES("knee"), BYTES("young")), &episodes[2]);
    cr_expect_null(reference_of_stratum(&reference, BYTES("knee"), BYTES("old")));
    cr_expect_null(reference_of_stratum(NULL, BYTES("hip"), BYTES("old")));
}

Test(reference, finds_the_p999_of_a_care_type_and_code)
{
    static const struct line_reference lines[] = {
        { CARE_HOSPITAL_DBC, { "10", 2 }, 6 }, { CARE_HOSPITAL_DBC, { "2", 1 }, 7 },
        { CARE_ADD_ON, { "2", 1 }, 0 },        { CARE_PARAMEDICAL, { "1000", 4 }, 5800 },
    };
    const struct reference reference = { .lines = lines, .lines_count = COUNT(lines) };
    for (size_t i = 0; i < COUNT(lines); i++)
        cr_expect_eq(reference_line_p999(&reference, lines[i].care_type, lines[i].care_code), lines[i].p999,
                     "line %zu", i);
    cr_expect_eq(reference_line_p999(&reference, CARE_HOSPITAL_DBC, BYTES("1000")), -1);
    cr_expect_eq(reference_line_p999(&reference, CARE_PARAMEDICAL, BYTES("2")), -1);
    cr_expect_eq(reference_line_p999(&reference, CARE_OTHER, BYTES("2")), -1);
    cr_expect_eq(reference_line_p999(&(struct reference){ 0 }, CARE_OTHER, BYTES("2")), -1);
    cr_expect_eq(reference_line_p999(NULL, CARE_OTHER, BYTES("2")), -1);
}

Test(reference, completion_moves_once_a_week_between_the_days_that_are_given)
{
    static const struct declared_permille declared[] = {
        { 7, 5 }, { 30, 60 }, { 60, 210 }, { 70, 210 }, { 98, 1000 }
    };
    const struct episode_reference reference = { .declared = declared, .declared_count = COUNT(declared) };
    static const struct {
        const char *label;
        int32_t days, permille;
    } rows[] = {
        { "before the opening", -3, 0 },
        { "on day 0", 0, 0 },
        { "day 6 is week 0", 6, 0 },
        { "a given day", 7, 5 },
        { "day 13 is day 7", 13, 5 },
        { "day 14: 5 + 55 x 7/23 = 21.7", 14, 21 },
        { "day 20 is day 14", 20, 21 },
        { "day 28: 5 + 55 x 21/23 = 55.2", 28, 55 },
        { "day 30 is day 28", 30, 55 },
        { "day 35: 60 + 150 x 5/30", 35, 85 },
        { "day 63 lies between equals", 63, 210 },
        { "day 70", 70, 210 },
        { "day 84: half way to 1000", 84, 605 },
        { "the last day given", 98, 1000 },
        { "the last week", 104, 1000 },
        { "after the last", 105, 1000 },
        { "long after", 5000, 1000 },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(reference_completion_permille(&reference, 20000, 20000 + rows[i].days), rows[i].permille,
                     "%s: %d", rows[i].label,
                     reference_completion_permille(&reference, 20000, 20000 + rows[i].days));
}

Test(reference, completion_after_the_last_day_is_all_though_the_last_says_less)
{
    static const struct declared_permille declared[] = { { 10, 300 } };
    const struct episode_reference reference = { .declared = declared, .declared_count = 1 };
    cr_expect_eq(reference_completion_permille(&reference, 0, 7), 210);
    cr_expect_eq(reference_completion_permille(&reference, 0, 13), 210);
    cr_expect_eq(reference_completion_permille(&reference, 0, 14), 1000);
}
