/* What must hold of every person under every book (SEMANTICS.md §0, §2, §4, §11; design §4), on random
 * histories.
 * CHOICE_RUNS=1000000 CHOICE_SEED=7 test_pipeline --filter 'histories/\*' draws more of them, and others. */
#include "base/must.h"
#include "book/book_reader.h"
#include "engine/alert.h"
#include "engine/forget.h"
#include "engine/history.h"
#include "engine/person.h"
#include "engine/recompute.h"
#include "final_state.h"
#include "support/given_histories.h"

TestSuite(histories, .timeout = 3600); /* CTest has a shorter one; at night there is none */

enum { END_OF_TIME = 21900 };
/* ten times as slow there, and what differs is the memory that is touched, not the rules */
#ifdef __SANITIZE_ADDRESS__
enum { PERSONS_MANY = 4000, PERSONS_SOME = 2000 };
#else
enum { PERSONS_MANY = 100000, PERSONS_SOME = 40000 };
#endif

/* What earlier episodes cost: projections move, and some episodes and lines are outliers. */
static const char histories_reference[] =
    "reference: \"hard\"\nepisodes:\n"
    "  - {bundle: hip, stratum: all, count: 40, mean: 900, p01: 10, p05: 300, p50: 800, p95: 1800, p99: "
    "2500,\n"
    "     declared_permille: {7: 100, 30: 600, 60: 900, 100: 1000}}\n"
    "lines:\n  - {care_type: PARAMEDICAL, care_code: \"S1\", p999: 500}\n  - {care_type: PARAMEDICAL, "
    "care_code: \"M1\", p999: 900}\n";

static const struct book *book;
static const struct reference *reference;
static struct final_state state_a, state_b;

static void say_broken(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

static void book_open(void)
{
    must_set_report(say_broken);
    book = book_read_text("hard", bytes_of(histories_book), finding_print, stderr);
    reference = reference_read_text("hard", bytes_of(histories_reference), finding_print, stderr);
    cr_assert(book != NULL);
    cr_assert(reference != NULL);
}

static struct engine *engine_open(bool plain)
{
    return engine_new(&(struct engine_options){ .book = book, .reference = reference, .plain = plain });
}

/* The state that the lines end in, in the order given; false when something was not conserved or in sequence
 * on the way. */
static bool fold(const struct declaration *const lines[], size_t count, bool plain,
                 struct final_state *ret_state)
{
    struct engine *engine = engine_open(plain);
    struct outputs outputs;
    bool fine = true;
    outputs_init(&outputs);
    for (size_t i = 0; i < count; i++) {
        engine_accept(engine, lines[i], &outputs);
        fine = state_take(ret_state, &outputs) && is_conserved(engine) && fine;
    }
    fine = state_advance(ret_state, engine, END_OF_TIME, &outputs) && fine;
    outputs_release(&outputs);
    engine_free(engine);
    return fine;
}

static bool is_about(struct bytes key, struct bytes id)
{
    for (size_t at = 0; at + id.length <= key.length; at++)
        if (memcmp(key.data + at, id.data, id.length) == 0)
            return true;
    return false;
}

static bool counts(const struct entry *entry, struct bytes but_a, struct bytes but_b)
{
    struct bytes key = buffer_bytes(&entry->key);
    return !entry->gone && !(but_a.length && is_about(key, but_a)) && !(but_b.length && is_about(key, but_b));
}

static bool states_equal(struct choices *choices, const struct final_state *a, const struct final_state *b,
                         struct bytes but_a, struct bytes but_b)
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
        if (!bytes_equal(buffer_bytes(&x->key), buffer_bytes(&y->key)) ||
            !bytes_equal(buffer_bytes(&x->value), buffer_bytes(&y->value))) {
            choice_tell(choices, "%.*s\n%.*s", BYTES_ARGS(buffer_bytes(&x->value)),
                        BYTES_ARGS(buffer_bytes(&y->value)));
            return false;
        }
        i++;
        k++;
    }
    return i == a->count && k == b->count;
}

