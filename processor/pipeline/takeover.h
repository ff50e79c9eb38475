/* takeover.h - one partition of those that came: from where it is folded on, under which rules, and whether
 * that is safe.
 * Owner:   the worker.
 * Errors:  worker->failure: what cannot be continued safely is refused with what to do (exit 78), never
 * guessed.
 * Threads: the worker's. */
#ifndef BUNDELWACHT_PIPELINE_TAKEOVER_H
#define BUNDELWACHT_PIPELINE_TAKEOVER_H

#include "stream/consumer.h"

struct worker;

enum taken_over {
    TAKEN_OVER,       /* position->offset: from here it is read */
    TAKEN_OVER_LATER, /* its state is being loaded; position->offset is left alone */
    TAKEN_OVER_NOT,   /* refused, or Kafka was not to be asked: again, unless worker->failure is set */
};
struct pipeline_options;
/* Of the settings that change bytes of outputs, for versions.outputs. */
uint64_t hash_of_outputs(const struct pipeline_options *options, int32_t partitions_count);
/* `position`: what the group has committed. */
enum taken_over take_over_partition(struct worker *worker, struct position *position);

#endif
