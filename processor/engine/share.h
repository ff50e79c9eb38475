/* share.h - splits a line's amount over the episodes that share it, and an amount over days (§7).
 * Owner:   the caller owns the arrays; nothing is held after the call.
 * Units:   cents in, cents out; what comes out always adds up to what went in.
 * Errors:  none; no weight is under 1, which must() checks.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_SHARE_H
#define BUNDELWACHT_ENGINE_SHARE_H

#include "base/bytes.h"

/* Floor first, then the cents left over, one each, by largest remainder, ties by rank (the order of the
 * array). `remainders` is room for `count` numbers, which are of no use afterwards. */
void share_split(int64_t amount, const int32_t weights[], size_t count, int64_t remainders[],
                 int64_t ret_shares[]);

#endif
