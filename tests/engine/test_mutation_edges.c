/* Edges that changes of the engine, made by tests/mutation, showed to be free. One table each; what it guards
 * is said above it. */
#include "engine/dead_letter.h"
#include "engine/engine_internal.h"
#include "support/given_story.h"

TestSuite(edges, .timeout = 30);

/* §2: a debit and the credits that name it count as one, and meet the condition of no_rule when all do,
 * whichever comes last. */
Test(edges, a_debit_and_its_credit_are_without_rules_only_when_both_are)
{
    STORY(GIVEN_BOOK(0), /* 1730 days after 2020-03-01 is 2024-11-25 */
          "d1 OPEN 2020-03-02 9.00                           | d1 BUNDLED",
          "c1 credits d1 XRAY 2020-03-01 sent=2020-03-02     | c1 CREDIT_APPLIED",
          "d2 OPEN 2020-03-01 9.00 sent=2020-03-03           | d2 BUNDLED",
          "c2 credits d2 XRAY 2020-03-02 sent=2020-03-03     | c2 CREDIT_APPLIED",
          "d3 XRAY 2020-03-02 9.00 sent=2020-03-03           | d3 FEE_FOR_SERVICE no_rule",
          "c3 credits d3 CARE 2020-03-01 sent=2020-03-03     | c3 CREDIT_APPLIED",
          "d4 XRAY 2020-03-02 9.00 sent=2020-03-03           | d4 FEE_FOR_SERVICE no_rule",
          "c4 credits d4 XRAY 2020-03-01 sent=2020-03-03     | c4 CREDIT_APPLIED",
          "d9 CARE 2021-03-01 9.00                           | d9 FEE_FOR_SERVICE",
          "-- until 2024-12-01",
          "-- again d1                                       | nothing",
          "-- again c1                                       | nothing",
          "-- again d2                                       | nothing",
          "-- again c2                                       | nothing",
          "-- again d3                                       | nothing",
          "-- again c3                                       | nothing",
          "-- again d4                                       | d4~1583226000000 OUT_OF_HORIZON",
          "-- again c4                                       | c4~1583226000000 OUT_OF_HORIZON");
}

/* §2: who names another is one with it, in chains too: what was sent of c2 shows the id of c1. */
Test(edges, a_credit_of_a_credit_is_forgotten_with_it)
{
    STORY(GIVEN_BOOK(0),
          "c1 credits x XRAY 2020-03-01 9.00 | c1 CREDIT_PENDING",
          "c2 credits c1 XRAY 2021-03-01     | c2 CREDIT_MISMATCH evidence=c1",
          "-- until 2024-11-25",
          "-- again c1                       | nothing",
          "-- until 2024-11-26",
          "-- again c1                       | nothing",
          "-- until 2025-11-25",
          "-- again c1                       | nothing",
          "-- until 2025-11-26",
          "-- again c1                       | c1~1583053200000 OUT_OF_HORIZON",
          "-- again c2                       | c2~1614589200000 OUT_OF_HORIZON");
}

/* §6: two products without a side are perhaps two hips only when provider, specialism and diagnosis are the
 * same. */
Test(edges, two_trajectories_without_a_side_are_two_hips_only_of_one_diagnosis)
{
    STORY(GIVEN_BOOK(.sides = "separate"),
          "d1 OPEN HOSPITAL_DBC 2026-03-01 trajectory=1 specialism=0303 diagnosis=DBC:218 | hip/U/2026-03-01 "
          "OPEN",
          "d2 OPEN HOSPITAL_DBC 2026-03-02 trajectory=2 specialism=0303 diagnosis=DBC:219 | no alert "
          "side_unknown/hip/U/2026-03-01/d2",
          "d3 OPEN HOSPITAL_DBC 2026-03-02 trajectory=2 specialism=0303               | no alert "
          "side_unknown/hip/U/2026-03-01/d3",
          "d4 OPEN HOSPITAL_DBC 2026-03-02 trajectory=2 diagnosis=DBC:218                 | no alert "
          "side_unknown/hip/U/2026-03-01/d4",
          "d5 OPEN HOSPITAL_DBC 2026-03-02 trajectory=1 specialism=0303 diagnosis=DBC:218 | no alert "
          "side_unknown/hip/U/2026-03-01/d5",
          "d6 OPEN HOSPITAL_DBC 2026-03-02 trajectory=2 specialism=0303 diagnosis=DBC:218 by=02020202 "
          "| no alert side_unknown/hip/U/2026-03-01/d6",
          "d8 OPEN HOSPITAL_DBC 2026-03-02 trajectory=2 specialism=0303 diagnosis=ICD10:218 "
          "| no alert side_unknown/hip/U/2026-03-01/d8",
          "d7 OPEN HOSPITAL_DBC 2026-03-02 trajectory=2 specialism=0303 diagnosis=DBC:218 | alert "
          "side_unknown/hip/U/2026-03-01/d7 INFO");
}

