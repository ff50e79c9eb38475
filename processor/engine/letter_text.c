#include "engine/letter_text.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "engine/calendar.h"
#include "engine/text.h"

/* The bounds of §1, as its list has them. */
static const char *const wanted[FIELD_COUNT] = {
    [FIELD_DECLARATION_ID] = "1 to 64 bytes of text without ~",
    [FIELD_KIND] = "a kind of §1",
    [FIELD_CREDITS_ID] = "1 to 64 bytes of text without ~, on what refers to a debit and on nothing else",
    [FIELD_INSURER] = "1 to 9999",
    [FIELD_INSURED] = "1 to 64 signs of printable ASCII without space and /",
    [FIELD_BIRTH_DATE] = "1850-01-01 to end_date",
    [FIELD_PROVIDER] = "8 digits",
    [FIELD_REFERRER] = "8 digits",
    [FIELD_SPECIALISM] = "4 digits",
    [FIELD_DIAGNOSIS_SYSTEM] = "a diagnosis system of §1",
    [FIELD_DIAGNOSIS] = "1 to 12 bytes of text, and null exactly when diagnosis_system is NONE",
    [FIELD_CARE_TYPE] = "a care type of §1",
    [FIELD_CARE_CODE] = "1 to 12 bytes of text",
    [FIELD_SUBTYPE] = "1 to 6 bytes of text",
    [FIELD_TRAJECTORY] = "1 to 32 bytes of text",
    [FIELD_LATERALITY] = "a laterality of §1",
    [FIELD_START_DATE] = "1990-01-01 to 2099-12-31",
    [FIELD_END_DATE] = "start_date to 2099-12-31, and not before 1990-01-01",
    [FIELD_QUANTITY] = "1 to 99999",
    [FIELD_AMOUNT] = "0 to 1000000000000 cents",
    [FIELD_SUBMITTED_AT] = "2000-01-01 to 2099-12-31, at most one day after the record's own timestamp",
    [FIELD_SERIAL] = "1 to 999999, or null",
};

/* --- the form of a value --- */

static void add_count(struct text *text, size_t count, struct bytes one)
{
    text_add_number(text, (int64_t)count);
    TEXT_ADD(text, " ");
    text_add(text, one);
    if (count != 1)
        TEXT_ADD(text, "s");
}

static bool has_tilde(struct bytes value)
{
    for (size_t i = 0; i < value.length; i++)
        if (value.data[i] == '~')
            return true;
    return false;
}

static bool has_control(struct bytes value)
{
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.data[i] < ' ' || value.data[i] == 0x7F)
            return true;
    return false;
}

static void add_form(struct text *text, struct bytes value)
{
    if (bytes_is_null(value)) {
        TEXT_ADD(text, "null");
        return;
    }
    bool digits = value.length > 0 && is_digits(value, value.length);
    add_count(text, value.length, digits ? BYTES("digit") : BYTES("byte"));
    if (!is_utf8(value))
        TEXT_ADD(text, " that are no UTF-8");
    else if (has_control(value))
        TEXT_ADD(text, " with a control character");
}

static void add_side(struct text *text, int64_t value, int64_t least)
{
    text_add(text, value < least ? BYTES("below its bound") : BYTES("above its bound"));
}

/* Of a date outside of its years, or on the wrong side of another. */
static void add_day_side(struct text *text, int32_t day, int32_t first, int32_t last, struct bytes else_what)
{
    if (day >= first && day <= last) {
        text_add(text, else_what);
        return;
    }
    text_add(text, day < first ? BYTES("before ") : BYTES("after "));
    text_add_day(text, day < first ? first : last);
}

static void add_submitted(struct text *text, int64_t submitted_at, int64_t record_timestamp)
{
    if (submitted_at < MOMENT_2000_01_01 || submitted_at > MOMENT_2099_12_31_LAST) {
        text_add(text, submitted_at < MOMENT_2000_01_01 ? BYTES("before 2000-01-01")
                                                        : BYTES("after 2099-12-31"));
        return;
    }
    add_count(text, (size_t)((submitted_at - record_timestamp) / DAY_MILLISECONDS), BYTES("day"));
    TEXT_ADD(text, " after the record's own timestamp");
}

