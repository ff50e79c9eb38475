/* properties.h - librdkafka's properties: those that we set and why (the table in properties.c), and those of
 * the operator.
 * Owner:   names and values are borrowed and outlive every handle made from them.
 * Errors:  a property that does not exist, takes no such value or is ours alone is a failure with
 * CAUSE_CONFIG; its value is never said.
 * Threads: any. */
#ifndef BUNDELWACHT_STREAM_PROPERTIES_H
#define BUNDELWACHT_STREAM_PROPERTIES_H

#include "stream/failure.h"

enum property_client { PROPERTY_BOTH, PROPERTY_CONSUMER, PROPERTY_PRODUCER };
struct property {
    enum property_client client;
    const char *name, *value;
};
struct property_list {
    const struct property *items;
    size_t count;
};

/* What librdkafka says of itself (warnings and errors of connections) goes here, from any thread; NULL:
 * nowhere. Set before the first handle is made. */
typedef void stream_talk_fn(const char *text);
void stream_set_talk(stream_talk_fn *talk);
const char *stream_library_version(void);
/* What this version of the library is known not to do with these properties, as a sentence; NULL: nothing is
 * known. */
const char *stream_library_warning(struct property_list list);

#endif
