#include "support/choice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRAWS_MAX 65536  /* of one case; further draws are 0, the simplest */
#define SHRINKS_MAX 4000 /* attempts; what is smallest then is good enough */

struct choices {
    uint64_t draws[DRAWS_MAX];
    size_t count; /* drawn in this run */
    size_t given; /* of them replayed from the recording */
    uint64_t seed;
    bool replays, tells;
};

static uint64_t next_random(uint64_t *seed) /* splitmix64 */
{
    uint64_t z = (*seed += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

uint64_t choice_below(struct choices *choices, uint64_t bound)
{
    if (choices->count >= DRAWS_MAX)
        return 0;
    uint64_t drawn = 0;
    if (!choices->replays)
        drawn = bound ? next_random(&choices->seed) % bound : next_random(&choices->seed);
    else if (choices->count < choices->given)
        drawn = choices->draws[choices->count];
    if (bound && drawn >= bound)
        drawn = bound - 1;
    choices->draws[choices->count++] = drawn;
    return drawn;
}

int64_t choice_between(struct choices *choices, int64_t low, int64_t high)
{
    return (int64_t)((uint64_t)low + choice_below(choices, (uint64_t)high - (uint64_t)low + 1));
}

bool choice_chance(struct choices *choices, unsigned per_mille)
{
    return choice_below(choices, 1000) >= 1000 - per_mille;
}

uint64_t choice_skewed(struct choices *choices, uint64_t bound)
{
    static const uint64_t bounds[] = { 2, 8, 32, 256, 65536, 0 };
    uint64_t within = bounds[choice_below(choices, sizeof(bounds) / sizeof(bounds[0]))];
    return choice_below(choices, within == 0 || within > bound ? bound : within);
}

void choice_tell(struct choices *choices, const char *format, ...)
{
    if (!choices->tells)
        return;
    va_list arguments;
    va_start(arguments, format);
    fputs("    ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* Runs the recording once more; true when it still fails, and then `choices` holds what was really drawn. */
static bool still_fails(struct choices *choices, property_fn *property, void *context)
{
    choices->replays = true;
    choices->given = choices->count;
    choices->count = 0;
    return !property(choices, context);
}

static bool is_simpler(const struct choices *a, const struct choices *b)
{
    if (a->count != b->count)
        return a->count < b->count;
    for (size_t i = 0; i < a->count; i++)
        if (a->draws[i] != b->draws[i])
            return a->draws[i] < b->draws[i];
    return false;
}

static bool try_edit(struct choices *best, struct choices *edited, property_fn *property, void *context,
                     unsigned *left)
{
    if (*left == 0)
        return false;
    (*left)--;
    if (!still_fails(edited, property, context) || !is_simpler(edited, best))
        return false;
    memcpy(best, edited, sizeof(*best));
    return true;
}

/* Takes runs of draws out, long ones first. */
static bool shrink_by_cutting(struct choices *best, struct choices *edited, property_fn *property,
                              void *context, unsigned *left)
{
    bool better = false;
    for (size_t length = best->count / 2 + 1; length > 0; length /= 2)
        for (size_t at = 0; at + length <= best->count && *left > 0;) {
            memcpy(edited, best, sizeof(*best));
            memmove(edited->draws + at, edited->draws + at + length,
                    (edited->count - at - length) * sizeof(uint64_t));
            edited->count -= length;
            if (try_edit(best, edited, property, context, left))
                better = true;
            else
                at += length;
        }
    return better;
}

/* Makes single draws smaller: 0 at once, else by halves and by one. */
static bool shrink_by_lowering(struct choices *best, struct choices *edited, property_fn *property,
                               void *context, unsigned *left)
{
    bool better = false;
    for (size_t at = 0; at < best->count && *left > 0; at++)
        for (unsigned shift = 64; shift-- > 0 && at < best->count && best->draws[at] > 0;) {
            uint64_t less = shift == 63 ? best->draws[at] : best->draws[at] >> (63 - shift);
            if (less == 0)
                less = 1;
            memcpy(edited, best, sizeof(*best));
            edited->draws[at] -= less;
            better |= try_edit(best, edited, property, context, left);
            if (less == 1)
                break;
        }
    return better;
}

static void shrink(struct choices *best, property_fn *property, void *context)
{
    struct choices *edited = malloc(sizeof(*edited));
    if (edited == NULL)
        return;
    unsigned left = SHRINKS_MAX;
    while (left > 0) {
        bool better = shrink_by_cutting(best, edited, property, context, &left);
        better |= shrink_by_lowering(best, edited, property, context, &left);
        if (!better)
            break;
    }
    free(edited);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

bool property_holds(const char *name, property_fn *property, void *context, unsigned runs, uint64_t seed)
{
    struct choices *choices = malloc(sizeof(*choices));
    if (choices == NULL)
        return false;
    seed = from_environment("CHOICE_SEED", seed);
    runs = (unsigned)from_environment("CHOICE_RUNS", runs);
    bool holds = true;
    for (unsigned run = 0; run < runs && holds; run++) {
        choices->count = choices->given = 0;
        choices->replays = choices->tells = false;
        choices->seed = seed + run * 0x632BE59BD9B4E019u;
        holds = property(choices, context);
    }
    if (!holds) {
        size_t drawn = choices->count;
        shrink(choices, property, context);
        fprintf(stderr, "property \"%s\" does not hold (seed %" PRIu64 ", shrunk from %zu to %zu draws):\n",
                name, seed, drawn, choices->count);
        choices->tells = true;
        still_fails(choices, property, context);
    }
    free(choices);
    return holds;
}
