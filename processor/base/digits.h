/* digits.h - a number as decimal digits, in groups of three where people read it.
 * Owner:   the digits lie in the caller's text.
 * Errors:  none.
 * Threads: pure. */
#ifndef BUNDELWACHT_BASE_DIGITS_H
#define BUNDELWACHT_BASE_DIGITS_H

#include "base/bytes.h"

enum { DIGITS_BYTES = 32 };

static inline uint64_t magnitude(int64_t number)
{
    return number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
}

/* With a separator every three digits, or none when it is 0. */
static inline struct bytes digits_of(uint64_t number, char separator, char text[DIGITS_BYTES])
{
    size_t at = DIGITS_BYTES, count = 0;
    do {
        if (separator && count > 0 && count % 3 == 0)
            text[--at] = separator;
        text[--at] = (char)('0' + number % 10);
        number /= 10;
        count++;
    } while (number > 0);
    return (struct bytes){ text + at, DIGITS_BYTES - at };
}

#endif
