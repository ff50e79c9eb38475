/* fuzz_choice.h - draws (support/choice.h) out of the fuzzer's bytes, so that what makes random cases for a
 * property makes them for a fuzzer: a change of a byte is a change of a draw, and libFuzzer finds its way by
 * what it covers. Link fuzz_choice.c, not choice.c. */
#ifndef BUNDELWACHT_TESTS_FUZZ_CHOICE_H
#define BUNDELWACHT_TESTS_FUZZ_CHOICE_H

#include "support/choice.h"

struct choices {
    const uint8_t *at, *end; /* used up: further draws are 0, the simplest */
};

#endif
