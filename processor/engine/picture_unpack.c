#include "base/limits.h"
#include "engine/pack.h"
#include "engine/picture_person.h"

/* A count that lies must not take memory. */
enum { LINE_BYTES_MIN = 30, EPISODE_BYTES_MIN = 30, ALERT_BYTES_MIN = 20 };

/* A person on the way in. */
struct reading {
    struct engine *engine;
    struct person *person;
    struct unpack from;
    bool same_book;
};

static struct bytes unpack_name(struct reading *reading)
{
    return names_keep(&reading->engine->names, unpack_bytes(&reading->from));
}

static struct bytes unpack_copy(struct reading *reading)
{
    struct bytes bytes = unpack_bytes(&reading->from);
    if (bytes_is_null(bytes)) {
        reading->from.bad = true;
        bytes = BYTES("");
    }
    return pool_copy(&reading->engine->pool, bytes);
}

/* --- lines --- */

/* At most `max` bytes: strings of a declaration are bounded by §1, and so is what is made of them. */
static struct bytes unpack_span(struct unpack *from, size_t max)
{
    struct bytes bytes = unpack_bytes(from);
    if (bytes.length > max) {
        from->bad = true;
        return BYTES_NULL;
    }
    return bytes;
}

static struct declaration unpack_declaration(struct unpack *from)
{
    struct declaration d = { 0 };
    struct bytes *spans[] = { &d.declaration_id, &d.credits_id, &d.provider, &d.referrer, &d.specialism, &d.diagnosis, &d.care_code,
                              &d.subtype, &d.trajectory };
    int32_t *numbers[] = { &d.insurer, &d.birth_date, &d.start_date, &d.end_date, &d.quantity };
    for (size_t i = 0; i < COUNT(spans); i++)
        *spans[i] = unpack_span(from, DECLARATION_ID_BYTES_MAX);
    d.amount = unpack_number(from);
    d.submitted_at = unpack_number(from);
    for (size_t i = 0; i < COUNT(numbers); i++)
        *numbers[i] = unpack_int(from);
    d.kind = unpack_byte(from);
    d.diagnosis_system = unpack_byte(from);
    d.care_type = unpack_byte(from);
    d.laterality = unpack_byte(from);
    if (bytes_is_null(d.declaration_id) || d.kind > KIND_CREDIT || d.diagnosis_system >= SYSTEM_COUNT || d.care_type >= CARE_TYPE_COUNT ||
        d.laterality >= LATERALITY_COUNT || d.amount < 0 || d.amount > AMOUNT_CENTS_MAX || d.submitted_at <= 0)
        from->bad = true;
    return d;
}

static void unpack_repeats(struct reading *reading, struct line *line)
{
    struct unpack *from = &reading->from;
    struct repeat **end = &line->repeats;
    while (unpack_byte(from) == 1) {
        struct declaration d = { .declaration_id = line->declaration.declaration_id };
        d.provider = unpack_span(from, DECLARATION_ID_BYTES_MAX);
        d.care_code = unpack_span(from, DECLARATION_ID_BYTES_MAX);
        d.submitted_at = unpack_number(from);
        d.amount = unpack_number(from);
        d.insurer = unpack_int(from);
        d.start_date = unpack_int(from);
        d.kind = unpack_byte(from);
        d.care_type = unpack_byte(from);
        bool conflicting = unpack_byte(from) == 1;
        if (from->bad || d.submitted_at <= 0 || d.kind > KIND_CREDIT || d.care_type >= CARE_TYPE_COUNT) {
            from->bad = true;
            return;
        }
        *end = repeat_new(&reading->engine->pool, &d, conflicting);
        end = &(*end)->next;
    }
}

static void unpack_shares(struct reading *reading, struct sent_decision *sent, uint32_t episodes_count)
{
    struct unpack *from = &reading->from;
    uint32_t count = unpack_count(from, (int64_t)unpack_left(from) / 2); /* two bytes each at least */
    if (count == 0)
        return;
    sent->shares = pool_take(&reading->engine->pool, count * sizeof(*sent->shares));
    sent->shares_count = count;
    for (uint32_t i = 0; i < count; i++) {
        sent->shares[i].episode = unpack_count(from, (int64_t)episodes_count - 1);
        sent->shares[i].cents = unpack_number(from);
    }
}

static void unpack_sent_decision(struct reading *reading, struct sent_decision *sent, uint32_t episodes_count)
{
    struct unpack *from = &reading->from;
    int64_t *amounts[] = { &sent->payable, &sent->covered, &sent->withheld, &sent->refused, &sent->reversed, &sent->outside };
    sent->revision = unpack_int(from);
    if (sent->revision == 0)
        return;
    sent->status = unpack_byte(from);
    sent->reason = unpack_byte(from);
    for (size_t i = 0; i < COUNT(amounts); i++)
        *amounts[i] = unpack_number(from);
    sent->evidence = unpack_name(reading);
    unpack_shares(reading, sent, episodes_count);
    if (sent->revision < 0 || sent->status >= STATUS_COUNT || sent->reason >= REASON_COUNT)
        from->bad = true;
}

