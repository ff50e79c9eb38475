/* demo.h - generator, embedded broker, workers and a reader of alerts in one process.
 * Owner:   the caller owns the demo and what the options point to, until demo_end.
 * Units:   cents; records; seconds only where the name says so.
 * Errors:  a sentence in ret_error.
 * Threads: the caller's, which must call demo_turn again and again; two more are the demo's own, beside the
 * workers.
 *
 * The embedded broker forgets what a group has committed and shows what was aborted (stream/mock.h): that
 * outputs come exactly once is not shown here, but in tests/broker. */
#ifndef BUNDELWACHT_PIPELINE_DEMO_H
#define BUNDELWACHT_PIPELINE_DEMO_H

#include "engine/book.h"
#include "engine/outputs.h"
#include "engine/reference.h"

struct demo_options {
    const struct book *book;
    const struct reference *reference; /* or NULL */
    int64_t lines, lines_per_second;   /* the latter: of the feeder, 0: as fast as it goes */
    uint64_t seed;
    int32_t workers_count, partitions_count, bad_per_mille;
    const char *start; /* date of the first submission */
};

/* An alert as it was read from its topic; everything is borrowed until the call returns. */
struct demo_alert {
    enum alert_type type;
    struct bytes action, severity, message;
};
typedef void demo_alert_fn(void *context, const struct demo_alert *alert);

struct demo_state {
    int64_t fed, folded, outputs, transactions, dead_letters;
    int64_t episodes;                       /* that exist now */
    int64_t raised[ALERT_TYPE_COUNT];       /* ever */
    int64_t standing[ALERT_TYPE_COUNT];     /* raised and not cleared */
    int64_t prevented_cents;                /* of the double payments that stand */
    struct bytes as_of;                     /* of the last alert, "2026-03-12"; empty before the first */
};

struct demo;
struct demo *demo_start(const struct demo_options *options, demo_alert_fn *on_alert, void *context,
                        char *ret_error, size_t error_size);
/* Reads what there is to read, for at most a tenth of a second. False when all lines are folded, committed
 * and read, or it failed. */
bool demo_turn(struct demo *demo, struct demo_state *ret_state);

enum demo_end { DEMO_DONE, DEMO_INTERRUPTED, DEMO_FAILED };
/* Stops what still runs and frees the demo. */
enum demo_end demo_end(struct demo *demo, char *ret_error, size_t error_size);

#endif
