/* replay_output.h - the four files of a replay: the partitions one after the other, each in the order in
 * which it decided (§12).
 * Owner:   the outputs own their part files until replay_output_finish or replay_output_free.
 * Errors:  a sentence in replay_output_error.
 * Threads: each partition's sink belongs to one thread at a time; everything else to the main thread. */
#ifndef BUNDELWACHT_PIPELINE_REPLAY_OUTPUT_H
#define BUNDELWACHT_PIPELINE_REPLAY_OUTPUT_H

#include "pipeline/outbox.h"

enum replay_format { REPLAY_JSON_LINES, REPLAY_AVRO };
struct replay_output_options {
    const char *directory;
    enum replay_format format;
    int32_t partitions_count;
    bool overwrite;
};
enum output_open { OUTPUT_READY, OUTPUT_EXISTS, OUTPUT_FAILED };

struct replay_output;
/* Makes the directory (not its parents). OUTPUT_EXISTS: one of the files is there and `overwrite` is not
 * said. */
enum output_open replay_output_open(const struct replay_output_options *options,
                                    struct replay_output **ret_output, char *ret_error, size_t error_size);
/* Takes what a partition decided; the list may be cleared afterwards. False when it could not be written. */
bool replay_output_take(struct replay_output *output, int32_t partition, const struct outbox *outbox);
/* Puts the files together under their names. */
bool replay_output_finish(struct replay_output *output);
const char *replay_output_error(const struct replay_output *output);
void replay_output_free(struct replay_output *output); /* removes what is unfinished */

#endif
