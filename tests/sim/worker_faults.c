/* worker_faults.c - workers on the simulated log, with a fault wherever a call could have one: what a read_committed reader sees is at
 * every step a prefix of what an undisturbed fold sends, byte for byte, and equal to it at rest.
 *
 *     worker_faults [SEED [COUNT]]      COUNT worlds from SEED on; a failing one prints its seed
 *
 * Workers crash inside any call, freeze past their session and wake as zombies, are fenced, lose answers; the group moves partitions. */
#include "sim.h"

#include "base/memory.h"
#include "base/must.h"
#include "book/book_reader.h"
#include "codec/output_codec.h"
#include "engine/calendar.h"
#include "ops/log.h"
#include "pipeline/generator.h"
#include "pipeline/worker.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORKERS = 3, LINES = 400, TURNS_WITH_FAULTS = 3000, TURNS_IN_PEACE = 20000, FAULTS_PER_MILLE = 60 };

static uint64_t seed;
static int64_t crashes_count, freezes_count, starts_count, failures_count;

static _Noreturn void fail(const char *what, int topic, int32_t partition, size_t at)
{
    fprintf(stderr, "worker_faults: seed %llu: %s (topic %d, partition %d, record %zu)\n", (unsigned long long)seed, what, topic,
            (int)partition, at);
    exit(1);
}

/* --- what must come out: each partition folded undisturbed --- */

struct golden {
    struct kept kept[SIM_PARTITIONS];
    size_t *of_topic[SIM_TOPICS][SIM_PARTITIONS]; /* places in kept */
    size_t counts[SIM_TOPICS][SIM_PARTITIONS];
    size_t seen[SIM_TOPICS][SIM_PARTITIONS];      /* so many were compared */
    int64_t input_next[SIM_PARTITIONS];
};

static void golden_index(struct golden *golden, int32_t p)
{
    const struct kept *kept = &golden->kept[p];
    for (int topic = 0; topic < SIM_TOPICS; topic++)
        golden->of_topic[topic][p] = memory_take(kept->count + 1, sizeof(size_t));
    for (size_t i = 0; i < kept->count; i++) {
        int topic = kept->records[i].topic;
        golden->of_topic[topic][p][golden->counts[topic][p]++] = i;
    }
}

static void golden_compare(struct golden *golden, bool at_rest)
{
    struct bytes key, value;
    for (int topic = 0; topic < SIM_TOPICS; topic++)
        for (int32_t p = 0; p < SIM_PARTITIONS; p++) {
            size_t *seen = &golden->seen[topic][p];
            while (sim_committed_record(topic, p, *seen, &key, &value)) {
                if (*seen == golden->counts[topic][p])
                    fail("a record too many", topic, p, *seen);
                const struct kept_record *wanted = &golden->kept[p].records[golden->of_topic[topic][p][*seen]];
                if (!bytes_equal(key, kept_key(&golden->kept[p], wanted)) || !bytes_equal(value, kept_value(&golden->kept[p], wanted)))
                    fail("another record than the undisturbed fold sends", topic, p, *seen);
                ++*seen;
            }
            if (at_rest && *seen != golden->counts[topic][p])
                fail("records are missing at rest", topic, p, *seen);
        }
}

static void golden_release(struct golden *golden)
{
    for (int32_t p = 0; p < SIM_PARTITIONS; p++) {
        kept_release(&golden->kept[p]);
        for (int topic = 0; topic < SIM_TOPICS; topic++)
            memory_give(golden->of_topic[topic][p]);
    }
}

/* --- the input --- */

struct shop {
    struct pipeline_options options;
    struct shared shared;
    struct golden golden;
};

static void fold_golden(struct shop *shop, struct fold *folds[], struct decoder *decoder, int32_t p, const struct fold_record *record)
{
    struct result result = fold_accept(folds[p], decoder, record, &shop->golden.kept[p]);
    must(result.verdict == DONE);
}

