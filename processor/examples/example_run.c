#include "examples/example_run.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/must.h"
#include "engine/declaration.h"
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

/* --- orders --- */

/* splitmix64: the same shuffles on every machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static bool same_record(const struct declaration *a, const struct declaration *b)
{
    return bytes_equal(a->declaration_id, b->declaration_id) && bytes_equal(a->insured, b->insured);
}

/* Of two records of one person with one id the log is the only witness which came first, so these keep their
 * order (README 1 of the scenarios): the places that they have in `order` are given to them in the order of
 * the log. */
static void keep_order_of_ids(const struct example *example, size_t *order)
{
    size_t n = example->declarations_count;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (order[j] < order[i] &&
                same_record(&example->declarations[order[i]], &example->declarations[order[j]])) {
                size_t later = order[i];
                order[i] = order[j];
                order[j] = later;
            }
}

/* 0: as given, 1: reversed, above: shuffled. */
static void make_order(const struct example *example, uint64_t seed, size_t number, size_t *order)
{
    size_t n = example->declarations_count;
    uint64_t state = seed * 1000 + number;
    for (size_t i = 0; i < n; i++)
        order[i] = number == 1 ? n - 1 - i : i;
    for (size_t i = n; number > 1 && i > 1; i--) {
        size_t other = (size_t)(next_random(&state) % i), last = order[i - 1];
        order[i - 1] = order[other];
        order[other] = last;
    }
    keep_order_of_ids(example, order);
}

static const char *order_name(size_t number, char text[32])
{
    if (number == 0)
        return "in the given order";
    if (number == 1)
        return "in reverse";
    snprintf(text, 32, "in shuffle %zu", number - 1);
    return text;
}

/* --- the final state: the last value of every key, less what is void and cleared --- */

struct final_state {
    struct arena arena;
    struct output *items; /* by kind and key after state_end */
    size_t count, capacity;
};

static struct output *find_output(struct final_state *state, uint8_t kind, struct bytes key)
{
    for (size_t i = 0; i < state->count; i++)
        if (state->items[i].kind == kind && bytes_equal(state->items[i].key, key))
            return &state->items[i];
    return NULL;
}

static struct output *add_output(struct final_state *state)
{
    ARENA_ARRAY_ROOM(&state->arena, state->items, state->count, state->capacity);
    return &state->items[state->count++];
}

static void take_outputs(struct final_state *state, struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct output *known = find_output(state, outputs->items[i].kind, outputs->items[i].key);
        output_copy(&state->arena, &outputs->items[i], known ? known : add_output(state));
    }
    outputs_clear(outputs);
}

static bool is_gone(const struct output *output)
{
    return (output->kind == OUTPUT_EPISODE && output->episode.state == STATE_VOID) ||
           (output->kind == OUTPUT_ALERT && output->alert.action == ACTION_CLEARED);
}

static int compare_outputs(const void *first, const void *second)
{
    const struct output *a = first, *b = second;
    return a->kind != b->kind ? (int)a->kind - (int)b->kind : bytes_compare(a->key, b->key);
}

static void state_end(struct final_state *state)
{
    size_t kept = 0;
    for (size_t i = 0; i < state->count; i++)
        if (!is_gone(&state->items[i]))
            state->items[kept++] = state->items[i];
    state->count = kept;
    if (kept > 1)
        qsort(state->items, kept, sizeof(*state->items), compare_outputs);
}

static void run_order(const struct example_options *options, const struct example *example,
                      const size_t *order, struct final_state *state)
{
    struct engine_options engine_options = { .book = options->book, .reference = options->reference };
    struct engine *engine = engine_new(&engine_options);
    struct outputs outputs;
    outputs_init(&outputs);
    for (size_t i = 0; i < example->declarations_count; i++) {
        engine_accept(engine, &example->declarations[order[i]], &outputs);
        take_outputs(state, &outputs);
    }
    int32_t as_of = example->as_of == AS_OF_LATEST ? engine_as_of(engine) : example->as_of;
    while (engine_advance(engine, as_of, &outputs))
        take_outputs(state, &outputs);
    take_outputs(state, &outputs);
    state_end(state);
    outputs_release(&outputs);
    engine_free(engine);
}

/* --- what differs, in words --- */

