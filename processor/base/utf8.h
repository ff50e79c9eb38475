/* utf8.h - one character of UTF-8 at a time.
 * Owner:   nothing.
 * Errors:  a length of 0 where no valid character begins: surrogates, overlong forms, what is past
 *          U+10FFFF, a torn end.
 * Threads: pure. */
#ifndef BUNDELWACHT_BASE_UTF8_H
#define BUNDELWACHT_BASE_UTF8_H

#include "base/bytes.h"

/* The length of the character that begins at `at`, and its code; 0, with the code untouched, when there is
 * none. */
static inline size_t utf8_character(struct bytes text, size_t at, uint32_t *ret_code)
{
    static const uint32_t smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char first = (unsigned char)text.data[at];
    size_t length = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 :
                    first >= 0xF0 && first < 0xF5 ? 4 : 0;
    if (length == 0 || length > text.length - at)
        return 0;
    uint32_t code = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text.data[at + i];
        if ((next & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (next & 0x3F);
    }
    if (code < smallest[length] || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF)
        return 0;
    *ret_code = code;
    return length;
}

/* U+0000..001F and U+007F..009F. */
static inline bool utf8_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

/* Valid from its first byte to its last. */
static inline bool is_utf8(struct bytes text)
{
    uint32_t code;
    size_t length;
    for (size_t at = 0; at < text.length; at += length)
        if ((length = utf8_character(text, at, &code)) == 0)
            return false;
    return true;
}

/* Valid, and without control characters. */
static inline bool is_utf8_text(struct bytes text)
{
    uint32_t code = 0;
    size_t length;
    for (size_t at = 0; at < text.length; at += length)
        if ((length = utf8_character(text, at, &code)) == 0 || utf8_is_control(code))
            return false;
    return true;
}

#endif
