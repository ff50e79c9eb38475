#include "codec/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"

/* A name is written in full where it is defined, which is where it is met first; later by its name alone. */
struct canonical {
    struct buffer *buffer;
    const struct schema_node *written[SCHEMA_TYPES_MAX];
    size_t written_count;
};

static void write_node(struct canonical *canonical, const struct schema_node *node);

static void add(struct canonical *canonical, struct bytes text)
{
    buffer_add_bytes(canonical->buffer, text);
}

static void add_quoted(struct canonical *canonical, struct bytes text)
{
    buffer_add_byte(canonical->buffer, '"');
    buffer_add_bytes(canonical->buffer, text);
    buffer_add_byte(canonical->buffer, '"');
}

static bool written_before(struct canonical *canonical, const struct schema_node *node)
{
    for (size_t i = 0; i < canonical->written_count; i++)
        if (canonical->written[i] == node)
            return true;
    must(canonical->written_count < SCHEMA_TYPES_MAX);
    canonical->written[canonical->written_count++] = node;
    return false;
}

static void write_fields(struct canonical *canonical, const struct schema_node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        add(canonical, i ? BYTES(",{\"name\":") : BYTES("{\"name\":"));
        add_quoted(canonical, node->names[i]);
        add(canonical, BYTES(",\"type\":"));
        write_node(canonical, node->children[i]);
        add(canonical, BYTES("}"));
    }
}

static void write_named(struct canonical *canonical, const struct schema_node *node)
{
    if (written_before(canonical, node)) {
        add_quoted(canonical, node->name);
        return;
    }
    add(canonical, BYTES("{\"name\":"));
    add_quoted(canonical, node->name);
    if (node->type == TYPE_RECORD) {
        add(canonical, BYTES(",\"type\":\"record\",\"fields\":["));
        write_fields(canonical, node);
        add(canonical, BYTES("]}"));
    } else if (node->type == TYPE_ENUM) {
        add(canonical, BYTES(",\"type\":\"enum\",\"symbols\":["));
        for (uint32_t i = 0; i < node->count; i++) {
            add(canonical, i ? BYTES(",") : BYTES(""));
            add_quoted(canonical, node->names[i]);
        }
        add(canonical, BYTES("]}"));
    } else {
        char size[48];
        int length = snprintf(size, sizeof(size), ",\"type\":\"fixed\",\"size\":%" PRIu32 "}", node->count);
        add(canonical, (struct bytes){ size, (size_t)length });
    }
}

static void write_union(struct canonical *canonical, const struct schema_node *node)
{
    add(canonical, BYTES("["));
    for (uint32_t i = 0; i < node->count; i++) {
        add(canonical, i ? BYTES(",") : BYTES(""));
        write_node(canonical, node->children[i]);
    }
    add(canonical, BYTES("]"));
}

static void write_node(struct canonical *canonical, const struct schema_node *node)
{
    static const char *const primitives[PRIMITIVE_TYPES] = { "null",  "boolean", "int",   "long",
                                                             "float", "double",  "bytes", "string" };
    if (node->type < PRIMITIVE_TYPES) {
        add_quoted(canonical, bytes_of(primitives[node->type]));
    } else if (node->type == TYPE_UNION) {
        write_union(canonical, node);
    } else if (node->type == TYPE_ARRAY || node->type == TYPE_MAP) {
        add(canonical, node->type == TYPE_ARRAY ? BYTES("{\"type\":\"array\",\"items\":")
                                                : BYTES("{\"type\":\"map\",\"values\":"));
        write_node(canonical, node->children[0]);
        add(canonical, BYTES("}"));
    } else {
        write_named(canonical, node);
    }
}

void schema_canonical(const struct schema_node *root, struct buffer *buffer)
{
    struct canonical *canonical = calloc(1, sizeof(*canonical));
    must(canonical != NULL);
    canonical->buffer = buffer;
    write_node(canonical, root);
    free(canonical);
}

uint64_t crc_64_avro(struct bytes text)
{
    const uint64_t empty = 0xc15d213aa4d7a795u;
    uint64_t crc = empty;
    for (size_t i = 0; i < text.length; i++) {
        crc ^= (unsigned char)text.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (empty & -(crc & 1));
    }
    return crc;
}
