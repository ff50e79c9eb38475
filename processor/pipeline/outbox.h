/* outbox.h - encoded records on their way out, in the order in which they were decided.
 * Owner:   the list owns all bytes. In `run` it stays until the commit, so that an abort sends the same bytes
 * again. Units:   bytes; offsets of the input. Threads: one at a time. */
#ifndef BUNDELWACHT_PIPELINE_OUTBOX_H
#define BUNDELWACHT_PIPELINE_OUTBOX_H

#include "base/buffer.h"
#include "base/limits.h"
#include "engine/dead_letter.h"
#include "stream/consumer.h"

enum output_topic { TOPIC_DECISIONS, TOPIC_EPISODES, TOPIC_ALERTS, TOPIC_DEAD_LETTERS, TOPIC_COUNT };
extern const char
    *const output_topic_names[TOPIC_COUNT]; /* "decisions", "episodes", "alerts", "dead-letters" */

struct outbox_record {
    uint8_t topic;          /* enum output_topic */
    /* for the figures: the status of a decision, the type of an alert, the reason of a dead letter; and the
     * alert's action */
    uint8_t what, action;
    bool key_null, value_null;
    bool is_there;          /* it was found in its topic: not to be sent */
    uint32_t key_length, value_length;
    /* of a dead letter: what is wrong with it, then those of its original; they lie behind the value */
    uint32_t headers_count;
    size_t at;              /* of the key in bytes; the value follows it */
    int64_t input_offset;   /* of the record that caused it */
    const struct dead_letter_row *letter; /* of a dead letter: its reason; else NULL */
};

struct outbox {
    struct buffer bytes;
    struct outbox_record *records;
    size_t count, capacity;
};

void outbox_clear(struct outbox *outbox);
void outbox_release(struct outbox *outbox);
void outbox_cut(struct outbox *outbox, size_t count); /* leaves the first `count` */
void outbox_append(struct outbox *outbox, const struct outbox *more);
/* Begins a record: write its key to outbox->bytes, then outbox_value_begins, then its value, then
 * outbox_end. */
void outbox_begin(struct outbox *outbox, enum output_topic topic, int64_t input_offset);
void outbox_value_begins(struct outbox *outbox);
struct outbox_record *outbox_end(struct outbox *outbox);
/* Of one record: its message and the original's. */
enum { OUTBOX_HEADERS_MAX = 1 + LETTER_HEADERS_MAX };
/* A header, to the record that outbox_end gave last. */
void outbox_add_header(struct outbox *outbox, const struct header *header);
/* What was added, in its order; views into the list. */
size_t outbox_headers(const struct outbox *outbox, const struct outbox_record *record,
                      struct header ret_headers[OUTBOX_HEADERS_MAX]);
struct bytes outbox_key(const struct outbox *outbox,
                        const struct outbox_record *record); /* null when key_null */
struct bytes outbox_value(const struct outbox *outbox,
                          const struct outbox_record *record); /* null when value_null */

#endif
