/* Any bytes end in a book or in findings: random changes of a book, of every size, from fixed seeds. Worth
 * most under asan. */
#include "book/collected.h"

#include <criterion/criterion.h>
#include <stdlib.h>

TestSuite(mutations, .timeout = 110);

static uint64_t draw(uint64_t *state) /* splitmix64 */
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* One change: a byte, a piece cut out, a piece doubled elsewhere, or a piece of what YAML takes seriously. */
static size_t change(char *text, size_t length, size_t size, uint64_t *state)
{
    static const char *const pieces[] = { "[",
                                          "]",
                                          "{",
                                          "}",
                                          ": ",
                                          "- ",
                                          "\n",
                                          "\n  ",
                                          "\"",
                                          "'",
                                          "&a ",
                                          "*a",
                                          "!!int ",
                                          "|\n",
                                          ">",
                                          "#",
                                          "?",
                                          "---\n",
                                          "...\n",
                                          "\t",
                                          "0x1",
                                          "1.5",
                                          "-1",
                                          "null",
                                          "\377",
                                          "\303",
                                          "\302\205",
                                          "\342\200\250",
                                          "\357\273\277",
                                          "%YAML 1.1\n",
                                          "<<: ",
                                          "~" };
    size_t at = draw(state) % (length + 1), piece = draw(state) % 40 + 1;
    switch (draw(state) % 4) {
    case 0:
        if (at < length)
            text[at] = (char)draw(state);
        return length;
    case 1:
        piece = at + piece > length ? length - at : piece;
        memmove(text + at, text + at + piece, length - at - piece);
        return length - piece;
    case 2: {
        char copy[41];
        size_t from = draw(state) % (length + 1);
        piece = from + piece > length ? length - from : piece;
        if (length + piece > size)
            return length;
        memcpy(copy, text + from, piece);
        memmove(text + at + piece, text + at, length - at);
        memcpy(text + at, copy, piece);
        return length + piece;
    }
    default: {
        const char *insert = pieces[draw(state) % COUNT(pieces)];
        piece = strlen(insert);
        if (length + piece > size)
            return length;
        memmove(text + at + piece, text + at, length - at);
        memcpy(text + at, insert, piece);
        return length + piece;
    }
    }
}

struct outcome {
    size_t accepted, refused;
};

static void read_exact(const char *text, size_t length, struct outcome *outcome)
{
    /* In a block of exactly its size, so that asan sees a read behind it. */
    char *exact = malloc(length ? length : 1);
    if (length)
        memcpy(exact, text, length);
    struct collected found = { 0 };
    const struct book *book =
        book_read_text("mutated.yaml", (struct bytes){ exact, length }, collect, &found);
    cr_assert(book || found.errors > 0, "refused without a finding");
    cr_assert(!book || found.errors == 0, "accepted with an error");
    *(book ? &outcome->accepted : &outcome->refused) += 1;
    book_free(book);
    const struct reference *reference =
        reference_read_text("mutated.yaml", (struct bytes){ exact, length }, collect, &found);
    reference_free(reference);
    free(exact);
}

Test(mutations, of_a_book_never_crash)
{
    static char text[2 * sizeof(small_book)];
    struct outcome outcome = { 0 };
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t state = seed;
        size_t length = sizeof(small_book) - 1;
        memcpy(text, small_book, length);
        for (size_t changes = draw(&state) % 4 + 1; changes > 0; changes--)
            length = change(text, length, sizeof(text), &state);
        read_exact(text, length, &outcome);
    }
    cr_expect(outcome.refused > 2000 && outcome.accepted > 0, "%zu refused, %zu accepted", outcome.refused,
              outcome.accepted);
}

Test(mutations, of_a_few_bytes_never_crash)
{
    struct outcome outcome = { 0 };
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        static const char alphabet[] = "ab:-,[]{}\"'\n  &*!|>#?%@`\t~1.\303\251";
        char text[64];
        uint64_t state = seed;
        size_t length = draw(&state) % sizeof(text);
        for (size_t i = 0; i < length; i++)
            text[i] = alphabet[draw(&state) % (sizeof(alphabet) - 1)];
        read_exact(text, length, &outcome);
    }
    cr_expect(outcome.accepted == 0);
}

Test(mutations, a_book_cut_anywhere_is_refused_or_whole)
{
    struct outcome outcome = { 0 };
    for (size_t length = 0; length < sizeof(small_book) - 1; length += 7)
        read_exact(small_book, length, &outcome);
    cr_expect(outcome.refused > 300, "%zu refused", outcome.refused);
}
