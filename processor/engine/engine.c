#include "engine/engine.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"
#include "engine/accept.h"
#include "engine/calendar.h"
#include "engine/change.h"
#include "engine/engine_internal.h"
#include "engine/forget.h"
#include "engine/snapshot_blocks.h"

enum { ADVANCE_STEP_PERSONS = 64 }; /* of engine_advance, so that its outputs stay small */

struct engine *engine_new(const struct engine_options *options)
{
    struct engine *engine = memory_alloc_zeroed(1, sizeof(*engine));
    engine->rules.book = options->book;
    engine->rules.reference = options->reference;
    engine->bundles_only = options->bundles_only;
    engine->as_of = INT32_MIN;
    arena_init(&engine->constants, 0);
    arena_init(&engine->scratch, 0);
    arena_init(&engine->batch, 0);
    pool_init(&engine->pool);
    interned_init(&engine->interned);
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
    interned_release(&engine->interned);
    buffer_release(&engine->snapshotting.block);
    outputs_release(&engine->reading.outputs);
    buffer_release(&engine->reading.packed);
    arena_release(&engine->batch);
    arena_release(&engine->scratch);
    arena_release(&engine->constants);
    memory_free(engine->forgetting);
    memory_free(engine);
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

/* --- forgetting (§2): after all that the record before has sent, which may have borrowed from what goes
 * now */

/* The id of a line that is forgotten, and of what it waited for. */
static void line_forgotten(void *context, const struct person *person, const struct line *line)
{
    struct engine *engine = context;
    struct identity *entry =
        identity_find(&engine->identities, identity_hash(person->insured, line->declaration.declaration_id));
    must(entry != NULL);
    identity_remove(&engine->identities, entry);
    engine->sums.lines_kept--;
    if (line->declaration.kind == KIND_DEBIT)
        return;
    entry = identity_find(&engine->identities, identity_hash(person->insured, line->declaration.credits_id));
    if (entry && entry->is == IDENTITY_NAMED)
        identity_remove(&engine->identities, entry);
}

/* What the credits and releases that are left still wait for. */
static void name_again(struct engine *engine, const struct person *person)
{
    for (uint32_t i = 0; i < person->lines_count; i++) {
        const struct declaration *line = &person->lines[i]->declaration;
        struct hash128 id = { 0 };
        if (line->kind != KIND_DEBIT)
            id = identity_hash(person->insured, line->credits_id);
        if (line->kind != KIND_DEBIT && !identity_find(&engine->identities, id))
            identity_add(&engine->identities, id); /* IDENTITY_NAMED */
    }
}

static void forget_of(struct engine *engine, struct person *person)
{
    struct change change = change_begin(engine, BYTES_NULL, NULL);
    struct person_sums before = person->sums;
    snapshot_person_touch(engine, person);
    int32_t due_before = person->due;
    bool nothing_left = person_forget(person, &change, line_forgotten, engine);
    engine_sums_move(engine, before, person->sums);
    name_again(engine, person);
    if (!nothing_left) {
        persons_schedule(&engine->persons, person, due_before);
        return;
    }
    persons_remove(&engine->persons, person);
    person_release(person, &engine->pool);
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
    struct person **due = persons_pop_due(&engine->persons, day, &engine->batch, &count);
    for (size_t i = 0; i < count; i++)
        engine_change_person(engine, due[i], BYTES("clock"), NULL, NULL, outputs);
}

/* The next of those who are still to come. */
static bool advance(struct engine *engine, struct bytes cause, struct outputs *outputs)
{
    for (size_t i = 0; i < ADVANCE_STEP_PERSONS && engine->advancing_at < engine->advancing_count; i++)
        engine_change_person(engine, engine->advancing[engine->advancing_at++], cause, NULL, NULL, outputs);
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
        engine->advancing =
            persons_pop_due(&engine->persons, as_of, &engine->batch, &engine->advancing_count);
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

void engine_prefetch(const struct engine *engine, const struct declaration *declaration)
{
    struct bytes insured = declaration->insured, id = declaration->declaration_id; /* not checked yet */
    if (!bytes_is_null(insured) && insured.length <= INSURED_BYTES_MAX && !bytes_is_null(id) &&
        id.length <= DECLARATION_ID_BYTES_MAX)
        identity_prefetch(&engine->identities, identity_hash(insured, id));
}

void engine_accept(struct engine *engine, const struct declaration *declaration, struct outputs *outputs)
{
    int32_t as_of_before = engine->as_of, day = clock_day(engine->rules.book, declaration);
    must(!engine->is_advancing);
    arena_clear(&engine->batch);
    forget_what_is_due(engine);
    engine->sums.declarations++;
    if (day > engine->as_of)
        clock_move(engine, day, outputs);
    declaration_accept(engine, declaration, as_of_before, outputs);
}
