#include "engine/snapshot.h"

#include "base/must.h"
#include "engine/calendar.h"
#include "engine/change.h"
#include "engine/engine_internal.h"
#include "engine/pack.h"
#include "engine/snapshot_blocks.h"
#include "engine/snapshot_person.h"

/* --- ids --- */

/* Whatever block of persons is open must not lie around it. */
static void put_identities(void *context, const struct identity *entries, size_t count)
{
    struct engine *engine = context;
    struct snapshotting *snapshotting = &engine->snapshotting;
    snapshot_block_end(snapshotting);
    snapshot_block_begin(snapshotting, SNAPSHOT_IDENTITIES);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].is == IDENTITY_FREE)
            continue;
        buffer_add(&snapshotting->block, &entries[i], sizeof(entries[i]));
        snapshot_digest_add(&snapshotting->digest, &entries[i], sizeof(entries[i]));
    }
    snapshot_block_end(snapshotting);
}

/* --- the snapshot as a whole --- */

static void put_head(struct engine *engine)
{
    struct snapshotting *snapshotting = &engine->snapshotting;
    struct buffer *block = &snapshotting->block;
    snapshot_block_begin(snapshotting, SNAPSHOT_HEAD);
    pack_number(block, SNAPSHOT_FORMAT);
    pack_number(block, engine->as_of);
    pack_number(block, engine->sums.standing);
    pack_number(block, engine->sums.cost);
    pack_number(block, engine->sums.payable_outside);
    pack_number(block, engine->sums.declarations);
    pack_number(block, engine->sums.lines_kept);
    pack_number(block, engine->sums.lines_identity);
    pack_number(block, (int64_t)engine->persons.count);
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        pack_number(block, (int64_t)engine->identities.shards[i].count);
    snapshot_digest_add(&snapshotting->digest, block->data, block->length);
    snapshot_block_end(snapshotting);
}

void engine_snapshot_begin(struct engine *engine, struct snapshot_sink sink)
{
    struct snapshotting *snapshotting = &engine->snapshotting;
    must(!snapshotting->under_way && !engine->is_advancing);
    snapshotting->under_way = true;
    snapshotting->sink = sink;
    snapshotting->number++;
    snapshotting->slot = 0;
    snapshotting->slots_end = engine->persons.slots_count;
    snapshotting->digest = (struct hash128){ 0 };
    put_head(engine);
    identities_copy_begin(&engine->identities, put_identities, engine);
}

/* The next persons, one block of them. */
static bool persons_step(struct engine *engine)
{
    struct snapshotting *snapshotting = &engine->snapshotting;
    size_t before = snapshotting->block.length;
    while (snapshotting->slot < snapshotting->slots_end) {
        struct person *person = engine->persons.slots[snapshotting->slot++];
        if (person)
            snapshot_person_touch(engine, person);
        if (snapshotting->block.length < before)
            return true;
        before = snapshotting->block.length;
    }
    snapshot_block_end(snapshotting);
    return false;
}

bool engine_snapshot_step(struct engine *engine)
{
    must(engine->snapshotting.under_way);
    if (identities_copy_step(&engine->identities) || persons_step(engine))
        return true;
    engine->snapshotting.under_way = false;
    return false;
}

void engine_snapshot_cancel(struct engine *engine)
{
    identities_copy_cancel(&engine->identities);
    buffer_clear(&engine->snapshotting.block);
    engine->snapshotting.under_way = false;
}

struct hash128 engine_snapshot_digest(const struct engine *engine)
{
    must(!engine->snapshotting.under_way);
    return engine->snapshotting.digest;
}

struct hash128 engine_digest(struct engine *engine)
{
    engine_snapshot_begin(engine, (struct snapshot_sink){ 0 });
    while (engine_snapshot_step(engine))
        ;
    return engine_snapshot_digest(engine);
}

/* --- reading --- */

static bool day_is_possible(int32_t as_of)
{
    return as_of == INT32_MIN || as_of == 0 || (as_of >= DAY_1990_01_01 && as_of <= DAY_2099_12_31);
}

/* Counts of a snapshot are below 2^62, so that what is still to come can be added. */
static int64_t unpack_sum(struct unpack *from)
{
    int64_t sum = unpack_number(from);
    from->bad = from->bad || sum < 0 || sum > SNAPSHOT_AMOUNTS_MAX;
    return from->bad ? 0 : sum;
}

