/* yaml_types.h - what other readers of YAML take a plain scalar for. Our own reading takes none for anything:
 * the text as it is written counts, and these say where others would see something else.
 * Owner:   nothing is kept.
 * Source:  YAML 1.1's type repository in the expressions of PyYAML (yaml/resolver.py); YAML 1.2's core schema
 *          (10.3.2), which has all that its JSON schema has.
 * Threads: any. */
#ifndef BUNDELWACHT_BOOK_YAML_TYPES_H
#define BUNDELWACHT_BOOK_YAML_TYPES_H

#include "base/bytes.h"

#include <stdbool.h>

/* A string for a reader of YAML 1.1: no null, boolean, number (octal and sexagesimal ones, too), date, = or
 * <<. */
bool yaml_1_1_is_string(struct bytes plain);
/* A string for a reader of YAML 1.2 or JSON: no null, true, false or number. */
bool yaml_1_2_is_string(struct bytes plain);

#endif
