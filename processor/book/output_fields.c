#include "book/output_fields.h"

#include "engine/calendar.h"
#include "engine/declaration.h"

/* --- the tables --- */

#define FORM_TEXT_VALUE(name) VALUE_TEXT, NULL, 0
#define FORM_TEXT_NULLABLE(name) VALUE_TEXT, NULL, 0
#define FORM_PIECE_VALUE(name) VALUE_TEXT, NULL, 0
#define FORM_WORD_VALUE(name) VALUE_WORD, name##_names, COUNT(name##_names)
#define FORM_WORD_NULLABLE(name) VALUE_WORD, name##_names, COUNT(name##_names)
#define FORM_BOOLEAN_VALUE(name) VALUE_BOOLEAN, NULL, 0
#define FORM_INT_VALUE(name) VALUE_INT, NULL, 0
#define FORM_INT_NULLABLE(name) VALUE_MAYBE, NULL, 0
#define FORM_LONG_VALUE(name) VALUE_LONG, NULL, 0
#define FORM_LONG_NULLABLE(name) VALUE_MAYBE, NULL, 0
#define FORM_DAY_VALUE(name) VALUE_DAY, NULL, 0
#define FORM_MOMENT_VALUE(name) VALUE_MOMENT, NULL, 0
#define FORM_SHARES_VALUE(name) VALUE_SHARES, NULL, 0
#define FORM_MEASURES_VALUE(name) VALUE_MEASURES, NULL, 0

