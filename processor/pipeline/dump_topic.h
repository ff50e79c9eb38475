/* dump_topic.h - what a topic holds now, partition by partition, into files that replay reads (dump_file.h).
 * Owner:   the caller.
 * Units:   records.
 * Errors:  not DUMP_TOPIC_DONE, and a sentence in ret_error.
 * Threads: one at a time. */
#ifndef BUNDELWACHT_PIPELINE_DUMP_TOPIC_H
#define BUNDELWACHT_PIPELINE_DUMP_TOPIC_H

#include "stream/properties.h"

struct dump_topic_options {
    struct property_list properties; /* bootstrap.servers among them */
    const char *topic, *directory;
    bool read_uncommitted;  /* aborted records and those of open transactions too */
    bool overwrite;
};
enum dump_topic_end {
    DUMP_TOPIC_DONE,
    DUMP_TOPIC_FAILED,      /* a file could not be written */
    DUMP_TOPIC_UNREACHABLE,
    DUMP_TOPIC_NO_TOPIC,
    DUMP_TOPIC_EXISTS,      /* a file of that name, and overwrite is false */
    DUMP_TOPIC_CONFIG,
    DUMP_TOPIC_INTERRUPTED,
};

/* Stops at the end that each partition had at the start, waiting for transactions that were open then. */
enum dump_topic_end dump_topic(const struct dump_topic_options *options, int64_t *ret_records_count,
                               char *ret_error, size_t error_size);

#endif
