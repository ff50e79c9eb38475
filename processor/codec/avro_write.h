/* avro_write.h - the few ways in which Avro writes bytes; inline, since every field passes here.
 * Owner:   the caller's buffer.
 * Errors:  none.
 * Threads: pure. */
#ifndef BUNDELWACHT_CODEC_AVRO_WRITE_H
#define BUNDELWACHT_CODEC_AVRO_WRITE_H

#include "base/buffer.h"

static inline void write_long(struct buffer *buffer, int64_t value)
{
    unsigned char *at = (unsigned char *)buffer_reserve(buffer, 10), *begin = at;
    uint64_t rest = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    for (; rest >= 0x80; rest >>= 7)
        *at++ = (unsigned char)(rest | 0x80);
    *at++ = (unsigned char)rest;
    buffer->length += (size_t)(at - begin);
}

static inline void write_boolean(struct buffer *buffer, bool value)
{
    buffer_add_byte(buffer, value);
}

/* Of a string or of bytes. */
static inline void write_span(struct buffer *buffer, struct bytes span)
{
    write_long(buffer, (int64_t)span.length);
    buffer_add_bytes(buffer, span);
}

/* A union of null and something: null is the first branch, as its default asks. */
static inline void write_optional_span(struct buffer *buffer, struct bytes span)
{
    buffer_add_byte(buffer, bytes_is_null(span) ? 0 : 2);
    if (!bytes_is_null(span))
        write_span(buffer, span);
}

#endif
