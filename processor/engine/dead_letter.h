/* dead_letter.h - a record that could not be accepted, with its reason and its original bytes (§1, §11).
 * Owner:   everything is borrowed from whoever read the record.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_DEAD_LETTER_H
#define BUNDELWACHT_ENGINE_DEAD_LETTER_H

#include "engine/declaration.h"

struct dead_letter {
    struct bytes key;    /* or null */
    struct bytes source; /* the input's name as given, or its topic */
    int32_t partition;
    int64_t offset;
    struct bytes reason, message;
    struct bytes value; /* or null */
};

/* Takes the key and the value out when the record shows a BSN (§1): every raw_bsn, and any whose key passes the check or
 * whose value holds nine digits in a row that do. True when it did. */
bool dead_letter_hide_bsn(struct dead_letter *letter);
/* Where a reason stands in the list of all that this program gives, for counts; DEAD_LETTER_REASONS - 1: any other. */
#define DEAD_LETTER_REASONS (12 + FIELD_COUNT)
size_t dead_letter_reason_index(struct bytes reason);
struct bytes dead_letter_reason_at(size_t index);
/* One sentence for people, without anything of the record in it. */
struct bytes dead_letter_message(struct bytes reason);

#endif
