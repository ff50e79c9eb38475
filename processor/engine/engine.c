#include "engine/engine.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"
#include "engine/calendar.h"
#include "engine/engine_inside.h"
#include "engine/forget.h"
#include "engine/money.h"

enum { ADVANCE_STEP_PERSONS = 64 }; /* of engine_advance, so that its outputs stay small */

struct engine *engine_new(const struct engine_options *options)
{
    struct engine *engine = memory_take_zeroed(1, sizeof(*engine));
    engine->rules.book = options->book;
    engine->rules.reference = options->reference;
    engine->bundles_only = options->bundles_only;
    engine->as_of = INT32_MIN;
    arena_init(&engine->constants, 0);
    arena_init(&engine->scratch, 0);
    arena_init(&engine->batch, 0);
    pool_init(&engine->pool);
    names_init(&engine->names);
    criteria_index_init(&engine->rules.criteria, options->book, &engine->constants);
    engine->has_also = options->also != NULL;
    if (options->also)
        criteria_index_init(&engine->also, options->also, &engine->constants);
    engine->plain = options->plain;
    append_rules_init(&engine->append_rules, options->book, engine->rules.criteria.words, &engine->constants);
    engine->criteria = ARENA_ARRAY(&engine->constants, uint64_t, engine->rules.criteria.words);
    identities_init(&engine->identities);
    persons_init(&engine->persons);
    outputs_init(&engine->reading.outputs);
    return engine;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    persons_release(&engine->persons);
    identities_release(&engine->identities);
    pool_release(&engine->pool);
    names_release(&engine->names);
    buffer_release(&engine->picturing.block);
    outputs_release(&engine->reading.outputs);
    buffer_release(&engine->reading.packed);
    arena_release(&engine->batch);
    arena_release(&engine->scratch);
    arena_release(&engine->constants);
    memory_give(engine->forgetting);
    memory_give(engine);
}

int32_t engine_as_of(const struct engine *engine)
{
    return engine->as_of;
}

struct engine_sums engine_sums(const struct engine *engine)
{
    struct engine_sums sums = engine->sums;
    sums.persons = (int64_t)engine->persons.count;
    return sums;
}

const struct rules *engine_rules(const struct engine *engine)
{
    return &engine->rules;
}

const struct person *engine_person(const struct engine *engine, struct bytes insured)
{
    return persons_find(&engine->persons, insured);
}

/* --- one person changes --- */

static struct change change_begin(struct engine *engine, struct bytes cause, struct outputs *outputs)
{
    arena_clear(&engine->scratch);
    return (struct change){
        .rules = &engine->rules, .pool = &engine->pool, .scratch = &engine->scratch, .outputs = outputs, .cause = cause,
        .as_of = engine->as_of, .bundles_only = engine->bundles_only,
    };
}

static void sums_move(struct engine_sums *sums, struct person_sums before, struct person_sums after)
{
    sums->standing = cents_add(sums->standing, cents_subtract(after.standing, before.standing));
    sums->cost = cents_add(sums->cost, cents_subtract(after.cost, before.cost));
    sums->payable_outside = cents_add(sums->payable_outside, cents_subtract(after.outside, before.outside));
}

void engine_forget_later(struct engine *engine, const struct person *person)
{
    if (person->forget_due > engine->as_of)
        return;
    if (engine->forgetting_count == engine->forgetting_capacity) {
        engine->forgetting_capacity = engine->forgetting_capacity ? engine->forgetting_capacity * 2 : 16;
        engine->forgetting = memory_grow(engine->forgetting, engine->forgetting_capacity, sizeof(*engine->forgetting));
    }
    engine->forgetting[engine->forgetting_count++] = person->slot;
}

static void change_person(struct engine *engine, struct person *person, struct bytes cause, const struct line *line, const struct repeat *repeat,
                          struct outputs *outputs)
{
    struct change change = change_begin(engine, cause, outputs);
    struct person_sums before = person->sums;
    picture_person_touch(engine, person);
    int32_t due_before = persons_due_before(person);
    person_change(person, &change, line, repeat);
    sums_move(&engine->sums, before, person->sums);
    persons_schedule(&engine->persons, person, due_before);
    engine_forget_later(engine, person);
}

/* --- forgetting (§2): after all that the record before has sent, which may have borrowed from what goes now --- */

/* The id of a line that is forgotten, and of what it waited for. */
static void line_forgotten(void *context, const struct person *person, const struct line *line)
{
    struct engine *engine = context;
    struct identity *entry = identity_find(&engine->identities, identity_hash(person->insured, line->declaration.declaration_id));
    must(entry != NULL);
    identity_remove(&engine->identities, entry);
    engine->sums.lines_kept--;
    if (line->declaration.kind != KIND_CREDIT)
        return;
    entry = identity_find(&engine->identities, identity_hash(person->insured, line->declaration.credits_id));
    if (entry && entry->is == IDENTITY_NAMED)
        identity_remove(&engine->identities, entry);
}

