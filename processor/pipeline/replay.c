#include "pipeline/replay.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"
#include "engine/calendar.h"
#include "engine/criterion.h"
#include "pipeline/crash_report.h"
#include "pipeline/replay_input.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum {
    BATCH_RECORDS = 1024,
    PREFETCH_RECORDS = 12,
    BATCH_BYTES = 1 << 20,
    QUEUE_BATCHES = 8,
    PROGRESS_RECORDS = 1 << 16
};

/* Records on their way to a worker, with copies of all that they point to. */
struct batch_record {
    int32_t partition;
    struct fold_record record;
    struct declaration declaration;
};
struct batch {
    struct arena arena;
    struct batch_record records[BATCH_RECORDS];
    size_t count, bytes;
};

struct replay;
static struct fold_options fold_options_of(const struct replay_options *options, int32_t partition,
                                           const struct book *book);
struct replay_worker {
    struct replay *replay;
    int32_t number;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct batch *queue[QUEUE_BATCHES]; /* first in, first out */
    size_t queued, first;
    bool over;
    struct batch *filling; /* the main thread's */
    struct batch *spare;   /* given back; lock */
    struct outbox outbox;
};

struct replay {
    const struct replay_options *options;
    struct fold **folds;
    const struct replay_change **next_changes; /* per partition: the next of its book, or NULL */
    struct replay_output *output;
    struct replay_worker *workers;
    int32_t end_as_of;
    bool advances;
    atomic_bool failed;
};

/* --- what a worker does --- */

static void take(struct replay *replay, int32_t partition, struct outbox *outbox)
{
    if (outbox->count && !replay_output_take(replay->output, partition, outbox))
        atomic_store(&replay->failed, true);
    outbox_clear(outbox);
}

static void advance(struct replay *replay, int32_t partition, struct outbox *outbox)
{
    bool more;
    do {
        more = fold_advance(replay->folds[partition], replay->end_as_of, outbox);
        take(replay, partition, outbox);
    } while (more);
}

static void advance_all(struct replay_worker *worker)
{
    struct replay *replay = worker->replay;
    for (int32_t p = worker->number; p < replay->options->partitions_count;
         p += replay->options->threads_count)
        advance(replay, p, &worker->outbox);
}

/* --- batches --- */

static struct batch *batch_new(void)
{
    struct batch *batch = memory_alloc(1, sizeof(*batch));
    arena_init(&batch->arena, BATCH_BYTES);
    batch->count = batch->bytes = 0;
    return batch;
}

static void batch_clear(struct batch *batch)
{
    arena_clear(&batch->arena);
    batch->count = batch->bytes = 0;
}

static void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    arena_release(&batch->arena);
    memory_free(batch);
}

/* A string moves with the value that it is a view into, or is copied when it is none. */
static void move_view(struct arena *arena, struct bytes *view, struct bytes from, struct bytes to)
{
    if (bytes_is_null(*view))
        return;
    if (view->data >= from.data && view->data + view->length <= from.data + from.length)
        view->data = to.data + (view->data - from.data);
    else
        *view = arena_copy(arena, *view);
}

static void batch_add(struct batch *batch, const struct replay_record *incoming)
{
    struct batch_record *record = &batch->records[batch->count++];
    struct declaration *d = &record->declaration;
    struct bytes from = incoming->record.value;
    record->partition = incoming->partition;
    record->record = incoming->record;
    *d = *incoming->record.declaration;
    record->record.value = arena_copy(&batch->arena, from);
    record->record.key = arena_copy(&batch->arena, incoming->record.key);
    record->record.why = arena_copy(&batch->arena, incoming->record.why);
    record->record.declaration = d;
    batch->bytes += from.length;
    if (incoming->record.decoded.verdict != DONE)
        return;
    for (size_t i = 0; i < DECLARATION_TEXTS; i++)
        move_view(&batch->arena, &d->texts[i], from, record->record.value);
}

/* --- the queue of a worker; full means wait --- */

