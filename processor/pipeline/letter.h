/* letter.h - the headers of a dead letter, as Kafka Connect's tools read them: all values are text, numbers
 * too (LIBRARIES.md §4). The headers of the original stand behind them.
 * Owner:   the caller owns the space; the values are views into it, into the list and into the options.
 * Errors:  none. Threads: pure. */
#ifndef BUNDELWACHT_PIPELINE_LETTER_H
#define BUNDELWACHT_PIPELINE_LETTER_H

#include "pipeline/outbox.h"

/* The last of ours, what is wrong with the record, comes from the outbox, as the original's do. */
enum { LETTER_OWN_HEADERS = 8, LETTER_ROW_HEADERS = LETTER_OWN_HEADERS - 1 };
#define LETTER_MESSAGE_HEADER "__connect.errors.exception.message"
struct letter_origin {
    const char *topic, *group; /* of the input */
    int32_t partition;
};
struct letter_headers {
    char partition[16], offset[24];
    struct header items[LETTER_ROW_HEADERS + OUTBOX_HEADERS_MAX];
    size_t count;
};
/* Of an output that is no dead letter: none. */
void letter_headers(const struct letter_origin *origin, const struct outbox *outbox,
                    const struct outbox_record *record, struct letter_headers *ret_headers);

#endif
