/* bytes.h - a borrowed span of bytes with its length.
 * Owner:   whoever owns the memory behind it; a span frees nothing.
 * Units:   lengths in bytes. data == NULL means null, which is not the same as empty.
 * Errors:  none.
 * Threads: pure; call from anywhere. */
#ifndef BUNDELWACHT_BASE_BYTES_H
#define BUNDELWACHT_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const char *data;
    size_t length;
};

#define BYTES_NULL ((struct bytes){ NULL, 0 })
/* Of a string literal; the length is known at compile time. */
#define BYTES(literal) ((struct bytes){ "" literal "", sizeof(literal) - 1 })
/* For printf("%.*s"). */
#define BYTES_ARGS(span) (int)(span).length, (span).data ? (span).data : ""

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline struct bytes bytes_of(const char *text)
{
    return (struct bytes){ text, text ? strlen(text) : 0 };
}

static inline bool bytes_is_null(struct bytes span)
{
    return span.data == NULL;
}

/* Null equals null and nothing else. */
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    if (a.length != b.length || (a.data == NULL) != (b.data == NULL))
        return false;
    return a.length == 0 || memcmp(a.data, b.data, a.length) == 0;
}

static inline bool bytes_begin_with(struct bytes text, struct bytes prefix)
{
    return text.length >= prefix.length &&
           (prefix.length == 0 || memcmp(text.data, prefix.data, prefix.length) == 0);
}

/* The order of bytes compared unsigned (§4, §10, §11); a shorter one that is a prefix comes first. */
static inline int bytes_compare(struct bytes a, struct bytes b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (a.length > b.length) - (a.length < b.length);
}

#endif
