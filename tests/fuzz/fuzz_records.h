/* fuzz_records.h - records of any kind, drawn from the bytes, through the fold of a partition under a book.
 * Whatever comes, the sums of the partition agree after every record, every record is a decision or a dead
 * letter, and what was encoded can be read. */
#ifndef BUNDELWACHT_TESTS_FUZZ_RECORDS_H
#define BUNDELWACHT_TESTS_FUZZ_RECORDS_H

#include "codec/output_codec.h"
#include "fuzz_declaration.h"
#include "fuzz_target.h"
#include "pipeline/fold.h"

#include <stdlib.h>

enum { RECORDS_MAX = 48 };

static struct schema_set *schemas;

static inline void read_schemas(void)
{
    char error[256];
    if (!schemas)
        schemas = schema_set_of_text(schema_text(SCHEMA_DECLARATION), error, sizeof(error));
    must(schemas != NULL);
}

static inline void damage(struct choices *choices, struct buffer *value)
{
    if (choice_chance(choices, 300))
        value->length -= choice_below(choices, value->length + 1);
    for (uint64_t edits = choice_below(choices, 3); edits > 0 && value->length > 0; edits--)
        value->data[choice_below(choices, value->length)] = (char)choice_below(choices, 256);
}

static inline struct fold *new_fold(const struct book *rules, enum output_form form, int64_t *quarantined)
{
    return fold_new(&(struct fold_options){
        .book = rules, .form = form, .schema_ids = { 1, 2, 3, 4 }, .source = "in", .partitions_count = 1,
        .has_keys = true, .letters_are_records = form == OUTPUT_JSON_LINES, .quarantined = quarantined,
        .quarantined_count = 1 });
}

/* An exact copy of the value, so that the sanitizer sees every byte too far; what was kept points to no byte
 * of it afterwards. */
static inline void accept(struct fold *fold, struct decoder *decoder, struct fold_record record,
                          struct outbox *outbox)
{
    struct fold_counts before = *fold_counts(fold);
    char *exact = bytes_is_null(record.value) ? NULL : malloc(record.value.length + 1);
    if (exact) {
        memcpy(exact, record.value.data ? record.value.data : "", record.value.length);
        record.value.data = exact = realloc(exact, record.value.length ? record.value.length : 1);
    }
    must(fold_accept(fold, decoder, &record, outbox).verdict == DONE);
    free(exact);
    const struct fold_counts *after = fold_counts(fold);
    must(after->declarations + after->dead_letters == before.declarations + before.dead_letters + 1);
    must(after->outputs[TOPIC_DEAD_LETTERS] - before.outputs[TOPIC_DEAD_LETTERS] ==
         after->dead_letters - before.dead_letters);
    struct engine_sums sums = fold_sums(fold);
    must(sums.standing == sums.cost + sums.payable_outside);
}

static inline void look_at(const struct outbox *outbox, enum output_form form)
{
    struct header headers[OUTBOX_HEADERS_MAX];
    size_t bytes = 0;
    for (size_t i = 0; i < outbox->count; i++) {
        struct bytes key = outbox_key(outbox, &outbox->records[i]),
                     value = outbox_value(outbox, &outbox->records[i]);
        /* what is wrong with it; a letter that is a record of its own says that inside */
        must(outbox_headers(outbox, &outbox->records[i], headers) ==
             (outbox->records[i].topic == TOPIC_DEAD_LETTERS && form != OUTPUT_JSON_LINES));
        bytes += key.length + value.length;
        must(outbox->records[i].topic == TOPIC_DEAD_LETTERS || (key.length > 0 && value.length > 0));
    }
    must(bytes <= outbox->bytes.length);
}

/* All that the bytes draw, through the fold of a partition under a book; then the clock, past every
 * window. */
static inline void fold_draws(const struct book *rules, struct choices *choices)
{
    static const enum output_form forms[] = { OUTPUT_AVRO_CONFLUENT, OUTPUT_AVRO_RAW, OUTPUT_JSON_LINES,
                                              OUTPUT_AVRO_SINGLE_OBJECT };
    struct buffer value = { 0 };
    struct outbox outbox = { 0 };
    int64_t quarantined = 7;
    read_schemas();
    enum output_form form = forms[choice_below(choices, COUNT(forms))];
    struct fold *fold = new_fold(rules, form, &quarantined);
    struct decoder *decoder = decoder_new(schemas, FRAMING_RAW, 0);
    for (int64_t offset = 0; offset < RECORDS_MAX && choices->at < choices->end; offset++) {
        struct declaration declaration = draw(choices);
        bool damaged = choice_chance(choices, 150), restoring = choice_chance(choices, 60);
        buffer_clear(&value);
        declaration_to_avro(&declaration, &value);
        if (damaged)
            damage(choices, &value);
        struct fold_record record = {
            .key = choice_chance(choices, 50) ? BYTES_NULL : declaration.insured,
            .value = choice_chance(choices, 20) ? BYTES_NULL : buffer_bytes(&value),
            .offset = offset, .timestamp = INT64_MAX,
        };
        if (restoring) { /* as a restore does: the sums must agree as well */
            (void)fold_accept(fold, decoder, &record, NULL).verdict;
            continue;
        }
        accept(fold, decoder, record, &outbox);
    }
    look_at(&outbox, form);
    while (fold_advance(fold, fold_as_of(fold) > 0 ? fold_as_of(fold) + 800 : FIRST_DAY, &outbox))
        continue;
    struct engine_sums sums = fold_sums(fold);
    must(sums.standing == sums.cost + sums.payable_outside);
    look_at(&outbox, form);
    fuzz_output(outbox.count, outbox.bytes.length);
    outbox_release(&outbox);
    buffer_release(&value);
    decoder_free(decoder);
    fold_free(fold);
}

#endif
