/* topic_tail.h - the records of a topic from a place on, to its end or for ever.
 * Owner:   messages are borrowed for the call.
 * Units:   milliseconds since 1970.
 * Errors:  an end, with a sentence.
 * Threads: the main thread (stop_signal.h). */
#ifndef BUNDELWACHT_WATCH_TOPIC_TAIL_H
#define BUNDELWACHT_WATCH_TOPIC_TAIL_H

#include "stream/consumer.h"

enum tail_from { TAIL_FROM_NOW, TAIL_FROM_BEGINNING, TAIL_FROM_TIME };
struct tail_options {
    struct property_list properties;
    const char *topic;
    enum tail_from from;
    int64_t from_ms; /* TAIL_FROM_TIME: records of that timestamp or later */
    bool until_end;  /* where each partition ends now for a read_committed reader */
};

enum tail_end { TAIL_DONE, TAIL_FAILED, TAIL_UNREACHABLE, TAIL_NO_TOPIC, TAIL_CONFIG, TAIL_INTERRUPTED };

/* Of each take: its records, in the order of each partition. */
typedef void tail_batch_fn(void *context, const struct message *messages, size_t count);
enum tail_end topic_tail(const struct tail_options *options, tail_batch_fn *batch, void *context,
                         char *ret_error, size_t error_size);

#endif
