/* choice.h - the property checker: random cases from a recorded stream of numbers, shrunk by editing the
 * recording.
 * Owner:   the stream belongs to property_holds; a property only draws from it.
 * Units:   numbers of 64 bits. The smaller a draw, the simpler the case: order your alternatives so.
 * Errors:  property_holds answers false after printing the smallest failing case and its seed.
 * Threads: one at a time.
 *
 *     static bool shares_add_up(struct choices *choices, void *context)
 *     {
 *         int64_t amount = choice_between(choices, 0, 100000);
 *         ...
 *         choice_tell(choices, "amount %" PRId64, amount);     // printed for the smallest failing case only
 *         return sum == amount;
 *     }
 *     cr_assert(property_holds("shares add up", shares_add_up, NULL, 10000, 1));
 *
 * A property must depend on its draws only, and must be able to run many times in one process. */
#ifndef BUNDELWACHT_TESTS_CHOICE_H
#define BUNDELWACHT_TESTS_CHOICE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct choices;

/* 0..bound-1; bound 0 counts as 2^64. Shrinks towards 0. */
uint64_t choice_below(struct choices *choices, uint64_t bound);
/* low..high, both included. Shrinks towards low. */
int64_t choice_between(struct choices *choices, int64_t low, int64_t high);
/* True in per_mille of 1000 cases. Shrinks towards false. */
bool choice_chance(struct choices *choices, unsigned per_mille);
/* A small number mostly, now and then any up to bound-1: for lengths and magnitudes. */
uint64_t choice_skewed(struct choices *choices, uint64_t bound);

/* Says something about the case; nothing is printed but for the smallest failing one. */
__attribute__((format(printf, 2, 3))) void choice_tell(struct choices *choices, const char *format, ...);

typedef bool property_fn(struct choices *choices, void *context);
/* Runs the property `runs` times from the seed. The environment's CHOICE_SEED and CHOICE_RUNS replace both
 * (at night). */
bool property_holds(const char *name, property_fn *property, void *context, unsigned runs, uint64_t seed);

#endif
