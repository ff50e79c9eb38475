#include "world.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/must.h"
#include "book/book_reader.h"
#include "care.h"
#include "codec/schema_set.h"
#include "codec/output_codec.h"
#include "disk.h"
#include "judge.h"
#include "ops/log.h"
#include "pipeline/worker.h"
#include "sim.h"
#include "system/text_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INSTANCES = 3,
    LIVES = 2 * INSTANCES,
    TURNS_IN_PEACE = 6000,
    TURNS_TO_HEAR = 150,
    BOOK_FILE_BYTES_MAX = 100000
};
enum book_number { BOOK_FIRST, BOOK_THRESHOLDS, BOOK_BUDGETS, BOOK_SEES_MORE, BOOKS_COUNT };

/* A process with one worker in an instance. A zombie and its successor are two lives in one instance. */
struct life {
    int instance;
    bool lives;
    size_t book; /* its place in the list of the world's books */
    struct pipeline_options options;
    struct shared shared;
    struct worker *worker;
    int64_t frozen_until; /* turns */
};
static struct {
    const struct book *books[BOOKS_COUNT];
    struct schema_set *schemas;
    struct world_counts counts;
    /* of the world at hand */
    struct world world;
    const struct book *list[JUDGE_BOOKS_MAX];
    size_t list_count;
    struct life lives[LIVES];
    int64_t now;
    int64_t changes_at[JUDGE_BOOKS_MAX]; /* from this turn on processes are started with this book */
    int64_t repaired_at, gone_at; /* turns */
} sim;

const struct world_counts *worlds_counts(void)
{
    return &sim.counts;
}

/* --- books --- */

static void replace(struct buffer *text, const char *from, const char *to)
{
    struct buffer changed = { 0 };
    buffer_add(text, "", 1);
    char *at = strstr(text->data, from);
    must(at != NULL);
    buffer_add(&changed, text->data, (size_t)(at - text->data));
    buffer_add_bytes(&changed, bytes_of(to));
    buffer_add_bytes(&changed, bytes_of(at + strlen(from)));
    buffer_release(text);
    *text = changed;
}

static const struct book *make_book(struct bytes first, const char *const changes[][2], size_t count)
{
    struct buffer text = { 0 };
    buffer_add_bytes(&text, first);
    for (size_t i = 0; i < count; i++)
        replace(&text, changes[i][0], changes[i][1]);
    const struct book *book =
        book_read_text("tests/sim/book.yaml", buffer_bytes(&text), finding_print, stderr);
    buffer_release(&text);
    return book;
}

bool worlds_open(const char *source_directory, const char *base_directory)
{
    static const char *const thresholds[][2] = { { "serial-1", "serial-2" },
                                                 { "permille: 800", "permille: 600" } };
    static const char *const budgets[][2] = { { "serial-1", "serial-3" },
                                              { "permille: 800", "permille: 600" },
                                              { "amount: 1450000", "amount: 1100000" } };
    static const char *const sees_more[][2] = { { "serial-1", "serial-10" },
                                                { "care_code: \"NEVER\"", "care_code: \"MORE\"" } };
    char path[1000], error[256];
    struct buffer text = { 0 };
    snprintf(path, sizeof(path), "%s/tests/sim/book.yaml", source_directory);
    if (!text_file_read(path, BOOK_FILE_BYTES_MAX, &text))
        return false;
    sim.books[BOOK_FIRST] = make_book(buffer_bytes(&text), NULL, 0);
    sim.books[BOOK_THRESHOLDS] = make_book(buffer_bytes(&text), thresholds, COUNT(thresholds));
    sim.books[BOOK_BUDGETS] = make_book(buffer_bytes(&text), budgets, COUNT(budgets));
    sim.books[BOOK_SEES_MORE] = make_book(buffer_bytes(&text), sees_more, COUNT(sees_more));
    buffer_release(&text);
    sim.schemas = schema_set_of_text(schema_text(SCHEMA_DECLARATION), error, sizeof(error));
    disk_open(base_directory);
    for (int i = 0; i < BOOKS_COUNT; i++)
        if (!sim.books[i])
            return false;
    return sim.schemas != NULL;
}

void worlds_close(void)
{
    disk_clear();
    for (int i = 0; i < BOOKS_COUNT; i++)
        book_free(sim.books[i]);
    schema_set_free(sim.schemas);
}

