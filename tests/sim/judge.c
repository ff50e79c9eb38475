#include "judge.h"

#include "base/memory.h"
#include "base/must.h"
#include "book/book_reader.h"
#include "pipeline/commit_metadata.h"
#include "pipeline/fold.h"
#include "sim.h"

#include <stdio.h>
#include <string.h>

struct golden {
    struct fold *fold; /* NULL: nothing was committed yet */
    size_t book;       /* its place in the options */
    /* the record to fold next: behind what is committed, and behind what caused anything that is visible */
    int64_t next;
    int64_t committed;
    struct outbox outbox;
    /* where in the outbox the next one of the topic is looked for; how many were compared */
    size_t at[SIM_TOPICS], seen[SIM_TOPICS];
    int64_t step;
};

static struct {
    struct judge_options options;
    struct decoder *decoder;
    struct golden partitions[SIM_PARTITIONS];
    int64_t changes_count, outputs_count;
} judge;

void judge_begin(const struct judge_options *options)
{
    int64_t changes_count = judge.changes_count, outputs_count = judge.outputs_count;
    memset(&judge, 0, sizeof(judge));
    judge.options = *options;
    judge.changes_count = changes_count;
    judge.outputs_count = outputs_count;
    judge.decoder = decoder_new(options->schemas, FRAMING_RAW, 0);
}

void judge_end(void)
{
    for (int p = 0; p < SIM_PARTITIONS; p++) {
        judge.outputs_count += (int64_t)judge.partitions[p].outbox.count;
        fold_free(judge.partitions[p].fold);
        outbox_release(&judge.partitions[p].outbox);
    }
    decoder_free(judge.decoder);
}

int64_t judge_changes_count(void)
{
    return judge.changes_count;
}

int64_t judge_outputs_count(void)
{
    return judge.outputs_count;
}

/* --- the undisturbed fold --- */

static struct fold_options options_of(int32_t partition, size_t book)
{
    bool last = book + 1 == judge.options.books_count;
    return (struct fold_options){ .book = judge.options.books[book],
                                  .also = judge.options.last_sees_more && !last
                                              ? judge.options.books[book + 1]
                                              : NULL,
                                  .form = OUTPUT_AVRO_RAW,
                                  .source = "in",
                                  .partition = partition,
                                  .partitions_count = SIM_PARTITIONS,
                                  .has_keys = true };
}

static void begin(struct golden *golden, int32_t partition, size_t book)
{
    const struct fold_options options = options_of(partition, book);
    golden->book = book;
    golden->fold = fold_new(&options);
}

static void change(struct golden *golden, int32_t partition, size_t book)
{
    const struct fold_options options = options_of(partition, book);
    struct fold *changed = fold_change_book(golden->fold, &options);
    fold_free(golden->fold);
    golden->fold = changed;
    golden->book = book;
    while (fold_recompute(golden->fold, "book", &golden->outbox))
        ;
    judge.changes_count++;
}

static void fold_next(struct golden *golden, int32_t partition)
{
    struct fold_record record = { .offset = golden->next++ };
    if (!sim_input_record(partition, record.offset, &record.key, &record.value, &record.timestamp))
        return;
    struct result result = fold_accept(golden->fold, judge.decoder, &record, &golden->outbox);
    must(result.verdict == DONE);
}

static void fold_up_to(struct golden *golden, int32_t partition, int64_t offset)
{
    while (golden->next < offset)
        fold_next(golden, partition);
}

/* --- what commits say --- */

static size_t book_of(int32_t partition, const struct commit_metadata *metadata)
{
    for (size_t i = 0; i < judge.options.books_count; i++)
        if (book_hash(judge.options.books[i]) == metadata->versions.book)
            return i;
    sim_fail("partition %d: a commit names a book that nobody has", (int)partition);
}

/* The rules change where everything before is decided: not before anything that is visible, and not behind
 * the commit that says so. */
static void take_book(struct golden *golden, int32_t partition, size_t book,
                      const struct commit_metadata *metadata, int64_t offset)
{
    bool may_lie_behind =
        judge.options.markers_get_lost && metadata->since > golden->next && metadata->since <= offset;
    if (metadata->since != golden->next && !may_lie_behind)
        sim_fail("partition %d: the rules changed at offset %lld, but the commit says %lld", (int)partition,
                 (long long)golden->next, (long long)metadata->since);
    fold_up_to(golden, partition, metadata->since);
    change(golden, partition, book);
}

void judge_commit(int32_t partition, const struct position *position)
{
    struct golden *golden = &judge.partitions[partition];
    struct commit_metadata metadata;
    char error[200];
    if (!commit_metadata_from_text(position->metadata, &metadata, error, sizeof(error)))
        sim_fail("partition %d: the commit at offset %lld %s", (int)partition, (long long)position->offset,
                 error);
    size_t book = book_of(partition, &metadata);
    if (!golden->fold)
        begin(golden, partition, book);
    else if (book < golden->book)
        sim_fail("partition %d offset %lld: the group went back to an older book", (int)partition,
                 (long long)position->offset);
    else if (book > golden->book)
        take_book(golden, partition, book, &metadata, position->offset);
    if (position->offset < golden->committed)
        sim_fail("partition %d: the group went back from offset %lld to %lld", (int)partition,
                 (long long)golden->committed, (long long)position->offset);
    if (golden->step > 0 && position->offset != golden->committed && !judge.options.markers_get_lost)
        sim_fail("partition %d: the group went on to offset %lld before the change of book at %lld was done",
                 (int)partition, (long long)position->offset, (long long)golden->committed);
    golden->step = metadata.step;
    golden->committed = position->offset;
    fold_up_to(golden, partition, position->offset);
}

