/* letter_text.h - what is wrong with a record that became a dead letter, so that somebody can mend it (§1).
 * Owner:   the text lives in the arena, or is the row's own.
 * Errors:  none.
 * Threads: pure.
 *
 * It says which of missing, type, symbol, bound or rule it was, the form of the value and the bound:
 * `provider: 10 digits, wants 8 digits`. Never a part of the value. */
#ifndef BUNDELWACHT_ENGINE_LETTER_TEXT_H
#define BUNDELWACHT_ENGINE_LETTER_TEXT_H

#include "base/arena.h"
#include "engine/dead_letter.h"

struct bytes letter_text(const struct dead_letter_row *row, const struct declaration *declaration,
                         const struct declaration_envelope *envelope, struct arena *arena);

#endif
