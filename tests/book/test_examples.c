/* Examples of a bundle as they are read: short forms written out, what is expected, and every mistake with
 * its place. */
#include "book/collected.h"
#include "book/examples.h"
#include "engine/calendar.h"
#include "engine/declaration.h"

#include <criterion/criterion.h>

TestSuite(examples, .timeout = 60);

#define NAME "    name: Hip fracture\n"
#define CARES                                                                                                \
    "    cares:\n"                                                                                           \
    "      one: {insured: p1, insurer: 3311, birth_date: 1950-01-01, provider: \"06010101\", care_type: "    \
    "OTHER, care_code: X}\n"                                                                                 \
    "      hip: {diagnosis: \"DBC:218\", specialism: \"0303\", care_type: HOSPITAL_DBC}\n"
#define FIRST "          - {id: a, care: hip, start: 2026-03-10, end: 2026-03-12, amount: 500}\n"
#define EXPECTS                                                                                              \
    "        expect:\n"                                                                                      \
    "          decisions: {a: BUNDLED, b: {status: CREDIT_APPLIED, reason: null, shares: [{x/-/2026-03-10: " \
    "5}]}}\n"                                                                                                \
    "          episodes: {hip/-/2026-03-10: {budget: null, measures: {days: null}, after_final: true}}\n"    \
    "          alerts: [side_unknown/x, {outcome/y: {observed: 3}}]\n"
#define EXAMPLE(lines)                                                                                       \
    "    examples:\n"                                                                                        \
    "      - name: e\n"                                                                                      \
    "        as_of: 2026-05-01\n"                                                                            \
    "        defaults: {care: one, quantity: 2}\n"                                                           \
    "        declarations:\n" lines

static const struct book *read_with(const char *examples, struct collected *found, struct mark *ret_mark)
{
    char text[sizeof(small_book) + 8192], all[8192];
    snprintf(all, sizeof(all), NAME "%s", examples);
    cr_assert(replaced(small_book, NAME, all, text, sizeof(text)));
    struct mark mark = mark_take(text);
    if (ret_mark)
        *ret_mark = mark;
    return book_read_text("book.yaml", bytes_of(text), collect, found);
}

Test(examples, are_read_with_their_short_forms)
{
    struct collected found = { 0 };
    const struct book *book = read_with(
        CARES EXAMPLE(
            FIRST
            "          - {credit_of: a, id: b, sent: 2026-04-01}\n"
            "          - {copy_of: a, sent: \"2026-04-02T10:11:12.013Z\", amount: 7}\n"
            "          - {id: d, diagnosis: \"9\", diagnosis_system: ICD9, start: 2026-03-01, amount: 1}\n")
            EXPECTS "        only_alerts_of: [outcome, side_unknown]\n",
        &found, NULL);
    cr_assert(book != NULL, "found%s", collected_text(&found));
    struct examples examples = book_examples(book);
    cr_assert(examples.count == 1 && examples.items[0].declarations_count == 4);
    const struct example *example = &examples.items[0];
    const struct declaration *a = &example->declarations[0], *b = a + 1, *c = a + 2, *d = a + 3;
    cr_expect(bytes_equal(example->name, BYTES("e")) && bytes_equal(example->bundle, book->bundles[0].id));
    int32_t day;
    cr_assert(day_from_text(BYTES("2026-03-13"), &day));
    cr_expect(a->submitted_at == day * DAY_MILLISECONDS + 9 * 3600000,
              "nothing said: 09:00 of the day after the end");
    cr_expect(a->diagnosis_system == SYSTEM_DBC && bytes_equal(a->diagnosis, BYTES("218")) &&
              a->quantity == 2);
    cr_expect(bytes_equal(a->provider, BYTES("06010101")) && a->care_type == CARE_HOSPITAL_DBC,
              "care over defaults");
    cr_expect(b->kind == KIND_CREDIT && bytes_equal(b->credits_id, BYTES("a")) &&
              bytes_equal(b->declaration_id, BYTES("b")));
    cr_expect(b->amount == 500 && b->end_date == a->end_date && b->submitted_at != a->submitted_at);
    cr_expect(bytes_equal(c->declaration_id, BYTES("a")) && c->amount == 7 &&
              c->submitted_at % DAY_MILLISECONDS == 36672013);
    cr_expect(d->diagnosis_system == SYSTEM_ICD9 && bytes_equal(d->diagnosis, BYTES("9")) &&
              d->end_date == d->start_date);
    cr_expect(example->only_alerts == (1u << ALERT_outcome | 1u << ALERT_side_unknown));
    const struct expected_part *decisions = &example->parts[OUTPUT_DECISION],
                               *alerts = &example->parts[OUTPUT_ALERT];
    cr_assert(decisions->given && decisions->entries_count == 2 && decisions->entries[1].fields_count == 3);
    cr_expect(decisions->entries[0].fields[0].value.number == STATUS_BUNDLED);
    cr_expect(decisions->entries[1].fields[1].value.is_null &&
              decisions->entries[1].fields[2].value.list[0].value.value == 5);
    cr_assert(alerts->entries_count == 2 && alerts->entries[0].fields_count == 0 &&
              alerts->entries[1].fields_count == 1);
    cr_expect(example->parts[OUTPUT_EPISODE].entries[0].fields[0].value.is_null);
    book_free(book);
}