static void queue_give(struct replay_worker *worker, struct batch *batch)
{
    pthread_mutex_lock(&worker->lock);
    while (worker->queued == QUEUE_BATCHES)
        pthread_cond_wait(&worker->changed, &worker->lock);
    worker->queue[(worker->first + worker->queued++) % QUEUE_BATCHES] = batch;
    worker->filling = worker->spare;
    worker->spare = NULL;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    if (!worker->filling)
        worker->filling = batch_new();
}

static void queue_end(struct replay_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->over = true;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

/* The next batch, or NULL at the end. */
static struct batch *queue_take(struct replay_worker *worker)
{
    struct batch *batch = NULL;
    pthread_mutex_lock(&worker->lock);
    while (worker->queued == 0 && !worker->over)
        pthread_cond_wait(&worker->changed, &worker->lock);
    if (worker->queued) {
        batch = worker->queue[worker->first];
        worker->first = (worker->first + 1) % QUEUE_BATCHES;
        worker->queued--;
    }
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    return batch;
}

static void batch_give_back(struct replay_worker *worker, struct batch *batch)
{
    batch_clear(batch);
    pthread_mutex_lock(&worker->lock);
    struct batch *surplus = worker->spare;
    worker->spare = batch;
    pthread_mutex_unlock(&worker->lock);
    batch_free(surplus);
}

static void batch_prefetch(const struct replay *replay, const struct batch *batch, size_t at)
{
    if (at < batch->count)
        fold_prefetch(replay->folds[batch->records[at].partition], &batch->records[at].record);
}

static const struct replay_change *change_after(const struct replay_options *options, int32_t partition,
                                                const struct replay_change *change)
{
    const struct replay_change *next = change ? change + 1 : options->changes;
    while (next && next < options->changes + options->changes_count && next->partition != partition)
        next++;
    return next && next < options->changes + options->changes_count ? next : NULL;
}

/* What is due before the record at `offset`. */
static void change_books(struct replay_worker *worker, int32_t partition, int64_t offset)
{
    struct replay *replay = worker->replay;
    const struct replay_change *change;
    while ((change = replay->next_changes[partition]) != NULL && change->offset <= offset) {
        struct fold_options options = fold_options_of(replay->options, partition, change->book);
        struct fold *before = replay->folds[partition];
        bool more;
        replay->folds[partition] = fold_change_book(before, &options);
        fold_free(before);
        do {
            more = fold_recompute(replay->folds[partition], "book", &worker->outbox);
            take(replay, partition, &worker->outbox);
        } while (more);
        replay->next_changes[partition] = change_after(replay->options, partition, change);
    }
}

/* The look-up of a record misses the cache, whatever we do: asked for some records ahead, the memory answers
 * in time. */
static void batch_fold(struct replay_worker *worker, struct batch *batch)
{
    for (size_t i = 0; i < PREFETCH_RECORDS; i++)
        batch_prefetch(worker->replay, batch, i);
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_record *record = &batch->records[i];
        batch_prefetch(worker->replay, batch, i + PREFETCH_RECORDS);
        change_books(worker, record->partition, record->record.offset);
        crash_report_at(record->record.source, record->partition, record->record.offset);
        struct result result =
            fold_accept(worker->replay->folds[record->partition], NULL, &record->record, &worker->outbox);
        must(result.verdict == DONE); /* files know all their schemas */
        take(worker->replay, record->partition, &worker->outbox);
    }
    crash_report_at(NULL, 0, 0);
}

static void *worker_fold(void *context)
{
    struct replay_worker *worker = context;
    for (struct batch *batch; (batch = queue_take(worker)) != NULL;) {
        batch_fold(worker, batch);
        batch_give_back(worker, batch);
    }
    return NULL;
}

static void *worker_advance(void *context)
{
    advance_all(context);
    return NULL;
}

static void workers_start(struct replay *replay, void *run(void *))
{
    for (int32_t i = 0; i < replay->options->threads_count; i++)
        must(pthread_create(&replay->workers[i].thread, NULL, run, &replay->workers[i]) == 0);
}

