/* dead_letter.h - a record that could not be accepted, with its reason and its original bytes (§1, §11).
 * Owner:   everything is borrowed from whoever read the record; the rows are constant.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_DEAD_LETTER_H
#define BUNDELWACHT_ENGINE_DEAD_LETTER_H

#include "engine/declaration.h"
#include "engine/output_rows.h"

#define DEAD_LETTER(reason, stage, sentence) LETTER_##reason,
enum dead_letter_reason {
#include "engine/dead_letters.def"
    DEAD_LETTER_REASONS
};

struct dead_letter_row {
    const char *reason;   /* its symbol in §1 */
    const char *stage;    /* DECODE or VALIDATE */
    const char *sentence; /* for people, without anything of the record in it */
};
extern const struct dead_letter_row dead_letter_rows[DEAD_LETTER_REASONS];

/* The only way to a verdict DEAD_LETTER: its reason has a row. */
static inline struct result dead_letter(enum dead_letter_reason reason)
{
    return (struct result){ DEAD_LETTER, dead_letter_rows[reason].reason };
}
/* The row of the reason that such a result carries. */
const struct dead_letter_row *dead_letter_row(const char *reason);

struct dead_letter {
#define LETTER_FIELD MEMBER
#include "engine/outputs.def"
};

/* Takes the key and the value out when the record shows a BSN (§1): every raw_bsn, and any whose key or
 * value holds a run of exactly nine digits that passes the check. True when it did. */
bool dead_letter_hide_bsn(struct dead_letter *letter);

#endif
