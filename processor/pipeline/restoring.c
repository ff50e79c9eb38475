#include "pipeline/restoring.h"

#include "base/memory.h"
#include "base/must.h"
#include "engine/criterion.h"
#include "ops/log.h"
#include "pipeline/worker.h"
#include "state/checkpoint.h"
#include "system/clock.h"
#include "system/failpoint.h"

#include <pthread.h>
#include <stdio.h>

enum { NEAR_RECORDS = 500000 };

struct restoring {
    struct shared *shared;
    int32_t partition;
    struct position position;
    struct commit_metadata metadata;
    bool from_the_beginning;
    bool again;            /* outputs from `window` on are to be made again */
    struct window window;
    pthread_t thread;
    bool has_thread;
    atomic_bool done;
    atomic_bool stop;
    struct restored restored;
    char skipped[160]; /* why the newest checkpoint could not be taken */
};

/* --- folds --- */

uint64_t quarantine_hash(const struct shared *shared, int32_t partition, int64_t offset)
{
    const struct pipeline_options *options = shared->options;
    uint64_t hash = 0;
    for (size_t i = 0; i < options->quarantined_count; i++)
        if (options->quarantined[i].partition == partition && options->quarantined[i].offset < offset)
            hash = hash64(&options->quarantined[i].offset, sizeof(int64_t), hash + 1);
    return hash;
}

static void say_leap(const void *context, const struct leap *leap)
{
    char text[LEAP_TEXT_BYTES];
    (void)context;
    leap_to_text(leap, text);
    log_say(LOG_WARNING, "%s", text);
}

static struct fold_options fold_options_of(const struct shared *shared, int32_t partition,
                                           const struct book_version *book_version)
{
    const struct pipeline_options *options = shared->options;
    struct fold_options fold = {
        .book = book_version->book,
        .reference = book_version->reference,
        .bundles_only = options->bundles_only,
        .form = options->form,
        .source = options->topic,
        .partition = partition,
        .partitions_count = shared->partitions_count,
        .leaps = { .told = say_leap },
        .has_keys = true,
        .partitioner = options->partitioner,
    };
    memcpy(fold.schema_ids, options->schema_ids, sizeof(fold.schema_ids));
    return fold;
}

/* With `before`: what that fold knows, under the book version. */
static struct fold *make_fold(const struct shared *shared, int32_t partition,
                              const struct book_version *book_version, const struct book *also,
                              struct fold *before)
{
    const struct pipeline_options *options = shared->options;
    struct fold_options fold = fold_options_of(shared, partition, book_version);
    int64_t *quarantined = memory_alloc(options->quarantined_count + 1, sizeof(*quarantined));
    for (size_t i = 0; i < options->quarantined_count; i++)
        if (options->quarantined[i].partition == partition)
            quarantined[fold.quarantined_count++] = options->quarantined[i].offset;
    fold.quarantined = quarantined;
    fold.also = also;
    struct fold *made = before ? fold_change_book(before, &fold) : fold_new(&fold);
    memory_free(quarantined);
    return made;
}

struct fold *new_fold(const struct shared *shared, int32_t partition, const struct book_version *book_version,
                      const struct book *also)
{
    return make_fold(shared, partition, book_version, also, NULL);
}

struct fold *new_fold_from(const struct shared *shared, int32_t partition,
                           const struct book_version *book_version, struct fold *before)
{
    return make_fold(shared, partition, book_version, NULL, before);
}

/* --- which checkpoint --- */

static void note_skipped(void *context, const char *sentence)
{
    struct restoring *restoring = context;
    log_say(LOG_WARNING, "%s", sentence);
    if (!restoring->skipped[0])
        snprintf(restoring->skipped, sizeof(restoring->skipped), "%.*s", (int)sizeof(restoring->skipped) - 1,
                 sentence);
}

static void skip(struct restoring *restoring, const struct checkpoint_file *file, const char *why)
{
    char sentence[CHECKPOINT_PATH_BYTES + 400];
    snprintf(sentence, sizeof(sentence), "checkpoint \"%s\" is not taken: %.300s", file->path, why);
    note_skipped(restoring, sentence);
}

enum fits { FITS_NOT, FITS, FITS_BEFORE_CHANGE };

