#include "pipeline/pipeline.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"
#include "book/book_reader.h"
#include "ops/log.h"
#include "pipeline/crash_report.h"
#include "pipeline/figures_page.h"
#include "pipeline/takeover.h"
#include "pipeline/topic_setup.h"
#include "pipeline/worker_call.h"
#include "system/clock.h"
#include "system/failpoint.h"
#include "system/instance_lock.h"
#include "system/stop_signal.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    WATCH_WAIT_MS = 500,
    CLOSE_SECONDS_MAX = 60,
    SAY_PROGRESS_SECONDS = 30,
    START_WAIT_MS = 30000,
    START_PAUSE_MS = 100,
    OUTPUTS_WAIT_MS = 10000,
    JOIN_WAIT_MS = 20
};

struct pipeline {
    struct shared shared;
    char topic_names[TOPIC_COUNT][PIPELINE_TOPIC_BYTES];
    struct worker *workers[WORKERS_MAX];
    pthread_t threads[WORKERS_MAX];
    struct figures_page *page;
    int32_t workers_count; /* started */
    struct failure failure;
    int lock;
};

static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pipeline *running; /* what pipeline_totals_now looks at */
static atomic_bool asked_to_stop;

bool pipeline_topic_name(const char *prefix, enum output_topic topic, char ret_name[PIPELINE_TOPIC_BYTES])
{
    int length = snprintf(ret_name, PIPELINE_TOPIC_BYTES, "%s.%s.v1", prefix, output_topic_names[topic]);
    return length > 0 && length <= TOPIC_NAME_BYTES_MAX;
}

void pipeline_ask_to_stop(void)
{
    atomic_store(&asked_to_stop, true);
    stop_signal_wake();
}

/* --- what it has done --- */

static void raise_total(int64_t *total, int64_t at_least)
{
    if (at_least > *total)
        *total = at_least;
}

static void add_totals(struct pipeline_totals *totals, const struct counters *counters)
{
    totals->records += counter_value(counters, COUNTER_records_taken);
    totals->records_restored += counter_value(counters, COUNTER_records_restored);
    totals->outputs += counter_value(counters, COUNTER_outputs_committed);
    totals->dead_letters += counter_value(counters, COUNTER_dead_letters_committed);
    totals->transactions += counter_value(counters, COUNTER_transactions_committed);
    totals->sent_again += counter_value(counters, COUNTER_transactions_sent_again);
    totals->producers_replaced += counter_value(counters, COUNTER_producers_replaced);
    totals->commit_us += counter_value(counters, COUNTER_commit_us);
    raise_total(&totals->commit_us_max, counter_value(counters, COUNTER_commit_us_max));
    raise_total(&totals->fold_us_max, counter_value(counters, COUNTER_fold_us_max));
    raise_total(&totals->checkpoint_us_max, counter_value(counters, COUNTER_checkpoint_us_max));
}

static struct pipeline_totals totals_of(const struct pipeline *pipeline)
{
    struct pipeline_totals totals = { 0 };
    for (int32_t i = 0; i < pipeline->workers_count; i++)
        add_totals(&totals, &pipeline->workers[i]->counters);
    return totals;
}

struct pipeline_totals pipeline_totals_now(void)
{
    struct pipeline_totals totals = { 0 };
    pthread_mutex_lock(&running_lock);
    if (running)
        totals = totals_of(running);
    pthread_mutex_unlock(&running_lock);
    return totals;
}

static void set_running(struct pipeline *pipeline)
{
    pthread_mutex_lock(&running_lock);
    must(!pipeline || !running);
    running = pipeline;
    pthread_mutex_unlock(&running_lock);
}

/* --- before the workers --- */

static void talk(const char *text)
{
    log_say(LOG_WARNING, "%s", text);
}

static bool lock_instance(struct pipeline *pipeline)
{
    const struct pipeline_options *options = pipeline->shared.options;
    char name[INSTANCE_BYTES], text[FAILURE_TEXT_BYTES];
    pipeline->lock = -1;
    if (!options->state_directory)
        return true;
    snprintf(name, sizeof(name), "%s-%03d", options->app, (int)options->process);
    switch (instance_lock(options->state_directory, name, &pipeline->lock, text, sizeof(text))) {
    case LOCK_OURS:
        return true;
    case LOCK_TAKEN:
        failure_set(&pipeline->failure, REMEDY_STOP, CAUSE_FENCED, "%s", text);
        return false;
    default:
        failure_set(&pipeline->failure, REMEDY_STOP, CAUSE_CONFIG, "%s", text);
        return false;
    }
}

