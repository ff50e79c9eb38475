/* What is read of a book that has no mistake: every field, the defaults, the matrices and the order. */
#include "book/collected.h"

#include "base/arena.h"
#include "engine/calendar.h"
#include "engine/outputs.h"

#include <criterion/criterion.h>
#include <dirent.h>

TestSuite(book_reader, .timeout = 60);

static const struct book *read_text(const char *text)
{
    struct collected found = { 0 };
    const struct book *book = book_read_text("book.yaml", bytes_of(text), collect, &found);
    cr_assert(book != NULL, "found%s", collected_text(&found));
    return book;
}

static int32_t day(const char *text)
{
    int32_t result = 0;
    cr_assert(day_from_text(bytes_of(text), &result));
    return result;
}

static int32_t criterion(const struct book *book, const char *name)
{
    for (size_t i = 0; i < book->criteria_count; i++)
        if (bytes_equal(book->criteria[i].name, bytes_of(name)))
            return (int32_t)i;
    return ABSENT;
}

Test(book_reader, reads_criteria)
{
    const struct book *book = read_text(small_book);
    cr_assert(book->criteria_count == 7);
    const struct criterion *care = &book->criteria[criterion(book, "hip.care")];
    cr_assert(care->clauses_count == 2);
    cr_expect(care->clauses[0].care_types == (1u << CARE_HOSPITAL_DBC | 1u << CARE_REHABILITATION));
    cr_expect(care->clauses[0].specialism.count == 2 &&
              bytes_equal(care->clauses[0].specialism.items[1].text, BYTES("8418")));
    cr_expect(care->clauses[0].amount_at_least == ABSENT && care->clauses[0].lateralities == 0 &&
              care->clauses[0].diagnosis.count == 0);
    cr_expect(care->clauses[1].amount_at_least == 100);
    const struct clause *leg = &book->criteria[criterion(book, "leg.opens")].clauses[0];
    cr_expect(leg->care_code.count == 1 && leg->care_code.items[0].prefix &&
              bytes_equal(leg->care_code.items[0].text, BYTES("0335")));
    cr_expect(leg->lateralities == 1u << LATERALITY_LEFT);
    const struct clause *hip = &book->criteria[criterion(book, "hip.opens")].clauses[0];
    cr_expect(hip->diagnosis.items[0].system == SYSTEM_DBC && !hip->diagnosis.items[0].prefix);
    cr_expect(bytes_equal(hip->diagnosis.items[0].text, BYTES("218")));
    book_free(book);
}

Test(book_reader, reads_a_definition)
{
    const struct book *book = read_text(small_book);
    cr_expect(bytes_equal(book->book, BYTES("small")) && book->horizon_days == 1826 &&
              book->waiting_days == 90);
    cr_assert(book->bundles_count == 3 && book->bundles[0].definitions_count == 2);
    cr_expect(bytes_equal(book->bundles[0].id, BYTES("hip")) &&
              bytes_equal(book->bundles[0].name, BYTES("Hip fracture")));
    const struct definition *d = &book->bundles[0].definitions[0];
    cr_expect(d->from == day("2025-01-01") && d->until == day("2025-12-31") && d->sides == SIDES_SEPARATE);
    cr_expect(d->min_age == 65 && d->max_age == AGE_UNBOUNDED);
    cr_expect(d->opens_criterion == criterion(book, "hip.opens") && d->look_back_days == 3 &&
              d->quiet_days == 120);
    cr_expect(d->confirm.criterion == criterion(book, "hip.care") && d->confirm.from_day == -3 &&
              d->confirm.to_day == 9);
    cr_expect(d->attribute.criterion == ABSENT);
    cr_expect(d->after_days == 90 && d->extend_criterion == criterion(book, "hip.care") &&
              d->extend_after_days == 10 && d->extend_max_days == 120);
    cr_expect(d->ends_count == 1 && bytes_equal(d->ends[0].name, BYTES("died")) &&
              d->ends[0].after_days == 0);
    cr_expect(d->clean_days == 0 && !d->shadow && d->weight == 1 && d->run_out_days == 180 &&
              d->true_up_days == 0);
    cr_expect(d->excludes_count == 1 && d->excludes[0].from_day == -9 && d->excludes[0].to_day == 0 &&
              !d->excludes[0].truncate);
    cr_expect(d->scope_include == criterion(book, "hip.care") && d->scope_exclude == ABSENT &&
              !d->scope_trajectory);
    cr_expect(d->scope_prorate == 1u << CARE_SHORT_STAY);
    cr_expect(d->expects_count == 1 && d->expects[0].by_day == 21 && d->expects[0].wait_days == 150);
    cr_expect(d->outcomes_count == 1 && d->outcomes[0].after == ABSENT && d->outcomes[0].from_day == 0 &&
              d->outcomes[0].to_day == 90);
    cr_expect(d->measures_count == 1 && d->measures[0].take == TAKE_LINES && d->measures[0].at_most == 9 &&
              d->measures[0].after == ABSENT);
    cr_expect(d->max_specialisms == 3 && d->max_hospitals == ABSENT);
    cr_expect(d->stepped_invasive == criterion(book, "hip.care") &&
              d->stepped_conservative == criterion(book, "died") && d->stepped_days == 30);
    book_free(book);
}

