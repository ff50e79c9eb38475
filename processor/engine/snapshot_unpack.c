/* A person out of a snapshot. These are somebody else's bytes: every field is bounded as the sections of
 * SEMANTICS.md bound it, so that the rules may be asked about them (snapshot_check.c); what is out of bounds
 * is no snapshot. */
#include "base/limits.h"
#include "engine/calendar.h"
#include "engine/episode.h"
#include "engine/pack.h"
#include "engine/snapshot_person.h"

/* A count that lies must not take memory. */
enum { LINE_BYTES_MIN = 30, EPISODE_BYTES_MIN = 30, ALERT_BYTES_MIN = 20 };
enum { EPISODE_KEY_BYTES_MAX = NAME_BYTES_MAX + 16, ALERT_KEY_BYTES_MAX = 512 };
/* Of the pieces of outputs.def. */
enum {
    LENGTH_MAX_episode = EPISODE_KEY_BYTES_MAX,
    LENGTH_MAX_subject = ALERT_KEY_BYTES_MAX,
    LENGTH_MAX_message = 2048
};
enum { DAYS_MAX = 3660 };         /* §13: of every rule that counts days */
enum { REVISION_MAX = 1 << 30 };  /* so many are never sent under one key */
#define CENTS_MAX (INT64_MAX / 4) /* of a sum; two of them can be subtracted */

/* A person on the way in. */
struct reading {
    struct engine *engine;
    struct person *person;
    struct unpack from;
    bool same_book;
};

static void bad_unless(struct unpack *from, bool holds)
{
    from->bad = from->bad || !holds;
}

static bool unpack_bool(struct unpack *from)
{
    uint8_t byte = unpack_byte(from);
    bad_unless(from, byte <= 1);
    return byte == 1;
}

static int32_t unpack_between(struct unpack *from, int32_t min, int32_t max)
{
    int32_t number = unpack_int(from);
    bad_unless(from, number >= min && number <= max);
    return from->bad ? min : number;
}

static int64_t unpack_cents(struct unpack *from)
{
    int64_t cents = unpack_number(from);
    bad_unless(from, cents >= -CENTS_MAX && cents <= CENTS_MAX);
    return from->bad ? 0 : cents;
}

static struct maybe unpack_maybe_cents(struct unpack *from)
{
    struct maybe maybe = unpack_maybe(from);
    bad_unless(from, maybe.value >= -CENTS_MAX && maybe.value <= CENTS_MAX);
    return maybe;
}

static struct maybe unpack_maybe_int(struct unpack *from)
{
    struct maybe maybe = unpack_maybe(from);
    bad_unless(from, maybe.value >= 0 && maybe.value <= INT32_MAX);
    return maybe;
}

/* A text of 1 to `max` bytes, or null. */
static struct bytes unpack_text_or_null(struct unpack *from, size_t max)
{
    struct bytes text = unpack_bytes(from);
    bad_unless(from, bytes_is_null(text) || is_text(text, max));
    return from->bad ? BYTES_NULL : text;
}

static struct bytes unpack_name_or_null(struct reading *reading, size_t max)
{
    return intern(&reading->engine->interned, unpack_text_or_null(&reading->from, max));
}

static struct bytes unpack_name(struct reading *reading, size_t max)
{
    struct bytes name = unpack_name_or_null(reading, max);
    bad_unless(&reading->from, !bytes_is_null(name));
    return name;
}

/* A piece of the pool. */
static struct bytes unpack_copy(struct reading *reading, size_t max)
{
    struct bytes text = unpack_text_or_null(&reading->from, max);
    bad_unless(&reading->from, !bytes_is_null(text));
    return pool_copy(&reading->engine->pool, bytes_is_null(text) ? BYTES("") : text);
}

/* --- lines --- */

static bool holds(const struct declaration *declaration)
{
    return declaration_check(declaration, &(struct declaration_envelope){ .record_timestamp = INT64_MAX })
               .verdict == DONE;
}