/* Is it a state on the way to the committed one? What was folded under a book that is no longer it, only at
 * the change itself. */
static enum fits fits(const struct restoring *restoring, const struct checkpoint_head *head,
                      const char **ret_why)
{
    const struct commit_metadata *metadata = &restoring->metadata;
    struct commit_metadata taken;
    char error[200];
    bool at_position = head->offset == restoring->position.offset;
    *ret_why = "it was taken under another book, reference, engine, set of schemas or kind of outputs than "
               "the commit was made under";
    if (head->partitions_count != restoring->shared->partitions_count ||
        (restoring->shared->cluster[0] && strcmp(head->cluster, restoring->shared->cluster) != 0)) {
        *ret_why = "it is of another cluster, or the topic had another number of partitions";
        return FITS_NOT;
    }
    if (!commit_metadata_from_text(head->metadata, &taken, error, sizeof(error)))
        return FITS_NOT;
    bool same = versions_equal(&taken.versions, &metadata->versions) && taken.since == metadata->since;
    bool before = head->offset == metadata->since && versions_hash(&taken.versions) == metadata->before &&
                  /* another of that offset lacks what the new book sees */
                  (!metadata->sees_more || taken.also == metadata->versions.book);
    if (!same && !before)
        return FITS_NOT;
    if (!at_position && taken.versions.engine != ENGINE_VERSION) {
        *ret_why = "it was taken by another version of the rules, and records came after it: stop that "
                   "version cleanly first";
        return FITS_NOT;
    }
    if (!at_position && metadata->versions.schemas != restoring->shared->versions.schemas) {
        *ret_why = "the set of writer schemas is another one now, and records came after it: stop cleanly "
                   "with the set of before first";
        return FITS_NOT;
    }
    return same && metadata->step == 0 ? FITS : before ? FITS_BEFORE_CHANGE : FITS_NOT;
}

/* --- loading one --- */

static bool is_stopped(const struct restoring *restoring)
{
    return atomic_load(&((struct restoring *)(uintptr_t)restoring)->stop);
}

static bool read_blocks(struct restoring *restoring, struct checkpoint_reader *reader, struct fold *fold,
                        bool same_book, char *error, size_t error_size)
{
    struct bytes block;
    int64_t began_us = clock_us(), said_us = began_us;
    for (;;) {
        enum checkpoint_read read = checkpoint_next(reader, &block, error, error_size);
        if (read == CHECKPOINT_DAMAGED)
            return false;
        if (read == CHECKPOINT_END)
            break;
        if (is_stopped(restoring))
            return false;
        if (!fold_snapshot_read(fold, block, same_book)) {
            snprintf(error, error_size,
                     "its blocks are no state that declarations can have led to, or one of another version");
            return false;
        }
        failpoint("restore");
        int64_t now_us = clock_us();
        if (now_us - said_us > MICROSECONDS_OF_S(5)) {
            double done = (double)checkpoint_bytes_done(reader), all = (double)checkpoint_bytes(reader);
            double rate = done * 1e6 / (double)(now_us - began_us);
            log_say(LOG_INFO,
                    "partition %d: loads a checkpoint, %.0f of %.0f MB, %.0f MB/s, about %.0f s to go",
                    (int)restoring->partition, done / 1e6, all / 1e6, rate / 1e6,
                    rate > 0 ? (all - done) / rate : 0.0);
            said_us = now_us;
        }
    }
    if (fold_snapshot_read_end(fold, checkpoint_digest(reader)))
        return true;
    snprintf(error, error_size, "its state has another digest than it says");
    return false;
}

/* By the commit, or by the checkpoint itself, which was completed later. */
static bool is_seen(const struct window *window, const struct window_topic seen[TOPIC_COUNT],
                    const struct made *made)
{
    for (size_t topic = 0; made->base == window->made.base && topic < TOPIC_COUNT; topic++)
        if (made->counts[topic] > window->topics[topic].have && made->counts[topic] > seen[topic].have)
            return false;
    return true;
}

/* What is counted otherwise was counted before the window began, and then ends before it. */
static bool is_before_window(const struct restoring *restoring, const struct fold *fold, int64_t offset)
{
    const struct made *made = fold_made(fold);
    return !restoring->again ||
           (made->base == restoring->window.made.base ? is_seen(&restoring->window, fold_seen(fold), made)
                                                      : offset <= restoring->window.made.base);
}

