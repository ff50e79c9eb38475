/* yaml_types.c - the expressions of the resolvers as functions: a piece is read from a place on and says
 * where it ended, 0 when it was none. */
#include "book/yaml_types.h"

#include "base/bytes.h"

#include <string.h>

#define DIGITS "0123456789"

/* --- pieces --- */

/* Past all characters of `set` from `at` on. */
static size_t run(struct bytes text, size_t at, const char *set)
{
    while (at < text.length && text.data[at] != '\0' && strchr(set, text.data[at]))
        at++;
    return at;
}

/* The same of one to `most` characters; 0 when there is none. */
static size_t some(struct bytes text, size_t at, const char *set, size_t most)
{
    size_t end = run(text, at, set);
    return end == at ? 0 : end > at + most ? at + most : end;
}

static bool has(struct bytes text, size_t at, char c)
{
    return at < text.length && text.data[at] == c;
}

static bool has_of(struct bytes text, size_t at, const char *set)
{
    return at < text.length && text.data[at] != '\0' && strchr(set, text.data[at]);
}

static size_t past_sign(struct bytes text)
{
    return has_of(text, 0, "-+");
}

static bool is_one_of(struct bytes text, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(text, bytes_of(words[i])))
            return true;
    return false;
}

static bool is_null(struct bytes text)
{
    static const char *const words[] = { "", "~", "null", "Null", "NULL" };
    return is_one_of(text, words, COUNT(words));
}

static bool is_true_or_false(struct bytes text)
{
    static const char *const words[] = { "true", "True", "TRUE", "false", "False", "FALSE" };
    return is_one_of(text, words, COUNT(words));
}

/* .inf with a sign, .nan without. */
static bool is_no_finite_number(struct bytes text)
{
    static const char *const infinite[] = { ".inf", ".Inf", ".INF" }, *const none[] = { ".nan", ".NaN",
                                                                                        ".NAN" };
    size_t at = past_sign(text);
    return is_one_of((struct bytes){ text.data + at, text.length - at }, infinite, COUNT(infinite)) ||
           is_one_of(text, none, COUNT(none));
}

/* --- YAML 1.1 --- */

static bool is_yes_or_no(struct bytes text)
{
    static const char *const words[] = { "yes", "Yes", "YES", "no",  "No",  "NO",
                                         "on",  "On",  "ON",  "off", "Off", "OFF" };
    return is_one_of(text, words, COUNT(words));
}

/* (?::[0-5]?[0-9])+ as far as it goes; `at` when there is none. A digit that could stand alone begins with no
 * more than a 5 when another follows. */
static size_t past_sixtieths(struct bytes text, size_t at)
{
    while (has(text, at, ':') && has_of(text, at + 1, DIGITS)) {
        bool two = has_of(text, at + 1, "012345") && has_of(text, at + 2, DIGITS);
        at += two ? 3 : 2;
    }
    return at;
}

/* 0b1, 0777, 0, 12, 1_000, 0xff, 12:30 */
static bool is_1_1_int(struct bytes text)
{
    size_t at = past_sign(text), end = text.length;
    if (has(text, at, '0')) {
        const char *set = has(text, at + 1, 'b')   ? "01_"
                          : has(text, at + 1, 'x') ? "0123456789abcdefABCDEF_"
                                                   : NULL;
        return set ? end > at + 2 && run(text, at + 2, set) == end : run(text, at + 1, "01234567_") == end;
    }
    if (!has_of(text, at, DIGITS))
        return false;
    at = run(text, at, DIGITS "_");
    return past_sixtieths(text, at) == end;
}

/* (?:[eE][-+][0-9]+)? and nothing behind it */
static bool is_exponent_1_1(struct bytes text, size_t at)
{
    if (at == text.length)
        return true;
    return has_of(text, at, "eE") && has_of(text, at + 1, "-+") && at + 2 < text.length &&
           run(text, at + 2, DIGITS) == text.length;
}

