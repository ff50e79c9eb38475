/* explained.c - one person out of the inputs of a replay, and the same fold over them (§2, §12). */
#include "explain/explained.h"

#include "base/array.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/must.h"
#include "base/sort.h"
#include "engine/calendar.h"
#include "engine/dead_letter.h"
#include "engine/forget.h"
#include "engine/person.h"
#include "engine/recompute.h"

#include <inttypes.h>

/* --- copies that outlive the record --- */

#define COPY(field) (field) = arena_copy(arena, (field))

static void declaration_keep(struct arena *arena, struct declaration *d)
{
    for (size_t i = 0; i < DECLARATION_TEXTS; i++)
        COPY(d->texts[i]);
}

/* --- what was sent --- */

static void outputs_keep(struct explained *explained, const struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        ARRAY_ROOM(explained->outputs, explained->outputs_count, explained->outputs_capacity);
        output_copy(&explained->arena, &outputs->items[i], &explained->outputs[explained->outputs_count++]);
    }
}

static int key_compare(const void *a, const void *b)
{
    const struct output *x = a, *y = b;
    return bytes_compare(x->key, y->key);
}

const struct output **explained_last(const struct explained *explained, struct arena *arena,
                                     enum output_kind kind, size_t *ret_count)
{
    const struct output **found = ARENA_ARRAY(arena, const struct output *, explained->outputs_count);
    size_t count = 0, last = 0;
    for (size_t i = 0; i < explained->outputs_count; i++)
        if (explained->outputs[i].kind == kind)
            found[count++] = &explained->outputs[i];
    /* stable: the last stays last */
    sort_stable((const void **)found, count, key_compare, ARENA_ARRAY(arena, const void *, count));
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || !bytes_equal(found[i]->key, found[i + 1]->key))
            found[last++] = found[i];
    *ret_count = last;
    return found;
}

const struct placed *explained_line(const struct explained *explained, struct bytes declaration_id)
{
    for (size_t i = 0; i < explained->history.lines_count; i++)
        if (bytes_equal(placed_declaration(&explained->history.lines[i])->declaration_id, declaration_id))
            return &explained->history.lines[i];
    return NULL;
}

const struct lane *explained_lane(const struct explained *explained, int32_t insurer)
{
    for (size_t i = 0; i < explained->history.lanes_count; i++)
        if (explained->history.lanes[i].insurer == insurer)
            return &explained->history.lanes[i];
    return NULL;
}

/* --- the fold --- */

/* The clock of the partition, whoever moves it: the engine knows nobody but the person. */
static void clock_move(struct explained *explained, int32_t day, struct outputs *outputs)
{
    bool more;
    do {
        outputs_clear(outputs);
        more = engine_advance(explained->engine, day, outputs);
        outputs_keep(explained, outputs);
    } while (more);
}

static struct explained_record *record_add(struct explained *explained, const struct replay_record *incoming)
{
    ARRAY_ROOM(explained->records, explained->records_count, explained->records_capacity);
    struct explained_record *record = &explained->records[explained->records_count++];
    *record = (struct explained_record){ .declaration = *incoming->record.declaration,
                                         .source = incoming->record.source,
                                         .offset = incoming->record.offset };
    declaration_keep(&explained->arena, &record->declaration);
    return record;
}

/* As a fold does (pipeline/fold.c), but for what only a running processor knows: the offsets that an operator
 * has quarantined. */
static struct result check(const struct explained *explained, const struct replay_record *incoming)
{
    const struct explain_options *options = explained->options;
    const struct fold_record *record = &incoming->record;
    bool has_keys = replay_path_is_dump(options->input.paths[0]);
    TRY(record->decoded);
    TRY(declaration_check(record->declaration,
                          &(struct declaration_envelope){ .has_keys = has_keys,
                                                          .key = record->key,
                                                          .record_timestamp = record->timestamp }));
    if (has_keys && options->partitioner != PARTITIONER_ANY &&
        partition_of(options->partitioner, record->declaration->insured, options->input.partitions_count) !=
            incoming->partition)
        return dead_letter(LETTER_wrong_partition);
    return done();
}

static bool is_of_person(const struct explained *explained, const struct replay_record *incoming)
{
    const struct declaration *declaration = incoming->record.declaration;
    return incoming->record.decoded.verdict == DONE && insured_is_readable(declaration) &&
           bytes_equal(declaration->insured, explained->options->insured);
}

