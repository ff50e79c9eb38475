/* avro_read.h - the few ways in which Avro writes bytes, read with hard limits; inline, since every field
 * passes here.
 * Owner:   the cursor borrows the bytes.
 * Errors:  false when the bytes end too early or break a limit; the cursor is then of no use.
 * Threads: pure. */
#ifndef BUNDELWACHT_CODEC_AVRO_READ_H
#define BUNDELWACHT_CODEC_AVRO_READ_H

#include "base/bytes.h"

#define VARINT_BYTES_MAX 10 /* of 64 bits */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* --- at an address: these answer the address behind what was read, or NULL. Addresses live in registers,
 * cursors do not. */

/* Byte by byte, for what is left: long numbers, and the last bytes of a record. */
const unsigned char *varint_bytewise_at(const unsigned char *at, const unsigned char *end,
                                        uint64_t *ret_value);

/* Two to eight bytes at once: what dates, amounts and moments have. The sevens of bits are moved together by
 * halves. */
static ALWAYS_INLINE const unsigned char *varint_wordwise_at(const unsigned char *at,
                                                             const unsigned char *end, uint64_t *ret_value)
{
    uint64_t word, last = 0, value;
    if (end - at >= (ptrdiff_t)sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        last = ~word & 0x8080808080808080u; /* the high bit of every byte that ends a number */
    }
    if (last == 0) {
        at = varint_bytewise_at(at, end, &value);
        if (at)
            *ret_value = value;
        return at;
    }
    word &= (last ^ (last - 1)) & 0x7F7F7F7F7F7F7F7Fu; /* up to the first of them */
    word = (word & 0x007F007F007F007Fu) | (word & 0x7F007F007F007F00u) >> 1;
    word = (word & 0x00003FFF00003FFFu) | (word & 0x3FFF00003FFF0000u) >> 2;
    *ret_value = (word & 0x000000000FFFFFFFu) | (word & 0x0FFFFFFF00000000u) >> 4;
    return at + (__builtin_ctzll(last) >> 3) + 1;
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "varint_wordwise_at counts bytes from the low end");

static ALWAYS_INLINE const unsigned char *long_at(const unsigned char *at, const unsigned char *end,
                                                  int64_t *ret_value)
{
    uint64_t value;
    if (at < end && *at < 0x80)
        value = *at++;
    else if ((at = varint_wordwise_at(at, end, &value)) == NULL)
        return NULL;
    *ret_value = (int64_t)(value >> 1 ^ -(value & 1));
    return at;
}

static ALWAYS_INLINE const unsigned char *int_at(const unsigned char *at, const unsigned char *end,
                                                 int32_t *ret_value)
{
    int64_t value;
    at = long_at(at, end, &value);
    if (at == NULL || value != (int32_t)value)
        return NULL;
    *ret_value = (int32_t)value;
    return at;
}

/* A view, never null. Lengths of up to 63 bytes are one byte. */
static ALWAYS_INLINE const unsigned char *span_at(const unsigned char *at, const unsigned char *end,
                                                  struct bytes *ret_span)
{
    int64_t length;
    at = long_at(at, end, &length);
    if (at == NULL || (uint64_t)length > (uint64_t)(end - at))
        return NULL;
    *ret_span = (struct bytes){ (const char *)at, (size_t)length };
    return at + length;
}

/* --- with a cursor --- */

struct cursor {
    const unsigned char *at, *end;
    uint32_t items_left; /* SKIP_ITEMS_MAX less what was skipped of arrays, maps and records in this record */
    bool looks_inside;   /* also of blocks that say how long they are, which need not be true */
};

static inline bool cursor_move(struct cursor *cursor, const unsigned char *at)
{
    if (at == NULL)
        return false;
    cursor->at = at;
    return true;
}

static inline bool read_long(struct cursor *cursor, int64_t *ret_value)
{
    return cursor_move(cursor, long_at(cursor->at, cursor->end, ret_value));
}

static inline bool read_int(struct cursor *cursor, int32_t *ret_value)
{
    return cursor_move(cursor, int_at(cursor->at, cursor->end, ret_value));
}

static inline bool read_span(struct cursor *cursor, struct bytes *ret_span)
{
    return cursor_move(cursor, span_at(cursor->at, cursor->end, ret_span));
}

static inline bool skip_bytes(struct cursor *cursor, uint64_t length)
{
    if (length > (uint64_t)(cursor->end - cursor->at))
        return false;
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