Test(book_reader, reads_ends_of_care)
{
    const struct book *book =
        read_text("book: b\nhorizon_days: 1\ncriteria: {a: [{care_type: OTHER}], b: [{care_type: AIDS}]}\n"
                  "bundles: []\nends_care: [{name: x, criterion: b, of: insurer, resumes: a, action: hold},\n"
                  "  {name: y, criterion: a, of: person, action: flag}]\n");
    cr_assert_eq(book->ends_care_count, 2);
    const struct ends_care *x = &book->ends_care[0], *y = &book->ends_care[1];
    cr_expect(bytes_equal(x->name, BYTES("x")) && x->criterion == 1 && x->resumes == 0 && x->of_insurer &&
              x->hold);
    cr_expect(bytes_equal(y->name, BYTES("y")) && y->criterion == 0 && y->resumes == ABSENT &&
              !y->of_insurer && !y->hold);
    book_free(book);
}

Test(book_reader, gives_every_code_its_last_successor)
{
    static const char *const codes[] = { "00000001", "00000002", "00000003", "00000004", "00000009" },
                            *const lasts[] = { "00000002", "00000002", "00000002", "00000009", "00000009" };
    const struct book *book = read_text("book: b\nhorizon_days: 1\ncriteria: {}\nbundles: []\n"
                                        "successors: [{old: \"00000003\", new: \"00000001\"},\n"
                                        "  {old: \"00000001\", new: \"00000002\"},\n"
                                        "  {old: \"00000004\", new: \"00000009\"}]\n");
    cr_assert_eq(book->successors_count, COUNT(codes));
    for (size_t i = 0; i < COUNT(codes); i++) {
        cr_expect(bytes_equal(book->successors[i].code, bytes_of(codes[i])), "%zu", i);
        cr_expect(bytes_equal(book->successors[i].last, bytes_of(lasts[i])), "%s", codes[i]);
    }
    book_free(book);
    book = read_text("book: b\nhorizon_days: 1\ncriteria: {}\nbundles: []\nsuccessors: []\n");
    cr_expect_eq(book->successors_count, 0);
    book_free(book);
}

