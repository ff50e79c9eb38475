#include "engine/outputs.h"

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
#define ALERT(type, about, part, severity, unit, depends, sentence) [ALERT_##type] = { #type, sizeof(#type) - 1 },
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
    if (outputs->count == outputs->capacity) {
        size_t capacity = outputs->capacity ? outputs->capacity * 2 : 8;
        struct output *items = ARENA_ARRAY(&outputs->arena, struct output, capacity);
        if (outputs->count)
            memcpy(items, outputs->items, outputs->count * sizeof(*items));
        outputs->items = items;
        outputs->capacity = capacity;
    }
    struct output *output = &outputs->items[outputs->count++];
    memset(output, 0, sizeof(*output));
    output->kind = (uint8_t)kind;
    return output;
}
