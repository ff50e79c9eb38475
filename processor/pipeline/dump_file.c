#include "pipeline/dump_file.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"
#include "system/own_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAGIC "BWDUMP01"
enum { MAGIC_BYTES = 8, TAG_RECORD = 'R', TAG_END = 'E', FILE_BUFFER_BYTES = 1 << 18 };
#define LENGTH_NULL UINT32_MAX

static void put_number(unsigned char *to, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(number >> (8 * i));
}

static uint64_t get_number(const unsigned char *from, int bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++)
        number |= (uint64_t)from[i] << (8 * i);
    return number;
}

bool dump_path(char *ret_path, size_t size, const char *directory, const struct dump_head *head)
{
    int length = snprintf(ret_path, size, "%s/%.*s-%04d" DUMP_SUFFIX, directory, BYTES_ARGS(head->topic),
                          (int)head->partition);
    return length >= 0 && (size_t)length < size;
}

/* --- writing --- */

struct dump_writer {
    FILE *file;
    char *path, *part_path;
    char *file_buffer;
    uint64_t records_count;
    bool failed;
    int error_number;
};

static void writer_put(struct dump_writer *writer, const void *data, size_t length)
{
    if (writer->failed || length == 0)
        return;
    if (fwrite(data, 1, length, writer->file) != length) {
        writer->failed = true;
        writer->error_number = errno;
    }
}

static void writer_head(struct dump_writer *writer, const struct dump_head *head)
{
    unsigned char numbers[12];
    put_number(numbers, (uint32_t)head->partition, 4);
    put_number(numbers + 4, (uint32_t)head->partitions_count, 4);
    put_number(numbers + 8, head->topic.length, 4);
    writer_put(writer, MAGIC, MAGIC_BYTES);
    writer_put(writer, numbers, sizeof(numbers));
    writer_put(writer, head->topic.data, head->topic.length);
}

static void writer_free(struct dump_writer *writer)
{
    memory_free(writer->path);
    memory_free(writer->part_path);
    memory_free(writer->file_buffer);
    memory_free(writer);
}

static char *text_joined(const char *text, const char *suffix)
{
    size_t size = strlen(text) + strlen(suffix) + 1;
    char *joined = memory_alloc(size, 1);
    snprintf(joined, size, "%s%s", text, suffix);
    return joined;
}

struct dump_writer *dump_writer_open(const char *path, const struct dump_head *head, char *ret_error,
                                     size_t error_size)
{
    must(head->topic.length <= TOPIC_NAME_BYTES_MAX);
    struct dump_writer *writer = memory_alloc_zeroed(1, sizeof(*writer));
    writer->path = text_joined(path, "");
    writer->part_path = text_joined(path, ".part");
    writer->file = own_file_create_stream(writer->part_path);
    if (!writer->file) {
        snprintf(ret_error, error_size, "could not write \"%s\": %s", writer->part_path, strerror(errno));
        writer_free(writer);
        return NULL;
    }
    writer->file_buffer = memory_alloc(FILE_BUFFER_BYTES, 1);
    setvbuf(writer->file, writer->file_buffer, _IOFBF, FILE_BUFFER_BYTES);
    writer_head(writer, head);
    return writer;
}

static uint64_t span_length(struct bytes span)
{
    must(span.length < LENGTH_NULL);
    return bytes_is_null(span) ? LENGTH_NULL : span.length;
}

bool dump_writer_add(struct dump_writer *writer, const struct dump_record *record)
{
    unsigned char numbers[25];
    numbers[0] = TAG_RECORD;
    put_number(numbers + 1, (uint64_t)record->offset, 8);
    put_number(numbers + 9, (uint64_t)record->timestamp, 8);
    put_number(numbers + 17, span_length(record->key), 4);
    put_number(numbers + 21, span_length(record->value), 4);
    writer_put(writer, numbers, sizeof(numbers));
    writer_put(writer, record->key.data, record->key.length);
    writer_put(writer, record->value.data, record->value.length);
    writer->records_count++;
    return !writer->failed;
}

static void writer_end(struct dump_writer *writer)
{
    unsigned char end[9] = { TAG_END };
    put_number(end + 1, writer->records_count, 8);
    writer_put(writer, end, sizeof(end));
    if (!writer->failed && (fflush(writer->file) != 0 || fsync(fileno(writer->file)) != 0)) {
        writer->failed = true;
        writer->error_number = errno;
    }
    if (fclose(writer->file) != 0 && !writer->failed) {
        writer->failed = true;
        writer->error_number = errno;
    }
}

bool dump_writer_close(struct dump_writer *writer, char *ret_error, size_t error_size)
{
    writer_end(writer);
    if (!writer->failed && rename(writer->part_path, writer->path) != 0) {
        writer->failed = true;
        writer->error_number = errno;
    }
    bool written = !writer->failed;
    if (!written)
        snprintf(ret_error, error_size, "could not write \"%s\": %s", writer->path,
                 strerror(writer->error_number));
    writer_free(writer);
    return written;
}

void dump_writer_abandon(struct dump_writer *writer)
{
    fclose(writer->file);
    unlink(writer->part_path);
    writer_free(writer);
}

/* --- reading --- */

struct dump_reader {
    FILE *file;
    char *file_buffer;
    struct buffer bytes; /* the record's key and value */
    char topic[TOPIC_NAME_BYTES_MAX + 1];
    uint64_t records_count;
    int64_t offset_last;
    char error[256];
};