/* What the credits that are left still wait for. */
static void name_again(struct engine *engine, const struct person *person)
{
    for (uint32_t i = 0; i < person->lines_count; i++) {
        const struct declaration *line = &person->lines[i]->declaration;
        struct hash128 id = { 0 };
        if (line->kind == KIND_CREDIT)
            id = identity_hash(person->insured, line->credits_id);
        if (line->kind == KIND_CREDIT && !identity_find(&engine->identities, id))
            identity_add(&engine->identities, id); /* IDENTITY_NAMED */
    }
}

static void forget_of(struct engine *engine, struct person *person)
{
    struct change change = change_begin(engine, BYTES_NULL, NULL);
    struct person_sums before = person->sums;
    picture_person_touch(engine, person);
    int32_t due_before = person->due;
    bool nothing_left = person_forget(person, &change, line_forgotten, engine);
    sums_move(&engine->sums, before, person->sums);
    name_again(engine, person);
    if (nothing_left)
        persons_remove(&engine->persons, &engine->pool, person);
    else
        persons_schedule(&engine->persons, person, due_before);
}

static void forget_what_is_due(struct engine *engine)
{
    for (size_t i = 0; i < engine->forgetting_count; i++) {
        struct person *person = engine->persons.slots[engine->forgetting[i]];
        if (person && person->forget_due <= engine->as_of)
            forget_of(engine, person);
    }
    engine->forgetting_count = 0;
}

/* --- the clock (§9) --- */

static void clock_move(struct engine *engine, int32_t day, struct outputs *outputs)
{
    size_t count;
    engine->as_of = day;
    struct person **due = persons_take_due(&engine->persons, day, &engine->batch, &count);
    for (size_t i = 0; i < count; i++)
        change_person(engine, due[i], BYTES("clock"), NULL, NULL, outputs);
}

/* The next of those who are still to come. */
static bool advance(struct engine *engine, struct bytes cause, struct outputs *outputs)
{
    for (size_t i = 0; i < ADVANCE_STEP_PERSONS && engine->advancing_at < engine->advancing_count; i++)
        change_person(engine, engine->advancing[engine->advancing_at++], cause, NULL, NULL, outputs);
    engine->is_advancing = engine->advancing_at < engine->advancing_count;
    return engine->is_advancing;
}

bool engine_advance(struct engine *engine, int32_t as_of, struct outputs *outputs)
{
    if (!engine->is_advancing) {
        arena_clear(&engine->batch);
        forget_what_is_due(engine);
        must(as_of >= engine->as_of);
        engine->as_of = as_of;
        engine->advancing = persons_take_due(&engine->persons, as_of, &engine->batch, &engine->advancing_count);
        engine->advancing_at = 0;
    }
    return advance(engine, BYTES("clock"), outputs);
}

bool engine_recompute(struct engine *engine, struct bytes cause, struct outputs *outputs)
{
    if (!engine->is_advancing) {
        arena_clear(&engine->batch);
        engine->advancing = persons_all(&engine->persons, &engine->batch, &engine->advancing_count);
        engine->advancing_at = 0;
    }
    return advance(engine, cause, outputs);
}

/* --- one declaration --- */

/* A declaration on its way in. */
struct incoming {
    const struct declaration *declaration;
    struct hash128 id;
    int32_t as_of_before; /* forgetting comes after all that the record before has sent, so what is known was decided then */
    struct outputs *outputs;
};

/* What is remembered of an id, or NULL. An identity-only line that was forgotten long ago is taken out when it is met. */
static struct identity *find_remembered(struct engine *engine, struct hash128 id, int32_t as_of_before)
{
    struct identity *entry = identity_find(&engine->identities, id);
    if (!entry || entry->is != IDENTITY_ONLY || !day_is_forgotten(engine->rules.book, identity_start_date(entry), as_of_before))
        return entry;
    identity_remove(&engine->identities, entry);
    engine->sums.lines_identity--;
    return NULL;
}

/* A decision that nothing else depends on. */
static void send_alone(struct engine *engine, const struct incoming *incoming, struct bytes id, uint8_t status, uint8_t reason)
{
    const struct declaration *declaration = incoming->declaration;
    struct output *output = outputs_add(incoming->outputs, OUTPUT_DECISION);
    output->key = decision_key(&incoming->outputs->arena, declaration->insured, id);
    decision_fill(&output->decision, declaration, declaration->insured, status, reason);
    output->decision.cause = declaration->declaration_id;
    output->decision.revision = 1;
    output->decision.as_of = engine->as_of;
    output->decision.book = engine->rules.book->book;
}

