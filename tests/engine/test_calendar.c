/* Days, ages and moments (§0, §1, §6b, §11). */
#include "engine/calendar.h"

#include <criterion/criterion.h>

TestSuite(calendar, .timeout = 30);

static int32_t day(const char *text)
{
    int32_t day = DAY_NONE;
    cr_assert(day_from_text(bytes_of(text), &day), "%s", text);
    return day;
}

Test(calendar, names_its_constants_rightly)
{
    cr_expect_eq(day("1970-01-01"), 0);
    cr_expect_eq(day("1850-01-01"), DAY_1850_01_01);
    cr_expect_eq(day("1990-01-01"), DAY_1990_01_01);
    cr_expect_eq(day("2099-12-31"), DAY_2099_12_31);
    cr_expect_eq(moment_to_day(MOMENT_2000_01_01), day("2000-01-01"));
    cr_expect_eq(moment_to_day(MOMENT_2000_01_01 - 1), day("1999-12-31"));
    cr_expect_eq(moment_to_day(MOMENT_2099_12_31_LAST), day("2099-12-31"));
    cr_expect_eq(moment_to_day(MOMENT_2099_12_31_LAST + 1), day("2099-12-31") + 1);
}

Test(calendar, every_day_from_0000_to_9999_goes_there_and_back)
{
    int32_t expected = day("0000-01-01");
    for (int32_t year = 0; year <= 9999; year++)
        for (int32_t month = 1; month <= 12; month++)
            for (int32_t of_month = 1; of_month <= 31; of_month++) {
                int32_t found;
                if (!day_from_civil((struct civil){ year, month, of_month }, &found))
                    continue;
                struct civil civil = day_to_civil(found);
                cr_assert(found == expected && civil.year == year && civil.month == month &&
                              civil.day == of_month,
                          "%d-%d-%d", year, month, of_month);
                expected++;
            }
    cr_expect_eq(expected - 1, day("9999-12-31"));
}

Test(calendar, refuses_what_is_no_date_and_leaves_the_result_alone)
{
    static const char *const rows[] = {
        "2026-02-29",  "1900-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-10",
        "2026-01-00",  "2026-01-32", "2026-1-01",  "26-01-01",   "2026/01/01", "2026-01-01 ",
        " 2026-01-01", "2026-01-0",  "2026-01-0x", "-026-01-01", "",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int32_t untouched = 4711;
        cr_expect_not(day_from_text(bytes_of(rows[i]), &untouched), "%s", rows[i]);
        cr_expect_eq(untouched, 4711, "%s", rows[i]);
    }
    int32_t untouched = 4711;
    cr_expect_not(day_from_text(BYTES_NULL, &untouched));
    cr_expect_not(day_from_civil((struct civil){ 10000, 1, 1 }, &untouched));
    cr_expect_not(day_from_civil((struct civil){ -1, 1, 1 }, &untouched));
    cr_expect_eq(untouched, 4711);
}

Test(calendar, counts_completed_years)
{
    static const struct {
        const char *born, *on;
        int32_t age;
    } rows[] = {
        { "1950-06-15", "2026-06-14", 75 },
        { "1950-06-15", "2026-06-15", 76 },
        { "1950-06-15", "2026-06-16", 76 },
        { "1950-06-15", "2026-05-31", 75 },
        { "1950-06-15", "2026-07-01", 76 },
        /* born on 29 February: birthday on 1 March in other years */
        { "1956-02-29", "2026-02-28", 69 },
        { "1956-02-29", "2026-03-01", 70 },
        { "1956-02-29", "2024-02-28", 67 },
        { "1956-02-29", "2024-02-29", 68 },
        { "1956-03-01", "2024-02-29", 67 },
        /* the day of birth, and before it */
        { "2026-03-12", "2026-03-12", 0 },
        { "2026-03-12", "2027-03-11", 0 },
        { "2026-03-12", "2027-03-12", 1 },
        { "2026-03-12", "2026-03-11", 0 },
        { "2026-03-12", "2001-01-01", 0 },
        { "1850-01-01", "2099-12-31", 249 },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(age_on(day(rows[i].born), day(rows[i].on)), rows[i].age, "born %s on %s", rows[i].born,
                     rows[i].on);
}

Test(calendar, reads_and_writes_moments_of_exactly_one_form)
{
    static const struct {
        const char *text;
        int64_t moment;
    } rows[] = {
        { "1970-01-01T00:00:00.000Z", 0 },
        { "1969-12-31T23:59:59.999Z", -1 },
        { "2026-03-12T09:00:00.000Z", 1773306000000 },
        { "2099-12-31T23:59:59.999Z", MOMENT_2099_12_31_LAST },
        { "2000-01-01T00:00:00.000Z", MOMENT_2000_01_01 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t moment = 0;
        char text[MOMENT_TEXT_BYTES];
        cr_expect(moment_from_text(bytes_of(rows[i].text), &moment), "%s", rows[i].text);
        cr_expect_eq(moment, rows[i].moment, "%s", rows[i].text);
        moment_to_text(rows[i].moment, text);
        cr_expect(memcmp(text, rows[i].text, MOMENT_TEXT_BYTES) == 0, "%.24s is not %s", text, rows[i].text);
    }
    static const char *const bad[] = {
        "2026-03-12T24:00:00.000Z",  "2026-03-12T09:60:00.000Z",
        "2026-03-12T09:00:60.000Z",  "2026-02-30T09:00:00.000Z",
        "2026-03-12T09:00:00.000z",  "2026-03-12 09:00:00.000Z",
        "2026-03-12T09:00:00Z",      "2026-03-12T09:00:00.000+00:00",
        "2026-03-12T09:00:00.0000Z", "2026-03-12",
        "2026-03-12T9:00:00.000Z",   "2026-03-12T09:00:00,000Z",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t untouched = 4711;
        cr_expect_not(moment_from_text(bytes_of(bad[i]), &untouched), "%s", bad[i]);
        cr_expect_eq(untouched, 4711);
    }
}

Test(calendar, a_moment_belongs_to_the_day_in_utc)
{
    cr_expect_eq(moment_to_day(0), 0);
    cr_expect_eq(moment_to_day(DAY_MILLISECONDS - 1), 0);
    cr_expect_eq(moment_to_day(DAY_MILLISECONDS), 1);
    cr_expect_eq(moment_to_day(-1), -1);
    cr_expect_eq(moment_to_day(-DAY_MILLISECONDS), -1);
    cr_expect_eq(moment_to_day(-DAY_MILLISECONDS - 1), -2);
}
