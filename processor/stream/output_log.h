/* output_log.h - what readers see of the topics that we write: how far each partition is stable, and the
 * records themselves. With it the program sees for itself whether what it committed became visible, on
 * brokers that lose the markers of a transaction (pipeline/EXACTLY-ONCE.md).
 * Owner:   the process owns one, which its workers share.
 * Units:   offsets; milliseconds.
 * Errors:  false, with the failure; AGAIN: not known now, the same call again. Nothing is guessed.
 * Threads: any. */
#ifndef BUNDELWACHT_STREAM_OUTPUT_LOG_H
#define BUNDELWACHT_STREAM_OUTPUT_LOG_H

#include "stream/consumer.h" /* struct header, struct position */
#include "stream/properties.h"

struct output_log_options {
    struct property_list properties;
    const char *client_id;
    const char *input_topic, *group;
    const char *const *topics; /* by number, as in producer.h */
    size_t topics_count;
};

struct output_log;
struct output_log *output_log_open(const struct output_log_options *options, struct failure *failure);
void output_log_close(struct output_log *log);

/* The right to read the topics: false, with CAUSE_CONFIG, when one is refused. */
bool output_log_may_read(struct output_log *log, int wait_ms, struct failure *failure);

/* stable: everything before it is decided, and a read_committed reader has been given what committed there;
 * end: behind the last record, those of open transactions and markers included. stable < end: something is
 * open, or was decided and never got its marker. */
struct output_end {
    uint8_t topic;
    int32_t partition;
    int64_t stable, end;
};
/* Fills in stable and end of all of them. `stable` is asked first, so stable == end says that nothing hung
 * in between. */
bool output_log_ends(struct output_log *log, struct output_end *ends, size_t count, int wait_ms,
                     struct failure *failure);

/* A record as a read_committed reader has it, borrowed. */
struct output_record {
    uint8_t topic;
    int32_t partition;
    int64_t offset, timestamp; /* ms since 1970, or TIMESTAMP_NONE */
    struct bytes key, value;   /* null where there is none */
    const struct header *headers;
    size_t headers_count;
};
struct output_span {
    uint8_t topic;
    int32_t partition;
    int64_t from, to; /* [from, to): `to` is at most what was stable */
    int64_t begin;    /* filled in: the first offset that there still is (retention) */
};
/* False: enough, the rest of that span is not wanted. */
typedef bool output_record_fn(void *context, const struct output_record *record);
/* Every visible record of the spans, those of one span in their order. After AGAIN the whole is to be read
 * anew: some records were given already. */
bool output_log_read(struct output_log *log, struct output_span *spans, size_t count,
                     output_record_fn *record, void *context, int wait_ms, struct failure *failure);

/* What the group has committed, though a transaction may be pending there: only to learn who wrote last,
 * never to go on from. */
bool output_log_committed(struct output_log *log, struct position *positions, size_t count, int wait_ms,
                          struct failure *failure);

/* The group.instance.id of each member that the group has now: `each` is called with a borrowed name. */
typedef void output_member_fn(void *context, const char *instance);
bool output_log_members(struct output_log *log, output_member_fn *each, void *context, int wait_ms,
                        struct failure *failure);

#endif