/* Its own day is past: answered under the key of a repeat, and forgotten at once (§2). */
static void forget_at_once(struct engine *engine, const struct incoming *incoming)
{
    const struct declaration *declaration = incoming->declaration;
    char *text = arena_take(&incoming->outputs->arena, declaration->declaration_id.length + 24);
    send_alone(engine, incoming, repeat_id(declaration->declaration_id, declaration->submitted_at, text), STATUS_OUT_OF_HORIZON, REASON_NONE);
}

static bool is_out_of_horizon(const struct engine *engine, const struct declaration *declaration)
{
    return declaration->start_date < moment_to_day(declaration->submitted_at) - engine->rules.book->horizon_days;
}

static void accept_identity_only(struct engine *engine, const struct incoming *incoming)
{
    const struct declaration *declaration = incoming->declaration;
    bool out_of_horizon = is_out_of_horizon(engine, declaration);
    struct identity *entry = identity_add(&engine->identities, incoming->id);
    identity_write(entry, declaration);
    entry->out_of_horizon = out_of_horizon;
    entry->sent = out_of_horizon || !engine->bundles_only;
    engine->sums.lines_identity++;
    if (!out_of_horizon) {
        engine->sums.standing = cents_add(engine->sums.standing, declaration->amount);
        engine->sums.payable_outside = cents_add(engine->sums.payable_outside, declaration->amount);
    }
    if (entry->sent)
        send_alone(engine, incoming, declaration->declaration_id, out_of_horizon ? STATUS_OUT_OF_HORIZON : STATUS_FEE_FOR_SERVICE,
                   out_of_horizon ? REASON_NONE : REASON_no_rule);
}

static struct person *person_to_change(struct engine *engine, struct bytes insured)
{
    struct person *person = persons_find(&engine->persons, insured);
    if (person) {
        picture_person_touch(engine, person);
        return person;
    }
    person = persons_add(&engine->persons, &engine->pool, insured);
    picture_person_new(engine, person);
    return person;
}

/* An identity-only line becomes one that is kept: something refers to it. */
static struct line *promote(struct engine *engine, struct person *person, struct identity *entry, struct bytes declaration_id)
{
    char provider[8];
    struct declaration declaration = identity_declaration(entry, declaration_id, provider);
    identity_touch(&engine->identities, entry);
    memset(engine->criteria, 0, engine->rules.criteria.words * sizeof(*engine->criteria));
    struct line *line = line_new(&engine->pool, &declaration, engine->criteria, engine->rules.criteria.words);
    line->content = entry->content;
    line->is_partial = true;
    line->no_rule = true;
    line->out_of_horizon = entry->out_of_horizon;
    if (entry->sent) {
        bool outside = !line->out_of_horizon;
        line->sent = (struct sent_decision){
            .revision = 1, .status = outside ? STATUS_FEE_FOR_SERVICE : STATUS_OUT_OF_HORIZON, .reason = outside ? REASON_no_rule : REASON_NONE,
            .payable = outside ? declaration.amount : 0, .withheld = outside ? 0 : declaration.amount,
        };
    }
    if (!line->out_of_horizon) { /* its person counts it from now on */
        engine->sums.standing -= declaration.amount;
        engine->sums.payable_outside -= declaration.amount;
    }
    engine->sums.lines_identity--;
    engine->sums.lines_kept++;
    entry->is = IDENTITY_KEPT;
    person_add_line(person, &engine->pool, line);
    return line;
}

/* The debit that a credit names is kept from now on, or expected. */
static void name_debit(struct engine *engine, struct person *person, const struct line *credit, int32_t as_of_before)
{
    struct bytes named = credit->declaration.credits_id;
    struct hash128 id = identity_hash(person->insured, named);
    struct identity *entry = find_remembered(engine, id, as_of_before);
    if (!entry)
        identity_add(&engine->identities, id);
    else if (entry->is == IDENTITY_ONLY)
        promote(engine, person, entry, named);
}

/* False: it takes a recompute. */
static bool append_to_person(struct engine *engine, struct person *person, const struct incoming *incoming)
{
    struct change change = change_begin(engine, incoming->declaration->declaration_id, incoming->outputs);
    struct person_sums before = person->sums;
    if (engine->plain || !person_append(person, &engine->append_rules, &change))
        return false;
    sums_move(&engine->sums, before, person->sums);
    return true;
}