Test(book_reader, knows_what_absent_keys_mean)
{
    const struct book *book = read_text(
        "book: b\nhorizon_days: 1\ncriteria: {a: [{care_type: OTHER}]}\n"
        "bundles: [{id: x, name: X, definitions: [\n"
        "  {from: 2025-01-01, until: 2025-01-01, opens: {criterion: a}, closes: {after_days: 0},\n"
        "   scope: {include: a},\n"
        "   run_out_days: 0}]}]\n"
        "contracts: [{id: c, version: 1, bundle: x, from: 2025-01-01, until: 2025-01-01,\n"
        "  payment: prospective,\n"
        "  budget: {strata: [{label: all, amount: 0}], factors: [{label: f, criterion: a, add: 1}]}}]\n"
        "duplicates: [{name: d, criterion: a, within: person, allow: 1, action: flag}]\n");
    const struct definition *d = &book->bundles[0].definitions[0];
    cr_expect(book->waiting_days == ABSENT);
    cr_expect(d->sides == SIDES_NONE && d->min_age == 0 && d->max_age == AGE_UNBOUNDED &&
              d->look_back_days == 0 && d->quiet_days == ABSENT);
    cr_expect(d->confirm.criterion == ABSENT && d->attribute.criterion == ABSENT &&
              d->extend_criterion == ABSENT && d->ends_count == 0);
    cr_expect(d->clean_days == 0 && !d->shadow && d->excludes_count == 0 && d->scope_exclude == ABSENT &&
              d->scope_prorate == 0);
    cr_expect(!d->scope_trajectory && d->weight == 1 && d->true_up_days == 0 && d->expects_count == 0 &&
              d->outcomes_count == 0);
    cr_expect(d->measures_count == 0 && d->max_specialisms == ABSENT && d->max_hospitals == ABSENT &&
              d->stepped_invasive == ABSENT);
    const struct contract *c = &book->contracts[0];
    cr_expect(c->insurers_count == 0 && c->providers_count == 0 && bytes_is_null(c->contractor) &&
              c->prospective && !c->loose_refused);
    cr_expect(c->price_criterion == ABSENT && c->price_by_days == ABSENT && c->thresholds_count == 0 &&
              c->projection_margin == 0);
    cr_expect(c->outlier_permille == ABSENT && !c->has_stop_loss && c->strata[0].min_age == 0 &&
              c->strata[0].max_age == AGE_UNBOUNDED);
    cr_expect(c->factors[0].look_back_days == ABSENT && c->factors[0].add == 1 &&
              c->factors[0].permille == 0);
    const struct duplicate_rule *rule = &book->duplicates[0];
    cr_expect(rule->same == SAME_CONTENT && !rule->any_code && rule->overlap_days == 1);
    cr_expect(!rule->within_provider && !rule->hold);
    cr_expect(book->overlaps[0] == OVERLAP_SPLIT && book->suppresses[0] == 0 && book->order[0] == 0);
    book_free(book);
}

Test(book_reader, reads_contracts)
{
    const struct book *book = read_text(small_book);
    cr_assert(book->contracts_count == 2);
    const struct contract *north = &book->contracts[0], *south = &book->contracts[1];
    cr_expect(bytes_equal(north->id, BYTES("hip-north")) && north->version == 2 && north->bundle == 0);
    cr_expect(north->insurers_count == 2 && north->insurers[0] == 3311 && north->insurers[1] == 3313);
    cr_expect(north->providers_count == 2 && bytes_equal(north->providers[1], BYTES("06010102")));
    cr_expect(bytes_equal(north->contractor, BYTES("06010101")) && north->from == day("2025-02-01") &&
              north->until == day("2025-11-30"));
    cr_expect(north->prospective && north->loose_refused &&
              north->price_criterion == criterion(book, "hip.price") && north->price_by_days == 150);
    cr_expect(north->strata_count == 2 && north->strata[0].min_age == 65 && north->strata[0].max_age == 79 &&
              north->strata[0].amount == 1450000);
    cr_expect(north->strata[1].max_age == AGE_UNBOUNDED && bytes_equal(north->strata[1].label, BYTES("80+")));
    cr_expect(north->factors_count == 1 && north->factors[0].add == 60000 &&
              north->factors[0].permille == 80 && north->factors[0].look_back_days == 90);
    cr_expect(north->thresholds_count == 2 && north->thresholds[0].permille == 800 &&
              north->thresholds[0].severity == SEVERITY_INFO);
    cr_expect(north->thresholds[1].severity == SEVERITY_WARNING && north->projection_margin == 100 &&
              north->outlier_permille == 2500);
    cr_expect(north->has_stop_loss && north->stop_loss_permille == 1500 &&
              north->stop_loss_amount == ABSENT && north->stop_loss_insurer_permille == 800);
    cr_expect(!south->prospective && south->has_stop_loss && south->stop_loss_permille == ABSENT &&
              south->stop_loss_amount == 4000000);
    cr_expect(book->duplicates_count == 2 && book->duplicates[0].same == SAME_TRAJECTORY &&
              book->duplicates[0].within_provider && book->duplicates[0].hold);
    cr_expect(book->duplicates[1].allow == 2 && !book->duplicates[1].hold);
    book_free(book);
}