/* What a promoted line and a repeat remember, within the bounds of §1; of other fields there is nothing. */
static bool part_holds(const struct reading *reading, const struct declaration *part)
{
    struct declaration whole = {
        .declaration_id = part->declaration_id,
        .kind = part->kind,
        .insurer = part->insurer,
        .insured = reading->person->insured,
        .birth_date = DAY_1990_01_01,
        .provider = part->provider,
        .care_type = part->care_type,
        .care_code = part->care_code,
        .quantity = 1,
        .start_date = part->start_date,
        .end_date = part->start_date,
        .amount = part->amount,
        .submitted_at = part->submitted_at,
    };
    if (part->kind != KIND_DEBIT)
        whole.credits_id = part->declaration_id;
    return holds(&whole);
}

/* What is accepted moves the clock (§9), so nothing was submitted after it but what was out of horizon. */
static bool came_in_time(const struct reading *reading, int64_t submitted_at, bool out_of_horizon)
{
    return submitted_at >= 0 &&
           (out_of_horizon || moment_to_day(submitted_at) <= reading->engine->as_of);
}

/* Of a repeat nobody remembers whether it was: it may have been under the shortest horizon of all, a day. */
static bool may_be_out_of_horizon(const struct declaration *repeat)
{
    return repeat->submitted_at >= 0 && repeat->start_date < moment_to_day(repeat->submitted_at) - 1;
}

static struct declaration unpack_declaration(struct reading *reading)
{
    struct unpack *from = &reading->from;
    struct declaration d = { .insured = reading->person->insured };
    int32_t *numbers[] = { &d.insurer, &d.birth_date, &d.start_date, &d.end_date, &d.quantity };
    for (size_t i = 0; i < DECLARATION_TEXTS; i++)
        if (&d.texts[i] != &d.insured)
            d.texts[i] = unpack_bytes(from);
    d.amount = unpack_number(from);
    d.submitted_at = unpack_number(from);
    for (size_t i = 0; i < COUNT(numbers); i++)
        *numbers[i] = unpack_int(from);
    if (reading->engine->reading.format > 1)
        d.serial = unpack_int(from);
    d.kind = unpack_byte(from);
    d.diagnosis_system = unpack_byte(from);
    d.care_type = unpack_byte(from);
    d.laterality = unpack_byte(from);
    bad_unless(from, d.kind < KIND_COUNT && d.diagnosis_system < SYSTEM_COUNT &&
                         d.care_type < CARE_TYPE_COUNT && d.laterality < LATERALITY_COUNT);
    return d;
}

static bool is_part(const struct declaration *d)
{
    return d->kind == KIND_DEBIT && bytes_is_null(d->credits_id) && bytes_is_null(d->referrer) &&
           bytes_is_null(d->specialism) && bytes_is_null(d->diagnosis) && bytes_is_null(d->subtype) &&
           bytes_is_null(d->trajectory) && d->birth_date == 0 && d->quantity == 0 &&
           d->serial == 0 &&
           d->diagnosis_system == SYSTEM_NONE && d->laterality == LATERALITY_NONE &&
           d->end_date == d->start_date;
}

static void check_declaration(struct reading *reading, const struct declaration *d, uint64_t content,
                              bool is_partial, bool out_of_horizon)
{
    struct unpack *from = &reading->from;
    if (from->bad)
        return;
    bad_unless(from, is_partial ? is_part(d) && part_holds(reading, d)
                                : holds(d) && declaration_content(d) == content);
    bad_unless(from, came_in_time(reading, d->submitted_at, out_of_horizon) &&
                         snapshot_amount_add(&reading->engine->reading, d->amount));
}

/* Of the same line (§2: equal in every field but submitted_at). */
static bool repeats(const struct declaration *d, const struct declaration *line)
{
    return bytes_equal(d->provider, line->provider) && bytes_equal(d->care_code, line->care_code) &&
           d->amount == line->amount && d->insurer == line->insurer && d->start_date == line->start_date &&
           d->kind == line->kind && d->care_type == line->care_type;
}

