/* checkpoint_sets.h - which sets there are in a partition of the checkpoint topic: keys, records, and what
 * became of them.
 * Owner:   the table owns its sets, until set_table_release.
 * Units:   `from`, `at`: offsets in the checkpoint topic; `offset`: in the input's.
 * Errors:  a record that is none of ours is passed over.
 * Threads: one at a time.
 *
 * A log is read from its end backwards, in windows. What is known of it is always a whole suffix: a tombstone
 * that concerns a record in it is in it too. So the order in which windows are read does not matter. */
#ifndef BUNDELWACHT_PIPELINE_CHECKPOINT_SETS_H
#define BUNDELWACHT_PIPELINE_CHECKPOINT_SETS_H

#include "base/buffer.h"
#include "base/limits.h"

struct checkpoint_set {
    int64_t offset;
    uint64_t tag;       /* these two say which it is */
    uint64_t of;           /* set_owner(): whose */
    uint32_t chunks_count;
    int64_t bytes;
    uint64_t hash;         /* of its chunks: set_hash() of each, beginning with 0; 0 in a `begin` */
    int64_t from;          /* nothing of it stands before that */
    int64_t at;            /* its manifest; -1: not seen */
    bool complete;         /* it has, or had, a manifest */
    bool retired;             /* its manifest has a tombstone, or was going to get one */
    bool tombstoned;           /* all of it has */
    bool
        forged; /* there are keys (state/signature.h), and its manifest has the signature of none */
    bool begun;            /* its `begin` was seen, and so all that came after it */
    uint32_t *seen;        /* chunks in the log itself: each number twice, and one more for a tombstone */
    size_t seen_count, seen_capacity;
    bool tried;            /* the caller's */
};

struct set_table {
    int32_t partition;
    struct checkpoint_set *sets;
    size_t count, capacity;
    size_t records_count; /* of sets, seen in the log itself */
};
void set_table_release(struct set_table *table);
/* What a record of the partition says, if it is of a set. */
void set_table_see(struct set_table *table, int64_t at, struct bytes key, struct bytes value);
/* The chunks of a set that were seen in the log and have no tombstone, each once; the caller gives the memory
 * back. What a record only says of their number counts for nothing: anybody who may write the topic can say
 * anything. */
uint32_t *set_living_chunks(const struct checkpoint_set *set, size_t *ret_count);
struct checkpoint_set *set_table_add(struct set_table *table, int64_t offset, uint64_t tag);
bool set_is_alive(const struct checkpoint_set *set);
/* The one whose manifest stands last, of those that are alive (other than `but`, which may be NULL); or
 * NULL. */
struct checkpoint_set *set_table_newest(struct set_table *table, const struct checkpoint_set *but);
/* The one with the highest offset, of those that are alive and `of` that owner (or named by another only); or
 * NULL. */
struct checkpoint_set *set_table_furthest(struct set_table *table, uint64_t of);

uint64_t set_owner(const char *input_topic, const char *group);
uint64_t set_hash(struct bytes chunk, uint64_t before);

#define SET_KEY_BYTES 96
enum set_part { SET_BEGIN, SET_MANIFEST, SET_CHUNK, SET_NONE };
struct bytes set_key(int32_t partition, const struct checkpoint_set *set, enum set_part part, uint32_t chunk,
                     char room[SET_KEY_BYTES]);
/* SET_NONE when it is no key of a set in this partition. */
enum set_part set_key_read(int32_t partition, struct bytes key, int64_t *ret_offset, uint64_t *ret_tag,
                           uint32_t *ret_chunk);
/* The value of `begin` and of `manifest`: the set itself, and the others that its writer knew of. */
void set_record(const struct checkpoint_set *set, const struct set_table *others, struct buffer *ret_value);
/* Where there are keys: the record under its key is signed; one that is not says nothing but that it is
 * there. */
void set_sign(struct bytes key, struct buffer *value); /* instead of its last byte, a } */
bool set_is_signed(struct bytes key, struct bytes value);

/* A book or a reference as it is stored under a key in which its hash64 stands: where there are keys a
 * comment with its signature follows, since that hash does not withstand somebody who looks for another text
 * with the same. */
#define STORED_TEXT_BYTES_MAX (BOOK_BYTES_MAX + 128)
void text_keep(struct bytes key, struct bytes text, struct buffer *ret_value);
/* False: it is not that text, or there are keys and it is not signed with one. `ret_text` is a part of the
 * value. */
bool text_of(struct bytes key, struct bytes value, uint64_t hash, struct bytes *ret_text);

#endif
