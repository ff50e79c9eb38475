#include "base/hash.h"
#include "base/must.h"
#include "codec/avro_read.h"
#include "codec/avro_write.h"
#include "codec/container.h"

/* Reversed, so that the bytes are those that every XXH128 prints: the high half first, big-endian. */
static void hash_to_bytes(struct hash128 hash, unsigned char ret_bytes[CONTAINER_SYNC_BYTES])
{
    for (int i = 0; i < 8; i++) {
        ret_bytes[i] = (unsigned char)(hash.high >> (56 - 8 * i));
        ret_bytes[8 + i] = (unsigned char)(hash.low >> (56 - 8 * i));
    }
}

/* A marker whose beginning is no end of itself cannot be matched across its own edge: a reader that slides
 * over the file finds a window that reaches into a true marker only where that marker stands. What is left
 * is a marker wholly inside a block or the header. */
static bool is_borderless(const unsigned char marker[CONTAINER_SYNC_BYTES])
{
    for (size_t length = 1; length < CONTAINER_SYNC_BYTES; length++)
        if (memcmp(marker, marker + CONTAINER_SYNC_BYTES - length, length) == 0)
            return false;
    return true;
}

bool container_marker_is_inside(const unsigned char marker[CONTAINER_SYNC_BYTES], struct bytes bytes)
{
    const char *at = bytes.data, *const end = bytes.data + bytes.length;
    while (end - at >= CONTAINER_SYNC_BYTES &&
           (at = memchr(at, marker[0], (size_t)(end - at) - CONTAINER_SYNC_BYTES + 1)) != NULL) {
        if (memcmp(at, marker, CONTAINER_SYNC_BYTES) == 0)
            return true;
        at++;
    }
    return false;
}

void container_marker(struct bytes schema, uint64_t seed, unsigned char ret_marker[CONTAINER_SYNC_BYTES])
{
    do {
        hash_to_bytes(hash128(schema.data, schema.length, seed++), ret_marker);
    } while (ret_marker[0] == 0 || ret_marker[CONTAINER_SYNC_BYTES - 1] == 0 || !is_borderless(ret_marker) ||
             container_marker_is_inside(ret_marker, schema));
}

static void write_entry(struct buffer *out, struct bytes name, struct bytes value)
{
    write_span(out, name);
    write_span(out, value);
}

void container_header(struct bytes schema, enum container_codec codec,
                      const unsigned char marker[CONTAINER_SYNC_BYTES], struct buffer *out)
{
    must(codec == CONTAINER_NULL || codec == CONTAINER_DEFLATE);
    buffer_add_bytes(out, BYTES("Obj\x01"));
    write_long(out, 2); /* entries of the metadata */
    write_entry(out, BYTES("avro.schema"), schema);
    write_entry(out, BYTES("avro.codec"), codec == CONTAINER_DEFLATE ? BYTES("deflate") : BYTES("null"));
    write_long(out, 0);
    buffer_add(out, marker, CONTAINER_SYNC_BYTES);
}

/* --- the same file under another marker --- */

/* A number of a block's head; its bytes go to `block`. */
static bool take_long(FILE *from, struct buffer *block, int64_t *ret_value)
{
    size_t begin = block->length;
    int byte;
    do {
        if ((byte = getc(from)) == EOF || block->length - begin == VARINT_BYTES_MAX)
            return false;
        buffer_add_byte(block, (unsigned char)byte);
    } while (byte >= 0x80);
    struct bytes bytes = buffer_bytes(block);
    struct cursor cursor = { .at = (const unsigned char *)bytes.data + begin,
                             .end = (const unsigned char *)bytes.data + bytes.length };
    return read_long(&cursor, ret_value);
}

enum taken { TAKEN, NO_MORE, BROKEN };

/* The next block with its head and without its marker. */
static enum taken take_block(FILE *from, struct buffer *block)
{
    int64_t count, length;
    unsigned char marker[CONTAINER_SYNC_BYTES];
    buffer_clear(block);
    int first = getc(from);
    if (first == EOF)
        return ferror(from) ? BROKEN : NO_MORE;
    ungetc(first, from);
    if (!take_long(from, block, &count) || !take_long(from, block, &length) || length < 0)
        return BROKEN;
    if (fread(buffer_reserve(block, (size_t)length), 1, (size_t)length, from) != (size_t)length)
        return BROKEN;
    block->length += (size_t)length;
    return fread(marker, 1, sizeof(marker), from) == sizeof(marker) ? TAKEN : BROKEN;
}

/* A hash of all blocks: whoever writes a record cannot know it while he writes, so he cannot put what comes
 * of it into the record. */
static bool hash_blocks(FILE *from, long begin, uint64_t *ret_hash)
{
    struct buffer block = { 0 };
    enum taken taken = fseek(from, begin, SEEK_SET) == 0 ? TAKEN : BROKEN;
    *ret_hash = 0;
    while (taken == TAKEN && (taken = take_block(from, &block)) == TAKEN)
        *ret_hash = hash64(block.data, block.length, *ret_hash);
    buffer_release(&block);
    return taken == NO_MORE;
}

/* False when it could not; *ret_inside when a block holds this marker too. */
static bool copy_blocks(FILE *from, const unsigned char marker[CONTAINER_SYNC_BYTES], FILE *to,
                        bool *ret_inside)
{
    struct buffer block = { 0 };
    enum taken taken = TAKEN;
    *ret_inside = false;
    while (!*ret_inside && taken == TAKEN && (taken = take_block(from, &block)) == TAKEN) {
        *ret_inside = container_marker_is_inside(marker, buffer_bytes(&block));
        buffer_add(&block, marker, CONTAINER_SYNC_BYTES);
        if (fwrite(block.data, 1, block.length, to) != block.length)
            taken = BROKEN;
    }
    buffer_release(&block);
    return taken != BROKEN;
}

bool container_remark(FILE *from, struct bytes schema, enum container_codec codec, FILE *to)
{
    struct buffer header = { 0 };
    unsigned char marker[CONTAINER_SYNC_BYTES];
    uint64_t seed;
    bool inside = true;
    container_marker(schema, 0, marker);
    container_header(schema, codec, marker, &header);
    long begin = (long)header.length; /* the same under every marker */
    bool good = hash_blocks(from, begin, &seed);
    while (good && inside) {
        container_marker(schema, seed++, marker);
        buffer_clear(&header);
        container_header(schema, codec, marker, &header);
        good = fseek(from, begin, SEEK_SET) == 0 && fseek(to, 0, SEEK_SET) == 0;
        good = good && fwrite(header.data, 1, header.length, to) == header.length &&
               copy_blocks(from, marker, to, &inside);
    }
    buffer_release(&header);
    return good;
}
