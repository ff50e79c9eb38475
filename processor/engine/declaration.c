#include "engine/declaration.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "engine/calendar.h"
#include "engine/dead_letter.h"

#define AS_BYTES(name) { #name, sizeof(#name) - 1 },
const struct bytes kind_names[KIND_COUNT] = { KINDS(AS_BYTES) };
const struct bytes diagnosis_system_names[SYSTEM_COUNT] = { DIAGNOSIS_SYSTEMS(AS_BYTES) };
const struct bytes laterality_names[LATERALITY_COUNT] = { LATERALITIES(AS_BYTES) };
const struct bytes care_type_names[CARE_TYPE_COUNT] = { CARE_TYPES(AS_BYTES) };

#define AS_FIELD_BYTES(NAME, name, type, optional) { #name, sizeof(#name) - 1 },
const struct bytes declaration_field_names[FIELD_COUNT] = { DECLARATION_FIELDS(AS_FIELD_BYTES) };

#define AS_REASON(NAME, name, type, optional) LETTER_bad_##name,
static const enum dead_letter_reason bad_field_reasons[FIELD_COUNT] = { DECLARATION_FIELDS(AS_REASON) };

bool is_text(struct bytes text, size_t length_max)
{
    return text.length >= 1 && text.length <= length_max && is_utf8_text(text);
}

static bool is_id(struct bytes text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '~')
            return false;
    return is_text(text, DECLARATION_ID_BYTES_MAX);
}

static bool is_pseudonym(struct bytes text)
{
    if (text.length < 1 || text.length > INSURED_BYTES_MAX)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~' || text.data[i] == '/')
            return false;
    return true;
}

static bool null_or(struct bytes text, bool holds)
{
    return bytes_is_null(text) || holds;
}

bool insured_is_readable(const struct declaration *declaration)
{
    struct bytes insured = declaration->insured;
    return !(declaration->unreadable & 1u << FIELD_INSURED) && insured.length >= 1 &&
           insured.length <= INSURED_BYTES_MAX && is_utf8(insured);
}

static bool reads(const struct declaration *d, enum declaration_field field)
{
    return !(d->unreadable & 1u << field);
}

static bool date_within(int32_t day, int32_t first, int32_t last)
{
    return day >= first && day <= last;
}

/* A bound that needs an unreadable field is skipped (§1). */
static bool credits_id_holds(const struct declaration *d)
{
    if (!null_or(d->credits_id, is_id(d->credits_id)))
        return false;
    return !reads(d, FIELD_KIND) || bytes_is_null(d->credits_id) == (d->kind == KIND_DEBIT);
}

/* A release is of no money. */
static bool amount_holds(const struct declaration *d)
{
    if (d->amount < 0 || d->amount > AMOUNT_CENTS_MAX)
        return false;
    return !reads(d, FIELD_KIND) || d->kind != KIND_RELEASE || d->amount == 0;
}

static bool diagnosis_holds(const struct declaration *d)
{
    if (!null_or(d->diagnosis, is_text(d->diagnosis, CODE_BYTES_MAX)))
        return false;
    return !reads(d, FIELD_DIAGNOSIS_SYSTEM) ||
           bytes_is_null(d->diagnosis) == (d->diagnosis_system == SYSTEM_NONE);
}

static bool submitted_at_holds(const struct declaration *d, const struct declaration_envelope *envelope)
{
    if (d->submitted_at < MOMENT_2000_01_01 || d->submitted_at > MOMENT_2099_12_31_LAST)
        return false;
    return envelope->record_timestamp > INT64_MAX - DAY_MILLISECONDS ||
           d->submitted_at <= envelope->record_timestamp + DAY_MILLISECONDS;
}

static bool field_holds(const struct declaration *d, enum declaration_field field,
                        const struct declaration_envelope *envelope)
{
    switch (field) {
    case FIELD_DECLARATION_ID: return is_id(d->declaration_id);
    case FIELD_CREDITS_ID: return credits_id_holds(d);
    case FIELD_INSURER: return d->insurer >= INSURER_MIN && d->insurer <= INSURER_MAX;
    case FIELD_INSURED: return is_pseudonym(d->insured);
    case FIELD_BIRTH_DATE:
        return d->birth_date >= DAY_1850_01_01 && (!reads(d, FIELD_END_DATE) || d->birth_date <= d->end_date);
    case FIELD_PROVIDER: return is_digits(d->provider, 8);
    case FIELD_REFERRER: return null_or(d->referrer, is_digits(d->referrer, 8));
    case FIELD_SPECIALISM: return null_or(d->specialism, is_digits(d->specialism, 4));
    case FIELD_DIAGNOSIS: return diagnosis_holds(d);
    case FIELD_CARE_CODE: return is_text(d->care_code, CODE_BYTES_MAX);
    case FIELD_SUBTYPE: return null_or(d->subtype, is_text(d->subtype, SUBTYPE_BYTES_MAX));
    case FIELD_TRAJECTORY: return null_or(d->trajectory, is_text(d->trajectory, TRAJECTORY_BYTES_MAX));
    case FIELD_START_DATE: return date_within(d->start_date, DAY_1990_01_01, DAY_2099_12_31);
    case FIELD_END_DATE:
        return date_within(d->end_date, DAY_1990_01_01, DAY_2099_12_31) &&
               (!reads(d, FIELD_START_DATE) || d->start_date <= d->end_date);
    case FIELD_QUANTITY: return d->quantity >= 1 && d->quantity <= 99999;
    case FIELD_AMOUNT: return amount_holds(d);
    case FIELD_SUBMITTED_AT: return submitted_at_holds(d, envelope);
    case FIELD_SERIAL: return d->serial >= 0 && d->serial <= SERIAL_MAX;
    default: return true; /* enums: readable is enough */
    }
}

struct result declaration_check(const struct declaration *declaration,
                                const struct declaration_envelope *envelope)
{
    if ((envelope->has_keys && is_bsn(envelope->key)) ||
        (reads(declaration, FIELD_INSURED) && is_bsn(declaration->insured)))
        return dead_letter(LETTER_raw_bsn);
    for (enum declaration_field field = 0; field < FIELD_COUNT; field++)
        if (!reads(declaration, field) || !field_holds(declaration, field, envelope))
            return dead_letter(bad_field_reasons[field]);
    if (envelope->has_keys &&
        (bytes_is_null(envelope->key) || !bytes_equal(envelope->key, declaration->insured)))
        return dead_letter(LETTER_key_mismatch);
    return done();
}