static void finish_change(struct restoring *restoring, struct fold *fold)
{
    struct outbox *outbox = restoring->again ? &restoring->restored.outbox : NULL;
    bool more = restoring->metadata.step == 0;
    restoring->restored.book_change_is_open = !more;
    while (more) {
        size_t count = outbox ? outbox->count : 0;
        more = fold_recompute(fold, "book", outbox);
        if (outbox && is_seen(&restoring->window, fold_seen(fold), fold_made(fold)))
            outbox_cut(outbox, count); /* of no interest any more */
    }
}

/* A text that is only in the topic comes into the directory. */
static void fetch_text(struct restoring *restoring, bool is_book, uint64_t hash)
{
    struct shared *shared = restoring->shared;
    struct buffer text = { 0 };
    struct failure failure;
    char error[200];
    bool found = false;
    if (hash == 0 || !shared->has_checkpoint_topic)
        return;
    bool known = checkpoint_get_text(&shared->checkpoint_topic, hash, &text, &found, &failure);
    bool outbox = known && (!found || book_versions_store_text(shared->book_versions, is_book,
                                                               buffer_bytes(&text), error, sizeof(error)));
    if (!known || !outbox) {
        log_say(LOG_WARNING, "%s", known ? error : failure.text);
        restoring->restored.may_pass = true;
    }
    buffer_release(&text);
}

static const struct book_version *find_book_version(struct restoring *restoring, const struct bytes texts[])
{
    const struct versions *versions = &restoring->metadata.versions;
    struct book_versions *book_versions = restoring->shared->book_versions;
    const struct book_version *book_version =
        book_versions_find(book_versions, versions->book, versions->reference, texts[CHECKPOINT_BOOK],
                           texts[CHECKPOINT_REFERENCE]);
    if (book_version || !restoring->shared->has_checkpoint_topic)
        return book_version;
    fetch_text(restoring, true, versions->book);
    fetch_text(restoring, false, versions->reference);
    return book_versions_find(book_versions, versions->book, versions->reference, BYTES_NULL, BYTES_NULL);
}

/* By the walls' clocks of two machines, perhaps: it only decides when the next one is taken. */
static int64_t age_of(const struct fold *fold)
{
    int64_t written_ms = fold_written_ms(fold), now_ms = clock_wall_ms();
    return written_ms > 0 && written_ms < now_ms ? MICROSECONDS_OF_MS(now_ms - written_ms) : 0;
}

static bool load(struct restoring *restoring, struct checkpoint_reader *reader,
                 const struct checkpoint_head *head, const struct bytes texts[], enum fits how, char *error,
                 size_t error_size)
{
    struct shared *shared = restoring->shared;
    const struct book_version *book_version = find_book_version(restoring, texts);
    if (!book_version) {
        snprintf(error, error_size,
                 "the book that the commit was made under (%016llx) is neither in it, nor in "
                 "state.directory, nor in the topic",
                 (unsigned long long)restoring->metadata.versions.book);
        return false;
    }
    struct fold *fold = new_fold(shared, restoring->partition, book_version, NULL);
    int64_t began_us = clock_us();
    /* rules of another version would send other things: they are asked in the change that follows */
    bool same_rules = how == FITS && restoring->metadata.versions.engine == ENGINE_VERSION;
    if (!read_blocks(restoring, reader, fold, same_rules, error, error_size)) {
        fold_free(fold);
        return false;
    }
    if (!is_before_window(restoring, fold, head->offset)) {
        snprintf(error, error_size, "outputs from before it did not become visible: an older one is needed");
        fold_free(fold);
        return false;
    }
    if (how == FITS_BEFORE_CHANGE)
        finish_change(restoring, fold);
    double seconds = (double)(clock_us() - began_us) / 1e6;
    log_say(LOG_INFO, "partition %d: loaded the checkpoint at offset %lld, %.1f MB in %.2f s",
            (int)restoring->partition, (long long)head->offset, (double)checkpoint_bytes(reader) / 1e6,
            seconds);
    restoring->restored.fold = fold;
    restoring->restored.book_version = book_version;
    restoring->restored.next = head->offset;
    /* the other is not one of this state */
    restoring->restored.checkpoint_offset = how == FITS ? head->offset : OFFSET_NONE;
    restoring->restored.last = (struct last_record){ head->last_offset, head->last_record };
    restoring->restored.age_us = age_of(fold);
    return true;
}