Test(book_reader, reads_how_two_lines_are_the_same_care)
{
    const struct book *book = read_text(
        "book: x\nhorizon_days: 1\ncriteria: {a: [{care_code: \"1\"}]}\nbundles: []\nduplicates:\n"
        "  - {name: o, criterion: a, within: person, same: overlap, codes: any, overlap_days: 2, "
        "serials: true, allow: 1, action: hold}\n"
        "  - {name: t, criterion: a, within: person, same: trajectory, overlap_days: 3660, allow: 1, "
        "action: hold}\n");
    const struct duplicate_rule *overlap = &book->duplicates[0], *trajectory = &book->duplicates[1];
    cr_expect(overlap->same == SAME_OVERLAP && overlap->any_code && overlap->overlap_days == 2 &&
              overlap->serials && !trajectory->serials);
    cr_expect(trajectory->same == SAME_TRAJECTORY && !trajectory->any_code &&
              trajectory->overlap_days == 3660);
    book_free(book);
}

Test(book_reader, makes_both_halves_of_the_matrices)
{
    const struct book *book = read_text(small_book);
    enum { HIP, LEG, CHAIN };
    cr_expect(book->overlaps[HIP * 3 + HIP] == OVERLAP_SPLIT);
    cr_expect(book->overlaps[HIP * 3 + LEG] == OVERLAP_PREFER_THIS &&
              book->overlaps[LEG * 3 + HIP] == OVERLAP_PREFER_OTHER);
    cr_expect(book->overlaps[LEG * 3 + CHAIN] == OVERLAP_PREFER_THIS &&
              book->overlaps[CHAIN * 3 + LEG] == OVERLAP_PREFER_OTHER);
    /* suppress: chain, and nothing about lines: hip is preferred. */
    cr_expect(book->overlaps[HIP * 3 + CHAIN] == OVERLAP_PREFER_THIS &&
              book->overlaps[CHAIN * 3 + HIP] == OVERLAP_PREFER_OTHER);
    cr_expect(book->suppresses[HIP * 3 + CHAIN] == 1 && book->suppresses[CHAIN * 3 + HIP] == 0 &&
              book->suppresses[HIP * 3 + LEG] == 0);
    cr_expect(book->order[0] == HIP && book->order[1] == LEG && book->order[2] == CHAIN);
    book_free(book);

    /* suppress with lines: the cell says who gets them. */
    char text[sizeof(small_book) + 64];
    cr_assert(replaced(small_book, "pair: [chain, hip], suppress: chain",
                       "pair: [chain, hip], suppress: chain, lines: first", text, sizeof(text)));
    book = read_text(text);
    cr_expect(book->overlaps[HIP * 3 + CHAIN] == OVERLAP_FIRST &&
              book->overlaps[CHAIN * 3 + HIP] == OVERLAP_FIRST);
    cr_expect(book->suppresses[HIP * 3 + CHAIN] == 1);
    book_free(book);
}