/* A program that read `sent: 2026-04-01` may write its midnight; who means midnight puts it in quotes. */
Test(examples, take_a_midnight_without_quotes_for_a_date)
{
    struct collected found = { 0 };
    const struct book *book = read_with(
        CARES EXAMPLE(FIRST "          - {copy_of: a, sent: 2026-04-01T00:00:00.000Z, amount: 7}\n"
                            "          - {copy_of: a, sent: 2026-04-01T00:00:00Z, amount: 8}\n"
                            "          - {copy_of: a, sent: \"2026-04-01T00:00:00.000Z\", amount: 9}\n"
                            "          - {copy_of: a, sent: 2026-04-01T00:00:00.001Z, amount: 10}\n") EXPECTS,
        &found, NULL);
    cr_assert(book != NULL, "found%s", collected_text(&found));
    static const int64_t of_day[] = { 9 * 3600000, 9 * 3600000, 0, 1 };
    const struct declaration *copies = book_examples(book).items[0].declarations + 1;
    for (size_t i = 0; i < COUNT(of_day); i++)
        cr_expect(copies[i].submitted_at % DAY_MILLISECONDS == of_day[i], "%zu", i);
    book_free(book);
}

Test(examples, say_each_mistake_with_its_place)
{
    static const struct {
        const char *label, *examples, *code;
    } rows[] = {
        { "no map", "    examples:\n      - ^x\n", "E012" },
        { "an unknown key", CARES EXAMPLE(FIRST) EXPECTS "        ^onlyalerts: []\n", "E010" },
        { "no expectation",
          CARES
          "    examples:\n      - ^name: e\n        defaults: {care: one}\n        declarations:\n" FIRST,
          "E011" },
        { "an empty expectation", CARES EXAMPLE(FIRST) "        expect: ^{}\n", "E022" },
        { "no declaration", CARES "    examples:\n      - name: e\n        declarations: ^[]\n" EXPECTS,
          "E022" },
        { "two of one name",
          CARES EXAMPLE(FIRST) EXPECTS
          "      - name: ^e\n        defaults: {care: one}\n        declarations:\n" FIRST EXPECTS,
          "E021" },
        { "a field that there is not",
          CARES EXAMPLE("          - {id: a, ^amuont: 5, start: 2026-03-10, amount: 1}\n") EXPECTS, "E010" },
        { "a care that there is not",
          CARES EXAMPLE("          - {id: a, care: ^hop, start: 2026-03-10, amount: 1}\n") EXPECTS, "E020" },
        { "a care of a care", CARES "      two: {care: ^hip}\n" EXAMPLE(FIRST) EXPECTS, "E010" },
        { "a credit of nothing", CARES EXAMPLE(FIRST "          - {credit_of: ^z, id: b}\n") EXPECTS,
          "E020" },
        { "a copy in a ring",
          CARES EXAMPLE(FIRST "          - {copy_of: c, id: b}\n          - {copy_of: ^b, id: c}\n") EXPECTS,
          "E061" },
        { "a copy and a credit",
          CARES EXAMPLE(FIRST "          - {copy_of: ^a, credit_of: a, id: c}\n") EXPECTS, "E061" },
        { "both forms of a field",
          CARES EXAMPLE("          - {id: ^a, declaration_id: a, start: 2026-03-10, amount: 1}\n") EXPECTS,
          "E007" },
        { "a dead letter",
          CARES EXAMPLE("          - ^{id: a, start: 2026-03-10, amount: 1, provider: \"0601010\"}\n")
              EXPECTS,
          "E060" },
        { "a field that is missing", CARES EXAMPLE("          - ^{id: a, start: 2026-03-10}\n") EXPECTS,
          "E060" },
        { "a BSN",
          CARES EXAMPLE("          - ^{id: a, start: 2026-03-10, amount: 1, insured: \"111222333\"}\n")
              EXPECTS,
          "E060" },
        { "a code without quotes",
          CARES EXAMPLE("          - {id: a, start: 2026-03-10, amount: 1, provider: ^06010101}\n") EXPECTS,
          "E012" },
        { "a date that does not exist",
          CARES EXAMPLE("          - {id: a, start: ^2026-02-30, amount: 1}\n") EXPECTS, "E016" },
        { "an amount in euros",
          CARES EXAMPLE("          - {id: a, start: 2026-03-10, amount: ^12.50}\n") EXPECTS, "E015" },
        { "an as_of too early",
          CARES "    examples:\n      - name: e\n        as_of: ^2026-03-12\n        defaults: {care: one}\n"
                "        declarations:\n" FIRST EXPECTS,
          "E062" },
        { "an unknown alert type", CARES EXAMPLE(FIRST) EXPECTS "        only_alerts_of: [^outcomes]\n",
          "E018" },
        { "an unknown part", CARES EXAMPLE(FIRST) "        expect: {^decision: {}, alerts: []}\n", "E010" },
        { "an unknown status", CARES EXAMPLE(FIRST) "        expect: {decisions: {a: ^BUNDELED}}\n", "E018" },
        { "an unknown field of a decision",
          CARES EXAMPLE(FIRST) "        expect: {decisions: {a: {^stauts: BUNDLED}}}\n", "E010" },
        { "a share that is no map", CARES EXAMPLE(FIRST) "        expect: {decisions: {a: {shares: [^x]}}}\n",
          "E012" },
        { "a null that cannot be", CARES EXAMPLE(FIRST) "        expect: {episodes: {a: {cost: ^null}}}\n",
          "E012" },
        { "measures that are a list",
          CARES EXAMPLE(FIRST) "        expect: {episodes: {a: {measures: ^[]}}}\n", "E012" },
        { "an alert of two keys", CARES EXAMPLE(FIRST) "        expect: {alerts: [^{a: {}, b: {}}]}\n",
          "E012" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct collected found = { 0 };
        struct mark mark;
        const struct book *book = read_with(rows[i].examples, &found, &mark);
        bool placed = found.count == 1 && strcmp(found.items[0].code, rows[i].code) == 0 &&
                      found.items[0].line == mark.line &&
                      found.items[0].column == mark.column; /* one mistake is one finding */
        cr_expect(book == NULL && placed, "%s: expected %s at %d:%d, found%s", rows[i].label, rows[i].code,
                  mark.line, mark.column, collected_text(&found));
        book_free(book);
    }
}

Test(examples, have_a_field_for_each_of_section_11)
{
    static const size_t counts[OUTPUT_KIND_COUNT] = { 24, 33, 22 };
    for (int kind = 0; kind < OUTPUT_KIND_COUNT; kind++) {
        size_t count;
        const struct output_field *fields = output_fields((enum output_kind)kind, &count);
        cr_expect(count == counts[kind], "kind %d has %zu fields", kind, count);
        for (size_t i = 0; i < count; i++)
            cr_expect(output_field_find((enum output_kind)kind, fields[i].name) == &fields[i]);
    }
}

Test(examples, odd_things_are_warned_of)
{
    static const struct {
        const char *label, *from, *to, *code;
    } rows[] = {
        { "a specialism of three digits", "specialism: \"0303\", diagnosis",
          "specialism: ^\"030\", diagnosis", "W001" },
        { "a specialism with a letter", "specialism: \"0303\", diagnosis", "specialism: ^\"03a*\", diagnosis",
          "W001" },
        { "a clause that another covers", "    - {care_type: ACTIVITY, care_code: \"0335*\"}\n",
          "    - {care_type: ACTIVITY, care_code: \"03*\"}\n    - ^{care_type: ACTIVITY, care_code: "
          "\"0335*\", laterality: LEFT}\n",
          "W009" },
        { "a rule that an earlier one leaves nothing", "duplicates:\n",
          "duplicates:\n  - {name: all, criterion: hip.care, within: person, allow: 1, action: flag}\n"
          "  - ^{name: some, criterion: hip.opens, within: person, allow: 1, action: flag}\n",
          "W009" },
        { "an overlap on the day of a transfer",
          "- {name: product, criterion: hip.care, within: provider, same: trajectory",
          "- ^{name: product, criterion: hip.care, within: provider, same: overlap", "W020" },
        { "a quiet time beyond the horizon", "quiet_days: 120", "quiet_days: ^1827", "W005" },
        { "an opener that the scope excludes",
          "opens: {criterion: hip.opens},\n         closes: {after_days: 90}, scope: {include: hip.care}",
          "opens: {criterion: ^hip.opens},\n         closes: {after_days: 90}, scope: {include: hip.care, "
          "exclude: hip.opens}",
          "W004" },
        { "an extend that cannot move anything", "extend: {criterion: hip.care, after_days: 10,",
          "extend: ^{criterion: hip.care, after_days: 0,", "W011" },
        { "an end after every window", "end: [{name: died, criterion: died, after_days: 0}]",
          "end: [^{name: died, criterion: died, after_days: 120}]", "W011" },
        { "a truncation before the opening", "from_day: -9, to_day: 0, effect: void}]",
          "from_day: -9, to_day: 0, effect: void},\n"
          "                   ^{name: x, criterion: died, from_day: -9, to_day: -1, effect: truncate}]",
          "W011" },
        { "care that no window is long enough to miss",
          "[{name: rehabilitation, criterion: hip.care, by_day: 21,",
          "[^{name: rehabilitation, criterion: hip.care, by_day: 121,", "W011" },
        { "a care type that is not in the scope", "prorate: [SHORT_STAY]", "prorate: ^[SHORT_STAY, DENTAL]",
          "W012" },
        { "an exclusion from what is not in the scope", "scope: {include: leg.care}",
          "scope: {include: leg.care, exclude: ^died}", "W012" },
        { "a measure of what is not in the scope", "measures: [{name: lines, criterion: hip.care,",
          "measures: [^{name: lines, criterion: died,", "W012" },
        { "a contract whose providers open nothing",
          "    - {care_type: HOSPITAL_DBC, specialism: \"0303\", diagnosis: \"DBC:218\"}\n",
          "    - {care_type: HOSPITAL_DBC, specialism: \"0303\", diagnosis: \"DBC:218\", provider: "
          "\"0602*\"}\n",
          "W003" },
        { "a stratum of ages that the bundle does not admit", "      strata:\n        - {label: \"65-79\"",
          "      strata:\n        - ^{label: young, max_age: 64, amount: 1}\n        - {label: \"65-79\"",
          "W013" },
        { "a factor that looks back beyond the horizon",
          "- {label: nursed, criterion: hip.care, add: 60000, permille: 80, look_back_days: 90}",
          "- ^{label: nursed, criterion: hip.care, add: 60000, permille: 80, look_back_days: 1827}", "W005" },
        { "a price that is in a scope too", "price_criterion: hip.price", "price_criterion: ^chain.opens",
          "W006" },
        { "a bundle price that no line is",
          "payment: prospective\n    loose: refused\n    price_criterion: hip.price\n    price_by_days: "
          "150\n",
          "payment: ^prospective\n    loose: refused\n", "W016" },
        { "a stop-loss in per cent", "stop_loss: {permille: 1500,", "stop_loss: {permille: ^100,", "W017" },
        { "an outlier in per cent", "outlier_permille: 2500", "outlier_permille: ^250", "W017" },
        { "a threshold in per cent", "thresholds: [{permille: 800,", "thresholds: [{permille: ^80,", "W017" },
        { "an end that resumes", "duplicates:\n",
          "ends_care:\n  - ^{name: died, criterion: died, of: person, resumes: died, action: flag}\n"
          "duplicates:\n",
          "W022" },
        { "what no criterion accepts stays payable", "duplicates:\n",
          "ends_care:\n  - {name: abroad, criterion: died, of: person, action: flag}\n"
          "  - ^{name: died, criterion: died, of: person, action: hold}\nduplicates:\n",
          "N001" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[sizeof(small_book) + 256];
        cr_assert(replaced(small_book, rows[i].from, rows[i].to, text, sizeof(text)), "%s", rows[i].label);
        struct mark mark = mark_take(text);
        struct collected found = { 0 };
        FILE *file = fopen("odd-rows.yaml", "w");
        cr_assert(file != NULL);
        fputs(text, file);
        fclose(file);
        const struct book *book = book_check("odd-rows.yaml", collect, &found);
        remove("odd-rows.yaml");
        bool placed = false;
        for (size_t f = 0; f < found.count; f++)
            placed = placed || (strcmp(found.items[f].code, rows[i].code) == 0 &&
                                (mark.line == 0 ||
                                 (found.items[f].line == mark.line && found.items[f].column == mark.column)));
        cr_expect(book != NULL && placed, "%s: found%s", rows[i].label, collected_text(&found));
        book_free(book);
    }
}

/* Every care type is in some clause that asks nothing else, or the end is only flagged. */
Test(examples, nothing_is_noted_of_an_end_that_sees_all_care)
{
    static const char *const ends[] = { "every, of: person, action: hold", "some, of: person, action: flag" };
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct collected found = { 0 };
        FILE *file = fopen("ends.yaml", "w");
        cr_assert(file != NULL);
        fprintf(file,
                "book: b\nhorizon_days: 9\ncriteria:\n  some: [{care_type: OTHER, care_code: D}]\n"
                "  every: [{care_type: [HOSPITAL_DBC, HOSPITAL_OTHER, ADD_ON, ACTIVITY, REHABILITATION,\n"
                "    SHORT_STAY, DISTRICT_NURSING, PARAMEDICAL]}, {care_type: [GENERAL_PRACTICE, PHARMACY,\n"
                "    AIDS, MENTAL, DENTAL, MATERNITY, TRANSPORT]}, {care_type: OTHER}]\nbundles: []\n"
                "ends_care: [{name: e, criterion: %s}]\n",
                ends[i]);
        fclose(file);
        const struct book *book = book_check("ends.yaml", collect, &found);
        remove("ends.yaml");
        cr_expect(book != NULL, "found%s", collected_text(&found));
        for (size_t k = 0; k < found.count; k++)
            cr_expect(found.items[k].code[0] != 'N', "found%s", collected_text(&found));
        book_free(book);
    }
}
