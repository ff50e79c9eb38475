/* An amount over episodes and over days, to the last cent (§7). */
#include "engine/share.h"

#include "support/choice.h"

#include <criterion/criterion.h>
#include <signal.h>

TestSuite(share, .timeout = 60);

Test(share, gives_the_left_over_cents_to_the_largest_remainders)
{
    static const struct {
        const char *label;
        int64_t amount;
        size_t count;
        int32_t weights[4];
        int64_t shares[4];
    } rows[] = {
        { "one takes all", 101, 1, { 7 }, { 101 } },
        { "a tie goes by rank", 101, 2, { 1, 1 }, { 51, 50 } },
        { "the lighter has more left over", 500, 2, { 2, 1 }, { 333, 167 } },
        { "the heavier has more left over", 400, 2, { 2, 1 }, { 267, 133 } },
        { "two cents left, the first two in rank", 1001, 3, { 1, 1, 1 }, { 334, 334, 333 } },
        { "two left, not to the same one", 5, 3, { 1, 1, 1 }, { 2, 2, 1 } },
        { "nothing left", 600, 3, { 1, 2, 3 }, { 100, 200, 300 } },
        { "nothing at all", 0, 3, { 1, 2, 3 }, { 0, 0, 0 } },
        { "less than a cent each", 1, 4, { 1, 1, 2, 1 }, { 0, 0, 1, 0 } },
        { "the greatest amount", 1000000000000, 2, { 1000, 999 }, { 500250125063, 499749874937 } },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        int64_t remainders[4], shares[4];
        share_split(rows[row].amount, rows[row].weights, rows[row].count, remainders, shares);
        for (size_t i = 0; i < rows[row].count; i++)
            cr_expect_eq(shares[i], rows[row].shares[i], "%s: share %zu is %" PRId64, rows[row].label, i,
                         shares[i]);
    }
}

/* Of a line that is cut in two (§7): its days are the weights, and what is outside comes last. */
static int64_t share_inside(int64_t share, int32_t inside, int32_t days)
{
    int64_t remainders[2], shares[2];
    share_split(share, (const int32_t[]){ inside, days - inside }, inside < days ? 2 : 1, remainders, shares);
    return shares[0];
}

Test(share, prorates_by_days_and_gives_a_tie_to_the_inside)
{
    static const struct {
        const char *label;
        int64_t share;
        int32_t inside, days;
        int64_t expected;
    } rows[] = {
        { "all days inside", 1000, 10, 10, 1000 },
        { "half of an even share", 1000, 5, 10, 500 },
        { "a tie of half a cent goes to inside", 1001, 5, 10, 501 },
        { "inside has the larger remainder", 100, 2, 3, 67 },
        { "outside has the larger remainder", 100, 1, 3, 33 },
        { "one cent, few days inside", 1, 1, 3, 0 },
        { "one cent, most days inside", 1, 2, 3, 1 },
        { "nothing", 0, 1, 3, 0 },
        { "the greatest amount over a century", 1000000000000, 1, 40177, 24889862 },
    };
    for (size_t row = 0; row < COUNT(rows); row++)
        cr_expect_eq(share_inside(rows[row].share, rows[row].inside, rows[row].days), rows[row].expected,
                     "%s: %" PRId64, rows[row].label,
                     share_inside(rows[row].share, rows[row].inside, rows[row].days));
}

static bool shares_are_fair(struct choices *choices, void *context)
{
    int32_t weights[6];
    int64_t remainders[6], shares[6], sum = 0, total = 0;
    size_t count = (size_t)choice_between(choices, 1, 6);
    int64_t amount = (int64_t)choice_skewed(choices, 1000000000001u);
    (void)context;
    for (size_t i = 0; i < count; i++) {
        weights[i] = (int32_t)choice_between(choices, 1, 1000);
        total += weights[i];
    }
    share_split(amount, weights, count, remainders, shares);
    bool fair = true;
    for (size_t i = 0; i < count; i++) {
        int64_t floor = (int64_t)((__int128)amount * weights[i] / total);
        fair = fair && (shares[i] == floor || shares[i] == floor + 1);
        sum += shares[i];
    }
    choice_tell(choices, "amount %" PRId64 " over %zu sums to %" PRId64, amount, count, sum);
    return fair && sum == amount;
}

Test(share, adds_up_and_is_at_most_a_cent_from_the_exact_part)
{
    cr_assert(property_holds("shares are fair", shares_are_fair, NULL, 100000, 7));
}

static bool inside_is_fair(struct choices *choices, void *context)
{
    int32_t days = (int32_t)choice_between(choices, 1, 4000),
            inside = (int32_t)choice_between(choices, 1, days);
    int64_t share = (int64_t)choice_skewed(choices, 1000000000001u);
    int64_t part = share_inside(share, inside, days);
    /* rounded half up is what largest remainder of two, a tie to inside, comes to */
    __int128 twice = (__int128)share * inside * 2;
    (void)context;
    choice_tell(choices, "share %" PRId64 ", %d of %d days: %" PRId64, share, inside, days, part);
    return part == (int64_t)((twice + days) / (2 * (__int128)days));
}

Test(share, of_days_is_rounded_half_up)
{
    cr_assert(property_holds("inside is fair", inside_is_fair, NULL, 100000, 8));
}

Test(share, stops_when_a_weight_is_under_1, .signal = SIGABRT)
{
    int64_t remainders[2], shares[2];
    share_split(100, (const int32_t[]){ 1, 0 }, 2, remainders, shares);
}
