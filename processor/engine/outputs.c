#include "engine/outputs.h"

#include "base/array.h"

#define AS_BYTES(name) { #name, sizeof(#name) - 1 },
#define AS_STATUS_NAME(name, account) { #name, sizeof(#name) - 1 },
#define AS_STATUS_ACCOUNT(name, account) ACCOUNT_##account,

const struct bytes status_names[STATUS_COUNT] = { STATUSES(AS_STATUS_NAME) };
const uint8_t status_accounts[STATUS_COUNT] = { STATUSES(AS_STATUS_ACCOUNT) };
const struct bytes reason_names[REASON_COUNT] = { { NULL, 0 }, REASONS(AS_BYTES) };
const struct bytes state_names[STATE_COUNT] = { STATES(AS_BYTES) };
const struct bytes severity_names[3] = { AS_BYTES(INFO) AS_BYTES(WARNING) AS_BYTES(CRITICAL) };
const struct bytes action_names[2] = { AS_BYTES(RAISED) AS_BYTES(CLEARED) };
const struct bytes unit_names[3] = { AS_BYTES(CENTS) AS_BYTES(DAYS) AS_BYTES(COUNT) };
#define ALERT(type, about, part, severity, unit, depends, sentence)                                          \
    [ALERT_##type] = { #type, sizeof(#type) - 1 },
#define ALERT_KIND(type, kind, word, severity, sentence)
const struct bytes alert_type_names[ALERT_TYPE_COUNT] = {
#include "engine/alerts.def"
};

void outputs_init(struct outputs *outputs)
{
    *outputs = (struct outputs){ 0 };
    arena_init(&outputs->arena, 0);
}

void outputs_clear(struct outputs *outputs)
{
    arena_clear(&outputs->arena);
    outputs->items = NULL;
    outputs->count = outputs->capacity = 0;
}

void outputs_release(struct outputs *outputs)
{
    arena_release(&outputs->arena);
    outputs_init(outputs);
}

struct output *outputs_add(struct outputs *outputs, enum output_kind kind)
{
    ARENA_ARRAY_ROOM(&outputs->arena, outputs->items, outputs->count, outputs->capacity);
    struct output *output = &outputs->items[outputs->count++];
    memset(output, 0, sizeof(*output));
    output->kind = (uint8_t)kind;
    return output;
}

/* --- copies --- */

static void shares_copy(struct arena *arena, const struct share **shares, size_t count)
{
    struct share *copy = ARENA_ARRAY(arena, struct share, count + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = (struct share){ arena_copy(arena, (*shares)[i].episode), (*shares)[i].cents };
    *shares = copy;
}

static void measures_copy(struct arena *arena, const struct measure **measures, size_t count)
{
    struct measure *copy = ARENA_ARRAY(arena, struct measure, count + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = (struct measure){ arena_copy(arena, (*measures)[i].name), (*measures)[i].value };
    *measures = copy;
}

/* What is a number was copied with its struct. */
#define COPY_TEXT(field) (field) = arena_copy(arena, (field));
#define COPY_PIECE COPY_TEXT
#define COPY_WORD(field)
#define COPY_BOOLEAN(field)
#define COPY_INT(field)
#define COPY_LONG(field)
#define COPY_DAY(field)
#define COPY_MOMENT(field)
#define COPY_SHARES(field) shares_copy(arena, &field, field##_count);
#define COPY_MEASURES(field) measures_copy(arena, &field, field##_count);

static void decision_own(struct arena *arena, struct decision *own)
{
#define DECISION_FIELD(name, type, null, role) COPY_##type(own->name)
#include "engine/outputs.def"
}

static void episode_own(struct arena *arena, struct episode_output *own)
{
#define EPISODE_FIELD(name, type, null, role) COPY_##type(own->name)
#include "engine/outputs.def"
}

static void alert_own(struct arena *arena, struct alert *own)
{
#define ALERT_FIELD(name, type, null, role) COPY_##type(own->name)
#include "engine/outputs.def"
}

void output_copy(struct arena *arena, const struct output *from, struct output *ret_copy)
{
    *ret_copy = *from;
    ret_copy->key = arena_copy(arena, from->key);
    if (ret_copy->kind == OUTPUT_DECISION)
        decision_own(arena, &ret_copy->decision);
    else if (ret_copy->kind == OUTPUT_EPISODE)
        episode_own(arena, &ret_copy->episode);
    else
        alert_own(arena, &ret_copy->alert);
}

/* --- equality --- */

static bool measures_equal(const struct measure *a, const struct measure *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!bytes_equal(a[i].name, b[i].name) || !maybe_equal(a[i].value, b[i].value))
            return false;
    return true;
}

/* Numbers come first: they cost least and differ most often. */
#define SAME_NUMBER(name) &&a->name == b->name
#define SAME_MAYBE(name) &&maybe_equal(a->name, b->name)
#define SAME_TEXT(name) &&bytes_equal(a->name, b->name)
#define SAME_LIST(name)                                                                                      \
    &&a->name##_count == b->name##_count &&measures_equal(a->name, b->name, a->name##_count)

bool episode_state_equal(const struct episode_output *a, const struct episode_output *b)
{
    bool numbers = true
#define EPISODE_FIELD(name, type, null, role) \
    IF_STATE_##role(BY_CLASS_##type##_##null(SAME_NUMBER(name), , SAME_NUMBER(name), SAME_MAYBE(name), ))
#include "engine/outputs.def"
        ;
    return numbers
#define EPISODE_FIELD(name, type, null, role)                                                                \
    IF_STATE_##role(BY_CLASS_##type##_##null(, SAME_TEXT(name), , , SAME_LIST(name)))
#include "engine/outputs.def"
        ;
}

bool alert_state_equal(const struct alert *a, const struct alert *b)
{
    bool numbers = true
#define ALERT_FIELD(name, type, null, role) \
    IF_STATE_##role(BY_CLASS_##type##_##null(SAME_NUMBER(name), , SAME_NUMBER(name), SAME_MAYBE(name), ))
#include "engine/outputs.def"
        ;
    return numbers
#define ALERT_FIELD(name, type, null, role)                                                                  \
    IF_STATE_##role(BY_CLASS_##type##_##null(, SAME_TEXT(name), , , ))
#include "engine/outputs.def"
        ;
}
