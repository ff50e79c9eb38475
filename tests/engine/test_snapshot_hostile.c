/* A snapshot with right checksums that nobody's declarations have led to (issue 11): made by changing an
 * engine's state and taking a snapshot of that. Whoever may write the checkpoint topic or the state directory
 * can make one; it is refused, and another checkpoint is looked for. */
#include "base/limits.h"
#include "engine/engine_internal.h"
#include "engine/pack.h"
#include "engine/snapshot_person.h"
#include "support/given_story.h"

TestSuite(hostile_snapshot, .timeout = 120);

enum { BLOCKS_MAX = 80 };

static const char *const rows[] = {
    "d1 OPEN LEFT 2026-03-01 120.00 | d1 BUNDLED",
    "d2 CAREV LEFT 2026-03-05 10.00 | d2 BUNDLED; alert measure/hip/L/2026-03-01/visits",
    "d3 CAREV LEFT 2026-03-06 20.00 | d3 BUNDLED",
    "d2 again d2 at=5 | alert double_payment/d2~1772701200005/repeated",
    "i1 NOTHING 2026-03-05 7.00 | i1 FEE_FOR_SERVICE",
    "i2 NOTHING 2026-03-06 8.00 | i2 FEE_FOR_SERVICE",
    "c2 credits i2 2026-03-07 | c2 CREDIT_APPLIED; i2 CREDITED",
    "c1 credits x1 CAREV 5.00 2026-03-07 | c1 CREDIT_PENDING",
    "d4 OPEN RIGHT 2026-04-01 30.00 | hip/R/2026-04-01 OPEN",
    "c4 credits d4 2026-04-02 | hip/R/2026-04-01 VOID",
    NULL,
};

struct given {
    struct story story;
    struct engine *engine;
    const struct book *book;
    struct person *person;
};

static void state_begin(struct given *state)
{
    static const char measures[] = ", measures: [{name: visits, criterion: visit, take: lines, at_most: 0}, "
                                   "{name: more, criterion: more, take: quantity}]";
    state->book = GIVEN_BOOK(.sides = "separate", .definition = measures);
    story_run(&state->story, state->book, NULL, rows, false);
    state->engine = state->story.engine;
    state->person = persons_find(&state->engine->persons, BYTES("p"));
    cr_assert_not_null(state->person);
}

static void state_end(struct given *state)
{
    story_end(&state->story);
    book_free(state->book);
}

/* --- taking and reading snapshots --- */

struct snapshot {
    struct buffer blocks[BLOCKS_MAX];
    size_t count;
};

static void add_block(void *context, struct bytes block)
{
    struct snapshot *snapshot = context;
    cr_assert(snapshot->count < BLOCKS_MAX);
    buffer_add_bytes(&snapshot->blocks[snapshot->count++], block);
}

/* NULL when it is refused. */
static struct engine *read_again(struct given *state, bool same_book)
{
    struct snapshot snapshot = { .count = 0 };
    struct engine *engine = engine_new(&(struct engine_options){ .book = state->book });
    engine_snapshot_begin(state->engine, (struct snapshot_sink){ add_block, &snapshot });
    while (engine_snapshot_step(state->engine))
        ;
    bool fine = true;
    for (size_t i = 0; i < snapshot.count; i++) {
        fine = fine && engine_snapshot_read(engine, buffer_bytes(&snapshot.blocks[i]), same_book);
        buffer_release(&snapshot.blocks[i]);
    }
    fine = fine && engine_snapshot_read_end(engine, engine_snapshot_digest(state->engine));
    if (fine)
        return engine;
    engine_free(engine);
    return NULL;
}

static struct line *line_of(struct given *state, const char *id)
{
    struct line *line = person_find_line(state->person, bytes_of(id));
    cr_assert_not_null(line);
    return line;
}

