/* The reference file: what is read of it, and every mistake. */
#include "book/collected.h"

#include <criterion/criterion.h>

TestSuite(reference_reader, .timeout = 30);

static const char small_reference[] = "reference: \"2024 actuals\"\n"
                                      "episodes:\n"
                                      "  - bundle: hip\n"
                                      "    stratum: \"65-79\"\n"
                                      "    count: 812\n"
                                      "    mean: 1390000\n"
                                      "    p01: 310000\n"
                                      "    p05: 520000\n"
                                      "    p50: 1275000\n"
                                      "    p95: 2460000\n"
                                      "    p99: 3610000\n"
                                      "    declared_permille: {7: 5, 60: 210, 30: 60, 365: 1000}\n"
                                      "  - {bundle: hip, stratum: \"80+\", count: 12, mean: 1, p01: 1, p05: "
                                      "1, p50: 1, p95: 1, p99: 1, declared_permille: {1: 0}}\n"
                                      "lines:\n"
                                      "  - {care_type: PARAMEDICAL, care_code: \"1000\", p999: 5800}\n"
                                      "  - {care_type: HOSPITAL_DBC, care_code: \"2\", p999: 7}\n"
                                      "  - {care_type: HOSPITAL_DBC, care_code: \"10\", p999: 6}\n";

Test(reference_reader, reads_and_sorts)
{
    struct collected found = { 0 };
    const struct reference *reference =
        reference_read_text("r.yaml", bytes_of(small_reference), collect, &found);
    cr_assert(reference != NULL, "found%s", collected_text(&found));
    cr_expect(bytes_equal(reference->reference, BYTES("2024 actuals")) && reference->episodes_count == 2 &&
              reference->lines_count == 3);
    const struct episode_reference *hip = &reference->episodes[0];
    cr_expect(bytes_equal(hip->bundle, BYTES("hip")) && bytes_equal(hip->stratum, BYTES("65-79")) &&
              hip->count == 812 && hip->mean == 1390000);
    cr_expect(hip->p01 == 310000 && hip->p05 == 520000 && hip->p50 == 1275000 && hip->p95 == 2460000 &&
              hip->p99 == 3610000);
    cr_expect(hip->declared_count == 4 && hip->declared[1].day == 30 && hip->declared[1].permille == 60 &&
              hip->declared[2].day == 60);
    cr_expect(reference->lines[0].care_type == CARE_HOSPITAL_DBC && reference->lines[0].p999 == 6 &&
              reference->lines[1].p999 == 7);
    cr_expect(reference->lines[2].care_type == CARE_PARAMEDICAL &&
              bytes_equal(reference->lines[2].care_code, BYTES("1000")));
    cr_expect(reference_hash(reference) != 0 && reference_hash(NULL) == 0);
    reference_free(reference);
    reference_free(NULL);
}

/* JSON has no other keys, and js-yaml writes them so. */
Test(reference_reader, takes_days_in_quotes)
{
    struct collected found = { 0 };
    char text[sizeof(small_reference) + 64];
    cr_assert(replaced(small_reference, "{7: 5, 60: 210,", "{'7': 5, \"60\": 210,", text, sizeof(text)));
    const struct reference *reference = reference_read_text("r.yaml", bytes_of(text), collect, &found);
    cr_assert(reference != NULL, "found%s", collected_text(&found));
    cr_expect(reference->episodes[0].declared[0].day == 7 && reference->episodes[0].declared[2].day == 60);
    reference_free(reference);
}

Test(reference_reader, needs_only_its_name)
{
    struct collected found = { 0 };
    const struct reference *reference =
        reference_read_text("r.yaml", BYTES("reference: none yet\n"), collect, &found);
    cr_assert(reference != NULL, "found%s", collected_text(&found));
    cr_expect(reference->episodes_count == 0 && reference->lines_count == 0);
    reference_free(reference);
}

