/* care.h - the input of a world: lines of care of a few persons, such that something comes out of most of
 * them.
 * Owner:   the care; what care_next gives is borrowed until the next call.
 * Units:   numbers of records.
 * Errors:  none. The same seed gives the same lines, and fewer lines are the first of more.
 * Threads: one. */
#ifndef BUNDELWACHT_TESTS_SIM_CARE_H
#define BUNDELWACHT_TESTS_SIM_CARE_H

#include "base/bytes.h"

struct care;
struct care *care_new(uint64_t seed);
void care_free(struct care *care);
/* A record as Kafka would have it: its key, its value (an Avro body; may be null or broken), its time in
 * ms. */
void care_next(struct care *care, struct bytes *ret_key, struct bytes *ret_value, int64_t *ret_timestamp);

#endif
