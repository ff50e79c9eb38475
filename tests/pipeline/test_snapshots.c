/* A snapshot of the state (engine/snapshot.h) taken while records go on coming, read into a new engine, is
 * the state at its beginning: the same digest, and from there on the same bytes. And a book that is changed
 * to itself changes nothing. */
#include "base/must.h"
#include "book/book_reader.h"
#include "codec/output_codec.h"
#include "engine/engine.h"
#include "engine/snapshot.h"
#include "support/given_histories.h"

#include <criterion/criterion.h>

TestSuite(snapshots, .timeout = 3600);

enum { PERSONS = 4, LINES_MAX = PERSONS * HISTORY_LINES_MAX, BLOCKS_MAX = 256, END_OF_TIME = 21900 };
#ifdef __SANITIZE_ADDRESS__
enum { RUNS = 500 };
#else
enum { RUNS = 10000 };
#endif

static const struct book *book;
static const struct reference *reference;
static struct engine_options options; /* of the case at hand */

/* Projections move by the week, so that what is due depends on them. */
static const char histories_reference[] = "reference: \"hard\"\nepisodes:\n"
                                          "  - {bundle: hip, stratum: all, count: 100, mean: 900, p01: 10, "
                                          "p05: 50, p50: 800, p95: 1500, p99: 2000,\n"
                                          "     declared_permille: {7: 100, 30: 500, 60: 1000}}\n";

static void book_open(void)
{
    if (!book) {
        book = book_read_text("hard", bytes_of(histories_book), finding_print, stderr);
        reference = reference_read_text("hard", bytes_of(histories_reference), finding_print, stderr);
    }
    cr_assert(book != NULL);
    cr_assert(reference != NULL);
}

static void given_options(struct choices *choices)
{
    options = (struct engine_options){ .book = book,
                                       .reference = choice_chance(choices, 500) ? reference : NULL,
                                       .bundles_only = choice_chance(choices, 300) };
}

/* --- the lines of some persons, in one log --- */

struct stream {
    struct history_of_person histories[PERSONS];
    const struct declaration *lines[LINES_MAX];
    size_t count;
};

static void given_stream(struct choices *choices, struct stream *stream)
{
    static const struct bytes names[PERSONS] = { { "p1", 2 }, { "p2", 2 }, { "p3", 2 }, { "p4", 2 } };
    size_t next[PERSONS] = { 0 };
    stream->count = 0;
    for (size_t p = 0; p < PERSONS; p++) {
        given_history(choices, &stream->histories[p]);
        for (size_t i = 0; i < stream->histories[p].count; i++)
            stream->histories[p].lines[i].insured = names[p];
    }
    for (;;) {
        size_t p = choice_below(choices, PERSONS), tried = 0;
        for (; tried < PERSONS && next[p] == stream->histories[p].count; tried++)
            p = (p + 1) % PERSONS;
        if (tried == PERSONS)
            return;
        stream->lines[stream->count++] = &stream->histories[p].lines[next[p]++];
    }
}

static void outputs_add_text(struct outputs *outputs, struct buffer *text)
{
    for (size_t i = 0; i < outputs->count; i++) {
        output_to_json(&outputs->items[i], text);
        buffer_add_byte(text, '\n');
    }
    outputs_clear(outputs);
}

/* From a line of the stream to the end of time. */
static void fold_rest(struct engine *engine, const struct stream *stream, size_t from, struct buffer *text)
{
    struct outputs outputs;
    outputs_init(&outputs);
    for (size_t i = from; i < stream->count; i++) {
        engine_accept(engine, stream->lines[i], &outputs);
        outputs_add_text(&outputs, text);
    }
    while (engine_advance(engine, END_OF_TIME, &outputs))
        outputs_add_text(&outputs, text);
    outputs_add_text(&outputs, text);
    outputs_release(&outputs);
}

