/* Whole cents and per mille (§0 axiom 2). */
#include "engine/money.h"

#include "base/bytes.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <signal.h>

TestSuite(money, .timeout = 30);

Test(money, rounds_per_mille_half_up)
{
    static const struct {
        int64_t amount, permille, expected;
    } rows[] = {
        { 1000, 1000, 1000 }, { 1000, 1, 1 },    { 499, 1, 0 },     { 500, 1, 1 },         { 1499, 1, 1 },
        { 1500, 1, 2 },       { 0, 1000000, 0 }, { 1450000, 80, 116000 }, { 33, 80, 3 }, { 31, 80, 2 },
        { INT64_MAX / 1000000, 1000000, INT64_MAX / 1000000 * 1000 }, { INT64_MAX, 1000, INT64_MAX },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(cents_permille(rows[i].amount, rows[i].permille), rows[i].expected,
                     "%" PRId64 " x %" PRId64, rows[i].amount, rows[i].permille);
}

Test(money, adds_and_subtracts_to_the_edges_of_64_bits)
{
    cr_expect_eq(cents_add(INT64_MAX - 1, 1), INT64_MAX);
    cr_expect_eq(cents_add(INT64_MIN + 1, -1), INT64_MIN);
    cr_expect_eq(cents_subtract(INT64_MIN + 1, 1), INT64_MIN);
    cr_expect_eq(cents_subtract(-1, INT64_MIN), INT64_MAX);
}

Test(money, a_sum_that_leaves_64_bits_stops, .signal = SIGABRT)
{
    volatile int64_t most = INT64_MAX;
    (void)cents_add(most, 1);
}

Test(money, a_difference_that_leaves_64_bits_stops, .signal = SIGABRT)
{
    volatile int64_t least = INT64_MIN;
    (void)cents_subtract(least, 1);
}

Test(money, a_product_that_leaves_64_bits_stops, .signal = SIGABRT)
{
    volatile int64_t most = INT64_MAX;
    (void)cents_permille(most, 1001);
}
