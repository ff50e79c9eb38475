#include "pipeline/topic_setup.h"

#include "base/limits.h"
#include "engine/calendar.h"
#include "ops/log.h"
#include "pipeline/checkpoint_topic.h"
#include "system/clock.h"
#include "system/stop_signal.h"

#include <stdio.h>

enum { SEE_CREATED_SECONDS = 15, SEE_CREATED_PAUSE_MS = 50, HEADERS_BYTES_MAX = 64 * 1024 };

#define DAYS_30_MS "2592000000"
#define DAYS_90_MS "7776000000"
#define DAYS_730_MS "63072000000"
#define DAYS_7_MS "604800000"

/* How each output topic is made (LIBRARIES.md §4): episodes and alerts are tables by their key, the others
 * are logs. An alert may stay raised as long as its person is remembered, which is horizon_days + 730
 * (§2). */
static const struct topic_row {
    struct property config[4];
    size_t config_count;
} rows[TOPIC_COUNT] = {
    [TOPIC_DECISIONS] = { { { PROPERTY_BOTH, "cleanup.policy", "delete" },
                            { PROPERTY_BOTH, "retention.ms", DAYS_90_MS } },
                          2 },
    [TOPIC_EPISODES] = { { { PROPERTY_BOTH, "cleanup.policy", "compact" },
                           { PROPERTY_BOTH, "delete.retention.ms", DAYS_7_MS } },
                         2 },
    [TOPIC_ALERTS] = { { { PROPERTY_BOTH, "cleanup.policy", "compact,delete" },
                         { PROPERTY_BOTH, "delete.retention.ms", DAYS_7_MS },
                         { PROPERTY_BOTH, "retention.ms", DAYS_730_MS } },
                       3 },
    [TOPIC_DEAD_LETTERS] = { { { PROPERTY_BOTH, "cleanup.policy", "delete" },
                               { PROPERTY_BOTH, "retention.ms", DAYS_30_MS } },
                             2 },
};

/* Old chunks and tombstones hold care data: they go when a segment is full or a day old, not after the week
 * that is the default. */
static const struct property checkpoint_config[] = {
    { PROPERTY_BOTH, "cleanup.policy", "compact" },
    { PROPERTY_BOTH, "max.message.bytes", CHECKPOINT_TOPIC_MESSAGE_BYTES_MAX },
    { PROPERTY_BOTH, "segment.bytes", "134217728" },
    { PROPERTY_BOTH, "segment.ms", "86400000" },
};

static bool refuse(struct failure *failure, const char *text)
{
    failure_set(failure, REMEDY_STOP, CAUSE_CONFIG, "%s", text);
    return false;
}

/* §1 holds submitted_at against the record's own timestamp. Where producers may write any, nothing holds it:
 * one wrong year ages a whole partition. */
static void warn_of_timestamps(const char *topic, const struct topic_config *config)
{
    if (!config->producers_set_timestamps || config->timestamp_ahead_ms_max < 0 ||
        config->timestamp_ahead_ms_max <= DAY_MILLISECONDS)
        return;
    log_say(LOG_WARNING,
            "topic \"%s\" lets producers write any time: a wrong timestamp with a wrong submitted_at moves "
            "the clock of its partition; set message.timestamp.after.max.ms=3600000, or "
            "message.timestamp.type=LogAppendTime",
            topic);
}

static bool see_input(struct admin *admin, const struct pipeline_options *options,
                      struct topic_config *ret_config, int32_t *ret_partitions_count, struct failure *failure)
{
    char text[FAILURE_TEXT_BYTES];
    if (!admin_partitions(admin, options->topic, ret_partitions_count, failure))
        return false;
    if (*ret_partitions_count == 0 || *ret_partitions_count > PARTITIONS_MAX) {
        snprintf(text, sizeof(text),
                 *ret_partitions_count == 0 ? "there is no topic \"%s\": create it, or correct input.topic"
                                            : "topic \"%s\" has too many partitions",
                 options->topic);
        return refuse(failure, text);
    }
    *ret_config = (struct topic_config){ .message_bytes_max = -1, .retention_ms = -1 };
    if (options->embedded)
        return true;
    struct failure tolerated; /* what is said and gone on with must not end the run later */
    if (!admin_config(admin, options->topic, ret_config, &tolerated)) {
        log_say(LOG_WARNING, "%s: whether it is compacted is not known; it must not be", tolerated.text);
        return true;
    }
    warn_of_timestamps(options->topic, ret_config);
    if (!ret_config->compacted)
        return true;
    snprintf(text, sizeof(text),
             "topic \"%s\" is compacted: declarations would vanish from it; set cleanup.policy=delete and "
             "fill it anew",
             options->topic);
    return refuse(failure, text);
}

static bool create(struct admin *admin, const struct topic_plan *plan, struct failure *failure)
{
    if (!admin_create(admin, plan, failure))
        return false;
    log_say(LOG_INFO, "created topic \"%s\" with %d partitions", plan->name, (int)plan->partitions_count);
    return true;
}