struct telling {
    const struct example_options *options;
    const struct example *example;
    size_t number; /* of the order */
    bool differs, titled;
    struct arena *arena; /* of what is said */
};

static const char *const kind_words[] = { "decision", "episode", "alert" };

/* Begins a sentence: once per order that it differs, and the place that it is about. */
static void tell(struct telling *telling, struct example_place place)
{
    char order[32];
    if (!telling->titled)
        printf("%s:%d:%d: %.*s: the example \"%.*s\" differs %s\n", telling->options->file,
               telling->example->place.line, telling->example->place.column,
               BYTES_ARGS(telling->example->bundle), BYTES_ARGS(telling->example->name),
               order_name(telling->number, order));
    telling->differs = telling->titled = true;
    printf("    %s:%d:%d: ", telling->options->file, place.line, place.column);
}

static struct bytes text_of(struct telling *telling, const struct output_field *field,
                            const struct output_value *value)
{
    struct text text = text_begin(telling->arena);
    output_value_add(&text, field, value);
    return text_end(&text);
}

/* The key itself, or without insured/ (decisions) or insured/insurer/ (the others). */
static bool key_means(uint8_t kind, struct bytes expected, struct bytes key)
{
    if (bytes_equal(expected, key))
        return true;
    for (int parts = kind == OUTPUT_DECISION ? 1 : 2; parts > 0; parts--) {
        const char *slash = memchr(key.data, '/', key.length);
        if (!slash)
            return false;
        size_t cut = (size_t)(slash - key.data) + 1;
        key = (struct bytes){ key.data + cut, key.length - cut };
    }
    return bytes_equal(expected, key);
}

static const struct output *find_expected(const struct final_state *state, enum output_kind kind,
                                          struct bytes key, size_t *ret_found)
{
    const struct output *found = NULL;
    *ret_found = 0;
    for (size_t i = 0; i < state->count; i++)
        if (state->items[i].kind == kind && key_means((uint8_t)kind, key, state->items[i].key)) {
            found = &state->items[i];
            ++*ret_found;
        }
    return found;
}

/* What an alert has observed is as it was when it was sent, which the order decides: compared in the given
 * order only. */
static void check_fields(struct telling *telling, const struct expected_entry *entry,
                         const struct output *output)
{
    for (size_t i = 0; i < entry->fields_count; i++) {
        const struct expected_field *expected = &entry->fields[i];
        struct output_value got = output_value_of(output, expected->field, telling->arena);
        if (telling->number > 0 && output->kind == OUTPUT_ALERT && expected->field->of_path)
            continue;
        if (output_values_equal(expected->field, &expected->value, &got))
            continue;
        struct bytes wanted = text_of(telling, expected->field, &expected->value),
                     is = text_of(telling, expected->field, &got);
        tell(telling, entry->place);
        printf("%s %.*s: %.*s: expected %.*s, got %.*s\n", kind_words[output->kind], BYTES_ARGS(entry->key),
               BYTES_ARGS(expected->field->name), BYTES_ARGS(wanted), BYTES_ARGS(is));
    }
}

static void check_entries(struct telling *telling, const struct final_state *state, enum output_kind kind)
{
    const struct expected_part *part = &telling->example->parts[kind];
    for (size_t i = 0; i < part->entries_count; i++) {
        size_t found;
        const struct output *output = find_expected(state, kind, part->entries[i].key, &found);
        if (found != 1) {
            tell(telling, part->entries[i].place);
            printf("%s %.*s: expected, %s\n", kind_words[kind], BYTES_ARGS(part->entries[i].key),
                   found == 0 ? "got none" : "but the key means several: write the whole one");
        } else {
            check_fields(telling, &part->entries[i], output);
        }
    }
}

static bool is_compared(const struct example *example, const struct output *output)
{
    if (output->kind != OUTPUT_ALERT)
        return true;
    if (output->alert.type == ALERT_settlement_changed &&
        !(example->only_alerts & 1u << ALERT_settlement_changed))
        return false; /* how a state was reached */
    return example->only_alerts == 0 || (example->only_alerts & 1u << output->alert.type);
}