static void unpack_repeat(struct reading *reading, const struct line *line, struct repeat **ret_repeat)
{
    struct unpack *from = &reading->from;
    struct declaration d = { .declaration_id = line->declaration.declaration_id };
    d.provider = unpack_bytes(from);
    d.care_code = unpack_bytes(from);
    d.submitted_at = unpack_number(from);
    d.amount = unpack_number(from);
    d.insurer = unpack_int(from);
    d.start_date = unpack_int(from);
    d.kind = unpack_byte(from);
    d.care_type = unpack_byte(from);
    bool conflicting = unpack_bool(from);
    bad_unless(from, d.kind < KIND_COUNT && d.care_type < CARE_TYPE_COUNT);
    bad_unless(from, !from->bad && part_holds(reading, &d) &&
                         came_in_time(reading, d.submitted_at, may_be_out_of_horizon(&d)));
    bad_unless(from, conflicting || repeats(&d, &line->declaration));
    if (!from->bad)
        *ret_repeat = repeat_new(&reading->engine->pool, &d, conflicting);
}

static void unpack_repeats(struct reading *reading, struct line *line)
{
    struct repeat **end = &line->repeats;
    while (unpack_bool(&reading->from)) {
        unpack_repeat(reading, line, end);
        if (reading->from.bad)
            return;
        end = &(*end)->next;
    }
}

static void unpack_shares(struct reading *reading, struct sent_decision *sent, uint32_t episodes_count)
{
    struct unpack *from = &reading->from;
    uint32_t count = unpack_count(from, (int64_t)unpack_left(from) / 2); /* two bytes each at least */
    if (count == 0)
        return;
    sent->shares = pool_alloc(&reading->engine->pool, count * sizeof(*sent->shares));
    sent->shares_count = count;
    for (uint32_t i = 0; i < count; i++) {
        sent->shares[i].episode = unpack_count(from, (int64_t)episodes_count - 1);
        sent->shares[i].cents = unpack_cents(from);
    }
}

/* A symbol: a row of its table. */
static uint8_t unpack_word(struct unpack *from, size_t count)
{
    uint8_t word = unpack_byte(from);
    bad_unless(from, word < count);
    return word;
}

/* One field of what was sent, by its type in outputs.def. A PIECE has a bound of its own, LENGTH_MAX_<name>;
 * other texts are names, of which each is kept once. What is bounded by its neighbours is looked at when all
 * are read (check_…). */
#define UNPACK_WORD_VALUE(name) unpack_word(from, COUNT(name##_names))
#define UNPACK_WORD_NULLABLE UNPACK_WORD_VALUE
#define UNPACK_BOOLEAN_VALUE(name) unpack_bool(from)
#define UNPACK_PIECE_VALUE(name) unpack_copy(reading, LENGTH_MAX_##name)
#define UNPACK_TEXT_VALUE(name) unpack_name(reading, text_bytes_max)
#define UNPACK_TEXT_NULLABLE(name) unpack_name_or_null(reading, text_bytes_max)
#define UNPACK_INT_VALUE(name) unpack_between(from, 0, INT32_MAX)
#define UNPACK_INT_NULLABLE(name) unpack_maybe_int(from)
#define UNPACK_LONG_VALUE(name) unpack_cents(from)
#define UNPACK_LONG_NULLABLE(name) unpack_maybe_cents(from)
#define UNPACK_DAY_VALUE(name) unpack_between(from, DAY_1990_01_01 - DAYS_MAX, DAY_2099_12_31 + DAYS_MAX)

static void unpack_sent_decision(struct reading *reading, struct sent_decision *sent, uint32_t episodes_count)
{
    enum { text_bytes_max = NAME_BYTES_MAX };
    struct unpack *from = &reading->from;
    sent->revision = unpack_between(from, 0, REVISION_MAX);
    if (sent->revision == 0)
        return;
#define DECISION_FIELD(name, type, null, role) \
    IF_STATE_##role(BY_CLASS_##type##_##null(sent->name = UNPACK_##type##_##null(name);, , , , ))
#include "engine/outputs.def"
#define DECISION_FIELD(name, type, null, role) \
    IF_STATE_##role(BY_CLASS_##type##_##null(, , sent->name = UNPACK_##type##_##null(name);, , ))
#include "engine/outputs.def"
#define DECISION_FIELD(name, type, null, role) \
    IF_STATE_##role(BY_CLASS_##type##_##null(, sent->name = UNPACK_##type##_##null(name);, , , ))
#include "engine/outputs.def"
#define DECISION_FIELD(name, type, null, role) \
    IF_STATE_##role(BY_CLASS_##type##_##null(, , , , unpack_##name(reading, sent, episodes_count);))
#include "engine/outputs.def"
}

