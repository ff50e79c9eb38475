/* line_parts.h - what several kinds of line are made of: when, how grave, how much.
 * Units:   milliseconds since 1970, shown in the time zone of the process (TZ); cents.
 * Errors:  none.
 * Threads: any. */
#ifndef BUNDELWACHT_WATCH_LINE_PARTS_H
#define BUNDELWACHT_WATCH_LINE_PARTS_H

#include "engine/outputs.h"

#include <stdio.h>

/* Each followed by two spaces. */
void print_time(FILE *to, int64_t at_ms);
void print_severity(FILE *to, enum severity severity, bool colour);
void print_euros(FILE *to, int64_t cents);

#endif