static bool name_topics(struct pipeline *pipeline)
{
    const struct pipeline_options *options = pipeline->shared.options;
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        if (!pipeline_topic_name(options->prefix, (enum output_topic)topic, pipeline->topic_names[topic])) {
            failure_set(&pipeline->failure, REMEDY_STOP, CAUSE_CONFIG,
                        "output.prefix is too long for a topic's name");
            return false;
        }
        pipeline->shared.topics[topic] = pipeline->topic_names[topic];
    }
    return true;
}

static void set_versions(struct pipeline *pipeline)
{
    const struct pipeline_options *options = pipeline->shared.options;
    pipeline->shared.versions = (struct versions){
        .engine = ENGINE_VERSION,
        .book = book_hash(options->book),
        .reference = reference_hash(options->reference),
        .schemas = options->schemas ? schema_set_hash(options->schemas) : 0,
        .outputs = hash_of_outputs(options, pipeline->shared.partitions_count),
    };
    char text[VERSIONS_TEXT_BYTES];
    versions_to_text(&pipeline->shared.versions, text);
    log_say(LOG_INFO, "versions: %s", text);
    pipeline->shared.book_versions =
        book_versions_new(options->book, options->reference, options->state_directory);
}

/* On the thread that writes checkpoints. What cannot be uploaded now is replaced by the next one. The last
 * one of a clean stop goes up, too: it is what another machine begins with. How long that may take is the
 * watchdog's (limit_the_close). */
static void upload(void *context, const struct checkpoint_head *head, const char *path)
{
    struct shared *shared = context;
    struct failure failure;
    struct checkpoint_topic_options options = shared->checkpoint_topic;
    options.stop = NULL;
    if (shared->has_checkpoint_topic && !checkpoint_upload(&options, path, &failure))
        log_say(LOG_WARNING, "the checkpoint of partition %d at offset %lld is not in \"%s\": %s",
                (int)head->partition, (long long)head->offset, shared->checkpoint_topic.topic, failure.text);
}

static bool find_checkpoint_topic(struct pipeline *pipeline)
{
    struct shared *shared = &pipeline->shared;
    const struct pipeline_options *options = shared->options;
    struct topic_config config = { .retention_ms = -1 };
    struct failure failure;
    int32_t count;
    if (!checkpoint_topic_name(options->prefix, shared->checkpoint_topic_name,
                               sizeof(shared->checkpoint_topic_name)) ||
        !admin_partitions(shared->admin, shared->checkpoint_topic_name, &count, &pipeline->failure))
        return false;
    shared->has_checkpoint_topic = count > 0;
    shared->checkpoint_topic = (struct checkpoint_topic_options){ .properties = options->properties,
                                                                  .topic = shared->checkpoint_topic_name,
                                                                  .input_topic = options->topic,
                                                                  .group = options->group,
                                                                  .stop = &shared->stop };
    shared->retention_us =
        admin_config(shared->admin, options->topic, &config, &failure) && config.retention_ms > 0
            ? MICROSECONDS_OF_MS(config.retention_ms)
            : -1;
    return true;
}

/* The text of our book is there before the first commit that names its hash. */
static bool prepare_state(struct pipeline *pipeline)
{
    struct shared *shared = &pipeline->shared;
    char error[200];
    if (!shared->options->state_directory)
        return true;
    if (!book_versions_store(shared->book_versions, book_versions_ours(shared->book_versions), error,
                             sizeof(error))) {
        /* the disk may have room again */
        failure_set(&pipeline->failure, REMEDY_STOP, CAUSE_KAFKA, "%s", error);
        return false;
    }
    shared->checkpoints = checkpoint_thread_new(&(struct checkpoint_thread_options){
        .directory = shared->options->state_directory, .written = upload, .context = shared });
    return find_checkpoint_topic(pipeline) &&
           admin_cluster(shared->admin, shared->cluster, sizeof(shared->cluster), &pipeline->failure);
}

static bool is_told_to_stop(void)
{
    return atomic_load(&asked_to_stop) || stop_signal_number() != 0;
}

/* Who is told to stop while a broker is waited for has not failed. */
static void forget_waiting(struct pipeline *pipeline)
{
    if (is_told_to_stop() && pipeline->failure.cause == CAUSE_UNREACHABLE)
        pipeline->failure.remedy = REMEDY_NONE;
}

/* A broker that has just come back may not lead yet what it will: what may pass is waited for. */
static bool ask_at_start(struct pipeline *pipeline, bool (*ask)(struct pipeline *pipeline))
{
    int64_t until_us = clock_us() + MICROSECONDS_OF_MS(START_WAIT_MS);
    while (!ask(pipeline)) {
        bool may_pass = pipeline->failure.cause == CAUSE_UNREACHABLE;
        if (!may_pass || clock_us() > until_us || is_told_to_stop())
            return false;
        pipeline->failure.remedy = REMEDY_NONE;
        poll(NULL, 0, START_PAUSE_MS);
    }
    return true;
}

