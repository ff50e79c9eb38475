/* Snapshots of drawn declarations with lies in them, whose checksums are right (whoever makes a checkpoint
 * can make these): bytes changed, and fields of the state that was copied. What is refused is refused at some
 * block or at the end. What is accepted is used: records, the clock, forgetting, encoding, a snapshot of it;
 * and under another book everybody is decided anew. An unchanged one is the same state. */
#include "fuzz_target.h"
#include "fuzz_yaml.h"

#include "codec/output_codec.h"
#include "engine/engine_internal.h"
#include "engine/money.h"
#include "fuzz_declaration.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECORDS_MAX = 24, RECORDS_AFTER_MAX = 3, BLOCKS_MAX = 256, SNAPSHOTS_PER_STATE = 48 };

struct blocks {
    struct bytes items[BLOCKS_MAX];
    size_t count;
};

static struct counts {
    uint64_t states, hostile, accepted, folded_on, records, outputs;
} counts;

static void say_counts(void)
{
    fprintf(stderr,
            "states %llu, hostile snapshots of them %llu, accepted %llu, folded on %llu with %llu records "
            "and %llu outputs\n",
            (unsigned long long)counts.states, (unsigned long long)counts.hostile,
            (unsigned long long)counts.accepted, (unsigned long long)counts.folded_on,
            (unsigned long long)counts.records, (unsigned long long)counts.outputs);
}

/* --- blocks --- */

static void add_block(void *context, struct bytes block)
{
    struct blocks *blocks = context;
    /* exact, so that the sanitizer sees every byte too far */
    char *copy = malloc(block.length ? block.length : 1);
    must(copy != NULL);
    must(blocks->count < BLOCKS_MAX);
    if (block.length)
        memcpy(copy, block.data, block.length);
    blocks->items[blocks->count++] = (struct bytes){ copy, block.length };
}

static void blocks_take(struct blocks *blocks, struct engine *engine)
{
    blocks->count = 0;
    engine_snapshot_begin(engine, (struct snapshot_sink){ add_block, blocks });
    while (engine_snapshot_step(engine))
        continue;
}

static void blocks_free(struct blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++)
        free((void *)(uintptr_t)blocks->items[i].data);
    blocks->count = 0;
}

/* Whatever its blocks say, their digest is right. NULL: refused. */
static struct engine *engine_of(const struct blocks *blocks, bool same_book)
{
    struct engine *engine = engine_new(&(struct engine_options){ .book = book });
    bool fine = true;
    for (size_t i = 0; i < blocks->count && fine; i++)
        fine = engine_snapshot_read(engine, blocks->items[i], same_book);
    if (fine && engine_snapshot_read_end(engine, engine->reading.digest))
        return engine;
    engine_free(engine);
    return NULL;
}

/* --- use --- */

static void take_outputs(struct outputs *outputs)
{
    struct buffer encoded = { 0 };
    for (size_t i = 0; i < outputs->count; i++) {
        output_to_json(&outputs->items[i], &encoded);
        output_to_avro(&outputs->items[i], &encoded);
    }
    counts.outputs += outputs->count;
    fuzz_output(2 * outputs->count, encoded.length); /* each in two forms */
    buffer_release(&encoded);
    outputs_clear(outputs);
}

static void must_agree(const struct engine *engine)
{
    struct engine_sums sums = engine_sums(engine);
    must(sums.standing == cents_add(sums.cost, sums.payable_outside));
}

static uint64_t feed(struct engine *engine, struct choices *choices, int records_max)
{
    struct outputs outputs;
    uint64_t records = 0;
    outputs_init(&outputs);
    for (int i = 0; i < records_max && choice_chance(choices, 900); i++) {
        struct declaration declaration = draw(choices);
        if (declaration_check(&declaration, &(struct declaration_envelope){ .record_timestamp = INT64_MAX })
                .verdict != DONE)
            continue;
        engine_accept(engine, &declaration, &outputs);
        take_outputs(&outputs);
        records++;
        must_agree(engine);
    }
    outputs_release(&outputs);
    return records;
}

