#include "engine/text.h"

#include "base/digits.h"
#include "engine/calendar.h"

struct text text_begin(struct arena *arena)
{
    return (struct text){ .arena = arena, .data = arena_alloc(arena, 96), .capacity = 96 };
}

void text_add(struct text *text, struct bytes bytes)
{
    if (bytes.length == 0)
        return;
    if (text->length + bytes.length > text->capacity) {
        size_t capacity = (text->length + bytes.length) * 2;
        char *data = arena_alloc(text->arena, capacity);
        memcpy(data, text->data, text->length);
        text->data = data;
        text->capacity = capacity;
    }
    memcpy(text->data + text->length, bytes.data, bytes.length);
    text->length += bytes.length;
}

static void text_add_digits(struct text *text, uint64_t number, char separator)
{
    char digits[DIGITS_BYTES];
    text_add(text, digits_of(number, separator, digits));
}

void text_add_number(struct text *text, int64_t number)
{
    if (number < 0)
        TEXT_ADD(text, "-");
    text_add_digits(text, magnitude(number), 0);
}

void text_add_day(struct text *text, int32_t day)
{
    char date[DAY_TEXT_BYTES];
    day_to_text(day, date);
    text_add(text, (struct bytes){ date, sizeof(date) });
}

void text_add_euros(struct text *text, int64_t cents)
{
    uint64_t all = magnitude(cents);
    char fraction[2] = { (char)('0' + all / 10 % 10), (char)('0' + all % 10) };
    text_add(text, cents < 0 ? BYTES("EUR -") : BYTES("EUR "));
    text_add_digits(text, all / 100, ',');
    TEXT_ADD(text, ".");
    text_add(text, (struct bytes){ fraction, 2 });
}

void text_add_permille(struct text *text, int64_t permille)
{
    text_add_number(text, permille / 10);
    if (permille % 10) {
        TEXT_ADD(text, ".");
        text_add_number(text, permille % 10);
    }
    TEXT_ADD(text, "%");
}

struct bytes text_end(struct text *text)
{
    return (struct bytes){ text->data, text->length };
}
