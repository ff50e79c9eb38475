/* container.h - Avro container files: read record by record whatever wrote them, and written so that the same
 * records give the
 *               same bytes.
 * Owner:   the reader borrows an open file, which must outlive it; what it gives are views into its block,
 * good until its next
 *          call. The writer writes into a buffer of the caller, who takes the bytes from there to the file.
 * Errors:  what makes a file unreadable as a whole (no container, an unknown codec, a damaged block, a cut
 * end) ends it with a
 *          sentence in `ret_error` or container_reader_error: exit 65. What is wrong inside a block with
 *          intact edges is a
 *          matter of its records: dead letters, as long as they cost no more than the file's size allows
 *          (base/limits.h).
 * Threads: a reader or writer belongs to one at a time. */
#ifndef BUNDELWACHT_CODEC_CONTAINER_H
#define BUNDELWACHT_CODEC_CONTAINER_H

#include "base/buffer.h"
#include "base/result.h"
#include "engine/declaration.h"

#include <stdio.h>

/* the first two are written, too */
enum container_codec { CONTAINER_NULL, CONTAINER_DEFLATE, CONTAINER_SNAPPY, CONTAINER_ZSTANDARD };
#define CONTAINER_SYNC_BYTES 16

/* --- reading declarations --- */

struct container_reader;

struct container_record {
    struct bytes value;  /* the record's own bytes, for a dead letter */
    struct result result; /* DONE, or a dead letter: too_large, bad_schema, bad_avro */
    struct declaration declaration; /* every field unreadable without DONE */
};

enum container_read { CONTAINER_RECORD, CONTAINER_END, CONTAINER_DAMAGED };

/* Reads the header. NULL with a sentence when this is no container file that we can read. record_bytes_max 0:
 * RECORD_BYTES_MAX. */
struct container_reader *container_reader_open(FILE *file, size_t record_bytes_max, char *ret_error,
                                               size_t error_size);
void container_reader_close(struct container_reader *reader); /* NULL is fine; the file stays open */
/* A record does not say how long it is. When its bytes break, the rest of its block is one bad_avro record,
 * and the next block goes on; so is what is left in a block behind its last record. */
enum container_read container_reader_next(struct container_reader *reader,
                                          struct container_record *ret_record);
/* False when every record is bad_schema; then a sentence says why, from the header. */
bool container_reader_readable(const struct container_reader *reader, char *ret_sentence, size_t size);
/* The same for a dead letter, bad_schema: without Avro C, as long as the reader; null when it is readable. */
struct bytes container_reader_why(const struct container_reader *reader);
const char *container_reader_error(const struct container_reader *reader);

/* --- the sync marker ---
 *
 * Who reads a file in pieces (Spark, Flink, Hadoop) goes to any byte, slides on until sixteen bytes equal the
 * marker, and takes what follows for a block: nothing else is checked. So a marker must not be found anywhere
 * but where it stands: not across its own edge (the zero byte that ends the header's map stands before the
 * first), not in the header, not in a block. The first two are promised by container_marker, the third is
 * watched by the writer. */

/* Of a schema's text as it stands in the header (§12): XXH3-128 with the first seed from `seed` on that makes
 * it fit. */
void container_marker(struct bytes schema, uint64_t seed, unsigned char ret_marker[CONTAINER_SYNC_BYTES]);
bool container_marker_is_inside(const unsigned char marker[CONTAINER_SYNC_BYTES], struct bytes bytes);
void container_header(struct bytes schema, enum container_codec codec,
                      const unsigned char marker[CONTAINER_SYNC_BYTES], struct buffer *out);
/* Copies a whole file of the writer with `marker_inside` under a marker that none of its blocks holds; it
 * follows from the blocks, so that the same records give the same bytes. Both files can be sought. False when
 * one could not be read or written. */
bool container_remark(FILE *from, struct bytes schema, enum container_codec codec, FILE *to);

/* --- writing records of any schema --- */

struct container_writer {
    enum container_codec codec;
    unsigned char sync[CONTAINER_SYNC_BYTES];
    struct buffer block;
    int64_t records;
    /* a block holds the marker, as a record can that somebody made for it: the file needs container_remark */
    bool marker_inside;
};

/* Writes the header to `out`, with the marker of seed 0. */
void container_writer_begin(struct container_writer *writer, struct bytes schema, enum container_codec codec,
                            struct buffer *out);
/* One record's body; a block goes to `out` when about 64 KiB are together, whatever else is asked of the
 * writer. */
void container_writer_add(struct container_writer *writer, struct bytes record, struct buffer *out);
/* The last block; then the writer's memory is given back. */
void container_writer_end(struct container_writer *writer, struct buffer *out);

#endif