/* A text that would do, where none may stand, or none where one must. */
static void add_presence(struct text *text, struct bytes value, size_t length_max, struct bytes set_where,
                         struct bytes null_where)
{
    if (bytes_is_null(value))
        text_add(text, null_where);
    else if (is_text(value, length_max))
        text_add(text, set_where);
    else
        add_form(text, value);
}

static struct bytes text_of(const struct declaration *d, enum declaration_field field)
{
    switch (field) {
    case FIELD_DECLARATION_ID: return d->declaration_id;
    case FIELD_INSURED: return d->insured;
    case FIELD_PROVIDER: return d->provider;
    case FIELD_REFERRER: return d->referrer;
    case FIELD_SPECIALISM: return d->specialism;
    case FIELD_CARE_CODE: return d->care_code;
    case FIELD_SUBTYPE: return d->subtype;
    default: return d->trajectory;
    }
}

static void add_readable(struct text *text, const struct declaration *d, enum declaration_field field,
                         const struct declaration_envelope *envelope)
{
    switch (field) {
    case FIELD_CREDITS_ID:
        if (has_tilde(d->credits_id))
            add_form(text, d->credits_id);
        else
            add_presence(text, d->credits_id, DECLARATION_ID_BYTES_MAX, BYTES("set on a debit"),
                         BYTES("null on what refers to a debit"));
        break;
    case FIELD_DIAGNOSIS:
        add_presence(text, d->diagnosis, CODE_BYTES_MAX, BYTES("set with diagnosis_system NONE"),
                     BYTES("null with a diagnosis_system"));
        break;
    case FIELD_INSURER: add_side(text, d->insurer, INSURER_MIN); break;
    case FIELD_QUANTITY: add_side(text, d->quantity, 1); break;
    case FIELD_AMOUNT: add_side(text, d->amount, 0); break;
    case FIELD_SERIAL: add_side(text, d->serial, 1); break;
    case FIELD_BIRTH_DATE:
        add_day_side(text, d->birth_date, DAY_1850_01_01, INT32_MAX, BYTES("after end_date"));
        break;
    case FIELD_START_DATE:
        add_day_side(text, d->start_date, DAY_1990_01_01, DAY_2099_12_31, BYTES("out of bounds"));
        break;
    case FIELD_END_DATE:
        add_day_side(text, d->end_date, DAY_1990_01_01, DAY_2099_12_31, BYTES("before start_date"));
        break;
    case FIELD_SUBMITTED_AT: add_submitted(text, d->submitted_at, envelope->record_timestamp); break;
    case FIELD_DECLARATION_ID:
    case FIELD_INSURED:
    case FIELD_PROVIDER:
    case FIELD_REFERRER:
    case FIELD_SPECIALISM:
    case FIELD_CARE_CODE:
    case FIELD_SUBTYPE:
    case FIELD_TRAJECTORY: add_form(text, text_of(d, field)); break;
    default: TEXT_ADD(text, "out of bounds");
    }
}

static void add_problem(struct text *text, const struct declaration *d, enum declaration_field field,
                        const struct declaration_envelope *envelope)
{
    const uint32_t bit = 1u << field;
    if (d->missing & bit)
        TEXT_ADD(text, "missing");
    else if (d->unknown_symbols & bit)
        TEXT_ADD(text, "an unknown symbol");
    else if (d->unreadable & bit)
        TEXT_ADD(text, "of another type or form");
    else
        add_readable(text, d, field, envelope);
}

struct bytes letter_text(const struct dead_letter_row *row, const struct declaration *declaration,
                         const struct declaration_envelope *envelope, struct arena *arena)
{
    size_t field = (size_t)(row - dead_letter_rows) - LETTER_bad_declaration_id;
    if (row < &dead_letter_rows[LETTER_bad_declaration_id] || field >= FIELD_COUNT)
        return bytes_of(row->sentence);
    struct text text = text_begin(arena);
    text_add(&text, declaration_field_names[field]);
    TEXT_ADD(&text, ": ");
    add_problem(&text, declaration, (enum declaration_field)field, envelope);
    TEXT_ADD(&text, ", wants ");
    text_add(&text, bytes_of(wanted[field]));
    return text_end(&text);
}