static void tell_broken(struct choices *choices)
{
    if (state_a.broken[0] || state_b.broken[0])
        choice_tell(choices, "%s", state_a.broken[0] ? state_a.broken : state_b.broken);
}

/* --- axiom 1: any order of distinct ids ends in the same state, and what was sent under every key counts up
 * to it: what the plain recompute ends with that saw the lines in another order --- */

static void shuffle(struct choices *choices, const struct history_of_person *history,
                    const struct declaration *order[])
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
    bool fine = fold(given, history.count, false, &state_a);
    fine = fold(shuffled, history.count, true, &state_b) && fine;
    tell_lines(choices, history.lines, history.count);
    tell_broken(choices);
    fine = states_equal(choices, &state_a, &state_b, BYTES(""), BYTES("")) && fine;
    state_release(&state_a);
    state_release(&state_b);
    return fine;
}

Test(histories, end_in_the_plain_recompute_of_any_order_and_keep_every_cent)
{
    book_open();
    cr_assert(property_holds("any order", any_order, NULL, PERSONS_MANY, 1));
}

/* --- design §4: what is faster equals the plain recompute, byte for byte --- */

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
        choice_tell(choices, "fast  %.*s\nplain %.*s", BYTES_ARGS(buffer_bytes(&x)),
                    BYTES_ARGS(buffer_bytes(&y)));
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
    tell_lines(choices, history.lines, history.count);
    bool same = true;
    for (size_t i = 0; i < history.count && same; i++) {
        engine_accept(fast, &history.lines[i], &of_fast);
        engine_accept(plain, &history.lines[i], &of_plain);
        struct engine_sums a = engine_sums(fast), b = engine_sums(plain);
        same = same_bytes(choices, &of_fast, &of_plain) && a.standing == b.standing && a.cost == b.cost &&
               is_conserved(fast);
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
    cr_assert(property_holds("fast is plain", fast_is_plain, NULL, PERSONS_SOME, 2));
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
    size_t at = choice_below(choices, history.count + 1),
           until = at + choice_below(choices, history.count + 1 - at), count = 0;
    for (size_t i = 0; i <= history.count; i++) {
        if (i == at)
            lines[count++] = &debit;
        if (i == until)
            lines[count++] = &credit;
        if (i < history.count)
            lines[count++] = &history.lines[i];
    }
    bool fine = fold(lines, count, false, &state_a);
    for (size_t i = 0; i < history.count; i++)
        lines[i] = &history.lines[i];
    fine = fold(lines, history.count, false, &state_b) && fine;
    tell_lines(choices, history.lines, history.count);
    tell_broken(choices);
    fine = states_equal(choices, &state_a, &state_b, BYTES("zz1"), BYTES("zz2")) && fine;
    state_release(&state_a);
    state_release(&state_b);
    return fine;
}

Test(histories, end_where_nothing_had_happened_when_a_line_is_credited)
{
    book_open();
    cr_assert(property_holds("credited is nothing", credited_is_nothing, NULL, PERSONS_SOME / 2, 3));
}

/* --- a redelivery emits nothing (§2) --- */

static bool redelivery_is_silent(struct choices *choices, void *context)
{
    (void)context;
    struct history_of_person history;
    struct engine *engine = engine_open(false);
    struct outputs outputs;
    bool fine = true;
    outputs_init(&outputs);
    given_history(choices, &history);
    tell_lines(choices, history.lines, history.count);
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
    cr_assert(property_holds("redelivery", redelivery_is_silent, NULL, PERSONS_SOME / 4, 4));
}

/* --- raised minus cleared is the set of §10, after every record and every day --- */

/* What an alert of the set says, but for what is of the path. */
static bool alert_says(const struct entry *entry, const struct raised *raised)
{
    struct output output = { .kind = OUTPUT_ALERT, .key = raised->key, .alert = raised->alert };
    struct buffer value = { 0 };
    output_strip(&output);
    output_to_json(&output, &value);
    bool same = bytes_equal(buffer_bytes(&entry->value), buffer_bytes(&value));
    buffer_release(&value);
    return same;
}

/* The alerts that stand as raised are those that the rules raise from the kept lines alone, whatever was sent
 * before, and say what these say. */
