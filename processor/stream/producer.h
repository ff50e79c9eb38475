/* producer.h - sends records to partitions of a few topics, all inside transactions.
 * Owner:   a worker owns its producer; bytes are copied.
 * Units:   milliseconds.
 * Errors:  in the failure that a call takes.
 * Threads: one, the worker's. */
#ifndef BUNDELWACHT_STREAM_PRODUCER_H
#define BUNDELWACHT_STREAM_PRODUCER_H

#include "stream/consumer.h" /* struct header */
#include "stream/properties.h"

#define PRODUCER_TOPICS_MAX 8
#define SEND_MAX 1000 /* records of one producer_send */

struct producer_options {
    struct property_list properties;
    const char *transactional_id, *client_id;
    const char *const *topics; /* by number */
    size_t topics_count;
};
struct outgoing {
    uint8_t topic; /* its number in the options */
    int32_t partition;
    struct bytes key, value; /* null where there is none */
};

struct producer;
struct producer *producer_open(const struct producer_options *options, struct failure *failure);
/* Becomes the one producer with this transactional.id: predecessors are fenced, what they left open is
 * ended. */
bool producer_init(struct producer *producer, int wait_ms, struct failure *failure);
/* Gives the handle up and opens a new one; producer_init must follow. */
bool producer_replace(struct producer *producer, struct failure *failure);
int producer_transaction_timeout_ms(const struct producer *producer);
/* Connections that broke so far: a commit during which one broke is doubtful (LIBRARIES.md §2.4). */
int producer_breaks_count(struct producer *producer);

/* Sends records of one topic, in order. Returns how many were taken; fewer than `count` only with a failure,
 * or with AGAIN when there was no room for a while. */
size_t producer_send(struct producer *producer, const struct outgoing *records, size_t count,
                     struct failure *failure);
bool producer_send_with_headers(struct producer *producer, const struct outgoing *record,
                                const struct header *headers, size_t count, struct failure *failure);
/* Everything sent has arrived (of a transaction that is to be aborted; a commit does it by itself). */
bool producer_flush(struct producer *producer, int wait_ms, struct failure *failure);
/* Once a turn: lets the library say what it has to say. */
void producer_serve(struct producer *producer);
/* From another thread, while one is in transaction_offsets or transaction_touch_group and stays there until
 * this is done (worker_watch_call): makes the handle look for the group's coordinator. */
void producer_poke(struct producer *producer, const char *group, int wait_ms);
void producer_close(struct producer *producer);

#endif
