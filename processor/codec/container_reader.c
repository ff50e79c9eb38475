#include "codec/container.h"

#include "base/limits.h"
#include "base/must.h"
#include "codec/plan.h"
#include "codec/reader_field.h"

#include <stdlib.h>
#include <zlib.h>

struct container_reader {
    FILE *file;
    size_t record_bytes_max;
    enum container_codec codec;
    unsigned char sync[CONTAINER_SYNC_BYTES];
    struct schema *schema;
    struct plan *plan; /* or NULL: every record is bad_schema */
    struct buffer raw, unpacked;
    struct cursor cursor;   /* in the block */
    int64_t records_left;   /* in the block, as its head says */
    z_stream stream;
    bool stream_ready;
    char error[128];
};

static bool damaged(struct container_reader *reader, const char *what)
{
    if (reader->error[0] == '\0')
        snprintf(reader->error, sizeof(reader->error), "%s", what);
    return false;
}

/* --- bytes of the file --- */

static bool get_bytes(struct container_reader *reader, void *to, size_t length)
{
    return fread(to, 1, length, reader->file) == length;
}

static bool get_long(struct container_reader *reader, int64_t *ret_value)
{
    unsigned char bytes[VARINT_BYTES_MAX];
    size_t length = 0;
    do {
        int byte = length < sizeof(bytes) ? getc(reader->file) : EOF;
        if (byte == EOF)
            return false;
        bytes[length++] = (unsigned char)byte;
    } while (bytes[length - 1] >= 0x80);
    struct cursor cursor = { .at = bytes, .end = bytes + length };
    return read_long(&cursor, ret_value);
}

/* In pieces, so that a length that lies costs no more memory than the file has bytes. */
static bool get_span(struct container_reader *reader, size_t length, struct buffer *ret_bytes)
{
    enum { PIECE = 1 << 20 };
    buffer_clear(ret_bytes);
    while (length > 0) {
        size_t piece = length < PIECE ? length : PIECE;
        if (!get_bytes(reader, buffer_reserve(ret_bytes, piece), piece))
            return false;
        ret_bytes->length += piece;
        length -= piece;
    }
    return true;
}

/* --- the header --- */

struct header {
    struct buffer name, value, schema, codec;
    size_t bytes_left;
    bool has_schema;
};

static bool get_header_span(struct container_reader *reader, struct header *header, struct buffer *ret_bytes)
{
    int64_t length;
    if (!get_long(reader, &length) || length < 0 || (uint64_t)length > header->bytes_left)
        return false;
    header->bytes_left -= (size_t)length;
    return get_span(reader, (size_t)length, ret_bytes);
}

static bool get_entry(struct container_reader *reader, struct header *header)
{
    if (header->bytes_left < 2 || !get_header_span(reader, header, &header->name) || !get_header_span(reader, header, &header->value))
        return false;
    header->bytes_left -= header->bytes_left < 2 ? header->bytes_left : 2; /* so that empty entries end too */
    struct buffer *kept = NULL;
    if (bytes_equal(buffer_bytes(&header->name), BYTES("avro.schema")))
        kept = &header->schema;
    else if (bytes_equal(buffer_bytes(&header->name), BYTES("avro.codec")))
        kept = &header->codec;
    if (kept) {
        buffer_clear(kept);
        buffer_add_bytes(kept, buffer_bytes(&header->value));
        header->has_schema |= kept == &header->schema;
    }
    return true;
}

static bool get_metadata(struct container_reader *reader, struct header *header)
{
    int64_t count, ignored;
    for (;;) {
        if (!get_long(reader, &count) || count == INT64_MIN)
            return false;
        if (count == 0)
            return true;
        if (count < 0 && !get_long(reader, &ignored))
            return false;
        for (int64_t i = 0; i < (count < 0 ? -count : count); i++)
            if (!get_entry(reader, header))
                return false;
    }
}

static bool use_codec(struct container_reader *reader, struct bytes name)
{
    reader->codec = bytes_equal(name, BYTES("deflate")) ? CONTAINER_DEFLATE : CONTAINER_NULL;
    if (name.length == 0 || bytes_equal(name, BYTES("null")) || reader->codec == CONTAINER_DEFLATE)
        return true;
    return damaged(reader, "is packed with a codec other than null and deflate");
}

static bool use_header(struct container_reader *reader, struct header *header)
{
    const char *problem = NULL;
    if (!header->has_schema)
        return damaged(reader, "has no schema in its header");
    reader->schema = schema_parse(buffer_bytes(&header->schema), &problem);
    if (reader->schema == NULL) {
        snprintf(reader->error, sizeof(reader->error), "has a schema that %s", problem);
        return false;
    }
    reader->plan = plan_new(reader->schema, &problem);
    return use_codec(reader, buffer_bytes(&header->codec));
}

static bool get_header(struct container_reader *reader, struct header *header)
{
    char magic[4];
    if (!get_bytes(reader, magic, sizeof(magic)) || memcmp(magic, "Obj\x01", 4) != 0)
        return damaged(reader, "is no Avro container file");
    if (!get_metadata(reader, header) || !get_bytes(reader, reader->sync, sizeof(reader->sync)))
        return damaged(reader, "has a damaged header");
    return use_header(reader, header);
}

