/* demo_view.h - a demo for people: alerts as they come, on a terminal drawn again and again, and a summary.
 * Owner:   the caller owns what the options point to.
 * Errors:  a sentence on stderr when it failed.
 * Threads: the caller's. */
#ifndef BUNDELWACHT_PIPELINE_DEMO_VIEW_H
#define BUNDELWACHT_PIPELINE_DEMO_VIEW_H

#include "pipeline/demo.h"

/* On stdout. `live`: it is a terminal, whose lines may be drawn over; else a line a second. */
enum demo_end demo_show(const struct demo_options *options, bool live, bool colour);

#endif
