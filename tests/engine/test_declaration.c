/* Every bound of a declaration, and the order of the reasons (§1). */
#include "engine/declaration.h"

#include "engine/calendar.h"
#include "engine/dead_letter.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(declaration, .timeout = 30);

static struct declaration good(void)
{
    return (struct declaration){ .declaration_id = BYTES("d1"),
                                 .insurer = 1,
                                 .insured = BYTES("p"),
                                 .provider = BYTES("01010101"),
                                 .care_type = CARE_OTHER,
                                 .care_code = BYTES("1"),
                                 .birth_date = 0,
                                 .start_date = 20000,
                                 .end_date = 20001,
                                 .quantity = 1,
                                 .amount = 1,
                                 .submitted_at = 20002 * DAY_MILLISECONDS };
}

static const struct declaration_envelope in_a_file = { .record_timestamp = INT64_MAX };

static void expect(const char *label, const struct declaration *declaration,
                   const struct declaration_envelope *envelope, const char *reason)
{
    struct result result = declaration_check(declaration, envelope);
    const char *found = result.verdict == DONE ? "good" : result.reason;
    cr_expect(strcmp(found, reason) == 0, "%s: %s is not %s", label, found, reason);
}

#define CHECK(reason, ...)                                  \
    do {                                                    \
        struct declaration d = good();                      \
        __VA_ARGS__;                                        \
        expect(#__VA_ARGS__, &d, &in_a_file, reason);       \
    } while (0)
#define TEXT64 "1234567890123456789012345678901234567890123456789012345678901234"

Test(declaration, numbers_and_dates_hold_their_bounds)
{
    CHECK("good", d.insurer = 9999);
    CHECK("bad_insurer", d.insurer = 0);
    CHECK("bad_insurer", d.insurer = 10000);
    CHECK("good", d.birth_date = DAY_1850_01_01);
    CHECK("bad_birth_date", d.birth_date = DAY_1850_01_01 - 1);
    CHECK("good", d.birth_date = d.end_date);
    CHECK("bad_birth_date", d.birth_date = d.end_date + 1);
    CHECK("good", d.start_date = DAY_1990_01_01);
    CHECK("bad_start_date", d.start_date = DAY_1990_01_01 - 1);
    CHECK("good", d.end_date = DAY_2099_12_31);
    CHECK("bad_end_date", d.end_date = DAY_2099_12_31 + 1);
    CHECK("good", d.end_date = d.start_date);
    CHECK("bad_end_date", d.end_date = d.start_date - 1);
    CHECK("good", d.quantity = 99999);
    CHECK("bad_quantity", d.quantity = 0);
    CHECK("bad_quantity", d.quantity = 100000);
    CHECK("good", d.serial = 999999);
    CHECK("bad_serial", d.serial = 1000000);
    CHECK("bad_serial", d.serial = -1);
    CHECK("bad_submitted_at", (d.serial = -1, d.submitted_at = 0));
    CHECK("good", d.amount = 0);
    CHECK("good", d.amount = 1000000000000);
    CHECK("bad_amount", d.amount = -1);
    CHECK("bad_amount", d.amount = 1000000000001);
    CHECK("good", d.submitted_at = MOMENT_2000_01_01);
    CHECK("bad_submitted_at", d.submitted_at = MOMENT_2000_01_01 - 1);
    CHECK("good", d.submitted_at = MOMENT_2099_12_31_LAST);
    CHECK("bad_submitted_at", d.submitted_at = MOMENT_2099_12_31_LAST + 1);
}

Test(declaration, texts_hold_their_lengths_and_forms)
{
    CHECK("good", d.declaration_id = BYTES(TEXT64));
    CHECK("bad_declaration_id", d.declaration_id = BYTES(TEXT64 "5"));
    CHECK("bad_declaration_id", d.declaration_id = BYTES(""));
    CHECK("bad_declaration_id", d.declaration_id = BYTES("a~b"));
    CHECK("good", d.declaration_id = BYTES("\xc3\xa9/ b"));
    CHECK("bad_declaration_id", d.declaration_id = BYTES("a\nb"));
    CHECK("bad_declaration_id", d.declaration_id = BYTES("a\x7f"));
    CHECK("bad_declaration_id", d.declaration_id = BYTES("\xc2\x9f"));
    CHECK("good", d.declaration_id = BYTES("\xc2\xa0"));
    CHECK("bad_declaration_id", d.declaration_id = BYTES("\xc0\x80"));
    CHECK("bad_declaration_id", d.declaration_id = BYTES("\xed\xa0\x80"));
    CHECK("bad_declaration_id", d.declaration_id = BYTES("\xf4\x90\x80\x80"));
    CHECK("bad_declaration_id", d.declaration_id = BYTES("a\xe2\x82"));
    CHECK("good", d.insured = BYTES(TEXT64));
    CHECK("bad_insured", d.insured = BYTES(TEXT64 "5"));
    CHECK("bad_insured", d.insured = BYTES(""));
    CHECK("bad_insured", d.insured = BYTES("a b"));
    CHECK("bad_insured", d.insured = BYTES("a/b"));
    CHECK("bad_insured", d.insured = BYTES("\xc3\xa9"));
    CHECK("bad_provider", d.provider = BYTES("1234567"));
    CHECK("bad_provider", d.provider = BYTES("123456789"));
    CHECK("bad_provider", d.provider = BYTES("1234567x"));
    CHECK("good", d.referrer = BYTES("01010101"));
    CHECK("bad_referrer", d.referrer = BYTES(""));
    CHECK("good", d.specialism = BYTES("0303"));
    CHECK("bad_specialism", d.specialism = BYTES("303"));
    CHECK("good", d.care_code = BYTES("123456789012"));
    CHECK("bad_care_code", d.care_code = BYTES("1234567890123"));
    CHECK("bad_care_code", d.care_code = BYTES(""));
    CHECK("good", d.subtype = BYTES("123456"));
    CHECK("bad_subtype", d.subtype = BYTES("1234567"));
    CHECK("bad_subtype", d.subtype = BYTES(""));
    CHECK("good", d.trajectory = BYTES("12345678901234567890123456789012"));
    CHECK("bad_trajectory", d.trajectory = BYTES("123456789012345678901234567890123"));
}

Test(declaration, a_credit_and_nothing_else_names_a_debit)
{
    CHECK("good", (d.kind = KIND_CREDIT, d.credits_id = BYTES("x")));
    CHECK("bad_credits_id", d.kind = KIND_CREDIT);
    CHECK("bad_credits_id", d.kind = KIND_RELEASE);
    CHECK("good", (d.kind = KIND_RELEASE, d.credits_id = BYTES("x"), d.amount = 0));
    CHECK("bad_amount", (d.kind = KIND_RELEASE, d.credits_id = BYTES("x"), d.amount = 1));
    CHECK("bad_credits_id", d.credits_id = BYTES("x"));
    CHECK("bad_credits_id", (d.kind = KIND_CREDIT, d.credits_id = BYTES("")));
    CHECK("bad_credits_id", (d.kind = KIND_CREDIT, d.credits_id = BYTES("x~1")));
}

Test(declaration, a_diagnosis_is_null_exactly_without_a_system)
{
    CHECK("good", (d.diagnosis_system = SYSTEM_DBC, d.diagnosis = BYTES("123456789012")));
    CHECK("bad_diagnosis", (d.diagnosis_system = SYSTEM_DBC, d.diagnosis = BYTES("1234567890123")));
    CHECK("bad_diagnosis", d.diagnosis_system = SYSTEM_DBC);
    CHECK("bad_diagnosis", d.diagnosis = BYTES("218"));
}

Test(declaration, an_unreadable_field_is_named_and_bounds_that_need_it_are_skipped)
{
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        struct declaration d = good();
        char reason[64];
        d.unreadable = 1u << field;
        snprintf(reason, sizeof(reason), "bad_%.*s", BYTES_ARGS(declaration_field_names[field]));
        expect(reason, &d, &in_a_file, reason);
    }
    CHECK("bad_kind", (d.unreadable = 1u << FIELD_KIND, d.credits_id = BYTES("x")));
    CHECK("bad_end_date", (d.unreadable = 1u << FIELD_END_DATE, d.birth_date = 30000));
    CHECK("bad_start_date", (d.unreadable = 1u << FIELD_START_DATE, d.start_date = 30000));
    /* the first of the table */
    CHECK("bad_insurer", (d.insurer = 0, d.amount = -1, d.unreadable = 1u << FIELD_QUANTITY));
}

