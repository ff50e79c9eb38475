/* utf8.h - one character of UTF-8 at a time, for text that nobody has checked (keys and names in dead letters).
 * Owner:   nothing.
 * Errors:  a length of 0 where no valid character begins.
 * Threads: pure. */
#ifndef BUNDELWACHT_CODEC_UTF8_H
#define BUNDELWACHT_CODEC_UTF8_H

#include "base/bytes.h"

/* Bytes of the character that begins at `at`, 0 when it is none; no surrogates, no overlong forms. */
static inline size_t utf8_length(struct bytes text, size_t at)
{
    const unsigned char *byte = (const unsigned char *)text.data + at;
    size_t left = text.length - at;
    size_t length = 0;
    if (byte[0] < 0x80)
        length = 1;
    else if (byte[0] >= 0xC2 && byte[0] < 0xF5)
        length = byte[0] < 0xE0 ? 2 : byte[0] < 0xF0 ? 3 : 4;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((byte[i] & 0xC0) != 0x80)
            return 0;
    if ((byte[0] == 0xE0 && byte[1] < 0xA0) || (byte[0] == 0xED && byte[1] >= 0xA0))
        return 0;
    if ((byte[0] == 0xF0 && byte[1] < 0x90) || (byte[0] == 0xF4 && byte[1] >= 0x90))
        return 0;
    return length;
}

#endif
