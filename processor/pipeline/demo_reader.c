#include "pipeline/demo_reader.h"

#include "base/hash.h"
#include "base/key_table.h"
#include "base/must.h"
#include "codec/output_reader.h"
#include "engine/calendar.h"
#include "stream/topics.h"

#include <stdlib.h>

#define TOPICS 2 /* alerts, episodes */
enum { ALERTS, EPISODES };

enum { EPISODE_GONE = 1, EPISODE_EXISTS };

struct demo_reader {
    struct demo_reader_options options;
    struct property bootstrap;
    struct consumer *consumers[TOPICS];
    struct output_reader *readers[TOPICS];
    struct admin *admin;
    int32_t *partitions;
    int64_t *seen[TOPICS], *ends[TOPICS]; /* offsets; ends are NULL until asked for */
    struct key_table episodes; /* that were seen, by the hash of the key alone: a view may err once in 2^64 */
    size_t existing;
    int64_t raised[ALERT_TYPE_COUNT], standing[ALERT_TYPE_COUNT], prevented_cents;
    char as_of[DAY_TEXT_BYTES];
    int32_t as_of_day;
};

/* --- counting ------------------------------------------------------------------------------------------- */

static void episodes_note(struct demo_reader *reader, struct bytes key, bool exists)
{
    uint64_t hash = hash64(key.data, key.length, 0);
    struct key_entry *entry = key_table_first(&reader->episodes, hash);
    if (!entry)
        entry = key_table_add(&reader->episodes, hash, EPISODE_GONE);
    reader->existing -= entry->value == EPISODE_EXISTS;
    entry->value = exists ? EPISODE_EXISTS : EPISODE_GONE;
    reader->existing += exists;
}

static void note_alert(struct demo_reader *reader, const struct alert *alert)
{
    const struct demo_alert shown = {
        .type = (enum alert_type)alert->type,
        .action = action_names[alert->action],
        .severity = severity_names[alert->severity],
        .message = alert->message,
    };
    int64_t raised = alert->action == ACTION_RAISED;
    int64_t prevented = alert->prevented.known ? alert->prevented.value : 0;
    reader->raised[alert->type] += raised;
    reader->standing[alert->type] += raised ? 1 : -1;
    reader->prevented_cents += raised ? prevented : -prevented;
    if (alert->as_of > reader->as_of_day) {
        reader->as_of_day = alert->as_of;
        day_to_text(alert->as_of, reader->as_of);
    }
    reader->options.on_alert(reader->options.context, &shown);
}

/* Nobody else writes into the embedded broker: what cannot be read is our own bug. */
static void note_output(struct demo_reader *reader, int which, const struct message *message)
{
    struct output_record record;
    const char *problem = NULL;
    must(output_reader_read(reader->readers[which], message->key, message->value, &record, &problem));
    if (which == ALERTS)
        note_alert(reader, &record.output.alert);
    else
        episodes_note(reader, message->key, record.output.episode.state != STATE_VOID);
}

void demo_reader_counts(const struct demo_reader *reader, struct demo_state *state)
{
    state->episodes = (int64_t)reader->existing;
    memcpy(state->raised, reader->raised, sizeof(state->raised));
    memcpy(state->standing, reader->standing, sizeof(state->standing));
    state->prevented_cents = reader->prevented_cents;
    state->as_of = (struct bytes){ reader->as_of, reader->as_of_day == INT32_MIN ? 0 : DAY_TEXT_BYTES };
}

/* --- the topics ----------------------------------------------------------------------------------------- */

/* Our own schema is read by us, or the tests would have said so. */
static struct output_reader *reader_of(int which)
{
    static const enum schema_name names[TOPICS] = { [ALERTS] = SCHEMA_ALERT, [EPISODES] = SCHEMA_EPISODE };
    const struct output_reader_options options = { .record = names[which], .framing = FRAMING_RAW };
    char ignored[256];
    struct output_reader *opened = output_reader_new(&options, ignored, sizeof(ignored));
    must(opened != NULL);
    return opened;
}

