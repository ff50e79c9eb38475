#include "stream/output_log.h"

#include "stream/librdkafka.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"

#include <stdio.h>
#include <string.h>

enum { HEADERS_MAX = LETTER_HEADERS_MAX + 16, END_OF_LOG = -1, BEGIN_OF_LOG = -2 };

/* Two handles that never join: what is asked with one is told as a read_committed reader sees it (the last
 * stable offset), with the other as it lies there. Both carry the group's name, to ask for its offsets. */
struct output_log {
    struct output_log_options options;
    rd_kafka_t *stable, *raw;
};

/* --- opening --- */

static rd_kafka_t *open_handle(const struct output_log_options *options, enum handle_kind kind,
                               const char *isolation, struct failure *failure)
{
    const struct property own[] = {
        { PROPERTY_BOTH, "group.id", options->group },
        { PROPERTY_BOTH, "isolation.level", isolation },
        { PROPERTY_BOTH, "client.id", options->client_id },
    };
    rd_kafka_conf_t *conf = properties_conf(kind, options->properties, own, COUNT(own), NULL, failure);
    return conf ? handle_new(RD_KAFKA_CONSUMER, conf, failure) : NULL;
}

static void close_handle(rd_kafka_t *handle)
{
    if (handle)
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); /* it never joined */
}

struct output_log *output_log_open(const struct output_log_options *options, struct failure *failure)
{
    struct output_log *log = memory_alloc_zeroed(1, sizeof(*log));
    log->options = *options;
    log->stable = open_handle(options, HANDLE_ASKER, "read_committed", failure);
    log->raw = log->stable ? open_handle(options, HANDLE_ASKER, "read_uncommitted", failure) : NULL;
    if (log->raw)
        return log;
    output_log_close(log);
    return NULL;
}

void output_log_close(struct output_log *log)
{
    if (!log)
        return;
    close_handle(log->stable);
    close_handle(log->raw);
    memory_free(log);
}

/* Nobody knows now; only a right that is missing is for the operator. (A broker that has just started does
 * not know its topics yet.) */
static bool not_now(rd_kafka_resp_err_t code, const char *what, struct failure *failure)
{
    failure_of_code(code, NULL, what, failure);
    bool is_refused = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                      code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
                      code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
                      code == RD_KAFKA_RESP_ERR__AUTHENTICATION;
    if (!is_refused)
        failure->remedy = REMEDY_AGAIN;
    return false;
}

/* --- ends --- */

/* The list is sorted by nobody, but the partitions of one topic mostly stand together. */
static void refresh(rd_kafka_t *handle, const rd_kafka_topic_partition_list_t *list)
{
    enum { REFRESH_WAIT_MS = 500, REFRESHES_MAX = 8 };
    int refreshed = 0;
    for (int i = 0; i < list->cnt && refreshed < REFRESHES_MAX; i++) {
        int before = 0;
        while (before < i && strcmp(list->elems[before].topic, list->elems[i].topic) != 0)
            before++;
        if (before < i)
            continue;
        handle_refresh(handle, list->elems[i].topic, REFRESH_WAIT_MS);
        refreshed++;
    }
}

/* offsets_for_times takes the two names for the ends of a log where a time could stand, and asks each broker
 * once for all of its partitions. */
static bool ask_offsets(rd_kafka_t *handle, rd_kafka_topic_partition_list_t *list, int64_t which, int wait_ms,
                        struct failure *failure)
{
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = which;
        list->elems[i].err = RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    rd_kafka_resp_err_t code =
        list->cnt ? rd_kafka_offsets_for_times(handle, list, wait_ms) : RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        code = list->elems[i].err          ? list->elems[i].err
               : list->elems[i].offset < 0 ? RD_KAFKA_RESP_ERR__TIMED_OUT
                                           : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    refresh(handle, list);
    return not_now(code, "ask how far the outputs are stable", failure);
}

bool output_log_ends(struct output_log *log, struct output_end *ends, size_t count, int wait_ms,
                     struct failure *failure)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, log->options.topics[ends[i].topic], ends[i].partition);
    bool known = ask_offsets(log->stable, list, END_OF_LOG, wait_ms, failure);
    for (size_t i = 0; i < count && known; i++)
        ends[i].stable = list->elems[i].offset;
    known = known && ask_offsets(log->raw, list, END_OF_LOG, wait_ms, failure);
    for (size_t i = 0; i < count && known; i++)
        ends[i].end = list->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return known;
}