static bool read_head(struct engine *engine, struct bytes block)
{
    struct unpack from = { block.data + 1, block.data + block.length, false };
    struct snapshot_reading *reading = &engine->reading;
    struct engine_sums *sums = &reading->sums;
    reading->format = unpack_number(&from);
    if (reading->format < SNAPSHOT_FORMAT_BEFORE || reading->format > SNAPSHOT_FORMAT)
        return false;
    engine->as_of = unpack_int(&from);
    sums->standing = unpack_sum(&from);
    sums->cost = unpack_sum(&from);
    sums->payable_outside = unpack_sum(&from);
    sums->declarations = unpack_sum(&from);
    sums->lines_kept = unpack_sum(&from);
    sums->lines_identity = unpack_sum(&from);
    sums->persons = unpack_sum(&from);
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        reading->shard_counts[i] = unpack_count(&from, SNAPSHOT_SHARD_IDENTITIES_MAX);
    reading->begun = !from.bad && from.at == from.end && day_is_possible(engine->as_of);
    snapshot_digest_add(&reading->digest, block.data, block.length);
    return reading->begun;
}

/* What the head says of a shard is believed so far as this block, or what came before it, bears it out: at
 * most eight times. */
static void identities_expect(struct engine *engine, struct hash128 first, uint64_t count)
{
    const size_t at = identity_shard_at(first);
    uint64_t said = engine->reading.shard_counts[at], seen = engine->identities.shards[at].count + count;
    identities_reserve(&engine->identities, first, said < 8 * seen ? said : 8 * seen);
}

static bool read_identity(struct engine *engine, const struct identity *entry)
{
    struct snapshot_reading *reading = &engine->reading;
    if (!identity_put(&engine->identities, entry))
        return false;
    reading->identities[entry->is]++;
    snapshot_digest_add(&reading->digest, entry, sizeof(*entry));
    if (entry->is != IDENTITY_ONLY)
        return true;
    if (!entry->out_of_horizon) /* among all amounts, which are not too many */
        reading->amounts_identity += (int64_t)entry->amount;
    return snapshot_amount_add(reading, (int64_t)entry->amount) &&
           (entry->out_of_horizon || moment_to_day((int64_t)entry->submitted_at) <= engine->as_of) &&
           entry->sent == (entry->out_of_horizon || !engine->bundles_only);
}

static bool read_identities(struct engine *engine, struct bytes block)
{
    struct identity entry;
    if ((block.length - 1) % sizeof(entry) != 0)
        return false;
    for (size_t at = 1; at < block.length; at += sizeof(entry)) {
        memcpy(&entry, block.data + at, sizeof(entry));
        if (at == 1)
            identities_expect(engine, entry.id, (block.length - 1) / sizeof(entry));
        if (!read_identity(engine, &entry))
            return false;
    }
    return true;
}

static void persons_count(struct snapshot_reading *reading, const struct person *person)
{
    reading->lines_kept += person->lines_count;
    reading->persons.standing += person->sums.standing;
    reading->persons.cost += person->sums.cost;
    reading->persons.outside += person->sums.outside;
}

static bool read_person(struct engine *engine, struct bytes packed, bool same_book)
{
    struct person *person = person_unpack(engine, packed, same_book);
    if (!person || (same_book && !snapshot_person_stands(engine, person, packed)))
        return false;
    snapshot_digest_add(&engine->reading.digest, packed.data, packed.length);
    persons_count(&engine->reading, person);
    persons_schedule(&engine->persons, person, DAY_NONE);
    engine_forget_later(engine, person);
    return engine->reading.persons.standing <= SNAPSHOT_AMOUNTS_MAX;
}

static bool read_persons(struct engine *engine, struct bytes block, bool same_book)
{
    const char *at = block.data + 1, *end = block.data + block.length;
    while (at < end) {
        uint32_t length;
        if ((size_t)(end - at) < sizeof(length))
            return false;
        memcpy(&length, at, sizeof(length));
        at += sizeof(length);
        if (length > (size_t)(end - at) || !read_person(engine, (struct bytes){ at, length }, same_book))
            return false;
        at += length;
    }
    return true;
}

bool engine_snapshot_read(struct engine *engine, struct bytes block, bool same_book)
{
    if (block.length == 0)
        return false;
    if (!engine->reading.begun)
        return block.data[0] == SNAPSHOT_HEAD && read_head(engine, block);
    if (block.data[0] == SNAPSHOT_IDENTITIES)
        return read_identities(engine, block);
    return block.data[0] == SNAPSHOT_PERSONS && read_persons(engine, block, same_book);
}

bool engine_snapshot_read_end(struct engine *engine, struct hash128 digest)
{
    struct snapshot_reading *reading = &engine->reading;
    bool whole = reading->begun && reading->digest.low == digest.low && reading->digest.high == digest.high &&
                 snapshot_is_whole(engine);
    outputs_release(&reading->outputs);
    buffer_release(&reading->packed);
    if (whole)
        engine->sums = reading->sums;
    return whole;
}