/* Which criteria accept it follows from the book; of a promoted line there is too little to ask them, and
 * none did. */
static struct line *line_of(struct engine *engine, const struct declaration *declaration, bool is_partial)
{
    const struct criteria_index *index = &engine->rules.criteria;
    bool any = false;
    if (is_partial)
        memset(engine->criteria, 0, index->words * sizeof(*engine->criteria));
    else
        any = criteria_accept(index, declaration, engine->criteria);
    struct line *line = line_new(&engine->pool, declaration, engine->criteria, index->words);
    line->is_partial = is_partial;
    line->no_rule = is_partial || meets_no_rule(index, declaration, any);
    return line;
}

static void unpack_line(struct reading *reading, uint32_t episodes_count)
{
    struct unpack *from = &reading->from;
    struct engine *engine = reading->engine;
    uint64_t content = 0;
    struct declaration declaration = unpack_declaration(reading);
    for (size_t i = 0; i < sizeof(content); i++)
        content |= (uint64_t)unpack_byte(from) << (8 * i);
    bool no_rule = unpack_bool(from), out_of_horizon = unpack_bool(from), is_partial = unpack_bool(from);
    check_declaration(reading, &declaration, content, is_partial, out_of_horizon);
    if (from->bad)
        return;
    struct line *line = line_of(engine, &declaration, is_partial);
    line->content = content;
    line->out_of_horizon = out_of_horizon;
    person_add_line(reading->person, &engine->pool, line);
    unpack_repeats(reading, line);
    unpack_sent_decision(reading, &line->sent, episodes_count);
    bad_unless(from, !reading->same_book || no_rule == line->no_rule);
}

/* An index from 1; 0: none. */
static const struct line *unpack_index(struct reading *reading)
{
    uint32_t index = unpack_count(&reading->from, reading->person->lines_count);
    return index ? reading->person->lines[index - 1] : NULL;
}

/* --- what was sent of episodes --- */

/* What ties an episode to the book and to its lines follows from the rules, which are asked before anything
 * else (snapshot_check.c, or engine_recompute under another book): here it is only passed. */
static void pass_ground(struct reading *reading, const struct sent_episode *sent)
{
    if (sent->last.state == STATE_VOID)
        return;
    unpack_count(&reading->from, BUNDLES_MAX - 1);
    unpack_text_or_null(&reading->from, NAME_BYTES_MAX);
    unpack_index(reading);
    unpack_index(reading);
}

static void unpack_measures(struct reading *reading, struct episode_output *last)
{
    struct unpack *from = &reading->from;
    uint32_t count = unpack_count(from, last->state == STATE_VOID ? 0 : CRITERIA_MAX);
    if (count == 0)
        return;
    struct measure *measures = pool_alloc(&reading->engine->pool, count * sizeof(*measures));
    for (uint32_t i = 0; i < count; i++) {
        measures[i].name = unpack_name(reading, NAME_BYTES_MAX);
        measures[i].value = unpack_maybe_cents(from);
    }
    last->measures = measures;
    last->measures_count = count;
}

static bool is_side(struct bytes side)
{
    static const char sides[] = "-LRBU";
    for (size_t i = 0; sides[i]; i++)
        if (bytes_equal(side, (struct bytes){ sides + i, 1 }))
            return true;
    return false;
}

/* In the bounds that §6 gives a window. */
static bool window_holds(const struct episode_output *last)
{
    return last->opened_on >= DAY_1990_01_01 && last->opened_on <= DAY_2099_12_31 &&
           last->opens_window >= last->opened_on - DAYS_MAX && last->opens_window <= last->opened_on &&
           last->closes_on >= last->opened_on && last->closes_on <= last->opened_on + DAYS_MAX;
}

