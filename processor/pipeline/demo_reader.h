/* demo_reader.h - what the demo's view needs of alerts and episodes, read back from their topics.
 * Owner:   the reader owns its handles and counts.
 * Errors:  false, with the failure.
 * Threads: one. */
#ifndef BUNDELWACHT_PIPELINE_DEMO_READER_H
#define BUNDELWACHT_PIPELINE_DEMO_READER_H

#include "pipeline/demo.h"
#include "stream/consumer.h"

struct demo_reader;
struct demo_reader_options {
    const char *bootstrap_servers, *alerts_topic, *episodes_topic;
    int32_t partitions_count;
    demo_alert_fn *on_alert;
    void *context;
};
struct demo_reader *demo_reader_open(const struct demo_reader_options *options, struct failure *failure);
void demo_reader_close(struct demo_reader *reader); /* NULL is fine */
/* Takes what is there, waiting at most `wait_ms`. */
bool demo_reader_turn(struct demo_reader *reader, int wait_ms, struct failure *failure);
/* True once everything that the topics held at the first call has been read. Only when nothing is written any
 * more. */
bool demo_reader_is_at_end(struct demo_reader *reader, struct failure *failure);
/* Adds its counts to the state. */
void demo_reader_counts(const struct demo_reader *reader, struct demo_state *state);

#endif