/* §12: which records count for partition 0. */
Test(edges, a_pseudonym_is_readable_when_it_is_1_to_64_bytes_of_utf8)
{
    static const char text64[] = "1234567890123456789012345678901234567890123456789012345678901234";
    static const struct {
        const char *insured;
        unsigned unreadable;
        bool readable;
    } rows[] = {
        { "p", 0, true },
        { text64, 0, true },
        { "1234567890123456789012345678901234567890123456789012345678901234p", 0, false },
        { "", 0, false },
        { "\xc3\xa9", 0, true },
        { "\xc3", 0, false },
        { "a b/c", 0, true },
        { "p", 1u << FIELD_INSURED, false },
        { "p", 1u << FIELD_INSURER, true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct declaration declaration = { .insured = bytes_of(rows[i].insured),
                                           .unreadable = rows[i].unreadable };
        cr_expect_eq(insured_is_readable(&declaration), rows[i].readable, "row %zu", i);
    }
}

Test(edges, a_dead_letter_says_whether_something_was_hidden)
{
    struct dead_letter shows = { .reason = BYTES("bad_json"), .key = BYTES("111222333") };
    struct dead_letter shows_nothing = { .reason = BYTES("bad_json"),
                                         .key = BYTES("p"),
                                         .value = BYTES("{}") };
    cr_expect(dead_letter_hide_bsn(&shows));
    cr_expect(!dead_letter_hide_bsn(&shows_nothing));
}

Test(edges, the_longest_pseudonym_and_the_longest_id_have_an_identity)
{
    static const char text64[] = "1234567890123456789012345678901234567890123456789012345678901234";
    struct hash128 a = identity_hash(bytes_of(text64), bytes_of(text64)),
                   b = identity_hash(bytes_of(text64), bytes_of(text64 + 1));
    cr_expect(a.low != b.low || a.high != b.high);
}

/* A snapshot of the state that was read may hold anything. */
Test(edges, an_identity_is_put_in_once_and_never_as_a_free_place)
{
    struct identities identities;
    struct identity entry = { .id = { 1, 2 }, .is = IDENTITY_KEPT },
                    free_slot = { .id = { 3, 4 }, .is = IDENTITY_FREE };
    identities_init(&identities);
    cr_expect(identity_put(&identities, &entry));
    cr_expect(!identity_put(&identities, &entry));
    cr_expect(!identity_put(&identities, &free_slot));
    cr_expect_null(identity_find(&identities, free_slot.id));
    cr_expect_eq(identity_find(&identities, entry.id)->is, IDENTITY_KEPT);
    identities_release(&identities);
}

static int64_t ids_count(const struct engine *engine)
{
    int64_t count = 0;
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        count += (int64_t)engine->identities.shards[i].count;
    return count;
}

/* What is remembered is counted, and comes to nothing when all is forgotten. `ids`: kept, identity-only, and
 * named by a credit. */
Test(edges, what_an_engine_remembers_is_counted)
{
    static const struct {
        const char *row;
        int64_t declarations, kept, identity, ids, persons, standing;
    } rows[] = {
        { "d1 XRAY 2020-03-01 9.00", 1, 0, 1, 1, 0, 900 },
        { "d2 OPEN 2020-03-01 5.00", 2, 1, 1, 2, 1, 1400 },
        { "-- again d1", 3, 1, 1, 2, 1, 1400 },
        { "-- again d1 at=5", 4, 2, 0, 2, 1, 1400 },
        { "d3 XRAY 2020-03-02 1.00", 5, 2, 1, 3, 1, 1500 },
        { "c3 credits d3", 6, 4, 0, 4, 1, 1400 },
        { "d4 XRAY 2020-03-02 7.00", 7, 4, 1, 5, 1, 2100 },
        { "d5 OPEN 2017-03-02 7.00 sent=2020-03-02", 8, 5, 1, 6, 1, 2100 },
        { "d6 XRAY 2017-03-02 7.00 sent=2020-03-02", 9, 5, 2, 7, 1, 2100 },
        { "d7 OPEN 2023-03-02 7.00", 10, 6, 2, 8, 1, 2800 },
        { "c7 credits d7", 11, 7, 2, 9, 1, 2100 },
        { "c8 credits x XRAY 2023-03-02 7.00", 12, 8, 2, 11, 1, 2100 },
        { "c9 credits y XRAY 2022-03-02 7.00", 13, 9, 2, 13, 1, 2100 },
        { "-- until 2025-01-01", 13, 9, 2, 13, 1, 2100 },
        { "d9 LAB 2025-01-01 1.00", 14, 7, 2, 11, 1, 1300 }, /* d1, d3 and c3 are gone */
        { "-- until 2027-05-01", 14, 7, 2, 11, 1, 1300 },
        { "d0 LAB 2027-05-01 1.00", 15, 7, 2, 10, 1, 1400 }, /* c9 and y as well */
        { "-- until 2033-01-01", 15, 7, 2, 10, 1, 1400 },
        { "-- again d4", 16, 0, 1, 1, 0, 700 }, /* the persons first; an identity-only line when it is met */
        { "-- again d6", 17, 0, 0, 0, 0, 700 },
    };
    const struct book *book = GIVEN_BOOK(0);
    for (size_t count = 1; count <= COUNT(rows); count++) {
        static struct story story;
        const char *texts[COUNT(rows) + 1] = { 0 };
        for (size_t i = 0; i < count; i++)
            texts[i] = rows[i].row;
        story_run(&story, book, NULL, texts, false);
        struct engine_sums sums = engine_sums(story.engine);
        const struct {
            const char *name;
            int64_t expected, found;
        } numbers[] = {
            { "declarations", rows[count - 1].declarations, sums.declarations },
            { "kept", rows[count - 1].kept, sums.lines_kept },
            { "identity-only", rows[count - 1].identity, sums.lines_identity },
            { "ids", rows[count - 1].ids, ids_count(story.engine) },
            { "persons", rows[count - 1].persons, sums.persons },
            { "cents", rows[count - 1].standing, sums.standing },
        };
        for (size_t i = 0; i < COUNT(numbers); i++)
            cr_expect_eq(numbers[i].found, numbers[i].expected, "%s: %s: %lld, not %lld", rows[count - 1].row,
                         numbers[i].name, (long long)numbers[i].found, (long long)numbers[i].expected);
        story_end(&story);
    }
    book_free(book);
}

Test(edges, a_new_person_is_due_on_no_day)
{
    struct persons persons;
    struct pool pool;
    persons_init(&persons);
    pool_init(&pool);
    const struct person *person = persons_add(&persons, &pool, BYTES("p"));
    cr_expect_eq(person->due, DAY_NONE);
    cr_expect_eq(person->forget_due, DAY_NONE);
    persons_release(&persons);
    pool_release(&pool);
}

/* Every line carries a set of criteria, so a set is no longer than it must be. */
Test(edges, a_set_of_64_criteria_is_one_word)
{
    static struct criterion criteria[129];
    static const size_t words[][2] = { { 1, 1 }, { 63, 1 }, { 64, 1 }, { 65, 2 }, { 128, 2 }, { 129, 3 } };
    for (size_t i = 0; i < COUNT(words); i++) {
        struct arena arena;
        struct criteria_index index;
        arena_init(&arena, 0);
        criteria_index_init(&index, &(struct book){ .criteria = criteria, .criteria_count = words[i][0] },
                            &arena);
        cr_expect_eq(index.words, words[i][1], "%zu criteria", words[i][0]);
        arena_release(&arena);
    }
}