Test(declaration, a_bsn_is_nine_digits_that_pass_the_check)
{
    static const struct {
        const char *text;
        bool is, shows;
    } rows[] = {
        { "111222333", true, true },    { "123456782", true, true },      { "123456781", false, false },
        { "000000000", false, false },  { "000000012", false, false },    { "11122233", false, false },
        { "a111222333b", false, true }, { "1112223330", false, false },    { "11122233a3", false, false },
        { "", false, false },           { "id 123456782.", false, true },
        { "0111222333", false, false },  { "11122233345678901234", false, false }, /* as a Vektis reference */
        { "1112223330 111222333", false, true }, { "111222333 1112223330", false, true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(is_bsn(bytes_of(rows[i].text)), rows[i].is, "%s", rows[i].text);
        cr_expect_eq(shows_bsn(bytes_of(rows[i].text)), rows[i].shows, "%s", rows[i].text);
    }
    CHECK("raw_bsn", (d.insured = BYTES("111222333"), d.insurer = 0));
    CHECK("bad_insured", (d.insured = BYTES("111222333"), d.unreadable = 1u << FIELD_INSURED));
}

Test(declaration, keys_and_timestamps_are_asked_where_records_have_them)
{
    static const struct {
        const char *label, *reason;
        struct declaration_envelope envelope;
    } rows[] = {
        { "the key is insured", "good", { true, { "p", 1 }, INT64_MAX } },
        { "no key", "key_mismatch", { true, { NULL, 0 }, INT64_MAX } },
        { "another key", "key_mismatch", { true, { "q", 1 }, INT64_MAX } },
        { "a key that is a BSN", "raw_bsn", { true, { "111222333", 9 }, INT64_MAX } },
        { "files have no keys", "good", { false, { "q", 1 }, INT64_MAX } },
        { "one day after the record", "good", { true, { "p", 1 }, 20001 * DAY_MILLISECONDS } },
        { "more than a day after", "bad_submitted_at", { true, { "p", 1 }, 20001 * DAY_MILLISECONDS - 1 } },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct declaration d = good();
        expect(rows[i].label, &d, &rows[i].envelope, rows[i].reason);
    }
}

Test(declaration, a_dead_letter_that_shows_a_bsn_carries_neither_key_nor_value)
{
    static const struct {
        const char *reason, *key, *value;
        bool hidden;
    } rows[] = {
        { "raw_bsn", "p", "{}", true },           { "bad_json", "111222333", "{}", true },
        { "bad_json", "p", "x 111222333", true }, { "bad_json", "p", "x 111222334", false },
        { "bad_json", "x111222333", "", true },  { "no_value", NULL, NULL, false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dead_letter letter = { .reason = bytes_of(rows[i].reason),
                                      .key = bytes_of(rows[i].key),
                                      .value = bytes_of(rows[i].value) };
        dead_letter_hide_bsn(&letter);
        cr_expect(bytes_is_null(letter.key) == (rows[i].hidden || !rows[i].key), "row %zu", i);
        cr_expect(bytes_is_null(letter.value) == (rows[i].hidden || !rows[i].value), "row %zu", i);
    }
}
