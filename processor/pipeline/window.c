#include "pipeline/window.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the text --- */

void window_to_text(const struct window *window, char text[WINDOW_TEXT_BYTES])
{
    int at =
        snprintf(text, WINDOW_TEXT_BYTES, ";by=%s;base=%" PRId64 ";seen=", window->by, window->made.base);
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        const struct window_topic *of = &window->topics[topic];
        at += snprintf(text + at, WINDOW_TEXT_BYTES - (size_t)at,
                       "%s%" PRId64 ":%" PRId64 ":%" PRId64 ":%016" PRIx64, topic ? "," : "", of->seen,
                       of->have, window->made.counts[topic], of->last);
    }
}

static const char *value_of(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? at + strlen(name) : NULL;
}

static bool take_number(const char **at, int base, char until, uint64_t *ret_number)
{
    char *end;
    errno = 0;
    *ret_number = strtoull(*at, &end, base);
    bool fine = end != *at && errno == 0 && **at != '-' && **at != '+' && *end == until;
    *at = end + (*end != 0);
    return fine;
}

static bool take_topic(const char **at, bool last, struct window_topic *of, int64_t *ret_made)
{
    uint64_t seen = 0, have = 0, made = 0;
    bool fine = take_number(at, 10, ':', &seen) && take_number(at, 10, ':', &have) &&
                take_number(at, 10, ':', &made) && take_number(at, 16, last ? ';' : ',', &of->last);
    fine = fine && seen <= COUNT_MAX && made <= COUNT_MAX && have <= COUNT_MAX;
    of->seen = (int64_t)seen;
    of->have = (int64_t)have;
    *ret_made = (int64_t)made;
    return fine;
}

/* The serial of the book comes last and may hold anything; what is ours stands before it. */
bool window_from_text(const char *metadata, struct window *ret_window)
{
    struct window window = { 0 };
    const char *by = value_of(metadata, ";by="), *base = value_of(metadata, ";base="),
               *seen = value_of(metadata, ";seen=");
    const char *serial = strstr(metadata, ";serial=");
    uint64_t number;
    if (!by || !base || !seen || !serial || seen > serial || base > seen || by > base)
        return false;
    size_t length = strcspn(by, ";");
    if (length == 0 || length >= sizeof(window.by) || !take_number(&base, 10, ';', &number) ||
        number > COUNT_MAX)
        return false;
    memcpy(window.by, by, length);
    window.made.base = (int64_t)number;
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (!take_topic(&seen, topic + 1 == TOPIC_COUNT, &window.topics[topic], &window.made.counts[topic]))
            return false;
    *ret_window = window;
    return true;
}

bool window_is_seen(const struct window *window)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (window->topics[topic].have < window->made.counts[topic])
            return false;
    return true;
}

/* --- records --- */

static struct hash128 add(struct hash128 hash, struct bytes bytes)
{
    struct hash128 next =
        hash128(bytes.data, bytes.length, hash.low ^ (hash.high << 1) ^ bytes_is_null(bytes));
    return (struct hash128){ next.low + 0x9E3779B97F4A7C15u, next.high ^ hash.high };
}

struct hash128 output_hash(struct bytes key, struct bytes value, const struct header *headers,
                           size_t headers_count)
{
    struct hash128 hash = add(add((struct hash128){ 0 }, key), value);
    for (size_t i = 0; i < headers_count; i++)
        hash = add(add(hash, bytes_of(headers[i].name)), headers[i].value);
    return hash;
}

uint64_t output_key_hash(struct bytes key)
{
    return hash64(key.data, key.length, bytes_is_null(key));
}
