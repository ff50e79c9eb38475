#include "codec/json_line.h"

#include "base/array.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "codec/reader_field.h"
#include "engine/calendar.h"

#include <stdlib.h>

struct json_scratch {
    char *text; /* strings without their escapes */
    size_t text_used, text_capacity;
    struct bytes *unknown; /* names that are no fields of ours */
    size_t unknown_count, unknown_capacity;
};

struct reader {
    const char *at, *end;
    const char *begin;
    struct json_scratch *scratch;
};

enum token_type { TOKEN_STRING, TOKEN_INTEGER, TOKEN_OTHER_NUMBER, TOKEN_NULL, TOKEN_OTHER };

struct token {
    enum token_type type;
    struct bytes text; /* of a string */
    int64_t number;    /* of an integer that 64 bits hold; others are OTHER_NUMBER */
};

struct json_scratch *json_scratch_new(void)
{
    struct json_scratch *scratch = calloc(1, sizeof(*scratch));
    must(scratch != NULL);
    return scratch;
}

void json_scratch_free(struct json_scratch *scratch)
{
    if (scratch == NULL)
        return;
    free(scratch->text);
    free(scratch->unknown);
    free(scratch);
}

/* --- characters --- */

static inline void skip_space(struct reader *reader)
{
    while (reader->at < reader->end &&
           (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r'))
        reader->at++;
}

static inline bool take(struct reader *reader, char wanted)
{
    if (reader->at >= reader->end || *reader->at != wanted)
        return false;
    reader->at++;
    return true;
}

static bool take_word(struct reader *reader, struct bytes word)
{
    if (!bytes_begin_with((struct bytes){ reader->at, (size_t)(reader->end - reader->at) }, word))
        return false;
    reader->at += word.length;
    return true;
}

static bool take_digits(struct reader *reader)
{
    const char *begin = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > begin;
}

/* --- strings --- */

#define EACH_BYTE(byte) (0x0101010101010101u * (byte))
#define HIGH_BITS EACH_BYTE(0x80u)

/* High bits where a byte of the word is a quote, a backslash or a control character; exact up to the first of
 * them. */
static inline uint64_t ends_of_plain(uint64_t word)
{
    uint64_t quote = word ^ EACH_BYTE('"'), backslash = word ^ EACH_BYTE('\\');
    uint64_t below_space = (word - EACH_BYTE(0x20u)) & ~word;
    quote = (quote - EACH_BYTE(1u)) & ~quote;
    backslash = (backslash - EACH_BYTE(1u)) & ~backslash;
    return (quote | backslash | below_space) & HIGH_BITS;
}

/* Moves to the first byte that is not plain text, or to the end. True when bytes of more than 7 bits may have
 * been passed. */
static inline bool skip_plain(struct reader *reader)
{
    const char *at = reader->at;
    uint64_t seen = 0, word;
    while (reader->end - at >= (ptrdiff_t)sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        uint64_t ends = ends_of_plain(word);
        seen |= word;
        if (ends != 0) {
            reader->at = at + (__builtin_ctzll(ends) >> 3); /* little-endian, checked below */
            return (seen & HIGH_BITS) != 0;
        }
        at += sizeof(word);
    }
    while (at < reader->end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
        seen |= (uint64_t)(unsigned char)*at++;
    reader->at = at;
    return (seen & HIGH_BITS) != 0;
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "skip_plain counts bytes from the low end");

static bool take_hex4(struct reader *reader, uint32_t *ret_code)
{
    uint32_t code = 0;
    if (reader->end - reader->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *reader->at++;
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A') + 10;
        else
            return false;
        code = code << 4 | digit;
    }
    *ret_code = code;
    return true;
}

/* Behind \u: one code, or two that make a pair of surrogates. */
static bool take_code(struct reader *reader, uint32_t *ret_code)
{
    uint32_t high, low;
    if (!take_hex4(reader, &high) || (high >= 0xDC00 && high < 0xE000))
        return false;
    if (high >= 0xD800 && high < 0xDC00) {
        if (!take(reader, '\\') || !take(reader, 'u') || !take_hex4(reader, &low) || low < 0xDC00 ||
            low >= 0xE000)
            return false;
        high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    }
    *ret_code = high;
    return true;
}

static void put(struct json_scratch *scratch, uint32_t byte)
{
    must(scratch->text_used < scratch->text_capacity);
    scratch->text[scratch->text_used++] = (char)(unsigned char)byte;
}

static void put_code(struct json_scratch *scratch, uint32_t code)
{
    if (code < 0x80) {
        put(scratch, code);
    } else if (code < 0x800) {
        put(scratch, 0xC0 | code >> 6);
        put(scratch, 0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(scratch, 0xE0 | code >> 12);
        put(scratch, 0x80 | (code >> 6 & 0x3F));
        put(scratch, 0x80 | (code & 0x3F));
    } else {
        put(scratch, 0xF0 | code >> 18);
        put(scratch, 0x80 | (code >> 12 & 0x3F));
        put(scratch, 0x80 | (code >> 6 & 0x3F));
        put(scratch, 0x80 | (code & 0x3F));
    }
}

/* Behind a backslash. */
static bool take_escape(struct reader *reader)
{
    static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    uint32_t code;
    if (take(reader, 'u')) {
        if (!take_code(reader, &code))
            return false;
        put_code(reader->scratch, code);
        return true;
    }
    for (size_t i = 0; i + 1 < sizeof(letters); i++)
        if (take(reader, letters[i])) {
            put(reader->scratch, (unsigned char)means[i]);
            return true;
        }
    return false;
}

/* No escape is longer than what it is written as, so the whole line fits in as many bytes; views into it stay
 * good. */
static void reserve_text(struct reader *reader)
{
    struct json_scratch *scratch = reader->scratch;
    size_t length = (size_t)(reader->end - reader->begin);
    if (scratch->text_used > 0 || scratch->text_capacity >= length)
        return;
    free(scratch->text);
    scratch->text = malloc(length);
    must(scratch->text != NULL);
    scratch->text_capacity = length;
}

/* From the first backslash of a string that began at `begin`. */
static bool take_escaped_string(struct reader *reader, const char *begin, struct bytes *ret_text)
{
    reserve_text(reader);
    struct json_scratch *scratch = reader->scratch;
    size_t first = scratch->text_used;
    const char *plain = begin;
    for (;;) {
        must((size_t)(reader->at - plain) <= scratch->text_capacity - scratch->text_used);
        memcpy(scratch->text + scratch->text_used, plain, (size_t)(reader->at - plain));
        scratch->text_used += (size_t)(reader->at - plain);
        if (take(reader, '"'))
            break;
        if (!take(reader, '\\') || !take_escape(reader))
            return false;
        plain = reader->at;
        skip_plain(reader);
    }
    *ret_text = (struct bytes){ scratch->text + first, scratch->text_used - first };
    return is_utf8(*ret_text);
}

/* Behind the opening quote. */
static inline bool take_string(struct reader *reader, struct bytes *ret_text)
{
    const char *begin = reader->at;
    bool wide = skip_plain(reader);
    if (reader->at >= reader->end || (unsigned char)*reader->at < 0x20)
        return false;
    if (*reader->at == '\\')
        return take_escaped_string(reader, begin, ret_text);
    *ret_text = (struct bytes){ begin, (size_t)(reader->at - begin) };
    reader->at++;
    return !wide || is_utf8(*ret_text);
}

/* --- values --- */

static bool digits_fit(const char *at, const char *end, bool negative, int64_t *ret_number)
{
    int64_t number = 0;
    for (; at < end; at++) {
        int digit = *at - '0';
        if (__builtin_mul_overflow(number, 10, &number) || __builtin_sub_overflow(number, digit, &number))
            return false;
    }
    if (!negative && number == INT64_MIN)
        return false;
    *ret_number = negative ? number : -number;
    return true;
}

static bool take_number(struct reader *reader, struct token *ret_token)
{
    bool negative = take(reader, '-');
    const char *digits = reader->at;
    if (!take_digits(reader) || (*digits == '0' && reader->at > digits + 1))
        return false;
    const char *digits_end = reader->at;
    ret_token->type =
        digits_fit(digits, digits_end, negative, &ret_token->number) ? TOKEN_INTEGER : TOKEN_OTHER_NUMBER;
    if (take(reader, '.')) {
        ret_token->type = TOKEN_OTHER_NUMBER;
        if (!take_digits(reader))
            return false;
    }
    if (take(reader, 'e') || take(reader, 'E')) {
        ret_token->type = TOKEN_OTHER_NUMBER;
        if (!take(reader, '+'))
            (void)take(reader, '-');
        if (!take_digits(reader))
            return false;
    }
    return true;
}

static bool take_value(struct reader *reader, struct token *ret_token, int depth);

static bool skip_array(struct reader *reader, int depth)
{
    struct token ignored;
    skip_space(reader);
    if (take(reader, ']'))
        return true;
    do {
        if (!take_value(reader, &ignored, depth))
            return false;
        skip_space(reader);
    } while (take(reader, ','));
    return take(reader, ']');
}

static bool take_name(struct reader *reader, struct bytes *ret_name)
{
    skip_space(reader);
    if (!take(reader, '"') || !take_string(reader, ret_name))
        return false;
    skip_space(reader);
    return take(reader, ':');
}

static bool skip_object(struct reader *reader, int depth)
{
    struct token ignored;
    struct bytes name;
    skip_space(reader);
    if (take(reader, '}'))
        return true;
    do {
        if (!take_name(reader, &name) || !take_value(reader, &ignored, depth))
            return false;
        skip_space(reader);
    } while (take(reader, ','));
    return take(reader, '}');
}

static bool take_value(struct reader *reader, struct token *ret_token, int depth)
{
    skip_space(reader);
    if (reader->at >= reader->end)
        return false;
    ret_token->type = TOKEN_OTHER;
    switch (*reader->at) {
    case '"': reader->at++; ret_token->type = TOKEN_STRING; return take_string(reader, &ret_token->text);
    case 'n': ret_token->type = TOKEN_NULL; return take_word(reader, BYTES("null"));
    case 't': return take_word(reader, BYTES("true"));
    case 'f': return take_word(reader, BYTES("false"));
    case '[': reader->at++; return depth < JSON_DEPTH_MAX && skip_array(reader, depth + 1);
    case '{': reader->at++; return depth < JSON_DEPTH_MAX && skip_object(reader, depth + 1);
    default: return take_number(reader, ret_token);
    }
}

/* --- fields --- */

static bool read_symbol(const struct reader_field *field, struct bytes text, uint8_t *ret_ordinal)
{
    for (size_t ordinal = 0; ordinal < field->symbols_count; ordinal++)
        if (bytes_equal(text, field->symbols[ordinal])) {
            *ret_ordinal = (uint8_t)ordinal;
            return true;
        }
    return false;
}

/* False when the value has not the type or the form of the field. */
static bool read_field(const struct reader_field *field, const struct token *token,
                       struct declaration *declaration)
{
    void *into = (char *)declaration + field->offset;
    bool is_string = token->type == TOKEN_STRING, is_integer = token->type == TOKEN_INTEGER;
    switch ((enum reader_type)field->type) {
    case READER_STRING:
        if (is_string)
            *(struct bytes *)into = token->text;
        return is_string || (token->type == TOKEN_NULL && field->nullable);
    case READER_INT:
        if (!is_integer || token->number < INT32_MIN || token->number > INT32_MAX)
            return false;
        *(int32_t *)into = (int32_t)token->number;
        return true;
    case READER_MAYBE_INT:
        if (token->type == TOKEN_NULL)
            return true;
        if (!is_integer || token->number == 0 || token->number < INT32_MIN || token->number > INT32_MAX)
            return false;
        *(int32_t *)into = (int32_t)token->number;
        return true;
    case READER_LONG:
        if (is_integer)
            *(int64_t *)into = token->number;
        return is_integer;
    case READER_DATE: return is_string && day_from_text(token->text, into);
    case READER_MOMENT: return is_string && moment_from_text(token->text, into);
    case READER_ENUM: return is_string && read_symbol(field, token->text, into);
    }
    return false;
}

static void remember_unknown(struct json_scratch *scratch, struct bytes name)
{
    ARRAY_ROOM(scratch->unknown, scratch->unknown_count, scratch->unknown_capacity);
    scratch->unknown[scratch->unknown_count++] = name;
}

static int by_bytes(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static bool unknown_given_twice(struct json_scratch *scratch)
{
    if (scratch->unknown_count < 2)
        return false;
    qsort(scratch->unknown, scratch->unknown_count, sizeof(*scratch->unknown), by_bytes);
    for (size_t i = 1; i < scratch->unknown_count; i++)
        if (bytes_equal(scratch->unknown[i - 1], scratch->unknown[i]))
            return true;
    return false;
}

static bool take_member(struct reader *reader, size_t *expected, uint32_t *seen,
                        struct declaration *declaration)
{
    struct bytes name;
    struct token token;
    if (!take_name(reader, &name) || !take_value(reader, &token, 0))
        return false;
    const struct reader_field *field = reader_field_find(name, *expected);
    if (field == NULL) {
        remember_unknown(reader->scratch, name);
        return true;
    }
    size_t index = (size_t)(field - reader_fields);
    uint32_t bit = 1u << index;
    if (*seen & bit)
        return false;
    *seen |= bit;
    *expected = index + 1;
    declaration->missing &= ~bit;
    if (read_field(field, &token, declaration))
        declaration->unreadable &= ~bit;
    else
        declaration->unreadable |= bit;
    if (declaration->unreadable & bit && field->type == READER_ENUM && token.type == TOKEN_STRING)
        declaration->unknown_symbols |= bit;
    return true;
}

static bool take_declaration(struct reader *reader, struct declaration *declaration)
{
    size_t expected = 0;
    uint32_t seen = 0;
    skip_space(reader);
    if (!take(reader, '{'))
        return false;
    skip_space(reader);
    if (!take(reader, '}')) {
        do {
            if (!take_member(reader, &expected, &seen, declaration))
                return false;
            skip_space(reader);
        } while (take(reader, ','));
        if (!take(reader, '}'))
            return false;
    }
    skip_space(reader);
    return reader->at == reader->end && !unknown_given_twice(reader->scratch);
}

bool json_line_read(struct json_scratch *scratch, struct bytes line, struct declaration *ret_declaration)
{
    struct reader reader = {
        .at = line.data, .end = line.data + line.length, .begin = line.data, .scratch = scratch
    };
    scratch->text_used = 0;
    scratch->unknown_count = 0;
    *ret_declaration = declaration_absent;
    if (take_declaration(&reader, ret_declaration))
        return true;
    *ret_declaration = (struct declaration){ .unreadable = FIELDS_ALL };
    return false;
}
