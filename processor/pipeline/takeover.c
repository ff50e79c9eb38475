#include "pipeline/takeover.h"

#include "base/limits.h"
#include "base/must.h"
#include "book/book_compare.h"
#include "engine/criterion.h"
#include "ops/log.h"
#include "pipeline/checkpointing.h"
#include "pipeline/hanging.h"
#include "pipeline/resolve.h"
#include "pipeline/restoring.h"
#include "pipeline/worker_call.h"
#include "system/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static enum taken_over refuse(struct worker *worker, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static enum taken_over refuse(struct worker *worker, const char *format, ...)
{
    char text[FAILURE_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    failure_set(&worker->failure, REMEDY_STOP, CAUSE_CONFIG, "%s", text);
    return TAKEN_OVER_NOT;
}

/* Asks the admin client; a failure that may pass becomes worker->failure only after a while. */
static bool ends_of(struct worker *worker, const char *topic, int32_t partition, int64_t *ret_begin,
                    int64_t *ret_end)
{
    struct failure failure;
    if (admin_ends(worker->shared->admin, topic, partition, ret_begin, ret_end, &failure))
        return true;
    if (worker_asks_too_long(worker))
        worker->failure = failure; /* a broker that has just started does not know its topics yet */
    return false; /* the next step asks everything again */
}

/* --- what the commit says --- */

static struct commit_metadata first_metadata(const struct worker *worker)
{
    const struct book_version *ours = book_versions_ours(worker->shared->book_versions);
    struct commit_metadata metadata = { .versions = worker->shared->versions, .since = SINCE_EVER };
    snprintf(metadata.serial, sizeof(metadata.serial), "%s", ours->serial);
    return metadata;
}

/* A build from before did not say how far it had seen its outputs: the window begins at the end that is
 * found. */
static bool read_window(struct worker *worker, const struct partition *partition,
                        const struct position *position, const struct commit_metadata *metadata,
                        struct window *ret_window)
{
    if (position->offset != OFFSET_NONE && window_from_text(position->metadata, ret_window))
        return true;
    *ret_window = (struct window){ .made.base = position->offset == OFFSET_NONE ? 0 : position->offset };
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        ret_window->topics[topic].seen = partition->rest.end[topic];
    if (position->offset == OFFSET_NONE || worker->shared->options->embedded)
        return true;
    if (metadata->step > 0) {
        refuse(worker,
               "partition %d is in the middle of a change of book that an earlier build of bundelwacht "
               "began: let that build finish it first",
               (int)position->partition);
        return false;
    }
    log_say(LOG_INFO,
            "partition %d was committed by an earlier build: its outputs are looked after from where their "
            "topics end now",
            (int)position->partition);
    return true;
}

/* All that changes bytes of outputs, or what is read as a declaration, and is neither book, reference nor
 * schema. */
uint64_t hash_of_outputs(const struct pipeline_options *options, int32_t partitions_count)
{
    const uint64_t values[] = {
        (uint64_t)options->framing,
        (uint64_t)options->partitioner,
        (uint64_t)options->form,
        (uint64_t)options->bundles_only,
        options->schema_ids[TOPIC_DECISIONS],
        options->schema_ids[TOPIC_EPISODES],
        options->schema_ids[TOPIC_ALERTS],
        (uint64_t)partitions_count,
        options->value_bytes_max,
    };
    return hash64(values, sizeof(values), 0);
}

/* Which of them it was: a topic that grew is told from a setting that changed. */
static void refuse_outputs(struct worker *worker, const struct position *position, uint64_t outputs)
{
    const struct pipeline_options *options = worker->shared->options;
    int32_t count = 1;
    while (count <= PARTITIONS_MAX && hash_of_outputs(options, count) != outputs)
        count++;
    if (count <= PARTITIONS_MAX) {
        refuse(worker,
               "\"%s\" has %d partitions and had %d when group \"%s\" committed at partition %d: a topic "
               "that grows puts a person into two; make a new topic with "
               "%d partitions, or use a new group with new output topics",
               options->topic, (int)worker->shared->partitions_count, (int)count, options->group,
               (int)position->partition, (int)count);
        return;
    }
    refuse(worker,
           "the commit of group \"%s\" at \"%s\" partition %d offset %lld was made under other settings of "
           "input.framing, input.partitioner, input.value_bytes_max, "
           "output.framing, output.schema_ids or output.decisions: start with those used before, or use a "
           "new group with new output topics",
           options->group, options->topic, (int)position->partition, (long long)position->offset);
}

static bool read_metadata(struct worker *worker, const struct position *position,
                          struct commit_metadata *ret_metadata)
{
    const struct shared *shared = worker->shared;
    const struct pipeline_options *options = shared->options;
    char why[FAILURE_TEXT_BYTES / 2];
    *ret_metadata = first_metadata(worker);
    if (position->offset == OFFSET_NONE || options->embedded)
        return true;
    if (!commit_metadata_from_text(position->metadata, ret_metadata, why, sizeof(why))) {
        refuse(worker, "the commit of group \"%s\" at \"%s\" partition %d offset %lld %s", options->group,
               options->topic, (int)position->partition, (long long)position->offset, why);
        return false;
    }
    if (ret_metadata->versions.outputs != shared->versions.outputs) {
        refuse_outputs(worker, position, ret_metadata->versions.outputs);
        return false;
    }
    if (ret_metadata->quarantine != quarantine_hash(shared, position->partition, position->offset)) {
        refuse(worker,
               "`quarantine` names other records of \"%s\" partition %d before offset %lld than those that "
               "were left out when it was folded: "
               "a record that is committed can no longer be taken out or put back",
               options->topic, (int)position->partition, (long long)position->offset);
        return false;
    }
    return true;
}

/* --- is the log what it was? --- */

/* Outputs without a commit: somebody else's, or the group's offsets expired. Sending everything again would
 * be twice. */
static bool outputs_are_empty(struct worker *worker, struct partition *partition)
{
    uint8_t topic;
    enum resolved resolved =
        worker->shared->options->embedded ? RESOLVED_COMPLETE : resolve_is_empty(worker, partition, &topic);
    if (resolved == RESOLVED_PARTLY)
        refuse(worker,
               "group \"%s\" has committed nothing of \"%s\" partition %d, but \"%s\" holds records there: "
               "use the group that wrote them, or new "
               "output topics",
               worker->shared->options->group, worker->shared->options->topic, (int)partition->number,
               worker->shared->topics[topic]);
    return resolved == RESOLVED_COMPLETE;
}

static bool log_has(struct worker *worker, const struct partition *partition, int64_t committed,
                    int64_t begin, int64_t end)
{
    const char *topic = worker->shared->options->topic;
    if (begin > partition->next) {
        refuse(worker,
               "\"%s\" partition %d begins at offset %lld, but the state ends before offset %lld: without "
               "what lies between nothing can be folded; "
               "bring the records or a newer checkpoint back, or use a new topic and group",
               topic, (int)partition->number, (long long)begin, (long long)partition->next);
        return false;
    }
    if (end < committed) {
        refuse(worker,
               "\"%s\" partition %d ends at offset %lld, before the committed offset %lld: it was made anew "
               "or truncated, or this is another cluster",
               topic, (int)partition->number, (long long)end, (long long)committed);
        return false;
    }
    return true;
}

/* --- its state --- */

/* Warm, or in the middle of something of ours: nobody else has moved it. */
static bool is_known(const struct partition *partition, const struct position *position,
                     const struct commit_metadata *metadata)
{
    if (!partition->fold)
        return false;
    if (position->offset == OFFSET_NONE)
        return partition->next == 0;
    if (partition->book_change.under_way || metadata->step > 0)
        return partition->committed == position->offset &&
               strcmp(partition->committed_metadata, position->metadata) == 0;
    return partition->next <= position->offset &&
           versions_equal(&partition->metadata.versions, &metadata->versions) &&
           partition->metadata.since == metadata->since;
}

static void begin_at_first(struct worker *worker, struct partition *partition)
{
    partition->book_version = book_versions_ours(worker->shared->book_versions);
    partition->fold = new_fold(worker->shared, partition->number, partition->book_version, NULL);
    partition->checkpoint_us = clock_us();
}

static enum taken_over take_restored(struct worker *worker, struct partition *partition,
                                     const struct commit_metadata *metadata)
{
    struct restored restored;
    restoring_take(partition->restoring, &restored);
    partition_drop(partition);
    if (!restored.fold && restored.may_pass && !worker_asks_too_long(worker))
        return TAKEN_OVER_NOT; /* the next step begins anew */
    if (!restored.fold) {
        refuse(worker, "%s", restored.error);
        worker->failure.cause = restored.may_pass ? CAUSE_UNREACHABLE : CAUSE_CONFIG;
        return TAKEN_OVER_NOT;
    }
    partition->fold = restored.fold;
    partition->book_version = restored.book_version;
    partition->also = restored.also;
    partition->next = restored.next;
    partition->last = restored.last;
    partition->verifies = restored.last.offset != OFFSET_NONE;
    partition->checkpoint_offset = restored.checkpoint_offset;
    partition->checkpoint_us = clock_us() - restored.age_us;
    partition->outbox = restored.outbox;
    if (restored.book_change_is_open)
        partition->book_change = (struct book_change){
            .under_way = true, .step = metadata->step, .sent = metadata->sent, .cause = "book"
        };
    return TAKEN_OVER;
}

/* `again`, if not NULL: outputs from this window on are to be made again, which a state that is ahead of them
 * cannot. */
static enum taken_over find_state(struct worker *worker, struct partition *partition,
                                  const struct position *position, const struct commit_metadata *metadata,
                                  int64_t begin, const struct window *again)
{
    /* else the log has gone on without it: a checkpoint may do */
    if (!again && is_known(partition, position, metadata) && begin <= partition->next)
        return TAKEN_OVER;
    if (!partition->restoring) {
        partition_drop(partition);
        if (position->offset == OFFSET_NONE || worker->shared->options->embedded) {
            begin_at_first(worker, partition);
            return TAKEN_OVER;
        }
        partition->restoring =
            restoring_begin(worker->shared, partition->number, position, metadata, begin == 0, again);
    }
    return restoring_is_done(partition->restoring) ? take_restored(worker, partition, metadata)
                                                   : TAKEN_OVER_LATER;
}

/* --- do our rules take over? --- */

static bool serial_is_higher(const struct book_version *ours, const struct book_version *theirs)
{
    int order = serial_compare(ours->serial, theirs->serial);
    if (order == 0 && ours->book_hash == theirs->book_hash) { /* only the reference differs */
        char a[SERIAL_BYTES] = "", b[SERIAL_BYTES] = "";
        snprintf(a, sizeof(a), "%.*s", ours->reference ? (int)ours->reference->reference.length : 0,
                 ours->reference ? ours->reference->reference.data : "");
        snprintf(b, sizeof(b), "%.*s", theirs->reference ? (int)theirs->reference->reference.length : 0,
                 theirs->reference ? theirs->reference->reference.data : "");
        order = serial_compare(a, b);
    }
    return order > 0;
}

struct refusal {
    char text[160];
    size_t count;
};

static void note_binding(void *context, const struct book_difference *difference)
{
    struct refusal *refusal = context;
    if (difference->binding && refusal->count++ == 0)
        snprintf(refusal->text, sizeof(refusal->text), "%.*s (%s)", BYTES_ARGS(difference->id),
                 difference->what);
}

/* Budgets are not revised while a contract runs (design §2). */
static bool may_redefine(struct worker *worker, const struct partition *partition)
{
    const struct book_version *ours = book_versions_ours(worker->shared->book_versions);
    struct refusal refusal = { .count = 0 };
    if (worker->shared->options->allow_redefinition)
        return true;
    size_t count = book_compare(partition->book_version->book, ours->book, note_binding, &refusal);
    if (count == 0)
        return true;
    refuse(worker,
           "book \"%s\" changes %zu definitions or contracts that are in force under book \"%s\", first %s: "
           "`bundelwacht check --against` lists them; "
           "give each change a `from` date of its own, or say --allow-redefinition",
           ours->serial, count, partition->book_version->serial, refusal.text);
    return false;
}

enum rules_takeover { STAYS, TAKES_OVER, REFUSED };

static enum rules_takeover rules_takeover_of(struct worker *worker, const struct partition *partition)
{
    const struct book_version *ours = book_versions_ours(worker->shared->book_versions),
                              *theirs = partition->book_version;
    const struct versions *now = &partition->metadata.versions, *wanted = &worker->shared->versions;
    if (versions_equal(now, wanted))
        return STAYS;
    if (now->engine > wanted->engine) {
        refuse(worker,
               "partition %d was folded by version %" PRIu64
               " of the rules, this program has version %" PRIu64 ": use the newer program",
               (int)partition->number, now->engine, wanted->engine);
        return REFUSED;
    }
    bool same_rules = ours->book_hash == theirs->book_hash && ours->reference_hash == theirs->reference_hash;
    if (!same_rules && serial_compare(ours->serial, theirs->serial) < 0) {
        if (!worker->said_older)
            log_say(LOG_WARNING,
                    "the group goes by book \"%s\", this process was started with the older \"%s\": it takes "
                    "the newer one",
                    theirs->serial, ours->serial);
        worker->said_older = true;
        return STAYS;
    }
    if (!same_rules && !serial_is_higher(ours, theirs)) {
        refuse(worker,
               "two different books are called \"%s\" (%016" PRIx64 ", %016" PRIx64
               " in the group), or two references have one name: give the changed one a "
               "higher `book:` (or `reference:`)",
               ours->serial, ours->book_hash, theirs->book_hash);
        return REFUSED;
    }
    return same_rules || may_redefine(worker, partition) ? TAKES_OVER : REFUSED;
}

/* The state of before, on the disk: from it the change can be computed again after a crash. A disk that is
 * full now, or a frozen zombie that is at the same file, may be no trouble in a while. */
static bool has_checkpoint_here(struct worker *worker, struct partition *partition)
{
    bool tried_now =
        partition->checkpoint_failed && clock_us() - partition->checkpoint_tried_us < MICROSECONDS_OF_S(1);
    if (partition->checkpoint_offset == partition->next || partition->next == 0)
        return true;
    if (tried_now)
        return false;
    if (checkpointing_now(worker, partition))
        return true;
    if (worker_asks_too_long(worker))
        refuse(worker,
               "partition %d: a change of book or schemas begins with a checkpoint, and none could be "
               "written (see above)",
               (int)partition->number);
    return false;
}

/* And in the topic, with the texts: whoever takes the partition over in the middle can go on. */
static bool upload_before_change(const struct shared *shared, const struct partition *partition,
                                 struct failure *failure)
{
    const struct pipeline_options *options = shared->options;
    const struct book_version *ours = book_versions_ours(shared->book_versions);
    char path[CHECKPOINT_PATH_BYTES];
    if (!shared->has_checkpoint_topic)
        return true;
    if (partition->next > 0 && (!checkpoint_path(options->state_directory, options->topic, options->group,
                                                 partition->number, partition->next, path) ||
                                !checkpoint_upload(&shared->checkpoint_topic, path, failure)))
        return false;
    return checkpoint_put_text(&shared->checkpoint_topic, book_source(ours->book), failure) &&
           (!ours->reference ||
            checkpoint_put_text(&shared->checkpoint_topic, reference_source(ours->reference), failure));
}

/* A connection that broke is no reason to end: the next step tries again, for as long as it may ask for the
 * positions. */
static bool is_uploaded(struct worker *worker, const struct partition *partition)
{
    struct failure failure = { .remedy = REMEDY_NONE };
    if (upload_before_change(worker->shared, partition, &failure))
        return true;
    if (failure.cause == CAUSE_CONFIG || worker_asks_too_long(worker))
        worker->failure = failure;
    return false;
}

static bool keep_texts(struct worker *worker)
{
    char error[200];
    if (book_versions_store(worker->shared->book_versions, book_versions_ours(worker->shared->book_versions),
                            error, sizeof(error)))
        return true;
    refuse(worker, "%s", error);
    return false;
}

static enum taken_over take_over_rules(struct worker *worker, struct partition *partition)
{
    struct shared *shared = worker->shared;
    const struct book_version *ours = book_versions_ours(shared->book_versions);
    const char *cause = partition->metadata.versions.engine != shared->versions.engine ? "engine" : "book";
    if (partition->also != ours->book && criteria_see_more(ours->book, partition->book_version->book)) {
        partition_drop(partition); /* its lines are to be folded again, and more of them kept */
        return TAKEN_OVER_NOT;
    }
    if (!has_checkpoint_here(worker, partition) || !keep_texts(worker) || !is_uploaded(worker, partition))
        return TAKEN_OVER_NOT;
    log_say(LOG_INFO, "book changes at %d/%lld: \"%s\" to \"%s\"", (int)partition->number,
            (long long)partition->next, partition->book_version->serial, ours->serial);
    bool recomputes = partition->book_version != ours || strcmp(cause, "engine") == 0;
    struct commit_metadata metadata = first_metadata(worker);
    metadata.since = partition->next;
    metadata.before = versions_hash(&partition->metadata.versions);
    metadata.sees_more = partition->also != NULL;
    if (recomputes) {
        struct fold *before = partition->fold;
        struct fold *after = new_fold_from(shared, partition->number, ours, before);
        fold_free(before);
        partition->fold = after;
    }
    partition->book_version = ours;
    partition->also = NULL;
    partition->metadata = metadata;
    partition->book_change =
        (struct book_change){ .under_way = true, .computed = !recomputes, .cause = cause };
    return TAKEN_OVER;
}

/* --- what became of its outputs --- */

static bool accepts_outputs(const struct pipeline_options *options, const char *topic, int32_t partition)
{
    char name[PIPELINE_TOPIC_BYTES + 16];
    snprintf(name, sizeof(name), "%s/%d", topic, (int)partition);
    for (size_t i = 0; i < options->accepted_count; i++)
        if (strcmp(options->accepted[i], name) == 0)
            return true;
    return false;
}

/* Of the topics that the operator gives up: everything up to the end counts as ours and complete. */
static void accept_outputs(struct worker *worker, struct partition *partition, struct window *window)
{
    const struct pipeline_options *options = worker->shared->options;
    for (uint8_t topic = 0; topic < TOPIC_COUNT; topic++) {
        struct window_topic *of = &window->topics[topic];
        int64_t end = partition->rest.end[topic], missing = window->made.counts[topic] - of->have;
        if (partition->accepted[topic] ||
            !accepts_outputs(options, worker->shared->topics[topic], partition->number))
            continue;
        /* once: what happens later is not what the operator has looked at */
        partition->accepted[topic] = true;
        if (of->seen == end && missing == 0)
            continue;
        log_say(LOG_WARNING,
                "\"%s\" partition %d is accepted as it is: outputs were seen up to offset %lld, it ends at "
                "%lld, and up to %lld outputs may be missing",
                worker->shared->topics[topic], (int)partition->number, (long long)of->seen, (long long)end,
                (long long)missing);
        of->seen = end;
        of->have = window->made.counts[topic];
    }
}

/* How many had been made before the first of the outbox. */
static struct made made_before_outbox(const struct partition *partition)
{
    struct made made = partition_made(partition);
    for (size_t i = 0; i < partition->outbox.count; i++)
        made.counts[partition->outbox.records[i].topic]--;
    return made;
}

/* We have written last, and have all of it at hand that is not seen yet. */
static bool is_ours(const struct worker *worker, const struct partition *partition,
                    const struct position *position, const struct commit_metadata *metadata,
                    const struct window *window)
{
    return partition->fold && !partition->restoring && position->offset != OFFSET_NONE &&
           strcmp(window->by, worker->instance) == 0 &&
           versions_equal(&partition->metadata.versions, &metadata->versions) &&
           partition->metadata.since == metadata->since && position->offset <= partition->next &&
           partition->window.made.base == window->made.base;
}

/* What is there is not sent again; what is missing goes out with the next commit. */
static enum taken_over resolve_at_hand(struct worker *worker, struct partition *partition,
                                       const struct position *position,
                                       const struct commit_metadata *metadata, const struct window *window)
{
    /* its last step was taken back: it is said once more that the change is done */
    if (metadata->step > 0 && !partition->book_change.under_way)
        partition->book_change = (struct book_change){ .under_way = true,
                                                       .computed = true,
                                                       .step = metadata->step,
                                                       .sent = metadata->sent,
                                                       .cause = "book" };
    partition->window.made = window->made; /* what is committed, be it more or less than we knew */
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        partition->window.topics[topic].last = window->topics[topic].last;
    enum resolved resolved = resolve_read(worker, partition);
    if (resolved == RESOLVED_NOT)
        return TAKEN_OVER_NOT;
    unconfirmed_take_back(&partition->unconfirmed, &partition->outbox);
    struct made before = made_before_outbox(partition);
    size_t count = partition->outbox.count;
    if (!resolve_take(worker, partition, 0, &before))
        return TAKEN_OVER_NOT;
    size_t missing = 0;
    for (size_t i = 0; i < partition->outbox.count; i++)
        missing += !partition->outbox.records[i].is_there;
    log_say(LOG_INFO,
            "%s: partition %d: the group is at offset %lld; of %zu outputs at hand %zu are missing in their "
            "topics",
            worker->instance, (int)partition->number, (long long)position->offset, count, missing);
    partition_unsend(partition);
    return TAKEN_OVER;
}

/* A checkpoint says how far was seen when it was complete, which may be further than the commit knew. */
static void take_seen(struct partition *partition)
{
    const struct window_topic *seen = fold_seen(partition->fold);
    for (size_t topic = 0;
         topic < TOPIC_COUNT && fold_made(partition->fold)->base == partition->window.made.base; topic++) {
        struct window_topic *of = &partition->window.topics[topic];
        if (seen[topic].seen <= of->seen || seen[topic].have <= of->have)
            continue;
        of->seen = seen[topic].seen;
        of->have = seen[topic].have;
        found_skip(&partition->found, topic, of->seen);
    }
}

/* Somebody else wrote last, or an earlier life of ours: its window says what must be there. */
static enum taken_over resolve_from_log(struct worker *worker, struct partition *partition,
                                        const struct position *position,
                                        const struct commit_metadata *metadata, const struct window *window,
                                        int64_t begin,
                                        bool *ret_resolves)
{
    partition->window = *window;
    enum resolved resolved = resolve_read(worker, partition);
    if (resolved == RESOLVED_NOT)
        return TAKEN_OVER_NOT;
    struct found found = partition->found;
    struct window moved = partition->window;
    partition->found = (struct found){ 0 };
    unconfirmed_release(&partition->unconfirmed); /* complete: all of it was seen; else it is made again */
    enum taken_over taken_over =
        find_state(worker, partition, position, metadata, begin, resolved == RESOLVED_PARTLY ? &moved : NULL);
    if (taken_over != TAKEN_OVER) {
        found_release(&found);
        return taken_over;
    }
    partition->found = found;
    partition->window = moved;
    if (resolved == RESOLVED_PARTLY)
        take_seen(partition);
    *ret_resolves = resolved == RESOLVED_PARTLY || partition->book_change.under_way;
    if (resolved == RESOLVED_PARTLY)
        log_say(LOG_INFO,
                "%s: partition %d: not all outputs before offset %lld became visible, or some behind it: "
                "they are made again from offset %lld on and "
                "compared",
                worker->instance, (int)partition->number, (long long)position->offset,
                (long long)partition->next);
    partition_count_from(partition, partition->next);
    /* what a change of book made again, before the first record */
    struct made before = made_before_outbox(partition);
    before.base = fold_made(partition->fold)->base;
    return resolve_take(worker, partition, 0, &before) ? TAKEN_OVER : TAKEN_OVER_NOT;
}

/* `ret_resolves`: what is made from here on has to be compared with what is visible. */
static enum taken_over find_outputs(struct worker *worker, struct partition *partition,
                                    const struct position *position, const struct commit_metadata *metadata,
                                    int64_t begin, bool *ret_resolves)
{
    struct window window;
    *ret_resolves = false;
    if (worker->shared->options->embedded)
        return find_state(worker, partition, position, metadata, begin, NULL);
    if (partition_is_taken_over(partition) && is_known(partition, position, metadata) &&
        begin <= partition->next)
        return TAKEN_OVER; /* it was asked again for the sake of others */
    if (!partition->rest.is_reached) {
        /* its offset was taken back: it is to come to rest first */
        partition_enter(partition, PARTITION_IN_DOUBT);
        hanging_want(partition, clock_us());
        return TAKEN_OVER_NOT;
    }
    if (!read_window(worker, partition, position, metadata, &window))
        return TAKEN_OVER_NOT;
    accept_outputs(worker, partition, &window);
    enum taken_over taken_over;
    if (is_ours(worker, partition, position, metadata, &window)) {
        taken_over = resolve_at_hand(worker, partition, position, metadata, &window);
        *ret_resolves = true;
    } else {
        if (partition->fold && (partition->next > position->offset || partition->book_change.under_way))
            /* it is ahead of what is committed, and not by outputs that are known to be ours */
            partition_drop(partition);
        taken_over = resolve_from_log(worker, partition, position, metadata, &window, begin, ret_resolves);
    }
    return taken_over;
}

/* --- the whole --- */

static enum taken_over look_at_rules(struct worker *worker, struct partition *partition)
{
    if (partition->phase == PARTITION_RESOLVING)
        return TAKEN_OVER; /* that comes to its own end first (resolve_look) */
    bool is_through = partition_is_committed(partition) && window_is_seen(&partition->window);
    if (!partition->book_change.under_way && !is_through && !worker->shared->options->embedded &&
        !versions_equal(&partition->metadata.versions, &worker->shared->versions)) {
        partition_enter(partition, PARTITION_BEFORE_RULES);
        return TAKEN_OVER;
    }
    partition_enter(partition, PARTITION_SERVED);
    if (!is_through || worker->shared->options->embedded)
        return TAKEN_OVER;
    switch (rules_takeover_of(worker, partition)) {
    case STAYS:
        return TAKEN_OVER;
    case TAKES_OVER:
        return take_over_rules(worker, partition);
    default:
        return TAKEN_OVER_NOT;
    }
}

/* The questions of a takeover stand in the order in which each needs the answers before it. First what the
 * commit says: were it another program's, or made under other settings, everything below would compare the
 * wrong bytes. Then what became visible in the output topics, since only that says which outputs there are;
 * it decides whether the state at hand will do, or one from further back has to make them again. Then whether
 * the log still leads from that state to the committed offset. Only when all outputs of the rules of before
 * were seen may other rules take over: afterwards nobody could make those outputs again. Before the last
 * answer nothing of the partition is read or sent. So whatever stops a takeover (a broker that does not
 * answer, a rebalance, a crash), the next one asks from the beginning and comes to the same. What cannot be
 * answered safely is refused, because a guess here is an output lost or sent twice. */
enum taken_over take_over_partition(struct worker *worker, struct position *position)
{
    struct partition *partition = &worker->partitions[position->partition];
    bool fresh = position->offset == OFFSET_NONE, resolves;
    struct commit_metadata metadata;
    int64_t begin, end;
    if (!read_metadata(worker, position, &metadata) ||
        !ends_of(worker, worker->shared->options->topic, position->partition, &begin, &end))
        return TAKEN_OVER_NOT;
    if (fresh && !outputs_are_empty(worker, partition))
        return TAKEN_OVER_NOT;
    enum taken_over taken_over =
        find_outputs(worker, partition, position, &metadata, begin, &resolves);
    if (taken_over != TAKEN_OVER)
        return taken_over;
    if (!log_has(worker, partition, position->offset, begin, end))
        return TAKEN_OVER_NOT;
    if (!partition->book_change.under_way || partition->book_change.step > 0)
        partition->metadata = metadata;
    partition->committed = position->offset;
    snprintf(partition->committed_metadata, sizeof(partition->committed_metadata), "%s",
             fresh ? "" : position->metadata);
    if (partition_is_in_doubt(partition))
        partition_enter(partition, resolves ? PARTITION_RESOLVING : PARTITION_SERVED);
    /* from here on marks see to it (visible.h); what was at rest may move */
    partition->rest = (struct rest){ .said_us = partition->rest.said_us };
    resolve_look(worker, partition);
    taken_over = look_at_rules(worker, partition);
    if (taken_over != TAKEN_OVER)
        return taken_over;
    partition->verifies = partition->verifies && begin <= partition->last.offset;
    /* from here it is read */
    position->offset = partition->verifies ? partition->last.offset : partition->next;
    return TAKEN_OVER;
}
