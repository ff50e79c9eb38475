/* topic_setup.h - sees that the topics are as they must be before anything is read, and makes the output
 * topics when asked to. The topic of
 *               checkpoints may be missing: then nothing goes there (admin_partitions says 0).
 * Owner:   the caller.
 * Errors:  false, with the failure; CAUSE_CONFIG with what to do.
 * Threads: one. */
#ifndef BUNDELWACHT_PIPELINE_TOPIC_SETUP_H
#define BUNDELWACHT_PIPELINE_TOPIC_SETUP_H

#include "pipeline/pipeline.h"
#include "stream/topics.h"

bool topic_setup(struct admin *admin, const struct pipeline_options *options,
                 const char *const topics[TOPIC_COUNT], int32_t *ret_partitions_count,
                 struct failure *failure);

#endif
