/* fuzz_target.h - what a fuzz target is: one function over any bytes, that may neither crash nor break a
 * promise (must).
 *                 libFuzzer calls it (preset fuzz); run_corpus.c calls it once for every file, in every
 *                 other build.
 * Each input has a budget of time, memory and output (fuzz_budget.c stands between the caller and the
 * target): past it, the fuzzer has found a bomb, and ends as for a crash. */
#ifndef BUNDELWACHT_TESTS_FUZZ_TARGET_H
#define BUNDELWACHT_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* What fuzz_budget.c calls; the targets write LLVMFuzzerTestOneInput, as everywhere. */
int fuzz_one_input(const uint8_t *data, size_t size);
#ifndef FUZZ_BUDGET
#define LLVMFuzzerTestOneInput fuzz_one_input
#else
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
#endif

/* The target says what would have been written for this input: for every record at most FUZZ_RECORD_BYTES are
 * free, as a letter has its words. */
enum { FUZZ_RECORD_BYTES = 4096 };
void fuzz_output(size_t records, size_t bytes);

/* A target that makes many inputs of its bytes begins each with this: each has the budget of one, and all
 * together have one that is larger. */
void fuzz_next_input(void);

/* A limit of the target's own: past it the input is a bomb as well. */
void fuzz_within(const char *what, uint64_t spent, uint64_t limit);

#endif
