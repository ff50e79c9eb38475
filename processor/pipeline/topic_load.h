/* topic_load.h - declarations into a Kafka topic, outside of transactions: for `generate` and the demo.
 * Owner:   the caller; what is given to a call is copied.
 * Units:   milliseconds.
 * Errors:  false or NULL, with a sentence in topic_load_error's text and what kind of trouble it is.
 * Threads: one at a time. */
#ifndef BUNDELWACHT_PIPELINE_TOPIC_LOAD_H
#define BUNDELWACHT_PIPELINE_TOPIC_LOAD_H

#include "base/bytes.h"

enum topic_trouble { TOPIC_UNREACHABLE, TOPIC_MISCONFIGURED, TOPIC_FAILED };
struct topic_load_error {
    enum topic_trouble trouble;
    char text[600];
};
struct topic_load_options {
    const char *bootstrap_servers, *topic;
    const char *const *properties; /* NAME=VALUE, of librdkafka */
    size_t properties_count;       /* at most TOPIC_LOAD_PROPERTIES_MAX */
};
#define TOPIC_LOAD_PROPERTIES_MAX 60
#define TOPIC_LOAD_NOW 0

struct topic_load;
struct topic_load *topic_load_open(const struct topic_load_options *options,
                                   struct topic_load_error *ret_error);
/* To the partition of the key, as a Java client counts. `timestamp`: the record's, or TOPIC_LOAD_NOW. */
bool topic_load_send(struct topic_load *load, struct bytes key, struct bytes value, int64_t timestamp,
                     struct topic_load_error *ret_error);
/* Waits for the last delivery and frees the load; false when anything was not delivered. */
bool topic_load_close(struct topic_load *load, struct topic_load_error *ret_error);

#endif