Test(reference_reader, finds_mistakes)
{
    static const struct {
        const char *label, *from, *to, *code;
    } rows[] = {
        { "an unknown key", "mean: 1390000", "mean: 1390000\n    ^average: 1", "E010" },
        { "a missing key", "{bundle: hip, stratum: \"80+\", count: 12, mean: 1,",
          "^{bundle: hip, stratum: \"80+\", count: 12,", "E011" },
        { "money with a point", "mean: 1390000", "mean: ^13900.00", "E015" },
        { "below 0", "p01: 310000", "p01: ^-1", "E014" },
        { "a day 0", "{7: 5,", "{^0: 5,", "E014" },
        { "a day that is text", "{7: 5,", "{^week: 5,", "E012" },
        { "a day twice", "{7: 5, 60: 210, 30: 60,", "{7: 5, 60: 210, ^7: 60,", "E007" },
        { "above a million per mille", "365: 1000}", "365: ^1000001}", "E014" },
        { "it falls", "declared_permille: {7: 5, 60: 210, 30: 60,",
          "declared_permille: ^{7: 5, 60: 210, 30: 220,", "E027" },
        { "no day", "declared_permille: {1: 0}", "declared_permille: ^{}", "E027" },
        { "no map", "declared_permille: {1: 0}", "declared_permille: ^[1]", "E012" },
        { "a stratum twice", "  - {bundle: hip, stratum: \"80+\"", "  - ^{bundle: hip, stratum: \"65-79\"",
          "E021" },
        { "a care type", "PARAMEDICAL", "^PARAMEDIC", "E018" },
        { "a code without quotes", "care_code: \"1000\"", "care_code: ^1000", "E017" },
        { "a code too long", "care_code: \"1000\"", "care_code: ^\"1234567890123\"", "E025" },
        { "a code twice", "  - {care_type: HOSPITAL_DBC, care_code: \"10\"",
          "  - ^{care_type: HOSPITAL_DBC, care_code: \"2\"", "E021" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[sizeof(small_reference) + 256];
        cr_assert(replaced(small_reference, rows[i].from, rows[i].to, text, sizeof(text)), "%s",
                  rows[i].label);
        struct mark mark = mark_take(text);
        struct collected found = { 0 };
        const struct reference *reference = reference_read_text("r.yaml", bytes_of(text), collect, &found);
        cr_expect(reference == NULL && found.count == 1 && strcmp(found.items[0].code, rows[i].code) == 0 &&
                      found.items[0].line == mark.line && found.items[0].column == mark.column,
                  "%s: expected %s at %d:%d, found%s", rows[i].label, rows[i].code, mark.line, mark.column,
                  collected_text(&found));
        reference_free(reference);
    }
}

/* --- beside a book --- */

static void expect_warnings(const char *reference_text, const char *expected)
{
    struct collected found = { 0 };
    const struct book *book = book_read_text("b.yaml", bytes_of(small_book), collect, &found);
    cr_assert(book != NULL && found.count == 0, "found%s", collected_text(&found));
    FILE *file = fopen("reference-of-a-book.yaml", "w");
    cr_assert(file != NULL);
    fputs(reference_text, file);
    fclose(file);
    const struct reference *reference =
        reference_check("reference-of-a-book.yaml", book, collect, &found);
    remove("reference-of-a-book.yaml");
    cr_expect(reference != NULL && strcmp(collected_text(&found), expected) == 0, "found%s",
              collected_text(&found));
    reference_free(reference);
    book_free(book);
}

Test(reference_reader, warns_of_bundles_that_the_book_does_not_have)
{
#define ROW(bundle, stratum)                                                                                 \
    "  - {bundle: " bundle ", stratum: " stratum ", count: 1, mean: 1, p01: 1, p05: 1, p50: 1, p95: 1,"      \
    " p99: 1, declared_permille: {1: 0}}\n"
    expect_warnings("reference: r\nepisodes:\n" ROW("hip", "a") ROW("leg", "a"), "");
    expect_warnings("reference: r\n", "");
    expect_warnings("reference: r\nepisodes:\n" ROW("hip", "a") ROW("hop", "a"),
                    "\n    4:5 W018 the book has no bundle \"hop\"");
    expect_warnings("reference: r\nepisodes:\n" ROW("hop", "a") ROW("hop", "b"),
                    "\n    3:3 W018 the reference names none of the book's bundles");
#undef ROW
}
