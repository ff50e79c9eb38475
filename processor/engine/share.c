#include "engine/share.h"

#include "engine/money.h"

/* The first in rank with the largest remainder that has not had a cent: remainders are marked -1 when they
 * had. */
static size_t largest_remainder(const int64_t remainders[], size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (remainders[i] > remainders[best])
            best = i;
    return best;
}

void share_split(int64_t amount, const int32_t weights[], size_t count, int64_t remainders[],
                 int64_t ret_shares[])
{
    int64_t total = 0, left = amount;
    for (size_t i = 0; i < count; i++) {
        must(weights[i] >= 1);
        total += weights[i];
    }
    for (size_t i = 0; i < count; i++) {
        wide product = (wide)amount * weights[i];
        ret_shares[i] = (int64_t)(product / total);
        remainders[i] = (int64_t)(product % total);
        left -= ret_shares[i];
    }
    must(left >= 0);
    must((size_t)left < count || left == 0);
    for (; left > 0; left--) {
        size_t best = largest_remainder(remainders, count);
        ret_shares[best]++;
        remainders[best] = -1;
    }
}

int64_t share_inside(int64_t share, int32_t days_inside, int32_t days)
{
    must(days_inside >= 1);
    must(days_inside <= days);
    wide inside = (wide)share * days_inside, outside = (wide)share * (days - days_inside);
    int64_t floor_inside = (int64_t)(inside / days), floor_outside = (int64_t)(outside / days);
    bool cent_left = floor_inside + floor_outside < share;
    return floor_inside + (cent_left && inside % days >= outside % days);
}
