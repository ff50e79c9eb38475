/* Whether what was read out of a snapshot holds together. Its bytes are somebody else's: whoever may write a
 * checkpoint may have made them. */
#include "base/memory.h"
#include "engine/change.h"
#include "engine/snapshot_person.h"

bool snapshot_amount_add(struct snapshot_reading *reading, int64_t amount)
{
    if (amount > SNAPSHOT_AMOUNTS_MAX - reading->amounts)
        return false;
    reading->amounts += amount;
    return true;
}

/* --- a person and the rules --- */

/* Appending a line leaves what is due as it was (append.c): so it may be too early, which costs a look, and
 * never too late. */
static bool due_stands(struct person *person, int32_t due, int32_t forget_due)
{
    bool stands = due <= person->due && forget_due <= person->forget_due;
    person->due = due;
    person->forget_due = forget_due;
    return stands;
}

bool snapshot_person_stands(struct engine *engine, struct person *person, struct bytes packed)
{
    struct snapshot_reading *reading = &engine->reading;
    int32_t due = person->due, forget_due = person->forget_due;
    struct change change = {
        .rules = &engine->rules,
        .pool = &engine->pool,
        .scratch = &engine->scratch,
        .outputs = &reading->outputs,
        .cause = BYTES("book"),
        .as_of = engine->as_of,
        .bundles_only = engine->bundles_only,
    };
    arena_clear(&engine->scratch);
    outputs_clear(&reading->outputs);
    person_change(person, &change, NULL, NULL);
    if (reading->outputs.count > 0 || !due_stands(person, due, forget_due))
        return false;
    buffer_clear(&reading->packed);
    person_pack(&reading->packed, person);
    return bytes_equal(buffer_bytes(&reading->packed), packed);
}

/* --- ids and lines --- */

/* A bit for every slot of a table of ids. */
struct claims {
    uint8_t *shards[IDENTITY_SHARDS];
    int64_t counts[IDENTITY_KINDS]; /* of those that were claimed, by what they are */
};

static void claims_init(struct claims *claims, const struct identities *identities)
{
    *claims = (struct claims){ 0 };
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        claims->shards[i] = memory_alloc_zeroed(identities->shards[i].capacity / 8 + 1, 1);
}

static void claims_release(struct claims *claims)
{
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        memory_free(claims->shards[i]);
}

/* What the id is; `ret_first`: nobody had claimed it before. IDENTITY_FREE: there is none. */
static enum identity_is claim(struct claims *claims, struct identities *identities, struct hash128 id,
                              bool *ret_first)
{
    const struct identity *entry = identity_find(identities, id);
    if (!entry)
        return IDENTITY_FREE;
    size_t shard = identity_shard_at(id), at = (size_t)(entry - identities->shards[shard].entries);
    uint8_t *byte = &claims->shards[shard][at / 8], bit = (uint8_t)(1u << at % 8);
    *ret_first = !(*byte & bit);
    *byte |= bit;
    claims->counts[entry->is] += *ret_first;
    return entry->is;
}

static bool claim_line(struct claims *claims, struct identities *identities, struct bytes insured,
                       const struct declaration *line)
{
    bool first = false;
    return claim(claims, identities, identity_hash(insured, line->declaration_id), &first) == IDENTITY_KEPT &&
           first;
}

/* What a credit or a release names is expected, or kept: not remembered by its identity alone. */
static bool claim_named(struct claims *claims, struct identities *identities, struct bytes insured,
                        const struct declaration *line)
{
    bool first;
    if (line->kind == KIND_DEBIT)
        return true;
    struct hash128 id = identity_hash(insured, line->credits_id);
    const struct identity *named = identity_find(identities, id);
    return named && (named->is == IDENTITY_KEPT || claim(claims, identities, id, &first) == IDENTITY_NAMED);
}

static bool claim_person(struct claims *claims, struct identities *identities, const struct person *person)
{
    for (uint32_t i = 0; i < person->lines_count; i++) {
        const struct declaration *line = &person->lines[i]->declaration;
        if (!claim_line(claims, identities, person->insured, line) ||
            !claim_named(claims, identities, person->insured, line))
            return false;
    }
    return true;
}

static bool ids_have_lines(struct engine *engine)
{
    struct claims claims;
    bool claimed = true;
    claims_init(&claims, &engine->identities);
    for (uint32_t i = 0; i < engine->persons.slots_count && claimed; i++)
        if (engine->persons.slots[i])
            claimed = claim_person(&claims, &engine->identities, engine->persons.slots[i]);
    claims_release(&claims);
    const int64_t *read = engine->reading.identities;
    return claimed && claims.counts[IDENTITY_KEPT] == read[IDENTITY_KEPT] &&
           claims.counts[IDENTITY_NAMED] == read[IDENTITY_NAMED];
}

/* --- sums --- */

static bool counts_agree(const struct engine *engine)
{
    const struct snapshot_reading *reading = &engine->reading;
    const struct engine_sums *sums = &reading->sums;
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        if (engine->identities.shards[i].count != reading->shard_counts[i])
            return false;
    return reading->lines_kept == sums->lines_kept &&
           reading->identities[IDENTITY_ONLY] == sums->lines_identity &&
           (int64_t)engine->persons.count == sums->persons &&
           sums->declarations >= sums->lines_kept + sums->lines_identity;
}

/* An identity-only line that is forgotten stays in the sums (engine.c), so they may say more than what is
 * left has, and the same of both. */
static bool sums_agree(const struct snapshot_reading *reading)
{
    const struct engine_sums *sums = &reading->sums;
    return sums->standing == sums->cost + sums->payable_outside && sums->cost == reading->persons.cost &&
           sums->payable_outside >= reading->persons.outside + reading->amounts_identity;
}

bool snapshot_is_whole(struct engine *engine)
{
    return counts_agree(engine) && sums_agree(&engine->reading) && ids_have_lines(engine);
}
