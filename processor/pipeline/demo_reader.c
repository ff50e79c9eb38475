#include "pipeline/demo_reader.h"

#include "base/hash.h"
#include "base/must.h"
#include "codec/avro_read.h"
#include "engine/calendar.h"
#include "stream/topics.h"

#include <stdlib.h>

#define TOPICS 2 /* alerts, episodes */
enum { ALERTS, EPISODES };

/* Keys of episodes that were seen, and whether they exist; open addressing, by the hash of the key alone: a view may err once in 2^64. */
struct episode_set {
    uint64_t *hashes; /* 0: free; the lowest bit says that it exists */
    size_t capacity, count, existing;
};

struct demo_reader {
    struct demo_reader_options options;
    struct property bootstrap;
    struct consumer *consumers[TOPICS];
    struct admin *admin;
    int32_t *partitions;
    int64_t *seen[TOPICS], *ends[TOPICS]; /* offsets; ends are NULL until asked for */
    struct episode_set episodes;
    int64_t raised[ALERT_TYPE_COUNT], standing[ALERT_TYPE_COUNT], prevented_cents;
    char as_of[DAY_TEXT_BYTES];
    int32_t as_of_day;
};

/* --- reading Avro back ------------------------------------------------------------------------------------------------------ */

static bool skip_span(struct cursor *cursor)
{
    struct bytes ignored;
    return read_span(cursor, &ignored);
}

static bool read_optional_span(struct cursor *cursor, struct bytes *ret_span)
{
    uint32_t branch;
    return read_index(cursor, 2, &branch) && (branch == 0 || read_span(cursor, ret_span));
}

static bool read_maybe(struct cursor *cursor, int64_t *ret_value)
{
    uint32_t branch;
    return read_index(cursor, 2, &branch) && (branch == 0 || read_long(cursor, ret_value));
}

static bool type_of(struct bytes name, enum alert_type *ret_type)
{
    for (int type = 0; type < ALERT_TYPE_COUNT; type++)
        if (bytes_equal(name, alert_type_names[type])) {
            *ret_type = (enum alert_type)type;
            return true;
        }
    return false;
}

/* An alert as it stands in its record: texts and symbols, numbers, of null 0. */
struct alert_view {
#define ALERT_FIELD(name, type, null, role) \
    BY_CLASS_##type##_##null(struct bytes name;, struct bytes name;, int64_t name;, int64_t name;, )
#include "engine/outputs.def"
};
#define READ_TEXT_VALUE(name) &&read_span(&cursor, &view.name)
#define READ_TEXT_NULLABLE(name) &&read_optional_span(&cursor, &view.name)
#define READ_PIECE_VALUE READ_TEXT_VALUE
#define READ_WORD_VALUE READ_TEXT_VALUE
#define READ_INT_VALUE(name) &&read_long(&cursor, &view.name)
#define READ_DAY_VALUE READ_INT_VALUE
#define READ_LONG_NULLABLE(name) &&read_maybe(&cursor, &view.name)

bool demo_alert_read(struct bytes value, struct demo_alert *ret_alert, int64_t *ret_prevented, int32_t *ret_as_of)
{
    struct cursor cursor = { (const unsigned char *)value.data, (const unsigned char *)value.data + value.length, 0 };
    struct alert_view view = { .prevented = 0 };
    enum alert_type type;
    bool read = true
#define ALERT_FIELD(name, type, null, role) READ_##type##_##null(name)
#include "engine/outputs.def"
        ;
    if (!read || !type_of(view.type, &type) || view.as_of < INT32_MIN || view.as_of > INT32_MAX)
        return false;
    *ret_alert = (struct demo_alert){ .type = type, .severity = view.severity, .action = view.action, .message = view.message };
    *ret_prevented = view.prevented;
    *ret_as_of = (int32_t)view.as_of;
    return true;
}

static bool read_state(struct bytes value, struct bytes *ret_state)
{
    struct cursor cursor = { (const unsigned char *)value.data, (const unsigned char *)value.data + value.length, 0 };
    int64_t insurer;
    return skip_span(&cursor) && read_long(&cursor, &insurer) && skip_span(&cursor) && skip_span(&cursor) && skip_span(&cursor)
           && read_span(&cursor, ret_state);
}

/* --- counting ------------------------------------------------------------------------------------------------------------------ */

static void set_grow(struct episode_set *set)
{
    struct episode_set grown = { .capacity = set->capacity ? set->capacity * 2 : 1024, .count = set->count, .existing = set->existing };
    grown.hashes = calloc(grown.capacity, sizeof(*grown.hashes));
    must(grown.hashes != NULL);
    for (size_t at = 0; at < set->capacity; at++)
        if (set->hashes[at] != 0) {
            size_t to = set->hashes[at] >> 1 & (grown.capacity - 1);
            while (grown.hashes[to] != 0)
                to = (to + 1) & (grown.capacity - 1);
            grown.hashes[to] = set->hashes[at];
        }
    free(set->hashes);
    *set = grown;
}

static void set_note(struct episode_set *set, struct bytes key, bool exists)
{
    if (set->count * 2 >= set->capacity)
        set_grow(set);
    uint64_t hash = hash64(key.data, key.length, 0) | 2;
    size_t at = hash >> 1 & (set->capacity - 1);
    while (set->hashes[at] != 0 && (set->hashes[at] | 1) != (hash | 1))
        at = (at + 1) & (set->capacity - 1);
    set->count += set->hashes[at] == 0;
    set->existing -= set->hashes[at] & 1;
    set->existing += exists;
    set->hashes[at] = (hash & ~(uint64_t)1) | exists;
}

static void note_alert(struct demo_reader *reader, struct bytes value)
{
    struct demo_alert alert;
    int64_t prevented;
    int32_t as_of;
    if (!demo_alert_read(value, &alert, &prevented, &as_of))
        return;
    bool raised = bytes_equal(alert.action, action_names[ACTION_RAISED]);
    reader->raised[alert.type] += raised;
    reader->standing[alert.type] += raised ? 1 : -1;
    reader->prevented_cents += raised ? prevented : -prevented;
    if (as_of > reader->as_of_day) {
        reader->as_of_day = as_of;
        day_to_text(as_of, reader->as_of);
    }
    reader->options.on_alert(reader->options.context, &alert);
}

static void note_episode(struct demo_reader *reader, struct bytes key, struct bytes value)
{
    struct bytes state;
    if (read_state(value, &state))
        set_note(&reader->episodes, key, !bytes_equal(state, state_names[STATE_VOID]));
}

void demo_reader_counts(const struct demo_reader *reader, struct demo_state *state)
{
    state->episodes = (int64_t)reader->episodes.existing;
    memcpy(state->raised, reader->raised, sizeof(state->raised));
    memcpy(state->standing, reader->standing, sizeof(state->standing));
    state->prevented_cents = reader->prevented_cents;
    state->as_of = (struct bytes){ reader->as_of, reader->as_of_day == INT32_MIN ? 0 : DAY_TEXT_BYTES };
}

/* --- the topics ------------------------------------------------------------------------------------------------------------------ */

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
        free(reader->seen[which]);
        free(reader->ends[which]);
    }
    if (reader->admin != NULL)
        admin_close(reader->admin);
    free(reader->partitions);
    free(reader->episodes.hashes);
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
    if (which == ALERTS)
        note_alert(reader, message->value);
    else
        note_episode(reader, message->key, message->value);
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
