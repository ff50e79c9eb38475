#include "codec/output_codec.h"

#include "codec/avro_write.h"
#include "codec/json_write.h"

/* The order of the rows, and of the calls for a declaration, is the order of the fields in schemas/. */

static void write_maybe(struct buffer *buffer, struct maybe number)
{
    buffer_add_byte(buffer, number.known ? 2 : 0);
    if (number.known)
        write_long(buffer, number.value);
}

static void write_shares(struct buffer *buffer, const struct share *shares, size_t count)
{
    if (count > 0)
        write_long(buffer, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        write_span(buffer, shares[i].episode);
        write_long(buffer, shares[i].cents);
    }
    write_long(buffer, 0);
}

static void write_measures(struct buffer *buffer, const struct measure *measures, size_t count)
{
    if (count > 0)
        write_long(buffer, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        write_span(buffer, measures[i].name);
        write_maybe(buffer, measures[i].value);
    }
    write_long(buffer, 0);
}

/* A key or a name that nobody has checked, as a string that every reader can read. */
static void write_checked(struct buffer *buffer, struct bytes text)
{
    struct buffer valid = { 0 };
    text_add_valid(&valid, text);
    write_span(buffer, buffer_bytes(&valid));
    buffer_release(&valid);
}

static void write_optional_checked(struct buffer *buffer, struct bytes text)
{
    buffer_add_byte(buffer, bytes_is_null(text) ? 0 : 2);
    if (!bytes_is_null(text))
        write_checked(buffer, text);
}

/* --- one field of `from`, by its type in outputs.def --- */

#define WRITE_TEXT_VALUE(name) write_span(buffer, from->name);
#define WRITE_TEXT_NULLABLE(name) write_optional_span(buffer, from->name);
#define WRITE_PIECE_VALUE(name) write_span(buffer, from->name);
#define WRITE_ANY_VALUE(name) write_checked(buffer, from->name);
#define WRITE_ANY_NULLABLE(name) write_optional_checked(buffer, from->name);
#define WRITE_BYTES_NULLABLE(name) write_optional_span(buffer, from->name);
#define WRITE_WORD_VALUE(name) write_span(buffer, name##_names[from->name]);
#define WRITE_WORD_NULLABLE(name) write_optional_span(buffer, name##_names[from->name]);
#define WRITE_BOOLEAN_VALUE(name) write_boolean(buffer, from->name);
#define WRITE_INT_VALUE(name) write_long(buffer, from->name);
#define WRITE_INT_NULLABLE(name) write_maybe(buffer, from->name);
#define WRITE_LONG_VALUE(name) write_long(buffer, from->name);
#define WRITE_LONG_NULLABLE(name) write_maybe(buffer, from->name);
#define WRITE_DAY_VALUE(name) write_long(buffer, from->name);
#define WRITE_MOMENT_VALUE(name) write_long(buffer, from->name);
#define WRITE_SHARES_VALUE(name) write_shares(buffer, from->name, from->name##_count);
#define WRITE_MEASURES_VALUE(name) write_measures(buffer, from->name, from->name##_count);

static void decision_to_avro(const struct decision *from, struct buffer *buffer)
{
#define DECISION_FIELD(name, type, null, role) WRITE_##type##_##null(name)
#include "engine/outputs.def"
}

static void episode_to_avro(const struct episode_output *from, struct buffer *buffer)
{
#define EPISODE_FIELD(name, type, null, role) WRITE_##type##_##null(name)
#include "engine/outputs.def"
}

static void alert_to_avro(const struct alert *from, struct buffer *buffer)
{
#define ALERT_FIELD(name, type, null, role) WRITE_##type##_##null(name)
#include "engine/outputs.def"
}

void output_to_avro(const struct output *output, struct buffer *buffer)
{
    switch ((enum output_kind)output->kind) {
    case OUTPUT_DECISION: decision_to_avro(&output->decision, buffer); break;
    case OUTPUT_EPISODE: episode_to_avro(&output->episode, buffer); break;
    case OUTPUT_ALERT: alert_to_avro(&output->alert, buffer); break;
    case OUTPUT_KIND_COUNT: break;
    }
}

void dead_letter_to_avro(const struct dead_letter *from, struct buffer *buffer)
{
#define LETTER_FIELD(name, type, null, role) WRITE_##type##_##null(name)
#include "engine/outputs.def"
}

void declaration_to_avro(const struct declaration *d, struct buffer *buffer)
{
    write_span(buffer, d->declaration_id);
    write_long(buffer, d->kind);
    write_optional_span(buffer, d->credits_id);
    write_long(buffer, d->insurer);
    write_span(buffer, d->insured);
    write_long(buffer, d->birth_date);
    write_span(buffer, d->provider);
    write_optional_span(buffer, d->referrer);
    write_optional_span(buffer, d->specialism);
    write_long(buffer, d->diagnosis_system);
    write_optional_span(buffer, d->diagnosis);
    write_long(buffer, d->care_type);
    write_span(buffer, d->care_code);
    write_optional_span(buffer, d->subtype);
    write_optional_span(buffer, d->trajectory);
    write_long(buffer, d->laterality);
    write_long(buffer, d->start_date);
    write_long(buffer, d->end_date);
    write_long(buffer, d->quantity);
    write_long(buffer, d->amount);
    write_long(buffer, d->submitted_at);
    write_long(buffer, d->serial != 0); /* the branch of null, or of int */
    if (d->serial)
        write_long(buffer, d->serial);
}
