/* checkpoint_topic.h - checkpoints in a compacted topic, for a machine that has lost its disk or takes a
 * partition over (design §3).
 * Owner:   everything is borrowed for the call; each call has Kafka handles of its own.
 * Units:   bytes; offsets of the input topic.
 * Errors:  false, with the failure. Stopped on request: REMEDY_AGAIN. What cannot be believed is passed over
 * and logged.
 * Threads: any, meant for helpers: a call blocks as long as its bytes take, a minute more when no broker
 * answers. Two calls for one
 *          partition at a time do no harm but may leave one checkpoint less.
 *
 * A checkpoint is a set of records in the partition that its input has, all keys beginning with
 * `partition/offset/tag/`: `begin`, the chunks `0`, `1`, … of at most CHECKPOINT_CHUNK_BYTES, and last
 * `manifest`, with what they must be together. Without its manifest it does not count; whoever reads believes
 * no chunk before all agree. After the manifest of a new set it, the one before it and the furthest one stay,
 * the others get tombstones: the manifest first, `begin` last, so that what a crash left over is seen and
 * tombstoned next time. A tombstone is only sent for what was seen in the log: an upload reads the set that
 * it buries, and at most 4096 records and four times its own beside. */
#ifndef BUNDELWACHT_PIPELINE_CHECKPOINT_TOPIC_H
#define BUNDELWACHT_PIPELINE_CHECKPOINT_TOPIC_H

#include "base/buffer.h"
#include "stream/properties.h"

#include <stdatomic.h>

#define CHECKPOINT_CHUNK_BYTES 900000 /* with key and frame below a broker's and the library's own million */

struct checkpoint_topic_options {
    struct property_list properties;
    const char *topic;               /* <prefix>.checkpoint.v1 */
    const char *input_topic, *group; /* of whose partitions these are */
    const atomic_bool *stop;         /* gives up soon after it became true; NULL: never */
};

/* <prefix>.checkpoint.v1; false when it is too long. */
bool checkpoint_topic_name(const char *prefix, char *ret_name, size_t size);

/* The file, which checkpoint_finish (state/checkpoint.h) has written, into the partition that its head
 * says. */
bool checkpoint_upload(const struct checkpoint_topic_options *options, const char *path,
                       struct failure *failure);
/* The whole sets of that partition whose offset is at most `at_most`, each as a file under its name in the
 * directory, where checkpoint_list finds and checks them: which one leads to where the group is, their heads
 * say. True when that is known: `ret_found` says whether there was one. */
bool checkpoint_download(const struct checkpoint_topic_options *options, int32_t partition, int64_t at_most,
                         const char *directory, bool *ret_found, struct failure *failure);

/* A text, such as a book, by its hash64 (seed 0): at most BOOK_BYTES_MAX, in partition 0, never removed. */
bool checkpoint_put_text(const struct checkpoint_topic_options *options, struct bytes text,
                         struct failure *failure);
/* Added to the buffer. True when it is known whether there is one; one whose hash differs is none. */
bool checkpoint_get_text(const struct checkpoint_topic_options *options, uint64_t hash,
                         struct buffer *ret_text, bool *ret_found, struct failure *failure);

#endif
