/* format.h - how the bytes of a checkpoint lie (format 1; the table is in README.md). Only for this room and
 * its tests.
 * Owner:   the caller owns all arrays.
 * Units:   everything little-endian.
 * Errors:  as each function says; nothing is read beyond the lengths that are given.
 * Threads: pure. */
#ifndef BUNDELWACHT_STATE_FORMAT_H
#define BUNDELWACHT_STATE_FORMAT_H

#include "state/checkpoint.h"

/* Of every format, for ever: the magic, the number of the format, the length of the head, and at that
 * length's end its hash. */
enum { HEAD_FORMAT_AT = 8, HEAD_LENGTH_AT = 12, HEAD_BEGIN_BYTES = 16, HEAD_HASH_BYTES = 8 };
enum {
    HEAD_BYTES = 1096,
    HEAD_SIGNED_BYTES = HEAD_BYTES + 8
}; /* of format 1, and of 2: with the id of a key */

/* Returns its length, by whether it has a key. */
size_t head_encode(const struct checkpoint_head *head, unsigned char ret_bytes[HEAD_SIGNED_BYTES]);
/* The length of a head that begins so; 0 when it is no checkpoint's. */
size_t head_length(const unsigned char begin[HEAD_BEGIN_BYTES]);
enum head_verdict { HEAD_FINE, HEAD_DAMAGED, HEAD_OTHER_FORMAT };
/* `ret_format` is the number that an intact head has; `ret_head` is written when HEAD_FINE. */
enum head_verdict head_decode(const unsigned char *bytes, size_t length, struct checkpoint_head *ret_head,
                              uint32_t *ret_format);
uint64_t head_hash(const unsigned char *bytes, size_t length); /* that which stands at its end */

#define SIGNATURE_PURPOSE "bundelwacht checkpoint" /* signature.h */
enum frame_kind { FRAME_BOOK = 1, FRAME_REFERENCE = 2, FRAME_BLOCK = 3, FRAME_END = 4, FRAME_SIGNATURE = 5 };
struct frame {
    uint32_t kind, raw_bytes, packed_bytes;
    uint64_t hash;
};
enum { FRAME_HEAD_BYTES = 20 };
void frame_encode(const struct frame *frame, unsigned char ret_bytes[FRAME_HEAD_BYTES]);
struct frame frame_decode(const unsigned char bytes[FRAME_HEAD_BYTES]);
/* What a frame's hash must be: of its kind, its lengths and its body, and of everything that stands before
 * it. */
uint64_t frame_hash(const struct frame *frame, const void *body, uint64_t before);

/* The body of the last frame. */
struct checkpoint_end {
    uint64_t blocks_count, raw_bytes; /* of the blocks */
    struct hash128 digest;
    uint64_t file_bytes;              /* this frame included */
};
enum { END_BYTES = 40 }; /* of a signed file the signature over everything before it follows */
void end_encode(const struct checkpoint_end *end, unsigned char ret_bytes[END_BYTES]);
struct checkpoint_end end_decode(const unsigned char bytes[END_BYTES]);

#endif