/* The state before a line of the stream. */
static struct engine *engine_before(const struct stream *stream, size_t line)
{
    struct engine *engine = engine_new(&options);
    struct outputs outputs;
    outputs_init(&outputs);
    for (size_t i = 0; i < line; i++) {
        engine_accept(engine, stream->lines[i], &outputs);
        outputs_clear(&outputs);
    }
    outputs_release(&outputs);
    return engine;
}

/* --- blocks that are held --- */

struct snapshot {
    struct buffer blocks[BLOCKS_MAX];
    size_t count;
};

static void snapshot_add(void *context, struct bytes block)
{
    struct snapshot *snapshot = context;
    cr_assert(snapshot->count < BLOCKS_MAX);
    buffer_add_bytes(&snapshot->blocks[snapshot->count++], block);
}

static struct engine *snapshot_engine(const struct snapshot *snapshot, bool same_book, struct hash128 digest)
{
    struct engine *engine = engine_new(&options);
    for (size_t i = 0; i < snapshot->count; i++)
        cr_assert(engine_snapshot_read(engine, buffer_bytes(&snapshot->blocks[i]), same_book),
                  "block %zu of %zu", i, snapshot->count);
    cr_assert(engine_snapshot_read_end(engine, digest));
    return engine;
}

static void snapshot_release(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++)
        buffer_release(&snapshot->blocks[i]);
}