static bool may_read(struct pipeline *pipeline)
{
    return output_log_may_read(pipeline->shared.outputs, OUTPUTS_WAIT_MS, &pipeline->failure);
}

/* READ on our own outputs is needed before the first one is sent, not when a broker has died. */
static bool open_outputs(struct pipeline *pipeline)
{
    struct shared *shared = &pipeline->shared;
    const struct pipeline_options *options = shared->options;
    if (options->embedded)
        return true;
    shared->outputs = output_log_open(&(struct output_log_options){ .properties = options->properties,
                                                                    .client_id = "bundelwacht-outputs",
                                                                    .input_topic = options->topic,
                                                                    .group = options->group,
                                                                    .topics = shared->topics,
                                                                    .topics_count = TOPIC_COUNT },
                                      &pipeline->failure);
    shared->inputs = output_log_open(&(struct output_log_options){ .properties = options->properties,
                                                                   .client_id = "bundelwacht-inputs",
                                                                   .input_topic = options->topic,
                                                                   .group = options->group,
                                                                   .topics = &options->topic,
                                                                   .topics_count = 1 },
                                     &pipeline->failure);
    return shared->outputs && shared->inputs && ask_at_start(pipeline, may_read);
}

static bool note_ends(struct pipeline *pipeline)
{
    struct shared *shared = &pipeline->shared;
    for (int32_t p = 0; p < shared->partitions_count; p++) {
        int64_t begin;
        if (!admin_ends(shared->admin, shared->options->topic, p, &begin, &shared->ends[p],
                        &pipeline->failure))
            return false;
    }
    return true;
}

static bool prepare(struct pipeline *pipeline)
{
    struct shared *shared = &pipeline->shared;
    if (!lock_instance(pipeline) || !name_topics(pipeline))
        return false;
    shared->admin = admin_open(shared->options->properties, &pipeline->failure);
    if (!shared->admin || !topic_setup(shared->admin, shared->options, shared->topics,
                                       &shared->partitions_count, &pipeline->failure))
        return false;
    set_versions(pipeline);
    if (!prepare_state(pipeline) || !open_outputs(pipeline))
        return false;
    if (!shared->options->until_end)
        return true;
    shared->ends = memory_alloc_zeroed((size_t)shared->partitions_count, sizeof(*shared->ends));
    return ask_at_start(pipeline, note_ends);
}

/* --- watching --- */

static void start_workers(struct pipeline *pipeline)
{
    for (int32_t i = 0; i < pipeline->shared.options->workers_count; i++) {
        pipeline->workers[i] = worker_new(&pipeline->shared, i);
        pipeline->workers_count = i + 1;
    }
    for (int32_t i = 0; i < pipeline->workers_count; i++)
        must(pthread_create(&pipeline->threads[i], NULL, worker_main, pipeline->workers[i]) == 0);
}

static bool has_ended_worker(const struct pipeline *pipeline)
{
    for (int32_t i = 0; i < pipeline->workers_count; i++)
        if (atomic_load(&pipeline->workers[i]->ended))
            return true;
    return false;
}

static bool all_caught_up(const struct pipeline *pipeline)
{
    for (int32_t i = 0; i < pipeline->workers_count; i++)
        if (!atomic_load(&pipeline->workers[i]->caught_up))
            return false;
    return pipeline->shared.options->until_end;
}

static void say_totals(const struct pipeline *pipeline, const char *when)
{
    struct pipeline_totals totals = totals_of(pipeline);
    log_say(LOG_INFO,
            "%s: %lld records, %lld restored, %lld outputs, %lld of them dead letters, %lld transactions, "
            "%lld sent again",
            when, (long long)totals.records, (long long)totals.records_restored, (long long)totals.outputs,
            (long long)totals.dead_letters, (long long)totals.transactions, (long long)totals.sent_again);
}

static void watch_calls(struct pipeline *pipeline)
{
    for (int32_t i = 0; i < pipeline->workers_count; i++)
        worker_watch_call(pipeline->workers[i]);
}

static void watch(struct pipeline *pipeline)
{
    int64_t said_us = clock_us();
    int64_t said_records = 0;
    while (stop_signal_wait(WATCH_WAIT_MS) == 0 && !atomic_load(&asked_to_stop)) {
        watch_calls(pipeline);
        figures_page_look(pipeline->page);
        if (has_ended_worker(pipeline) || all_caught_up(pipeline))
            return;
        int64_t now_us = clock_us();
        if (now_us - said_us < MICROSECONDS_OF_S(SAY_PROGRESS_SECONDS))
            continue;
        said_us = now_us;
        int64_t records = totals_of(pipeline).records;
        if (records != said_records)
            say_totals(pipeline, "so far");
        said_records = records;
    }
}

