/* checkpoint.h - the state of a partition at one offset, as a file: blocks of bytes with a head that says
 * what they are a state of.
 * Owner:   the caller owns a writer until checkpoint_finish or checkpoint_discard, a reader until
 * checkpoint_close. Bytes that are
 *          given are copied; bytes that are read stay with the reader.
 * Units:   bytes; offsets.
 * Errors:  false, NULL or CHECKPOINT_DAMAGED with a sentence in `ret_error`: which file, what is wrong, and
 * where it helps what to do.
 *          Nothing from a file is believed before its hash agrees; a hostile file costs at most the limits of
 *          base/limits.h. Where there are keys (signature.h) a file that is not signed with one is passed
 *          over.
 * Threads: one at a time per writer and per reader; different ones are independent of each other.
 *
 * What is in the blocks is the engine's business (engine/snapshot.h); how the bytes lie is in README.md and
 * in format.h. */
#ifndef BUNDELWACHT_STATE_CHECKPOINT_H
#define BUNDELWACHT_STATE_CHECKPOINT_H

#include "base/bytes.h"
#include "base/hash.h"
#include "base/result.h"

#define CHECKPOINT_FORMAT 1        /* not signed */
#define CHECKPOINT_FORMAT_SIGNED 2 /* signature.h */
#define CHECKPOINT_CLUSTER_BYTES 64
#define CHECKPOINT_TOPIC_BYTES 256
#define CHECKPOINT_GROUP_BYTES 256
#define CHECKPOINT_METADATA_BYTES 384
#define CHECKPOINT_SERIAL_BYTES 64
#define CHECKPOINT_PATH_BYTES 4096
#define CHECKPOINT_LIST_MAX 16

/* What a checkpoint says of itself. Texts end with a NUL. */
struct checkpoint_head {
    uint64_t engine_version;
    char cluster[CHECKPOINT_CLUSTER_BYTES], topic[CHECKPOINT_TOPIC_BYTES], group[CHECKPOINT_GROUP_BYTES];
    int32_t partition, partitions_count;
    int64_t offset;             /* of the next record to fold */
    int64_t last_offset;        /* of the record folded last; -1: none */
    struct hash128 last_record; /* XXH3-128 of that record (base/hash.h); 0 when none */
    char metadata[CHECKPOINT_METADATA_BYTES]; /* the metadata of the commit at `offset` */
    char serial[CHECKPOINT_SERIAL_BYTES];       /* of the book */
    uint64_t key_id; /* that it is signed with; 0: it is not. The writer says it, from signature.h */
};

/* Texts beside the blocks; each may be null. */
enum checkpoint_text { CHECKPOINT_BOOK, CHECKPOINT_REFERENCE, CHECKPOINT_TEXTS };

/* --- writing: the final name appears only when everything is on the disk --- */

struct checkpoint_writer;
/* Makes the directory (not its parents) when it is missing. NULL also when another writer is at the same
 * file. */
struct checkpoint_writer *checkpoint_create(const char *directory, const struct checkpoint_head *head,
                                            const struct bytes texts[CHECKPOINT_TEXTS], char *ret_error,
                                            size_t error_size);
/* Blocks of 1 to CHECKPOINT_BLOCK_BYTES_MAX bytes. After false only checkpoint_discard. */
MUST_USE bool checkpoint_add(struct checkpoint_writer *writer, struct bytes block, char *ret_error,
                             size_t error_size);
/* Ends the file, waits for the disk, gives it its name. Frees the writer; after false there is no file
 * either, unless the sentence says that only the directory could not be written. */
MUST_USE bool checkpoint_finish(struct checkpoint_writer *writer, struct hash128 digest, char *ret_error,
                                size_t error_size);
/* Removes the unfinished file. NULL is fine. */
void checkpoint_discard(struct checkpoint_writer *writer);

/* --- reading --- */

struct checkpoint_reader;
/* The head and the texts are verified, the signature over them too; the blocks are, each as it is read, and
 * the signature over all at the end: nothing may come of them before CHECKPOINT_END. Outputs stay untouched
 * on NULL. */
struct checkpoint_reader *checkpoint_open(const char *path, struct checkpoint_head *ret_head,
                                          struct bytes ret_texts[CHECKPOINT_TEXTS], char *ret_error,
                                          size_t error_size);
enum checkpoint_read { CHECKPOINT_BLOCK, CHECKPOINT_END, CHECKPOINT_DAMAGED };
/* The block is valid until the next call. What came before CHECKPOINT_DAMAGED was as it was written, and yet
 * is no whole state. */
enum checkpoint_read checkpoint_next(struct checkpoint_reader *reader, struct bytes *ret_block,
                                     char *ret_error, size_t error_size);
struct hash128 checkpoint_digest(const struct checkpoint_reader *reader); /* after CHECKPOINT_END */
/* Of the file, and read so far: for progress. */
int64_t checkpoint_bytes(const struct checkpoint_reader *reader);
int64_t checkpoint_bytes_done(const struct checkpoint_reader *reader);
void checkpoint_close(struct checkpoint_reader *reader); /* NULL is fine */

/* --- the directory --- */

struct checkpoint_file {
    char path[CHECKPOINT_PATH_BYTES];
    int64_t offset;
};
/* One sentence about a file that is passed over. */
typedef void checkpoint_skipped_fn(void *context, const char *sentence);

/* Whole ones of that topic, group and partition, the highest offset first. Their heads are verified, and that
 * they have an end; torn, foreign and damaged ones and those of other formats are passed over, each with a
 * sentence (`skipped` may be NULL). No directory: none. */
size_t checkpoint_list(const char *directory, const char *topic, const char *group, int32_t partition,
                       struct checkpoint_file ret_files[CHECKPOINT_LIST_MAX], checkpoint_skipped_fn *skipped,
                       void *context);
/* Keeps the newest two of that partition: by offset, and by the time of writing, should these differ (a topic
 * that was made anew). Removes older ones, and unfinished files that nobody is writing. What is not whole
 * counts for nothing, and goes only when older. */
void checkpoint_tidy(const char *directory, const char *topic, const char *group, int32_t partition);
/* The name that a checkpoint has; false when it is too long. */
MUST_USE bool checkpoint_path(const char *directory, const char *topic, const char *group, int32_t partition,
                              int64_t offset, char ret_path[CHECKPOINT_PATH_BYTES]);

#endif