static void check_episode(struct reading *reading, const struct sent_episode *sent)
{
    const struct episode_output *last = &sent->last;
    struct unpack *from = &reading->from;
    bad_unless(from, is_side(last->side) && window_holds(last));
    bad_unless(from, last->insurer >= INSURER_MIN && last->insurer <= INSURER_MAX);
    bad_unless(from, last->known_on >= DAY_1990_01_01 && last->known_on <= DAY_2099_12_31);
    bad_unless(from, last->revision >= 1 && last->revision <= REVISION_MAX &&
                         last->settlement_revision <= REVISION_MAX);
    bad_unless(from, sent->settled_once == (last->settlement_revision > 0));
    bad_unless(from, (last->state == STATE_VOID) == (sent->voided > 0));
}

/* Its key says its bundle, its side and its opening (§6). */
static void check_episode_key(struct reading *reading, const struct episode_output *last)
{
    struct arena *scratch = &reading->engine->scratch;
    if (reading->from.bad)
        return;
    arena_clear(scratch);
    bad_unless(&reading->from, bytes_equal(last->episode, episode_key(scratch, last->bundle,
                                                                      last->side.data[0], last->opened_on)));
}

/* The format before did not remember it: all at once, then. */
static uint32_t unpack_voided(struct reading *reading, const struct episode_output *last)
{
    if (reading->engine->reading.format > 1)
        return (uint32_t)unpack_between(&reading->from, 0, REVISION_MAX);
    return last->state == STATE_VOID;
}

static void unpack_sent_episode(struct reading *reading, struct sent_episode *sent)
{
    enum { text_bytes_max = NAME_BYTES_MAX };
    struct unpack *from = &reading->from;
    struct episode_output *last = &sent->last;
#define EPISODE_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(last->name = UNPACK_##type##_##null(name);, , , , ))
#include "engine/outputs.def"
    sent->settled_once = unpack_bool(from);
#define EPISODE_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, last->name = UNPACK_##type##_##null(name);, , , ))
#include "engine/outputs.def"
#define EPISODE_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, , last->name = UNPACK_##type##_##null(name);, , ))
#include "engine/outputs.def"
    sent->settled_value = unpack_cents(from);
    sent->final_after = unpack_between(from, 0, 2 * DAYS_MAX);
    sent->voided = unpack_voided(reading, last);
    check_episode(reading, sent);
    check_episode_key(reading, last);
#define EPISODE_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, , , last->name = UNPACK_##type##_##null(name);, ))
#include "engine/outputs.def"
    last->insured = reading->person->insured;
#define EPISODE_FIELD(name, type, null, role)                                                                \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, , , , unpack_##name(reading, last);))
#include "engine/outputs.def"
    pass_ground(reading, sent);
}

/* --- what was sent of alerts --- */

static void check_alert(struct unpack *from, const struct sent_alert *sent)
{
    const struct alert *last = &sent->last;
    struct bytes id = sent->line ? sent->line->declaration.declaration_id : BYTES_NULL;
    bad_unless(from, last->insurer >= INSURER_MIN && last->insurer <= INSURER_MAX);
    bad_unless(from, last->revision >= 1 && last->revision <= REVISION_MAX);
    bad_unless(from, bytes_equal(last->declaration_id, id));
}

/* Its key says its type and its subject. */
static void check_alert_key(struct reading *reading, const struct sent_alert *sent)
{
    struct arena *scratch = &reading->engine->scratch;
    if (reading->from.bad)
        return;
    arena_clear(scratch);
    bad_unless(&reading->from, bytes_equal(sent->key, alert_key(scratch, &sent->last)));
}

static void unpack_sent_alert(struct reading *reading, struct sent_alert *sent)
{
    enum { text_bytes_max = EPISODE_KEY_BYTES_MAX };
    struct unpack *from = &reading->from;
    struct alert *last = &sent->last;
#define ALERT_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(last->name = UNPACK_##type##_##null(name);, , , , ))
#include "engine/outputs.def"
    sent->key = unpack_copy(reading, ALERT_KEY_BYTES_MAX);
#define ALERT_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, last->name = UNPACK_##type##_##null(name);, , , ))
#include "engine/outputs.def"
#define ALERT_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, , , last->name = UNPACK_##type##_##null(name);, ))
#include "engine/outputs.def"
#define ALERT_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, , last->name = UNPACK_##type##_##null(name);, , ))
#include "engine/outputs.def"
    last->insured = reading->person->insured;
    sent->line = unpack_index(reading);
    check_alert(&reading->from, sent);
    check_alert_key(reading, sent);
}