static void workers_join(struct replay *replay)
{
    for (int32_t i = 0; i < replay->options->threads_count; i++)
        must(pthread_join(replay->workers[i].thread, NULL) == 0);
}

/* --- the main thread --- */

static bool is_alone(const struct replay *replay)
{
    return replay->options->threads_count == 1; /* then the main thread folds too */
}

/* What is in the batch is folded, here or by its worker. */
static void hand_over(struct replay *replay, struct replay_worker *worker)
{
    if (!is_alone(replay)) {
        queue_give(worker, worker->filling);
        return;
    }
    batch_fold(worker, worker->filling);
    batch_clear(worker->filling);
}

static void add_record(struct replay *replay, const struct replay_record *incoming)
{
    struct replay_worker *worker = &replay->workers[incoming->partition % replay->options->threads_count];
    batch_add(worker->filling, incoming);
    if (worker->filling->count == BATCH_RECORDS || worker->filling->bytes >= BATCH_BYTES)
        hand_over(replay, worker);
}

static void hand_rest_over(struct replay *replay)
{
    for (int32_t i = 0; i < replay->options->threads_count; i++)
        if (replay->workers[i].filling->count)
            hand_over(replay, &replay->workers[i]);
}

static enum replay_end read_all(struct replay *replay, struct replay_input *input,
                                struct replay_summary *summary, char *ret_error, size_t error_size)
{
    struct replay_record incoming;
    enum input_read read = INPUT_END;
    while (!atomic_load_explicit(&replay->failed, memory_order_relaxed) &&
           (read = replay_input_next(input, &incoming)) == INPUT_RECORD) {
        add_record(replay, &incoming);
        if (++summary->records % PROGRESS_RECORDS == 0 && replay->options->progress)
            replay->options->progress(summary->records);
    }
    if (read == INPUT_MISSING || read == INPUT_DAMAGED) {
        snprintf(ret_error, error_size, "%s", replay_input_error(input));
        return read == INPUT_MISSING ? REPLAY_NO_INPUT : REPLAY_DAMAGED;
    }
    return REPLAY_DONE;
}

static enum replay_end fold_all(struct replay *replay, struct replay_input *input,
                                struct replay_summary *summary, char *ret_error, size_t error_size)
{
    if (!is_alone(replay))
        workers_start(replay, worker_fold);
    enum replay_end end = read_all(replay, input, summary, ret_error, error_size);
    hand_rest_over(replay);
    if (is_alone(replay))
        return end;
    for (int32_t i = 0; i < replay->options->threads_count; i++)
        queue_end(&replay->workers[i]);
    workers_join(replay);
    return end;
}

static int32_t latest_as_of(const struct replay *replay)
{
    int32_t latest = INT32_MIN;
    for (int32_t p = 0; p < replay->options->partitions_count; p++)
        if (fold_as_of(replay->folds[p]) > latest)
            latest = fold_as_of(replay->folds[p]);
    return latest;
}

/* At the end all are brought to the same as_of (§9). */
static enum replay_end advance_to_the_end(struct replay *replay, char *ret_error, size_t error_size)
{
    int32_t latest = latest_as_of(replay);
    replay->end_as_of = replay->options->to == REPLAY_TO_DAY ? replay->options->as_of : latest;
    if (replay->options->to == REPLAY_TO_DAY && latest > replay->options->as_of) {
        char text[DAY_TEXT_BYTES];
        day_to_text(latest, text);
        snprintf(ret_error, error_size, "--as-of is earlier than the latest submission, which is of %.*s",
                 DAY_TEXT_BYTES, text);
        return REPLAY_USAGE;
    }
    if (replay->options->to == REPLAY_TO_LOG || latest == INT32_MIN)
        return REPLAY_DONE;
    if (is_alone(replay)) {
        advance_all(&replay->workers[0]);
        return REPLAY_DONE;
    }
    workers_start(replay, worker_advance);
    workers_join(replay);
    return REPLAY_DONE;
}

