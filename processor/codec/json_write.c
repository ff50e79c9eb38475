#include "codec/json_write.h"

#include "base/utf8.h"
#include "engine/calendar.h"

#define REPLACEMENT BYTES("\xEF\xBF\xBD") /* U+FFFD */

static void add_escape(struct buffer *buffer, unsigned char code)
{
    static const char digits[] = "0123456789abcdef";
    char text[6] = { '\\', 'u', '0', '0', digits[code >> 4], digits[code & 15] };
    buffer_add(buffer, text, sizeof(text));
}

/* The character at `at`, in its JSON form; returns its length. */
static size_t add_special(struct buffer *buffer, struct bytes text, size_t at)
{
    const unsigned char *byte = (const unsigned char *)text.data + at;
    uint32_t code = 0;
    size_t length = utf8_character(text, at, &code);
    if (byte[0] == '"' || byte[0] == '\\') {
        buffer_add_byte(buffer, '\\');
        buffer_add_byte(buffer, byte[0]);
    } else if (length == 0) {
        buffer_add_bytes(buffer, REPLACEMENT);
    } else if (utf8_is_control(code)) {
        add_escape(buffer, (unsigned char)code);
    } else {
        buffer_add(buffer, byte, length);
    }
    return length ? length : 1;
}

static inline bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

void json_add_string(struct buffer *buffer, struct bytes text)
{
    if (bytes_is_null(text)) {
        buffer_add(buffer, "null", 4);
        return;
    }
    buffer_add_byte(buffer, '"');
    for (size_t at = 0; at < text.length;) {
        size_t begin = at;
        while (at < text.length && is_plain((unsigned char)text.data[at]))
            at++;
        buffer_add(buffer, text.data + begin, at - begin);
        if (at < text.length)
            at += add_special(buffer, text, at);
    }
    buffer_add_byte(buffer, '"');
}

void json_add_number(struct buffer *buffer, int64_t number)
{
    char text[20], *at = text + sizeof(text);
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        buffer_add_byte(buffer, '-');
    buffer_add(buffer, at, (size_t)(text + sizeof(text) - at));
}

void json_add_day(struct buffer *buffer, int32_t day)
{
    char *at = buffer_reserve(buffer, DAY_TEXT_BYTES + 2);
    at[0] = at[DAY_TEXT_BYTES + 1] = '"';
    day_to_text(day, at + 1);
    buffer->length += DAY_TEXT_BYTES + 2;
}

void json_add_moment(struct buffer *buffer, int64_t moment)
{
    char *at = buffer_reserve(buffer, MOMENT_TEXT_BYTES + 2);
    at[0] = at[MOMENT_TEXT_BYTES + 1] = '"';
    moment_to_text(moment, at + 1);
    buffer->length += MOMENT_TEXT_BYTES + 2;
}

void json_add_boolean(struct buffer *buffer, bool value)
{
    buffer_add_bytes(buffer, value ? BYTES("true") : BYTES("false"));
}

void json_add_base64(struct buffer *buffer, struct bytes bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *from = (const unsigned char *)bytes.data;
    if (bytes_is_null(bytes)) {
        buffer_add(buffer, "null", 4);
        return;
    }
    buffer_add_byte(buffer, '"');
    for (size_t at = 0; at < bytes.length; at += 3) {
        size_t left = bytes.length - at;
        uint32_t group = (uint32_t)from[at] << 16 | (uint32_t)(left > 1 ? from[at + 1] : 0) << 8 |
                         (left > 2 ? from[at + 2] : 0);
        char third = left > 1 ? digits[group >> 6 & 63] : '=', fourth = left > 2 ? digits[group & 63] : '=';
        char text[4] = { digits[group >> 18], digits[group >> 12 & 63], third, fourth };
        buffer_add(buffer, text, sizeof(text));
    }
    buffer_add_byte(buffer, '"');
}

void text_add_valid(struct buffer *buffer, struct bytes text)
{
    uint32_t code;
    for (size_t at = 0; at < text.length;) {
        size_t length = utf8_character(text, at, &code);
        if (length == 0)
            buffer_add_bytes(buffer, REPLACEMENT);
        else
            buffer_add(buffer, text.data + at, length);
        at += length ? length : 1;
    }
}
