#include "engine/dead_letter.h"

#include "base/must.h"

#define DEAD_LETTER(reason, stage, sentence) [LETTER_##reason] = { #reason, #stage, sentence },
const struct dead_letter_row dead_letter_rows[DEAD_LETTER_REASONS] = {
#include "engine/dead_letters.def"
};

const struct dead_letter_row *dead_letter_row(const char *reason)
{
    size_t at = 0;
    while (at < DEAD_LETTER_REASONS && !bytes_equal(bytes_of(dead_letter_rows[at].reason), bytes_of(reason)))
        at++;
    must(at < DEAD_LETTER_REASONS);
    return &dead_letter_rows[at];
}

bool dead_letter_hide_bsn(struct dead_letter *letter)
{
    if (!bytes_equal(letter->reason, BYTES("raw_bsn")) && !shows_bsn(letter->key) &&
        !shows_bsn(letter->value))
        return false;
    letter->key = letter->value = BYTES_NULL;
    return true;
}