static void summarize(const struct replay *replay, struct replay_summary *summary)
{
    summary->as_of = INT32_MIN;
    for (int32_t p = 0; p < replay->options->partitions_count; p++) {
        const struct fold_counts *counts = fold_counts(replay->folds[p]);
        struct engine_sums sums = fold_sums(replay->folds[p]);
        must(sums.standing == sums.cost + sums.payable_outside); /* axiom 3 of §0 */
        summary->declarations += counts->declarations;
        summary->dead_letters += counts->dead_letters;
        for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
            summary->outputs[topic] += counts->outputs[topic];
        for (size_t reason = 0; reason < DEAD_LETTER_REASONS; reason++)
            summary->letters_by_reason[reason] += counts->letters_by_reason[reason];
        summary->sums.standing += sums.standing;
        summary->sums.cost += sums.cost;
        summary->sums.payable_outside += sums.payable_outside;
        summary->sums.persons += sums.persons;
        summary->sums.lines_kept += sums.lines_kept;
        summary->sums.lines_identity += sums.lines_identity;
        if (fold_as_of(replay->folds[p]) > summary->as_of)
            summary->as_of = fold_as_of(replay->folds[p]);
    }
}

static enum replay_end replay_all(struct replay *replay, struct replay_input *input,
                                  struct replay_summary *summary, char *ret_error, size_t error_size)
{
    enum replay_end end = fold_all(replay, input, summary, ret_error, error_size);
    for (int32_t p = 0; end == REPLAY_DONE && p < replay->options->partitions_count; p++)
        change_books(&replay->workers[p % replay->options->threads_count], p, INT64_MAX);
    if (end == REPLAY_DONE)
        end = advance_to_the_end(replay, ret_error, error_size);
    if (end != REPLAY_DONE)
        return end;
    summarize(replay, summary);
    if (atomic_load(&replay->failed) || !replay_output_finish(replay->output)) {
        snprintf(ret_error, error_size, "%s", replay_output_error(replay->output));
        return REPLAY_FAILED;
    }
    return REPLAY_DONE;
}

/* --- opening and closing --- */

static bool inputs_are_dumps(const struct replay_options *options)
{
    return options->paths_count > 0 && replay_path_is_dump(options->paths[0]);
}

/* What is wrong with an input's name, or NULL. */
static bool reads_dumps(const struct replay_options *options)
{
    return options->schemas || options->framing == FRAMING_JSON;
}

static const char *path_is_wrong(const struct replay_options *options, const char *path)
{
    if (!replay_path_is_readable(path))
        return "is neither .jsonl, .avro nor .dump";
    if (replay_path_is_dump(path) != inputs_are_dumps(options))
        return "cannot be replayed with the others: a dump has keys, other files have none";
    if (replay_path_is_dump(path) && !reads_dumps(options))
        return "is a dump: say with --schemas where the schemas of its values are";
    return NULL;
}

static enum replay_end check_options(const struct replay_options *options, char *ret_error, size_t error_size)
{
    for (size_t i = 0; i < options->paths_count; i++) {
        const char *wrong = path_is_wrong(options, options->paths[i]);
        if (!wrong)
            continue;
        snprintf(ret_error, error_size, "\"%s\" %s", options->paths[i], wrong);
        return REPLAY_USAGE;
    }
    return REPLAY_DONE;
}

/* A book to come that sees more needs what the one before it would not keep (engine.h); only the first can
 * have it. */
static const struct book *book_that_sees_more(const struct replay_change *change, const struct book *book)
{
    return change && criteria_see_more(change->book, book) ? change->book : NULL;
}

static enum replay_end check_changes(const struct replay_options *options, char *ret_error, size_t error_size)
{
    for (size_t i = 0; i + 1 < options->changes_count; i++) {
        const struct replay_change *change = &options->changes[i], *next = change + 1;
        if (next->partition != change->partition || !book_that_sees_more(next, change->book))
            continue;
        snprintf(
            ret_error, error_size,
            "the book of partition %d from offset %lld on sees lines that the one before it did not keep",
            (int)next->partition, (long long)next->offset);
        return REPLAY_USAGE;
    }
    return REPLAY_DONE;
}

