/* alert_lines.h - alerts as lines for somebody who is woken by them.
 * Owner:   it copies what it is given, until the batch is shown.
 * Errors:  none.
 * Threads: one at a time.
 *
 * Alerts about one episode stand together. A storm (more than STORM_MAX of one type about one provider within
 * a batch: a file that was sent twice) is one line with its number. One that is cleared says how long it
 * stood, where its raising was seen. */
#ifndef BUNDELWACHT_WATCH_ALERT_LINES_H
#define BUNDELWACHT_WATCH_ALERT_LINES_H

#include "engine/outputs.h"

#include <stdio.h>

enum { STORM_MAX = 5 };

struct alert_lines;
struct alert_lines *alert_lines_new(FILE *to, bool colour);
void alert_lines_free(struct alert_lines *lines);
/* `at_ms`: when the record was written. */
void alert_lines_add(struct alert_lines *lines, int64_t at_ms, const struct output *output);
/* Shows what was added. */
void alert_lines_show(struct alert_lines *lines);

#endif
