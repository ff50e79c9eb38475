/* dump_file.h - the records of one partition of a topic in a file, as `dump` writes them and `replay` reads
 * them.
 * Owner:   a writer and a reader own their file. What a reader gives is borrowed until its next call; the
 * head's topic until it closes.
 * Units:   offsets of the partition, timestamps in milliseconds.
 * Errors:  a sentence in `ret_error`. A file that does not end with its end mark is DUMP_DAMAGED, never a
 * shorter file.
 * Threads: one at a time.
 *
 * The form, all numbers little-endian:
 *   head    "BWDUMP01" · u32 partition · u32 number of partitions · u32 length of the topic's name · the name
 *   record  'R' · i64 offset · i64 timestamp · u32 length of the key · u32 length of the value · key · value
 *           (a length of 0xFFFFFFFF is null: no bytes follow)
 *   end     'E' · u64 number of records */
#ifndef BUNDELWACHT_PIPELINE_DUMP_FILE_H
#define BUNDELWACHT_PIPELINE_DUMP_FILE_H

#include "base/bytes.h"

#define DUMP_SUFFIX ".dump"

struct dump_head {
    struct bytes topic;
    int32_t partition, partitions_count;
};
struct dump_record {
    int64_t offset, timestamp;
    struct bytes key, value; /* or null */
};

/* DIR/<topic>-<partition, 4 digits>.dump; false when it does not fit. */
bool dump_path(char *ret_path, size_t size, const char *directory, const struct dump_head *head);

struct dump_writer;
/* Writes to `path`.part; the file gets its name when the writer is closed. */
struct dump_writer *dump_writer_open(const char *path, const struct dump_head *head, char *ret_error,
                                     size_t error_size);
bool dump_writer_add(struct dump_writer *writer, const struct dump_record *record);
/* Ends the file and frees the writer; false when anything was not written (the file then keeps its .part). */
bool dump_writer_close(struct dump_writer *writer, char *ret_error, size_t error_size);
/* Frees the writer and removes what it wrote. */
void dump_writer_abandon(struct dump_writer *writer);

enum dump_read { DUMP_RECORD, DUMP_END, DUMP_DAMAGED };
struct dump_reader;
struct dump_reader *dump_reader_open(const char *path, struct dump_head *ret_head, char *ret_error,
                                     size_t error_size);
/* Records come in rising order of offset; anything else is DUMP_DAMAGED, with the sentence in
 * dump_reader_error. */
enum dump_read dump_reader_next(struct dump_reader *reader, struct dump_record *ret_record);
const char *dump_reader_error(const struct dump_reader *reader);
void dump_reader_close(struct dump_reader *reader);

#endif
