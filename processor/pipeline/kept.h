/* kept.h - encoded records on their way out, in the order in which they were decided.
 * Owner:   the list owns all bytes. In `run` it is kept until the commit, so that an abort sends the same bytes again.
 * Units:   bytes; offsets of the input.
 * Threads: one at a time. */
#ifndef BUNDELWACHT_PIPELINE_KEPT_H
#define BUNDELWACHT_PIPELINE_KEPT_H

#include "base/buffer.h"
#include "base/limits.h"
#include "stream/consumer.h"

enum output_topic { TOPIC_DECISIONS, TOPIC_EPISODES, TOPIC_ALERTS, TOPIC_DEAD_LETTERS, TOPIC_COUNT };
extern const char *const output_topic_names[TOPIC_COUNT]; /* "decisions", "episodes", "alerts", "dead-letters" */

struct kept_record {
    uint8_t topic;          /* enum output_topic */
    bool key_null, value_null;
    bool is_there;          /* it was found in its topic: not to be sent */
    uint32_t key_length, value_length;
    uint32_t headers_count; /* of the original record of a dead letter; they lie behind the value */
    size_t at;              /* of the key in bytes; the value follows it */
    int64_t input_offset;   /* of the record that caused it */
    const char *reason, *message; /* of a dead letter, static strings; else NULL */
};

struct kept {
    struct buffer bytes;
    struct kept_record *records;
    size_t count, capacity;
};

void kept_clear(struct kept *kept);
void kept_release(struct kept *kept);
void kept_cut(struct kept *kept, size_t count); /* leaves the first `count` */
void kept_append(struct kept *kept, const struct kept *more);
/* Begins a record: write its key to kept->bytes, then kept_value_begins, then its value, then kept_ends. */
void kept_begin(struct kept *kept, enum output_topic topic, int64_t input_offset);
void kept_value_begins(struct kept *kept);
struct kept_record *kept_end(struct kept *kept);
/* A header of the original, to the record that kept_end gave last. */
void kept_add_header(struct kept *kept, const struct header *header);
/* What was added, in its order; views into the list. */
size_t kept_headers(const struct kept *kept, const struct kept_record *record, struct header ret_headers[LETTER_HEADERS_MAX]);
struct bytes kept_key(const struct kept *kept, const struct kept_record *record);   /* null when key_null */
struct bytes kept_value(const struct kept *kept, const struct kept_record *record); /* null when value_null */

#endif
