/* What must hold of every person under every book (SEMANTICS.md §0, §2, §4, §11; design part 4), on random histories. */
#include "base/must.h"
#include "book/book_reader.h"
#include "codec/output_codec.h"
#include "engine/engine.h"
#include "support/given_histories.h"

#include <criterion/criterion.h>

TestSuite(histories, .timeout = 110);

enum { STATE_MAX = 512, END_OF_TIME = 21900 };

/* The last value of every key, but for what is a record of the path (§0): sorted by key. */
struct final_state {
    struct entry {
        struct buffer key, value;
        bool gone; /* VOID, CLEARED, or of the path */
    } entries[STATE_MAX];
    size_t count;
};

static const struct book *book;

static void say_broken(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

static void book_open(void)
{
    must_set_report(say_broken);
    if (!book)
        book = book_read_text("hard", bytes_of(histories_book), finding_print, stderr);
    cr_assert(book != NULL);
}

static struct engine *engine_open(bool plain)
{
    return engine_new(&(struct engine_options){ .book = book, .plain = plain });
}

static void state_release(struct final_state *state)
{
    for (size_t i = 0; i < state->count; i++) {
        buffer_release(&state->entries[i].key);
        buffer_release(&state->entries[i].value);
    }
    state->count = 0;
}

static void state_set(struct final_state *state, struct bytes key, struct bytes value, bool gone)
{
    size_t at = 0;
    while (at < state->count && bytes_compare(buffer_bytes(&state->entries[at].key), key) < 0)
        at++;
    if (at == state->count || !bytes_equal(buffer_bytes(&state->entries[at].key), key)) {
        cr_assert(state->count < STATE_MAX);
        memmove(&state->entries[at + 1], &state->entries[at], (state->count++ - at) * sizeof(state->entries[0]));
        state->entries[at] = (struct entry){ 0 };
        buffer_add_bytes(&state->entries[at].key, key);
    }
    buffer_clear(&state->entries[at].value);
    buffer_add_bytes(&state->entries[at].value, value);
    state->entries[at].gone = gone;
}

/* Takes out what belongs to the path; what an alert says is as it was when it was raised, so only its key counts. */
static bool strip(struct output *output)
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
    default: return output->alert.action == ACTION_CLEARED || output->alert.type == ALERT_settlement_changed;
    }
}

static bool accounts_add_up(const struct output *output)
{
    if (output->kind != OUTPUT_DECISION)
        return true;
    const struct decision *d = &output->decision;
    int64_t shares = d->outside;
    for (size_t i = 0; i < d->shares_count; i++)
        shares += d->shares[i].cents;
    return d->payable + d->covered + d->withheld + d->refused + d->reversed == d->amount && (d->shares_count == 0 || shares == d->amount);
}

static bool take(struct final_state *state, struct outputs *outputs, struct buffer *room)
{
    bool fine = true;
    for (size_t i = 0; i < outputs->count; i++) {
        struct output output = outputs->items[i];
        fine = fine && accounts_add_up(&output);
        bool gone = strip(&output);
        buffer_clear(room);
        if (output.kind != OUTPUT_ALERT)
            output_to_json(&output, room);
        state_set(state, output.key, buffer_bytes(room), gone);
    }
    outputs_clear(outputs);
    return fine;
}

static bool is_conserved(const struct engine *engine)
{
    struct engine_sums sums = engine_sums(engine);
    return sums.standing == sums.cost + sums.payable_outside;
}

/* The state that the lines end in, in the order given; false when something was not conserved on the way. */
static bool fold(const struct declaration *const lines[], size_t count, struct final_state *ret_state)
{
    struct engine *engine = engine_open(false);
    struct outputs outputs;
    struct buffer room = { 0 };
    bool fine = true, more = true;
    outputs_init(&outputs);
    ret_state->count = 0;
    for (size_t i = 0; i < count; i++) {
        engine_accept(engine, lines[i], &outputs);
        fine = take(ret_state, &outputs, &room) && is_conserved(engine) && fine;
    }
    while (more) {
        more = engine_advance(engine, END_OF_TIME, &outputs);
        fine = take(ret_state, &outputs, &room) && is_conserved(engine) && fine;
    }
    buffer_release(&room);
    outputs_release(&outputs);
    engine_free(engine);
    return fine;
}

