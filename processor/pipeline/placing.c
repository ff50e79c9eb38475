#include "pipeline/placing.h"

#include "base/must.h"
#include "book/book_compare.h"
#include "engine/criterion.h"
#include "ops/log.h"
#include "pipeline/checkpointing.h"
#include "pipeline/restoring.h"
#include "pipeline/worker.h"
#include "system/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static enum placed refuse(struct worker *worker, const char *format, ...) __attribute__((format(printf, 2, 3)));
static enum placed refuse(struct worker *worker, const char *format, ...)
{
    char text[FAILURE_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    failure_set(&worker->failure, REMEDY_STOP, CAUSE_CONFIG, "%s", text);
    return PLACED_NOT;
}

bool ends_of(struct worker *worker, const char *topic, int32_t partition, int64_t *ret_begin, int64_t *ret_end)
{
    struct failure failure;
    if (observer_ends(worker->shared->observer, topic, partition, ret_begin, ret_end, &failure))
        return true;
    if (failure.cause != CAUSE_UNREACHABLE || membership_asks_too_long(worker))
        worker->failure = failure;
    return false; /* the next step asks everything again */
}

/* --- what the commit says --- */

static struct note first_note(const struct worker *worker)
{
    const struct edition *ours = editions_ours(worker->shared->editions);
    struct note note = { .constants = worker->shared->constants, .since = SINCE_EVER };
    snprintf(note.serial, sizeof(note.serial), "%s", ours->serial);
    return note;
}

static bool read_note(struct worker *worker, const struct place *place, struct note *ret_note)
{
    const struct shared *shared = worker->shared;
    const struct pipeline_options *options = shared->options;
    char why[FAILURE_TEXT_BYTES / 2];
    *ret_note = first_note(worker);
    if (place->offset == OFFSET_NONE || options->embedded)
        return true;
    if (!note_from_text(place->metadata, ret_note, why, sizeof(why))) {
        refuse(worker, "the commit of group \"%s\" at \"%s\" partition %d offset %lld %s", options->group, options->topic, (int)place->partition,
               (long long)place->offset, why);
        return false;
    }
    if (ret_note->constants.outputs != shared->constants.outputs) {
        refuse(worker,
               "the commit of group \"%s\" at \"%s\" partition %d offset %lld was made under other settings of input.framing, input.partitioner, input.value_bytes_max, "
               "output.framing, output.schema_ids or output.decisions: start with those used before, or use a new group with new output topics",
               options->group, options->topic, (int)place->partition, (long long)place->offset);
        return false;
    }
    if (ret_note->quarantine != quarantine_hash(shared, place->partition, place->offset)) {
        refuse(worker,
               "`quarantine` names other records of \"%s\" partition %d before offset %lld than those that were left out when it was folded: "
               "a record that is committed can no longer be taken out or put back",
               options->topic, (int)place->partition, (long long)place->offset);
        return false;
    }
    return true;
}

/* --- is the log what it was? --- */

/* Outputs without a commit: somebody else's, or the group's offsets expired. Sending everything again would be twice. */
static bool outputs_are_empty(struct worker *worker, int32_t partition)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        int64_t begin, end;
        if (!ends_of(worker, worker->shared->topics[topic], partition, &begin, &end))
            return false;
        if (end == 0)
            continue;
        refuse(worker,
               "group \"%s\" has committed nothing of \"%s\" partition %d, but \"%s\" holds records there: use the group that wrote them, or new "
               "output topics",
               worker->shared->options->group, worker->shared->options->topic, (int)partition, worker->shared->topics[topic]);
        return false;
    }
    return true;
}

