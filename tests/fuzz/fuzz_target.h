/* fuzz_target.h - what a fuzz target is: one function over any bytes, that may neither crash nor break a promise (must).
 *                 libFuzzer calls it (preset fuzz); run_corpus.c calls it once for every file, in every other build. */
#ifndef BUNDELWACHT_TESTS_FUZZ_TARGET_H
#define BUNDELWACHT_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
