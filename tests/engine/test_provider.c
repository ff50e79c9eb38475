/* One provider under two codes (§1): credits, same care, trajectories, contracts. */
#include "engine/provider.h"
#include "support/given_story.h"

TestSuite(provider, .timeout = 30);

/* 1 went on as 2 and 2 as 3; 4 went on as 3 too. */
#define MERGER                                                                                               \
    "successors: [{old: \"01010101\", new: \"02020202\"}, {old: \"02020202\", new: \"03030303\"},\n"         \
    "  {old: \"04040404\", new: \"03030303\"}]\n"

Test(provider, is_the_same_when_the_last_successors_are_equal)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        { "01010101", "01010101", true },  { "01010101", "02020202", true },
        { "01010101", "03030303", true },  { "01010101", "04040404", true },
        { "04040404", "02020202", true },  { "09090909", "09090909", true },
        { "01010101", "09090909", false }, { "03030303", "09090909", false },
        { "08080808", "09090909", false },
    };
    const struct book *book = GIVEN_BOOK(.rest = MERGER), *plain = GIVEN_BOOK(0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bytes a = bytes_of(rows[i].a), b = bytes_of(rows[i].b);
        cr_expect_eq(same_provider(book, a, b), rows[i].same, "%s %s", rows[i].a, rows[i].b);
        cr_expect_eq(same_provider(book, b, a), rows[i].same, "%s %s", rows[i].b, rows[i].a);
        cr_expect_eq(same_provider(plain, a, b), bytes_equal(a, b), "%s %s", rows[i].a, rows[i].b);
        cr_expect(bytes_equal(provider_last(plain, a), a));
    }
    book_free(book);
    book_free(plain);
}

Test(provider, takes_back_what_its_predecessor_declared)
{
    STORY(GIVEN_BOOK(.rest = MERGER), "d1 OPEN 2026-03-01 120.00              | d1 BUNDLED",
          "c1 credits d1 by=04040404              | c1 CREDIT_APPLIED evidence=d1; d1 CREDITED",
          "d2 XRAY 2026-03-01 35.00 by=02020202   | d2 FEE_FOR_SERVICE no_rule",
          "c2 credits d2 by=03030303              | c2 CREDIT_APPLIED; d2 CREDITED",
          "d3 OPEN 2026-03-02 120.00              | d3 BUNDLED",
          "c3 credits d3 by=05050505              | c3 CREDIT_MISMATCH; d3 BUNDLED");
}

Test(provider, declares_the_same_care_twice_under_two_codes)
{
    STORY(GIVEN_BOOK(.rest = MERGER "duplicates: [{name: twice, criterion: twice, within: provider, same: "
                                    "trajectory, allow: 1, action: hold}]\n"),
          "d1 CARE 2026-03-01 40.00                            | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-01 40.00 by=04040404                | d2 HELD evidence=d1",
          "d3 CARE 2026-03-01 40.00 by=05050505                | d3 FEE_FOR_SERVICE",
          "d4 CAREA 2026-03-01 40.00 trajectory=t              | d4 FEE_FOR_SERVICE",
          "d5 CAREB 2026-03-01 40.00 trajectory=t by=03030303  | d5 HELD evidence=d4",
          "d6 CAREB 2026-03-01 40.00 trajectory=t by=05050505  | d6 FEE_FOR_SERVICE");
}

Test(provider, goes_on_under_a_contract_that_names_another_of_its_codes)
{
    STORY(GIVEN_BOOK(.rest = MERGER, .contract = ", payment: prospective, loose: refused, price_criterion: "
                                                 "price, budget: {strata: [{label: all, amount: 100000}]}"),
          "d1 OPEN 2026-03-01 120.00 by=03030303     | d1 BUNDLED covered=120.00; hip/-/2026-03-01 OPEN "
          "contract=north provider=03030303",
          "d2 CARE 2026-03-02 40.00 by=04040404      | d2 BUNDLED covered=40.00",
          "d3 CARE 2026-03-02 41.00 by=05050505      | d3 BUNDLED payable=41.00 covered=0",
          "d4 PRICE 2026-03-02 1000.00 by=05050505   | d4 FEE_FOR_SERVICE",
          "d5 PRICE 2026-03-02 1000.00 by=02020202   | d5 BUNDLE_PRICE payable=1000.00");
}

/* Of the bundle, insurer and date of the opening, another names the code itself. */
Test(provider, is_left_to_the_contract_that_names_the_code_itself)
{
    STORY(GIVEN_BOOK(.rest = "successors: [{old: \"01010101\", new: \"03030303\"}]\n",
                     .contracts =
                         "  - {id: south, version: 1, bundle: hip, providers: [\"03030303\"], insurers: [1], "
                         "from: 2026-01-01, until: 2026-12-31, payment: retrospective, budget: {strata: "
                         "[{label: all, amount: 7}]}}\n"),
          "d1 OPEN 2025-12-31 120.00 by=03030303           | hip/-/2025-12-31 contract=north",
          "d2 OPEN 2026-02-01 120.00 by=03030303           | hip/-/2026-02-01 contract=south",
          "d3 OPEN 2026-04-01 120.00 by=03030303 insurer=2 | hip/-/2026-04-01 contract=north",
          "d4 OPEN 2026-06-01 120.00                       | hip/-/2026-06-01 contract=north");
}

Test(provider, has_one_treatment_under_all_its_codes)
{
    STORY(GIVEN_BOOK(.rest = MERGER, .sides = "separate", .opens = ", quiet_days: 100",
                     .scope = ", trajectory: true", .definition = ", signals: {max_hospitals: 1}"),
          "d1 OPEN HOSPITAL_DBC 2026-03-01 2026-06-01 trajectory=1              | hip/U/2026-03-01 OPEN",
          "d2 OTHERCODE ACTIVITY 2026-03-02 trajectory=1 by=04040404            | d2 BUNDLED",
          "d3 OTHERCODE ACTIVITY 2026-03-02 trajectory=1 by=05050505            | d3 FEE_FOR_SERVICE",
          "d4 OPEN HOSPITAL_DBC 2026-03-03 trajectory=2 by=02020202             | alert "
          "side_unknown/hip/U/2026-03-01/d4; no alert second_hospital/hip/U/2026-03-01",
          "d5 OPEN HOSPITAL_DBC 2026-06-10 trajectory=3 by=04040404             | hip/U/2026-06-10 OPEN",
          "d6 OPENX HOSPITAL_DBC 2026-03-04 trajectory=2 by=05050505            | no alert "
          "side_unknown/hip/U/2026-03-01/d6; alert second_hospital/hip/U/2026-03-01 observed=2");
}
