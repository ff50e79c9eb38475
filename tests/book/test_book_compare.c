/* What two books accept alike: what `check --against` says changes, and what `run` needs the log from 0 for,
 * are asked of one algebra (engine/clause.h). */
#include "book/book_compare.h"
#include "book/book_reader.h"
#include "book/collected.h"
#include "engine/criterion.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(book_compare, .timeout = 60);

static const struct book *read_with(const char *clause)
{
    static char text[4096];
    struct collected found = { 0 };
    int length = snprintf(text, sizeof(text),
                          "book: \"b\"\nhorizon_days: 400\nwaiting_days: 90\ncriteria:\n  c: [{%s}]\n"
                          "bundles:\n  - id: b\n    name: B\n    definitions:\n"
                          "      - {from: 2025-01-01, until: 2025-12-31, opens: {criterion: c}, closes: "
                          "{after_days: 9}, run_out_days: 9,\n"
                          "         scope: {include: c}}\n"
                          "overlaps: [{pair: [b, b], lines: split}]\ncontracts: []\nduplicates: []\n",
                          clause);
    const struct book *book = book_read_text("book", (struct bytes){ text, (size_t)length }, collect, &found);
    cr_assert(book != NULL, "%s: found%s", clause, collected_text(&found));
    return book;
}

static const struct book *read_merged(const char *successors)
{
    char text[1024];
    struct collected found = { 0 };
    int length =
        snprintf(text, sizeof(text),
                 "book: b\nhorizon_days: 1\ncriteria: {}\nbundles: []\nsuccessors: [%s]\n", successors);
    const struct book *book = book_read_text("book", (struct bytes){ text, (size_t)length }, collect, &found);
    cr_assert(book != NULL, "%s: found%s", successors, collected_text(&found));
    return book;
}

static void take(void *context, const struct book_difference *difference)
{
    const char **what = context;
    cr_expect(*what == NULL && !difference->binding && difference->part == PART_BOOK);
    *what = difference->what;
}

