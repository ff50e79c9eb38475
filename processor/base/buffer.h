/* buffer.h - bytes that grow: what encoders write into.
 * Owner:   the buffer owns its memory; buffer_clear keeps it, buffer_release gives it back.
 * Errors:  none: when the system has no memory the program stops (must).
 * Threads: one at a time. */
#ifndef BUNDELWACHT_BASE_BUFFER_H
#define BUNDELWACHT_BASE_BUFFER_H

#include "base/bytes.h"

struct buffer {
    char *data;
    size_t length, capacity;
};

void buffer_reserve_slow(struct buffer *buffer, size_t more);
void buffer_release(struct buffer *buffer);

static inline void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
}

/* Room for `more` bytes behind the length; the caller writes there and raises the length. */
static inline char *buffer_reserve(struct buffer *buffer, size_t more)
{
    if (more > buffer->capacity - buffer->length)
        buffer_reserve_slow(buffer, more);
    return buffer->data + buffer->length;
}

static inline void buffer_add(struct buffer *buffer, const void *data, size_t length)
{
    if (length == 0)
        return;
    memcpy(buffer_reserve(buffer, length), data, length);
    buffer->length += length;
}

static inline void buffer_add_bytes(struct buffer *buffer, struct bytes bytes)
{
    buffer_add(buffer, bytes.data, bytes.length);
}

static inline void buffer_add_byte(struct buffer *buffer, unsigned char byte)
{
    *buffer_reserve(buffer, 1) = (char)byte;
    buffer->length++;
}

static inline struct bytes buffer_bytes(const struct buffer *buffer)
{
    return (struct bytes){ buffer->data ? buffer->data : "", buffer->length };
}

#endif
