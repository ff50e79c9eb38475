/* figures_metrics.h - the figures of all workers added up: as metrics, and as the health of the process.
 * Owner:   the workers are borrowed.
 * Units:   base units (seconds, bytes, cents), as names say.
 * Errors:  none.
 * Threads: any one that the workers outlive. */
#ifndef BUNDELWACHT_PIPELINE_FIGURES_METRICS_H
#define BUNDELWACHT_PIPELINE_FIGURES_METRICS_H

#include "ops/exposition.h"
#include "pipeline/worker.h"

struct figures_sources {
    struct worker *const *workers;
    int32_t workers_count;
};

struct figures_health {
    int32_t workers, workers_reading, partitions, restoring, waiting;
    int64_t lag_records;    /* Σ, where the end is known */
    int64_t lag_ms;         /* the longest, by the records' own timestamps */
    int64_t uncommitted_us; /* the longest that something has been folded and not committed */
};

struct figures_health figures_health(struct figures_sources *sources);
void figures_write_metrics(struct figures_sources *sources, struct exposition *exposition);

#endif
