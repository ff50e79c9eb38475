#include "fuzz_choice.h"

uint64_t choice_below(struct choices *choices, uint64_t bound)
{
    uint64_t drawn = 0, most = bound - 1;
    do {
        drawn = drawn << 8 | (choices->at < choices->end ? *choices->at++ : 0u);
        most >>= 8;
    } while (most > 0);
    return bound ? drawn % bound : drawn;
}

int64_t choice_between(struct choices *choices, int64_t low, int64_t high)
{
    return (int64_t)((uint64_t)low + choice_below(choices, (uint64_t)high - (uint64_t)low + 1));
}

bool choice_chance(struct choices *choices, unsigned per_mille)
{
    return choice_below(choices, 256) >= 256 - per_mille * 256 / 1000; /* a byte is near enough */
}

uint64_t choice_skewed(struct choices *choices, uint64_t bound)
{
    static const uint64_t bounds[] = { 2, 8, 32, 256, 65536, 0 };
    uint64_t within = bounds[choice_below(choices, sizeof(bounds) / sizeof(bounds[0]))];
    return choice_below(choices, within == 0 || within > bound ? bound : within);
}

void choice_tell(struct choices *choices, const char *format, ...)
{
    (void)choices;
    (void)format;
}