/* --- parameters --- */

/* In one of four worlds the brokers do what all versions do. */
static void draw_brokers(struct world *world, uint64_t seed)
{
    uint64_t random = hash64(&seed, sizeof(seed), 9);
    if (random % 4 == 0)
        return;
    world->late = random / 10 % 2 ? (int)(random / 100 % 300) : 0;
    world->deaths = random / 100000 % 3 ? 1 + (int)(random / 1000000 % 20) : 0;
    world->expiry = random / 100000000 % 6 == 0;
    world->foreign = random / 1000000000 % 6 == 0;
    world->ageing = random / 10000000000 % 3 == 0;
    world->gone = random / 100000000000 % 3 == 0 ? 1 + (int)(random / 1000000000000 % INSTANCES) : 0;
}

struct world world_draw(uint64_t seed)
{
    uint64_t random = hash64(&seed, sizeof(seed), 7);
    struct world world = { .lines = 40 + (int)(random % 80), .turns = 300 + (int)(random / 100 % 500),
                           .faults = 20 + (int)(random / 100000 % 80) };
    random = hash64(&seed, sizeof(seed), 8);
    world.disk_faults = random % 3 == 0 ? 0 : (int)(random / 10 % 500);
    world.change = (int)(random / 10000 % (CHANGE_KINDS + 2));
    if (world.change >= CHANGE_KINDS)
        world.change = CHANGE_NONE;
    world.retention = world.change != CHANGE_SEES_MORE && random / 100000 % 2;
    world.directories =
        world.change == CHANGE_NONE && !world.retention && random / 1000000 % 2 ? INSTANCES : 1;
    world.checkpoints = random / 10000000 % 2;
    world.zombies = random / 100000000 % 3 == 0;
    world.slow = random / 1000000000 % 3 == 0;
    world.outbox = random / 10000000000 % 3 ? 1 + (int)(random / 100000000000 % 20) : 60;
    if (world.change != CHANGE_NONE && random / 1000000000000 % 2)
        world.outbox = 1 + (int)(random / 100000000000 % 3); /* many steps of a change */
    draw_brokers(&world, seed);
    return world;
}

