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
