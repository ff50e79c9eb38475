/* money.h - whole cents and per mille, without overflow and without floating point (§0 axiom 2).
 * Units:   cents; a product is taken in 128 bits.
 * Errors:  a sum that leaves 64 bits is a broken promise: must() stops the engine.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_MONEY_H
#define BUNDELWACHT_ENGINE_MONEY_H

#include "base/must.h"

#include <stdint.h>

typedef __int128 wide; /* products of cents */

static inline int64_t cents_add(int64_t a, int64_t b)
{
    int64_t sum;
    must(!__builtin_add_overflow(a, b, &sum));
    return sum;
}

static inline int64_t cents_subtract(int64_t a, int64_t b)
{
    int64_t rest;
    must(!__builtin_sub_overflow(a, b, &rest));
    return rest;
}

static inline int64_t cents_of_wide(wide value)
{
    must(value >= INT64_MIN);
    must(value <= INT64_MAX);
    return (int64_t)value;
}

/* amount × permille / 1000, rounded half up; amount ≥ 0. */
static inline int64_t cents_permille(int64_t amount, int64_t permille)
{
    return cents_of_wide(((wide)amount * permille + 500) / 1000);
}

#endif
