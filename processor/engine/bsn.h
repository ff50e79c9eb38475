/* bsn.h - numbers of persons that nobody may see: how one is known (§1).
 * Owner:   nothing.
 * Errors:  none.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_BSN_H
#define BUNDELWACHT_ENGINE_BSN_H

#include "base/bytes.h"

/* Nine digits, not beginning with 000, that pass the check ("elfproef"). */
bool is_bsn(struct bytes text);
/* A run of exactly nine digits inside is one: such a key or value must not be passed on (§1). */
bool shows_bsn(struct bytes text);
/* `length` digits and nothing else. */
bool is_digits(struct bytes text, size_t length);

#endif
