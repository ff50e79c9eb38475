#include "ops/counters.h"

#define COUNTER(name, help) { #name, help },
const struct counter_text counter_texts[COUNTER_COUNT] = {
#include "ops/counters.def"
};
#undef COUNTER
