#include "pipeline/demo.h"

#include "base/must.h"
#include "codec/decoder.h"
#include "codec/output_codec.h"
#include "engine/calendar.h"
#include "pipeline/demo_reader.h"
#include "pipeline/generator.h"
#include "pipeline/pipeline.h"
#include "pipeline/topic_load.h"
#include "stream/mock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define INPUT_TOPIC "declarations"
#define PREFIX "demo"
/* So many records may the feeder be ahead of the workers, all partitions together: a few MiB of the 5 that
 * the embedded broker keeps of a single one, even if they all fell there. */
#define AHEAD_MAX 16000
#define FEEDER_NAP_NS 500000
#define TURN_MS 80
#define LAST_READ_SECONDS_MAX 20

struct demo {
    struct demo_options options;
    struct mock *mock;
    struct schema_set *schemas;
    struct property bootstrap;
    struct demo_reader *reader;
    char topics[TOPIC_COUNT][PIPELINE_TOPIC_BYTES];
    pthread_t feeder, runner;
    bool feeder_started, runner_started;
    atomic_bool feeder_ended, runner_ended, stops;
    atomic_llong fed;
    struct topic_load_error feeder_error;
    bool feeder_failed, asked_to_stop;
    struct pipeline_result result;
    struct failure failure; /* of the reader */
    int64_t ended_ns;       /* when the workers had ended; 0 before */
};

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void nap(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = FEEDER_NAP_NS }, NULL);
}

/* --- the feeder ----------------------------------------------------------------------------------------- */

static bool may_feed(const struct demo *demo, int64_t fed, int64_t begin_ns)
{
    if (fed - pipeline_totals_now().records >= AHEAD_MAX)
        return false;
    int64_t pace = demo->options.lines_per_second;
    return pace == 0 || fed * 1000000000LL / pace <= clock_ns() - begin_ns;
}

static bool feed_all(struct demo *demo, struct topic_load *load, struct generator *generator)
{
    struct generated generated;
    struct buffer value = { 0 };
    int64_t fed = 0, begin_ns = clock_ns();
    bool good = true;
    while (good && !atomic_load(&demo->stops) && generator_next(generator, &generated)) {
        while (fed % 64 == 0 && !may_feed(demo, fed, begin_ns) && !atomic_load(&demo->stops))
            nap();
        bool null = !generated_to_value(&generated, FRAMING_RAW, 0, &value);
        good = topic_load_send(load, generated.declaration.insured, null ? BYTES_NULL : buffer_bytes(&value),
                               generated.declaration.submitted_at, &demo->feeder_error);
        atomic_store(&demo->fed, ++fed);
    }
    buffer_release(&value);
    return good;
}

static void *feeder_main(void *context)
{
    struct demo *demo = context;
    struct generator_options options = { .seed = demo->options.seed, .lines = demo->options.lines };
    options.bad_per_mille = demo->options.bad_per_mille;
    must(day_from_text(bytes_of(demo->options.start), &options.start));
    struct topic_load_options load_options = { .bootstrap_servers = demo->bootstrap.value,
                                               .topic = INPUT_TOPIC };
    struct topic_load *load = topic_load_open(&load_options, &demo->feeder_error);
    bool good = load != NULL;
    if (good) {
        struct generator *generator = generator_new(&options);
        good = feed_all(demo, load, generator);
        generator_free(generator);
        good = topic_load_close(load, &demo->feeder_error) && good;
    }
    demo->feeder_failed = !good;
    atomic_store(&demo->feeder_ended, true);
    return NULL;
}

/* --- the workers ---------------------------------------------------------------------------------------- */

static void *runner_main(void *context)
{
    struct demo *demo = context;
    struct pipeline_options options = {
        .app = PREFIX,
        .workers_count = demo->options.workers_count,
        .topic = INPUT_TOPIC,
        .group = PREFIX,
        .framing = FRAMING_RAW,
        .schemas = demo->schemas,
        .partitioner = PARTITIONER_MURMUR2,
        .prefix = PREFIX,
        .form = OUTPUT_AVRO_RAW,
        .book = demo->options.book,
        .reference = demo->options.reference,
        .commit_interval_us = 200000,
        .outbox_records_max = 50000,
        .outbox_bytes_max = 16 * 1024 * 1024,
        .properties = { &demo->bootstrap, 1 },
        .embedded = true,
    };
    pipeline_run(&options, &demo->result);
    atomic_store(&demo->runner_ended, true);
    return NULL;
}

/* --- start, turn, end ----------------------------------------------------------------------------------- */

static bool create_topics(struct demo *demo)
{
    if (!mock_create_topic(demo->mock, INPUT_TOPIC, demo->options.partitions_count))
        return false;
    for (int topic = 0; topic < TOPIC_COUNT; topic++)
        if (!pipeline_topic_name(PREFIX, (enum output_topic)topic, demo->topics[topic])
            || !mock_create_topic(demo->mock, demo->topics[topic], demo->options.partitions_count))
            return false;
    return true;
}