static void accept_record(struct explained *explained, const struct replay_record *incoming,
                          int32_t partition, struct outputs *outputs)
{
    const struct declaration *declaration = incoming->record.declaration;
    struct result result = check(explained, incoming);
    bool ours = is_of_person(explained, incoming);
    struct explained_record *record = ours ? record_add(explained, incoming) : NULL;
    explained->read++;
    if (incoming->record.decoded.verdict != DONE || !insured_is_readable(declaration))
        explained->unreadable++;
    if (record)
        record->dead_letter = result.reason;
    if (result.verdict != DONE)
        return;
    int32_t day = clock_day(explained->options->book, declaration);
    if (day > explained->as_of)
        explained->as_of = day;
    if (ours) {
        outputs_clear(outputs);
        engine_accept(explained->engine, declaration, outputs);
        outputs_keep(explained, outputs);
    } else if (incoming->partition == partition && day > engine_as_of(explained->engine)) {
        clock_move(explained, day, outputs);
    }
}

static enum explain_end read_all(struct explained *explained, struct outputs *outputs, char *ret_error,
                                 size_t error_size)
{
    const struct explain_options *options = explained->options;
    struct replay_input *input = replay_input_new(&options->input);
    struct replay_record incoming;
    enum input_read read;
    int32_t partition =
        partition_of(options->partitioner, options->insured, options->input.partitions_count);
    while ((read = replay_input_next(input, &incoming)) == INPUT_RECORD)
        accept_record(explained, &incoming, partition, outputs);
    if (read != INPUT_END)
        snprintf(ret_error, error_size, "%s", replay_input_error(input));
    replay_input_free(input);
    return read == INPUT_END ? EXPLAIN_DONE : read == INPUT_MISSING ? EXPLAIN_NO_INPUT : EXPLAIN_DAMAGED;
}

/* --- the end --- */

static enum explain_end check_end(const struct explained *explained, char *ret_error, size_t error_size)
{
    const struct explain_options *options = explained->options;
    if (explained->records_count == 0) {
        snprintf(ret_error, error_size,
                 "no record of \"%.*s\" among the %" PRId64 " of the inputs (%" PRId64
                 " of them name nobody)",
                 BYTES_ARGS(options->insured), explained->read, explained->unreadable);
        return EXPLAIN_NOTHING;
    }
    if (options->has_as_of && options->as_of < explained->as_of) {
        char latest[DAY_TEXT_BYTES];
        day_to_text(explained->as_of, latest);
        snprintf(ret_error, error_size, "--as-of is earlier than the latest submission, which is of %.*s",
                 DAY_TEXT_BYTES, latest);
        return EXPLAIN_TOO_EARLY;
    }
    return EXPLAIN_DONE;
}

static void explain_history(struct explained *explained)
{
    const struct person *person = engine_person(explained->engine, explained->options->insured);
    explained->explanation.arena = &explained->arena;
    explained->lines = person ? person->lines : NULL;
    history_explain(&explained->history, engine_rules(explained->engine), &explained->arena,
                    explained->options->insured, explained->as_of, explained->lines,
                    person ? person->lines_count : 0, &explained->explanation);
}

enum explain_end explained_read(struct explained *explained, const struct explain_options *options,
                                char *ret_error, size_t error_size)
{
    struct outputs outputs;
    *explained = (struct explained){ .options = options, .as_of = INT32_MIN };
    arena_init(&explained->arena, 0);
    explained->engine =
        engine_new(&(struct engine_options){ .book = options->book, .reference = options->reference });
    outputs_init(&outputs);
    enum explain_end end = read_all(explained, &outputs, ret_error, error_size);
    if (end == EXPLAIN_DONE)
        end = check_end(explained, ret_error, error_size);
    if (end == EXPLAIN_DONE && options->has_as_of)
        explained->as_of = options->as_of;
    if (end == EXPLAIN_DONE && explained->as_of > INT32_MIN)
        clock_move(explained, explained->as_of, &outputs);
    outputs_release(&outputs);
    if (end == EXPLAIN_DONE)
        explain_history(explained);
    return end;
}

void explained_release(struct explained *explained)
{
    engine_free(explained->engine);
    memory_free(explained->records);
    memory_free(explained->outputs);
    arena_release(&explained->arena);
}
