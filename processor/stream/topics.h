/* topics.h - what there is to know of topics, asked by a handle of its own that sees uncommitted records too.
 * Owner:   the process owns one admin, which its workers share.
 * Units:   offsets; milliseconds.
 * Errors:  false, with the failure; CAUSE_CONFIG when Kafka says no.
 * Threads: any. */
#ifndef BUNDELWACHT_STREAM_TOPICS_H
#define BUNDELWACHT_STREAM_TOPICS_H

#include "stream/properties.h"

struct admin;
struct admin *admin_open(struct property_list properties, struct failure *failure);
void admin_close(struct admin *admin);

/* The id that the cluster gave itself; empty when it does not say. */
bool admin_cluster(struct admin *admin, char *ret_id, size_t size, struct failure *failure);
/* The number of partitions, or 0 when there is no such topic. */
bool admin_partitions(struct admin *admin, const char *topic, int32_t *ret_partitions_count,
                      struct failure *failure);
/* The first offset that there is, and the one behind the last record, control records and open transactions
 * included. */
bool admin_ends(struct admin *admin, const char *topic, int32_t partition, int64_t *ret_begin,
                int64_t *ret_end, struct failure *failure);

/* The first record of that timestamp (ms since 1970) or later; OFFSET_NONE: there is none yet. */
bool admin_offset_at(struct admin *admin, const char *topic, int32_t partition, int64_t at_ms,
                     int64_t *ret_offset, struct failure *failure);

struct topic_config {
    bool compacted;
    int64_t message_bytes_max, retention_ms; /* -1: for ever, or not known */
    bool producers_set_timestamps;           /* message.timestamp.type=CreateTime */
    int64_t timestamp_ahead_ms_max;          /* how far ahead of the broker's clock; -1: not known */
};
bool admin_config(struct admin *admin, const char *topic, struct topic_config *ret_config,
                  struct failure *failure);

struct topic_plan {
    const char *name;
    int32_t partitions_count;
    const struct property *config; /* client is not looked at */
    size_t config_count;
};
/* Makes the topic with the broker's own replication factor; one that exists already is no failure. */
bool admin_create(struct admin *admin, const struct topic_plan *plan, struct failure *failure);

#endif