static bool reader_get(struct dump_reader *reader, void *to, size_t length)
{
    return fread(to, 1, length, reader->file) == length;
}

static bool reader_head(struct dump_reader *reader, struct dump_head *ret_head)
{
    unsigned char head[MAGIC_BYTES + 12];
    if (!reader_get(reader, head, sizeof(head)) || memcmp(head, MAGIC, MAGIC_BYTES) != 0)
        return false;
    uint64_t partition = get_number(head + 8, 4), partitions_count = get_number(head + 12, 4),
             length = get_number(head + 16, 4);
    if (partitions_count == 0 || partitions_count > PARTITIONS_MAX || partition >= partitions_count ||
        length > TOPIC_NAME_BYTES_MAX)
        return false;
    if (!reader_get(reader, reader->topic, length))
        return false;
    *ret_head =
        (struct dump_head){ { reader->topic, length }, (int32_t)partition, (int32_t)partitions_count };
    return true;
}

struct dump_reader *dump_reader_open(const char *path, struct dump_head *ret_head, char *ret_error,
                                     size_t error_size)
{
    struct dump_reader *reader = memory_alloc_zeroed(1, sizeof(*reader));
    reader->offset_last = -1;
    reader->file = fopen(path, "rb");
    if (!reader->file) {
        snprintf(ret_error, error_size, "could not read \"%s\": %s", path, strerror(errno));
        dump_reader_close(reader);
        return NULL;
    }
    reader->file_buffer = memory_alloc(FILE_BUFFER_BYTES, 1);
    setvbuf(reader->file, reader->file_buffer, _IOFBF, FILE_BUFFER_BYTES);
    if (!reader_head(reader, ret_head)) {
        snprintf(ret_error, error_size, "\"%s\" does not begin as a dump of bundelwacht", path);
        dump_reader_close(reader);
        return NULL;
    }
    return reader;
}

static enum dump_read reader_damaged(struct dump_reader *reader, const char *what)
{
    snprintf(reader->error, sizeof(reader->error), "damaged dump: %s after %llu records", what,
             (unsigned long long)reader->records_count);
    return DUMP_DAMAGED;
}

static enum dump_read reader_ends(struct dump_reader *reader)
{
    unsigned char count[8];
    if (!reader_get(reader, count, sizeof(count)))
        return reader_damaged(reader, "cut");
    if (get_number(count, 8) != reader->records_count)
        return reader_damaged(reader, "another number of records than its end says");
    if (fgetc(reader->file) != EOF)
        return reader_damaged(reader, "bytes behind its end");
    return DUMP_END;
}

/* Of a record: no memory is taken for a length that only says so. */
static bool reader_get_bytes(struct dump_reader *reader, size_t length)
{
    enum { PIECE = 1 << 20 };
    struct buffer *bytes = &reader->bytes;
    buffer_clear(bytes);
    while (bytes->length < length) {
        size_t left = length - bytes->length, piece = left < PIECE ? left : PIECE;
        if (!reader_get(reader, buffer_reserve(bytes, piece), piece))
            return false;
        bytes->length += piece;
    }
    return buffer_reserve(bytes, 1) != NULL; /* an empty value is none that is null */
}

static struct bytes span_at(const struct buffer *bytes, size_t at, uint64_t length)
{
    return length == LENGTH_NULL ? BYTES_NULL : (struct bytes){ bytes->data + at, length };
}

enum dump_read dump_reader_next(struct dump_reader *reader, struct dump_record *ret_record)
{
    unsigned char numbers[24];
    int tag = fgetc(reader->file);
    if (tag == TAG_END)
        return reader_ends(reader);
    if (tag != TAG_RECORD)
        return reader_damaged(reader, tag == EOF ? "cut" : "no record");
    if (!reader_get(reader, numbers, sizeof(numbers)))
        return reader_damaged(reader, "cut");
    int64_t offset = (int64_t)get_number(numbers, 8), timestamp = (int64_t)get_number(numbers + 8, 8);
    uint64_t key_length = get_number(numbers + 16, 4), value_length = get_number(numbers + 20, 4);
    size_t key_bytes = key_length == LENGTH_NULL ? 0 : key_length,
           value_bytes = value_length == LENGTH_NULL ? 0 : value_length;
    if (key_bytes > KAFKA_RECORD_BYTES_MAX || value_bytes > KAFKA_RECORD_BYTES_MAX)
        return reader_damaged(reader, "a record longer than Kafka has");
    if (offset <= reader->offset_last)
        return reader_damaged(reader, "an offset that does not rise");
    if (!reader_get_bytes(reader, key_bytes + value_bytes))
        return reader_damaged(reader, "cut");
    reader->offset_last = offset;
    reader->records_count++;
    *ret_record = (struct dump_record){ offset, timestamp, span_at(&reader->bytes, 0, key_length),
                                        span_at(&reader->bytes, key_bytes, value_length) };
    return DUMP_RECORD;
}

const char *dump_reader_error(const struct dump_reader *reader)
{
    return reader->error;
}

void dump_reader_close(struct dump_reader *reader)
{
    if (reader->file)
        fclose(reader->file);
    memory_free(reader->file_buffer);
    buffer_release(&reader->bytes);
    memory_free(reader);
}
