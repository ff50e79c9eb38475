/* final_state.h - what an engine sent, taken together: the last value of every key, sorted, and that each
 * key's sequence is one (§11).
 * Owner:   state_release what state_take has filled. A state that is zeroed is empty.
 * Errors:  what is wrong with a sequence is said in `broken`; the first mistake stays.
 * Threads: one. */
#ifndef BUNDELWACHT_TESTS_FINAL_STATE_H
#define BUNDELWACHT_TESTS_FINAL_STATE_H

#include "codec/output_codec.h"
#include "engine/engine.h"
#include "support/choice.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { STATE_MAX = 512, BROKEN_BYTES = 240 };

/* Without what is a record of the path (§0). */
struct final_state {
    struct entry {
        struct buffer key, value;
        uint8_t kind;
        bool gone;        /* VOID, CLEARED, or of the path */
        bool ended;       /* the last record was VOID or CLEARED */
        int32_t revision; /* of the last record */
    } entries[STATE_MAX];
    size_t count;
    char broken[BROKEN_BYTES];
};

static inline void state_release(struct final_state *state)
{
    for (size_t i = 0; i < state->count; i++) {
        buffer_release(&state->entries[i].key);
        buffer_release(&state->entries[i].value);
    }
    state->count = 0;
    state->broken[0] = '\0';
}

static inline bool state_breaks(struct final_state *state, const char *what, struct bytes key,
                                int32_t revision)
{
    if (!state->broken[0])
        snprintf(state->broken, BROKEN_BYTES, "%s: %.*s, revision %d", what, BYTES_ARGS(key), revision);
    return false;
}

/* The place of a key; it is made when it is new, with revision 0. */
static inline struct entry *state_entry(struct final_state *state, struct bytes key)
{
    size_t low = 0, high = state->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (bytes_compare(buffer_bytes(&state->entries[middle].key), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == state->count || !bytes_equal(buffer_bytes(&state->entries[low].key), key)) {
        cr_assert(state->count < STATE_MAX);
        memmove(&state->entries[low + 1], &state->entries[low],
                (state->count++ - low) * sizeof(state->entries[0]));
        state->entries[low] = (struct entry){ .ended = true };
        buffer_add_bytes(&state->entries[low].key, key);
    }
    return &state->entries[low];
}

static inline int32_t output_revision(const struct output *output)
{
    return output->kind == OUTPUT_DECISION ? output->decision.revision
           : output->kind == OUTPUT_EPISODE ? output->episode.revision
                                            : output->alert.revision;
}

/* VOID and CLEARED: what was sent before is taken back. */
static inline bool output_ends(const struct output *output)
{
    return (output->kind == OUTPUT_EPISODE && output->episode.state == STATE_VOID) ||
           (output->kind == OUTPUT_ALERT && output->alert.action == ACTION_CLEARED);
}

/* Revisions count from 1 by 1 under every key, and nothing is taken back that is not there. */
static inline bool state_follows(struct final_state *state, struct entry *entry, const struct output *output)
{
    int32_t revision = output_revision(output);
    bool ends = output_ends(output), follows = true;
    if (revision != entry->revision + 1)
        follows = state_breaks(state, "no revision that follows", output->key, revision);
    if (ends && entry->ended)
        follows = state_breaks(state, "taken back without being there", output->key, revision);
    entry->revision = revision;
    entry->ended = ends;
    entry->kind = output->kind;
    return follows;
}

/* Takes out what belongs to the path. */
static inline bool output_strip(struct output *output)
{
    switch (output->kind) {
    case OUTPUT_DECISION:
        output->decision.cause = BYTES("");
        output->decision.revision = output->decision.as_of = 0;
        return false;
    case OUTPUT_EPISODE:
        output->episode.cause = BYTES("");
        output->episode.revision = output->episode.as_of = output->episode.settlement_revision = 0;
        output->episode.settlement_delta = (struct maybe){ 0 };
        output->episode.after_final = false;
        return output->episode.state == STATE_VOID;
    default:
        output->alert.cause = output->alert.message = output->alert.book = BYTES("");
        output->alert.revision = output->alert.as_of = 0;
        output->alert.observed = (struct maybe){ 0 };
        return output->alert.action == ACTION_CLEARED || output->alert.type == ALERT_settlement_changed;
    }
}

static inline bool accounts_add_up(const struct output *output)
{
    if (output->kind != OUTPUT_DECISION)
        return true;
    const struct decision *d = &output->decision;
    int64_t shares = d->outside;
    for (size_t i = 0; i < d->shares_count; i++)
        shares += d->shares[i].cents;
    return d->payable + d->covered + d->withheld + d->refused + d->reversed == d->amount &&
           (d->shares_count == 0 || shares == d->amount);
}

/* What an output says of the state: an alert of the set is sent again only when it says something else (§10).
 */
static inline bool state_keep(struct final_state *state, struct entry *entry, struct output *output,
                              bool stands)
{
    struct buffer value = { 0 };
    entry->gone = output_strip(output);
    output_to_json(output, &value);
    bool news = output->kind != OUTPUT_ALERT || !stands || entry->ended ||
                !bytes_equal(buffer_bytes(&entry->value), buffer_bytes(&value));
    buffer_release(&entry->value);
    entry->value = value;
    return news || state_breaks(state, "raised again, and says the same", output->key, entry->revision);
}

/* What was sent, and clears it; false when a sequence or the accounts are broken. */
static inline bool state_take(struct final_state *state, struct outputs *outputs)
{
    bool fine = true;
    for (size_t i = 0; i < outputs->count; i++) {
        struct output output = outputs->items[i];
        struct entry *entry = state_entry(state, output.key);
        bool stands = !entry->ended;
        fine = state_follows(state, entry, &output) && fine;
        if (!accounts_add_up(&output))
            fine = state_breaks(state, "the accounts do not add up", output.key, output_revision(&output));
        fine = state_keep(state, entry, &output, stands) && fine;
    }
    outputs_clear(outputs);
    return fine;
}

static inline bool is_conserved(const struct engine *engine)
{
    struct engine_sums sums = engine_sums(engine);
    return sums.standing == sums.cost + sums.payable_outside;
}

/* Brings everybody to the day; false when something is broken on the way. */
static inline bool state_advance(struct final_state *state, struct engine *engine, int32_t day,
                                 struct outputs *outputs)
{
    bool fine = true;
    for (bool more = true; more;) {
        more = engine_advance(engine, day, outputs);
        fine = state_take(state, outputs) && is_conserved(engine) && fine;
    }
    return fine;
}

static inline void tell_lines(struct choices *choices, const struct declaration *lines, size_t count)
{
    struct buffer room = { 0 };
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&room);
        declaration_to_json(&lines[i], &room);
        choice_tell(choices, "%.*s", BYTES_ARGS(buffer_bytes(&room)));
    }
    buffer_release(&room);
}

#endif
