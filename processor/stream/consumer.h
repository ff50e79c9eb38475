/* consumer.h - takes records from one topic, and says which partitions were gained and lost.
 * Owner:   a worker owns its consumer. Messages are borrowed until consumer_release.
 * Units:   offsets; milliseconds.
 * Errors:  in the failure that a call takes; consumer_take keeps the first in the consumer
 * (consumer_failure).
 * Threads: one, the worker's.
 *
 * A round: consumer_take, then consumer_events; when something happened, nothing was taken (LIBRARIES.md
 * §2.5). On ASSIGNED choose where to begin and call consumer_assign; until then nothing comes, and Kafka
 * waits. */
#ifndef BUNDELWACHT_STREAM_CONSUMER_H
#define BUNDELWACHT_STREAM_CONSUMER_H

#include "stream/properties.h"

#define TAKE_MAX 1000              /* messages of one consumer_take */
#define POSITION_METADATA_BYTES 1024  /* of a committed offset; what is longer is not ours */
#define TIMESTAMP_NONE INT64_MAX
#define OFFSET_NONE (-1)

/* A partition and an offset in it, with the metadata that stands beside a committed one. */
struct position {
    int32_t partition;
    int64_t offset; /* of the next record; OFFSET_NONE: nothing was ever committed */
    char metadata[POSITION_METADATA_BYTES];
};

/* A header of a record. Of a message it is borrowed like its value. */
struct header {
    const char *name;
    struct bytes value; /* null where there is none */
};

struct message {
    /* no record: everything before `offset` has been given (or is a control record), and there is no more
     * now */
    bool end;
    int32_t partition;
    int64_t offset, timestamp; /* ms since 1970, or TIMESTAMP_NONE */
    struct bytes key, value;   /* null where there is none */
    const void *origin;        /* of this room, for message_headers */
};

struct consumer_options {
    struct property_list properties;
    const char *topic, *group;
    const char *instance_id;      /* group.instance.id; NULL: none */
    const char *client_id;
    bool read_uncommitted;        /* only for looking at topics; never for resolving */
    /* consumer_close leaves the group at once, a static member too (run --leave) */
    bool leave;
    const int32_t *partitions;    /* NULL: the group's; else exactly these, without a group (dump, demo) */
    size_t partitions_count;
};

struct consumer;
struct consumer *consumer_open(const struct consumer_options *options, struct failure *failure);
/* Joins the group (or has its partitions assigned, see options). */
bool consumer_begin(struct consumer *consumer, struct failure *failure);

/* Waits at most `wait_ms` for up to TAKE_MAX messages. 0 when there are none, or something happened. */
size_t consumer_take(struct consumer *consumer, int wait_ms);
const struct message *consumer_messages(const struct consumer *consumer);
void consumer_release(struct consumer *consumer);
/* The headers of a message that was taken and not yet released, in their order, at most `max`; how many. They
 * are looked for only here, so that records whose headers nobody wants cost nothing. */
size_t message_headers(const struct message *message, struct header ret_headers[], size_t max);

enum { EVENT_ASSIGNED = 1, EVENT_REVOKED = 2, EVENT_LOST = 4, EVENT_FAILED = 8 };
/* What happened since the last call; clears it. ASSIGNED: the list of consumer_assigned is new. REVOKED: the
 * group wants the partitions back, and waits for consumer_give_back (max.poll.interval.ms at most): until
 * then nobody else has them. With LOST somebody else may have them already: finish nothing. FAILED: see
 * consumer_failure. */
unsigned consumer_events(struct consumer *consumer);
/* Connections that broke so far, as far as the library says so. */
int consumer_breaks_count(const struct consumer *consumer);
const struct failure *consumer_failure(const struct consumer *consumer);
/* The partitions of the last ASSIGNED. */
const int32_t *consumer_assigned(const struct consumer *consumer, size_t *ret_count);

/* From now on messages come from these positions. Only between two takes. */
bool consumer_assign(struct consumer *consumer, const struct position *positions, size_t count,
                     struct failure *failure);
/* Fills in offset and metadata that the group has committed, stable ones: waits while a transaction is
 * pending. AGAIN: not known yet, never "nothing was committed". */
bool consumer_committed(struct consumer *consumer, struct position *positions, size_t count, int wait_ms,
                        struct failure *failure);

/* Where a partition that is read ends (read_committed: its last stable offset), as the last answer to a fetch
 * said; OFFSET_NONE: none came yet. Asks nobody. */
int64_t consumer_end_known(const struct consumer *consumer, int32_t partition);

/* After REVOKED. Nothing comes before it. */
void consumer_give_back(struct consumer *consumer);
/* Gives the partitions back and frees the consumer. A static member keeps its place in the group for
 * session.timeout.ms, unless the options say `leave`. */
void consumer_close(struct consumer *consumer);

#endif
