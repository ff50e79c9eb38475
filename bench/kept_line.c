/* kept_line.c - the cost of accepting a kept line, by the number of lines that its person has (design §4,
 * §7 goal 12).
 *
 *     ninja -C build/release && gcc -O2 -std=gnu17 -Iprocessor -Itests bench/kept_line.c \
 *         build/release/libbook.a build/release/libengine.a \
 *         build/release/libbase.a -lfyaml -o build/kept_line && build/kept_line
 *
 * Two kinds of line, each under the example book's rules in small: an `appended` one is a session in an
 * episode, which nothing but scope and duplicates can see; a `recomputed` one is a first product, which could
 * open an episode. For each the median and the longest of 200
 * lines that come when the person has n, with the fast path and with the plain recompute. */
#include "book/book_reader.h"
#include "engine/calendar.h"
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char book_text[] =
    "book: \"bench\"\nhorizon_days: 1826\ncriteria:\n"
    "  opens: [{care_type: HOSPITAL_DBC, diagnosis: \"DBC:218\"}]\n"
    "  session: [{care_type: PARAMEDICAL}]\n"
    "  care: [{care_type: [HOSPITAL_DBC, PARAMEDICAL]}]\n"
    "bundles:\n  - id: hip\n    name: Hip\n    definitions:\n"
    "      - {from: 2025-01-01, until: 2027-12-31, sides: separate, patient: {}, opens: {criterion: opens, "
    "look_back_days: 3, quiet_days: 120},\n"
    "         closes: {after_days: 90}, uncontracted: shadow, scope: {include: care}, run_out_days: 365, "
    "true_up_days: 365}\n"
    "overlaps: [{pair: [hip, hip], lines: split}]\n"
    "duplicates:\n  - {name: session, criterion: session, within: person, allow: 2, action: hold}\n";

enum { SAMPLES = 200 };

static struct declaration line_of(int64_t number, bool recomputed, char id[24], char code[12])
{
    int32_t start = 20500 + (int32_t)(number % 700);
    snprintf(id, 24, "d%lld", (long long)number);
    snprintf(code, 12, "%lld", (long long)(number / 700)); /* no session is another's double */
    return (struct declaration){ .declaration_id = bytes_of(id),
                                 .insured = BYTES("p1"),
                                 .provider = BYTES("06010101"),
                                 .care_code = recomputed ? BYTES("199299015") : bytes_of(code),
                                 .diagnosis = recomputed ? BYTES("218") : BYTES_NULL,
                                 .diagnosis_system = recomputed ? SYSTEM_DBC : SYSTEM_NONE,
                                 .care_type = recomputed ? CARE_HOSPITAL_DBC : CARE_PARAMEDICAL,
                                 .amount = 4000,
                                 .insurer = 3311,
                                 .birth_date = -10000,
                                 .start_date = start,
                                 .end_date = start,
                                 .quantity = 1,
                                 .submitted_at = 21300 * DAY_MILLISECONDS };
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const struct book *book, int64_t lines, bool recomputed, bool plain)
{
    struct engine *engine = engine_new(&(struct engine_options){ .book = book });
    struct engine *slow = plain ? engine_new(&(struct engine_options){ .book = book, .plain = true }) : NULL;
    struct engine *used = plain ? slow : engine;
    struct outputs outputs;
    double took[SAMPLES];
    char id[24], code[12];
    outputs_init(&outputs);
    for (int64_t i = 0; i < lines; i++) { /* one product in a hundred, the rest sessions */
        struct declaration line = line_of(i, i % 100 == 0, id, code);
        engine_accept(used, &line, &outputs);
        outputs_clear(&outputs);
    }
    for (int i = 0; i < SAMPLES; i++) {
        struct declaration line = line_of(lines + 1000000 + i, recomputed, id, code);
        double begin = seconds();
        engine_accept(used, &line, &outputs);
        took[i] = seconds() - begin;
        outputs_clear(&outputs);
    }
    qsort(took, SAMPLES, sizeof(*took), compare);
    printf("| %lld | %s | %s | %.1f | %.2f |\n", (long long)lines, recomputed ? "recomputed" : "appended",
           plain ? "plain" : "fast", took[SAMPLES / 2] * 1e6, took[SAMPLES - 1] * 1e3);
    fflush(stdout);
    outputs_release(&outputs);
    engine_free(engine);
    engine_free(slow);
}

int main(void)
{
    const struct book *book = book_read_text("bench", bytes_of(book_text), finding_print, stderr);
    if (!book)
        return 1;
    printf("| lines of the person | kind | path | median µs | longest ms |\n|---|---|---|---|---|\n");
    for (int64_t lines = 10; lines <= 10000; lines *= 10) {
        measure(book, lines, false, false);
        if (lines <= 1000)
            measure(book, lines, false, true); /* to get to 10,000 one by one would take minutes */
        measure(book, lines, true, false);
    }
    measure(book, 100000, false, false);
    book_free(book);
    return 0;
}