static void move_clock(struct engine *engine, int32_t days)
{
    struct outputs outputs;
    int32_t as_of = (engine_as_of(engine) > 0 ? engine_as_of(engine) : FIRST_DAY) + days;
    as_of = as_of < DAY_2099_12_31 ? as_of : DAY_2099_12_31;
    outputs_init(&outputs);
    for (bool more = true; more; take_outputs(&outputs))
        more = engine_advance(engine, as_of, &outputs);
    must_agree(engine);
    outputs_release(&outputs);
}

static void decide_anew(struct engine *engine)
{
    struct outputs outputs;
    outputs_init(&outputs);
    for (bool more = true; more; take_outputs(&outputs))
        more = engine_recompute(engine, BYTES("book"), &outputs);
    must_agree(engine);
    outputs_release(&outputs);
}

/* Its own snapshot is one that is accepted, and the same state. */
static void must_be_readable(struct engine *engine)
{
    static struct blocks again;
    blocks_take(&again, engine);
    struct hash128 digest = engine_snapshot_digest(engine);
    struct engine *other = engine_of(&again, true);
    must(other != NULL);
    struct hash128 digest_again = engine_digest(other);
    must(digest.low == digest_again.low && digest.high == digest_again.high);
    engine_free(other);
    blocks_free(&again);
}

static void use(struct engine *engine, struct choices *choices, bool same_book)
{
    if (!same_book)
        decide_anew(engine);
    counts.folded_on++;
    counts.records += feed(engine, choices, RECORDS_AFTER_MAX);
    move_clock(engine, (int32_t)choice_between(choices, 0, 400));
    counts.records += feed(engine, choices, 1);
    must_be_readable(engine);
    move_clock(engine, 5000); /* what is due is forgotten before the next record */
    counts.records += feed(engine, choices, 1);
}

/* --- lies in fields --- */

static int64_t odd_number(struct choices *choices, int64_t number)
{
    static const int64_t odd[] = {
        0, -1, 1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, INT64_MAX / 4, AMOUNT_CENTS_MAX, DAY_2099_12_31
    };
    switch (choice_below(choices, 3)) {
    case 0: return odd[choice_below(choices, COUNT(odd))];
    case 1: return (int64_t)((uint64_t)number + (uint64_t)choice_between(choices, -3, 3));
    default: return choice_between(choices, -100000, 100000);
    }
}

#define LIE(field) ((field) = (__typeof__(field))odd_number(choices, (int64_t)(field)))

static void lie_about_line(struct choices *choices, struct line *line)
{
    struct declaration *d = &line->declaration;
    switch (choice_below(choices, 15)) {
    case 0: LIE(d->amount); break;
    case 1: LIE(d->submitted_at); break;
    case 2: LIE(d->start_date); break;
    case 3: LIE(d->end_date); break;
    case 4: LIE(d->birth_date); break;
    case 5: LIE(d->quantity); break;
    case 6: LIE(d->insurer); break;
    case 7: d->kind = (uint8_t)choice_below(choices, 3); break;
    case 8: d->laterality = (uint8_t)choice_below(choices, LATERALITY_COUNT + 1); break;
    case 9: d->care_type = (uint8_t)choice_below(choices, CARE_TYPE_COUNT + 1); break;
    case 10: line->out_of_horizon = !line->out_of_horizon; break;
    case 11: line->is_partial = !line->is_partial; break;
    case 12: line->no_rule = !line->no_rule; break;
    case 13: LIE(line->sent.revision); break;
    default: LIE(line->sent.payable); break;
    }
    if (choice_chance(choices, 500)) {
        d->insured = BYTES("p1"); /* as the content of most has it */
        line->content = declaration_content(d);
        d->insured = BYTES_NULL;
    }
}