/* 1., 1.5, 1_0.5e+3, .5, 12:30.5 */
static bool is_1_1_float(struct bytes text)
{
    if (has(text, 0, '.') && has_of(text, 1, DIGITS))
        return is_exponent_1_1(text, run(text, 1, DIGITS "_"));
    size_t at = past_sign(text);
    if (!has_of(text, at, DIGITS))
        return false;
    at = run(text, at, DIGITS "_");
    size_t behind = past_sixtieths(text, at);
    if (!has(text, behind, '.'))
        return false;
    size_t end = run(text, behind + 1, DIGITS "_");
    return behind == at ? is_exponent_1_1(text, end) : end == text.length;
}

/* Year, month and day with that many digits at least; 0 when it is none. */
static size_t past_date(struct bytes text, size_t digits)
{
    size_t at = some(text, 0, DIGITS, 4);
    for (int part = 0; part < 2 && at >= 4; part++) {
        size_t end = has(text, at, '-') ? some(text, at + 1, DIGITS, 2) : 0;
        at = end >= at + 1 + digits ? end : 0;
    }
    return at >= 4 ? at : 0;
}

/* :59, past it; 0 when it is none. */
static size_t past_colon_and_two(struct bytes text, size_t at)
{
    return has(text, at, ':') && has_of(text, at + 1, DIGITS) && has_of(text, at + 2, DIGITS) ? at + 3 : 0;
}

/* (?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))? and nothing behind it */
static bool is_zone(struct bytes text, size_t at)
{
    if (at == text.length)
        return true;
    at = run(text, at, " \t");
    if (has(text, at, 'Z'))
        return at + 1 == text.length;
    at = has_of(text, at, "-+") ? some(text, at + 1, DIGITS, 2) : 0;
    return at > 0 && (at == text.length || past_colon_and_two(text, at) == text.length);
}

/* 2026-03-12, 2026-3-12t9:00:00.5 +1 */
static bool is_1_1_timestamp(struct bytes text)
{
    size_t at = past_date(text, 2);
    if (at > 0 && at == text.length)
        return true;
    at = past_date(text, 1);
    if (at == 0)
        return false;
    at = has_of(text, at, "Tt") ? at + 1 : some(text, at, " \t", text.length);
    at = at > 0 ? some(text, at, DIGITS, 2) : 0;
    for (int part = 0; part < 2 && at > 0; part++)
        at = past_colon_and_two(text, at);
    if (at == 0)
        return false;
    return is_zone(text, has(text, at, '.') ? run(text, at + 1, DIGITS) : at);
}

bool yaml_1_1_is_string(struct bytes plain)
{
    return !is_null(plain) && !is_true_or_false(plain) && !is_yes_or_no(plain) && !is_1_1_int(plain) &&
           !is_1_1_float(plain) && !is_no_finite_number(plain) && !is_1_1_timestamp(plain) &&
           !bytes_equal(plain, BYTES("=")) && !bytes_equal(plain, BYTES("<<"));
}

/* --- YAML 1.2 --- */

/* 12, 0880, 1.5, 1., .5, 1e3, 0x1f, 0o17 */
static bool is_1_2_number(struct bytes text)
{
    if (bytes_begin_with(text, BYTES("0x")) || bytes_begin_with(text, BYTES("0o")))
        return text.length > 2 &&
               run(text, 2, text.data[1] == 'x' ? "0123456789abcdefABCDEF" : "01234567") == text.length;
    size_t at = past_sign(text), whole = run(text, at, DIGITS), end = whole;
    if (has(text, whole, '.'))
        end = run(text, whole + 1, DIGITS);
    if (whole == at && end <= whole + 1)
        return false;
    if (has_of(text, end, "eE")) {
        size_t exponent = end + 1 + has_of(text, end + 1, "-+");
        end = run(text, exponent, DIGITS);
        if (end == exponent)
            return false;
    }
    return end == text.length;
}

bool yaml_1_2_is_string(struct bytes plain)
{
    return !is_null(plain) && !is_true_or_false(plain) && !is_1_2_number(plain) &&
           !is_no_finite_number(plain);
}