/* --- what a reader sees --- */

static const struct outbox_record *next_of(struct golden *golden, int topic)
{
    while (golden->at[topic] < golden->outbox.count &&
           golden->outbox.records[golden->at[topic]].topic != topic)
        golden->at[topic]++;
    return golden->at[topic] < golden->outbox.count ? &golden->outbox.records[golden->at[topic]] : NULL;
}

/* What is visible may be ahead of the group's offsets (their marker is late, or lost): then the fold goes on
 * until it has the like. */
static const struct outbox_record *expected(struct golden *golden, int topic, int32_t partition)
{
    const struct outbox_record *wanted = next_of(golden, topic);
    if (!golden->fold)
        sim_fail("%s, partition %d: outputs are visible before any commit named a book",
                 sim_topic_names[topic], (int)partition);
    while (!wanted && golden->next < sim_input_end(partition)) {
        fold_next(golden, partition);
        wanted = next_of(golden, topic);
    }
    return wanted;
}

static bool headers_are(const struct sim_record *record, const struct outbox *outbox,
                        const struct outbox_record *wanted, int32_t partition)
{
    char number[24], offset[24];
    snprintf(number, sizeof(number), "%d", (int)partition);
    snprintf(offset, sizeof(offset), "%lld", (long long)wanted->input_offset);
    const char *const values[] = { "in",
                                   number,
                                   offset,
                                   "g",
                                   number,
                                   wanted->letter->stage,
                                   wanted->letter->reason };
    static const char *const names[COUNT(values)] = { "topic",
                                                      "partition",
                                                      "offset",
                                                      "connector.name",
                                                      "task.id",
                                                      "stage",
                                                      "exception.class.name" };
    char name[64];
    struct header message[OUTBOX_HEADERS_MAX];
    if (outbox_headers(outbox, wanted, message) != 1 || record->headers_count != COUNT(values) + 1 ||
        strcmp(record->headers[COUNT(values)].name, message[0].name) != 0 ||
        !bytes_equal(record->headers[COUNT(values)].value, message[0].value))
        return false;
    for (size_t i = 0; i < COUNT(values); i++) {
        snprintf(name, sizeof(name), "__connect.errors.%s", names[i]);
        if (strcmp(record->headers[i].name, name) != 0 ||
            !bytes_equal(record->headers[i].value, bytes_of(values[i])))
            return false;
    }
    return true;
}

static bool is_wanted(const struct golden *golden, const struct sim_record *record,
                      const struct outbox_record *wanted, int32_t partition)
{
    return bytes_equal(record->key, outbox_key(&golden->outbox, wanted)) &&
           bytes_equal(record->value, outbox_value(&golden->outbox, wanted)) &&
           (wanted->topic == TOPIC_DEAD_LETTERS ? headers_are(record, &golden->outbox, wanted, partition)
                                                : record->headers_count == 0);
}

static void compare(struct golden *golden, int topic, int32_t partition)
{
    struct sim_record record;
    while (sim_committed_record(topic, partition, golden->seen[topic], &record)) {
        const struct outbox_record *wanted = expected(golden, topic, partition);
        if (!wanted)
            sim_fail("%s, partition %d, record %zu: one too many", sim_topic_names[topic], (int)partition,
                     golden->seen[topic]);
        if (!is_wanted(golden, &record, wanted, partition))
            sim_fail("%s, partition %d, record %zu: another one than the undisturbed fold sends",
                     sim_topic_names[topic], (int)partition, golden->seen[topic]);
        golden->seen[topic]++;
        golden->at[topic]++;
    }
}

void judge_look(void)
{
    for (int topic = 0; topic < SIM_TOPICS; topic++)
        for (int32_t p = 0; p < SIM_PARTITIONS; p++)
            compare(&judge.partitions[p], topic, p);
}

/* --- at rest --- */

static const char *missing(struct golden *golden, int32_t partition)
{
    if (!golden->fold)
        return "nothing was ever committed";
    if (golden->committed < sim_input_last(partition) + 1)
        return "records are not committed";
    if (golden->book + 1 != judge.options.books_count || golden->step > 0)
        return "the last book does not hold";
    for (int topic = 0; topic < SIM_TOPICS; topic++)
        if (next_of(golden, topic))
            return "outputs are missing though their offset is committed";
    return NULL;
}

bool judge_is_satisfied(void)
{
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        if (missing(&judge.partitions[p], p))
            return false;
    return true;
}

void judge_say_missing(char *text, size_t size)
{
    text[0] = 0;
    for (int32_t p = 0; p < SIM_PARTITIONS; p++) {
        const char *what = missing(&judge.partitions[p], p);
        if (what) {
            snprintf(text, size, "partition %d: %s", (int)p, what);
            return;
        }
    }
}

void judge_digest(int32_t partition, struct hash128 digest)
{
    struct hash128 wanted = fold_digest(judge.partitions[partition].fold);
    if (wanted.low != digest.low || wanted.high != digest.high)
        sim_fail("partition %d: the state has another digest than that of the undisturbed fold",
                 (int)partition);
}
