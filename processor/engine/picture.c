#include "engine/picture.h"

#include "base/must.h"
#include "engine/calendar.h"
#include "engine/engine_inside.h"
#include "engine/pack.h"
#include "engine/picture_person.h"

enum { BLOCK_BYTES = 256 * 1024 }; /* about; one person stays together */

/* --- blocks --- */

static void digest_add(struct hash128 *digest, const void *data, size_t length)
{
    struct hash128 hash = hash128(data, length, 0);
    digest->low += hash.low;
    digest->high += hash.high;
}

static void block_begin(struct picturing *picturing, char kind)
{
    buffer_clear(&picturing->block);
    buffer_add_byte(&picturing->block, (unsigned char)kind);
}

static void block_end(struct picturing *picturing)
{
    if (picturing->sink.add && picturing->block.length > 1)
        picturing->sink.add(picturing->sink.context, buffer_bytes(&picturing->block));
    buffer_clear(&picturing->block);
}

/* --- persons --- */

static void put_person(struct engine *engine, struct person *person)
{
    struct picturing *picturing = &engine->picturing;
    struct buffer *block = &picturing->block;
    person->pictured = picturing->number;
    if (block->length == 0)
        block_begin(picturing, PICTURE_PERSONS);
    size_t length_at = block->length;
    uint32_t length = 0;
    buffer_add(block, &length, sizeof(length));
    person_pack(block, person);
    length = (uint32_t)(block->length - length_at - sizeof(length));
    must(block->length - length_at - sizeof(length) == length);
    memcpy(block->data + length_at, &length, sizeof(length));
    digest_add(&picturing->digest, block->data + length_at + sizeof(length), length);
    if (block->length >= BLOCK_BYTES)
        block_end(picturing);
}

void picture_person_touch(struct engine *engine, struct person *person)
{
    if (engine->picturing.under_way && person->pictured != engine->picturing.number)
        put_person(engine, person);
}

void picture_person_new(const struct engine *engine, struct person *person)
{
    person->pictured = engine->picturing.number;
}

/* --- ids --- */

/* Whatever block of persons is open must not lie around it. */
static void put_identities(void *context, const struct identity *entries, size_t count)
{
    struct engine *engine = context;
    struct picturing *picturing = &engine->picturing;
    block_end(picturing);
    block_begin(picturing, PICTURE_IDENTITIES);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].is == IDENTITY_FREE)
            continue;
        buffer_add(&picturing->block, &entries[i], sizeof(entries[i]));
        digest_add(&picturing->digest, &entries[i], sizeof(entries[i]));
    }
    block_end(picturing);
}

/* --- the picture as a whole --- */

static void put_head(struct engine *engine)
{
    struct picturing *picturing = &engine->picturing;
    struct buffer *block = &picturing->block;
    block_begin(picturing, PICTURE_HEAD);
    pack_number(block, PICTURE_FORMAT);
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
    digest_add(&picturing->digest, block->data, block->length);
    block_end(picturing);
}

void engine_picture_begin(struct engine *engine, struct picture_sink sink)
{
    struct picturing *picturing = &engine->picturing;
    must(!picturing->under_way && !engine->is_advancing);
    picturing->under_way = true;
    picturing->sink = sink;
    picturing->number++;
    picturing->slot = 0;
    picturing->slots_end = engine->persons.slots_count;
    picturing->digest = (struct hash128){ 0 };
    put_head(engine);
    identities_copy_begin(&engine->identities, put_identities, engine);
}

/* The next persons, one block of them. */
static bool persons_step(struct engine *engine)
{
    struct picturing *picturing = &engine->picturing;
    size_t before = picturing->block.length;
    while (picturing->slot < picturing->slots_end) {
        struct person *person = engine->persons.slots[picturing->slot++];
        if (person)
            picture_person_touch(engine, person);
        if (picturing->block.length < before)
            return true;
        before = picturing->block.length;
    }
    block_end(picturing);
    return false;
}

bool engine_picture_step(struct engine *engine)
{
    must(engine->picturing.under_way);
    if (identities_copy_step(&engine->identities) || persons_step(engine))
        return true;
    engine->picturing.under_way = false;
    return false;
}

void engine_picture_cancel(struct engine *engine)
{
    identities_copy_cancel(&engine->identities);
    buffer_clear(&engine->picturing.block);
    engine->picturing.under_way = false;
}

struct hash128 engine_picture_digest(const struct engine *engine)
{
    must(!engine->picturing.under_way);
    return engine->picturing.digest;
}

struct hash128 engine_digest(struct engine *engine)
{
    engine_picture_begin(engine, (struct picture_sink){ 0 });
    while (engine_picture_step(engine))
        ;
    return engine_picture_digest(engine);
}

/* --- reading --- */

static bool read_head(struct engine *engine, struct bytes block)
{
    struct unpack from = { block.data + 1, block.data + block.length, false };
    struct picture_reading *reading = &engine->reading;
    struct engine_sums *sums = &reading->sums;
    if (unpack_number(&from) != PICTURE_FORMAT)
        return false;
    engine->as_of = unpack_int(&from);
    sums->standing = unpack_number(&from);
    sums->cost = unpack_number(&from);
    sums->payable_outside = unpack_number(&from);
    sums->declarations = unpack_number(&from);
    sums->lines_kept = unpack_number(&from);
    sums->lines_identity = unpack_number(&from);
    sums->persons = unpack_number(&from);
    for (size_t i = 0; i < IDENTITY_SHARDS && !from.bad; i++)
        identities_reserve(&engine->identities, i, unpack_count(&from, PICTURE_SHARD_IDENTITIES_MAX));
    reading->begun = !from.bad && from.at == from.end;
    digest_add(&reading->digest, block.data, block.length);
    return reading->begun;
}

static bool read_identities(struct engine *engine, struct bytes block)
{
    struct identity entry;
    if ((block.length - 1) % sizeof(entry) != 0)
        return false;
    for (size_t at = 1; at < block.length; at += sizeof(entry)) {
        memcpy(&entry, block.data + at, sizeof(entry));
        if (!identity_put(&engine->identities, &entry))
            return false;
        engine->reading.lines_identity += entry.is == IDENTITY_ONLY;
        digest_add(&engine->reading.digest, &entry, sizeof(entry));
    }
    return true;
}

static bool read_person(struct engine *engine, struct bytes packed, bool same_book)
{
    struct person *person = person_unpack(engine, packed, same_book);
    if (!person)
        return false;
    digest_add(&engine->reading.digest, packed.data, packed.length);
    engine->reading.lines_kept += person->lines_count;
    persons_schedule(&engine->persons, person, DAY_NONE);
    engine_forget_later(engine, person);
    return true;
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

bool engine_picture_read(struct engine *engine, struct bytes block, bool same_book)
{
    if (block.length == 0)
        return false;
    if (!engine->reading.begun)
        return block.data[0] == PICTURE_HEAD && read_head(engine, block);
    if (block.data[0] == PICTURE_IDENTITIES)
        return read_identities(engine, block);
    return block.data[0] == PICTURE_PERSONS && read_persons(engine, block, same_book);
}

bool engine_picture_read_end(struct engine *engine, struct hash128 digest)
{
    const struct picture_reading *reading = &engine->reading;
    if (!reading->begun || reading->digest.low != digest.low || reading->digest.high != digest.high)
        return false;
    if (reading->lines_kept != reading->sums.lines_kept || reading->lines_identity != reading->sums.lines_identity ||
        (int64_t)engine->persons.count != reading->sums.persons)
        return false;
    engine->sums = reading->sums;
    return true;
}