static bool log_has(struct worker *worker, const struct partition *partition, int64_t committed, int64_t begin, int64_t end)
{
    const char *topic = worker->shared->options->topic;
    if (begin > partition->next) {
        refuse(worker,
               "\"%s\" partition %d begins at offset %lld, but the state ends before offset %lld: without what lies between nothing can be folded; "
               "bring the records or a newer checkpoint back, or use a new topic and group",
               topic, (int)partition->number, (long long)begin, (long long)partition->next);
        return false;
    }
    if (end < committed) {
        refuse(worker,
               "\"%s\" partition %d ends at offset %lld, before the committed offset %lld: it was made anew or truncated, or this is another cluster",
               topic, (int)partition->number, (long long)end, (long long)committed);
        return false;
    }
    return true;
}

/* --- its state --- */

/* Warm, or in the middle of something of ours: nobody else has moved it. */
static bool is_known(const struct partition *partition, const struct place *place, const struct note *note)
{
    if (!partition->fold)
        return false;
    if (place->offset == OFFSET_NONE)
        return partition->next == 0;
    if (partition->change.under_way || note->step > 0)
        return partition->committed == place->offset && strcmp(partition->committed_metadata, place->metadata) == 0;
    return partition->next <= place->offset && constants_equal(&partition->note.constants, &note->constants) &&
           partition->note.since == note->since;
}

static void begin_at_first(struct worker *worker, struct partition *partition)
{
    partition->edition = editions_ours(worker->shared->editions);
    partition->fold = new_fold(worker->shared, partition->number, partition->edition, NULL);
    partition->checkpoint_us = clock_us();
}

static enum placed take_restored(struct worker *worker, struct partition *partition, const struct note *note)
{
    struct restored restored;
    restoring_take(partition->restoring, &restored);
    partition_drop(partition);
    if (!restored.fold && restored.may_pass && !membership_asks_too_long(worker))
        return PLACED_NOT; /* the next step begins anew */
    if (!restored.fold) {
        refuse(worker, "%s", restored.error);
        worker->failure.cause = restored.may_pass ? CAUSE_UNREACHABLE : CAUSE_CONFIG;
        return PLACED_NOT;
    }
    partition->fold = restored.fold;
    partition->edition = restored.edition;
    partition->also = restored.also;
    partition->next = restored.next;
    partition->last = restored.last;
    partition->verifies = restored.last.offset != OFFSET_NONE;
    partition->checkpoint_offset = restored.checkpoint_offset;
    partition->checkpoint_us = clock_us();
    if (restored.change_is_open)
        partition->change = (struct rule_change){
            .under_way = true, .step = note->step, .sent = note->sent, .skip = note->sent, .cause = "book" };
    return PLACED;
}

static enum placed find_state(struct worker *worker, struct partition *partition, const struct place *place, const struct note *note, int64_t begin)
{
    if (is_known(partition, place, note) && begin <= partition->next) /* else the log has gone on without it: a checkpoint may do */
        return PLACED;
    if (!partition->restoring) {
        partition_drop(partition);
        if (place->offset == OFFSET_NONE || worker->shared->options->embedded) {
            begin_at_first(worker, partition);
            return PLACED;
        }
        partition->restoring = restoring_begin(worker->shared, partition->number, place, note, begin == 0);
    }
    return restoring_is_done(partition->restoring) ? take_restored(worker, partition, note) : PLACED_LATER;
}

/* --- do our rules take over? --- */