static const struct output_field decision_fields[] = {
#define DECISION_FIELD(name, type, null, role) \
    { BYTES(#name), IS_OF_PATH_##role, offsetof(struct decision, name), FORM_##type##_##null(name) },
#include "engine/outputs.def"
};
static const struct output_field episode_fields[] = {
#define EPISODE_FIELD(name, type, null, role) \
    { BYTES(#name), IS_OF_PATH_##role, offsetof(struct episode_output, name), FORM_##type##_##null(name) },
#include "engine/outputs.def"
};
static const struct output_field alert_fields[] = {
#define ALERT_FIELD(name, type, null, role) \
    { BYTES(#name), IS_OF_PATH_##role, offsetof(struct alert, name), FORM_##type##_##null(name) },
#include "engine/outputs.def"
};

const struct output_field *output_fields(enum output_kind kind, size_t *ret_count)
{
    if (kind == OUTPUT_DECISION) {
        *ret_count = COUNT(decision_fields);
        return decision_fields;
    }
    *ret_count = kind == OUTPUT_EPISODE ? COUNT(episode_fields) : COUNT(alert_fields);
    return kind == OUTPUT_EPISODE ? episode_fields : alert_fields;
}

const struct output_field *output_field_find(enum output_kind kind, struct bytes name)
{
    size_t count;
    const struct output_field *fields = output_fields(kind, &count);
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(fields[i].name, name))
            return &fields[i];
    return NULL;
}

/* --- values --- */

/* The struct of the output's kind, which the offsets count in. */
static const char *struct_of(const struct output *output)
{
    switch (output->kind) {
    case OUTPUT_DECISION:
        return (const char *)&output->decision;
    case OUTPUT_EPISODE:
        return (const char *)&output->episode;
    default:
        return (const char *)&output->alert;
    }
}

static void take_shares(const struct decision *decision, struct arena *arena, struct output_value *value)
{
    struct named_value *list = ARENA_ARRAY(arena, struct named_value, decision->shares_count + 1);
    for (size_t i = 0; i < decision->shares_count; i++)
        list[i] = (struct named_value){ decision->shares[i].episode, { true, decision->shares[i].cents } };
    value->list = list;
    value->list_count = decision->shares_count;
}

static void take_measures(const struct episode_output *episode, struct arena *arena,
                          struct output_value *value)
{
    struct named_value *list = ARENA_ARRAY(arena, struct named_value, episode->measures_count + 1);
    for (size_t i = 0; i < episode->measures_count; i++)
        list[i] = (struct named_value){ episode->measures[i].name, episode->measures[i].value };
    value->list = list;
    value->list_count = episode->measures_count;
}

static int32_t int_at(const char *at)
{
    int32_t number;
    memcpy(&number, at, sizeof(number));
    return number;
}

static int64_t long_at(const char *at)
{
    int64_t number;
    memcpy(&number, at, sizeof(number));
    return number;
}

struct output_value output_value_of(const struct output *output, const struct output_field *field,
                                    struct arena *arena)
{
    const char *at = struct_of(output) + field->offset;
    struct output_value value = { .text = BYTES_NULL };
    struct maybe maybe;
    switch (field->form) {
    case VALUE_TEXT:
        memcpy(&value.text, at, sizeof(value.text));
        value.is_null = bytes_is_null(value.text);
        break;
    case VALUE_WORD:
        value.number = *(const uint8_t *)at;
        value.is_null = bytes_is_null(field->words[value.number]);
        break;
    case VALUE_MAYBE:
        memcpy(&maybe, at, sizeof(maybe));
        value.is_null = !maybe.known;
        value.number = maybe.known ? maybe.value : 0;
        break;
    case VALUE_INT:
    case VALUE_DAY:
        value.number = int_at(at);
        break;
    case VALUE_LONG:
    case VALUE_MOMENT:
        value.number = long_at(at);
        break;
    case VALUE_BOOLEAN:
        value.number = *(const bool *)at;
        break;
    case VALUE_SHARES:
        take_shares(&output->decision, arena, &value);
        break;
    case VALUE_MEASURES:
        take_measures(&output->episode, arena, &value);
        break;
    }
    return value;
}

static bool named_equal(const struct named_value *a, const struct named_value *b)
{
    return bytes_equal(a->name, b->name) && a->value.known == b->value.known &&
           (!a->value.known || a->value.value == b->value.value);
}

bool output_values_equal(const struct output_field *field, const struct output_value *a,
                         const struct output_value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    if (field->form == VALUE_TEXT)
        return bytes_equal(a->text, b->text);
    if (field->form != VALUE_SHARES && field->form != VALUE_MEASURES)
        return a->number == b->number;
    if (a->list_count != b->list_count)
        return false;
    for (size_t i = 0; i < a->list_count; i++) {
        bool found = false; /* shares have an order, measures are a map */
        for (size_t j = 0; j < b->list_count && !found; j++)
            found = (field->form == VALUE_MEASURES || i == j) && named_equal(&a->list[i], &b->list[j]);
        if (!found)
            return false;
    }
    return true;
}

static void add_list(struct text *text, const struct output_field *field, const struct output_value *value)
{
    bool shares = field->form == VALUE_SHARES;
    text_add(text, shares ? BYTES("[") : BYTES("{"));
    for (size_t i = 0; i < value->list_count; i++) {
        text_add(text, i == 0 ? BYTES("") : BYTES(", "));
        text_add(text, shares ? BYTES("{") : BYTES(""));
        text_add(text, value->list[i].name);
        TEXT_ADD(text, ": ");
        if (value->list[i].value.known)
            text_add_number(text, value->list[i].value.value);
        else
            TEXT_ADD(text, "null");
        text_add(text, shares ? BYTES("}") : BYTES(""));
    }
    text_add(text, shares ? BYTES("]") : BYTES("}"));
}

void output_value_add(struct text *text, const struct output_field *field, const struct output_value *value)
{
    char moment[MOMENT_TEXT_BYTES];
    if (value->is_null) {
        TEXT_ADD(text, "null");
        return;
    }
    switch (field->form) {
    case VALUE_TEXT:
        text_add(text, value->text);
        break;
    case VALUE_WORD:
        text_add(text, field->words[value->number]);
        break;
    case VALUE_DAY:
        text_add_day(text, (int32_t)value->number);
        break;
    case VALUE_MOMENT:
        moment_to_text(value->number, moment);
        text_add(text, (struct bytes){ moment, sizeof(moment) });
        break;
    case VALUE_BOOLEAN:
        text_add(text, value->number ? BYTES("true") : BYTES("false"));
        break;
    case VALUE_INT:
    case VALUE_LONG:
    case VALUE_MAYBE:
        text_add_number(text, value->number);
        break;
    case VALUE_SHARES:
    case VALUE_MEASURES:
        add_list(text, field, value);
        break;
    }
}