/* d4 was voided when it was credited. */
enum { STANDS, VOIDED };
static struct sent_episode *episode_of(struct given *state, int which)
{
    cr_assert_eq(state->person->episodes_count, 2);
    cr_assert_eq(state->person->episodes[VOIDED].last.state, STATE_VOID);
    return &state->person->episodes[which];
}

static struct sent_alert *alert_of(struct given *state, uint8_t type)
{
    for (uint32_t i = 0; i < state->person->alerts_count; i++)
        if (state->person->alerts[i]->last.type == type)
            return state->person->alerts[i];
    cr_assert_fail("no such alert");
    return NULL;
}

static struct identity *id_of(struct given *state, const char *id)
{
    struct hash128 hash = identity_hash(BYTES("p"), bytes_of(id));
    struct identity *entry = identity_find(&state->engine->identities, hash);
    cr_assert_not_null(entry);
    return entry;
}

Test(hostile_snapshot, is_not_one_that_was_taken_as_it_is)
{
    struct given state;
    state_begin(&state);
    for (int same_book = 0; same_book < 2; same_book++) {
        struct engine *again = read_again(&state, same_book);
        cr_expect_not_null(again);
        if (again && same_book)
            cr_expect_eq(engine_digest(again).low, engine_digest(state.engine).low);
        engine_free(again);
    }
    state_end(&state);
}

/* --- every way in which one can lie: what is changed, and under which books it must be refused --- */

#define WITH(what) static void what(struct given *state)

static struct measure *measure_of(struct given *state)
{
    return (struct measure *)(uintptr_t)episode_of(state, STANDS)->last.measures;
}

static void add_id(struct given *state, enum identity_is is)
{
    identity_add(&state->engine->identities, identity_hash(BYTES("p"), BYTES("z")))->is = is & 3;
}

static void set_sums(struct given *state, int64_t standing, int64_t cost, int64_t outside)
{
    struct engine_sums *sums = &state->engine->sums;
    sums->standing = standing;
    sums->cost = cost;
    sums->payable_outside = outside;
}

