#include "book/output_fields.h"

#include "engine/calendar.h"
#include "engine/declaration.h"

/* --- the tables --- */

#define FIELD(type, name, form)                                                                                                            \
    {                                                                                                                                      \
        BYTES(#name), form, false, offsetof(struct type, name), NULL, 0                                                                    \
    }
#define PATH(type, name, form)                                                                                                             \
    {                                                                                                                                      \
        BYTES(#name), form, true, offsetof(struct type, name), NULL, 0                                                                     \
    }
#define WORD(type, name, names)                                                                                                            \
    {                                                                                                                                      \
        BYTES(#name), VALUE_WORD, false, offsetof(struct type, name), names, COUNT(names)                                                  \
    }

static const struct output_field decision_fields[] = {
    FIELD(decision, insured, VALUE_TEXT),
    FIELD(decision, declaration_id, VALUE_TEXT),
    FIELD(decision, submitted_at, VALUE_MOMENT),
    WORD(decision, kind, kind_names),
    FIELD(decision, insurer, VALUE_INT),
    FIELD(decision, provider, VALUE_TEXT),
    WORD(decision, care_type, care_type_names),
    FIELD(decision, care_code, VALUE_TEXT),
    FIELD(decision, start_date, VALUE_DAY),
    FIELD(decision, amount, VALUE_LONG),
    WORD(decision, status, status_names),
    WORD(decision, reason, reason_names),
    FIELD(decision, payable, VALUE_LONG),
    FIELD(decision, covered, VALUE_LONG),
    FIELD(decision, withheld, VALUE_LONG),
    FIELD(decision, refused, VALUE_LONG),
    FIELD(decision, reversed, VALUE_LONG),
    FIELD(decision, shares, VALUE_SHARES),
    FIELD(decision, outside, VALUE_LONG),
    FIELD(decision, evidence, VALUE_TEXT),
    PATH(decision, cause, VALUE_TEXT),
    PATH(decision, revision, VALUE_INT),
    PATH(decision, as_of, VALUE_DAY),
    FIELD(decision, book, VALUE_TEXT),
};
static const struct output_field episode_fields[] = {
    FIELD(episode_output, insured, VALUE_TEXT),
    FIELD(episode_output, insurer, VALUE_INT),
    FIELD(episode_output, episode, VALUE_TEXT),
    FIELD(episode_output, bundle, VALUE_TEXT),
    FIELD(episode_output, side, VALUE_TEXT),
    WORD(episode_output, state, state_names),
    FIELD(episode_output, opened_on, VALUE_DAY),
    FIELD(episode_output, opens_window, VALUE_DAY),
    FIELD(episode_output, closes_on, VALUE_DAY),
    FIELD(episode_output, ended_by, VALUE_TEXT),
    FIELD(episode_output, provider, VALUE_TEXT),
    FIELD(episode_output, contract, VALUE_TEXT),
    FIELD(episode_output, contract_version, VALUE_MAYBE),
    FIELD(episode_output, contractor, VALUE_TEXT),
    FIELD(episode_output, stratum, VALUE_TEXT),
    FIELD(episode_output, budget, VALUE_MAYBE),
    FIELD(episode_output, charged, VALUE_MAYBE),
    FIELD(episode_output, result, VALUE_MAYBE),
    FIELD(episode_output, cost, VALUE_LONG),
    FIELD(episode_output, covered, VALUE_LONG),
    FIELD(episode_output, price, VALUE_LONG),
    FIELD(episode_output, projected, VALUE_MAYBE),
    FIELD(episode_output, opening_declaration, VALUE_TEXT),
    FIELD(episode_output, known_on, VALUE_DAY),
    FIELD(episode_output, lines, VALUE_INT),
    FIELD(episode_output, measures, VALUE_MEASURES),
    PATH(episode_output, settlement_revision, VALUE_INT),
    PATH(episode_output, settlement_delta, VALUE_MAYBE),
    PATH(episode_output, after_final, VALUE_BOOLEAN),
    PATH(episode_output, cause, VALUE_TEXT),
    PATH(episode_output, revision, VALUE_INT),
    PATH(episode_output, as_of, VALUE_DAY),
    FIELD(episode_output, book, VALUE_TEXT),
};
/* An alert says how things were when it was raised, so only its key is the same in every order (README of the scenarios, 4). */
static const struct output_field alert_fields[] = {
    FIELD(alert, insured, VALUE_TEXT),
    FIELD(alert, insurer, VALUE_INT),
    WORD(alert, type, alert_type_names),
    FIELD(alert, subject, VALUE_TEXT),
    WORD(alert, action, action_names),
    { BYTES("severity"), VALUE_WORD, true, offsetof(struct alert, severity), severity_names, COUNT(severity_names) },
    PATH(alert, bundle, VALUE_TEXT),
    PATH(alert, episode, VALUE_TEXT),
    PATH(alert, provider, VALUE_TEXT),
    PATH(alert, contract, VALUE_TEXT),
    PATH(alert, contractor, VALUE_TEXT),
    PATH(alert, declaration_id, VALUE_TEXT),
    PATH(alert, observed, VALUE_MAYBE),
    PATH(alert, limit, VALUE_MAYBE),
    { BYTES("unit"), VALUE_WORD, true, offsetof(struct alert, unit), unit_names, COUNT(unit_names) },
    PATH(alert, prevented, VALUE_MAYBE),
    PATH(alert, evidence, VALUE_TEXT),
    PATH(alert, message, VALUE_TEXT),
    PATH(alert, cause, VALUE_TEXT),
    PATH(alert, revision, VALUE_INT),
    PATH(alert, as_of, VALUE_DAY),
    FIELD(alert, book, VALUE_TEXT),
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

static void take_measures(const struct episode_output *episode, struct arena *arena, struct output_value *value)
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

struct output_value output_value_of(const struct output *output, const struct output_field *field, struct arena *arena)
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
    return bytes_equal(a->name, b->name) && a->value.known == b->value.known && (!a->value.known || a->value.value == b->value.value);
}

bool output_values_equal(const struct output_field *field, const struct output_value *a, const struct output_value *b)
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

/* --- copies --- */

static void copy_shares(struct arena *arena, struct decision *decision)
{
    struct share *shares = ARENA_ARRAY(arena, struct share, decision->shares_count + 1);
    for (size_t i = 0; i < decision->shares_count; i++)
        shares[i] = (struct share){ arena_copy(arena, decision->shares[i].episode), decision->shares[i].cents };
    decision->shares = shares;
}

static void copy_measures(struct arena *arena, struct episode_output *episode)
{
    struct measure *measures = ARENA_ARRAY(arena, struct measure, episode->measures_count + 1);
    for (size_t i = 0; i < episode->measures_count; i++)
        measures[i] = (struct measure){ arena_copy(arena, episode->measures[i].name), episode->measures[i].value };
    episode->measures = measures;
}

void output_copy(struct arena *arena, const struct output *from, struct output *ret_copy)
{
    *ret_copy = *from;
    ret_copy->key = arena_copy(arena, from->key);
    char *at = ret_copy->kind == OUTPUT_DECISION  ? (char *)&ret_copy->decision
                  : ret_copy->kind == OUTPUT_EPISODE ? (char *)&ret_copy->episode
                                                     : (char *)&ret_copy->alert;
    size_t count;
    const struct output_field *fields = output_fields((enum output_kind)ret_copy->kind, &count);
    for (size_t i = 0; i < count; i++) {
        struct bytes text;
        if (fields[i].form != VALUE_TEXT)
            continue;
        memcpy(&text, at + fields[i].offset, sizeof(text));
        text = arena_copy(arena, text);
        memcpy(at + fields[i].offset, &text, sizeof(text));
    }
    if (ret_copy->kind == OUTPUT_DECISION)
        copy_shares(arena, &ret_copy->decision);
    else if (ret_copy->kind == OUTPUT_EPISODE)
        copy_measures(arena, &ret_copy->episode);
}
