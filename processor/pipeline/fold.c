#include "pipeline/fold.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"
#include "codec/output_codec.h"
#include "codec/schema.h"
#include "engine/dead_letter.h"
#include "engine/letter_text.h"
#include "pipeline/letter.h"

struct fold {
    struct fold_options options; /* its list of quarantined offsets is a copy of our own */
    int64_t *quarantined;
    struct engine *engine;
    struct outputs outputs;
    struct arena letter_arena; /* the text of a dead letter, until the next */
    struct fold_counts counts;
    struct made made;
    struct partitioner_guess guess; /* of this process's records, and no part of the state */
    struct window_topic seen[TOPIC_COUNT];
    int64_t written_ms;
    uint64_t fingerprints[TOPIC_COUNT]; /* for OUTPUT_AVRO_SINGLE_OBJECT */
};

static uint64_t fingerprint_of(enum schema_name name)
{
    const char *problem;
    struct schema *schema = schema_parse(schema_text(name), &problem);
    must(schema != NULL);
    uint64_t fingerprint = schema->fingerprint;
    schema_free(schema);
    return fingerprint;
}

static void take_fingerprints(struct fold *fold)
{
    fold->fingerprints[TOPIC_DECISIONS] = fingerprint_of(SCHEMA_DECISION);
    fold->fingerprints[TOPIC_EPISODES] = fingerprint_of(SCHEMA_EPISODE);
    fold->fingerprints[TOPIC_ALERTS] = fingerprint_of(SCHEMA_ALERT);
}

struct fold *fold_new(const struct fold_options *options)
{
    struct fold *fold = memory_alloc_zeroed(1, sizeof(*fold));
    fold->options = *options;
    fold->made.base = BASE_NONE;
    fold->quarantined = memory_alloc(options->quarantined_count + 1, sizeof(*fold->quarantined));
    for (size_t i = 0; i < options->quarantined_count; i++)
        fold->quarantined[i] = options->quarantined[i];
    fold->options.quarantined = fold->quarantined;
    fold->engine = engine_new(&(struct engine_options){ .book = options->book,
                                                        .reference = options->reference,
                                                        .also = options->also,
                                                        .bundles_only = options->bundles_only });
    outputs_init(&fold->outputs);
    arena_init(&fold->letter_arena, 0);
    if (options->form == OUTPUT_AVRO_SINGLE_OBJECT)
        take_fingerprints(fold);
    return fold;
}

void fold_free(struct fold *fold)
{
    if (!fold)
        return;
    engine_free(fold->engine);
    outputs_release(&fold->outputs);
    memory_free(fold->quarantined);
    arena_release(&fold->letter_arena);
    memory_free(fold);
}

enum partitioner fold_partitioner_guessed(struct fold *fold)
{
    return partitioner_guessed(&fold->guess, fold->options.partitioner);
}

int32_t fold_as_of(const struct fold *fold)
{
    return engine_as_of(fold->engine);
}

const struct fold_counts *fold_counts(const struct fold *fold)
{
    return &fold->counts;
}

const struct made *fold_made(const struct fold *fold)
{
    return &fold->made;
}

void fold_set_made(struct fold *fold, const struct made *made)
{
    fold->made = *made;
}

int64_t fold_written_ms(const struct fold *fold)
{
    return fold->written_ms;
}

const struct window_topic *fold_seen(const struct fold *fold)
{
    return fold->seen;
}

struct engine_sums fold_sums(const struct fold *fold)
{
    return engine_sums(fold->engine);
}

/* --- outputs to bytes --- */

static const enum output_topic topic_of_kind[OUTPUT_KIND_COUNT] = {
    [OUTPUT_DECISION] = TOPIC_DECISIONS, [OUTPUT_EPISODE] = TOPIC_EPISODES, [OUTPUT_ALERT] = TOPIC_ALERTS,
};