static bool is_about(const struct entry *entry, struct bytes id)
{
    struct bytes key = buffer_bytes(&entry->key);
    for (size_t at = 0; at + id.length <= key.length; at++)
        if (memcmp(key.data + at, id.data, id.length) == 0)
            return true;
    return false;
}

static bool counts(const struct entry *entry, struct bytes but_a, struct bytes but_b)
{
    return !entry->gone && !(but_a.length && is_about(entry, but_a)) && !(but_b.length && is_about(entry, but_b));
}

static bool states_equal(struct choices *choices, const struct final_state *a, const struct final_state *b, struct bytes but_a, struct bytes but_b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a->count && !counts(&a->entries[i], but_a, but_b))
            i++;
        while (k < b->count && !counts(&b->entries[k], but_a, but_b))
            k++;
        if (i == a->count || k == b->count)
            break;
        const struct entry *x = &a->entries[i], *y = &b->entries[k];
        if (!bytes_equal(buffer_bytes(&x->key), buffer_bytes(&y->key)) || !bytes_equal(buffer_bytes(&x->value), buffer_bytes(&y->value))) {
            choice_tell(choices, "%.*s\n%.*s", BYTES_ARGS(buffer_bytes(&x->value)), BYTES_ARGS(buffer_bytes(&y->value)));
            return false;
        }
        i++;
        k++;
    }
    return i == a->count && k == b->count;
}

static void tell_lines(struct choices *choices, const struct history_of_person *history)
{
    struct buffer room = { 0 };
    for (size_t i = 0; i < history->count; i++) {
        buffer_clear(&room);
        declaration_to_json(&history->lines[i], &room);
        choice_tell(choices, "%.*s", BYTES_ARGS(buffer_bytes(&room)));
    }
    buffer_release(&room);
}

static struct final_state state_a, state_b;

/* --- axiom 1: any order of distinct ids ends in the same state --- */

static void shuffle(struct choices *choices, const struct history_of_person *history, const struct declaration *order[])
{
    for (size_t i = 0; i < history->count; i++)
        order[i] = &history->lines[i];
    for (size_t i = history->count; i > 1; i--) {
        size_t k = choice_below(choices, i);
        const struct declaration *swap = order[i - 1];
        order[i - 1] = order[k];
        order[k] = swap;
    }
    /* Of two records with one id the log's order is the witness: put them back in it. */
    for (size_t i = 0; i < history->count; i++)
        for (size_t k = i + 1; k < history->count; k++)
            if (bytes_equal(order[i]->declaration_id, order[k]->declaration_id) && order[i] > order[k]) {
                const struct declaration *swap = order[i];
                order[i] = order[k];
                order[k] = swap;
            }
}

static bool any_order(struct choices *choices, void *context)
{
    (void)context;
    struct history_of_person history;
    const struct declaration *given[HISTORY_LINES_MAX], *shuffled[HISTORY_LINES_MAX];
    given_history(choices, &history);
    for (size_t i = 0; i < history.count; i++)
        given[i] = &history.lines[i];
    shuffle(choices, &history, shuffled);
    bool fine = fold(given, history.count, &state_a);
    fine = fold(shuffled, history.count, &state_b) && fine;
    tell_lines(choices, &history);
    fine = states_equal(choices, &state_a, &state_b, BYTES(""), BYTES("")) && fine;
    state_release(&state_a);
    state_release(&state_b);
    return fine;
}

Test(histories, end_in_the_same_state_in_any_order_and_keep_every_cent)
{
    book_open();
    cr_assert(property_holds("any order", any_order, NULL, 40000, 1));
}

/* --- design part 4: what is faster equals the plain recompute, byte for byte --- */

static bool same_bytes(struct choices *choices, const struct outputs *a, const struct outputs *b)
{
    struct buffer x = { 0 }, y = { 0 };
    bool same = a->count == b->count;
    for (size_t i = 0; i < a->count; i++)
        output_to_json(&a->items[i], &x);
    for (size_t i = 0; i < b->count; i++)
        output_to_json(&b->items[i], &y);
    same = same && bytes_equal(buffer_bytes(&x), buffer_bytes(&y));
    if (!same)
        choice_tell(choices, "fast  %.*s\nplain %.*s", BYTES_ARGS(buffer_bytes(&x)), BYTES_ARGS(buffer_bytes(&y)));
    buffer_release(&x);
    buffer_release(&y);
    return same;
}

