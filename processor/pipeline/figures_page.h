/* figures_page.h - what a scraper, a load balancer and a watchdog ask over HTTP: /metrics, /livez, /readyz,
 * /healthz.
 * Owner:   whoever opens it closes it before the workers go.
 * Errors:  an address that is taken is no failure of the service: it is said, and tried again.
 * Threads: it answers on a thread of its own, and only reads figures (figures.h, counters.h).
 *
 * No label names a person, an episode or a line. /livez never looks at Kafka: a process that waits for a
 * broker lives, and is not helped by a restart. */
#ifndef BUNDELWACHT_PIPELINE_FIGURES_PAGE_H
#define BUNDELWACHT_PIPELINE_FIGURES_PAGE_H

#include "pipeline/worker.h"

struct figures_page;
/* NULL: the options name no address. */
struct figures_page *figures_page_new(struct worker *const *workers, int32_t workers_count);
/* Now and then, from the watching thread: listens where it does not yet. */
void figures_page_look(struct figures_page *page);
void figures_page_free(struct figures_page *page);

#endif
