#include "engine/snapshot_blocks.h"

#include "base/must.h"
#include "engine/engine_internal.h"
#include "engine/snapshot_person.h"

enum { BLOCK_BYTES = 256 * 1024 }; /* about; one person stays together */

/* --- blocks --- */

void snapshot_digest_add(struct hash128 *digest, const void *data, size_t length)
{
    struct hash128 hash = hash128(data, length, 0);
    digest->low += hash.low;
    digest->high += hash.high;
}

void snapshot_block_begin(struct snapshotting *snapshotting, char kind)
{
    buffer_clear(&snapshotting->block);
    buffer_add_byte(&snapshotting->block, (unsigned char)kind);
}

void snapshot_block_end(struct snapshotting *snapshotting)
{
    if (snapshotting->sink.add && snapshotting->block.length > 1)
        snapshotting->sink.add(snapshotting->sink.context, buffer_bytes(&snapshotting->block));
    buffer_clear(&snapshotting->block);
}

/* --- persons --- */

static void put_person(struct engine *engine, struct person *person)
{
    struct snapshotting *snapshotting = &engine->snapshotting;
    struct buffer *block = &snapshotting->block;
    person->in_snapshot = snapshotting->number;
    if (block->length == 0)
        snapshot_block_begin(snapshotting, SNAPSHOT_PERSONS);
    size_t length_at = block->length;
    uint32_t length = 0;
    buffer_add(block, &length, sizeof(length));
    person_pack(block, person);
    length = (uint32_t)(block->length - length_at - sizeof(length));
    must(block->length - length_at - sizeof(length) == length);
    memcpy(block->data + length_at, &length, sizeof(length));
    snapshot_digest_add(&snapshotting->digest, block->data + length_at + sizeof(length), length);
    if (block->length >= BLOCK_BYTES)
        snapshot_block_end(snapshotting);
}

void snapshot_person_touch(struct engine *engine, struct person *person)
{
    if (engine->snapshotting.under_way && person->in_snapshot != engine->snapshotting.number)
        put_person(engine, person);
}

void snapshot_person_new(const struct engine *engine, struct person *person)
{
    person->in_snapshot = engine->snapshotting.number;
}
