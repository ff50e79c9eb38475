/* window.h - how far the outputs of a partition were seen in the output topics, and how many were made since:
 * said in the metadata of every commit, so that whoever takes over can see what became visible.
 * Owner:   plain values.
 * Units:   offsets of the output partitions; numbers of outputs, counted from the record at `base` of the
 * input.
 * Errors:  a window that cannot be read is none; what does not fit is told by the verdicts.
 * Threads: pure.
 * Source:  EXACTLY-ONCE.md, steps 2 and 6. */
#ifndef BUNDELWACHT_PIPELINE_WINDOW_H
#define BUNDELWACHT_PIPELINE_WINDOW_H

#include "base/hash.h"
#include "pipeline/outbox.h"

#define WRITER_BYTES 96 /* of a transactional.id */
#define BASE_NONE (-1)
#define COUNT_MAX (1LL << 53) /* of offsets and outputs that somebody else says; more is none */

/* How many outputs a fold has made, per topic, since it folded the record at `base`. */
struct made {
    int64_t base; /* BASE_NONE: nobody counts yet */
    int64_t counts[TOPIC_COUNT];
};

struct window {
    char by[WRITER_BYTES]; /* the transactional.id that wrote last: only it can end what may hang */
    struct made made;      /* up to the committed offset */
    struct window_topic {
        int64_t seen;      /* offset: what we have sent and lies below it is visible */
        /* so many of our outputs lie below it; more than were made when the group's offset was taken back */
        int64_t have;
        uint64_t last;     /* output_hash of the last one made; 0: none was */
    } topics[TOPIC_COUNT];
};

/* ;by=NAME;base=B;seen=S:N:M:H,… with a group for each topic. */
#define WINDOW_TEXT_BYTES 480
void window_to_text(const struct window *window, char text[WINDOW_TEXT_BYTES]);
/* Out of the metadata of a commit; false: it says nothing of a window (a build of before), or not what one
 * can be. */
bool window_from_text(const char *metadata, struct window *ret_window);

/* Every output that was made was seen. */
bool window_is_seen(const struct window *window);

/* Of a record as it is sent, and as it is read back. */
struct hash128 output_hash(struct bytes key, struct bytes value, const struct header *headers,
                           size_t headers_count);
uint64_t output_key_hash(struct bytes key);

#endif
