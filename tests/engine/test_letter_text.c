/* What is said of a record that became a dead letter: enough to mend it, and no part of its values. */
#include "engine/calendar.h"
#include "engine/letter_text.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(letter_text, .timeout = 30);

static struct declaration good(void)
{
    return (struct declaration){
        .declaration_id = BYTES("d1"), .insurer = 3311, .insured = BYTES("p"), .birth_date = -10000,
        .provider = BYTES("06010101"), .care_type = CARE_PARAMEDICAL, .care_code = BYTES("1000"),
        .start_date = 20000, .end_date = 20000, .quantity = 1, .amount = 100,
        .submitted_at = 20001 * DAY_MILLISECONDS,
    };
}

static struct arena arena;

static void expect_text(const struct declaration *d, int64_t timestamp, const char *reason, const char *text)
{
    const struct declaration_envelope envelope = { .has_keys = false, .record_timestamp = timestamp };
    struct result result = declaration_check(d, &envelope);
    cr_assert(result.verdict == DEAD_LETTER && strcmp(result.reason, reason) == 0, "%s: %s", text,
              result.reason ? result.reason : "good");
    struct bytes said = letter_text(dead_letter_row(reason), d, &envelope, &arena);
    cr_expect(bytes_equal(said, bytes_of(text)), "%.*s", BYTES_ARGS(said));
    arena_clear(&arena);
}
#define SAYS(reason, text, ...)                            \
    do {                                                   \
        struct declaration d = good();                     \
        __VA_ARGS__;                                       \
        expect_text(&d, INT64_MAX, reason, text);          \
    } while (0)

Test(letter_text, says_what_it_was_and_what_is_wanted)
{
    arena_init(&arena, 0);
    SAYS("bad_provider", "provider: 10 digits, wants 8 digits", d.provider = BYTES("0601010101"));
    SAYS("bad_provider", "provider: 1 byte, wants 8 digits", d.provider = BYTES("x"));
    SAYS("bad_provider", "provider: null, wants 8 digits", d.provider = BYTES_NULL);
    SAYS("bad_provider", "provider: missing, wants 8 digits",
         (d.unreadable = d.missing = 1u << FIELD_PROVIDER));
    SAYS("bad_provider", "provider: of another type or form, wants 8 digits",
         d.unreadable = 1u << FIELD_PROVIDER);
    SAYS("bad_care_type", "care_type: an unknown symbol, wants a care type of §1",
         (d.unreadable = d.unknown_symbols = 1u << FIELD_CARE_TYPE));
    SAYS("bad_insurer", "insurer: above its bound, wants 1 to 9999", d.insurer = 10000);
    SAYS("bad_quantity", "quantity: below its bound, wants 1 to 99999", d.quantity = 0);
    SAYS("bad_serial", "serial: above its bound, wants 1 to 999999, or null", d.serial = 1000000);
    SAYS("bad_serial", "serial: below its bound, wants 1 to 999999, or null", d.serial = -1);
    SAYS("bad_amount", "amount: below its bound, wants 0 to 1000000000000 cents", d.amount = -1);
    SAYS("bad_care_code", "care_code: 13 bytes, wants 1 to 12 bytes of text",
         d.care_code = BYTES("1234567890abc"));
    SAYS("bad_care_code", "care_code: 2 bytes with a control character, wants 1 to 12 bytes of text",
         d.care_code = BYTES("a\n"));
    SAYS("bad_care_code", "care_code: 1 byte that are no UTF-8, wants 1 to 12 bytes of text",
         d.care_code = BYTES("\xff"));
    SAYS("bad_credits_id",
         "credits_id: set on a debit, wants 1 to 64 bytes of text without ~, on what refers to a debit and "
         "on nothing else",
         d.credits_id = BYTES("d0"));
    SAYS("bad_diagnosis",
         "diagnosis: null with a diagnosis_system, wants 1 to 12 bytes of text, and null exactly when "
         "diagnosis_system is NONE",
         d.diagnosis_system = SYSTEM_DBC);
    SAYS("bad_start_date", "start_date: before 1990-01-01, wants 1990-01-01 to 2099-12-31", d.start_date = 1);
    SAYS("bad_end_date",
         "end_date: before start_date, wants start_date to 2099-12-31, and not before 1990-01-01",
         d.end_date = 19999);
    SAYS("bad_birth_date", "birth_date: after end_date, wants 1850-01-01 to end_date", d.birth_date = 20001);
    struct declaration d = good();
    expect_text(&d, 19998 * DAY_MILLISECONDS, "bad_submitted_at",
                "submitted_at: 3 days after the record's own timestamp, wants 2000-01-01 to 2099-12-31, at "
                "most one day after the record's own timestamp");
    arena_release(&arena);
}

/* A text that could stand in a value must not come out again. */
Test(letter_text, holds_no_part_of_a_value)
{
    static const char secret[] = "SeCrEt~111222333\n";
    arena_init(&arena, 0);
    for (enum declaration_field field = 0; field < FIELD_COUNT; field++) {
        struct declaration d = good();
        for (size_t i = 0; i < DECLARATION_TEXTS; i++)
            d.texts[i] = bytes_of(secret);
        d.amount = d.submitted_at = 111222333;
        d.insurer = d.quantity = d.birth_date = d.start_date = d.end_date = 111222333;
        struct bytes said = letter_text(&dead_letter_rows[(int)LETTER_bad_declaration_id + (int)field], &d,
                                        &(struct declaration_envelope){ .record_timestamp = 0 }, &arena);
        char text[512];
        snprintf(text, sizeof(text), "%.*s", BYTES_ARGS(said));
        cr_expect(!strstr(text, "SeC") && !strstr(text, "111222333") && !strchr(text, '\n'), "%s", text);
    }
    arena_release(&arena);
}