/* Which criteria accept it follows from the book; of a promoted line there is too little to ask them, and none did. */
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
    struct declaration declaration = unpack_declaration(from);
    for (size_t i = 0; i < sizeof(content); i++)
        content |= (uint64_t)unpack_byte(from) << (8 * i);
    bool no_rule = unpack_byte(from) == 1, out_of_horizon = unpack_byte(from) == 1, is_partial = unpack_byte(from) == 1;
    if (from->bad)
        return;
    struct line *line = line_of(engine, &declaration, is_partial);
    line->content = content;
    line->out_of_horizon = out_of_horizon;
    person_add_line(reading->person, &engine->pool, line);
    unpack_repeats(reading, line);
    unpack_sent_decision(reading, &line->sent, episodes_count);
    if (reading->same_book && no_rule != line->no_rule)
        from->bad = true;
}

/* A place from 1; 0: none. */
static const struct line *unpack_place(struct reading *reading)
{
    uint32_t place = unpack_count(&reading->from, reading->person->lines_count);
    return place ? reading->person->lines[place - 1] : NULL;
}

/* --- what was sent of episodes --- */

static const struct contract *contract_named(const struct book *book, struct bytes id, struct maybe version)
{
    for (size_t i = 0; i < book->contracts_count; i++)
        if (bytes_equal(book->contracts[i].id, id) && version.known && book->contracts[i].version == version.value)
            return &book->contracts[i];
    return NULL;
}

static const struct stratum *stratum_named(const struct contract *contract, struct bytes label)
{
    for (size_t i = 0; i < contract->strata_count; i++)
        if (bytes_equal(contract->strata[i].label, label))
            return &contract->strata[i];
    return NULL;
}

static void tie_to_book(struct reading *reading, struct sent_episode *sent, uint32_t bundle_at, struct bytes contract)
{
    const struct book *book = reading->engine->rules.book;
    if (bundle_at >= book->bundles_count) {
        reading->from.bad = true;
        return;
    }
    sent->bundle_at = bundle_at;
    sent->definition = definition_on(&book->bundles[bundle_at], sent->last.opened_on);
    if (!bytes_is_null(contract)) {
        sent->contract = contract_named(book, contract, sent->last.contract_version);
        sent->stratum = sent->contract ? stratum_named(sent->contract, sent->last.stratum) : NULL;
    }
    if (!sent->definition || !sent->opening || (!bytes_is_null(contract) && !sent->stratum))
        reading->from.bad = true;
}

static void unpack_ground(struct reading *reading, struct sent_episode *sent)
{
    if (sent->last.state == STATE_VOID)
        return;
    uint32_t bundle_at = unpack_count(&reading->from, UINT32_MAX);
    struct bytes contract = unpack_bytes(&reading->from);
    sent->opening = unpack_place(reading);
    sent->first_price = unpack_place(reading);
    if (reading->same_book && !reading->from.bad)
        tie_to_book(reading, sent, bundle_at, contract);
}

static void unpack_measures(struct reading *reading, struct episode_output *last)
{
    struct unpack *from = &reading->from;
    uint32_t count = unpack_count(from, CRITERIA_MAX);
    if (count == 0)
        return;
    struct measure *measures = pool_take(&reading->engine->pool, count * sizeof(*measures));
    for (uint32_t i = 0; i < count; i++) {
        measures[i].name = unpack_name(reading);
        measures[i].value = unpack_maybe(from);
    }
    last->measures = measures;
    last->measures_count = count;
}

static void unpack_sent_episode(struct reading *reading, struct sent_episode *sent)
{
    struct unpack *from = &reading->from;
    struct episode_output *last = &sent->last;
    last->state = unpack_byte(from);
    last->after_final = unpack_byte(from) == 1;
    sent->settled_once = unpack_byte(from) == 1;
    last->episode = unpack_copy(reading);
    struct bytes *names[] = { &last->bundle, &last->side, &last->ended_by, &last->provider, &last->contract, &last->contractor,
                              &last->stratum, &last->opening_declaration };
    for (size_t i = 0; i < COUNT(names); i++)
        *names[i] = unpack_name(reading);
    int64_t *longs[] = { &last->cost, &last->covered, &last->price };
    int32_t *ints_before[] = { &last->insurer, &last->opened_on, &last->opens_window, &last->closes_on };
    int32_t *ints_after[] = { &last->known_on, &last->lines, &last->settlement_revision, &last->revision };
    struct maybe *maybes[] = { &last->contract_version, &last->budget, &last->charged, &last->result, &last->projected, &last->settlement_delta };
    for (size_t i = 0; i < COUNT(ints_before); i++)
        *ints_before[i] = unpack_int(from);
    for (size_t i = 0; i < COUNT(longs); i++)
        *longs[i] = unpack_number(from);
    for (size_t i = 0; i < COUNT(ints_after); i++)
        *ints_after[i] = unpack_int(from);
    sent->settled_value = unpack_number(from);
    sent->final_after = unpack_int(from);
    for (size_t i = 0; i < COUNT(maybes); i++)
        *maybes[i] = unpack_maybe(from);
    last->insured = reading->person->insured;
    unpack_measures(reading, last);
    if (last->state >= STATE_COUNT || last->side.length != 1)
        from->bad = true;
    unpack_ground(reading, sent);
}

