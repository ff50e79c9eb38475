/* pipeline.h - from topics to topics, exactly once: starts the workers, watches them, stops them.
 * Owner:   everything in the options is borrowed until pipeline_run returns.
 * Units:   as in the names.
 * Errors:  the result says how it ended, with one sentence; what happened on the way is in the log.
 * Threads: the caller's becomes the watching one; one more per worker. */
#ifndef BUNDELWACHT_PIPELINE_PIPELINE_H
#define BUNDELWACHT_PIPELINE_PIPELINE_H

#include "pipeline/fold.h"
#include "stream/properties.h"

struct quarantined_record {
    int32_t partition;
    int64_t offset;
};

struct pipeline_options {
    /* instances: <app>-<process, 3 digits>-<worker, 2 digits> */
    const char *app;
    int32_t process, workers_count;
    const char *state_directory; /* of the lock and the checkpoints; NULL: neither (demo) */
    const int *exit_codes;       /* by enum pipeline_end: of a process that cannot even close in time */
    /* of folding that a restart would have to do again; and at least so often */
    int64_t checkpoint_after_us, checkpoint_every_us;
    /* input */
    const char *topic, *group;
    enum framing framing;
    const struct schema_set *schemas;
    enum partitioner partitioner;
    size_t value_bytes_max; /* larger: dead letter too_large; 0: RECORD_BYTES_MAX */
    const struct quarantined_record *quarantined; /* of the input topic; sorted by partition, offset */
    size_t quarantined_count;
    /* output */
    const char *prefix;
    enum output_form form;
    uint32_t schema_ids[TOPIC_COUNT];
    bool bundles_only, create_topics;
    /* output partitions whose end is taken as it is, "topic/partition" (EXACTLY-ONCE.md, step 9) */
    const char *const *accepted;
    size_t accepted_count;
    /* rules */
    const struct book *book;
    const struct reference *reference; /* or NULL */
    bool allow_redefinition;           /* a book may change definitions and contracts that are in force */
    /* transactions */
    int64_t commit_interval_us;
    size_t outbox_records_max, outbox_bytes_max; /* soft: a record's outputs stay together */
    /* Kafka */
    struct property_list properties;
    /* what figures and health are asked at (ops/http_server.h); NULL: nowhere */
    const char *listen;
    /* life */
    bool until_end; /* stop at the end that each partition had at the start */
    /* leave the group when closing: others serve its partitions at once, not after session.timeout.ms */
    bool leave;
    /* the embedded broker of the demo: partitions dealt out by number instead of by the group (its joins are
     * slow), no questions about topics' settings, and nothing can be resolved, since it forgets committed
     * offsets (stream/mock.h) */
    bool embedded;
};

enum pipeline_end {
    PIPELINE_DONE,
    PIPELINE_INTERRUPTED,
    PIPELINE_FAILED,
    PIPELINE_UNREACHABLE,
    PIPELINE_TRY_AGAIN,
    PIPELINE_CONFIG
};

struct pipeline_totals {
    int64_t records, records_restored, outputs, dead_letters, transactions, sent_again, producers_replaced,
        commit_us, commit_us_max, fold_us_max, checkpoint_us_max;
};
struct pipeline_result {
    enum pipeline_end end;
    char text[600]; /* why, when it is not DONE or INTERRUPTED */
    struct pipeline_totals totals;
};

/* Blocks until it is told to stop (SIGTERM, SIGINT, pipeline_ask_to_stop), reached its end, or failed. One at
 * a time per process. */
void pipeline_run(const struct pipeline_options *options, struct pipeline_result *ret_result);
/* For the demo: from another thread. */
void pipeline_ask_to_stop(void);
/* What the running pipeline has done so far; zero when there is none. From any thread. */
struct pipeline_totals pipeline_totals_now(void);

/* The names of the four output topics, by enum output_topic: <prefix>.decisions.v1 … */
#define PIPELINE_TOPIC_BYTES 256
bool pipeline_topic_name(const char *prefix, enum output_topic topic, char ret_name[PIPELINE_TOPIC_BYTES]);

#endif