/* §1: a merger takes effect in running contracts. */
Test(book_compare, notes_a_merger_and_refuses_none)
{
    static const struct {
        const char *before, *after;
        bool differs;
    } rows[] = {
        { "", "{old: \"00000001\", new: \"00000002\"}", true },
        { "{old: \"00000001\", new: \"00000002\"}", "{old: \"00000002\", new: \"00000001\"}", true },
        { "{old: \"00000001\", new: \"00000002\"}, {old: \"00000002\", new: \"00000003\"}",
          "{old: \"00000002\", new: \"00000003\"}, {old: \"00000001\", new: \"00000003\"}", false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct book *before = read_merged(rows[i].before), *after = read_merged(rows[i].after);
        const char *there = NULL, *back = NULL;
        cr_expect_eq(book_compare(before, after, take, &there), 0);
        cr_expect_eq(book_compare(after, before, take, &back), 0);
        cr_expect(rows[i].differs ? there && back && strcmp(there, "successors") == 0 : !there && !back,
                  "row %zu", i);
        cr_expect_not(criteria_see_more(after, before));
        book_free(before);
        book_free(after);
    }
}

static const struct book *read_ended(const char *ends)
{
    char text[1024];
    struct collected found = { 0 };
    int length = snprintf(text, sizeof(text),
                          "book: b\nhorizon_days: 1\ncriteria: {a: [{care_type: OTHER}], b: [{care_type: "
                          "AIDS}]}\nbundles: []\nends_care: [%s]\n",
                          ends);
    const struct book *book = book_read_text("book", (struct bytes){ text, (size_t)length }, collect, &found);
    cr_assert(book != NULL, "%s: found%s", ends, collected_text(&found));
    return book;
}

static void take_end(void *context, const struct book_difference *difference)
{
    struct book_difference *last = context;
    cr_expect(last->what == NULL && difference->part == PART_END);
    *last = *difference;
}

/* As of rules of duplicates: what is held opens no episode. */
Test(book_compare, finds_what_differs_of_an_end_of_care)
{
    static const struct {
        const char *before, *after, *what;
        bool binding;
    } rows[] = {
        { "", "{name: x, criterion: a, of: person, action: hold}", "new", true },
        { "", "{name: x, criterion: a, of: person, action: flag}", "new", false },
        { "{name: x, criterion: a, of: person, action: hold}", "", "none any more", true },
        { "{name: x, criterion: a, of: person, action: hold}",
          "{name: x, criterion: a, of: person, action: flag}", "action", true },
        { "{name: x, criterion: a, of: person, action: hold}",
          "{name: x, criterion: b, of: person, action: hold}", "criterion", true },
        { "{name: x, criterion: a, of: person, action: hold}",
          "{name: x, criterion: a, of: insurer, action: hold}", "of", true },
        { "{name: x, criterion: a, of: person, action: flag}",
          "{name: x, criterion: a, of: person, resumes: b, action: flag}", "resumes", false },
        { "{name: x, criterion: a, of: person, action: hold}",
          "{name: y, criterion: a, of: person, action: hold}", "name", false },
        { "{name: x, criterion: a, of: person, action: hold}",
          "{name: x, criterion: a, of: person, action: hold}", NULL, false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct book *before = read_ended(rows[i].before), *after = read_ended(rows[i].after);
        struct book_difference found = { .what = NULL };
        cr_expect_eq(book_compare(before, after, take_end, &found), rows[i].binding ? 1u : 0u, "row %zu", i);
        cr_expect(rows[i].what ? found.what && strcmp(found.what, rows[i].what) == 0 : !found.what, "row %zu",
                  i);
        book_free(before);
        book_free(after);
    }
}

static void ignore(void *context, const struct book_difference *difference)
{
    (void)context;
    (void)difference;
}

/* `more`: the second sees what the first does not; `fewer`: the other way round. */
static void expect(const char *one, const char *other, bool more, bool fewer)
{
    const struct book *before = read_with(one), *after = read_with(other);
    cr_expect_eq(book_compare(before, after, ignore, NULL) > 0, more || fewer, "%s against %s: what changes",
                 one, other);
    cr_expect_eq(book_compare(after, before, ignore, NULL) > 0, more || fewer,
                 "%s against %s: what changes back", one, other);
    cr_expect_eq(criteria_see_more(after, before), more, "%s against %s: what more is seen", one, other);
    cr_expect_eq(criteria_see_more(before, after), fewer, "%s against %s: what more was seen", one, other);
    book_free(before);
    book_free(after);
}

Test(book_compare, sees_what_changes_where_more_or_fewer_lines_are_seen_and_nowhere_else)
{
    static const char all_sides[] = "subtype: \"11\", laterality: [NONE, LEFT, RIGHT, BOTH]";
    expect("subtype: \"11\", amount_at_least: 0", "subtype: \"11\"", false,
           false); /* no amount is less (§1) */
    expect("subtype: \"11\", amount_at_least: 1", "subtype: \"11\"", true, false);
    expect("subtype: \"11\", care_code: \"*\"", "subtype: \"11\"", false, false); /* every line has one */
    expect("subtype: \"11\", referrer: \"*\"", "subtype: \"11\"", true, false);   /* null never accepts */
    expect(all_sides, "subtype: \"11\"", false, false);
    expect("subtype: \"11\", laterality: [NONE, LEFT]", "subtype: \"11\"", true, false);
    expect("subtype: [\"11\", \"1*\", \"21\"]", "subtype: [\"21\", \"1*\"]", false, false);
    expect("subtype: [\"1*\", \"21\"]", "subtype: [\"12\", \"11\", \"21\"]", false, true);
    expect("diagnosis: [\"DBC:218\", \"DBC:21*\"]", "diagnosis: \"DBC:21*\"", false, false);
    expect("diagnosis: \"DBC:218\"", "diagnosis: \"ICD9:218\"", true, true);
}

/* Longer than what is compared text by text. */
Test(book_compare, a_long_list_is_searched)
{
    char clause[2048] = "care_code: [";
    for (int i = 1; i < 200; i += 2)
        snprintf(clause + strlen(clause), 24, "\"%03d%s\", ", i, i % 4 == 1 ? "*" : "");
    snprintf(clause + strlen(clause), 16, "\"x\"]");
    const struct book *book = read_with(clause);
    struct criteria_index index;
    struct arena arena;
    arena_init(&arena, 0);
    criteria_index_init(&index, book, &arena);
    cr_assert(book->criteria[0].clauses[0].care_code.heads != NULL);
    for (int i = 0; i < 2000; i++) {
        char code[8];
        uint64_t set[1];
        int length = snprintf(code, sizeof(code), i < 200 ? "%03d" : "%04d", i);
        bool listed = i < 200 ? i % 2 == 1 : i / 10 % 4 == 1;
        cr_expect_eq(
            criteria_accept(&index, &(struct declaration){ .care_code = { code, (size_t)length } }, set),
            listed, "%s", code);
    }
    arena_release(&arena);
    book_free(book);
}

static void expect_order(const struct patterns *list, const char *what)
{
    for (size_t i = 1; i < list->count; i++) {
        const struct pattern *before = &list->items[i - 1], *pattern = &list->items[i];
        cr_expect(before->system < pattern->system ||
                      (before->system == pattern->system && bytes_compare(before->text, pattern->text) < 0),
                  "%s: order at %zu", what, i);
        for (size_t k = 0; k < i; k++)
            cr_expect_not(list->items[k].prefix && list->items[k].system == pattern->system &&
                              bytes_begin_with(pattern->text, list->items[k].text),
                          "%s: %zu is within %zu", what, i, k);
    }
}

/* As book.h promises, however they are written. */
Test(book_compare, lists_are_read_in_order_and_none_within_another)
{
    const struct book *book = read_with("care_code: [\"31\", \"3\", \"1*\", \"12\", \"31\", \"2\", \"13*\", "
                                        "\"22*\"], subtype: [\"b\", \"a\", \"*\"],\n"
                                        "       diagnosis: [\"ICD10:1\", \"DBC:3\", \"DBC:1*\", "
                                        "\"ICD10:12\", \"DBC:11*\", \"DBC:3\", \"ICD9:1\"]");
    const struct clause *clause = &book->criteria[0].clauses[0];
    expect_order(&clause->care_code, "care_code");
    expect_order(&clause->diagnosis, "diagnosis");
    cr_expect_eq(clause->care_code.count, 5);
    cr_expect_eq(clause->subtype.count, 1);
    cr_expect_eq(clause->diagnosis.count, 5);
    book_free(book);
}
