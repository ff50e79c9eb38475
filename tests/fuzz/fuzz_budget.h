/* fuzz_budget.h - what one input may cost: time and output. What it costs in memory is the flags' to say (CMakeLists.txt).
 * An input of a few kB that costs more than its budget is a finding, as a crash is. */
#ifndef BUNDELWACHT_TESTS_FUZZ_BUDGET_H
#define BUNDELWACHT_TESTS_FUZZ_BUDGET_H

#include "base/must.h"

#include <stdint.h>
#include <time.h>

/* CPU of this thread; with sanitizers, not optimised: a release takes a tenth of it. */
#define BUDGET_MS 4000
#define BUDGET_OUTPUT_BYTES (16 << 20)

struct budget {
    struct timespec began;
    uint64_t output_bytes;
};

static inline struct budget budget_begin(void)
{
    struct budget budget = { 0 };
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &budget.began);
    return budget;
}

static inline void budget_output(struct budget *budget, uint64_t bytes)
{
    budget->output_bytes += bytes;
    must(budget->output_bytes <= BUDGET_OUTPUT_BYTES);
}

static inline void budget_end(const struct budget *budget)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    must((now.tv_sec - budget->began.tv_sec) * 1000 + (now.tv_nsec - budget->began.tv_nsec) / 1000000 <= BUDGET_MS);
}

#endif