/* --- what was sent of alerts --- */

static void unpack_sent_alert(struct reading *reading, struct sent_alert *sent)
{
    struct unpack *from = &reading->from;
    struct alert *last = &sent->last;
    last->type = unpack_byte(from);
    last->action = unpack_byte(from);
    last->severity = unpack_byte(from);
    last->unit = unpack_byte(from);
    sent->key = unpack_copy(reading);
    last->subject = unpack_copy(reading);
    struct bytes *names[] = { &last->bundle, &last->episode, &last->provider, &last->contract, &last->contractor, &last->declaration_id,
                              &last->evidence };
    for (size_t i = 0; i < COUNT(names); i++)
        *names[i] = unpack_name(reading);
    last->message = unpack_copy(reading);
    last->observed = unpack_maybe(from);
    last->limit = unpack_maybe(from);
    last->prevented = unpack_maybe(from);
    last->insurer = unpack_int(from);
    last->revision = unpack_int(from);
    last->insured = reading->person->insured;
    sent->line = unpack_place(reading);
    if (last->type >= ALERT_TYPE_COUNT || last->action > ACTION_CLEARED || last->severity > SEVERITY_CRITICAL || last->unit > UNIT_COUNT ||
        last->revision <= 0)
        from->bad = true;
}

/* --- the person --- */

static void unpack_lines(struct reading *reading, uint32_t count, uint32_t episodes_count)
{
    for (uint32_t i = 0; i < count && !reading->from.bad; i++)
        unpack_line(reading, episodes_count);
}

static void unpack_episodes(struct reading *reading, uint32_t count)
{
    struct person *person = reading->person;
    if (count == 0 || reading->from.bad)
        return;
    person->episodes = pool_take(&reading->engine->pool, count * sizeof(*person->episodes));
    person->episodes_capacity = count;
    for (uint32_t i = 0; i < count && !reading->from.bad; i++) {
        person->episodes[i] = (struct sent_episode){ 0 };
        person->episodes_count++;
        unpack_sent_episode(reading, &person->episodes[i]);
    }
}

static void unpack_alerts(struct reading *reading, uint32_t count)
{
    struct person *person = reading->person;
    struct pool *pool = &reading->engine->pool;
    if (count == 0 || reading->from.bad)
        return;
    person->alerts = pool_take(pool, count * sizeof(*person->alerts));
    person->alerts_capacity = count;
    for (uint32_t i = 0; i < count && !reading->from.bad; i++) {
        person->alerts[i] = pool_take(pool, sizeof(*person->alerts[i]));
        *person->alerts[i] = (struct sent_alert){ 0 };
        person->alerts_count++;
        unpack_sent_alert(reading, person->alerts[i]);
    }
}

static struct person *person_begin(struct engine *engine, struct bytes insured)
{
    if (bytes_is_null(insured) || insured.length == 0 || insured.length > INSURED_BYTES_MAX || persons_find(&engine->persons, insured))
        return NULL;
    return persons_add(&engine->persons, &engine->pool, insured);
}

struct person *person_unpack(struct engine *engine, struct bytes packed, bool same_book)
{
    struct reading reading = { .engine = engine, .from = { packed.data, packed.data + packed.length, false }, .same_book = same_book };
    struct unpack *from = &reading.from;
    struct person *person = person_begin(engine, unpack_bytes(from));
    if (!person)
        return NULL;
    reading.person = person;
    person->due = unpack_int(from);
    person->forget_due = unpack_int(from);
    person->has_rest = unpack_number(from) == 1;
    person->sums.standing = unpack_number(from);
    person->sums.cost = unpack_number(from);
    person->sums.outside = unpack_number(from);
    uint32_t lines_count = unpack_count(from, (int64_t)packed.length / LINE_BYTES_MIN);
    uint32_t episodes_count = unpack_count(from, (int64_t)packed.length / EPISODE_BYTES_MIN);
    uint32_t alerts_count = unpack_count(from, (int64_t)packed.length / ALERT_BYTES_MIN);
    unpack_lines(&reading, lines_count, episodes_count);
    unpack_episodes(&reading, episodes_count);
    unpack_alerts(&reading, alerts_count);
    return from->bad || from->at != from->end ? NULL : person;
}
