#include "pipeline/kept.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

const char *const output_topic_names[TOPIC_COUNT] = { "decisions", "episodes", "alerts", "dead-letters" };

void kept_clear(struct kept *kept)
{
    buffer_clear(&kept->bytes);
    kept->count = 0;
}

void kept_cut(struct kept *kept, size_t count)
{
    if (count >= kept->count)
        return;
    kept->bytes.length = kept->records[count].at;
    kept->count = count;
}

void kept_release(struct kept *kept)
{
    buffer_release(&kept->bytes);
    free(kept->records);
    *kept = (struct kept){ 0 };
}

static void make_room(struct kept *kept, size_t count)
{
    while (kept->count + count > kept->capacity) {
        kept->capacity = kept->capacity ? kept->capacity * 2 : 64;
        kept->records = realloc(kept->records, kept->capacity * sizeof(*kept->records));
        must(kept->records != NULL && "out of memory");
    }
}

void kept_append(struct kept *kept, const struct kept *more)
{
    size_t at = kept->bytes.length;
    make_room(kept, more->count);
    buffer_reserve(&kept->bytes, 1);
    buffer_add(&kept->bytes, more->bytes.data, more->bytes.length);
    for (size_t i = 0; i < more->count; i++) {
        kept->records[kept->count] = more->records[i];
        kept->records[kept->count++].at += at;
    }
}

void kept_begin(struct kept *kept, enum output_topic topic, int64_t input_offset)
{
    make_room(kept, 1);
    buffer_reserve(&kept->bytes, 1); /* so that what is empty has a place, and is not null */
    kept->records[kept->count] = (struct kept_record){ .topic = (uint8_t)topic, .at = kept->bytes.length, .input_offset = input_offset };
}

void kept_value_begins(struct kept *kept)
{
    struct kept_record *record = &kept->records[kept->count];
    record->key_length = (uint32_t)(kept->bytes.length - record->at);
}

struct kept_record *kept_end(struct kept *kept)
{
    struct kept_record *record = &kept->records[kept->count++];
    record->value_length = (uint32_t)(kept->bytes.length - record->at - record->key_length);
    return record;
}

struct bytes kept_key(const struct kept *kept, const struct kept_record *record)
{
    return record->key_null ? BYTES_NULL : (struct bytes){ kept->bytes.data + record->at, record->key_length };
}

struct bytes kept_value(const struct kept *kept, const struct kept_record *record)
{
    return record->value_null ? BYTES_NULL : (struct bytes){ kept->bytes.data + record->at + record->key_length, record->value_length };
}

/* --- headers: the name with its zero byte, the length of the value (or NO_VALUE), the value --- */

#define NO_VALUE UINT32_MAX

void kept_add_header(struct kept *kept, const struct header *header)
{
    uint32_t length = bytes_is_null(header->value) ? NO_VALUE : (uint32_t)header->value.length;
    must(kept->count > 0);
    must(kept->records[kept->count - 1].headers_count < LETTER_HEADERS_MAX);
    buffer_add(&kept->bytes, header->name, strlen(header->name) + 1);
    buffer_add(&kept->bytes, &length, sizeof(length));
    buffer_add_bytes(&kept->bytes, header->value);
    kept->records[kept->count - 1].headers_count++;
}

size_t kept_headers(const struct kept *kept, const struct kept_record *record, struct header ret_headers[LETTER_HEADERS_MAX])
{
    const char *at = kept->bytes.data + record->at + record->key_length + record->value_length;
    for (uint32_t i = 0; i < record->headers_count; i++) {
        uint32_t length;
        ret_headers[i].name = at;
        at += strlen(at) + 1;
        memcpy(&length, at, sizeof(length));
        at += sizeof(length);
        ret_headers[i].value = length == NO_VALUE ? BYTES_NULL : (struct bytes){ at, length };
        at += length == NO_VALUE ? 0 : length;
    }
    return record->headers_count;
}