/* Confluent: 0x00 and the id, big-endian. */
static void frame_confluent(const struct fold *fold, enum output_topic topic, struct buffer *buffer)
{
    uint32_t id = fold->options.schema_ids[topic];
    const char head[5] = { 0, (char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id };
    buffer_add(buffer, head, sizeof(head));
}

/* Single object: 0xC3 0x01 and the fingerprint, little-endian. */
static void frame_single_object(const struct fold *fold, enum output_topic topic, struct buffer *buffer)
{
    char head[10] = { (char)0xC3, 0x01 };
    for (unsigned i = 0; i < 8; i++)
        head[2 + i] = (char)(fold->fingerprints[topic] >> (8 * i));
    buffer_add(buffer, head, sizeof(head));
}

static void frame(const struct fold *fold, enum output_topic topic, struct buffer *buffer)
{
    if (fold->options.form == OUTPUT_AVRO_CONFLUENT)
        frame_confluent(fold, topic, buffer);
    else if (fold->options.form == OUTPUT_AVRO_SINGLE_OBJECT)
        frame_single_object(fold, topic, buffer);
}

static void note_kind(const struct output *output, struct outbox_record *record)
{
    if (output->kind == OUTPUT_DECISION) {
        record->what = output->decision.status;
    } else if (output->kind == OUTPUT_ALERT) {
        record->what = output->alert.type;
        record->action = output->alert.action;
    }
}

static void put_output(struct fold *fold, const struct output *output, int64_t offset, struct outbox *outbox)
{
    enum output_topic topic = topic_of_kind[output->kind];
    outbox_begin(outbox, topic, offset);
    buffer_add_bytes(&outbox->bytes, output->key);
    outbox_value_begins(outbox);
    if (fold->options.form == OUTPUT_JSON_LINES) {
        output_to_json(output, &outbox->bytes);
    } else {
        frame(fold, topic, &outbox->bytes);
        output_to_avro(output, &outbox->bytes);
    }
    note_kind(output, outbox_end(outbox));
}

/* A fold that restores makes them, too. */
static void count_output(struct fold *fold, enum output_topic topic)
{
    fold->counts.outputs[topic]++;
    fold->made.counts[topic]++;
}

static void put_outputs(struct fold *fold, int64_t offset, struct outbox *outbox)
{
    for (size_t i = 0; i < fold->outputs.count; i++) {
        count_output(fold, topic_of_kind[fold->outputs.items[i].kind]);
        if (outbox)
            put_output(fold, &fold->outputs.items[i], offset, outbox);
    }
    outputs_clear(&fold->outputs);
}

/* --- dead letters --- */

/* On Kafka a dead letter is the record itself, its reason in headers; in files it is a record of its own
 * (§11). */
static struct outbox_record *put_letter_bytes(const struct dead_letter *letter, struct outbox *outbox)
{
    struct outbox_record *record;
    buffer_add_bytes(&outbox->bytes, letter->key);
    outbox_value_begins(outbox);
    buffer_add_bytes(&outbox->bytes, letter->value);
    record = outbox_end(outbox);
    record->key_null = bytes_is_null(letter->key);
    record->value_null = bytes_is_null(letter->value);
    return record;
}

/* Ours stand in front of them; an earlier letter's would be taken for ours by a reader that asks for the last
 * of a name. */
static bool takes_over(const struct header *header)
{
    return !bytes_begin_with(bytes_of(header->name), BYTES("__connect.errors.")) &&
           !shows_bsn(bytes_of(header->name)) && !shows_bsn(header->value);
}

/* The original's headers, behind its value, as far as there is room. A letter that may show nothing of its
 * record shows no header. */
static void put_headers(const struct message *message, struct outbox *outbox)
{
    struct header headers[LETTER_HEADERS_MAX];
    size_t count = message_headers(message, headers, LETTER_HEADERS_MAX), bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += strlen(headers[i].name) + headers[i].value.length;
        if (bytes > LETTER_HEADERS_BYTES_MAX)
            return;
        if (takes_over(&headers[i]))
            outbox_add_header(outbox, &headers[i]);
    }
}

static struct outbox_record *put_letter_record(const struct dead_letter *letter, enum output_form form,
                                               struct outbox *outbox)
{
    outbox_value_begins(outbox);
    if (form == OUTPUT_JSON_LINES)
        dead_letter_to_json(letter, &outbox->bytes);
    else
        dead_letter_to_avro(letter, &outbox->bytes);
    return outbox_end(outbox);
}

/* What is wrong, in the record's own terms: its field, or that of its schema. */
static struct bytes message_of(struct fold *fold, const struct dead_letter_row *row,
                               const struct fold_record *record, const struct declaration *declaration,
                               struct bytes why)
{
    arena_clear(&fold->letter_arena);
    if (row == &dead_letter_rows[LETTER_bad_schema] && !bytes_is_null(why))
        return why;
    return letter_text(row, declaration, &(struct declaration_envelope){
        .has_keys = fold->options.has_keys, .key = record->key, .record_timestamp = record->timestamp },
                       &fold->letter_arena);
}

