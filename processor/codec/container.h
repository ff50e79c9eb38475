/* container.h - Avro container files: read record by record whatever wrote them, and written so that the same records give the
 *               same bytes.
 * Owner:   the reader borrows an open file, which must outlive it; what it gives are views into its block, good until its next
 *          call. The writer writes into a buffer of the caller, who takes the bytes from there to the file.
 * Errors:  what makes a file unreadable as a whole (no container, an unknown codec, a damaged block, a cut end) ends it with a
 *          sentence in `ret_error` or container_reader_error: exit 65. What is wrong inside a block with intact edges is a
 *          matter of its records: dead letters.
 * Threads: a reader or writer belongs to one at a time. */
#ifndef BUNDELWACHT_CODEC_CONTAINER_H
#define BUNDELWACHT_CODEC_CONTAINER_H

#include "base/buffer.h"
#include "base/result.h"
#include "engine/declaration.h"

#include <stdio.h>

enum container_codec { CONTAINER_NULL, CONTAINER_DEFLATE };
#define CONTAINER_SYNC_BYTES 16

/* --- reading declarations --- */

struct container_reader;

struct container_record {
    struct bytes value;  /* the record's own bytes, for a dead letter */
    struct result result; /* DONE, or a dead letter: too_large, bad_schema, bad_avro */
    struct declaration declaration; /* every field unreadable without DONE */
};

enum container_read { CONTAINER_RECORD, CONTAINER_END, CONTAINER_DAMAGED };

/* Reads the header. NULL with a sentence when this is no container file that we can read. record_bytes_max 0: RECORD_BYTES_MAX. */
struct container_reader *container_reader_open(FILE *file, size_t record_bytes_max, char *ret_error, size_t error_size);
void container_reader_close(struct container_reader *reader); /* NULL is fine; the file stays open */
/* A record does not say how long it is. When its bytes break, the rest of its block is one bad_avro record, and the next block
 * goes on; so is what is left in a block behind its last record. */
enum container_read container_reader_next(struct container_reader *reader, struct container_record *ret_record);
const char *container_reader_error(const struct container_reader *reader);
/* Records left in the block in memory: while above 0, the next call moves no view that was given from this block. */
int64_t container_reader_block_left(const struct container_reader *reader);

/* --- writing records of any schema --- */

struct container_writer {
    enum container_codec codec;
    unsigned char sync[CONTAINER_SYNC_BYTES];
    struct buffer block;
    int64_t records;
};

/* Writes the header to `out`. `sync` NULL: sixteen zero bytes, as a replay needs (§12). */
void container_writer_begin(struct container_writer *writer, struct bytes schema, enum container_codec codec, const unsigned char *sync,
                            struct buffer *out);
/* One record's body; a block goes to `out` when about 64 KiB are together, whatever else is asked of the writer. */
void container_writer_add(struct container_writer *writer, struct bytes record, struct buffer *out);
/* The last block; then the writer's memory is given back. */
void container_writer_end(struct container_writer *writer, struct buffer *out);

#endif
