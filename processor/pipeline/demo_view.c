#include "pipeline/demo_view.h"

#include "base/digits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define LATEST 6           /* alerts that the live view shows */
#define MESSAGE_BYTES 240  /* of an alert's sentence, as shown */
#define REDRAW_SECONDS 0.15

struct shown {
    enum alert_type type;
    char severity[12], message[MESSAGE_BYTES];
};

struct view {
    const struct demo_options *options;
    bool live, colour;
    int drawn_lines; /* of the last drawing, to go back over */
    struct shown latest[LATEST];
    int64_t latest_count;
    /* of each type, the first that is no INFO; message[0] == 0: none yet */
    struct shown examples[ALERT_TYPE_COUNT];
    struct demo_state state;
    double begin, drawn, cpu_begin;
};

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
    struct rusage usage_now;
    getrusage(RUSAGE_SELF, &usage_now);
    return (double)(usage_now.ru_utime.tv_sec + usage_now.ru_stime.tv_sec)
           + (double)(usage_now.ru_utime.tv_usec + usage_now.ru_stime.tv_usec) / 1e6;
}

/* --- numbers for people --------------------------------------------------------------------------------- */

#define NUMBER_BYTES 40

/* 1234567 -> 1,234,567 */
static const char *grouped(int64_t number, char text[NUMBER_BYTES])
{
    char digits[DIGITS_BYTES];
    snprintf(text, NUMBER_BYTES, "%s%.*s", number < 0 ? "-" : "",
             BYTES_ARGS(digits_of(magnitude(number), ',', digits)));
    return text;
}

static void print_euros(int64_t cents)
{
    char text[NUMBER_BYTES];
    printf("%s.%02d euro", grouped(cents / 100, text), (int)(cents % 100 < 0 ? -cents % 100 : cents % 100));
}

/* --- the view ------------------------------------------------------------------------------------------- */

static void set_shown(struct shown *shown, const struct demo_alert *alert)
{
    shown->type = alert->type;
    snprintf(shown->severity, sizeof(shown->severity), "%.*s", BYTES_ARGS(alert->severity));
    snprintf(shown->message, sizeof(shown->message), "%.*s", BYTES_ARGS(alert->message));
}

static void on_alert(void *context, const struct demo_alert *alert)
{
    struct view *view = context;
    if (!bytes_equal(alert->action, action_names[ACTION_RAISED]))
        return;
    set_shown(&view->latest[view->latest_count++ % LATEST], alert);
    struct shown *example = &view->examples[alert->type];
    if (example->message[0] == 0 || (example->severity[0] == 'I' && alert->severity.data[0] != 'I'))
        set_shown(example, alert);
}

static const char *colour_of(const struct view *view, const char *severity)
{
    if (!view->colour)
        return "";
    return severity[0] == 'C' ? "\033[31m" : severity[0] == 'W' ? "\033[33m" : "\033[36m";
}

static void print_shown(const struct view *view, const struct shown *shown, int width)
{
    const char *plain = view->colour ? "\033[0m" : "";
    printf("  %s%-8s%s %.*s\n", colour_of(view, shown->severity), shown->severity, plain, width,
           shown->message);
}

static void print_progress(const struct view *view)
{
    char folded[NUMBER_BYTES], lines[NUMBER_BYTES], rate[NUMBER_BYTES];
    const struct demo_state *state = &view->state;
    double seconds = seconds_now() - view->begin;
    printf("%s of %s lines, %s a second", grouped(state->folded, folded),
           grouped(view->options->lines, lines),
           grouped((int64_t)((double)state->folded / (seconds + 1e-9)), rate));
    if (state->as_of.length > 0)
        printf(", now %.*s", BYTES_ARGS(state->as_of));
    printf("\n");
}

static void print_counts(const struct view *view)
{
    char text[4][NUMBER_BYTES];
    const struct demo_state *state = &view->state;
    int64_t standing = 0, raised = 0;
    for (int type = 0; type < ALERT_TYPE_COUNT; type++) {
        standing += state->standing[type];
        raised += state->raised[type];
    }
    printf("%s episodes, %s alerts stand (%s were raised), %s dead letters\nprevented double payment ",
           grouped(state->episodes, text[0]), grouped(standing, text[1]), grouped(raised, text[2]),
           grouped(state->dead_letters, text[3]));
    print_euros(state->prevented_cents);
    printf("\n");
}

