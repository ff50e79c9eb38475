/* librdkafka.h - what the files of this room share of librdkafka; never included from outside of it.
 * Owner:   as in each function. Threads: as in each function. */
#ifndef BUNDELWACHT_STREAM_LIBRDKAFKA_H
#define BUNDELWACHT_STREAM_LIBRDKAFKA_H

#include "stream/consumer.h"
#include "stream/failure.h"
#include "stream/producer.h"
#include "stream/properties.h"

#include <librdkafka/rdkafka.h>

/* The verdict on a code that is no transaction's; false when it is NO_ERROR. `what` completes "could not
 * …". */
void failure_of_code(rd_kafka_resp_err_t code, const char *detail, const char *what, struct failure *failure);
/* The verdict on an error of a transaction's call, which it destroys; true when there is none (NULL). */
bool failure_of_error(rd_kafka_error_t *error, const char *what, struct failure *failure);

/* To whoever stream_set_talk named: `who` and a text of the library's. */
void stream_talk(const char *who, const char *text);

/* ASKER: only asks where logs begin and end. */
enum handle_kind { HANDLE_CONSUMER, HANDLE_READER, HANDLE_PRODUCER, HANDLE_ASKER };
/* A configuration by the table, the operator's list, and `own` (which win); NULL with a failure. A talking
 * handle: its errors and log lines go to the talk; `opaque` is that of its callbacks. */
rd_kafka_conf_t *properties_conf(enum handle_kind kind, struct property_list list, const struct property *own,
                                 size_t own_count, void *opaque, struct failure *failure);
/* rd_kafka_new; the configuration is used up either way. */
rd_kafka_t *handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct failure *failure);
/* Fills the handle's cache of leaders, and sees that the topic exists (LIBRARIES.md §2.3). */
bool handle_meets_topic(rd_kafka_t *handle, const char *topic, int32_t *ret_partitions_count,
                        struct failure *failure);

/* What the group that the handle is of has committed: stable offsets on a read_committed handle. AGAIN: not
 * known. */
bool handle_committed(rd_kafka_t *handle, const char *topic, struct position *positions, size_t count,
                      int wait_ms, struct failure *failure);

/* Looks into the one event that answers an Admin request. */
typedef rd_kafka_resp_err_t look_fn(rd_kafka_event_t *event, void *into, const char **ret_detail);
/* `what` completes "could not …". Asks the group's coordinator, and waits so long for its answer. The request
 * itself may take an hour, the longest that the library allows: one that ran out of its time before a
 * coordinator was found ends the process by an assertion when that is found (its issues 3663 and 4605, in all
 * versions up to 2.14.1 at least). */
bool admin_describe_group(rd_kafka_t *handle, const char *group, look_fn *look, void *into, int wait_ms,
                          const char *what, struct failure *failure);

/* Asks anew who leads the topic's partitions. The library takes a partition that had no leader when it looked
 * first for one that has none, and looks again only after topic.metadata.refresh.interval.ms (five
 * minutes). */
void handle_refresh(rd_kafka_t *handle, const char *topic, int wait_ms);

rd_kafka_t *consumer_handle(const struct consumer *consumer);
const char *consumer_topic(const struct consumer *consumer);
rd_kafka_t *producer_handle(const struct producer *producer);

#endif
