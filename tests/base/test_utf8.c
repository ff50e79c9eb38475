#include "base/utf8.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(utf8, .timeout = 30);

/* A second opinion: what a code is written as, by the table of the Unicode standard. */
static size_t encode(uint32_t code, char text[4])
{
    if (code < 0x80) {
        text[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        text[i] = (char)(0x80 | (code & 0x3F));
    text[0] = (char)((0xF00u >> length & 0xFF) | code);
    return length;
}

Test(utf8, every_code_is_read_back_and_surrogates_are_none)
{
    for (uint32_t code = 0; code < 0x110000; code++) {
        char text[4];
        size_t length = encode(code, text);
        uint32_t read = 0x7FFFFFFF;
        size_t wanted = code >= 0xD800 && code < 0xE000 ? 0 : length;
        cr_assert(utf8_character((struct bytes){ text, length }, 0, &read) == wanted, "U+%04X", code);
        cr_assert(read == (wanted ? code : 0x7FFFFFFF), "U+%04X was read as U+%04X", code, read);
        if (length > 1)
            cr_assert(utf8_character((struct bytes){ text, length - 1 }, 0, &read) == 0, "U+%04X torn", code);
    }
}

Test(utf8, what_no_code_is_written_as_is_no_character)
{
    static const char *const rows[] = { "\x80",
                                        "\xBF",
                                        "\xC0\x80",
                                        "\xC1\xBF",
                                        "\xE0\x9F\xBF",
                                        "\xED\xA0\x80",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xF4\x90\x80\x80",
                                        "\xF5\x80\x80\x80",
                                        "\xFF",
                                        "\xC3(",
                                        "\xE2\x82(",
                                        "\xE2(\xAC" };
    for (size_t row = 0; row < COUNT(rows); row++)
        cr_expect(is_utf8(bytes_of(rows[row])) == false, "row %zu", row);
}

Test(utf8, a_text_has_no_control_characters)
{
    cr_expect(is_utf8_text(BYTES("heup \xE2\x82\xAC")) && is_utf8_text(BYTES_NULL));
    static const char *const rows[] = { "a\nb", "\t", "\x7F", "a\xC2\x80", "\xC2\x9F", "\xC3" };
    for (size_t row = 0; row < COUNT(rows); row++)
        cr_expect(is_utf8_text(bytes_of(rows[row])) == false, "row %zu", row);
    cr_expect(is_utf8_text(BYTES("\xC2\xA0")));
}
