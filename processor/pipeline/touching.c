#include "pipeline/touching.h"

#include "base/memory.h"
#include "ops/log.h"
#include "pipeline/takeover.h"
#include "pipeline/worker_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_WAIT_MS = 500, BORROW_WAIT_MS = 5000, TRIES_OF_KNOWN = 3, NAMES_MAX = 64 };

/* --- an aborted transaction --- */

static bool send_touches(struct producer *producer, const struct touch *touches, size_t count,
                         struct failure *failure)
{
    for (size_t i = 0; i < count; i++) {
        const struct outgoing outgoing = { touches[i].topic, touches[i].partition, BYTES("aborted"),
                                           BYTES_NULL };
        if (producer_send(producer, &outgoing, 1, failure) != 1)
            return false;
    }
    return count == 0 || producer_flush(producer, producer_transaction_timeout_ms(producer), failure);
}

static bool touch_group(struct worker *worker, struct producer *producer, struct failure *failure)
{
    const struct pipeline_options *options = worker->shared->options;
    worker_begin_call(worker, producer);
    bool touched = transaction_touch_group(producer, options->group, options->topic, failure);
    worker_end_call(worker);
    return touched;
}

bool touch(struct worker *worker, struct producer *producer, const struct touch *touches, size_t count,
           bool offsets, struct failure *failure)
{
    struct failure of_abort = { .remedy = REMEDY_NONE };
    if (!transaction_begin(producer, failure))
        return false;
    bool touched = send_touches(producer, touches, count, failure) &&
                   (!offsets || touch_group(worker, producer, failure));
    if (!transaction_abort(producer, &of_abort)) {
        *failure = of_abort;
        failure->remedy = REMEDY_PRODUCER; /* also when it could be repeated: the whole is */
        return false;
    }
    if (!touched && failure->remedy != REMEDY_STOP)
        failure->remedy = REMEDY_PRODUCER;
    return touched;
}

/* --- the id of an instance that is gone --- */

struct absent {
    const struct worker *worker;
    char (*names)[WRITER_BYTES];
    size_t count;
    int process_max;
};

static void strike_out(void *context, const char *instance)
{
    struct absent *absent = context;
    for (size_t i = 0; i < absent->count;)
        if (strcmp(absent->names[i], instance) == 0)
            memcpy(absent->names[i], absent->names[--absent->count], WRITER_BYTES);
        else
            i++;
}

static void add_name(struct absent *absent, const char *name)
{
    for (size_t i = 0; i < absent->count; i++)
        if (strcmp(absent->names[i], name) == 0)
            return;
    memcpy(absent->names[absent->count++], name, WRITER_BYTES);
}

/* The process number in a name of ours, `<app>-<3 digits>-<2 digits>`; -1: it is none. */
static int process_of(const struct worker *worker, const char *name)
{
    const char *app = worker->shared->options->app;
    size_t length = strlen(app);
    if (strncmp(name, app, length) != 0 || name[length] != '-')
        return -1;
    return (int)strtol(name + length + 1, NULL, 10);
}

static void note_process(void *context, const char *instance)
{
    struct absent *absent = context;
    int process = process_of(absent->worker, instance);
    if (process > absent->process_max)
        absent->process_max = process;
}

/* The last resort: a process that is gone may have tried to end something there itself, and no commit names
 * it. So all that can have been are tried, up to two beyond the highest number that is known. */
static void add_all_names(const struct worker *worker, struct absent *absent)
{
    char name[WRITER_BYTES];
    for (size_t i = 0; i < absent->count; i++)
        note_process(absent, absent->names[i]);
    for (int process = 0; process <= absent->process_max + 2; process++)
        for (int32_t w = 0; w < worker->shared->options->workers_count && absent->count < NAMES_MAX; w++) {
            snprintf(name, sizeof(name), "%s-%03d-%02d", worker->shared->options->app, process, (int)w);
            add_name(absent, name);
        }
}

/* Who wrote last, by the commits that are decided. Offsets that are pending may be of a writer that none of
 * their own partition names. */
static bool find_writers(const struct worker *worker, const struct partition *partition,
                         struct absent *absent, struct failure *failure)
{
    int32_t count = worker->shared->partitions_count;
    struct position *positions = memory_alloc_zeroed((size_t)count, sizeof(*positions));
    for (int32_t p = 0; p < count; p++)
        positions[p].partition = p;
    bool known =
        output_log_committed(worker->shared->outputs, positions, (size_t)count, ASK_WAIT_MS, failure);
    for (int32_t p = 0; p < count && known; p++) {
        struct window window;
        if ((p == partition->number || partition->rest.offsets_hang) &&
            window_from_text(positions[p].metadata, &window))
            add_name(absent, window.by);
    }
    memory_free(positions);
    return known;
}

static void borrow(struct worker *worker, const char *id, const struct touch *touches, size_t count,
                   bool offsets)
{
    struct failure failure = { .remedy = REMEDY_NONE };
    const struct producer_options options = { .properties = worker->shared->options->properties,
                                              .transactional_id = id,
                                              .client_id = worker->instance,
                                              .topics = worker->shared->topics,
                                              .topics_count = TOPIC_COUNT };
    log_say(LOG_INFO, "%s: \"%s\" is no longer in the group: what it left open is ended", worker->instance,
            id);
    struct producer *producer = producer_open(&options, &failure);
    bool ended = producer && producer_init(producer, BORROW_WAIT_MS, &failure) &&
                 touch(worker, producer, touches, count, offsets, &failure);
    if (!ended)
        log_say(LOG_WARNING, "%s: what \"%s\" left open could not be ended yet: %s", worker->instance, id,
                failure.text);
    if (producer)
        producer_close(producer);
}

/* After we have tried in vain with our own id. */
void touch_borrowed(struct worker *worker, struct partition *partition)
{
    struct failure failure;
    struct touch touches[TOPIC_COUNT];
    size_t count = 0;
    struct absent absent = { .worker = worker,
                             .process_max = worker->shared->options->process,
                             .names = memory_alloc((size_t)worker->shared->partitions_count + NAMES_MAX,
                                                   WRITER_BYTES) };
    for (uint8_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (rest_hangs_in(&partition->rest, topic))
            touches[count++] = (struct touch){ topic, partition->number };
    bool known = find_writers(worker, partition, &absent, &failure);
    if (known && partition->rest.tries >= TRIES_OF_KNOWN) {
        known = output_log_members(worker->shared->outputs, note_process, &absent, BORROW_WAIT_MS, &failure);
        add_all_names(worker, &absent);
    }
    if (known && output_log_members(worker->shared->outputs, strike_out, &absent, BORROW_WAIT_MS, &failure)) {
        strike_out(&absent, worker->instance);
        partition->rest.has_more =
            absent.count > 0 && (size_t)(partition->rest.borrowed + 1) % absent.count != 0;
        if (absent.count > 0)
            borrow(worker, absent.names[(size_t)partition->rest.borrowed++ % absent.count], touches, count,
                   partition->rest.offsets_hang);
    }
    memory_free(absent.names);
}