struct container_reader *container_reader_open(FILE *file, size_t record_bytes_max, char *ret_error, size_t error_size)
{
    struct container_reader *reader = calloc(1, sizeof(*reader));
    must(reader != NULL);
    reader->file = file;
    reader->record_bytes_max = record_bytes_max ? record_bytes_max : RECORD_BYTES_MAX;
    struct header header = { .bytes_left = CONTAINER_HEADER_BYTES_MAX };
    bool good = get_header(reader, &header);
    buffer_release(&header.name);
    buffer_release(&header.value);
    buffer_release(&header.schema);
    buffer_release(&header.codec);
    if (good)
        return reader;
    snprintf(ret_error, error_size, "%s", reader->error);
    container_reader_close(reader);
    return NULL;
}

void container_reader_close(struct container_reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->stream_ready)
        inflateEnd(&reader->stream);
    plan_free(reader->plan);
    schema_free(reader->schema);
    buffer_release(&reader->raw);
    buffer_release(&reader->unpacked);
    free(reader);
}

const char *container_reader_error(const struct container_reader *reader)
{
    return reader->error;
}

int64_t container_reader_block_left(const struct container_reader *reader)
{
    return reader->records_left;
}

/* --- blocks --- */

/* What stands behind the end of the stream is no concern of ours: Python's writers leave bytes of zlib's checksum there. */
static bool unpack(struct container_reader *reader)
{
    z_stream *stream = &reader->stream;
    if (!reader->stream_ready) {
        must(inflateInit2(stream, -15) == Z_OK);
        reader->stream_ready = true;
    } else {
        must(inflateReset(stream) == Z_OK);
    }
    buffer_clear(&reader->unpacked);
    stream->next_in = (Bytef *)reader->raw.data;
    stream->avail_in = (uInt)reader->raw.length;
    for (;;) {
        enum { PIECE = 1 << 18 };
        stream->next_out = (Bytef *)buffer_reserve(&reader->unpacked, PIECE);
        stream->avail_out = PIECE;
        int status = inflate(stream, Z_NO_FLUSH);
        reader->unpacked.length += PIECE - stream->avail_out;
        if (status == Z_STREAM_END)
            return true;
        if (status != Z_OK || reader->unpacked.length > CONTAINER_BLOCK_BYTES_MAX)
            return false;
    }
}

/* False at the end of the file, and when the block is damaged; then there is an error. */
static bool next_block(struct container_reader *reader)
{
    int64_t count, length;
    unsigned char sync[CONTAINER_SYNC_BYTES];
    int first = getc(reader->file);
    if (first == EOF)
        return ferror(reader->file) ? damaged(reader, "could not be read to its end") : false;
    ungetc(first, reader->file);
    if (!get_long(reader, &count) || !get_long(reader, &length) || count < 0 || length < 0 || length > CONTAINER_BLOCK_BYTES_MAX)
        return damaged(reader, "has a block with a damaged head");
    if (!get_span(reader, (size_t)length, &reader->raw) || !get_bytes(reader, sync, sizeof(sync)))
        return damaged(reader, "ends within a block");
    if (memcmp(sync, reader->sync, sizeof(sync)) != 0)
        return damaged(reader, "has a block without the sync marker behind it");
    if (reader->codec == CONTAINER_DEFLATE && !unpack(reader))
        return damaged(reader, "has a block that cannot be unpacked");
    struct bytes block = buffer_bytes(reader->codec == CONTAINER_DEFLATE ? &reader->unpacked : &reader->raw);
    if ((uint64_t)count > block.length && count > SKIP_ITEMS_MAX) /* records without bytes, without end */
        return damaged(reader, "has a block of more records than bytes");
    reader->cursor = (struct cursor){ .at = (const unsigned char *)block.data, .end = (const unsigned char *)block.data + block.length };
    reader->records_left = count;
    return true;
}

/* --- records --- */

static void give(struct container_record *record, const unsigned char *begin, const unsigned char *end, const char *reason)
{
    record->value = (struct bytes){ (const char *)begin, (size_t)(end - begin) };
    record->result = reason ? dead_letter(reason) : done();
    if (reason)
        record->declaration = (struct declaration){ .unreadable = FIELDS_ALL };
}

static void give_rest(struct container_reader *reader, struct container_record *record)
{
    give(record, reader->cursor.at, reader->cursor.end, reader->plan ? "bad_avro" : "bad_schema");
    reader->cursor.at = reader->cursor.end;
    reader->records_left = 0;
}

static bool pass_record(struct container_reader *reader, struct cursor *cursor, struct declaration *ret_declaration)
{
    if (reader->plan)
        return plan_run(reader->plan, cursor, ret_declaration);
    cursor->items_left = SKIP_ITEMS_MAX;
    return schema_skip(reader->schema->root, cursor);
}

static void read_record(struct container_reader *reader, struct container_record *record)
{
    struct cursor cursor = reader->cursor;
    if (!pass_record(reader, &cursor, &record->declaration)) {
        give_rest(reader, record);
        return;
    }
    const char *reason = reader->plan ? NULL : "bad_schema";
    if ((size_t)(cursor.at - reader->cursor.at) > reader->record_bytes_max)
        reason = "too_large";
    give(record, reader->cursor.at, cursor.at, reason);
    reader->cursor = cursor;
    reader->records_left--;
}

enum container_read container_reader_next(struct container_reader *reader, struct container_record *ret_record)
{
    while (reader->records_left == 0) {
        if (reader->cursor.at < reader->cursor.end) {
            give_rest(reader, ret_record);
            return CONTAINER_RECORD;
        }
        if (reader->error[0] != '\0' || !next_block(reader))
            return reader->error[0] != '\0' ? CONTAINER_DAMAGED : CONTAINER_END;
    }
    read_record(reader, ret_record);
    return CONTAINER_RECORD;
}
