/* The cut into batches does not matter (SEMANTICS.md §12, scenarios README 6), on random histories of several
 * persons under one clock: one record after the other through the engine, against batches through the fold of
 * a partition, with days that pass by themselves. CHOICE_RUNS=1000000 test_pipeline --filter 'batches/\*'
 * draws more of them. */
#include "base/must.h"
#include "book/book_reader.h"
#include "codec/decoder.h"
#include "codec/output_codec.h"
#include "engine/engine.h"
#include "engine/forget.h"
#include "pipeline/fold.h"
#include "support/given_histories.h"

#include <criterion/criterion.h>

TestSuite(batches, .timeout = 3600); /* CTest has a shorter one */

enum { PERSONS = 3, RECORDS_MAX = PERSONS * HISTORY_LINES_MAX, END_OF_TIME = 21900 };
#ifdef __SANITIZE_ADDRESS__
enum { RUNS = 2000 };
#else
enum { RUNS = 34000 }; /* 102,000 persons */
#endif

static const struct book *book;

/* The records of some persons, in one log. */
struct given_log {
    struct history_of_person persons[PERSONS];
    struct declaration records[RECORDS_MAX];
    size_t count;
};

static void given_log(struct choices *choices, struct given_log *ret_log)
{
    static const struct bytes insured[PERSONS] = { BYTES("p1"), BYTES("p2"), BYTES("p3") };
    size_t taken[PERSONS] = { 0 }, left = 0;
    for (size_t i = 0; i < PERSONS; i++) {
        given_history(choices, &ret_log->persons[i]);
        left += ret_log->persons[i].count;
    }
    for (ret_log->count = 0; left > 0; left--) {
        size_t who = choice_below(choices, PERSONS);
        while (taken[who] == ret_log->persons[who].count)
            who = (who + 1) % PERSONS;
        struct declaration *record = &ret_log->records[ret_log->count++];
        *record = ret_log->persons[who].lines[taken[who]++];
        record->insured = insured[who];
    }
}

static void add_text(struct buffer *text, uint8_t topic, struct bytes key, struct bytes value)
{
    buffer_add_byte(text, '0' + topic);
    buffer_add_bytes(text, key);
    buffer_add_byte(text, ' ');
    buffer_add_bytes(text, value);
    buffer_add_byte(text, '\n');
}

/* --- one after the other --- */

static void take_outputs(struct outputs *outputs, struct buffer *text)
{
    static const uint8_t topics[] = {
        [OUTPUT_DECISION] = TOPIC_DECISIONS, [OUTPUT_EPISODE] = TOPIC_EPISODES, [OUTPUT_ALERT] = TOPIC_ALERTS
    };
    struct buffer value = { 0 };
    for (size_t i = 0; i < outputs->count; i++) {
        buffer_clear(&value);
        output_to_json(&outputs->items[i], &value);
        add_text(text, topics[outputs->items[i].kind], outputs->items[i].key, buffer_bytes(&value));
    }
    buffer_release(&value);
    outputs_clear(outputs);
}

static void send_singly(const struct given_log *log, struct buffer *text)
{
    struct engine *engine = engine_new(&(struct engine_options){ .book = book });
    struct outputs outputs;
    outputs_init(&outputs);
    for (size_t i = 0; i < log->count; i++) {
        engine_accept(engine, &log->records[i], &outputs);
        take_outputs(&outputs, text);
    }
    for (bool more = true; more;) {
        more = engine_advance(engine, END_OF_TIME, &outputs);
        take_outputs(&outputs, text);
    }
    outputs_release(&outputs);
    engine_free(engine);
}

/* --- in batches --- */

static void take_outbox(struct outbox *outbox, struct buffer *text)
{
    for (size_t i = 0; i < outbox->count; i++)
        add_text(text, outbox->records[i].topic, outbox_key(outbox, &outbox->records[i]),
                 outbox_value(outbox, &outbox->records[i]));
    outbox_clear(outbox);
}

/* Nothing of these persons is so old that it would be forgotten: what a day forgets it forgets before the
 * next record. */
static void let_day_pass(struct fold *fold, const struct declaration *record, struct outbox *outbox)
{
    int32_t day = clock_day(book, record);
    while (day > fold_as_of(fold) && fold_advance(fold, day, outbox))
        continue;
}

static void send_batch(struct choices *choices, struct fold *fold, const struct declaration records[],
                       size_t count, struct outbox *outbox)
{
    struct fold_record batch[RECORDS_MAX];
    for (size_t i = 0; i < count; i++) {
        batch[i] = (struct fold_record){ .key = BYTES_NULL,
                                         .value = BYTES_NULL,
                                         .offset = (int64_t)i,
                                         .timestamp = INT64_MAX,
                                         .declaration = &records[i],
                                         .decoded = done() };
        fold_prefetch(fold, &batch[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (choice_chance(choices, 200))
            let_day_pass(fold, &records[i], outbox);
        must(fold_accept(fold, NULL, &batch[i], outbox).verdict == DONE);
    }
}

static void send_in_batches(struct choices *choices, const struct given_log *log, struct buffer *text)
{
    struct fold *fold = fold_new(&(struct fold_options){
        .book = book, .form = OUTPUT_JSON_LINES, .source = "log", .partitions_count = 1 });
    struct outbox outbox = { .count = 0 };
    size_t most = 1 + choice_skewed(choices, RECORDS_MAX);
    for (size_t at = 0; at < log->count;) {
        size_t count = 1 + choice_below(choices, most < log->count - at ? most : log->count - at);
        send_batch(choices, fold, &log->records[at], count, &outbox);
        if (choice_chance(choices, 500)) /* else more of them until a commit */
            take_outbox(&outbox, text);
        at += count;
    }
    while (fold_advance(fold, END_OF_TIME, &outbox))
        take_outbox(&outbox, text);
    take_outbox(&outbox, text);
    outbox_release(&outbox);
    fold_free(fold);
}

static void tell(struct choices *choices, const struct given_log *log, const struct buffer *singly,
                 const struct buffer *batches)
{
    struct buffer room = { 0 };
    for (size_t i = 0; i < log->count; i++) {
        buffer_clear(&room);
        declaration_to_json(&log->records[i], &room);
        choice_tell(choices, "%.*s", BYTES_ARGS(buffer_bytes(&room)));
    }
    choice_tell(choices, "one by one\n%.*sin batches\n%.*s", BYTES_ARGS(buffer_bytes(singly)),
                BYTES_ARGS(buffer_bytes(batches)));
    buffer_release(&room);
}

static bool cuts_do_not_matter(struct choices *choices, void *context)
{
    (void)context;
    static struct given_log log;
    struct buffer singly = { 0 }, batches = { 0 };
    given_log(choices, &log);
    send_singly(&log, &singly);
    send_in_batches(choices, &log, &batches);
    bool same = bytes_equal(buffer_bytes(&singly), buffer_bytes(&batches));
    if (!same)
        tell(choices, &log, &singly, &batches);
    buffer_release(&singly);
    buffer_release(&batches);
    return same;
}

static void say_broken(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

Test(batches, of_any_size_with_days_passing_between_send_the_same_bytes)
{
    must_set_report(say_broken);
    book = book_read_text("hard", bytes_of(histories_book), finding_print, stderr);
    cr_assert(book != NULL);
    cr_assert(property_holds("batches", cuts_do_not_matter, NULL, RUNS, 7));
    book_free(book);
}
