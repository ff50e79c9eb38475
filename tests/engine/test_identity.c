/* The table of ids: found, added, removed, with collisions; what an identity-only line remembers (§2). */
#include "engine/identity.h"

#include "engine/calendar.h"
#include "support/choice.h"

#include <criterion/criterion.h>
#include <signal.h>

TestSuite(identity, .timeout = 60);

enum { IDS = 96 };

/* Few homes, so that entries push each other around. */
static struct hash128 id_of(size_t i)
{
    return (struct hash128){ .low = i % 7 * 1024 + i % 3 + 12, .high = i * IDENTITY_SHARDS * 5 + i % 2 };
}

static bool table_is_a_map(struct choices *choices, void *context)
{
    struct identities identities;
    uint64_t expected[IDS] = { 0 };
    bool holds = true;
    (void)context;
    identities_init(&identities);
    for (uint64_t step = 1, steps = choice_below(choices, 300); step <= steps && holds; step++) {
        size_t at = (size_t)choice_below(choices, IDS);
        struct identity *entry = identity_find(&identities, id_of(at));
        if (entry)
            identity_remove(&identities, entry);
        else
            identity_add(&identities, id_of(at))->content = step;
        expected[at] = entry ? 0 : step;
        for (size_t i = 0; i < IDS; i++) {
            const struct identity *found = identity_find(&identities, id_of(i));
            holds = holds && (expected[i] ? found && found->content == expected[i] : !found);
        }
        choice_tell(choices, "%s %zu", entry ? "remove" : "add", at);
    }
    identities_release(&identities);
    return holds;
}

Test(identity, finds_what_was_added_and_not_removed)
{
    cr_assert(property_holds("the table of ids is a map", table_is_a_map, NULL, 1500, 3));
}

Test(identity, remembers_what_a_decision_repeats_to_the_edges_of_every_field)
{
    static const struct declaration rows[] = {
        { .insurer = 9999,
          .provider = { "99999999", 8 },
          .care_type = CARE_OTHER,
          .care_code = { "123456789012", 12 },
          .amount = 1000000000000,
          .start_date = DAY_2099_12_31,
          .end_date = DAY_2099_12_31,
          .submitted_at = MOMENT_2099_12_31_LAST },
        { .insurer = 1,
          .provider = { "00000000", 8 },
          .care_type = CARE_HOSPITAL_DBC,
          .care_code = { "1", 1 },
          .amount = 0,
          .start_date = DAY_1990_01_01,
          .end_date = DAY_1990_01_01,
          .submitted_at = MOMENT_2000_01_01 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct identity entry = { 0 };
        char provider[8];
        identity_write(&entry, &rows[i]);
        struct declaration read = identity_declaration(&entry, BYTES("d1"), provider);
        cr_expect(entry.is == IDENTITY_ONLY && read.insurer == rows[i].insurer &&
                  read.care_type == rows[i].care_type);
        cr_expect(read.amount == rows[i].amount && read.start_date == rows[i].start_date &&
                  read.submitted_at == rows[i].submitted_at);
        cr_expect(bytes_equal(read.provider, rows[i].provider) &&
                  bytes_equal(read.care_code, rows[i].care_code));
    }
}

Test(identity, of_two_persons_are_two)
{
    struct hash128 a = identity_hash(BYTES("ab"), BYTES("c")), b = identity_hash(BYTES("a"), BYTES("bc"));
    cr_expect(a.low != b.low || a.high != b.high);
}

Test(identity, keeps_no_credit, .signal = SIGABRT)
{
    struct identity entry = { 0 };
    identity_write(&entry, &(struct declaration){ .kind = KIND_CREDIT });
}
