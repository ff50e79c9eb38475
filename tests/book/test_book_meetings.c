/* Which bundles can have one line: what comes out many clauses at once is what comparing each with each
 * says. */
#include "base/buffer.h"
#include "book/book_parts.h"
#include "book/collected.h"
#include "engine/clause.h"

#include <criterion/criterion.h>
#include <stdarg.h>

TestSuite(book_meetings, .timeout = 60);

enum { BOOKS = 400 };

static uint64_t state;

static unsigned below(unsigned bound)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % bound;
}

__attribute__((format(printf, 2, 3))) static void add(struct buffer *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text->length += (size_t)vsnprintf(buffer_reserve(text, 512), 512, format, arguments);
    va_end(arguments);
}

/* Codes of few letters, so that many are prefixes of each other. */
static void add_codes(struct buffer *text, const char *key, const char *before, unsigned length_max)
{
    add(text, "%s: [", key);
    for (unsigned count = 1 + below(3); count > 0; count--) {
        add(text, "\"%s", before);
        for (unsigned length = 1 + below(length_max); length > 0; length--)
            add(text, "%c", "123"[below(3)]);
        add(text, "%s\"%s", below(3) == 0 ? "*" : "", count > 1 ? ", " : "");
    }
    add(text, "], ");
}

static void add_clause(struct buffer *text)
{
    static const char *const types[] = { "HOSPITAL_DBC", "GENERAL_PRACTICE", "PARAMEDICAL", "OTHER" };
    static const char *const sides[] = { "LEFT", "RIGHT", "BOTH" };
    static const char *const systems[] = { "DBC:", "DCSPH:", "ICD9:" };
    unsigned fields = below(12) == 0 ? 1u << below(8) : 255 & ~(1u << below(8)) & ~(1u << below(8));
    add(text, "    - {");
    if (fields & 1)
        add(text, "care_type: [%s, %s], ", types[below(4)], types[below(4)]);
    if (fields & 2)
        add(text, "laterality: %s, ", sides[below(3)]);
    if (fields & 4)
        add_codes(text, "care_code", "", 6);
    if (fields & 8)
        add_codes(text, "subtype", "", 4);
    if (fields & 16)
        add_codes(text, "specialism", "", 4);
    if (fields & 32)
        add_codes(text, "provider", "", 8);
    if (fields & 64)
        add_codes(text, "referrer", "", 8);
    if (fields & 128)
        add_codes(text, "diagnosis", systems[below(3)], 4);
    if (!fields)
        add(text, "care_code: \"*\", ");
    add(text, "amount_at_least: %u}\n", below(9));
}

static void add_bundle(struct buffer *text, unsigned bundle, unsigned criteria)
{
    add(text, "  - id: b%u\n    name: B\n    definitions:\n", bundle);
    for (unsigned definition = 0; definition < 1 + bundle % 3; definition++) {
        unsigned scope = below(criteria);
        add(text,
            "      - {from: %u-01-01, until: %u-12-31, opens: {criterion: c%u},\n"
            "         closes: {after_days: 9}, run_out_days: 9,\n",
            2000 + definition, 2000 + definition, scope);
        add(text, "         scope: {include: c%u%s}}\n", scope, below(8) == 0 ? ", trajectory: true" : "");
    }
}

/* With every cell, so that nothing is refused. */
static void draw_book(struct buffer *text)
{
    unsigned criteria = 1 + below(40), bundles = 1 + below(14), clauses = 1 + below(5);
    buffer_clear(text);
    add(text, "book: \"drawn\"\nhorizon_days: 400\nwaiting_days: 90\ncriteria:\n");
    for (unsigned i = 0; i < criteria; i++) {
        add(text, "  c%u:\n", i);
        for (unsigned k = 0; k < 1 + i % clauses; k++)
            add_clause(text);
    }
    add(text, "bundles:\n");
    for (unsigned i = 0; i < bundles; i++)
        add_bundle(text, i, criteria);
    add(text, "overlaps:\n");
    for (unsigned i = 0; i < bundles; i++)
        for (unsigned k = 0; k <= i; k++)
            add(text, "  - {pair: [b%u, b%u], lines: split}\n", k, i);
    add(text, "contracts: []\nduplicates: []\n");
}

/* As it was done before: each definition with each, each clause with each. */
static bool compare_each(const struct book *book, const struct bundle *a, const struct bundle *b)
{
    for (size_t i = 0; i < a->definitions_count; i++)
        for (size_t k = 0; k < b->definitions_count; k++) {
            const struct criterion *include = &book->criteria[b->definitions[k].scope_include];
            if (scope_can_meet(book, &a->definitions[i], include->clauses, include->clauses_count) ||
                (b->definitions[k].scope_trajectory &&
                 scope_can_meet(book, &a->definitions[i], &trajectory_clause, 1)))
                return true;
        }
    return false;
}

Test(book_meetings, are_those_that_comparing_each_with_each_finds)
{
    struct buffer text = { 0 };
    unsigned meet = 0, pairs = 0;
    for (unsigned drawn = 0; drawn < BOOKS; drawn++) {
        struct collected found = { 0 };
        state = drawn + 1;
        draw_book(&text);
        const struct book *book = book_read_text("book", buffer_bytes(&text), collect, &found);
        cr_assert(book != NULL, "seed %u: found%s", drawn, collected_text(&found));
        struct arena arena;
        arena_init(&arena, 0);
        const bool *at_once = bundles_that_meet(book, 0, &arena), *by_64 = bundles_that_meet(book, 1, &arena);
        for (size_t i = 0; i < book->bundles_count * book->bundles_count; i++, pairs++) {
            bool expected = compare_each(book, &book->bundles[i / book->bundles_count],
                                         &book->bundles[i % book->bundles_count]);
            cr_expect(at_once[i] == expected && by_64[i] == expected,
                      "seed %u, pair %zu: %d, at once %d, by 64 %d", drawn, i, expected, at_once[i],
                      by_64[i]);
            meet += expected;
        }
        arena_release(&arena);
        book_free(book);
    }
    cr_expect(meet > pairs / 10 && meet < pairs - pairs / 10, "the books show both: %u of %u pairs meet",
              meet, pairs);
    buffer_release(&text);
}