static bool alerts_stand(const struct engine *engine, const struct final_state *state, struct arena *arena,
                         struct choices *choices)
{
    const struct person *person = engine_person(engine, BYTES("p1"));
    struct alert_set set = { .count = 0 };
    struct history history;
    arena_clear(arena);
    if (person) {
        history_compute(&history, engine_rules(engine), arena, person->insured, engine_as_of(engine),
                        person->lines, person->lines_count);
        alerts_raise(&history, &set);
    }
    size_t at = 0;
    for (size_t i = 0; i < state->count; i++) {
        const struct entry *entry = &state->entries[i];
        if (entry->kind != OUTPUT_ALERT || entry->gone)
            continue;
        if (at == set.count || !bytes_equal(set.items[at]->key, buffer_bytes(&entry->key))) {
            choice_tell(choices, "raised, and not in the set: %.*s", BYTES_ARGS(buffer_bytes(&entry->key)));
            return false;
        }
        if (!alert_says(entry, set.items[at])) {
            choice_tell(choices, "says something else: %.*s", BYTES_ARGS(buffer_bytes(&entry->key)));
            return false;
        }
        at++;
    }
    if (at < set.count)
        choice_tell(choices, "in the set, and not raised: %.*s", BYTES_ARGS(set.items[at]->key));
    return at == set.count;
}

static bool raised_is_the_set(struct choices *choices, void *context)
{
    (void)context;
    struct history_of_person history;
    struct engine *engine = engine_open(false);
    struct outputs outputs;
    struct arena arena;
    bool fine = true;
    outputs_init(&outputs);
    arena_init(&arena, 0);
    given_history(choices, &history);
    tell_lines(choices, history.lines, history.count);
    for (size_t i = 0; i < history.count && fine; i++) {
        int32_t day = clock_day(book, &history.lines[i]);
        /* else day by day */
        int32_t from = i == 0 || !choice_chance(choices, 150) ? day : engine_as_of(engine);
        for (from = from < day - 40 ? day - 40 : from; from < day && fine; from++)
            fine = state_advance(&state_a, engine, from, &outputs) &&
                   alerts_stand(engine, &state_a, &arena, choices);
        engine_accept(engine, &history.lines[i], &outputs);
        fine = state_take(&state_a, &outputs) && alerts_stand(engine, &state_a, &arena, choices) && fine;
    }
    for (size_t days = choice_below(choices, 12); days > 0 && fine; days--) {
        int32_t day = engine_as_of(engine) + 1 + (int32_t)choice_below(choices, 40);
        fine =
            state_advance(&state_a, engine, day, &outputs) && alerts_stand(engine, &state_a, &arena, choices);
    }
    tell_broken(choices);
    state_release(&state_a);
    arena_release(&arena);
    outputs_release(&outputs);
    engine_free(engine);
    return fine;
}

Test(histories, have_raised_and_not_cleared_the_set_of_alerts_after_every_record)
{
    book_open();
    cr_assert(property_holds("raised is the set", raised_is_the_set, NULL, PERSONS_MANY, 5));
}

/* --- identity-only lines (design §4): they do not depend on the rest of the person, nor the rest on them  */

/* The id of the debit that a record is about: its own, or the one that it or its original takes back or
 * releases; a credit may take back a release. */
static struct bytes debit_of(const struct history_of_person *history, const struct declaration *line)
{
    for (size_t i = 0; i < history->count && !bytes_is_null(line->credits_id); i++)
        if (bytes_equal(history->lines[i].declaration_id, line->credits_id))
            return debit_of(history, &history->lines[i]);
    return bytes_is_null(line->credits_id) ? line->declaration_id : line->credits_id;
}

/* No criterion of the book accepts pharmacy, and no scope has a product without a trajectory by it. */
static bool is_identity_only(const struct declaration *line)
{
    return line->care_type == CARE_PHARMACY ||
           (line->care_type == CARE_HOSPITAL_OTHER && bytes_is_null(line->trajectory));
}