static void lie_about_episode(struct choices *choices, struct sent_episode *sent)
{
    struct episode_output *last = &sent->last;
    switch (choice_below(choices, 16)) {
    case 0: last->state = (uint8_t)choice_below(choices, STATE_COUNT + 1); break;
    case 1: LIE(last->opened_on); break;
    case 2: LIE(last->opens_window); break;
    case 3: LIE(last->closes_on); break;
    case 4: LIE(last->cost); break;
    case 5: LIE(last->covered); break;
    case 6: LIE(last->budget.value); break;
    case 7: LIE(last->lines); break;
    case 8: LIE(last->revision); break;
    case 9: LIE(last->settlement_revision); break;
    case 10: LIE(sent->settled_value); break;
    case 11: LIE(sent->final_after); break;
    case 12: last->measures_count -= last->measures_count > 0; break;
    case 13: last->provider = BYTES("99999999"); break;
    case 14: sent->settled_once = !sent->settled_once; break;
    case 15: LIE(sent->voided); break;
    default: LIE(last->known_on); break;
    }
}

static void lie_about_alert(struct choices *choices, struct sent_alert *sent)
{
    switch (choice_below(choices, 6)) {
    case 0: sent->last.action = (uint8_t)choice_below(choices, 3); break;
    case 1: LIE(sent->last.revision); break;
    case 2: LIE(sent->last.observed.value); break;
    case 3: sent->last.severity = (uint8_t)choice_below(choices, 4); break;
    case 4: sent->last.evidence = BYTES("evidence"); break;
    default: sent->last.message = BYTES("message"); break;
    }
}

static void lie_about_person(struct choices *choices, struct person *person)
{
    switch (choice_below(choices, 8)) {
    case 0: LIE(person->due); break;
    case 1: LIE(person->forget_due); break;
    case 2: LIE(person->sums.standing); break;
    case 3:
        if (person->episodes_count > 0)
            lie_about_episode(choices, &person->episodes[choice_below(choices, person->episodes_count)]);
        break;
    case 4:
        if (person->alerts_count > 0)
            lie_about_alert(choices, person->alerts[choice_below(choices, person->alerts_count)]);
        break;
    default: lie_about_line(choices, person->lines[choice_below(choices, person->lines_count)]); break;
    }
}

static void lie_about_identity(struct choices *choices, struct engine *engine)
{
    struct identity_shard *shard = &engine->identities.shards[choice_below(choices, IDENTITY_SHARDS)];
    for (size_t i = 0; i < IDENTITY_SHARDS && shard->count == 0; i++) /* the next that has any */
        shard =
            &engine->identities.shards[((size_t)(shard - engine->identities.shards) + 1) % IDENTITY_SHARDS];
    for (uint64_t at = 0; at < shard->capacity; at++) {
        struct identity *entry = &shard->entries[at];
        if (entry->is == IDENTITY_FREE || !choice_chance(choices, 700))
            continue;
        switch (choice_below(choices, 5)) {
        case 0: entry->is = 1 + (choice_below(choices, 3) & 3); break;
        case 1: entry->amount = choice_skewed(choices, 1ull << 40) & ((1ull << 40) - 1); break;
        case 2: entry->start_day = choice_below(choices, 65536) & 0xFFFF; break;
        case 3: entry->out_of_horizon = !entry->out_of_horizon; break;
        default: entry->content++; break;
        }
        return;
    }
}

static void lie_about_sums(struct choices *choices, struct engine *engine)
{
    switch (choice_below(choices, 5)) {
    case 0: LIE(engine->sums.standing); break;
    case 1: LIE(engine->sums.cost); break;
    case 2: LIE(engine->sums.payable_outside); break;
    case 3: LIE(engine->sums.declarations); break;
    default: LIE(engine->as_of); break;
    }
}