/* Any worker's thread; a sentence is written at once. */
static void notice_leap(const void *context, const struct leap *leap)
{
    const struct replay_options *options = context;
    char text[LEAP_TEXT_BYTES];
    leap_to_text(leap, text);
    options->notice(text);
}

static struct fold_options fold_options_of(const struct replay_options *options, int32_t partition,
                                           const struct book *book)
{
    return (struct fold_options){ .book = book,
                                  .reference = options->reference,
                                  .bundles_only = options->bundles_only,
                                  .form =
                                      options->format == REPLAY_AVRO ? OUTPUT_AVRO_RAW : OUTPUT_JSON_LINES,
                                  .partition = partition,
                                  .partitions_count = options->partitions_count,
                                  .has_keys = inputs_are_dumps(options),
                                  .letters_are_records = true,
                                  .leaps = { options->notice ? notice_leap : NULL, options },
                                  .partitioner = options->partitioner };
}

static void folds_open(struct replay *replay)
{
    const struct replay_options *options = replay->options;
    replay->folds = memory_alloc_zeroed((size_t)options->partitions_count, sizeof(*replay->folds));
    replay->next_changes =
        memory_alloc_zeroed((size_t)options->partitions_count, sizeof(*replay->next_changes));
    for (int32_t p = 0; p < options->partitions_count; p++) {
        struct fold_options fold = fold_options_of(options, p, options->book);
        replay->next_changes[p] = change_after(options, p, NULL);
        fold.also = book_that_sees_more(replay->next_changes[p], options->book);
        replay->folds[p] = fold_new(&fold);
    }
    replay->workers = memory_alloc_zeroed((size_t)options->threads_count, sizeof(*replay->workers));
    for (int32_t i = 0; i < options->threads_count; i++) {
        struct replay_worker *worker = &replay->workers[i];
        worker->replay = replay;
        worker->number = i;
        pthread_mutex_init(&worker->lock, NULL);
        pthread_cond_init(&worker->changed, NULL);
        worker->filling = batch_new();
    }
}

static void folds_close(struct replay *replay)
{
    for (int32_t i = 0; i < replay->options->threads_count; i++) {
        struct replay_worker *worker = &replay->workers[i];
        batch_free(worker->filling);
        batch_free(worker->spare);
        outbox_release(&worker->outbox);
        pthread_cond_destroy(&worker->changed);
        pthread_mutex_destroy(&worker->lock);
    }
    for (int32_t p = 0; p < replay->options->partitions_count; p++)
        fold_free(replay->folds[p]);
    memory_free(replay->workers);
    memory_free(replay->folds);
    memory_free(replay->next_changes);
}

enum replay_end replay_run(const struct replay_options *options, struct replay_summary *ret_summary,
                           char *ret_error, size_t error_size)
{
    struct replay replay = { .options = options };
    *ret_summary = (struct replay_summary){ 0 };
    enum replay_end end = check_options(options, ret_error, error_size);
    if (end == REPLAY_DONE)
        end = check_changes(options, ret_error, error_size);
    if (end != REPLAY_DONE)
        return end;
    enum output_open open =
        replay_output_open(&(struct replay_output_options){ options->directory, options->format,
                                                            options->partitions_count, options->overwrite },
                           &replay.output, ret_error, error_size);
    if (open != OUTPUT_READY)
        return open == OUTPUT_EXISTS ? REPLAY_EXISTS : REPLAY_FAILED;
    struct decoder *dumps =
        reads_dumps(options)
            ? decoder_new(options->schemas, options->framing, (size_t)options->value_bytes_max)
            : NULL;
    struct replay_input *input = replay_input_new(
        &(struct replay_input_options){ options->paths, options->paths_count, options->partitions_count,
                                        dumps, (size_t)options->value_bytes_max, options->notice });
    folds_open(&replay);
    end = replay_all(&replay, input, ret_summary, ret_error, error_size);
    folds_close(&replay);
    replay_input_free(input);
    decoder_free(dumps);
    replay_output_free(replay.output);
    return end;
}