/* Makes a third of the debits, with all that refers to them, pharmacy: else there were few. */
static void make_identity_only(struct choices *choices, struct history_of_person *history)
{
    for (size_t i = 0; i < history->count; i++) {
        struct bytes debit = debit_of(history, &history->lines[i]);
        bool changes = bytes_equal(debit, history->lines[i].declaration_id) &&
                       !is_identity_only(&history->lines[i]) && choice_chance(choices, 300);
        for (size_t k = 0; k < history->count && changes; k++)
            if (bytes_equal(debit_of(history, &history->lines[k]), debit)) {
                history->lines[k].care_type = CARE_PHARMACY;
                history->lines[k].care_code = BYTES("Z");
            }
    }
}

/* The id in a key `p1/id`, `p1/id~ms` or `p1/1/type/id[/kind]`; every id is three bytes long. */
static bool is_about_identity_only(const struct history_of_person *history, const struct output *output)
{
    bool about = false;
    for (size_t i = 0; i < history->count && !about; i++)
        about =
            is_identity_only(&history->lines[i]) && is_about(output->key, history->lines[i].declaration_id);
    return about;
}

enum whose { OF_IDENTITY_ONLY, OF_THE_REST, OF_ALL };
/* What is sent of some lines, where the clock moves as the others would move it: of lines without rules, and
 * of the rest. */
struct sent_apart {
    struct buffer texts[OF_ALL];
};

static void take_apart(const struct history_of_person *history, struct outputs *outputs,
                       struct sent_apart *sent)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct buffer *text =
            &sent->texts[is_about_identity_only(history, &outputs->items[i]) ? OF_IDENTITY_ONLY
                                                                             : OF_THE_REST];
        output_to_json(&outputs->items[i], text);
        buffer_add_byte(text, '\n');
    }
    outputs_clear(outputs);
}

static void fold_apart(const struct history_of_person *history, enum whose lines, struct sent_apart *ret_sent)
{
    struct engine *engine = engine_open(false);
    struct outputs outputs;
    outputs_init(&outputs);
    for (size_t i = 0; i < history->count; i++) {
        const struct declaration *line = &history->lines[i];
        int32_t day = clock_day(book, line);
        if (lines == OF_ALL || (lines == OF_IDENTITY_ONLY) == is_identity_only(line))
            engine_accept(engine, line, &outputs);
        else if (day > engine_as_of(engine))
            must(!engine_advance(engine, day, &outputs)); /* one person is one step */
        take_apart(history, &outputs, ret_sent);
    }
    must(!engine_advance(engine, END_OF_TIME, &outputs));
    take_apart(history, &outputs, ret_sent);
    outputs_release(&outputs);
    engine_free(engine);
}

static bool identity_only_is_apart(struct choices *choices, void *context)
{
    static struct sent_apart together, apart[OF_ALL];
    struct history_of_person history;
    bool same = true;
    (void)context;
    given_history(choices, &history);
    make_identity_only(choices, &history);
    tell_lines(choices, history.lines, history.count);
    fold_apart(&history, OF_ALL, &together);
    for (enum whose part = OF_IDENTITY_ONLY; part < OF_ALL; part++) {
        fold_apart(&history, part, &apart[part]);
        struct bytes of_both = buffer_bytes(&together.texts[part]),
                     of_one = buffer_bytes(&apart[part].texts[part]);
        if (!bytes_equal(of_both, of_one))
            choice_tell(choices, "together\n%.*sapart\n%.*s", BYTES_ARGS(of_both), BYTES_ARGS(of_one));
        same = same && bytes_equal(of_both, of_one);
    }
    for (enum whose part = OF_IDENTITY_ONLY; part < OF_ALL; part++) {
        buffer_clear(&together.texts[part]);
        buffer_clear(&apart[OF_IDENTITY_ONLY].texts[part]);
        buffer_clear(&apart[OF_THE_REST].texts[part]);
    }
    return same;
}

Test(histories, send_the_same_bytes_about_a_line_without_rules_with_and_without_the_rest)
{
    book_open();
    cr_assert(property_holds("identity only is apart", identity_only_is_apart, NULL, PERSONS_MANY, 6));
}