static bool open_all(struct demo *demo, demo_alert_fn *on_alert, void *context, char *ret_error,
                     size_t error_size)
{
    if (mock_is_broken()) {
        snprintf(ret_error, error_size,
                 "the embedded broker of librdkafka %s damages records: show the demo with another version "
                 "(2.0.2 to 2.15 work)",
                 stream_library_version());
        return false;
    }
    demo->mock = mock_start(1);
    if (demo->mock == NULL) {
        snprintf(ret_error, error_size, "could not start the embedded broker");
        return false;
    }
    demo->bootstrap =
        (struct property){ PROPERTY_BOTH, "bootstrap.servers", mock_bootstrap_servers(demo->mock) };
    demo->schemas = schema_set_of_text(schema_text(SCHEMA_DECLARATION), ret_error, error_size);
    if (demo->schemas == NULL)
        return false;
    if (!create_topics(demo)) {
        snprintf(ret_error, error_size, "could not create the demo's topics");
        return false;
    }
    struct demo_reader_options options = {
        .bootstrap_servers = demo->bootstrap.value,
        .alerts_topic = demo->topics[TOPIC_ALERTS],
        .episodes_topic = demo->topics[TOPIC_EPISODES],
        .partitions_count = demo->options.partitions_count,
        .on_alert = on_alert,
        .context = context,
    };
    demo->reader = demo_reader_open(&options, &demo->failure);
    if (demo->reader == NULL)
        snprintf(ret_error, error_size, "%s", demo->failure.text);
    return demo->reader != NULL;
}

struct demo *demo_start(const struct demo_options *options, demo_alert_fn *on_alert, void *context,
                        char *ret_error, size_t error_size)
{
    struct demo *demo = calloc(1, sizeof(*demo));
    must(demo != NULL);
    demo->options = *options;
    if (!open_all(demo, on_alert, context, ret_error, error_size)) {
        char ignored[8];
        (void)demo_end(demo, ignored, sizeof(ignored));
        return NULL;
    }
    demo->runner_started = pthread_create(&demo->runner, NULL, runner_main, demo) == 0;
    demo->feeder_started =
        demo->runner_started && pthread_create(&demo->feeder, NULL, feeder_main, demo) == 0;
    must(demo->feeder_started);
    return demo;
}

/* Once all has been folded, the workers are told to stop, which commits; then what they sent is read to its
 * end. */
static bool goes_on(struct demo *demo, int64_t folded)
{
    bool all_fed = atomic_load(&demo->feeder_ended);
    if (all_fed && demo->feeder_failed)
        return false;
    if (all_fed && !demo->asked_to_stop && folded >= atomic_load(&demo->fed)) {
        demo->asked_to_stop = true;
        pipeline_ask_to_stop();
    }
    if (!atomic_load(&demo->runner_ended))
        return true;
    if (demo->result.end != PIPELINE_DONE)
        return false;
    if (demo->ended_ns == 0)
        demo->ended_ns = clock_ns();
    return !demo_reader_is_at_end(demo->reader, &demo->failure) && demo->failure.remedy == REMEDY_NONE
           && clock_ns() - demo->ended_ns < LAST_READ_SECONDS_MAX * 1000000000LL;
}

bool demo_turn(struct demo *demo, struct demo_state *ret_state)
{
    bool good = demo_reader_turn(demo->reader, TURN_MS, &demo->failure);
    bool ended = atomic_load(&demo->runner_ended);
    struct pipeline_totals totals = ended ? demo->result.totals : pipeline_totals_now();
    bool more = good && goes_on(demo, totals.records);
    *ret_state = (struct demo_state){
        .fed = atomic_load(&demo->fed),
        .folded = totals.records,
        .outputs = totals.outputs,
        .transactions = totals.transactions,
        .dead_letters = totals.dead_letters,
    };
    demo_reader_counts(demo->reader, ret_state);
    return more;
}

static enum demo_end how_it_ended(const struct demo *demo, char *ret_error, size_t error_size)
{
    ret_error[0] = 0;
    if (demo->runner_started && demo->result.end == PIPELINE_INTERRUPTED)
        return DEMO_INTERRUPTED;
    if (demo->runner_started && demo->result.end != PIPELINE_DONE)
        snprintf(ret_error, error_size, "%s", demo->result.text);
    else if (demo->feeder_failed)
        snprintf(ret_error, error_size, "%s", demo->feeder_error.text);
    else if (demo->failure.remedy != REMEDY_NONE)
        snprintf(ret_error, error_size, "%s", demo->failure.text);
    else if (atomic_load(&demo->fed) < demo->options.lines)
        snprintf(ret_error, error_size, "only %lld of %lld lines were fed",
                 (long long)atomic_load(&demo->fed), (long long)demo->options.lines);
    else
        return DEMO_DONE;
    return DEMO_FAILED;
}

enum demo_end demo_end(struct demo *demo, char *ret_error, size_t error_size)
{
    atomic_store(&demo->stops, true);
    if (demo->runner_started && !atomic_load(&demo->runner_ended))
        pipeline_ask_to_stop();
    if (demo->feeder_started)
        pthread_join(demo->feeder, NULL);
    if (demo->runner_started)
        pthread_join(demo->runner, NULL);
    enum demo_end end = how_it_ended(demo, ret_error, error_size);
    demo_reader_close(demo->reader);
    if (demo->schemas != NULL)
        schema_set_free(demo->schemas);
    if (demo->mock != NULL)
        mock_stop(demo->mock);
    free(demo);
    return end;
}
