#include "ops/counters.h"

#define COUNTER(name, metric, kind, help) { #name, metric, COUNTER_##kind, help },
const struct counter_text counter_texts[COUNTER_COUNT] = {
#include "ops/counters.def"
};
#undef COUNTER