WITH(fewer_measures) { episode_of(state, STANDS)->last.measures_count = 1; }
WITH(another_measure) { measure_of(state)->value.value = INT64_MAX; }
WITH(a_measure_of_another_name) { measure_of(state)->name = BYTES("other"); }
WITH(a_measure_that_is_too_much) { measure_of(state)->value.value = INT64_MIN; }
WITH(an_unknown_side) { episode_of(state, STANDS)->last.side = BYTES("X"); }
WITH(no_side) { episode_of(state, VOIDED)->last.side = BYTES(""); }
WITH(another_side) { episode_of(state, STANDS)->last.side = BYTES("R"); }
WITH(a_cost_without_lines) { episode_of(state, STANDS)->last.cost += 1; }
WITH(a_cost_that_is_too_much) { episode_of(state, STANDS)->last.cost = INT64_MAX; }
WITH(a_price_that_is_too_much) { episode_of(state, STANDS)->last.price = INT64_MAX; }
WITH(a_budget_that_is_too_much) { episode_of(state, STANDS)->last.budget.value = INT64_MAX; }
WITH(another_budget) { episode_of(state, STANDS)->last.budget.value--; }
WITH(a_window_without_end) { episode_of(state, STANDS)->last.closes_on = INT32_MAX; }
WITH(a_longer_window) { episode_of(state, STANDS)->last.closes_on++; }
WITH(an_opening_before_all_time) { episode_of(state, VOIDED)->last.opened_on = INT32_MIN; }
WITH(a_final_day_after_all_time) { episode_of(state, VOIDED)->final_after = INT32_MAX; }
WITH(another_final_day) { episode_of(state, STANDS)->final_after++; }
WITH(the_last_revision_of_an_episode) { episode_of(state, VOIDED)->last.revision = INT32_MAX; }
WITH(an_episode_that_was_never_sent) { episode_of(state, VOIDED)->last.revision = 0; }
WITH(the_last_settlement)
{
    episode_of(state, VOIDED)->settled_once = true;
    episode_of(state, VOIDED)->last.settlement_revision = INT32_MAX;
}
WITH(a_settlement_that_is_none) { episode_of(state, VOIDED)->settled_once = true; }
WITH(a_settled_value_that_is_too_low) { episode_of(state, VOIDED)->settled_value = INT64_MIN; }
WITH(a_standing_episode_that_is_void) { episode_of(state, VOIDED)->last.state = STATE_OPEN; }
WITH(a_void_episode_that_stands) { episode_of(state, STANDS)->last.state = STATE_VOID; }
WITH(a_void_episode_that_was_never_voided) { episode_of(state, VOIDED)->voided = 0; }
WITH(another_bundle) { episode_of(state, STANDS)->bundle_at = 255; }
WITH(another_opening) { episode_of(state, STANDS)->opening = line_of(state, "c1"); }
WITH(a_name_of_control_characters) { episode_of(state, VOIDED)->last.provider = BYTES("0101\n101"); }
WITH(a_name_that_is_no_utf8) { episode_of(state, VOIDED)->last.contract = BYTES("\xff\xfe"); }
WITH(the_last_revision_of_a_decision) { line_of(state, "d1")->sent.revision = INT32_MAX; }
WITH(a_decision_that_was_not_sent) { line_of(state, "d1")->sent.revision = 0; }
WITH(another_payable) { line_of(state, "d1")->sent.payable = 1; }
WITH(a_payable_that_is_too_much) { line_of(state, "d1")->sent.payable = INT64_MAX; }
WITH(another_share) { line_of(state, "d2")->sent.shares[0].cents++; }
WITH(a_share_of_another_episode) { line_of(state, "d2")->sent.shares[0].episode = VOIDED; }
WITH(another_status) { line_of(state, "d2")->sent.status = STATUS_HELD; }
WITH(an_amount_below_nothing) { line_of(state, "d1")->declaration.amount = -1; }
WITH(another_amount) { line_of(state, "d1")->declaration.amount++; }
WITH(a_day_after_all_time) { line_of(state, "c1")->declaration.start_date = INT32_MAX; }
WITH(an_end_before_the_beginning) { line_of(state, "c1")->declaration.end_date -= 9; }
WITH(a_moment_before_all_time) { line_of(state, "c1")->declaration.submitted_at = INT64_MIN; }
WITH(a_moment_after_the_clock) { line_of(state, "c1")->declaration.submitted_at += 100 * DAY_MILLISECONDS; }
WITH(a_birth_before_all_time) { line_of(state, "d1")->declaration.birth_date = INT32_MIN; }
WITH(a_serial_that_is_too_much) { line_of(state, "d1")->declaration.serial = 1000000; }
WITH(a_quantity_that_is_too_much) { line_of(state, "d1")->declaration.quantity = INT32_MAX; }
WITH(no_provider) { line_of(state, "d1")->declaration.provider = BYTES(""); }
WITH(a_credit_of_nothing) { line_of(state, "c1")->declaration.credits_id = BYTES_NULL; }
WITH(a_debit_that_credits) { line_of(state, "d3")->declaration.credits_id = BYTES("d1"); }
WITH(an_id_of_two_lines) { line_of(state, "d3")->declaration.declaration_id = BYTES("d2"); }
WITH(a_line_of_another_content) { line_of(state, "d3")->content++; }
WITH(a_line_that_the_rules_do_not_see) { line_of(state, "d3")->no_rule = true; }
WITH(a_promoted_line_with_more) { line_of(state, "i2")->declaration.trajectory = BYTES("t"); }
WITH(a_repeat_of_another_amount) { line_of(state, "d2")->repeats->amount++; }
WITH(a_repeat_at_no_moment) { line_of(state, "d2")->repeats->submitted_at = 0; }
WITH(a_repeat_without_provider) { line_of(state, "d2")->repeats->provider = BYTES_NULL; }
WITH(the_last_revision_of_an_alert) { alert_of(state, ALERT_measure)->last.revision = INT32_MAX; }
WITH(an_alert_that_is_cleared) { alert_of(state, ALERT_measure)->last.action = ACTION_CLEARED; }
WITH(an_alert_of_another_type) { alert_of(state, ALERT_measure)->last.type = ALERT_outcome; }
WITH(an_alert_of_another_insurer) { alert_of(state, ALERT_measure)->last.insurer = 2; }
WITH(an_alert_of_another_line) { alert_of(state, ALERT_measure)->line = line_of(state, "d1"); }
WITH(alerts_in_another_order)
{
    struct sent_alert *first = state->person->alerts[0];
    cr_assert_geq(state->person->alerts_count, 2);
    state->person->alerts[0] = state->person->alerts[1];
    state->person->alerts[1] = first;
}
WITH(no_lines) { state->person->lines_count = 0; }
WITH(sums_that_do_not_agree) { state->person->sums.standing++; }
WITH(sums_of_another_person) { state->person->sums.standing++; state->person->sums.outside++; }
WITH(sums_that_are_too_much) { state->person->sums = (struct person_sums){ INT64_MAX, INT64_MAX, 0 }; }
WITH(a_day_that_comes_too_late) { state->person->due = DAY_NONE; }
WITH(a_forgetting_that_comes_too_late) { state->person->forget_due = DAY_NONE; }
WITH(no_rest) { state->person->has_rest = false; }
WITH(a_pseudonym_that_is_none) { state->person->insured = BYTES("p/q"); }
WITH(an_id_without_a_line) { add_id(state, IDENTITY_KEPT); }
WITH(a_line_without_an_id) { identity_remove(&state->engine->identities, id_of(state, "d1")); }
WITH(an_id_that_says_it_is_identity_only) { id_of(state, "d1")->is = IDENTITY_ONLY; }
WITH(an_id_that_nobody_names) { add_id(state, IDENTITY_NAMED); }
WITH(a_name_without_an_id) { identity_remove(&state->engine->identities, id_of(state, "x1")); }
WITH(a_named_line_that_is_identity_only) { id_of(state, "x1")->is = IDENTITY_ONLY; }
WITH(an_identity_that_is_too_much) { id_of(state, "i1")->amount = (1ull << 40) - 1; }
WITH(an_identity_of_a_day_after_all_time) { id_of(state, "i1")->start_day = 65535; }
WITH(an_identity_of_no_moment) { id_of(state, "i1")->submitted_at = 0; }
WITH(an_identity_from_after_the_clock) { id_of(state, "i1")->submitted_at += 100 * DAY_MILLISECONDS; }
WITH(an_identity_of_no_insurer) { id_of(state, "i1")->insurer = 0; }
WITH(an_identity_of_no_provider) { id_of(state, "i1")->provider = UINT32_MAX; }
WITH(an_identity_of_no_code) { memset(id_of(state, "i1")->care_code, 0, CODE_BYTES_MAX); }
WITH(an_identity_of_a_code_with_a_hole) { id_of(state, "i1")->care_code[2] = 0; }
WITH(an_identity_that_was_not_sent) { id_of(state, "i1")->sent = 0; }
WITH(sums_of_nobody) { state->engine->sums.standing++; }
WITH(sums_with_a_cost_of_nobody) { state->engine->sums.standing++; state->engine->sums.cost++; }
WITH(sums_that_are_below_nothing) { set_sums(state, INT64_MIN, INT64_MIN, 0); }
WITH(sums_without_the_identities) { set_sums(state, 15000, 15000, 0); }
WITH(fewer_declarations_than_lines) { state->engine->sums.declarations = 1; }
WITH(the_last_declaration) { state->engine->sums.declarations = INT64_MAX; }
WITH(a_clock_before_all_time) { state->engine->as_of = INT32_MIN + 1; }
WITH(a_clock_after_all_time) { state->engine->as_of = INT32_MAX; }
WITH(no_clock) { state->engine->as_of = INT32_MIN; }