/* --- reading --- */

struct reading {
    struct output_log *log;
    struct output_span *spans;
    bool *done;
    size_t count, left;
    bool any_answer_will_do;
    output_record_fn *record;
    void *context;
};

static void end_span(struct reading *reading, size_t span)
{
    if (!reading->done[span])
        reading->left--;
    reading->done[span] = true;
}

static size_t span_of(const struct reading *reading, const rd_kafka_message_t *raw)
{
    const char *topic = rd_kafka_topic_name(raw->rkt);
    size_t i = 0;
    while (i < reading->count && (reading->spans[i].partition != raw->partition ||
                                  strcmp(reading->log->options.topics[reading->spans[i].topic], topic) != 0))
        i++;
    return i;
}

static struct bytes bytes_at(const void *data, size_t length)
{
    return (struct bytes){ data, data ? length : 0 };
}

static size_t headers_of(const rd_kafka_message_t *raw, struct header headers[HEADERS_MAX])
{
    rd_kafka_headers_t *list;
    const void *value;
    size_t count = 0, size;
    if (rd_kafka_message_headers(raw, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    while (count < HEADERS_MAX && rd_kafka_header_get_all(list, count, &headers[count].name, &value, &size) ==
                                      RD_KAFKA_RESP_ERR_NO_ERROR)
        headers[count++].value = bytes_at(value, size);
    return count;
}

static void take_record(struct reading *reading, size_t span, const rd_kafka_message_t *raw)
{
    struct header headers[HEADERS_MAX];
    int64_t timestamp = rd_kafka_message_timestamp(raw, NULL);
    const struct output_record record = {
        .topic = reading->spans[span].topic, .partition = raw->partition, .offset = raw->offset,
        .timestamp = timestamp >= 0 ? timestamp : TIMESTAMP_NONE,
        .key = bytes_at(raw->key, raw->key_len), .value = bytes_at(raw->payload, raw->len),
        .headers = headers, .headers_count = headers_of(raw, headers),
    };
    if (!reading->record(reading->context, &record))
        end_span(reading, span);
}

/* A record, or the end of what is stable: markers at the end of a span are shown by no record. */
static rd_kafka_resp_err_t take_message(struct reading *reading, const rd_kafka_message_t *raw)
{
    if (raw->err != RD_KAFKA_RESP_ERR_NO_ERROR && raw->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return raw->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                       raw->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
                   /* of a connection: the library goes on by itself */
                   ? raw->err
                   : RD_KAFKA_RESP_ERR_NO_ERROR;
    size_t span = span_of(reading, raw);
    if (span == reading->count || reading->done[span])
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    if (raw->offset >= reading->spans[span].to || reading->any_answer_will_do)
        end_span(reading, span);
    else if (raw->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        take_record(reading, span, raw);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool read_all(struct reading *reading, rd_kafka_t *handle, int wait_ms, struct failure *failure)
{
    enum { POLL_WAIT_MS = 20 };
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int waited_ms = 0; reading->left > 0 && code == RD_KAFKA_RESP_ERR_NO_ERROR;) {
        rd_kafka_message_t *raw = rd_kafka_consumer_poll(handle, POLL_WAIT_MS);
        if (raw) {
            code = take_message(reading, raw);
            rd_kafka_message_destroy(raw);
            waited_ms = 0;
        } else if ((waited_ms += POLL_WAIT_MS) > wait_ms) {
            code = RD_KAFKA_RESP_ERR__TIMED_OUT;
        }
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || not_now(code, "read our own outputs back", failure);
}

static bool find_begins(struct reading *reading, struct failure *failure, int wait_ms)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)reading->count);
    for (size_t i = 0; i < reading->count; i++)
        rd_kafka_topic_partition_list_add(list, reading->log->options.topics[reading->spans[i].topic],
                                          reading->spans[i].partition);
    bool known = ask_offsets(reading->log->raw, list, BEGIN_OF_LOG, wait_ms, failure);
    for (size_t i = 0; i < reading->count && known; i++) {
        struct output_span *span = &reading->spans[i];
        span->begin = list->elems[i].offset;
        if ((span->begin > span->from ? span->begin : span->from) >= span->to)
            end_span(reading, i);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return known;
}

static rd_kafka_resp_err_t assign(const struct reading *reading, rd_kafka_t *handle)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)reading->count);
    for (size_t i = 0; i < reading->count; i++) {
        const struct output_span *span = &reading->spans[i];
        if (!reading->done[i])
            rd_kafka_topic_partition_list_add(list, reading->log->options.topics[span->topic],
                                              span->partition)
                ->offset = span->begin > span->from ? span->begin : span->from;
    }
    rd_kafka_resp_err_t code = rd_kafka_assign(handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

/* With a handle of its own: this happens after a takeover or a fault, and others may read at the same
 * time. */
static bool read_spans(struct reading *reading, int wait_ms, struct failure *failure)
{
    if (!find_begins(reading, failure, wait_ms))
        return false;
    if (reading->left == 0)
        return true;
    rd_kafka_t *handle = open_handle(&reading->log->options, HANDLE_READER, "read_committed", failure);
    if (!handle)
        return false;
    rd_kafka_poll_set_consumer(handle);
    rd_kafka_resp_err_t code = assign(reading, handle);
    bool read = code == RD_KAFKA_RESP_ERR_NO_ERROR ? read_all(reading, handle, wait_ms, failure)
                                                   : not_now(code, "read our own outputs back", failure);
    rd_kafka_assign(handle, NULL);
    rd_kafka_consumer_close(handle);
    rd_kafka_destroy(handle);
    return read;
}

bool output_log_read(struct output_log *log, struct output_span *spans, size_t count,
                     output_record_fn *record, void *context, int wait_ms, struct failure *failure)
{
    struct reading reading = { .log = log,
                               .spans = spans,
                               .done = memory_alloc_zeroed(count + 1, sizeof(bool)),
                               .count = count,
                               .left = count,
                               .record = record,
                               .context = context };
    bool read = read_spans(&reading, wait_ms, failure);
    memory_free(reading.done);
    return read;
}

/* A fetch of partition 0 of each, whatever comes. */
bool output_log_may_read(struct output_log *log, int wait_ms, struct failure *failure)
{
    size_t count = log->options.topics_count;
    struct output_span *spans = memory_alloc_zeroed(count, sizeof(*spans));
    for (size_t i = 0; i < count; i++)
        spans[i] = (struct output_span){ .topic = (uint8_t)i, .to = INT64_MAX };
    struct reading reading = { .log = log,
                               .spans = spans,
                               .done = memory_alloc_zeroed(count, sizeof(bool)),
                               .count = count,
                               .left = count,
                               .any_answer_will_do = true };
    bool may = read_spans(&reading, wait_ms, failure);
    memory_free(reading.done);
    memory_free(spans);
    return may;
}

/* --- the group --- */

bool output_log_committed(struct output_log *log, struct position *positions, size_t count, int wait_ms,
                          struct failure *failure)
{
    return handle_committed(log->raw, log->options.input_topic, positions, count, wait_ms, failure);
}

struct members {
    output_member_fn *each;
    void *context;
};

static rd_kafka_resp_err_t look_at_group(rd_kafka_event_t *event, void *into, const char **ret_detail)
{
    struct members *members = into;
    size_t groups_count;
    const rd_kafka_ConsumerGroupDescription_t **groups = rd_kafka_DescribeConsumerGroups_result_groups(
        rd_kafka_event_DescribeConsumerGroups_result(event), &groups_count);
    const rd_kafka_error_t *error =
        groups_count == 1 ? rd_kafka_ConsumerGroupDescription_error(groups[0]) : NULL;
    if (groups_count != 1 || error) {
        *ret_detail = error ? rd_kafka_error_string(error) : NULL;
        return error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR__FAIL;
    }
    for (size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(groups[0]); i++) {
        const char *instance = rd_kafka_MemberDescription_group_instance_id(
            rd_kafka_ConsumerGroupDescription_member(groups[0], i));
        if (instance)
            members->each(members->context, instance);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool output_log_members(struct output_log *log, output_member_fn *each, void *context, int wait_ms,
                        struct failure *failure)
{
    struct members members = { each, context };
    bool known = admin_describe_group(log->raw, log->options.group, look_at_group, &members, wait_ms,
                                      "ask who is in the consumer group", failure);
    if (!known && failure->cause != CAUSE_CONFIG)
        failure->remedy = REMEDY_AGAIN;
    return known;
}
