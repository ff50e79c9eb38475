/* counters.h - one block of counters per worker, added up by whoever reads them (rows: counters.def).
 * Owner:   the worker adds; anybody may read.
 * Units:   as each row says.
 * Errors:  none.
 * Threads: one adds, any number read; no lock and no shared cache line on the hot path. */
#ifndef BUNDELWACHT_OPS_COUNTERS_H
#define BUNDELWACHT_OPS_COUNTERS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTER(name, metric, kind, help) COUNTER_##name,
enum counter {
#include "ops/counters.def"
    COUNTER_COUNT
};
#undef COUNTER

struct counters {
    _Alignas(128) _Atomic int64_t values[COUNTER_COUNT];
};

enum counter_kind { COUNTER_NUMBER, COUNTER_TIME, COUNTER_LONGEST };
struct counter_text {
    const char *name, *metric;
    enum counter_kind kind;
    const char *help;
};
extern const struct counter_text counter_texts[COUNTER_COUNT];

static inline void counter_add(struct counters *counters, enum counter counter, int64_t more)
{
    int64_t now = atomic_load_explicit(&counters->values[counter], memory_order_relaxed);
    atomic_store_explicit(&counters->values[counter], now + more, memory_order_relaxed);
}

static inline void counter_raise(struct counters *counters, enum counter counter, int64_t at_least)
{
    if (at_least > atomic_load_explicit(&counters->values[counter], memory_order_relaxed))
        atomic_store_explicit(&counters->values[counter], at_least, memory_order_relaxed);
}

static inline int64_t counter_value(const struct counters *counters, enum counter counter)
{
    return atomic_load_explicit(&counters->values[counter], memory_order_relaxed);
}

#endif