/* OF_THE_BOOK: only the book that it was taken under can tell; under another everybody is decided anew in
 * any case. */
enum { EVER, OF_THE_BOOK };
#define ROW(change, when) { #change, change, when }
static const struct {
    const char *label;
    void (*change)(struct given *state);
    int when;
} lies[] = {
    ROW(fewer_measures, OF_THE_BOOK), ROW(another_measure, EVER),
    ROW(a_measure_of_another_name, OF_THE_BOOK), ROW(a_measure_that_is_too_much, EVER),
    ROW(an_unknown_side, EVER), ROW(no_side, EVER), ROW(another_side, EVER),
    ROW(a_cost_without_lines, OF_THE_BOOK), ROW(a_cost_that_is_too_much, EVER),
    ROW(a_price_that_is_too_much, EVER), ROW(a_budget_that_is_too_much, EVER),
    ROW(another_budget, OF_THE_BOOK), ROW(a_window_without_end, EVER),
    ROW(a_longer_window, OF_THE_BOOK), ROW(an_opening_before_all_time, EVER),
    ROW(a_final_day_after_all_time, EVER), ROW(another_final_day, OF_THE_BOOK),
    ROW(the_last_revision_of_an_episode, EVER), ROW(an_episode_that_was_never_sent, EVER),
    ROW(the_last_settlement, EVER), ROW(a_settlement_that_is_none, EVER),
    ROW(a_settled_value_that_is_too_low, EVER), ROW(a_standing_episode_that_is_void, EVER),
    ROW(a_void_episode_that_stands, EVER), ROW(a_void_episode_that_was_never_voided, EVER),
    ROW(another_bundle, OF_THE_BOOK),
    ROW(another_opening, OF_THE_BOOK), ROW(a_name_of_control_characters, EVER),
    ROW(a_name_that_is_no_utf8, EVER), ROW(the_last_revision_of_a_decision, EVER),
    ROW(a_decision_that_was_not_sent, OF_THE_BOOK), ROW(another_payable, OF_THE_BOOK),
    ROW(a_payable_that_is_too_much, EVER), ROW(another_share, OF_THE_BOOK),
    ROW(a_share_of_another_episode, OF_THE_BOOK), ROW(another_status, OF_THE_BOOK),
    ROW(an_amount_below_nothing, EVER), ROW(another_amount, EVER), ROW(a_day_after_all_time, EVER),
    ROW(an_end_before_the_beginning, EVER), ROW(a_moment_before_all_time, EVER),
    ROW(a_moment_after_the_clock, EVER), ROW(a_birth_before_all_time, EVER),
    ROW(a_serial_that_is_too_much, EVER),
    ROW(a_quantity_that_is_too_much, EVER), ROW(no_provider, EVER), ROW(a_credit_of_nothing, EVER),
    ROW(a_debit_that_credits, EVER), ROW(an_id_of_two_lines, EVER),
    ROW(a_line_of_another_content, EVER), ROW(a_line_that_the_rules_do_not_see, OF_THE_BOOK),
    ROW(a_promoted_line_with_more, EVER), ROW(a_repeat_of_another_amount, EVER),
    ROW(a_repeat_at_no_moment, EVER), ROW(a_repeat_without_provider, EVER),
    ROW(the_last_revision_of_an_alert, EVER), ROW(an_alert_that_is_cleared, OF_THE_BOOK),
    ROW(an_alert_of_another_type, EVER), ROW(an_alert_of_another_insurer, EVER),
    ROW(an_alert_of_another_line, EVER), ROW(alerts_in_another_order, EVER), ROW(no_lines, EVER),
    ROW(sums_that_do_not_agree, EVER), ROW(sums_of_another_person, OF_THE_BOOK),
    ROW(sums_that_are_too_much, EVER), ROW(a_day_that_comes_too_late, OF_THE_BOOK),
    ROW(a_forgetting_that_comes_too_late, OF_THE_BOOK), ROW(no_rest, OF_THE_BOOK),
    ROW(a_pseudonym_that_is_none, EVER), ROW(an_id_without_a_line, EVER),
    ROW(a_line_without_an_id, EVER), ROW(an_id_that_says_it_is_identity_only, EVER),
    ROW(an_id_that_nobody_names, EVER), ROW(a_name_without_an_id, EVER),
    ROW(a_named_line_that_is_identity_only, EVER), ROW(an_identity_that_is_too_much, EVER),
    ROW(an_identity_of_a_day_after_all_time, EVER), ROW(an_identity_of_no_moment, EVER),
    ROW(an_identity_from_after_the_clock, EVER), ROW(an_identity_of_no_insurer, EVER),
    ROW(an_identity_of_no_provider, EVER), ROW(an_identity_of_no_code, EVER),
    ROW(an_identity_of_a_code_with_a_hole, EVER), ROW(an_identity_that_was_not_sent, EVER),
    ROW(sums_of_nobody, EVER), ROW(sums_with_a_cost_of_nobody, EVER),
    ROW(sums_that_are_below_nothing, EVER), ROW(sums_without_the_identities, EVER),
    ROW(fewer_declarations_than_lines, EVER), ROW(the_last_declaration, EVER),
    ROW(a_clock_before_all_time, EVER), ROW(a_clock_after_all_time, EVER), ROW(no_clock, EVER),
};