static void fill(struct shop *shop)
{
    struct fold *folds[SIM_PARTITIONS];
    struct decoder *decoder = decoder_new(shop->options.schemas, FRAMING_RAW, 0);
    struct generator_options options = { .seed = seed, .lines = LINES, .persons = 60, .bad_per_mille = 20 };
    must(day_from_text(BYTES(GENERATOR_START), &options.start));
    struct generator *generator = generator_new(&options);
    struct generated generated;
    struct buffer value = { 0 };
    int64_t offsets[SIM_PARTITIONS] = { 0 };
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        folds[p] = fold_new(&(struct fold_options){ .book = shop->options.book, .form = OUTPUT_AVRO_RAW, .source = "in", .partition = p,
                                                    .partitions_count = SIM_PARTITIONS, .has_keys = true });
    while (generator_next(generator, &generated)) {
        bool null = !generated_to_value(&generated, FRAMING_RAW, 0, &value);
        struct bytes key = generated.declaration.insured, bytes = null ? BYTES_NULL : buffer_bytes(&value);
        int32_t p = partition_of(PARTITIONER_MURMUR2, key, SIM_PARTITIONS);
        int64_t timestamp = generated.declaration.submitted_at;
        sim_input(p, key, bytes, timestamp);
        fold_golden(shop, folds, decoder, p, &(struct fold_record){ .key = key, .value = bytes, .offset = offsets[p]++, .timestamp = timestamp });
    }
    for (int32_t p = 0; p < SIM_PARTITIONS; p++) {
        golden_index(&shop->golden, p);
        fold_free(folds[p]);
    }
    buffer_release(&value);
    generator_free(generator);
    decoder_free(decoder);
}

/* --- workers that live, freeze and die --- */

struct life {
    struct worker *worker; /* NULL: dead */
    int32_t number;
    int64_t frozen_until;  /* turns */
};

static void start(struct shop *shop, struct life *life)
{
    starts_count++;
    life->worker = worker_new(&shop->shared, life->number);
    life->frozen_until = 0;
    if (setjmp(sim_crashed) == 0) {
        if (worker_open(life->worker))
            return;
        failures_count++;
        worker_close(life->worker);
    }
    sim_forget_handles(life->worker->slot);
    worker_free(life->worker);
    life->worker = NULL;
}

static void end(struct life *life, bool in_order)
{
    if (in_order && setjmp(sim_crashed) == 0)
        worker_close(life->worker);
    sim_forget_handles(life->worker->slot);
    worker_free(life->worker);
    life->worker = NULL;
}

/* A failure that the input or the operator would have to cure must not come out of faults of Kafka. */
static void after_failure(struct life *life)
{
    failures_count++;
    if (life->worker->failure.cause == CAUSE_CONFIG) {
        fprintf(stderr, "%s\n", life->worker->failure.text);
        fail("a worker refused to go on", -1, -1, 0);
    }
    end(life, true);
}

static void turn(struct shop *shop, struct life *life, int64_t now, bool faults)
{
    if (!life->worker) {
        if (!faults || sim_draw(20) == 0)
            start(shop, life);
        return;
    }
    if (now < life->frozen_until)
        return;
    sim_heartbeat(life->worker->slot);
    if (faults && sim_draw(500) == 0) {
        freezes_count++;
        life->frozen_until = now + (int64_t)sim_draw(600);
        return;
    }
    if (faults && sim_draw(700) == 0) {
        end(life, true); /* SIGTERM */
        return;
    }
    if (setjmp(sim_crashed) != 0) {
        crashes_count++;
        end(life, false);
        return;
    }
    if (!worker_turn(life->worker))
        after_failure(life);
}

