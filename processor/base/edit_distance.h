/* edit_distance.h - how many letters one name is from another: added, left out, changed, or two neighbours
 * swapped ("itmes").
 * Owner:   nothing.
 * Errors:  none; names of up to NAME_BYTES_MAX (must).
 * Threads: pure. */
#ifndef BUNDELWACHT_BASE_EDIT_DISTANCE_H
#define BUNDELWACHT_BASE_EDIT_DISTANCE_H

#include "base/bytes.h"

/* Right when it is below `bound`, else some number that is not: only the cells near the diagonal are
 * filled, since a book may have thousands of long names. */
unsigned edit_distance(struct bytes a, struct bytes b, unsigned bound);

#endif