Test(hostile_snapshot, is_refused)
{
    static struct given state;
    for (size_t i = 0; i < COUNT(lies); i++)
        for (int same_book = lies[i].when == OF_THE_BOOK; same_book < 2; same_book++) {
            state_begin(&state);
            lies[i].change(&state);
            struct engine *again = read_again(&state, same_book);
            cr_expect_null(again, "%s under %s book", lies[i].label, same_book ? "the same" : "another");
            engine_free(again);
            state_end(&state);
        }
}

/* --- what a head says takes no memory --- */

Test(hostile_snapshot, takes_no_memory_for_what_it_only_says)
{
    struct buffer head = { 0 };
    buffer_add_byte(&head, SNAPSHOT_HEAD);
    pack_number(&head, SNAPSHOT_FORMAT);
    pack_number(&head, INT32_MIN);
    for (int i = 0; i < 7; i++)
        pack_number(&head, 0);
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        pack_number(&head, SNAPSHOT_SHARD_IDENTITIES_MAX);
    const struct book *book = GIVEN_BOOK(.sides = "none");
    struct engine *engine = engine_new(&(struct engine_options){ .book = book });
    struct hash128 digest = hash128(head.data, head.length, 0);
    cr_expect_lt(head.length, 350, "%zu bytes", head.length);
    cr_expect(engine_snapshot_read(engine, buffer_bytes(&head), true));
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        cr_expect_leq(engine->identities.shards[i].capacity, 1024);
    cr_expect_not(engine_snapshot_read_end(engine, digest));
    engine_free(engine);
    buffer_release(&head);
    book_free(book);
}

/* One entry, and a head that says two thousand million: room for a few. */
Test(hostile_snapshot, takes_memory_in_proportion_to_what_has_come)
{
    struct given state;
    state_begin(&state);
    struct engine *engine = engine_new(&(struct engine_options){ .book = state.book });
    struct buffer block = { 0 };
    engine->reading.begun = true;
    engine->as_of = state.engine->as_of;
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        engine->reading.shard_counts[i] = SNAPSHOT_SHARD_IDENTITIES_MAX;
    buffer_add_byte(&block, SNAPSHOT_IDENTITIES);
    buffer_add(&block, id_of(&state, "i1"), sizeof(struct identity));
    cr_expect(engine_snapshot_read(engine, buffer_bytes(&block), true));
    cr_expect_leq(engine->identities.shards[identity_shard_at(id_of(&state, "i1")->id)].capacity, 64);
    engine_free(engine);
    buffer_release(&block);
    state_end(&state);
}