static bool create_output(struct admin *admin, const char *name, enum output_topic topic,
                          const struct topic_config *input, int32_t partitions_count, struct failure *failure)
{
    char bytes_max[24];
    struct property config[5];
    size_t count = rows[topic].config_count;
    memcpy(config, rows[topic].config, sizeof(config[0]) * count);
    if (topic == TOPIC_DEAD_LETTERS && input->message_bytes_max > 0) {
        /* The original, as large as the input takes it, with the headers that we add. */
        snprintf(bytes_max, sizeof(bytes_max), "%lld",
                 (long long)input->message_bytes_max + HEADERS_BYTES_MAX);
        config[count++] = (struct property){ PROPERTY_BOTH, "max.message.bytes", bytes_max };
    }
    return create(admin, &(struct topic_plan){ name, partitions_count, config, count }, failure);
}

/* Brokers hear of a new topic one after the other. */
static bool see_created(struct admin *admin, const char *name, int32_t *ret_partitions_count,
                        struct failure *failure)
{
    int64_t until_us = clock_us() + MICROSECONDS_OF_S(SEE_CREATED_SECONDS);
    do {
        if (!admin_partitions(admin, name, ret_partitions_count, failure))
            return false;
        if (*ret_partitions_count > 0)
            return true;
    } while (clock_us() < until_us && stop_signal_wait(SEE_CREATED_PAUSE_MS) == 0);
    failure_set(failure, REMEDY_STOP, CAUSE_KAFKA, "topic \"%s\" was created and cannot be seen yet", name);
    return false;
}

static bool see_count(const char *name, int32_t count, const struct pipeline_options *options,
                      int32_t partitions_count, struct failure *failure)
{
    char text[FAILURE_TEXT_BYTES];
    if (count == partitions_count)
        return true;
    snprintf(text, sizeof(text),
             "topic \"%s\" has %d partitions and \"%s\" has %d: outputs go to the partition of their input, "
             "so both need the same number",
             name, (int)count, options->topic, (int)partitions_count);
    return refuse(failure, text);
}

static bool see_output(struct admin *admin, const struct pipeline_options *options, const char *name,
                       enum output_topic topic, const struct topic_config *input, int32_t partitions_count,
                       struct failure *failure)
{
    char text[FAILURE_TEXT_BYTES];
    int32_t count;
    if (!admin_partitions(admin, name, &count, failure))
        return false;
    if (count == 0 && options->create_topics &&
        (!create_output(admin, name, topic, input, partitions_count, failure) ||
         !see_created(admin, name, &count, failure)))
        return false;
    if (count != 0)
        return see_count(name, count, options, partitions_count, failure);
    snprintf(text, sizeof(text),
             "there is no topic \"%s\": create it with %d partitions, or start with --create-topics", name,
             (int)partitions_count);
    return refuse(failure, text);
}

/* Without it we can do: checkpoints stay on this machine then. */
static bool see_checkpoints(struct admin *admin, const struct pipeline_options *options,
                            int32_t partitions_count, struct failure *failure)
{
    char name[TOPIC_NAME_BYTES_MAX + 1];
    int32_t count;
    struct topic_config config;
    struct topic_plan plan = { name, partitions_count, checkpoint_config, COUNT(checkpoint_config) };
    if (!checkpoint_topic_name(options->prefix, name, sizeof(name)))
        return refuse(failure, "output.prefix is too long for the name of a topic");
    if (!admin_partitions(admin, name, &count, failure))
        return false;
    if (count == 0 && options->create_topics &&
        (!create(admin, &plan, failure) || !see_created(admin, name, &count, failure)))
        return false;
    if (count == 0) {
        log_say(LOG_WARNING,
                "there is no topic \"%s\": checkpoints stay on this machine (--create-topics makes it)",
                name);
        return true;
    }
    struct failure tolerated;
    if (!admin_config(admin, name, &config, &tolerated))
        log_say(LOG_WARNING, "%s: whether it is compacted is not known; it must be", tolerated.text);
    else if (!config.compacted)
        log_say(LOG_WARNING,
                "topic \"%s\" is not compacted: its checkpoints grow for ever or vanish; set "
                "cleanup.policy=compact",
                name);
    return see_count(name, count, options, partitions_count, failure);
}

/* A misspelt partition would leave the record in that was meant to be left out. */
static bool see_quarantined(const struct pipeline_options *options, int32_t partitions_count,
                            struct failure *failure)
{
    char text[FAILURE_TEXT_BYTES];
    for (size_t i = 0; i < options->quarantined_count; i++) {
        const struct quarantined_record *record = &options->quarantined[i];
        if (record->partition < partitions_count)
            continue;
        snprintf(text, sizeof(text),
                 "quarantine: \"%s/%d/%lld\" names a partition that is not there: the topic has %d, from 0; "
                 "correct it or take it away",
                 options->topic, (int)record->partition, (long long)record->offset, (int)partitions_count);
        return refuse(failure, text);
    }
    return true;
}

bool topic_setup(struct admin *admin, const struct pipeline_options *options,
                 const char *const topics[TOPIC_COUNT], int32_t *ret_partitions_count,
                 struct failure *failure)
{
    struct topic_config input;
    if (!see_input(admin, options, &input, ret_partitions_count, failure) ||
        !see_quarantined(options, *ret_partitions_count, failure))
        return false;
    for (int topic = 0; topic < TOPIC_COUNT; topic++)
        if (!see_output(admin, options, topics[topic], (enum output_topic)topic, &input,
                        *ret_partitions_count, failure))
            return false;
    return options->embedded || see_checkpoints(admin, options, *ret_partitions_count, failure);
}
