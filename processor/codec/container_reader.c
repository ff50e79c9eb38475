#include "codec/container.h"

#include "base/limits.h"
#include "base/must.h"
#include "codec/container_unpack.h"
#include "codec/plan.h"
#include "codec/reader_field.h"
#include "engine/dead_letter.h"

#include <stdlib.h>

struct container_reader {
    FILE *file;
    size_t record_bytes_max;
    unsigned char sync[CONTAINER_SYNC_BYTES];
    struct schema *schema;
    struct plan *plan; /* or NULL: every record is bad_schema */
    struct buffer raw, unpacked;
    struct cursor cursor;   /* in the block */
    int64_t records_left;   /* in the block, as its head says */
    struct unpacker unpacker;
    uint64_t bytes_read, bytes_unpacked, letters_cost; /* of the whole file */
    char error[256];
    char why[SCHEMA_WHY_BYTES]; /* without a plan: what is wrong with the schema */
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
    reader->bytes_read += length;
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
    reader->bytes_read += length;
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
    if (header->bytes_left < 2 || !get_header_span(reader, header, &header->name) ||
        !get_header_span(reader, header, &header->value))
        return false;
    header->bytes_left -= header->bytes_left < 2 ? header->bytes_left : 2; /* so that empty entries end too */
    struct buffer *wanted = NULL;
    if (bytes_equal(buffer_bytes(&header->name), BYTES("avro.schema")))
        wanted = &header->schema;
    else if (bytes_equal(buffer_bytes(&header->name), BYTES("avro.codec")))
        wanted = &header->codec;
    if (wanted) {
        buffer_clear(wanted);
        buffer_add_bytes(wanted, buffer_bytes(&header->value));
        header->has_schema |= wanted == &header->schema;
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

/* A codec's name that may be shown: short and plain. */
static bool is_plain(struct bytes name)
{
    for (size_t i = 0; i < name.length; i++)
        if (!((name.data[i] >= 'a' && name.data[i] <= 'z') || (name.data[i] >= '0' && name.data[i] <= '9') ||
              name.data[i] == '-'))
            return false;
    return name.length <= 16;
}

static bool use_codec(struct container_reader *reader, struct bytes name)
{
    if (unpacker_codec(name, &reader->unpacker.codec))
        return true;
    if (!is_plain(name))
        name = BYTES("unknown");
    snprintf(reader->error, sizeof(reader->error),
             "is packed with \"%.*s\", and null, deflate, snappy and zstandard are read: convert it with "
             "avro-tools, "
             "`java -jar avro-tools.jar recodec --codec deflate IN.avro OUT.avro`",
             BYTES_ARGS(name));
    return false;
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
    if (!reader->plan)
        plan_blame(reader->schema, reader->why, sizeof(reader->why));
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

struct container_reader *container_reader_open(FILE *file, size_t record_bytes_max, char *ret_error,
                                               size_t error_size)
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
    unpacker_release(&reader->unpacker);
    plan_free(reader->plan);
    schema_free(reader->schema);
    buffer_release(&reader->raw);
    buffer_release(&reader->unpacked);
    free(reader);
}

bool container_reader_readable(const struct container_reader *reader, char *ret_sentence, size_t size)
{
    if (reader->plan == NULL)
        plan_explain(reader->schema, ret_sentence, size);
    return reader->plan != NULL;
}

struct bytes container_reader_why(const struct container_reader *reader)
{
    return reader->plan ? BYTES_NULL : bytes_of(reader->why);
}

const char *container_reader_error(const struct container_reader *reader)
{
    return reader->error;
}

/* --- blocks --- */

/* A few bytes may say how to write many: as many as the file has earned by its size may come out. */
static bool unpack(struct container_reader *reader)
{
    uint64_t allowed =
        CONTAINER_UNPACKED_FREE + CONTAINER_UNPACKED_RATIO_MAX * reader->bytes_read - reader->bytes_unpacked;
    size_t length_max = allowed < CONTAINER_BLOCK_BYTES_MAX ? (size_t)allowed : CONTAINER_BLOCK_BYTES_MAX;
    switch (unpacker_run(&reader->unpacker, buffer_bytes(&reader->raw), length_max, &reader->unpacked)) {
    case UNPACKED: reader->bytes_unpacked += reader->unpacked.length; return true;
    case UNPACKED_TOO_LARGE:
        return damaged(reader, "has a block that unpacks to more than a file of its size may hold");
    case UNPACKED_BROKEN: break;
    }
    return damaged(reader, "has a block that cannot be unpacked");
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
    if (!get_long(reader, &count) || !get_long(reader, &length) || count < 0 || length < 0 ||
        length > CONTAINER_BLOCK_BYTES_MAX)
        return damaged(reader, "has a block with a damaged head");
    if (!get_span(reader, (size_t)length, &reader->raw) || !get_bytes(reader, sync, sizeof(sync)))
        return damaged(reader, "ends within a block");
    if (memcmp(sync, reader->sync, sizeof(sync)) != 0)
        return damaged(reader, "has a block without the sync marker behind it");
    bool packed = reader->unpacker.codec != CONTAINER_NULL;
    if (packed && !unpack(reader))
        return false;
    struct bytes block = buffer_bytes(packed ? &reader->unpacked : &reader->raw);
    /* no declaration is without bytes, and such records would never end */
    if ((uint64_t)count > block.length)
        return damaged(reader, "has a block of more records than bytes");
    reader->cursor = (struct cursor){ .at = (const unsigned char *)block.data,
                                      .end = (const unsigned char *)block.data + block.length };
    reader->records_left = count;
    return true;
}

/* --- records --- */

static void give(struct container_record *record, const unsigned char *begin, const unsigned char *end,
                 struct result result)
{
    record->value = (struct bytes){ (const char *)begin, (size_t)(end - begin) };
    record->result = result;
    if (result.verdict != DONE)
        record->declaration = (struct declaration){ .unreadable = FIELDS_ALL };
}

static void give_rest(struct container_reader *reader, struct container_record *record)
{
    give(record, reader->cursor.at, reader->cursor.end,
         dead_letter(reader->plan ? LETTER_bad_avro : LETTER_bad_schema));
    reader->cursor.at = reader->cursor.end;
    reader->records_left = 0;
}

static bool pass_record(struct container_reader *reader, struct cursor *cursor,
                        struct declaration *ret_declaration)
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
    struct result result = reader->plan ? done() : dead_letter(LETTER_bad_schema);
    if ((size_t)(cursor.at - reader->cursor.at) > reader->record_bytes_max)
        result = dead_letter(LETTER_too_large);
    give(record, reader->cursor.at, cursor.at, result);
    reader->cursor = cursor;
    reader->records_left--;
}

/* Letters are of no more than the file has bytes, or packs honestly: else a few bytes would write a disk
 * full. */
static bool may_be_letter(struct container_reader *reader, const struct container_record *record)
{
    reader->letters_cost += CONTAINER_LETTER_BYTES + record->value.length;
    return (record->value.length <= CONTAINER_LETTER_BYTES_MAX ||
            record->value.length <= reader->bytes_read) &&
           reader->letters_cost <= CONTAINER_LETTERS_FREE + CONTAINER_LETTERS_RATIO_MAX * reader->bytes_read;
}

/* In a file that unpacks to many times its size a record that can be read and that no fold will take counts
 * too; in others the size bounds them, and the fold's check is not made twice. */
static bool ends_as_letter(const struct container_reader *reader, const struct container_record *record)
{
    if (record->result.verdict != DONE)
        return true;
    return reader->bytes_unpacked > CONTAINER_DENSE_RATIO * reader->bytes_read &&
           declaration_check(&record->declaration,
                             &(struct declaration_envelope){ .record_timestamp = INT64_MAX })
                   .verdict != DONE;
}

static enum container_read give_checked(struct container_reader *reader,
                                        const struct container_record *record)
{
    if (!ends_as_letter(reader, record) || may_be_letter(reader, record))
        return CONTAINER_RECORD;
    reader->records_left = 0;
    reader->cursor.at = reader->cursor.end;
    damaged(reader, "holds more of what cannot be read than a file of its size may");
    return CONTAINER_DAMAGED;
}

enum container_read container_reader_next(struct container_reader *reader,
                                          struct container_record *ret_record)
{
    while (reader->records_left == 0) {
        if (reader->cursor.at < reader->cursor.end) {
            give_rest(reader, ret_record);
            return give_checked(reader, ret_record);
        }
        if (reader->error[0] != '\0' || !next_block(reader))
            return reader->error[0] != '\0' ? CONTAINER_DAMAGED : CONTAINER_END;
    }
    read_record(reader, ret_record);
    return give_checked(reader, ret_record);
}