/* How much of a sentence fits behind its severity, so that no line wraps. */
static int message_width(void)
{
    struct winsize size = { 0 };
    int columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40 ? size.ws_col : 80;
    return columns - 12 < MESSAGE_BYTES ? columns - 12 : MESSAGE_BYTES;
}

static void draw_live(struct view *view)
{
    int width = message_width();
    if (view->drawn_lines > 0)
        printf("\033[%dA\033[J", view->drawn_lines);
    print_progress(view);
    print_counts(view);
    int64_t first = view->latest_count > LATEST ? view->latest_count - LATEST : 0;
    for (int64_t at = first; at < view->latest_count; at++)
        print_shown(view, &view->latest[at % LATEST], width);
    view->drawn_lines = 3 + (int)(view->latest_count - first);
    fflush(stdout);
}

/* On a terminal a view that is drawn again; else a line of progress a second. */
static void draw(struct view *view, bool last)
{
    double now = seconds_now();
    if (!last && now - view->drawn < (view->live ? REDRAW_SECONDS : 1.0))
        return;
    view->drawn = now;
    if (view->live)
        draw_live(view);
    else if (!last && view->state.folded > 0)
        print_progress(view);
    fflush(stdout);
}

static void print_summary(const struct view *view)
{
    static const enum alert_type preferred[] = { ALERT_double_payment,   ALERT_stop_loss,
                                                 ALERT_budget_threshold, ALERT_missing_care,
                                                 ALERT_outcome,          ALERT_measure,
                                                 ALERT_price_differs,    ALERT_waiting };
    char text[3][NUMBER_BYTES];
    double seconds = seconds_now() - view->begin, cpu = cpu_seconds() - view->cpu_begin;
    int64_t lines = view->options->lines;
    printf("\n%s lines in %.1f s: %s a second%s, %s a CPU-second of broker, generator, workers and view "
           "together\n",
           grouped(lines, text[0]), seconds, grouped((int64_t)((double)lines / seconds), text[1]),
           view->options->lines_per_second > 0 ? " (paced)" : "",
           grouped((int64_t)((double)lines / cpu), text[2]));
    printf("%s outputs in %s transactions\n", grouped(view->state.outputs, text[0]),
           grouped(view->state.transactions, text[1]));
    print_counts(view);
    printf("alerts by type, standing (raised):\n");
    for (int type = 0; type < ALERT_TYPE_COUNT; type++)
        if (view->state.raised[type] > 0)
            printf("  %-18.*s %6lld (%lld)\n", BYTES_ARGS(alert_type_names[type]),
                   (long long)view->state.standing[type], (long long)view->state.raised[type]);
    printf("examples:\n");
    int examples = 0;
    for (size_t at = 0; at < COUNT(preferred) && examples < 3; at++)
        if (view->examples[preferred[at]].message[0] != 0) {
            print_shown(view, &view->examples[preferred[at]], MESSAGE_BYTES);
            examples++;
        }
    printf("\nThe embedded broker forgets committed offsets and shows aborted records, so that outputs come "
           "exactly once\n"
           "is not shown here: see tests/broker.\n");
}

enum demo_end demo_show(const struct demo_options *options, bool live, bool colour)
{
    struct view view = { .options = options, .live = live, .colour = colour };
    char error[400], lines[NUMBER_BYTES];
    printf("demo: %s lines from seed %llu, an embedded broker, %d workers, book %.*s\n",
           grouped(options->lines, lines), (unsigned long long)options->seed, options->workers_count,
           BYTES_ARGS(options->book->book));
    view.begin = seconds_now();
    view.cpu_begin = cpu_seconds();
    struct demo *demo = demo_start(options, on_alert, &view, error, sizeof(error));
    if (demo == NULL) {
        fprintf(stderr, "bundelwacht demo: %s\n", error);
        return DEMO_FAILED;
    }
    while (demo_turn(demo, &view.state))
        draw(&view, false);
    draw(&view, true);
    enum demo_end end = demo_end(demo, error, sizeof(error));
    if (end == DEMO_DONE)
        print_summary(&view);
    else if (end == DEMO_FAILED)
        fprintf(stderr, "bundelwacht demo: %s\n", error);
    return end;
}
