/* watch.h - an output topic as lines for a person, as they come.
 * Owner:   options are borrowed until watch_topic returns.
 * Units:   milliseconds since 1970.
 * Errors:  an end (topic_tail.h), with a sentence. A record that is none of ours is counted, and said at the
 *          end.
 * Threads: the main thread. */
#ifndef BUNDELWACHT_WATCH_WATCH_H
#define BUNDELWACHT_WATCH_WATCH_H

#include "codec/output_reader.h"
#include "watch/topic_tail.h"

#include <stdio.h>

struct watch_filter {
    struct bytes field, value; /* a value that ends in `*`: what begins so */
};
struct watch_job {
    struct tail_options tail;
    struct output_reader_options reader; /* SCHEMA_DEAD_LETTER: its reason and place, never its record */
    const struct watch_filter *filters;  /* all of them */
    size_t filters_count;
    bool json, colour;
    FILE *to;
};

/* Why such a filter cannot be; NULL: it can. `ret_known` gets the names that there are, between commas. */
bool watch_has_field(enum schema_name record, struct bytes field, char *ret_known, size_t size);
enum tail_end watch_topic(const struct watch_job *job, char *ret_error, size_t error_size);

#endif
