#include "pipeline/outbox.h"

#include "base/array.h"
#include "base/must.h"

#include <stdlib.h>
#include <string.h>

const char *const output_topic_names[TOPIC_COUNT] = { "decisions", "episodes", "alerts", "dead-letters" };

void outbox_clear(struct outbox *outbox)
{
    buffer_clear(&outbox->bytes);
    outbox->count = 0;
}

void outbox_cut(struct outbox *outbox, size_t count)
{
    if (count >= outbox->count)
        return;
    outbox->bytes.length = outbox->records[count].at;
    outbox->count = count;
}

void outbox_release(struct outbox *outbox)
{
    buffer_release(&outbox->bytes);
    free(outbox->records);
    *outbox = (struct outbox){ 0 };
}

void outbox_append(struct outbox *outbox, const struct outbox *more)
{
    size_t at = outbox->bytes.length;
    buffer_reserve(&outbox->bytes, 1);
    buffer_add(&outbox->bytes, more->bytes.data, more->bytes.length);
    for (size_t i = 0; i < more->count; i++) {
        ARRAY_ROOM(outbox->records, outbox->count, outbox->capacity);
        outbox->records[outbox->count] = more->records[i];
        outbox->records[outbox->count++].at += at;
    }
}

void outbox_begin(struct outbox *outbox, enum output_topic topic, int64_t input_offset)
{
    ARRAY_ROOM(outbox->records, outbox->count, outbox->capacity);
    buffer_reserve(&outbox->bytes, 1); /* so that what is empty has an address, and is not null */
    outbox->records[outbox->count] = (struct outbox_record){ .topic = (uint8_t)topic,
                                                             .at = outbox->bytes.length,
                                                             .input_offset = input_offset };
}

void outbox_value_begins(struct outbox *outbox)
{
    struct outbox_record *record = &outbox->records[outbox->count];
    record->key_length = (uint32_t)(outbox->bytes.length - record->at);
}

struct outbox_record *outbox_end(struct outbox *outbox)
{
    struct outbox_record *record = &outbox->records[outbox->count++];
    record->value_length = (uint32_t)(outbox->bytes.length - record->at - record->key_length);
    return record;
}

struct bytes outbox_key(const struct outbox *outbox, const struct outbox_record *record)
{
    return record->key_null ? BYTES_NULL
                            : (struct bytes){ outbox->bytes.data + record->at, record->key_length };
}

struct bytes outbox_value(const struct outbox *outbox, const struct outbox_record *record)
{
    return record->value_null
               ? BYTES_NULL
               : (struct bytes){ outbox->bytes.data + record->at + record->key_length, record->value_length };
}

/* --- headers: the name with its zero byte, the length of the value (or NO_VALUE), the value --- */

#define NO_VALUE UINT32_MAX

void outbox_add_header(struct outbox *outbox, const struct header *header)
{
    uint32_t length = bytes_is_null(header->value) ? NO_VALUE : (uint32_t)header->value.length;
    must(outbox->count > 0);
    must(outbox->records[outbox->count - 1].headers_count < OUTBOX_HEADERS_MAX);
    buffer_add(&outbox->bytes, header->name, strlen(header->name) + 1);
    buffer_add(&outbox->bytes, &length, sizeof(length));
    buffer_add_bytes(&outbox->bytes, header->value);
    outbox->records[outbox->count - 1].headers_count++;
}

size_t outbox_headers(const struct outbox *outbox, const struct outbox_record *record,
                      struct header ret_headers[OUTBOX_HEADERS_MAX])
{
    const char *at = outbox->bytes.data + record->at + record->key_length + record->value_length;
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
