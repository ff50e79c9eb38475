#include "engine/bsn.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_digits(struct bytes text, size_t length)
{
    if (text.length != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_digit(text.data[i]))
            return false;
    return true;
}

bool is_bsn(struct bytes text)
{
    static const int weights[9] = { 9, 8, 7, 6, 5, 4, 3, 2, -1 };
    if (!is_digits(text, 9) || memcmp(text.data, "000", 3) == 0)
        return false;
    int sum = 0;
    for (int i = 0; i < 9; i++)
        sum += weights[i] * (text.data[i] - '0');
    return sum % 11 == 0;
}

bool shows_bsn(struct bytes text)
{
    size_t run = 0;
    for (size_t i = 0; i <= text.length; i++) {
        if (i < text.length && is_digit(text.data[i])) {
            run++;
            continue;
        }
        if (run == 9 && is_bsn((struct bytes){ text.data + i - 9, 9 }))
            return true;
        run = 0;
    }
    return false;
}