/* Episodes and alerts are complete lists. */
static void check_complete(struct telling *telling, const struct final_state *state, enum output_kind kind)
{
    const struct expected_part *part = &telling->example->parts[kind];
    for (size_t i = 0; i < state->count && part->given; i++) {
        const struct output *output = &state->items[i];
        bool expected = output->kind != kind || !is_compared(telling->example, output);
        for (size_t e = 0; e < part->entries_count && !expected; e++)
            expected = key_means((uint8_t)kind, part->entries[e].key, output->key);
        if (expected)
            continue;
        tell(telling, part->place);
        printf("%s %.*s: not expected, got it\n", kind_words[kind], BYTES_ARGS(output->key));
    }
}

static void check_accounts(const struct final_state *state)
{
    for (size_t i = 0; i < state->count; i++) {
        const struct decision *decision = &state->items[i].decision;
        if (state->items[i].kind == OUTPUT_DECISION)
            must(decision->payable + decision->covered + decision->withheld + decision->refused +
                     decision->reversed ==
                 decision->amount);
    }
}

static bool same_in_every_order(const struct output *a, const struct output *b, struct arena *arena,
                                const struct output_field **ret_field)
{
    size_t count;
    const struct output_field *fields = output_fields((enum output_kind)a->kind, &count);
    for (size_t i = 0; i < count; i++) {
        struct output_value one = output_value_of(a, &fields[i], arena),
                            other = output_value_of(b, &fields[i], arena);
        *ret_field = &fields[i];
        if (!fields[i].of_path && !output_values_equal(&fields[i], &one, &other))
            return false;
    }
    return true;
}

static bool is_state(const struct output *output)
{
    return output->kind != OUTPUT_ALERT || output->alert.type != ALERT_settlement_changed;
}

/* The next output from `at` that is part of a state; state->count when there is none. */
static size_t next_of(const struct final_state *state, size_t at)
{
    while (at < state->count && !is_state(&state->items[at]))
        at++;
    return at;
}

/* Whatever is expected: the state is that of the given order. */
static void check_same(struct telling *telling, const struct final_state *given,
                       const struct final_state *state)
{
    size_t a = next_of(given, 0), b = next_of(state, 0);
    const struct output_field *field;
    while (a < given->count || b < state->count) {
        int order = a == given->count   ? 1
                    : b == state->count ? -1
                                        : compare_outputs(&given->items[a], &state->items[b]);
        const struct output *output = order <= 0 ? &given->items[a] : &state->items[b];
        if (order != 0) {
            tell(telling, telling->example->place);
            printf("%s %.*s: %s\n", kind_words[output->kind], BYTES_ARGS(output->key),
                   order < 0 ? "only in the given order" : "not in the given order");
        } else if (!same_in_every_order(output, &state->items[b], telling->arena, &field)) {
            tell(telling, telling->example->place);
            printf("%s %.*s: %.*s is another than in the given order\n", kind_words[output->kind],
                   BYTES_ARGS(output->key), BYTES_ARGS(field->name));
        }
        a = order <= 0 ? next_of(given, a + 1) : a;
        b = order >= 0 ? next_of(state, b + 1) : b;
    }
}

static void check_state(struct telling *telling, const struct final_state *given,
                        const struct final_state *state)
{
    check_accounts(state);
    for (int kind = 0; kind < OUTPUT_KIND_COUNT; kind++)
        check_entries(telling, state, (enum output_kind)kind);
    check_complete(telling, state, OUTPUT_EPISODE);
    check_complete(telling, state, OUTPUT_ALERT);
    if (!telling->differs)
        check_same(telling, given, state);
}

bool example_run(const struct example_options *options, const struct example *example)
{
    struct final_state given = { .count = 0 }, state;
    struct arena words;
    arena_init(&given.arena, 0);
    arena_init(&words, 0);
    size_t *order = ARENA_ARRAY(&words, size_t, example->declarations_count + 1);
    struct telling telling = { .options = options, .example = example, .arena = &words };
    for (; telling.number < options->shuffles + 2 && !telling.differs; telling.number++) {
        state = (struct final_state){ .count = 0 };
        arena_init(&state.arena, 0);
        make_order(example, options->seed, telling.number, order);
        run_order(options, example, order, telling.number == 0 ? &given : &state);
        check_state(&telling, &given, telling.number == 0 ? &given : &state);
        arena_release(&state.arena);
    }
    arena_release(&given.arena);
    arena_release(&words);
    return !telling.differs;
}