static bool digests_equal(struct hash128 a, struct hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

/* A step of the snapshot now and then, and the rest of it at the end. */
static void fold_while_snapshotting(struct choices *choices, struct engine *engine,
                                    const struct stream *stream, size_t from, struct buffer *text)
{
    struct outputs outputs;
    bool more = true;
    outputs_init(&outputs);
    for (size_t i = from; i < stream->count; i++) {
        while (more && choice_chance(choices, 200))
            more = engine_snapshot_step(engine);
        engine_accept(engine, stream->lines[i], &outputs);
        outputs_add_text(&outputs, text);
    }
    while (more)
        more = engine_snapshot_step(engine);
    outputs_release(&outputs);
}

static bool snapshot_is_the_state(struct choices *choices, void *context)
{
    (void)context;
    static struct stream stream;
    struct snapshot snapshot = { .count = 0 };
    struct buffer undisturbed = { 0 }, text = { 0 };
    struct outputs outputs;
    given_options(choices);
    given_stream(choices, &stream);
    size_t at = choice_below(choices, stream.count + 1);
    struct engine *engine = engine_before(&stream, at);
    outputs_init(&outputs);
    struct hash128 digest = engine_digest(engine);
    engine_snapshot_begin(engine, (struct snapshot_sink){ snapshot_add, &snapshot });
    fold_while_snapshotting(choices, engine, &stream, at, &undisturbed);
    bool same = digests_equal(engine_snapshot_digest(engine), digest);
    if (!same)
        choice_tell(choices, "the snapshot's digest is not that of the state at its beginning");
    struct hash128 digest_after = engine_digest(engine);
    fold_rest(engine, &stream, stream.count, &undisturbed);
    struct engine *restored = snapshot_engine(&snapshot, true, digest);
    same = same && digests_equal(engine_digest(restored), digest);
    for (size_t i = at; i < stream.count; i++) {
        engine_accept(restored, stream.lines[i], &outputs);
        outputs_add_text(&outputs, &text);
    }
    if (same && !digests_equal(engine_digest(restored), digest_after)) {
        choice_tell(choices, "the states differ at the end");
        same = false;
    }
    fold_rest(restored, &stream, stream.count, &text);
    if (same && !bytes_equal(buffer_bytes(&text), buffer_bytes(&undisturbed))) {
        choice_tell(choices, "undisturbed\n%.*s\nrestored at line %zu\n%.*s",
                    BYTES_ARGS(buffer_bytes(&undisturbed)), at, BYTES_ARGS(buffer_bytes(&text)));
        same = false;
    }
    outputs_release(&outputs);
    engine_free(engine);
    engine_free(restored);
    buffer_release(&undisturbed);
    buffer_release(&text);
    snapshot_release(&snapshot);
    return same;
}

Test(snapshots, show_the_state_at_their_beginning_whatever_comes_meanwhile)
{
    book_open();
    cr_assert(property_holds("snapshot is the state", snapshot_is_the_state, NULL, RUNS, 11));
}

/* --- the same book again is no change --- */

static bool same_book_is_no_change(struct choices *choices, void *context)
{
    (void)context;
    static struct stream stream;
    struct snapshot snapshot = { .count = 0 };
    struct buffer text = { 0 }, undisturbed = { 0 };
    struct outputs outputs;
    given_options(choices);
    given_stream(choices, &stream);
    size_t at = choice_below(choices, stream.count + 1);
    struct engine *engine = engine_before(&stream, at);
    outputs_init(&outputs);
    engine_snapshot_begin(engine, (struct snapshot_sink){ snapshot_add, &snapshot });
    while (engine_snapshot_step(engine))
        ;
    struct engine *changed = snapshot_engine(&snapshot, false, engine_snapshot_digest(engine));
    while (engine_recompute(changed, BYTES("book"), &outputs))
        outputs_add_text(&outputs, &text);
    outputs_add_text(&outputs, &text);
    bool same = text.length == 0;
    fold_rest(engine, &stream, at, &undisturbed);
    fold_rest(changed, &stream, at, &text);
    same = same && bytes_equal(buffer_bytes(&text), buffer_bytes(&undisturbed));
    if (!same)
        choice_tell(choices, "changed\n%.*s\nundisturbed\n%.*s", BYTES_ARGS(buffer_bytes(&text)),
                    BYTES_ARGS(buffer_bytes(&undisturbed)));
    outputs_release(&outputs);
    engine_free(engine);
    engine_free(changed);
    buffer_release(&text);
    buffer_release(&undisturbed);
    snapshot_release(&snapshot);
    return same;
}

Test(snapshots, change_nothing_when_they_are_read_under_the_same_book_anew)
{
    book_open();
    cr_assert(property_holds("the same book", same_book_is_no_change, NULL, RUNS, 12));
}

/* --- bytes that are no snapshot --- */

Test(snapshots, are_refused_when_a_byte_is_another)
{
    struct snapshot snapshot = { .count = 0 };
    struct outputs outputs;
    struct declaration line = { .declaration_id = BYTES("d1"),
                                .insured = BYTES("p1"),
                                .provider = BYTES("01000001"),
                                .care_code = BYTES("X"),
                                .care_type = CARE_PHARMACY,
                                .insurer = 1,
                                .start_date = 20000,
                                .end_date = 20000,
                                .amount = 100,
                                .submitted_at = 20001LL * 86400000 };
    book_open();
    struct engine *engine = engine_new(&(struct engine_options){ .book = book });
    outputs_init(&outputs);
    engine_accept(engine, &line, &outputs);
    line.kind = KIND_CREDIT;
    line.credits_id = line.declaration_id;
    line.declaration_id = BYTES("d2");
    engine_accept(engine, &line, &outputs);
    engine_snapshot_begin(engine, (struct snapshot_sink){ snapshot_add, &snapshot });
    while (engine_snapshot_step(engine))
        ;
    for (size_t b = 0; b < snapshot.count; b++)
        for (size_t at = 0; at < snapshot.blocks[b].length; at++) {
            struct engine *other = engine_new(&(struct engine_options){ .book = book });
            bool fine = true;
            snapshot.blocks[b].data[at] ^= 0x41;
            for (size_t i = 0; i < snapshot.count && fine; i++)
                fine = engine_snapshot_read(other, buffer_bytes(&snapshot.blocks[i]), true);
            cr_expect(!fine || !engine_snapshot_read_end(other, engine_snapshot_digest(engine)),
                      "block %zu, byte %zu", b, at);
            snapshot.blocks[b].data[at] ^= 0x41;
            engine_free(other);
        }
    outputs_release(&outputs);
    engine_free(engine);
    snapshot_release(&snapshot);
}
