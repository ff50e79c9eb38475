/* log.h - one line per happening, on stderr: text on a terminal, JSON lines otherwise.
 * Owner:   nothing is held but the last lines' fingerprints, to hold repeats back.
 * Errors:  none: a log that cannot be written stops nothing.
 * Threads: any.
 *
 * Never anything of a record: topics, partitions, offsets, counts and names of settings only. Messages are
 * lower case, without a full stop. The same line again within ten seconds is counted and said once ("said 41
 * more times"). */
#ifndef BUNDELWACHT_OPS_LOG_H
#define BUNDELWACHT_OPS_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Before the first line; else info, and the form by what stderr is. */
void log_set_level(enum log_level level);
void log_set_json(bool json);

__attribute__((format(printf, 2, 3))) void log_say(enum log_level level, const char *format, ...);

#endif
