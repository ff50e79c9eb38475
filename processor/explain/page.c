/* page.c - text in columns, for a terminal or a file. */
#include "explain/explained.h"

static const char *const colours[] = {
    [PAGE_PLAIN] = "",          [PAGE_BOLD] = "\033[1m", [PAGE_GREEN] = "\033[32m",
    [PAGE_YELLOW] = "\033[33m", [PAGE_RED] = "\033[31m", [PAGE_FAINT] = "\033[2m",
};

struct text page_text(struct page *page)
{
    return text_begin(&page->arena);
}

size_t text_columns(struct bytes bytes)
{
    size_t columns = 0;
    for (size_t i = 0; i < bytes.length; i++)
        columns += ((unsigned char)bytes.data[i] & 0xC0) != 0x80;
    return columns;
}

void text_pad_to(struct text *text, size_t columns)
{
    for (size_t at = text_columns(text_end(text)); at < columns; at++)
        TEXT_ADD(text, " ");
}

static void text_add_right(struct text *text, struct bytes bytes, size_t columns)
{
    for (size_t at = text_columns(bytes); at < columns; at++)
        TEXT_ADD(text, " ");
    text_add(text, bytes);
}

void text_add_amount(struct text *text, int64_t cents, size_t columns)
{
    static const struct bytes currency = { "EUR ", 4 };
    struct text euros = text_begin(text->arena);
    text_add_euros(&euros, cents);
    struct bytes bytes = text_end(&euros);
    text_add_right(text, (struct bytes){ bytes.data + currency.length, bytes.length - currency.length },
                   columns);
}

static void put(struct page *page, enum page_colour colour, struct bytes bytes)
{
    bool coloured = page->colour && colour != PAGE_PLAIN;
    while (bytes.length > 0 && bytes.data[bytes.length - 1] == ' ')
        bytes.length--; /* no spaces at the end of a line */
    printf("%s%.*s%s\n", coloured ? colours[colour] : "", BYTES_ARGS(bytes), coloured ? "\033[0m" : "");
}

void page_row(struct page *page, enum page_colour colour, struct text *text)
{
    put(page, colour, text_end(text));
}

/* An amount stays on one line. */
static bool may_break(struct bytes text, size_t at)
{
    return text.data[at] == ' ' && !(at >= 3 && memcmp(text.data + at - 3, "EUR", 3) == 0);
}

/* How much of the rest stands on one line of `columns`: up to the last space that fits, or a word that is
 * longer all by itself. */
static size_t line_length(struct bytes rest, size_t columns)
{
    size_t last_space = 0;
    for (size_t i = 0, column = 0; i < rest.length; i++) {
        column += ((unsigned char)rest.data[i] & 0xC0) != 0x80;
        if (may_break(rest, i) && (column <= columns + 1 || last_space == 0))
            last_space = i;
        if (column > columns && last_space > 0)
            return last_space;
    }
    return rest.length;
}

void page_say_in(struct page *page, enum page_colour colour, size_t indent, struct text *text)
{
    struct bytes rest = text_end(text);
    for (size_t left = indent; rest.length > 0; left = indent + 2) {
        size_t length = line_length(rest, PAGE_COLUMNS - left);
        struct text line = page_text(page);
        text_pad_to(&line, left);
        text_add(&line, (struct bytes){ rest.data, length });
        page_row(page, colour, &line);
        rest.data += length;
        rest.length -= length;
        while (rest.length > 0 && rest.data[0] == ' ') {
            rest.data++;
            rest.length--;
        }
    }
}

void page_say(struct page *page, size_t indent, struct text *text)
{
    page_say_in(page, PAGE_PLAIN, indent, text);
}

void page_title(struct page *page, const char *title)
{
    putchar('\n');
    put(page, PAGE_BOLD, bytes_of(title));
}

void explain_say_names(const char *what, struct bytes wanted, const struct bytes names[], size_t count)
{
    enum { NAMES_SHOWN = 20 };
    fprintf(stderr, "explain: there is no %s \"%.*s\"", what, BYTES_ARGS(wanted));
    for (size_t i = 0; i < count && i < NAMES_SHOWN; i++)
        fprintf(stderr, "%s%.*s", i == 0 ? "; there are: " : ", ", BYTES_ARGS(names[i]));
    if (count > NAMES_SHOWN)
        fprintf(stderr, " and %zu more", count - NAMES_SHOWN);
    fprintf(stderr, count ? "\n" : "; there are none\n");
}

void text_add_status(struct text *text, uint8_t status, uint8_t reason)
{
    text_add(text, status_names[status]);
    if (reason == REASON_NONE)
        return;
    TEXT_ADD(text, " ");
    text_add(text, reason_names[reason]);
}