static bool open_topic(struct demo_reader *reader, int which, const char *topic, struct failure *failure)
{
    struct consumer_options options = {
        .properties = { &reader->bootstrap, 1 },
        .topic = topic,
        .group = "demo-view",
        .read_uncommitted = true,
        .partitions = reader->partitions,
        .partitions_count = (size_t)reader->options.partitions_count,
    };
    size_t count = options.partitions_count;
    reader->readers[which] = reader_of(which);
    reader->seen[which] = calloc(count, sizeof(int64_t));
    struct position *positions = calloc(count, sizeof(*positions));
    must(reader->seen[which] != NULL);
    must(positions != NULL);
    for (size_t at = 0; at < count; at++)
        positions[at].partition = (int32_t)at;
    reader->consumers[which] = consumer_open(&options, failure);
    bool good = reader->consumers[which] != NULL && consumer_begin(reader->consumers[which], failure)
                && consumer_assign(reader->consumers[which], positions, count, failure);
    free(positions);
    return good;
}

struct demo_reader *demo_reader_open(const struct demo_reader_options *options, struct failure *failure)
{
    struct demo_reader *reader = calloc(1, sizeof(*reader));
    must(reader != NULL);
    reader->options = *options;
    reader->as_of_day = INT32_MIN;
    reader->bootstrap = (struct property){ PROPERTY_BOTH, "bootstrap.servers", options->bootstrap_servers };
    reader->partitions = calloc((size_t)options->partitions_count, sizeof(int32_t));
    must(reader->partitions != NULL);
    for (int32_t at = 0; at < options->partitions_count; at++)
        reader->partitions[at] = at;
    reader->admin = admin_open((struct property_list){ &reader->bootstrap, 1 }, failure);
    if (reader->admin != NULL && open_topic(reader, ALERTS, options->alerts_topic, failure)
        && open_topic(reader, EPISODES, options->episodes_topic, failure))
        return reader;
    demo_reader_close(reader);
    return NULL;
}

void demo_reader_close(struct demo_reader *reader)
{
    if (reader == NULL)
        return;
    for (int which = 0; which < TOPICS; which++) {
        if (reader->consumers[which] != NULL)
            consumer_close(reader->consumers[which]);
        output_reader_free(reader->readers[which]);
        free(reader->seen[which]);
        free(reader->ends[which]);
    }
    if (reader->admin != NULL)
        admin_close(reader->admin);
    free(reader->partitions);
    key_table_release(&reader->episodes);
    free(reader);
}

static void note_message(struct demo_reader *reader, int which, const struct message *message)
{
    int64_t *seen = &reader->seen[which][message->partition];
    if (message->end) {
        *seen = message->offset;
        return;
    }
    *seen = message->offset + 1;
    note_output(reader, which, message);
}

bool demo_reader_turn(struct demo_reader *reader, int wait_ms, struct failure *failure)
{
    for (int which = 0; which < TOPICS; which++) {
        struct consumer *consumer = reader->consumers[which];
        size_t count = consumer_take(consumer, wait_ms / TOPICS);
        for (size_t at = 0; at < count; at++)
            note_message(reader, which, &consumer_messages(consumer)[at]);
        if (count > 0)
            consumer_release(consumer);
        if (consumer_events(consumer) & EVENT_FAILED) {
            *failure = *consumer_failure(consumer);
            return false;
        }
    }
    return true;
}

static bool ask_ends(struct demo_reader *reader, int which, const char *topic, struct failure *failure)
{
    size_t count = (size_t)reader->options.partitions_count;
    reader->ends[which] = calloc(count, sizeof(int64_t));
    must(reader->ends[which] != NULL);
    for (size_t at = 0; at < count; at++) {
        int64_t begin;
        if (!admin_ends(reader->admin, topic, (int32_t)at, &begin, &reader->ends[which][at], failure))
            return false;
    }
    return true;
}

bool demo_reader_is_at_end(struct demo_reader *reader, struct failure *failure)
{
    const char *topics[TOPICS] = { reader->options.alerts_topic, reader->options.episodes_topic };
    for (int which = 0; which < TOPICS; which++) {
        if (reader->ends[which] == NULL && !ask_ends(reader, which, topics[which], failure))
            return false;
        for (int32_t at = 0; at < reader->options.partitions_count; at++)
            if (reader->seen[which][at] < reader->ends[which][at])
                return false;
    }
    return true;
}
