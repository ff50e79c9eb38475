/* Text in columns: where a line breaks, what stays together, and colours only where they are asked for. */
#include "explain/explained.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>

TestSuite(page, .timeout = 10);

static struct text text_of(struct page *page, const char *words)
{
    struct text text = page_text(page);
    text_add(&text, bytes_of(words));
    return text;
}

Test(page, breaks_a_paragraph_at_spaces_and_goes_on_further_in)
{
    struct page page = { .colour = false };
    char words[121 + 8];
    arena_init(&page.arena, 0);
    memset(words, 'x', sizeof(words));
    words[112] = ' '; /* 2 in, 112 wide, and 5 more fit; the last 16 do not */
    words[118] = ' ';
    words[sizeof(words) - 1] = '\0';
    struct text text = text_of(&page, words);
    cr_redirect_stdout();
    page_say(&page, 2, &text);
    fflush(stdout);
    char expected[256];
    snprintf(expected, sizeof(expected), "  %.118s\n    %s\n", words, words + 119);
    cr_assert_stdout_eq_str(expected);
    arena_release(&page.arena);
}

Test(page, keeps_an_amount_on_one_line)
{
    struct page page = { .colour = false };
    char words[160], expected[160];
    arena_init(&page.arena, 0);
    snprintf(words, sizeof(words), "%0114d EUR 14,500.00",
             0); /* the amount begins before column 120, and ends behind it */
    struct text text = text_of(&page, words);
    snprintf(expected, sizeof(expected), "%0114d\n  EUR 14,500.00\n", 0);
    cr_redirect_stdout();
    page_say(&page, 0, &text);
    fflush(stdout);
    cr_assert_stdout_eq_str(expected);
    arena_release(&page.arena);
}

Test(page, has_colours_and_spaces_at_the_end_only_where_they_belong)
{
    struct page plain = { .colour = false }, coloured = { .colour = true };
    arena_init(&plain.arena, 0);
    arena_init(&coloured.arena, 0);
    struct text first = text_of(&plain, "one  "), second = text_of(&coloured, "two  ");
    cr_redirect_stdout();
    page_row(&plain, PAGE_RED, &first);
    page_row(&coloured, PAGE_RED, &second);
    page_row(&coloured, PAGE_PLAIN, &second);
    fflush(stdout);
    cr_assert_stdout_eq_str("one\n\033[31mtwo\033[0m\ntwo\n");
    arena_release(&plain.arena);
    arena_release(&coloured.arena);
}

Test(page, counts_columns_as_characters_and_sets_amounts_to_the_right)
{
    struct page page = { .colour = false };
    arena_init(&page.arena, 0);
    cr_expect_eq(text_columns(BYTES("caf\303\251")), 4);
    struct text text = text_of(&page, "\303\251");
    text_pad_to(&text, 3);
    text_add_amount(&text, 1450000, 12);
    cr_expect(bytes_equal(text_end(&text), BYTES("\303\251     14,500.00")), "%.*s",
              BYTES_ARGS(text_end(&text)));
    arena_release(&page.arena);
}