static enum pipeline_end end_of(const struct failure *failure)
{
    if (failure->remedy == REMEDY_NONE)
        return stop_signal_number() == SIGINT ? PIPELINE_INTERRUPTED : PIPELINE_DONE;
    switch (failure->cause) {
    case CAUSE_UNREACHABLE:
        return PIPELINE_UNREACHABLE;
    case CAUSE_FENCED:
        return PIPELINE_TRY_AGAIN;
    case CAUSE_CONFIG:
        return PIPELINE_CONFIG;
    default:
        return PIPELINE_FAILED;
    }
}

/* librdkafka's closing can hang (LIBRARIES.md §2.8). */
static void limit_the_close(const struct pipeline *pipeline, enum pipeline_end end)
{
    const int *codes = pipeline->shared.options->exit_codes;
    watchdog_set(
        CLOSE_SECONDS_MAX, codes ? codes[end] : end != PIPELINE_DONE,
        "bundelwacht: closing takes too long, leaving (what was committed stays, the rest comes again)\n");
}

/* The first that is known: of a worker that has not ended it may not be read. */
static void note_failure(struct pipeline *pipeline)
{
    for (int32_t i = 0; i < pipeline->workers_count && pipeline->failure.remedy == REMEDY_NONE; i++)
        if (atomic_load(&pipeline->workers[i]->ended))
            pipeline->failure = pipeline->workers[i]->failure;
}

/* Before all workers have closed, which one of them may not be able to: a supervisor is to hear the same
 * then. */
static void say_why(struct pipeline *pipeline)
{
    note_failure(pipeline);
    if (pipeline->failure.remedy != REMEDY_NONE && pipeline->workers_count > 1)
        log_say(LOG_WARNING, "a worker cannot go on, the others finish what they can: %s",
                pipeline->failure.text);
}

/* The last commit can hang, too. */
static void join(struct pipeline *pipeline, int32_t worker)
{
    while (!atomic_load(&pipeline->workers[worker]->ended)) {
        watch_calls(pipeline);
        poll(NULL, 0, JOIN_WAIT_MS);
    }
    pthread_join(pipeline->threads[worker], NULL);
}

static void stop_workers(struct pipeline *pipeline)
{
    int number = stop_signal_number();
    if (number != 0)
        log_say(LOG_INFO, "told to stop: finishing the transactions");
    say_why(pipeline);
    limit_the_close(pipeline, end_of(&pipeline->failure));
    atomic_store(&pipeline->shared.stop, true);
    for (int32_t i = 0; i < pipeline->workers_count; i++)
        join(pipeline, i);
    note_failure(pipeline);
}

static void release(struct pipeline *pipeline)
{
    for (int32_t i = 0; i < pipeline->workers_count; i++)
        worker_free(pipeline->workers[i]);
    checkpoint_thread_free(pipeline->shared.checkpoints);
    book_versions_free(pipeline->shared.book_versions);
    output_log_close(pipeline->shared.outputs);
    output_log_close(pipeline->shared.inputs);
    if (pipeline->shared.admin)
        admin_close(pipeline->shared.admin);
    if (pipeline->lock >= 0)
        instance_unlock(pipeline->lock);
    memory_free(pipeline->shared.ends);
    memory_free(pipeline);
}

void pipeline_run(const struct pipeline_options *options, struct pipeline_result *ret_result)
{
    must(options->workers_count >= 1 && options->workers_count <= WORKERS_MAX);
    struct pipeline *pipeline = memory_alloc_zeroed(1, sizeof(*pipeline));
    pipeline->shared.options = options;
    *ret_result = (struct pipeline_result){ 0 };
    crash_report_watch();
    failpoints_open();
    stream_set_talk(talk);
    stop_signal_open();
    log_say(LOG_INFO, "librdkafka %s, %d workers", stream_library_version(), (int)options->workers_count);
    const char *warning = stream_library_warning(options->properties);
    if (warning)
        log_say(LOG_WARNING, "%s", warning);
    if (!prepare(pipeline)) {
        forget_waiting(pipeline);
        limit_the_close(pipeline, end_of(&pipeline->failure));
    } else {
        start_workers(pipeline);
        set_running(pipeline);
        pipeline->page = figures_page_new(pipeline->workers, pipeline->workers_count);
        watch(pipeline);
        stop_workers(pipeline);
        say_totals(pipeline, "done");
        ret_result->totals = totals_of(pipeline);
        set_running(NULL);
        figures_page_free(pipeline->page);
    }
    ret_result->end = end_of(&pipeline->failure);
    snprintf(ret_result->text, sizeof(ret_result->text), "%s",
             pipeline->failure.remedy == REMEDY_NONE ? "" : pipeline->failure.text);
    release(pipeline);
    stop_signal_close();
    atomic_store(&asked_to_stop, false);
}