static void put_dead_letter(struct fold *fold, const struct fold_record *record, const char *reason,
                            const struct declaration *declaration, struct bytes why, struct outbox *outbox)
{
    const struct dead_letter_row *row = dead_letter_row(reason);
    fold->counts.dead_letters++;
    fold->counts.letters_by_reason[row - dead_letter_rows]++;
    count_output(fold, TOPIC_DEAD_LETTERS);
    if (!outbox)
        return;
    struct dead_letter letter = {
        .key = fold->options.has_keys ? record->key : BYTES_NULL,
        .source = bytes_of(record->source ? record->source : fold->options.source),
        .partition = fold->options.partition,
        .offset = record->offset,
        .reason = bytes_of(row->reason),
        .message = message_of(fold, row, record, declaration, why),
        .value = record->value,
    };
    bool hidden = dead_letter_hide_bsn(&letter);
    outbox_begin(outbox, TOPIC_DEAD_LETTERS, record->offset);
    struct outbox_record *made = fold->options.letters_are_records
                                     ? put_letter_record(&letter, fold->options.form, outbox)
                                     : put_letter_bytes(&letter, outbox);
    made->letter = row;
    made->what = (uint8_t)(row - dead_letter_rows);
    if (!fold->options.letters_are_records)
        outbox_add_header(outbox, &(struct header){ LETTER_MESSAGE_HEADER, letter.message });
    if (record->message && !hidden)
        put_headers(record->message, outbox);
}

/* --- one record --- */

static bool is_quarantined(const struct fold *fold, int64_t offset)
{
    for (size_t i = 0; i < fold->options.quarantined_count; i++)
        if (fold->options.quarantined[i] == offset)
            return true;
    return false;
}

/* What §1 asks beyond the declaration itself, in its order. */
static struct result check_position(struct fold *fold, const struct fold_record *record,
                                    const struct declaration *declaration)
{
    const struct fold_options *options = &fold->options;
    if (options->has_keys)
        partitioner_guess_add(&fold->guess, declaration->insured, options->partition,
                              options->partitions_count);
    if (options->has_keys && options->partitioner != PARTITIONER_ANY &&
        partition_of(options->partitioner, declaration->insured, options->partitions_count) !=
            options->partition)
        return dead_letter(LETTER_wrong_partition);
    if (is_quarantined(fold, record->offset))
        return dead_letter(LETTER_quarantined);
    return done();
}

static struct result check(struct fold *fold, const struct fold_record *record,
                           const struct declaration *declaration)
{
    TRY(declaration_check(declaration, &(struct declaration_envelope){
        .has_keys = fold->options.has_keys, .key = record->key, .record_timestamp = record->timestamp }));
    return check_position(fold, record, declaration);
}

void fold_prefetch(const struct fold *fold, const struct fold_record *record)
{
    if (record->declaration && record->decoded.verdict == DONE)
        engine_prefetch(fold->engine, record->declaration);
}

/* The first record moves it from nowhere, and one out of horizon from 1970. */
static void note_leap(const struct fold *fold, const struct fold_record *record, int32_t before)
{
    int32_t now = engine_as_of(fold->engine);
    const struct leap_sink *leaps = &fold->options.leaps;
    if (before <= 0 || now - before <= LEAP_DAYS || !leaps->told)
        return;
    leaps->told(leaps->context, &(struct leap){
        .source = record->source ? record->source : fold->options.source,
        .partition = fold->options.partition, .offset = record->offset, .from = before, .to = now });
}

struct result fold_accept(struct fold *fold, struct decoder *decoder, const struct fold_record *record,
                          struct outbox *outbox)
{
    struct declaration decoded;
    const struct declaration *declaration = record->declaration;
    struct result result = record->decoded;
    struct bytes why = record->why;
    if (!declaration) {
        result = decoder_decode(decoder, record->value, &decoded);
        declaration = &decoded;
        why = decoder_why(decoder);
    }
    if (result.verdict == DONE)
        result = check(fold, record, declaration);
    if (result.verdict == DEAD_LETTER) {
        put_dead_letter(fold, record, result.reason, declaration, why, outbox);
        return done();
    }
    if (result.verdict != DONE)
        return result;
    fold->counts.declarations++;
    int32_t as_of_before = engine_as_of(fold->engine);
    engine_accept(fold->engine, declaration, &fold->outputs);
    if (outbox)
        note_leap(fold, record, as_of_before);
    put_outputs(fold, record->offset, outbox);
    return done();
}