/* Suppressors before what they suppress, otherwise book order. */
Test(book_reader, orders_the_bundles)
{
    static const struct {
        const char *cells, *order;
    } rows[] = {
        { "[]", "abcd" },
        { "[{pair: [a, d], suppress: a}]", "bcda" },
        { "[{pair: [a, b], suppress: a}, {pair: [b, c], suppress: b}]", "cbad" },
        { "[{pair: [a, c], suppress: a}]", "bcad" },
        { "[{pair: [a, b], suppress: a}, {pair: [a, d], suppress: a}]", "bcda" },
        { "[{pair: [d, c], suppress: c}, {pair: [a, c], suppress: c}]", "abdc" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[4096];
        size_t at = (size_t)snprintf(text, sizeof(text),
                                     "book: b\nhorizon_days: 1\noverlaps: %s\ncriteria:\n", rows[i].cells);
        for (char c = 'a'; c <= 'd'; c++)
            at += (size_t)snprintf(text + at, sizeof(text) - at, "  %c: [{care_code: \"%c\"}]\n", c, c);
        at += (size_t)snprintf(text + at, sizeof(text) - at, "bundles:\n");
        for (char c = 'a'; c <= 'd'; c++)
            at += (size_t)snprintf(text + at, sizeof(text) - at,
                                   "  - {id: %c, name: n, definitions: [{from: 2025-01-01, until: "
                                   "2025-12-31, opens: {criterion: %c},\n"
                                   "     closes: {after_days: 1}, scope: {include: %c}, run_out_days: 1}]}\n",
                                   c, c, c);
        const struct book *book = read_text(text);
        for (size_t b = 0; b < 4; b++)
            cr_expect((char)('a' + book->order[b]) == rows[i].order[b], "%s: place %zu is %c", rows[i].cells,
                      b, (char)('a' + book->order[b]));
        book_free(book);
    }
}

Test(book_reader, hashes_the_text)
{
    char text[sizeof(small_book) + 8];
    const struct book *one = read_text(small_book), *same = read_text(small_book);
    cr_assert(replaced(small_book, "book: \"small\"", "book: \"smalm\"", text, sizeof(text)));
    const struct book *other = read_text(text);
    cr_expect(book_hash(one) == book_hash(same));
    cr_expect(book_hash(one) != book_hash(other));
    book_free(one);
    book_free(same);
    book_free(other);
    book_free(NULL);
}

Test(book_reader, warns_of_what_is_odd_only_when_asked)
{
    struct collected found = { 0 };
    const struct book *book = book_read(SOURCE_DIR "/config/book.yaml", collect, &found);
    cr_expect(book != NULL && found.count == 0, "found%s", collected_text(&found));
    book_free(book);
    /* A look-back beyond the horizon, a criterion that nothing uses, an opener outside of its scope, nothing
     * that waits. */
    FILE *file = fopen("odd-book.yaml", "w");
    cr_assert(file != NULL);
    fputs("book: b\nhorizon_days: 5\ncriteria:\n  a: [{care_type: OTHER, care_code: \"1234567890123\"}]\n"
          "  b: [{care_type: AIDS}]\n  unused: [{care_type: DENTAL}]\n"
          "bundles: [{id: x, name: X, definitions: [\n  {from: 2025-01-01, until: 2025-01-01, opens: "
          "{criterion: a, look_back_days: 6},\n"
          "   closes: {after_days: 0}, scope: {include: b}, run_out_days: 0}]}]\n"
          "contracts: [{id: c, version: 1, bundle: x, from: 2026-01-01, until: 2026-01-01, payment: "
          "retrospective,\n"
          "  budget: {strata: [{label: all, amount: 0}, {label: rest, min_age: 9, amount: 0}]}}]\n",
          file);
    fclose(file);
    static const char *const expected[] = { "W001", "W002", "W005", "W004", "W003", "W009", "W021" };
    book = book_check("odd-book.yaml", collect, &found);
    remove("odd-book.yaml");
    cr_expect(book != NULL && found.errors == 0 && found.warnings == COUNT(expected), "found%s",
              collected_text(&found));
    for (size_t i = 0; i < COUNT(expected); i++)
        cr_expect(strcmp(found.items[i].code, expected[i]) == 0, "found%s", collected_text(&found));
    book_free(book);
}

Test(book_reader, reads_the_books_that_we_ship)
{
    static const char *const paths[] = { SOURCE_DIR "/config/book.yaml",
                                         SOURCE_DIR "/config/examples/cms.yaml" };
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct collected found = { 0 };
        const struct book *book = book_check(paths[i], collect, &found);
        cr_expect(book != NULL, "%s: found%s", paths[i], collected_text(&found));
        cr_expect(found.count == found.notes, "%s: found%s", paths[i], collected_text(&found));
        book_free(book);
    }
    struct collected found = { 0 };
    const struct reference *reference = reference_read(SOURCE_DIR "/config/reference.yaml", collect, &found);
    cr_expect(reference != NULL && found.count == 0, "found%s", collected_text(&found));
    reference_free(reference);
}