/* --- the person --- */

static void unpack_lines(struct reading *reading, uint32_t count, uint32_t episodes_count)
{
    for (uint32_t i = 0; i < count && !reading->from.bad; i++)
        unpack_line(reading, episodes_count);
}

/* Room is taken as they come: a number that lies costs nothing. */
static void unpack_episodes(struct reading *reading, uint32_t count)
{
    struct person *person = reading->person;
    for (uint32_t i = 0; i < count && !reading->from.bad; i++) {
        person->episodes = person_array_room(&reading->engine->pool, person->episodes, person->episodes_count,
                                             &person->episodes_capacity, sizeof(*person->episodes));
        person->episodes[i] = (struct sent_episode){ 0 };
        person->episodes_count++;
        unpack_sent_episode(reading, &person->episodes[i]);
    }
}

static void unpack_alerts(struct reading *reading, uint32_t count)
{
    struct person *person = reading->person;
    struct pool *pool = &reading->engine->pool;
    for (uint32_t i = 0; i < count && !reading->from.bad; i++) {
        person->alerts = person_array_room(pool, person->alerts, person->alerts_count,
                                           &person->alerts_capacity, sizeof(*person->alerts));
        person->alerts[i] = pool_alloc(pool, sizeof(*person->alerts[i]));
        *person->alerts[i] = (struct sent_alert){ 0 };
        person->alerts_count++;
        unpack_sent_alert(reading, person->alerts[i]);
        bad_unless(&reading->from,
                   i == 0 || bytes_compare(person->alerts[i - 1]->key, person->alerts[i]->key) < 0);
    }
}

static struct person *person_begin(struct engine *engine, struct bytes insured)
{
    if (bytes_is_null(insured) || insured.length == 0 || insured.length > INSURED_BYTES_MAX ||
        persons_find(&engine->persons, insured))
        return NULL;
    return persons_add(&engine->persons, &engine->pool, insured);
}

/* Axiom 3 of §0 holds of what it says, and there is not more than its lines have. */
static void unpack_person_sums(struct reading *reading, struct person_sums *sums)
{
    struct unpack *from = &reading->from;
    sums->standing = unpack_cents(from);
    sums->cost = unpack_cents(from);
    sums->outside = unpack_cents(from);
    bad_unless(from, sums->cost >= 0 && sums->outside >= 0 && sums->standing == sums->cost + sums->outside);
}

static void unpack_person(struct reading *reading)
{
    struct unpack *from = &reading->from;
    struct person *person = reading->person;
    size_t length = unpack_left(from);
    person->due = unpack_int(from);
    person->forget_due = unpack_int(from);
    person->has_rest = unpack_number(from) == 1;
    unpack_person_sums(reading, &person->sums);
    uint32_t lines_count = unpack_count(from, (int64_t)(length / LINE_BYTES_MIN));
    uint32_t episodes_count = unpack_count(from, (int64_t)(length / EPISODE_BYTES_MIN));
    uint32_t alerts_count = unpack_count(from, (int64_t)(length / ALERT_BYTES_MIN));
    bad_unless(from, lines_count > 0); /* else the person would have been forgotten */
    unpack_lines(reading, lines_count, episodes_count);
    unpack_episodes(reading, episodes_count);
    unpack_alerts(reading, alerts_count);
}

struct person *person_unpack(struct engine *engine, struct bytes packed, bool same_book)
{
    struct reading reading = { .engine = engine,
                               .from = { packed.data, packed.data + packed.length, false },
                               .same_book = same_book };
    reading.person = person_begin(engine, unpack_bytes(&reading.from));
    if (!reading.person)
        return NULL;
    unpack_person(&reading);
    return reading.from.bad || reading.from.at != reading.from.end ? NULL : reading.person;
}
