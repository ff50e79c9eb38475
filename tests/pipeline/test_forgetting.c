/* What is forgotten had never been (SEMANTICS.md §2), on random histories: whoever comes back after years
 * begins anew, and what comes of the old years is said to be out of the horizon and changes nothing.
 * CHOICE_RUNS=1000000 test_pipeline --filter 'forgetting/\*' draws more of them. */
#include "base/must.h"
#include "book/book_reader.h"
#include "codec/output_codec.h"
#include "engine/engine.h"
#include "support/given_histories.h"

#include <criterion/criterion.h>

TestSuite(forgetting, .timeout = 3600); /* CTest has a shorter one */

/* The histories start within 100 days from 20500, and horizon_days is 400: all is forgotten after 20599 + 400
 * + 730. */
enum { FORGOTTEN_ON = 21730, LATER_DAYS = 1300, END_OF_TIME = 24000 };
#ifdef __SANITIZE_ADDRESS__
enum { RUNS = 1000 };
#else
enum { RUNS = 20000 };
#endif

static const struct book *book;

static struct engine *engine_open(bool plain)
{
    return engine_new(&(struct engine_options){ .book = book, .plain = plain });
}

/* Ids of their own, when the old ones are to come again; else the same ones, which nobody remembers. */
static void move_later(struct history_of_person *history, bool own_ids)
{
    for (size_t i = 0; i < history->count; i++) {
        history->lines[i].start_date += LATER_DAYS;
        history->lines[i].end_date += LATER_DAYS;
        history->lines[i].submitted_at += LATER_DAYS * DAY_MILLISECONDS;
        if (own_ids)
            history->ids[i][0] = 'e'; /* which the ids of its lines borrow */
    }
}

static void take(struct outputs *outputs, struct buffer *text)
{
    for (size_t i = 0; i < outputs->count && text; i++) {
        output_to_json(&outputs->items[i], text);
        buffer_add_byte(text, '\n');
    }
    outputs_clear(outputs);
}

static void advance(struct engine *engine, int32_t day, struct outputs *outputs, struct buffer *text)
{
    for (bool more = true; more;) {
        more = engine_advance(engine, day, outputs);
        take(outputs, text);
    }
}

/* A record of the old years: out of the horizon under the key of a repeat, and forgotten at once. */
static bool comes_too_late(struct engine *engine, const struct declaration *old, struct outputs *outputs)
{
    engine_accept(engine, old, outputs);
    const struct output *output = outputs->items;
    bool fine = outputs->count == 1 && output->kind == OUTPUT_DECISION &&
                output->decision.status == STATUS_OUT_OF_HORIZON && output->decision.revision == 1 &&
                memchr(output->key.data, '~', output->key.length) != NULL;
    outputs_clear(outputs);
    return fine;
}

/* What is sent of the later history; `early` is what was there before, or NULL. */
static bool fold_later(struct choices *choices, const struct history_of_person *early,
                       const struct history_of_person *later, bool old_come, bool plain,
                       struct buffer *ret_text)
{
    struct engine *engine = engine_open(plain);
    struct outputs outputs;
    bool fine = true;
    outputs_init(&outputs);
    for (size_t i = 0; early && i < early->count; i++) {
        engine_accept(engine, &early->lines[i], &outputs);
        outputs_clear(&outputs);
    }
    advance(engine, FORGOTTEN_ON, &outputs, NULL);
    for (size_t i = 0; i < later->count && fine; i++) {
        if (early && old_come && choice_chance(choices, 300))
            fine = comes_too_late(engine, &early->lines[choice_below(choices, early->count)], &outputs);
        engine_accept(engine, &later->lines[i], &outputs);
        take(&outputs, ret_text);
    }
    advance(engine, END_OF_TIME, &outputs, ret_text);
    struct engine_sums sums = engine_sums(engine);
    fine = fine && sums.standing == sums.cost + sums.payable_outside;
    outputs_release(&outputs);
    engine_free(engine);
    return fine;
}

static void tell(struct choices *choices, const struct history_of_person *history)
{
    struct buffer room = { 0 };
    for (size_t i = 0; i < history->count; i++) {
        buffer_clear(&room);
        declaration_to_json(&history->lines[i], &room);
        choice_tell(choices, "%.*s", BYTES_ARGS(buffer_bytes(&room)));
    }
    buffer_release(&room);
}

static bool forgotten_is_nothing(struct choices *choices, void *context)
{
    (void)context;
    struct history_of_person early, later;
    struct buffer after = { 0 }, anew = { 0 };
    given_history(choices, &early);
    given_history(choices, &later);
    bool old_come = choice_chance(choices, 500);
    move_later(&later, old_come);
    tell(choices, &early);
    choice_tell(choices, "later");
    tell(choices, &later);
    bool fine = fold_later(choices, &early, &later, old_come, false, &after);
    fine = fold_later(choices, NULL, &later, false, true, &anew) && fine;
    bool same = bytes_equal(buffer_bytes(&after), buffer_bytes(&anew));
    if (!same)
        choice_tell(choices, "after\n%.*sanew\n%.*s", BYTES_ARGS(buffer_bytes(&after)),
                    BYTES_ARGS(buffer_bytes(&anew)));
    buffer_release(&after);
    buffer_release(&anew);
    return fine && same;
}

static void say_broken(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

Test(forgetting, leaves_nothing_of_the_years_before)
{
    must_set_report(say_broken);
    book = book_read_text("hard", bytes_of(histories_book), finding_print, stderr);
    cr_assert(book != NULL);
    cr_assert(property_holds("forgotten is nothing", forgotten_is_nothing, NULL, RUNS, 8));
    book_free(book);
}
