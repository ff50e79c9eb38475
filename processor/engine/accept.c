#include "engine/accept.h"

#include "base/must.h"
#include "engine/append.h"
#include "engine/calendar.h"
#include "engine/change.h"
#include "engine/engine_internal.h"
#include "engine/forget.h"
#include "engine/money.h"
#include "engine/snapshot_blocks.h"
#include "engine/sending.h"

/* A declaration on its way in. */
struct incoming {
    const struct declaration *declaration;
    struct hash128 id;
    /* forgetting comes after all that the record before has sent, so what is known was decided then */
    int32_t as_of_before;
    struct outputs *outputs;
};

/* What is remembered of an id, or NULL. An identity-only line that was forgotten long ago is taken out when
 * it is met. */
static struct identity *find_remembered(struct engine *engine, struct hash128 id, int32_t as_of_before)
{
    struct identity *entry = identity_find(&engine->identities, id);
    if (!entry || entry->is != IDENTITY_ONLY ||
        !day_is_forgotten(engine->rules.book, identity_start_date(entry), as_of_before))
        return entry;
    identity_remove(&engine->identities, entry);
    engine->sums.lines_identity--;
    return NULL;
}

/* A decision that nothing else depends on. */
static void send_alone(struct engine *engine, const struct incoming *incoming, struct bytes id,
                       uint8_t status, uint8_t reason)
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
    char *text = arena_alloc(&incoming->outputs->arena, declaration->declaration_id.length + 24);
    send_alone(engine, incoming, repeat_id(declaration->declaration_id, declaration->submitted_at, text),
               STATUS_OUT_OF_HORIZON, REASON_NONE);
}

static void accept_identity_only(struct engine *engine, const struct incoming *incoming)
{
    const struct declaration *declaration = incoming->declaration;
    bool out_of_horizon = is_out_of_horizon(engine->rules.book, declaration);
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
        send_alone(engine, incoming, declaration->declaration_id,
                   out_of_horizon ? STATUS_OUT_OF_HORIZON : STATUS_FEE_FOR_SERVICE,
                   out_of_horizon ? REASON_NONE : REASON_no_rule);
}

static struct person *person_to_change(struct engine *engine, struct bytes insured)
{
    struct person *person = persons_find(&engine->persons, insured);
    if (person) {
        snapshot_person_touch(engine, person);
        return person;
    }
    person = persons_add(&engine->persons, &engine->pool, insured);
    snapshot_person_new(engine, person);
    return person;
}

/* An identity-only line becomes one that is kept: something refers to it. */
static struct line *promote(struct engine *engine, struct person *person, struct identity *entry,
                            struct bytes declaration_id)
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
        line->sent =
            (struct sent_decision){ .revision = 1,
                                    .status = outside ? STATUS_FEE_FOR_SERVICE : STATUS_OUT_OF_HORIZON,
                                    .reason = outside ? REASON_no_rule : REASON_NONE,
                                    .payable = outside ? declaration.amount : 0,
                                    .withheld = outside ? 0 : declaration.amount };
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

/* What a credit or a release names is kept from now on, or expected. */
static void name_debit(struct engine *engine, struct person *person, const struct line *credit,
                       int32_t as_of_before)
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
    engine_sums_move(engine, before, person->sums);
    return true;
}

static void accept_kept(struct engine *engine, const struct incoming *incoming, struct identity *named,
                        bool no_rule)
{
    const struct declaration *declaration = incoming->declaration;
    struct person *person = person_to_change(engine, declaration->insured);
    struct line *line = line_new(&engine->pool, declaration, engine->criteria, engine->rules.criteria.words);
    struct identity *entry = named ? named : identity_add(&engine->identities, incoming->id);
    identity_touch(&engine->identities, entry);
    entry->is = IDENTITY_KEPT;
    line->no_rule = no_rule;
    line->out_of_horizon = is_out_of_horizon(engine->rules.book, declaration);
    person_add_line(person, &engine->pool, line);
    engine->sums.lines_kept++;
    if (declaration->kind != KIND_DEBIT)
        name_debit(engine, person, line, incoming->as_of_before);
    if (named || !append_to_person(engine, person, incoming))
        engine_change_person(engine, person, declaration->declaration_id, NULL, NULL, incoming->outputs);
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

static struct repeat *add_repeat(struct engine *engine, struct line *line,
                                 const struct declaration *declaration, bool conflicting)
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
    if (entry->is == IDENTITY_ONLY && entry->content == content &&
        (int64_t)entry->submitted_at == declaration->submitted_at)
        return;
    struct person *person = person_to_change(engine, declaration->insured);
    struct line *line = entry->is == IDENTITY_ONLY
                            ? promote(engine, person, entry, declaration->declaration_id)
                            : person_find_line(person, declaration->declaration_id);
    must(line != NULL);
    bool conflicting = line->content != content;
    if (!conflicting && line->declaration.submitted_at == declaration->submitted_at)
        return;
    if (was_repeated_then(line, declaration->submitted_at))
        return;
    struct repeat *repeat = add_repeat(engine, line, declaration, conflicting);
    engine_change_person(engine, person, declaration->declaration_id, line, repeat, incoming->outputs);
}

void declaration_accept(struct engine *engine, const struct declaration *declaration, int32_t as_of_before,
                        struct outputs *outputs)
{
    struct incoming incoming = {
        .declaration = declaration, .id = identity_hash(declaration->insured, declaration->declaration_id),
        .as_of_before = as_of_before, .outputs = outputs,
    };
    struct identity *entry = find_remembered(engine, incoming.id, as_of_before);
    if (entry && entry->is != IDENTITY_NAMED)
        accept_again(engine, &incoming, entry);
    else if (day_is_forgotten(engine->rules.book, declaration->start_date, engine->as_of))
        forget_at_once(engine, &incoming);
    else
        accept_original(engine, &incoming, entry);
}