static bool serial_is_higher(const struct edition *ours, const struct edition *theirs)
{
    int order = serial_compare(ours->serial, theirs->serial);
    if (order == 0 && ours->book_hash == theirs->book_hash) { /* only the reference differs */
        char a[SERIAL_BYTES] = "", b[SERIAL_BYTES] = "";
        snprintf(a, sizeof(a), "%.*s", ours->reference ? (int)ours->reference->reference.length : 0, ours->reference ? ours->reference->reference.data : "");
        snprintf(b, sizeof(b), "%.*s", theirs->reference ? (int)theirs->reference->reference.length : 0, theirs->reference ? theirs->reference->reference.data : "");
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
        snprintf(refusal->text, sizeof(refusal->text), "%.*s (%s)", BYTES_ARGS(difference->id), difference->what);
}

/* Budgets are not revised while a contract runs (design §2). */
static bool may_redefine(struct worker *worker, const struct partition *partition)
{
    const struct edition *ours = editions_ours(worker->shared->editions);
    struct refusal refusal = { .count = 0 };
    if (worker->shared->options->allow_redefinition)
        return true;
    size_t count = book_compare(partition->edition->book, ours->book, note_binding, &refusal);
    if (count == 0)
        return true;
    refuse(worker,
           "book \"%s\" changes %zu definitions or contracts that are in force under book \"%s\", first %s: `bundelwacht check --against` lists them; "
           "give each change a `from` date of its own, or say --allow-redefinition",
           ours->serial, count, partition->edition->serial, refusal.text);
    return false;
}

enum takeover { STAYS, TAKES_OVER, REFUSED };

static enum takeover takeover_of(struct worker *worker, const struct partition *partition)
{
    const struct edition *ours = editions_ours(worker->shared->editions), *theirs = partition->edition;
    const struct constants *now = &partition->note.constants, *wanted = &worker->shared->constants;
    if (constants_equal(now, wanted))
        return STAYS;
    if (now->engine > wanted->engine) {
        refuse(worker, "partition %d was folded by version %" PRIu64 " of the rules, this program has version %" PRIu64 ": use the newer program",
               (int)partition->number, now->engine, wanted->engine);
        return REFUSED;
    }
    bool same_rules = ours->book_hash == theirs->book_hash && ours->reference_hash == theirs->reference_hash;
    if (!same_rules && serial_compare(ours->serial, theirs->serial) < 0) {
        if (!worker->said_older)
            log_say(LOG_WARNING, "the group goes by book \"%s\", this process was started with the older \"%s\": it takes the newer one", theirs->serial,
                    ours->serial);
        worker->said_older = true;
        return STAYS;
    }
    if (!same_rules && !serial_is_higher(ours, theirs)) {
        refuse(worker,
               "two different books are called \"%s\" (%016" PRIx64 ", %016" PRIx64 " in the group), or two references have one name: give the changed one a "
               "higher `book:` (or `reference:`)",
               ours->serial, ours->book_hash, theirs->book_hash);
        return REFUSED;
    }
    return same_rules || may_redefine(worker, partition) ? TAKES_OVER : REFUSED;
}

/* The state of before, on the disk: from it the change can be computed again after a crash. A disk that is full now, or a frozen twin that is
 * at the same file, may be no trouble in a while. */
static bool has_checkpoint_here(struct worker *worker, struct partition *partition)
{
    bool tried_now = partition->checkpoint_failed && clock_us() - partition->checkpoint_tried_us < MICROSECONDS_OF_S(1);
    if (partition->checkpoint_offset == partition->next || partition->next == 0)
        return true;
    if (tried_now)
        return false;
    if (checkpointing_now(worker, partition))
        return true;
    if (membership_asks_too_long(worker))
        refuse(worker, "partition %d: a change of book or schemas begins with a checkpoint, and none could be written (see above)",
               (int)partition->number);
    return false;
}

/* And in the topic, with the texts: whoever takes the partition over in the middle can go on. */
static bool upload_before_change(const struct shared *shared, const struct partition *partition, struct failure *failure)
{
    const struct pipeline_options *options = shared->options;
    const struct edition *ours = editions_ours(shared->editions);
    char path[CHECKPOINT_PATH_BYTES];
    if (!shared->has_checkpoint_topic)
        return true;
    if (partition->next > 0 &&
        (!checkpoint_path(options->state_directory, options->topic, options->group, partition->number, partition->next, path) ||
         !checkpoint_upload(&shared->checkpoint_topic, path, failure)))
        return false;
    return checkpoint_put_text(&shared->checkpoint_topic, book_source(ours->book), failure) &&
           (!ours->reference || checkpoint_put_text(&shared->checkpoint_topic, reference_source(ours->reference), failure));
}

/* A connection that broke is no reason to end: the next step tries again, for as long as it may ask for the places. */
static bool is_uploaded(struct worker *worker, const struct partition *partition)
{
    struct failure failure = { .remedy = REMEDY_NONE };
    if (upload_before_change(worker->shared, partition, &failure))
        return true;
    if (failure.cause == CAUSE_CONFIG || membership_asks_too_long(worker))
        worker->failure = failure;
    return false;
}

static bool keep_texts(struct worker *worker)
{
    char error[200];
    if (editions_keep(worker->shared->editions, editions_ours(worker->shared->editions), error, sizeof(error)))
        return true;
    refuse(worker, "%s", error);
    return false;
}

static enum placed take_over_rules(struct worker *worker, struct partition *partition)
{
    struct shared *shared = worker->shared;
    const struct edition *ours = editions_ours(shared->editions);
    const char *cause = partition->note.constants.engine != shared->constants.engine ? "engine" : "book";
    if (partition->also != ours->book && criteria_see_more(ours->book, partition->edition->book)) {
        partition_drop(partition); /* its lines are to be folded again, and more of them kept */
        return PLACED_NOT;
    }
    if (!has_checkpoint_here(worker, partition) || !keep_texts(worker) || !is_uploaded(worker, partition))
        return PLACED_NOT;
    log_say(LOG_INFO, "book changes at %d/%lld: \"%s\" to \"%s\"", (int)partition->number, (long long)partition->next, partition->edition->serial,
            ours->serial);
    bool recomputes = partition->edition != ours || strcmp(cause, "engine") == 0;
    struct note note = first_note(worker);
    note.since = partition->next;
    note.before = constants_hash(&partition->note.constants);
    note.sees_more = partition->also != NULL;
    if (recomputes) {
        struct fold *before = partition->fold;
        struct fold *after = new_fold_from(shared, partition->number, ours, before);
        fold_free(before);
        partition->fold = after;
    }
    partition->edition = ours;
    partition->also = NULL;
    partition->note = note;
    partition->change = (struct rule_change){ .under_way = true, .computed = !recomputes, .cause = cause };
    return PLACED;
}

/* --- the whole --- */

static enum placed look_at_rules(struct worker *worker, struct partition *partition)
{
    partition->rules_wait = false;
    if (partition->change.under_way || worker->shared->options->embedded)
        return PLACED;
    if (partition->next < partition->committed) {
        partition->rules_wait = !constants_equal(&partition->note.constants, &worker->shared->constants);
        return PLACED;
    }
    switch (takeover_of(worker, partition)) {
    case STAYS:
        return PLACED;
    case TAKES_OVER:
        return take_over_rules(worker, partition);
    default:
        return PLACED_NOT;
    }
}

enum placed place_partition(struct worker *worker, struct place *place)
{
    struct partition *partition = &worker->partitions[place->partition];
    bool fresh = place->offset == OFFSET_NONE;
    struct note note;
    int64_t begin, end;
    if (!read_note(worker, place, &note) || !ends_of(worker, worker->shared->options->topic, place->partition, &begin, &end))
        return PLACED_NOT;
    if (fresh && !outputs_are_empty(worker, place->partition))
        return PLACED_NOT;
    enum placed placed = find_state(worker, partition, place, &note, begin);
    if (placed != PLACED)
        return placed;
    if (!log_has(worker, partition, place->offset, begin, end))
        return PLACED_NOT;
    if (!partition->change.under_way || partition->change.step > 0)
        partition->note = note;
    partition->committed = place->offset;
    snprintf(partition->committed_metadata, sizeof(partition->committed_metadata), "%s", fresh ? "" : place->metadata);
    placed = look_at_rules(worker, partition);
    if (placed != PLACED)
        return placed;
    partition->verifies = partition->verifies && begin <= partition->last.offset;
    place->offset = partition->verifies ? partition->last.offset : partition->next; /* from here it is read */
    return PLACED;
}
