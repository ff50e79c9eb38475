/* pack.h - numbers and strings as bytes, for snapshots of the state (snapshot.h).
 * Owner:   pack writes into the caller's buffer; what unpack gives points into the bytes that it reads.
 * Errors:  unpack sets `bad` when the bytes end too early or say something impossible, and then gives nothing
 * but zeros.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_PACK_H
#define BUNDELWACHT_ENGINE_PACK_H

#include "base/buffer.h"
#include "engine/outputs.h"

/* Seven bits a byte, the lowest first; small negative numbers stay short. */
static inline void pack_number(struct buffer *buffer, int64_t number)
{
    uint64_t rest = ((uint64_t)number << 1) ^ (uint64_t)(number >> 63);
    char *at = buffer_reserve(buffer, 10);
    size_t length = 0;
    for (; rest >= 0x80; rest >>= 7)
        at[length++] = (char)(rest | 0x80);
    at[length++] = (char)rest;
    buffer->length += length;
}

/* Null is not empty. */
static inline void pack_bytes(struct buffer *buffer, struct bytes bytes)
{
    pack_number(buffer, bytes_is_null(bytes) ? -1 : (int64_t)bytes.length);
    buffer_add_bytes(buffer, bytes);
}

static inline void pack_maybe(struct buffer *buffer, struct maybe maybe)
{
    buffer_add_byte(buffer, maybe.known);
    if (maybe.known)
        pack_number(buffer, maybe.value);
}

struct unpack {
    const char *at, *end;
    bool bad;
};

static inline size_t unpack_left(const struct unpack *from)
{
    return (size_t)(from->end - from->at);
}

static inline uint8_t unpack_byte(struct unpack *from)
{
    if (from->at == from->end)
        from->bad = true;
    return from->bad ? 0 : (uint8_t)*from->at++;
}

static inline int64_t unpack_number(struct unpack *from)
{
    uint64_t rest = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = unpack_byte(from);
        rest |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return from->bad ? 0 : (int64_t)(rest >> 1) ^ -(int64_t)(rest & 1);
    }
    from->bad = true;
    return 0;
}

/* A whole number of at most `max`. */
static inline uint32_t unpack_count(struct unpack *from, int64_t max)
{
    int64_t number = unpack_number(from);
    if (number < 0 || number > max)
        from->bad = true;
    return from->bad ? 0 : (uint32_t)number;
}

static inline int32_t unpack_int(struct unpack *from)
{
    int64_t number = unpack_number(from);
    if (number < INT32_MIN || number > INT32_MAX)
        from->bad = true;
    return from->bad ? 0 : (int32_t)number;
}

static inline struct bytes unpack_bytes(struct unpack *from)
{
    int64_t length = unpack_number(from);
    if (from->bad || length == -1)
        return BYTES_NULL;
    if (length < 0 || (uint64_t)length > unpack_left(from)) {
        from->bad = true;
        return BYTES_NULL;
    }
    struct bytes bytes = { from->at, (size_t)length };
    from->at += length;
    return bytes;
}

static inline struct maybe unpack_maybe(struct unpack *from)
{
    struct maybe maybe = { .known = unpack_byte(from) == 1 };
    if (maybe.known)
        maybe.value = unpack_number(from);
    return maybe;
}

#endif