bool fold_advance(struct fold *fold, int32_t as_of, struct outbox *outbox)
{
    bool more = engine_advance(fold->engine, as_of, &fold->outputs);
    put_outputs(fold, -1, outbox);
    return more;
}

/* --- the state as bytes, and under other rules --- */

/* What the fold itself knows stands in a block of its own, before those of the engine: its kind, then the
 * counts. */
enum { FOLD_BLOCK = 'M', FOLD_BLOCK_BYTES = 1 + sizeof(struct made), SEEN_BLOCK = 'S' };

void fold_snapshot_begin(struct fold *fold, struct snapshot_sink sink)
{
    char block[FOLD_BLOCK_BYTES] = { FOLD_BLOCK };
    memcpy(block + 1, &fold->made, sizeof(fold->made));
    if (sink.add)
        sink.add(sink.context, (struct bytes){ block, sizeof(block) });
    engine_snapshot_begin(fold->engine, sink);
}

bool fold_snapshot_step(struct fold *fold)
{
    return engine_snapshot_step(fold->engine);
}

void fold_snapshot_cancel(struct fold *fold)
{
    engine_snapshot_cancel(fold->engine);
}

struct hash128 fold_snapshot_digest(const struct fold *fold)
{
    return engine_snapshot_digest(fold->engine);
}

struct hash128 fold_digest(struct fold *fold)
{
    return engine_digest(fold->engine);
}

void fold_seen_block(const struct window *window, int64_t written_ms, char ret_block[FOLD_SEEN_BYTES])
{
    ret_block[0] = SEEN_BLOCK;
    memcpy(ret_block + 1, &written_ms, sizeof(written_ms));
    memcpy(ret_block + 1 + sizeof(written_ms), window->topics, sizeof(window->topics));
}

static bool made_is_possible(const struct made *made)
{
    bool possible = made->base >= BASE_NONE && made->base <= COUNT_MAX;
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        possible = possible && made->counts[topic] >= 0 && made->counts[topic] <= COUNT_MAX;
    return possible;
}

static bool take_seen(struct fold *fold, struct bytes block)
{
    memcpy(&fold->written_ms, block.data + 1, sizeof(fold->written_ms));
    memcpy(fold->seen, block.data + 1 + sizeof(fold->written_ms), sizeof(fold->seen));
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (fold->seen[topic].seen < 0 || fold->seen[topic].have < 0 || fold->seen[topic].seen > COUNT_MAX ||
            fold->seen[topic].have > COUNT_MAX)
            return false;
    return true;
}

/* Of a build before this one there is none: then nobody counts yet. */
bool fold_snapshot_read(struct fold *fold, struct bytes block, bool same_book)
{
    struct made made;
    if (block.length == FOLD_BLOCK_BYTES && block.data[0] == FOLD_BLOCK) {
        memcpy(&made, block.data + 1, sizeof(made));
        fold->made = made;
        return made_is_possible(&made);
    }
    if (block.length == FOLD_SEEN_BYTES && block.data[0] == SEEN_BLOCK)
        return take_seen(fold, block);
    return engine_snapshot_read(fold->engine, block, same_book);
}

bool fold_snapshot_read_end(struct fold *fold, struct hash128 digest)
{
    return engine_snapshot_read_end(fold->engine, digest);
}

static void read_at_once(void *context, struct bytes block)
{
    must(fold_snapshot_read(context, block, false));
}

struct fold *fold_change_book(struct fold *fold, const struct fold_options *options)
{
    struct fold *changed = fold_new(options);
    fold_snapshot_begin(fold, (struct snapshot_sink){ read_at_once, changed });
    while (fold_snapshot_step(fold))
        ;
    must(fold_snapshot_read_end(changed, fold_snapshot_digest(fold)));
    changed->counts = fold->counts;
    changed->made = fold->made;
    return changed;
}

bool fold_recompute(struct fold *fold, const char *cause, struct outbox *outbox)
{
    bool more = engine_recompute(fold->engine, bytes_of(cause), &fold->outputs);
    put_outputs(fold, -1, outbox);
    return more;
}