static bool fast_is_plain(struct choices *choices, void *context)
{
    (void)context;
    struct history_of_person history;
    struct engine *fast = engine_open(false), *plain = engine_open(true);
    struct outputs of_fast, of_plain;
    outputs_init(&of_fast);
    outputs_init(&of_plain);
    given_history(choices, &history);
    tell_lines(choices, &history);
    bool same = true;
    for (size_t i = 0; i < history.count && same; i++) {
        engine_accept(fast, &history.lines[i], &of_fast);
        engine_accept(plain, &history.lines[i], &of_plain);
        struct engine_sums a = engine_sums(fast), b = engine_sums(plain);
        same = same_bytes(choices, &of_fast, &of_plain) && a.standing == b.standing && a.cost == b.cost && is_conserved(fast);
        outputs_clear(&of_fast);
        outputs_clear(&of_plain);
    }
    for (int32_t day = engine_as_of(fast) + 5; day < END_OF_TIME && same; day += 35) {
        engine_advance(fast, day, &of_fast);
        engine_advance(plain, day, &of_plain);
        same = same_bytes(choices, &of_fast, &of_plain);
        outputs_clear(&of_fast);
        outputs_clear(&of_plain);
    }
    outputs_release(&of_fast);
    outputs_release(&of_plain);
    engine_free(fast);
    engine_free(plain);
    return same;
}

Test(histories, send_the_same_bytes_with_and_without_the_append_of_lines)
{
    book_open();
    cr_assert(property_holds("fast is plain", fast_is_plain, NULL, 40000, 2));
}

/* --- a line that is credited had never been, but for itself and its credit --- */

static bool credited_is_nothing(struct choices *choices, void *context)
{
    (void)context;
    struct history_of_person history;
    const struct declaration *lines[HISTORY_LINES_MAX + 2];
    given_history(choices, &history);
    struct declaration debit = given_line(choices, BYTES("zz1")), credit = debit;
    debit.submitted_at = debit.start_date * DAY_MILLISECONDS + 1; /* within the horizon */
    credit.kind = KIND_CREDIT;
    credit.credits_id = debit.declaration_id;
    credit.declaration_id = BYTES("zz2");
    credit.submitted_at = debit.submitted_at + 1;
    size_t at = choice_below(choices, history.count + 1), until = at + choice_below(choices, history.count + 1 - at), count = 0;
    for (size_t i = 0; i <= history.count; i++) {
        if (i == at)
            lines[count++] = &debit;
        if (i == until)
            lines[count++] = &credit;
        if (i < history.count)
            lines[count++] = &history.lines[i];
    }
    bool fine = fold(lines, count, &state_a);
    for (size_t i = 0; i < history.count; i++)
        lines[i] = &history.lines[i];
    fine = fold(lines, history.count, &state_b) && fine;
    tell_lines(choices, &history);
    fine = states_equal(choices, &state_a, &state_b, BYTES("zz1"), BYTES("zz2")) && fine;
    state_release(&state_a);
    state_release(&state_b);
    return fine;
}

Test(histories, end_where_nothing_had_happened_when_a_line_is_credited)
{
    book_open();
    cr_assert(property_holds("credited is nothing", credited_is_nothing, NULL, 20000, 3));
}

/* --- a redelivery emits nothing (§2), and revisions count from 1 by 1 (§11) --- */

static bool redelivery_is_silent(struct choices *choices, void *context)
{
    (void)context;
    struct history_of_person history;
    struct engine *engine = engine_open(false);
    struct outputs outputs;
    bool fine = true;
    outputs_init(&outputs);
    given_history(choices, &history);
    tell_lines(choices, &history);
    for (size_t i = 0; i < history.count && fine; i++) {
        engine_accept(engine, &history.lines[i], &outputs);
        outputs_clear(&outputs);
        engine_accept(engine, &history.lines[choice_below(choices, i + 1)], &outputs);
        fine = outputs.count == 0;
        outputs_clear(&outputs);
    }
    outputs_release(&outputs);
    engine_free(engine);
    return fine;
}

Test(histories, emit_nothing_when_a_record_comes_again)
{
    book_open();
    cr_assert(property_holds("redelivery", redelivery_is_silent, NULL, 10000, 4));
}
