/* avro_read.h - the few ways in which Avro writes bytes, read with hard limits; inline, since every field passes here.
 * Owner:   the cursor borrows the bytes.
 * Errors:  false when the bytes end too early or break a limit; the cursor is then of no use.
 * Threads: pure. */
#ifndef BUNDELWACHT_CODEC_AVRO_READ_H
#define BUNDELWACHT_CODEC_AVRO_READ_H

#include "base/bytes.h"

#define VARINT_BYTES_MAX 10 /* of 64 bits */

struct cursor {
    const unsigned char *at, *end;
    uint32_t items_left; /* SKIP_ITEMS_MAX less what was skipped of arrays, maps and records in this record */
};

/* The tenth byte may only hold the 64th bit: anything else is no number of 64 bits. */
static inline bool read_varint_slow(struct cursor *cursor, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX && cursor->at < cursor->end; i++) {
        uint64_t byte = *cursor->at++;
        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            return false;
        value |= (byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static inline bool read_long(struct cursor *cursor, int64_t *ret_value)
{
    uint64_t value;
    if (__builtin_expect(cursor->at < cursor->end && *cursor->at < 0x80, 1))
        value = *cursor->at++;
    else if (!read_varint_slow(cursor, &value))
        return false;
    *ret_value = (int64_t)(value >> 1 ^ -(value & 1));
    return true;
}

static inline bool read_int(struct cursor *cursor, int32_t *ret_value)
{
    int64_t value;
    if (!read_long(cursor, &value) || value < INT32_MIN || value > INT32_MAX)
        return false;
    *ret_value = (int32_t)value;
    return true;
}

static inline bool skip_bytes(struct cursor *cursor, uint64_t length)
{
    if (length > (uint64_t)(cursor->end - cursor->at))
        return false;
    cursor->at += length;
    return true;
}

/* A view, never null. */
static inline bool read_span(struct cursor *cursor, struct bytes *ret_span)
{
    int64_t length;
    if (!read_long(cursor, &length) || length < 0 || length > cursor->end - cursor->at)
        return false;
    *ret_span = (struct bytes){ (const char *)cursor->at, (size_t)length };
    cursor->at += length;
    return true;
}

/* The index of a union's branch or an enum's symbol. */
static inline bool read_index(struct cursor *cursor, uint32_t count, uint32_t *ret_index)
{
    int64_t index;
    if (!read_long(cursor, &index) || index < 0 || index >= count)
        return false;
    *ret_index = (uint32_t)index;
    return true;
}

#endif