static bool load_file(struct restoring *restoring, const struct checkpoint_file *file)
{
    char error[300];
    const char *why;
    struct checkpoint_head head;
    struct bytes texts[CHECKPOINT_TEXTS];
    if (file->offset > restoring->position.offset)
        /* ahead of the group: it was taken, and the commit that it stood for was never true, or the group was
         * moved back */
        return false;
    struct checkpoint_reader *reader = checkpoint_open(file->path, &head, texts, error, sizeof(error));
    if (!reader) {
        skip(restoring, file, error);
        return false;
    }
    enum fits how = fits(restoring, &head, &why);
    bool loaded = how != FITS_NOT && load(restoring, reader, &head, texts, how, error, sizeof(error));
    if (!loaded && !is_stopped(restoring)) /* one that nobody waits for any more is not damaged */
        skip(restoring, file, how == FITS_NOT ? why : error);
    checkpoint_close(reader);
    return loaded;
}

static bool load_newest(struct restoring *restoring, struct checkpoint_file *files, size_t count)
{
    bool loaded = false;
    for (size_t i = 0; i < count && !loaded && !is_stopped(restoring); i++)
        loaded = load_file(restoring, &files[i]);
    return loaded;
}

static size_t list(struct restoring *restoring, struct checkpoint_file *files)
{
    const struct pipeline_options *options = restoring->shared->options;
    return checkpoint_list(options->state_directory, options->topic, options->group, restoring->partition,
                           files, note_skipped, restoring);
}

/* The newest of the topic comes into the directory. Whether it did is seen there. */
static void download(struct restoring *restoring)
{
    struct shared *shared = restoring->shared;
    struct failure failure;
    bool found;
    struct checkpoint_topic_options options = shared->checkpoint_topic;
    options.stop = &restoring->stop; /* a partition that goes waits for this thread */
    if (!shared->has_checkpoint_topic || is_stopped(restoring))
        return;
    if (!checkpoint_download(&options, restoring->partition, restoring->position.offset,
                             shared->options->state_directory, &found, &failure)) {
        log_say(LOG_WARNING, "the checkpoints of partition %d in \"%s\" cannot be read: %s",
                (int)restoring->partition, shared->checkpoint_topic.topic, failure.text);
        restoring->restored.may_pass = failure.cause != CAUSE_CONFIG;
    }
}

/* What lies on this disk is taken when little came after it: folding that is faster than asking the topic. */
static bool is_near(const struct restoring *restoring, const struct checkpoint_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (files[i].offset <= restoring->position.offset)
            return restoring->position.offset - files[i].offset <= NEAR_RECORDS;
    return restoring->from_the_beginning && restoring->metadata.since == SINCE_EVER &&
           restoring->position.offset <= NEAR_RECORDS;
}

static bool load_checkpoint(struct restoring *restoring)
{
    struct checkpoint_file *files = memory_alloc(CHECKPOINT_LIST_MAX, sizeof(*files));
    size_t count = list(restoring, files);
    bool near = is_near(restoring, files, count), loaded = false;
    if (near)
        loaded = load_newest(restoring, files, count);
    if (!loaded && (!near || count > 0)) {
        download(restoring);
        count = list(restoring, files);
        loaded = load_newest(restoring, files, count);
    }
    memory_free(files);
    return loaded;
}

/* --- without one --- */

static void from_the_beginning(struct restoring *restoring, const struct book_version *book_version,
                               const struct book *also)
{
    struct restored *restored = &restoring->restored;
    *restored = (struct restored){ .book_version = book_version,
                                   .last = { .offset = OFFSET_NONE },
                                   .checkpoint_offset = OFFSET_NONE,
                                   .also = also };
    restored->fold = new_fold(restoring->shared, restoring->partition, book_version, also);
    /* one at 0, which has no outputs, and yet is to be ended */
    restored->book_change_is_open = restoring->metadata.step > 0;
}

