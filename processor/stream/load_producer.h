/* load_producer.h - fills a topic fast, outside of transactions: for `generate`, the demo and measurements,
 * never for outputs. Note to "kafka": it shares nothing with producer.c but the failure and the property
 * list; change what you like.
 * Owner:   the caller; bytes are copied.
 * Units:   milliseconds.
 * Errors:  in the failure that a call takes. Records fall into partitions by murmur2 of the key, as from a
 * Java client.
 * Threads: one at a time; load_producer_failed from any. */
#ifndef BUNDELWACHT_STREAM_LOAD_PRODUCER_H
#define BUNDELWACHT_STREAM_LOAD_PRODUCER_H

#include "stream/properties.h"

#define LOAD_PARTITION_BY_KEY (-1)
#define LOAD_TIMESTAMP_NOW 0

struct load_producer_options {
    struct property_list properties; /* bootstrap.servers among them */
    const char *topic;               /* it must exist */
};
struct load_record {
    struct bytes key, value; /* null where there is none */
    int32_t partition;       /* or LOAD_PARTITION_BY_KEY */
    int64_t timestamp;       /* or LOAD_TIMESTAMP_NOW */
};

struct load_producer;
struct load_producer *load_producer_open(const struct load_producer_options *options,
                                         struct failure *failure);
/* Waits while the library's queue is full. */
bool load_producer_send(struct load_producer *producer, const struct load_record *record,
                        struct failure *failure);
/* Records that the broker refused so far. */
int64_t load_producer_failed(const struct load_producer *producer);
/* Waits until everything has been delivered; false when something was refused, or is still on its way after
 * `wait_ms`. */
bool load_producer_flush(struct load_producer *producer, int wait_ms, struct failure *failure);
void load_producer_close(struct load_producer *producer); /* NULL is fine */

#endif
