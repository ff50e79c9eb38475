#include "codec/output_codec.h"

#include "codec/json_write.h"

/* The order of the rows, and of the calls for a declaration, is the order of the fields in schemas/. `name`
 * is all that stands before the value. */

static void string_field(struct buffer *buffer, struct bytes name, struct bytes text)
{
    buffer_add_bytes(buffer, name);
    json_add_string(buffer, text);
}

static void number_field(struct buffer *buffer, struct bytes name, int64_t number)
{
    buffer_add_bytes(buffer, name);
    json_add_number(buffer, number);
}

static void maybe_field(struct buffer *buffer, struct bytes name, struct maybe number)
{
    if (number.known)
        number_field(buffer, name, number.value);
    else
        string_field(buffer, name, BYTES_NULL);
}

static void day_field(struct buffer *buffer, struct bytes name, int32_t day)
{
    buffer_add_bytes(buffer, name);
    json_add_day(buffer, day);
}

static void moment_field(struct buffer *buffer, struct bytes name, int64_t moment)
{
    buffer_add_bytes(buffer, name);
    json_add_moment(buffer, moment);
}

static void boolean_field(struct buffer *buffer, struct bytes name, bool value)
{
    buffer_add_bytes(buffer, name);
    json_add_boolean(buffer, value);
}

static void base64_field(struct buffer *buffer, struct bytes name, struct bytes bytes)
{
    buffer_add_bytes(buffer, name);
    json_add_base64(buffer, bytes);
}

static void shares_field(struct buffer *buffer, struct bytes name, const struct share *shares, size_t count)
{
    buffer_add_bytes(buffer, name);
    buffer_add_byte(buffer, '[');
    for (size_t i = 0; i < count; i++) {
        string_field(buffer, i ? BYTES(",{\"episode\":") : BYTES("{\"episode\":"), shares[i].episode);
        number_field(buffer, BYTES(",\"cents\":"), shares[i].cents);
        buffer_add_byte(buffer, '}');
    }
    buffer_add_byte(buffer, ']');
}

static void measures_field(struct buffer *buffer, struct bytes name, const struct measure *measures,
                           size_t count)
{
    buffer_add_bytes(buffer, name);
    buffer_add_byte(buffer, '[');
    for (size_t i = 0; i < count; i++) {
        string_field(buffer, i ? BYTES(",{\"name\":") : BYTES("{\"name\":"), measures[i].name);
        maybe_field(buffer, BYTES(",\"value\":"), measures[i].value);
        buffer_add_byte(buffer, '}');
    }
    buffer_add_byte(buffer, ']');
}

/* --- one field of `from`, by its type in outputs.def --- */

#define BEFORE(name) BYTES(",\"" #name "\":")
#define ADD_TEXT_VALUE(name) string_field(buffer, BEFORE(name), from->name);
#define ADD_TEXT_NULLABLE ADD_TEXT_VALUE
#define ADD_PIECE_VALUE ADD_TEXT_VALUE
#define ADD_ANY_VALUE ADD_TEXT_VALUE
#define ADD_ANY_NULLABLE ADD_TEXT_VALUE
#define ADD_BYTES_NULLABLE(name) base64_field(buffer, BEFORE(name), from->name);
#define ADD_WORD_VALUE(name) string_field(buffer, BEFORE(name), name##_names[from->name]);
#define ADD_WORD_NULLABLE ADD_WORD_VALUE
#define ADD_BOOLEAN_VALUE(name) boolean_field(buffer, BEFORE(name), from->name);
#define ADD_INT_VALUE(name) number_field(buffer, BEFORE(name), from->name);
#define ADD_INT_NULLABLE(name) maybe_field(buffer, BEFORE(name), from->name);
#define ADD_LONG_VALUE ADD_INT_VALUE
#define ADD_LONG_NULLABLE ADD_INT_NULLABLE
#define ADD_DAY_VALUE(name) day_field(buffer, BEFORE(name), from->name);
#define ADD_MOMENT_VALUE(name) moment_field(buffer, BEFORE(name), from->name);
#define ADD_SHARES_VALUE(name) shares_field(buffer, BEFORE(name), from->name, from->name##_count);
#define ADD_MEASURES_VALUE(name) measures_field(buffer, BEFORE(name), from->name, from->name##_count);