static void refuse(struct restoring *restoring, const char *what)
{
    const char *skipped = restoring->skipped;
    snprintf(restoring->restored.error, sizeof(restoring->restored.error),
             "partition %d of \"%.60s\": no checkpoint leads to the committed offset %lld, and %.160s%s%s",
             (int)restoring->partition, restoring->shared->options->topic,
             (long long)restoring->position.offset, what, skipped[0] ? "; " : "", skipped);
}

/* The whole log under the versions of the commit; only what had no others can be folded so. */
static void without_checkpoint(struct restoring *restoring, const struct book_version *book_version,
                               const struct book *also)
{
    const struct commit_metadata *metadata = &restoring->metadata;
    const struct versions *ours = &restoring->shared->versions;
    if (!restoring->from_the_beginning)
        refuse(restoring, "its log does not begin at 0: bring the checkpoint back, or the records, or use a "
                          "new topic and group");
    else if (metadata->since > 0) /* a change at 0 changed nothing that was */
        refuse(restoring, "its book was changed since: bring the checkpoint back, or use a group of its own "
                          "with new output topics");
    else if (metadata->versions.engine != ours->engine)
        refuse(restoring,
               "the commit was made by another version of the rules: stop that version cleanly first");
    else if (metadata->versions.schemas != ours->schemas)
        refuse(restoring, "the commit was made with another set of writer schemas: start once with that set "
                          "and stop cleanly");
    else if (!book_version)
        refuse(restoring, "the book that the commit was made under is not in state.directory: start once "
                          "with that book and stop cleanly");
    else
        from_the_beginning(restoring, book_version, also);
}

/* A book to come that sees more than the one at hand: what that one did not keep must be folded again. */
static const struct book *book_that_sees_more(const struct restoring *restoring,
                                              const struct book_version *book_version)
{
    const struct book_version *ours = book_versions_ours(restoring->shared->book_versions);
    bool comes = book_version && book_version != ours && restoring->metadata.step == 0 &&
                 serial_compare(ours->serial, book_version->serial) > 0;
    return comes && criteria_see_more(ours->book, book_version->book) ? ours->book : NULL;
}

static void restore(struct restoring *restoring)
{
    const struct versions *versions = &restoring->metadata.versions;
    const struct book_version *book_version = book_versions_find(
        restoring->shared->book_versions, versions->book, versions->reference, BYTES_NULL, BYTES_NULL);
    const struct book *also = book_that_sees_more(restoring, book_version);
    if (also) {
        without_checkpoint(restoring, book_version, also);
        return;
    }
    if (restoring->shared->options->state_directory && load_checkpoint(restoring))
        return;
    if (!is_stopped(restoring))
        without_checkpoint(restoring, book_version, NULL);
}

/* --- the thread --- */

static void *restoring_main(void *context)
{
    struct restoring *restoring = context;
    restore(restoring);
    atomic_store(&restoring->done, true);
    return NULL;
}

struct restoring *restoring_begin(struct shared *shared, int32_t partition, const struct position *position,
                                  const struct commit_metadata *metadata, bool beginning,
                                  const struct window *again)
{
    struct restoring *restoring = memory_alloc_zeroed(1, sizeof(*restoring));
    restoring->shared = shared;
    restoring->partition = partition;
    restoring->position = *position;
    restoring->metadata = *metadata;
    restoring->from_the_beginning = beginning;
    restoring->again = again != NULL;
    if (again)
        restoring->window = *again;
    restoring->has_thread = !shared->at_once;
    if (shared->at_once)
        restoring_main(restoring);
    else
        must(pthread_create(&restoring->thread, NULL, restoring_main, restoring) == 0);
    return restoring;
}

bool restoring_is_done(const struct restoring *restoring)
{
    return atomic_load(&((struct restoring *)(uintptr_t)restoring)->done);
}

void restoring_take(struct restoring *restoring, struct restored *ret_restored)
{
    must(restoring_is_done(restoring));
    *ret_restored = restoring->restored;
    restoring->restored.fold = NULL;
    restoring->restored.outbox = (struct outbox){ 0 };
}

void restoring_free(struct restoring *restoring)
{
    if (!restoring)
        return;
    atomic_store(&restoring->stop, true);
    if (restoring->has_thread)
        pthread_join(restoring->thread, NULL);
    if (restoring->restored.fold)
        fold_free(restoring->restored.fold);
    outbox_release(&restoring->restored.outbox);
    memory_free(restoring);
}