/* --- the books and references inside of the scenarios --- */

struct embedded {
    char *text;
    size_t length;
    char name[64];
    bool is_book;
};

static size_t embedded_read(const struct embedded *embedded, const char *file)
{
    struct collected found = { 0 };
    struct bytes text = { embedded->text, embedded->length };
    if (embedded->is_book) {
        const struct book *book = book_read_text(embedded->name, text, collect, &found);
        cr_expect(book != NULL && found.count == 0, "%s %s: found%s", file, embedded->name,
                  collected_text(&found));
        book_free(book);
    } else {
        const struct reference *reference = reference_read_text(embedded->name, text, collect, &found);
        cr_expect(reference != NULL && found.count == 0, "%s %s: found%s", file, embedded->name,
                  collected_text(&found));
        reference_free(reference);
    }
    return 1;
}

/* A scenario file has `books:` and `references:` with names at two spaces, and each text below its name at
 * four. */
static size_t read_embedded(const char *path, char *text, size_t size)
{
    char line[1024];
    FILE *file = fopen(path, "r");
    cr_assert(file != NULL, "%s", path);
    struct embedded now = { .text = text };
    bool inside = false, named = false;
    size_t count = 0;
    while (fgets(line, sizeof(line), file)) {
        bool top = line[0] != ' ' && line[0] != '#' && line[0] != '\n',
             name = inside && strncmp(line, "  ", 2) == 0 && line[2] != ' ' && line[2] != '#';
        if ((top || name) && named)
            count += embedded_read(&now, path);
        if (top || name)
            named = false, now.length = 0;
        if (top) {
            now.is_book = strncmp(line, "books:", 6) == 0;
            inside = now.is_book || strncmp(line, "references:", 11) == 0;
        } else if (name) {
            named = true;
            snprintf(now.name, sizeof(now.name), "%.*s", (int)strcspn(line + 2, ":"), line + 2);
        } else if (named && now.length < size - sizeof(line)) {
            now.length += (size_t)snprintf(text + now.length, size - now.length, "%s",
                                           strncmp(line, "    ", 4) == 0 ? line + 4 : line);
        }
    }
    if (named)
        count += embedded_read(&now, path);
    fclose(file);
    return count;
}

static size_t read_all_embedded(const char *folder)
{
    static char text[1024 * 1024];
    char path[1024];
    size_t count = 0;
    DIR *directory = opendir(folder);
    if (!directory)
        return 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".yaml") != 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        count += read_embedded(path, text, sizeof(text));
    }
    closedir(directory);
    return count;
}

Test(book_reader, reads_every_book_and_reference_of_the_scenarios)
{
    size_t count = read_all_embedded(SOURCE_DIR "/tests/scenarios");
    cr_expect(count >= 40, "only %zu books and references were found", count);
}