static void decision_to_json(const struct decision *from, struct buffer *buffer)
{
#define DECISION_FIELD(name, type, null, role) ADD_##type##_##null(name)
#include "engine/outputs.def"
    buffer_add_byte(buffer, '}');
}

static void episode_to_json(const struct episode_output *from, struct buffer *buffer)
{
#define EPISODE_FIELD(name, type, null, role) ADD_##type##_##null(name)
#include "engine/outputs.def"
    buffer_add_byte(buffer, '}');
}

static void alert_to_json(const struct alert *from, struct buffer *buffer)
{
#define ALERT_FIELD(name, type, null, role) ADD_##type##_##null(name)
#include "engine/outputs.def"
    buffer_add_byte(buffer, '}');
}

void output_to_json(const struct output *output, struct buffer *buffer)
{
    string_field(buffer, BYTES("{\"key\":"), output->key);
    switch ((enum output_kind)output->kind) {
    case OUTPUT_DECISION: decision_to_json(&output->decision, buffer); break;
    case OUTPUT_EPISODE: episode_to_json(&output->episode, buffer); break;
    case OUTPUT_ALERT: alert_to_json(&output->alert, buffer); break;
    case OUTPUT_KIND_COUNT: break;
    }
}

/* Its key is a field of its record: the comma before the first one becomes the brace. */
void dead_letter_to_json(const struct dead_letter *from, struct buffer *buffer)
{
    size_t begin = buffer->length;
#define LETTER_FIELD(name, type, null, role) ADD_##type##_##null(name)
#include "engine/outputs.def"
    buffer->data[begin] = '{';
    buffer_add_byte(buffer, '}');
}

void declaration_to_json(const struct declaration *d, struct buffer *buffer)
{
    string_field(buffer, BYTES("{\"declaration_id\":"), d->declaration_id);
    string_field(buffer, BYTES(",\"kind\":"), kind_names[d->kind]);
    string_field(buffer, BYTES(",\"credits_id\":"), d->credits_id);
    number_field(buffer, BYTES(",\"insurer\":"), d->insurer);
    string_field(buffer, BYTES(",\"insured\":"), d->insured);
    day_field(buffer, BYTES(",\"birth_date\":"), d->birth_date);
    string_field(buffer, BYTES(",\"provider\":"), d->provider);
    string_field(buffer, BYTES(",\"referrer\":"), d->referrer);
    string_field(buffer, BYTES(",\"specialism\":"), d->specialism);
    string_field(buffer, BYTES(",\"diagnosis_system\":"), diagnosis_system_names[d->diagnosis_system]);
    string_field(buffer, BYTES(",\"diagnosis\":"), d->diagnosis);
    string_field(buffer, BYTES(",\"care_type\":"), care_type_names[d->care_type]);
    string_field(buffer, BYTES(",\"care_code\":"), d->care_code);
    string_field(buffer, BYTES(",\"subtype\":"), d->subtype);
    string_field(buffer, BYTES(",\"trajectory\":"), d->trajectory);
    string_field(buffer, BYTES(",\"laterality\":"), laterality_names[d->laterality]);
    day_field(buffer, BYTES(",\"start_date\":"), d->start_date);
    day_field(buffer, BYTES(",\"end_date\":"), d->end_date);
    number_field(buffer, BYTES(",\"quantity\":"), d->quantity);
    number_field(buffer, BYTES(",\"amount\":"), d->amount);
    moment_field(buffer, BYTES(",\"submitted_at\":"), d->submitted_at);
    if (d->serial)
        number_field(buffer, BYTES(",\"serial\":"), d->serial);
    else
        string_field(buffer, BYTES(",\"serial\":"), BYTES_NULL);
    buffer_add_byte(buffer, '}');
}