static bool all_committed(const struct shop *shop, const struct life lives[])
{
    for (int i = 0; i < WORKERS; i++)
        if (!lives[i].worker || commit_is_under_way(lives[i].worker) || lives[i].worker->membership.state != MEMBERSHIP_SETTLED)
            return false;
    for (int topic = 0; topic < SIM_TOPICS; topic++)
        for (int32_t p = 0; p < SIM_PARTITIONS; p++)
            if (shop->golden.seen[topic][p] < shop->golden.counts[topic][p])
                return false;
    return true;
}

static void live(struct shop *shop)
{
    struct life lives[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        lives[i] = (struct life){ .number = i };
    for (int64_t now = 0; now < TURNS_WITH_FAULTS + TURNS_IN_PEACE; now++) {
        bool faults = now < TURNS_WITH_FAULTS;
        sim_faults(faults ? FAULTS_PER_MILLE : 0);
        sim_reveal(faults ? (int)(now * 1000 / TURNS_WITH_FAULTS) : 1000);
        struct life *life = &lives[sim_draw(WORKERS)];
        if (now >= TURNS_WITH_FAULTS && now % 100 == 0)
            sim_operator_ends_hanging(); /* of slots that no longer have the partition: no worker can */
        if (!faults)
            life->frozen_until = 0;
        sim_pass_time((int64_t)sim_draw(20000));
        turn(shop, life, now, faults);
        for (int i = 0; i < WORKERS && faults == (now % 4 == 0); i++)
            if (lives[i].worker && now >= lives[i].frozen_until)
                sim_heartbeat(lives[i].worker->slot);
        golden_compare(&shop->golden, false);
        if (!faults && all_committed(shop, lives))
            break;
    }
    golden_compare(&shop->golden, true);
    for (int i = 0; i < WORKERS; i++)
        if (lives[i].worker)
            end(&lives[i], true);
    golden_compare(&shop->golden, true);
}

static void one_world(const struct book *book, const struct schema_set *schemas)
{
    static struct shop shop;
    shop = (struct shop){
        .options = { .app = "sim", .workers_count = WORKERS, .topic = "in", .group = "g", .framing = FRAMING_RAW, .schemas = schemas,
                     .prefix = "out", .form = OUTPUT_AVRO_RAW, .book = book, .commit_interval_us = 200000, .kept_records_max = 50,
                     .kept_bytes_max = 1 << 20 },
    };
    shop.shared.options = &shop.options;
    shop.shared.partitions_count = SIM_PARTITIONS;
    static const char *const topics[TOPIC_COUNT] = { "out.decisions.v1", "out.episodes.v1", "out.alerts.v1", "out.dead-letters.v1" };
    memcpy(shop.shared.topics, topics, sizeof(topics));
    shop.shared.constants = (struct constants){ .engine = ENGINE_VERSION };
    shop.shared.constants.book = book_hash(book);
    shop.shared.editions = editions_new(book, NULL, NULL);
    shop.shared.at_once = true;
    sim_begin(seed);
    fill(&shop);
    live(&shop);
    golden_release(&shop.golden);
    editions_free(shop.shared.editions);
    sim_end();
}

int main(int argc, char **argv)
{
    char error[256];
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, count = argc > 2 ? strtoull(argv[2], NULL, 10) : 100;
    const struct book *book = book_read(SOURCE_DIR "/config/book.yaml", finding_print, stderr);
    struct schema_set *schemas = schema_set_of_text(schema_text(SCHEMA_DECLARATION), error, sizeof(error));
    if (!book || !schemas)
        return 1;
    log_set_level(argc > 2 && count == 1 ? LOG_DEBUG : LOG_ERROR);
    for (seed = first; seed < first + count; seed++)
        one_world(book, schemas);
    printf("%llu worlds: %lld starts, %lld crashes, %lld freezes, %lld failures\n", (unsigned long long)count, (long long)starts_count,
           (long long)crashes_count, (long long)freezes_count, (long long)failures_count);
    sim_print_faults();
    book_free(book);
    schema_set_free(schemas);
    return 0;
}
