/* exposition.h - figures as text for whoever scrapes them: Prometheus' own form (0.0.4) or OpenMetrics 1.0.
 * Owner:   the exposition owns its text; names and labels are borrowed for the call.
 * Units:   a value is a whole number of 1/`per` of the family's unit, so that no figure is rounded here.
 * Errors:  none.
 * Threads: one at a time.
 *
 * A family is begun once, its samples follow it. Counters get their `_total` here. */
#ifndef BUNDELWACHT_OPS_EXPOSITION_H
#define BUNDELWACHT_OPS_EXPOSITION_H

#include "base/buffer.h"

#include <stdint.h>

enum exposition_form { EXPOSITION_PROMETHEUS, EXPOSITION_OPENMETRICS };
enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct exposition {
    struct buffer text;
    enum exposition_form form;
    const char *name; /* of the family at hand */
    enum metric_type type;
    int64_t per;
};

struct label {
    const char *name;
    struct bytes value;
};

/* What a scraper that says `accept` is given, and how it is called; NULL: it said nothing. */
enum exposition_form exposition_form_for(const char *accept);
const char *exposition_content_type(enum exposition_form form);

/* `name` ends in its unit where it has one (seconds, bytes), without `_total`. */
void exposition_family(struct exposition *exposition, enum metric_type type, const char *name, int64_t per,
                       const char *help);
void exposition_sample(struct exposition *exposition, const struct label *labels, size_t count,
                       int64_t value);
/* `counts` by bucket, one more than there are `bounds` (ascending, in 1/per); `sum` of what was observed. */
void exposition_histogram(struct exposition *exposition, const int64_t *bounds, size_t bounds_count,
                          const int64_t *counts, int64_t sum);
void exposition_end(struct exposition *exposition);

#endif
