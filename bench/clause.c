/* clause.c - what lists of many codes cost (engine/clause.h): a line's criteria, and whether another book
 * sees more.
 *
 *     ninja -C build/release && L=build/release && gcc -O2 -std=gnu17 -Iprocessor bench/clause.c \
 *         $L/libbook.a $L/libengine.a $L/libbase.a -lfyaml -o build/clause && build/clause
 *
 * One clause with a list of n codes, half of them with a `*`; lines with codes that are drawn at random, of
 * which about half are accepted. CPU time of this thread; the book is read before. */
#include "book/book_reader.h"
#include "engine/criterion.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LINES = 20000, CODE_BYTES = 10 };

static uint64_t state = 1;

static uint32_t draw(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % below);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Odd numbers below 2n are listed, so that every second code below that is. */
static const struct book *book_of(uint32_t codes)
{
    size_t capacity = 4096 + (size_t)codes * 24;
    char *text = malloc(capacity);
    size_t length = (size_t)snprintf(
        text, capacity,
        "book: \"bench\"\nhorizon_days: 400\nwaiting_days: 90\ncriteria:\n  c:\n    - care_code:\n");
    for (uint32_t i = 0; i < codes; i++)
        length += (size_t)snprintf(text + length, capacity - length, "      - \"%06u%s\"\n", 2 * i + 1,
                                   i % 2 ? "*" : "");
    length += (size_t)snprintf(text + length, capacity - length,
                               "bundles: []\noverlaps: []\ncontracts: []\nduplicates: []\n");
    const struct book *book = book_read_text("bench", (struct bytes){ text, length }, NULL, NULL);
    free(text);
    return book;
}

static double accept_ns(const struct book *book, uint32_t codes)
{
    static char code[LINES][CODE_BYTES];
    struct criteria_index index;
    struct arena arena;
    uint64_t set[1], accepted = 0;
    arena_init(&arena, 0);
    criteria_index_init(&index, book, &arena);
    for (size_t i = 0; i < LINES; i++)
        snprintf(code[i], CODE_BYTES, "%06u", draw(2 * codes));
    double from = seconds();
    for (size_t i = 0; i < LINES; i++)
        accepted += criteria_accept(&index, &(struct declaration){ .care_code = { code[i], 6 } }, set);
    double taken = seconds() - from;
    arena_release(&arena);
    return accepted == 0 ? -1 : taken * 1e9 / LINES;
}

int main(void)
{
    static const uint32_t sizes[] = { 10, 100, 1000, 10000, 40000 };
    printf("| codes | ns a line | seconds of criteria_see_more |\n|---|---|---|\n");
    for (size_t i = 0; i < COUNT(sizes); i++) {
        const struct book *one = book_of(sizes[i]), *other = book_of(sizes[i]);
        double accept = accept_ns(one, sizes[i]), from = seconds();
        bool more = criteria_see_more(one, other);
        printf("| %u | %.0f | %.4f |%s\n", sizes[i], accept, seconds() - from, more ? " sees more?" : "");
        book_free(one);
        book_free(other);
    }
    return 0;
}