static void accept_kept(struct engine *engine, const struct incoming *incoming, struct identity *named, bool no_rule)
{
    const struct declaration *declaration = incoming->declaration;
    struct person *person = person_to_change(engine, declaration->insured);
    struct line *line = line_new(&engine->pool, declaration, engine->criteria, engine->rules.criteria.words);
    struct identity *entry = named ? named : identity_add(&engine->identities, incoming->id);
    identity_touch(&engine->identities, entry);
    entry->is = IDENTITY_KEPT;
    line->no_rule = no_rule;
    line->out_of_horizon = is_out_of_horizon(engine, declaration);
    person_add_line(person, &engine->pool, line);
    engine->sums.lines_kept++;
    if (declaration->kind == KIND_CREDIT)
        name_debit(engine, person, line, incoming->as_of_before);
    if (named || !append_to_person(engine, person, incoming))
        change_person(engine, person, declaration->declaration_id, NULL, NULL, incoming->outputs);
}

/* A book that is to come could see it (engine_options.also). */
static bool is_kept_also(struct engine *engine, const struct declaration *declaration)
{
    if (!engine->has_also)
        return false;
    uint64_t *set = ARENA_ARRAY(&engine->batch, uint64_t, engine->also.words);
    return !meets_no_rule(&engine->also, declaration, criteria_accept(&engine->also, declaration, set));
}

static void accept_original(struct engine *engine, const struct incoming *incoming, struct identity *named)
{
    const struct declaration *declaration = incoming->declaration;
    bool any = criteria_accept(&engine->rules.criteria, declaration, engine->criteria);
    bool no_rule = meets_no_rule(&engine->rules.criteria, declaration, any);
    if (no_rule && !named && declaration->kind == KIND_DEBIT && !is_kept_also(engine, declaration))
        accept_identity_only(engine, incoming);
    else
        accept_kept(engine, incoming, named, no_rule);
}

static bool was_repeated_then(const struct line *line, int64_t submitted_at)
{
    for (const struct repeat *repeat = line->repeats; repeat; repeat = repeat->next)
        if (repeat->submitted_at == submitted_at)
            return true;
    return false;
}

static struct repeat *add_repeat(struct engine *engine, struct line *line, const struct declaration *declaration, bool conflicting)
{
    struct repeat **end = &line->repeats;
    while (*end)
        end = &(*end)->next;
    *end = repeat_new(&engine->pool, declaration, conflicting);
    return *end;
}

/* The id is known: the same record again, the same line again, or something else under its id (§2). */
static void accept_again(struct engine *engine, const struct incoming *incoming, struct identity *entry)
{
    const struct declaration *declaration = incoming->declaration;
    uint64_t content = declaration_content(declaration);
    if (entry->is == IDENTITY_ONLY && entry->content == content && (int64_t)entry->submitted_at == declaration->submitted_at)
        return;
    struct person *person = person_to_change(engine, declaration->insured);
    struct line *line = entry->is == IDENTITY_ONLY ? promote(engine, person, entry, declaration->declaration_id)
                                                   : person_find_line(person, declaration->declaration_id);
    must(line != NULL);
    bool conflicting = line->content != content;
    if (!conflicting && line->declaration.submitted_at == declaration->submitted_at)
        return;
    if (was_repeated_then(line, declaration->submitted_at))
        return;
    struct repeat *repeat = add_repeat(engine, line, declaration, conflicting);
    change_person(engine, person, declaration->declaration_id, line, repeat, incoming->outputs);
}

void engine_prefetch(const struct engine *engine, const struct declaration *declaration)
{
    struct bytes insured = declaration->insured, id = declaration->declaration_id; /* not checked yet */
    if (!bytes_is_null(insured) && insured.length <= INSURED_BYTES_MAX && !bytes_is_null(id) && id.length <= DECLARATION_ID_BYTES_MAX)
        identity_prefetch(&engine->identities, identity_hash(insured, id));
}

void engine_accept(struct engine *engine, const struct declaration *declaration, struct outputs *outputs)
{
    struct incoming incoming = {
        .declaration = declaration, .id = identity_hash(declaration->insured, declaration->declaration_id), .as_of_before = engine->as_of,
        .outputs = outputs,
    };
    int32_t day = moment_to_day(declaration->submitted_at);
    must(!engine->is_advancing);
    arena_clear(&engine->batch);
    forget_what_is_due(engine);
    engine->sums.declarations++;
    if (day > engine->as_of)
        clock_move(engine, day, outputs);
    struct identity *entry = find_remembered(engine, incoming.id, incoming.as_of_before);
    if (entry && entry->is != IDENTITY_NAMED)
        accept_again(engine, &incoming, entry);
    else if (day_is_forgotten(engine->rules.book, declaration->start_date, engine->as_of))
        forget_at_once(engine, &incoming);
    else
        accept_original(engine, &incoming, entry);
}
