#include "engine/picture_blocks.h"

#include "base/must.h"
#include "engine/engine_inside.h"
#include "engine/picture_person.h"

enum { BLOCK_BYTES = 256 * 1024 }; /* about; one person stays together */

/* --- blocks --- */

void picture_digest_add(struct hash128 *digest, const void *data, size_t length)
{
    struct hash128 hash = hash128(data, length, 0);
    digest->low += hash.low;
    digest->high += hash.high;
}

void picture_block_begin(struct picturing *picturing, char kind)
{
    buffer_clear(&picturing->block);
    buffer_add_byte(&picturing->block, (unsigned char)kind);
}

void picture_block_end(struct picturing *picturing)
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
        picture_block_begin(picturing, PICTURE_PERSONS);
    size_t length_at = block->length;
    uint32_t length = 0;
    buffer_add(block, &length, sizeof(length));
    person_pack(block, person);
    length = (uint32_t)(block->length - length_at - sizeof(length));
    must(block->length - length_at - sizeof(length) == length);
    memcpy(block->data + length_at, &length, sizeof(length));
    picture_digest_add(&picturing->digest, block->data + length_at + sizeof(length), length);
    if (block->length >= BLOCK_BYTES)
        picture_block_end(picturing);
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