static void lie(struct choices *choices, struct engine *engine)
{
    uint64_t about = choice_below(choices, 8);
    if (about == 0)
        lie_about_sums(choices, engine);
    else if (about == 1)
        lie_about_identity(choices, engine);
    else if (engine->persons.count > 0)
        for (uint32_t at = (uint32_t)choice_below(choices, engine->persons.slots_count);;
             at = (at + 1) % engine->persons.slots_count)
            if (engine->persons.slots[at]) {
                lie_about_person(choices, engine->persons.slots[at]);
                return;
            }
}

/* --- lies in bytes --- */

static void change(struct choices *choices, struct blocks *blocks)
{
    size_t at = choice_below(choices, blocks->count);
    struct bytes *block = &blocks->items[at];
    char *bytes = (char *)(uintptr_t)block->data;
    switch (choice_below(choices, 8)) {
    case 0: /* cut */
        block->length -= choice_below(choices, block->length + 1);
        block->data = realloc(bytes, block->length ? block->length : 1);
        break;
    case 1: { /* another place */
        struct bytes first = blocks->items[0];
        blocks->items[0] = *block;
        *block = first;
        break;
    }
    default:
        for (uint64_t edits = choice_between(choices, 1, 3); edits > 0 && block->length > 0; edits--)
            bytes[choice_below(choices, block->length)] = (char)choice_below(choices, 256);
    }
}

/* --- one input: a state, and many snapshots of it that lie --- */

enum { NOISE_BYTES = 192 };

/* What a lie and the use of it draw from: the input says where this noise begins. */
static struct choices noise(uint64_t *seed, uint8_t room[NOISE_BYTES])
{
    for (size_t i = 0; i < NOISE_BYTES; i += sizeof(*seed)) { /* splitmix64 */
        uint64_t mixed = *seed += 0x9E3779B97F4A7C15u;
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
        mixed ^= mixed >> 31;
        memcpy(room + i, &mixed, sizeof(mixed));
    }
    return (struct choices){ room, room + NOISE_BYTES };
}

/* A lie in fields: told in an engine that was read from the honest snapshot. */
static void lie_in_fields(struct choices *choices, const struct blocks *honest, struct blocks *blocks)
{
    struct engine *engine = engine_of(honest, true);
    must(engine != NULL);
    for (uint64_t lies = choice_between(choices, 1, 2); lies > 0; lies--)
        lie(choices, engine);
    blocks_take(blocks, engine);
    engine_free(engine);
}

static void lie_in_bytes(struct choices *choices, const struct blocks *honest, struct blocks *blocks)
{
    blocks->count = 0;
    for (size_t i = 0; i < honest->count; i++)
        add_block(blocks, honest->items[i]);
    for (uint64_t lies = choice_between(choices, 1, 2); lies > 0; lies--)
        change(choices, blocks);
}

static void hostile_snapshot(uint64_t *seed, const struct blocks *honest)
{
    static struct blocks blocks;
    uint8_t room[NOISE_BYTES];
    struct choices choices = noise(seed, room);
    bool same_book = choice_chance(&choices, 700);
    if (choice_chance(&choices, 500))
        lie_in_fields(&choices, honest, &blocks);
    else
        lie_in_bytes(&choices, honest, &blocks);
    counts.hostile++;
    struct engine *engine = engine_of(&blocks, same_book);
    if (engine) {
        counts.accepted++;
        use(engine, &choices, same_book);
        engine_free(engine);
    }
    blocks_free(&blocks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct blocks honest;
    struct choices choices = { data, data + size };
    uint64_t seed = 0;
    if (!book)
        atexit(say_counts);
    read_book();
    counts.states++;
    for (int i = 0; i < 4; i++)
        seed = seed << 8 | choice_below(&choices, 256);
    struct engine *engine = engine_new(&(struct engine_options){ .book = book });
    feed(engine, &choices, RECORDS_MAX);
    must_be_readable(engine);
    blocks_take(&honest, engine);
    engine_free(engine);
    for (int i = 0; i < SNAPSHOTS_PER_STATE; i++) {
        fuzz_next_input();
        hostile_snapshot(&seed, &honest);
    }
    blocks_free(&honest);
    return 0;
}