int *world_parameter(struct world *world, const char *name)
{
#define AS_ROW(field, least, most, what)   \
    if (strcmp(name, #field) == 0)         \
        return &world->field;
    PARAMETERS(AS_ROW)
#undef AS_ROW
    return NULL;
}

void world_print(const struct world *world, FILE *stream)
{
#define AS_TEXT(field, least, most, what) fprintf(stream, #field "=%d ", world->field);
    PARAMETERS(AS_TEXT)
#undef AS_TEXT
    fprintf(stream, "\n");
}

/* --- what a world begins with --- */

static void fill(uint64_t seed)
{
    struct care *care = care_new(seed);
    for (int i = 0; i < sim.world.lines; i++) {
        struct bytes key, value;
        int64_t timestamp;
        care_next(care, &key, &value, &timestamp);
        sim_input(partition_of(PARTITIONER_MURMUR2, key, SIM_PARTITIONS), key, value, timestamp);
    }
    care_free(care);
}

static void choose_books(void)
{
    static const int lists[CHANGE_KINDS][JUDGE_BOOKS_MAX] = {
        [CHANGE_NONE] = { BOOK_FIRST, -1 },
        [CHANGE_THRESHOLDS] = { BOOK_FIRST, BOOK_THRESHOLDS, -1 },
        [CHANGE_BUDGETS] = { BOOK_FIRST, BOOK_BUDGETS, -1 },
        [CHANGE_SEES_MORE] = { BOOK_FIRST, BOOK_SEES_MORE, -1 },
        [CHANGE_TWICE] = { BOOK_FIRST, BOOK_THRESHOLDS, BOOK_BUDGETS, -1 },
    };
    sim.list_count = 0;
    for (const int *book = lists[sim.world.change]; *book >= 0; book++)
        sim.list[sim.list_count++] = sim.books[*book];
    for (size_t i = 1; i < sim.list_count; i++)
        sim.changes_at[i] = sim.changes_at[i - 1] + sim.world.turns / 6 +
                            (int64_t)sim_draw((uint64_t)sim.world.turns / 3 + 1);
}

/* --- processes --- */

/* Not every machine has the new book at once. */
static size_t book_for_a_start(bool peace)
{
    size_t book = 0;
    while (book + 1 < sim.list_count && (peace || sim.now >= sim.changes_at[book + 1]))
        book++;
    return !peace && book > 0 && sim_draw(4) == 0 ? book - 1 : book;
}

static void prepare(struct life *life)
{
    static const char *const topics[TOPIC_COUNT] = { "out.decisions.v1", "out.episodes.v1", "out.alerts.v1",
                                                     "out.dead-letters.v1" };
    const struct book *book = sim.list[life->book];
    const char *directory = disk_directory(sim.world.directories > 1 ? life->instance : 0);
    life->options =
        (struct pipeline_options){ .app = "sim",
                                   .process = life->instance,
                                   .workers_count = 1,
                                   .topic = "in",
                                   .group = "g",
                                   .framing = FRAMING_RAW,
                                   .schemas = sim.schemas,
                                   .state_directory = directory,
                                   .checkpoint_after_us = INT64_MAX,
                                   .checkpoint_every_us = sim.world.checkpoints ? 300000 : INT64_MAX,
                                   .prefix = "out",
                                   .form = OUTPUT_AVRO_RAW,
                                   .book = book,
                                   .allow_redefinition = true,
                                   .commit_interval_us = 200000,
                                   .outbox_records_max = (size_t)sim.world.outbox,
                                   .outbox_bytes_max = 1 << 20 };
    life->shared = (struct shared){ .options = &life->options,
                                    .partitions_count = SIM_PARTITIONS,
                                    .versions = { .engine = ENGINE_VERSION, .book = book_hash(book) },
                                    .book_versions = book_versions_new(book, NULL, directory),
                                    .cluster = "simulated",
                                    .at_once = true,
                                    .checkpoints = checkpoint_thread_new(&(struct checkpoint_thread_options){
                                        .directory = directory, .at_once = true }) };
    memcpy(life->shared.topics, topics, sizeof(topics));
}

/* What the process had is gone, and nothing of it was closed. */
static void tombstone(struct life *life)
{
    sim_forget_handles();
    if (life->worker)
        worker_free(life->worker);
    checkpoint_thread_free(life->shared.checkpoints);
    book_versions_free(life->shared.book_versions);
    life->worker = NULL;
    life->lives = false;
}

static void close_all(struct life *life)
{
    worker_close(life->worker);
    output_log_close(life->shared.outputs);
}

/* By SIGTERM, or after a failure. A crash may come in between. */
static void stop(struct life *life)
{
    sim_process((int)(life - sim.lives));
    if (setjmp(sim_crashed) == 0)
        close_all(life);
    else
        sim.counts.crashes++;
    tombstone(life);
}

/* A process that was frozen while it wrote a checkpoint keeps others, who share its directory, from writing
 * the same. */
static bool somebody_writes(const struct life *but)
{
    for (int i = 0; i < LIVES; i++)
        for (int32_t p = 0; p < SIM_PARTITIONS && sim.lives[i].lives && &sim.lives[i] != but; p++)
            if (sim.lives[i].worker->partitions[p].job)
                return true;
    return false;
}

/* What the input or the operator would have to cure must not come out of faults of Kafka; but a state that is
 * lost is refused when nothing else leads to the offset, and a change of book does not begin without room for
 * its checkpoint. */
static void after_failure(struct life *life)
{
    bool refused = life->worker->failure.cause == CAUSE_CONFIG;
    log_say(LOG_INFO, "%s: ended: %s", life->worker->instance, life->worker->failure.text);
    /* it looked before the repair, and says so now */
    bool lost = disk_is_damaged() || sim.now - sim.repaired_at < TURNS_TO_HEAR;
    bool may_be_lost = lost && (sim.world.retention || sim.world.change != CHANGE_NONE);
    sim.counts.failures++;
    if (refused) {
        sim.counts.refusals++;
        if (!may_be_lost && !((disk_is_full() || somebody_writes(life)) && sim.world.change != CHANGE_NONE))
            sim_fail("a worker refused to go on: %s", life->worker->failure.text);
    }
    const char *named = strstr(life->worker->failure.text, "partition ");
    int32_t partition = named ? (int32_t)strtol(named + strlen("partition "), NULL, 10) : -1;
    stop(life);
    if (refused) {
        if (disk_is_damaged())
            sim.repaired_at = sim.now;
        disk_repair(partition);
    }
}

static void start(struct life *life, bool peace)
{
    char error[200];
    sim.counts.starts++;
    sim_process((int)(life - sim.lives));
    life->lives = true;
    life->frozen_until = 0;
    life->book = book_for_a_start(peace);
    if (!peace && (int)sim_draw(1000) < sim.world.disk_faults)
        disk_fault(sim.world.directories > 1 ? life->instance : 0);
    if (!peace && (int)sim_draw(5000) < sim.world.disk_faults)
        disk_set_full(true);
    else if (sim_draw(3) == 0 || peace)
        disk_set_full(false);
    prepare(life);
    if (!book_versions_store(life->shared.book_versions, book_versions_ours(life->shared.book_versions),
                             error, sizeof(error))) {
        if (!disk_is_full())
            sim_fail("a process could not keep its book: %s", error);
        tombstone(life);
        return;
    }
    life->worker = worker_new(&life->shared, 0);
    if (setjmp(sim_crashed) != 0) {
        sim.counts.crashes++;
        tombstone(life);
        return;
    }
    life->shared.outputs = output_log_open(
        &(struct output_log_options){
            .input_topic = "in", .group = "g", .topics = life->shared.topics, .topics_count = TOPIC_COUNT },
        &life->worker->failure);
    if (!worker_open(life->worker)) {
        after_failure(life);
    }
}

/* --- turns --- */

static struct life *other_of(struct life *life)
{
    size_t at = (size_t)(life - sim.lives);
    return &sim.lives[at < INSTANCES ? at + INSTANCES : at - INSTANCES];
}

static bool changes_rules(const struct life *life)
{
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        if (life->worker->partitions[p].book_change.under_way)
            return true;
    return false;
}

/* Something that happens to a process, but for what happens inside of its calls. */
static bool happens(struct life *life)
{
    if (sim_draw(300) == 0) {
        sim.counts.freezes++;
        life->frozen_until = sim.now + (int64_t)sim_draw(500);
        return true;
    }
    if (sim_draw(changes_rules(life) ? 20 : 300) == 0) { /* by SIGTERM; a change is short */
        stop(life);
        return true;
    }
    return false;
}

static void turn_living(struct life *life, bool peace)
{
    sim_heartbeat(life->worker->instance, life->worker->consumer);
    if (peace && life->book + 1 < sim.list_count) { /* the rolling restart comes to its end */
        stop(life);
        return;
    }
    if (!peace && happens(life))
        return;
    if (setjmp(sim_crashed) != 0) {
        sim.counts.crashes++;
        tombstone(life);
    } else if (!worker_turn(life->worker)) {
        after_failure(life);
    }
}

static bool is_gone(const struct life *life)
{
    return life->instance == sim.world.gone - 1 && sim.now >= sim.gone_at;
}

static void turn(struct life *life, bool peace)
{
    sim_process((int)(life - sim.lives));
    if (is_gone(life)) {
        if (life->lives)
            tombstone(life);
    } else if (!life->lives) {
        struct life *other = other_of(life);
        bool replaces =
            sim.world.zombies && other->lives && other->frozen_until > sim.now && sim_draw(10) == 0;
        if ((!other->lives || replaces) && (peace || sim_draw(12) == 0)) {
            sim.counts.zombies += replaces;
            start(life, peace);
        }
    } else if (sim.now >= life->frozen_until) {
        turn_living(life, peace);
    }
}

static void heartbeats(void)
{
    for (int i = 0; i < LIVES; i++)
        if (sim.lives[i].lives && sim.now >= sim.lives[i].frozen_until)
            sim_heartbeat(sim.lives[i].worker->instance, sim.lives[i].worker->consumer);
}

static bool somebody_loads(int32_t partition)
{
    for (int i = 0; i < LIVES; i++)
        if (sim.lives[i].lives && sim.lives[i].worker->partitions[partition].restoring)
            return true;
    return false;
}

/* The log loses its beginning, as far as a whole checkpoint reaches. Not within the moment in which somebody
 * who found none decides to begin at 0: retention is days. */
static void delete_old(void)
{
    static struct checkpoint_file files[CHECKPOINT_LIST_MAX];
    int32_t p = (int32_t)sim_draw(SIM_PARTITIONS);
    if (!somebody_loads(p) && checkpoint_list(disk_directory(0), "in", "g", p, files, NULL, NULL) > 0)
        sim_delete_before(p, files[0].offset - (int64_t)(sim_draw(2) * sim_draw(4)));
}

/* Some process that is away stays away for longer than transactional.id.expiration.ms. */
static void expire_id(void)
{
    char name[INSTANCE_BYTES];
    int instance = (int)sim_draw(INSTANCES);
    snprintf(name, sizeof(name), "sim-%03d-00", instance);
    if (!sim.lives[instance].lives && !sim.lives[instance + INSTANCES].lives)
        sim_id_expires(name);
}

static bool anybody_lives(void)
{
    for (int i = 0; i < LIVES; i++)
        if (sim.lives[i].lives)
            return true;
    return false;
}

/* What happens in the cluster, whatever the processes do. */
static void brokers_do(void)
{
    if (sim.world.retention && sim_draw(40) == 0)
        delete_old();
    if ((int)sim_draw(1000) < sim.world.deaths)
        sim_broker_dies();
    if (sim.world.ageing && sim_draw(10) == 0)
        sim_outputs_age(!anybody_lives());
    if (sim.world.expiry && sim_draw(50) == 0)
        expire_id();
    if (sim.world.foreign && sim_draw(150) == 0)
        sim_foreign_transaction();
}

static bool all_committed(void)
{
    for (int i = 0; i < LIVES; i++) {
        const struct life *life = &sim.lives[i];
        if (life->lives &&
            (commit_is_under_way(life->worker) || life->worker->assignment.state != ASSIGNMENT_READING))
            return false;
    }
    return true;
}

static void compare_digests(void)
{
    for (int i = 0; i < LIVES; i++)
        for (int32_t p = 0; p < SIM_PARTITIONS && sim.lives[i].lives; p++) {
            struct partition *partition = &sim.lives[i].worker->partitions[p];
            if (partition_is_owned(partition) && partition_is_committed(partition) &&
                !partition->snapshotting) {
                judge_digest(p, fold_digest(partition->fold));
                sim.counts.digests++;
            }
        }
}

/* For whoever asks why a world does not come to rest. */
static void say_lives(void)
{
    for (int i = 0; i < LIVES; i++) {
        if (sim.lives[i].lives)
            log_say(LOG_INFO, "%s lives, state %d, commit %d", sim.lives[i].worker->instance,
                    (int)sim.lives[i].worker->assignment.state, (int)sim.lives[i].worker->commit.state);
        for (int32_t p = 0; p < SIM_PARTITIONS && sim.lives[i].lives; p++) {
            const struct partition *partition = &sim.lives[i].worker->partitions[p];
            if (partition_is_owned(partition))
                log_say(
                    LOG_INFO,
                    "%s, state %d, commit %d: partition %d phase %d next %lld committed %lld outbox %zu "
                    "unconfirmed %zu change %d restoring %d end seen %lld made %lld/%lld have "
                    "%lld/%lld base %lld",
                    sim.lives[i].worker->instance, (int)sim.lives[i].worker->assignment.state,
                    (int)sim.lives[i].worker->commit.state, (int)p, (int)partition->phase,
                    (long long)partition->next,
                    (long long)partition->committed, partition->outbox.count, partition->unconfirmed.count,
                    partition->book_change.under_way, partition->restoring != NULL,
                    (long long)partition->end_seen, (long long)partition->window.made.counts[0],
                    (long long)partition->window.made.counts[2], (long long)partition->window.topics[0].have,
                    (long long)partition->window.topics[2].have, (long long)partition->window.made.base);
        }
    }
}

static void live(void)
{
    char text[SIM_FAILURE_BYTES];
    for (sim.now = 0; sim.now < sim.world.turns + TURNS_IN_PEACE; sim.now++) {
        bool peace = sim.now >= sim.world.turns;
        sim_faults(peace ? 0 : sim.world.faults);
        sim_markers_late(peace ? 0 : sim.world.late);
        sim_reveal(peace ? 1000 : (int)(sim.now * 1000 / sim.world.turns));
        if (!peace)
            brokers_do();
        else if (sim.now % 100 == 0)
            sim_operator_ends_hanging();
        struct life *life = &sim.lives[sim_draw(sim.world.zombies ? LIVES : INSTANCES)];
        if (peace)
            life->frozen_until = 0;
        sim_pass_time((int64_t)sim_draw(30000));
        turn(life, peace);
        if (peace || sim.now % 4 == 0)
            heartbeats();
        judge_look();
        if (peace && judge_is_satisfied() && all_committed())
            break;
    }
    if (!judge_is_satisfied()) {
        judge_say_missing(text, sizeof(text));
        say_lives();
        sim_fail("it does not come to rest: %s", text);
    }
    compare_digests();
}

/* --- another log --- */

/* The last record that the newest checkpoint of a partition saw becomes another. False: there is none to be
 * seen. */
static bool make_log_another(int32_t *ret_partition)
{
    static struct checkpoint_file files[CHECKPOINT_LIST_MAX];
    struct checkpoint_head head;
    struct bytes texts[CHECKPOINT_TEXTS];
    char error[400];
    int32_t p = *ret_partition = (int32_t)sim_draw(SIM_PARTITIONS);
    if (checkpoint_list(disk_directory(0), "in", "g", p, files, NULL, NULL) == 0)
        return false;
    struct checkpoint_reader *reader = checkpoint_open(files[0].path, &head, texts, error, sizeof(error));
    checkpoint_close(reader);
    if (reader && head.offset > 0 && head.last_offset < 0)
        sim_fail("a checkpoint of partition %d does not name the record before it", (int)p);
    if (!reader || head.last_offset < sim_input_begin(p))
        return false;
    sim_change_record(p, head.last_offset);
    return true;
}

/* Everything is at rest and stopped. Whoever comes back to a log that is another one must see it. */
static void come_back_to_another_log(void)
{
    int32_t partition;
    disk_repair(-1);
    if (sim.world.directories > 1 || !make_log_another(&partition))
        return;
    struct life *life = &sim.lives[sim.world.gone == 1 ? 1 : 0];
    start(life, true);
    sim.counts.other_logs++;
    for (int i = 0; i < TURNS_IN_PEACE && life->lives; i++) {
        sim_pass_time((int64_t)sim_draw(30000));
        if (i % 100 == 0)
            sim_operator_ends_hanging();
        sim_heartbeat(life->worker->instance, life->worker->consumer);
        const struct partition *there = &life->worker->partitions[partition];
        if (!worker_turn(life->worker)) {
            bool seen =
                strstr(life->worker->failure.text, "is not the record that the checkpoint saw") != NULL;
            if (!seen)
                sim_fail("in another log a worker stopped for another reason: %s",
                         life->worker->failure.text);
            stop(life);
            return;
        }
        if (partition_is_taken_over(there) && there->fold && !there->verifies &&
            life->worker->assignment.state == ASSIGNMENT_READING)
            break;
    }
    sim_fail("partition %d: a worker went on in another log than its checkpoint is of", (int)partition);
}

void world_live(const struct world *world, uint64_t seed)
{
    sim.world = *world;
    if (world->change == CHANGE_SEES_MORE)
        sim.world.retention = 0; /* it needs the whole log, and says so */
    if (sim.world.retention || world->change != CHANGE_NONE)
        sim.world.directories = 1;
    memset(sim.lives, 0, sizeof(sim.lives));
    sim_begin(seed);
    sim_look_takes(world->slow ? 1500 : 20);
    sim_on_commit(judge_commit);
    disk_clear();
    sim.repaired_at = -TURNS_TO_HEAR;
    for (int i = 0; i < LIVES; i++)
        sim.lives[i].instance = i % INSTANCES;
    sim.gone_at = (int64_t)sim_draw((uint64_t)world->turns);
    sim.counts.gone += world->gone > 0;
    choose_books();
    struct judge_options options = { .books_count = sim.list_count,
                                     .schemas = sim.schemas,
                                     .last_sees_more = world->change == CHANGE_SEES_MORE,
                                     .markers_get_lost = world->deaths > 0 };
    memcpy(options.books, sim.list, sizeof(options.books));
    judge_begin(&options);
    fill(seed);
    live();
    for (int i = 0; i < LIVES; i++)
        if (sim.lives[i].lives)
            stop(&sim.lives[i]);
    judge_look();
    if (seed % 8 == 0)
        come_back_to_another_log();
    judge_end();
    sim_end();
}
