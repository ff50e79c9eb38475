/* whole_way.c - several workers on the embedded broker, with a feeder, a reader and a watcher beside them:
 * for the thread sanitizer. Every line that was fed is folded and committed once, whatever the interleaving;
 * then a pipeline that is told to stop in the middle ends in order. */
#include "book/book_reader.h"
#include "pipeline/demo.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define LINES 12000

static void ignore_alert(void *context, const struct demo_alert *alert)
{
    (void)context;
    (void)alert;
}

static int failed(const char *what, const char *detail)
{
    fprintf(stderr, "whole_way: %s: %s\n", what, detail);
    return 1;
}

static struct demo *start(const struct book *book, int64_t lines, int64_t lines_per_second, char *error,
                          size_t size)
{
    struct demo_options options = { .book = book,
                                    .lines = lines,
                                    .lines_per_second = lines_per_second,
                                    .seed = 7,
                                    .workers_count = 3,
                                    .partitions_count = 6,
                                    .bad_per_mille = 10,
                                    .start = "2025-05-01" };
    return demo_start(&options, ignore_alert, NULL, error, size);
}

static int all_lines_once(const struct book *book)
{
    char error[400] = "";
    struct demo_state state = { 0 };
    struct demo *demo = start(book, LINES, 0, error, sizeof(error));
    if (!demo)
        return failed("could not start", error);
    while (demo_turn(demo, &state)) {
    }
    if (demo_end(demo, error, sizeof(error)) != DEMO_DONE)
        return failed("did not end well", error);
    printf("%lld fed, %lld folded, %lld outputs, %lld transactions\n", (long long)state.fed,
           (long long)state.folded, (long long)state.outputs, (long long)state.transactions);
    if (state.fed != LINES || state.folded != LINES)
        return failed("not every line was folded once", "see above");
    return state.outputs >= LINES * 9 / 10 && state.transactions > 0 ? 0
                                                                     : failed("too few outputs", "see above");
}

static int stopped_in_the_middle(const struct book *book)
{
    char error[400] = "";
    struct demo_state state = { 0 };
    struct demo *demo = start(book, 1000000, 2000, error, sizeof(error));
    if (!demo)
        return failed("could not start", error);
    bool told = false;
    while (demo_turn(demo, &state)) {
        if (state.transactions < 6 || told)
            continue;
        raise(SIGINT); /* as Ctrl-C: finishes the transactions and ends */
        told = true;
    }
    enum demo_end end = demo_end(demo, error, sizeof(error));
    return told && end == DEMO_INTERRUPTED ? 0 : failed("did not stop in order", error);
}

int main(void)
{
    const struct book *book = book_read(SOURCE_DIR "/config/book.yaml", finding_print, stderr);
    if (!book)
        return failed("no book", SOURCE_DIR "/config/book.yaml");
    int code = all_lines_once(book);
    if (code == 0)
        code = stopped_in_the_middle(book);
    book_free(book);
    return code;
}
