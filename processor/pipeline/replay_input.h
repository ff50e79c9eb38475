/* replay_input.h - the records of the files of a replay, one after the other (§12).
 * Owner:   the input owns its files; what it gives is borrowed until its next call.
 * Units:   offsets of the record within its partition.
 * Errors:  a sentence in replay_input_error: INPUT_MISSING (exit 66) or INPUT_DAMAGED (exit 65).
 * Threads: one at a time. */
#ifndef BUNDELWACHT_PIPELINE_REPLAY_INPUT_H
#define BUNDELWACHT_PIPELINE_REPLAY_INPUT_H

#include "pipeline/fold.h"

struct replay_input_options {
    const char *const *paths; /* .jsonl, .avro, .dump; `-` is JSON lines on standard input */
    size_t paths_count;
    int32_t partitions_count;
    struct decoder *dump_decoder; /* for the values of .dump files; NULL: there are none */
    size_t value_bytes_max;       /* larger: too_large; 0: RECORD_BYTES_MAX */
    void (*notice)(const char *sentence); /* a file none of whose records can be read, and why; or NULL */
};

struct replay_record {
    int32_t partition;
    struct fold_record record; /* decoded already */
};

enum input_read { INPUT_RECORD, INPUT_END, INPUT_MISSING, INPUT_DAMAGED };

struct replay_input;
/* True when the file is a dump of a topic, whose records have keys. */
bool replay_path_is_dump(const char *path);
/* False when the suffix is none that a replay reads. */
bool replay_path_is_readable(const char *path);
struct replay_input *replay_input_new(const struct replay_input_options *options);
void replay_input_free(struct replay_input *input);
enum input_read replay_input_next(struct replay_input *input, struct replay_record *ret_record);
const char *replay_input_error(const struct replay_input *input);

#endif
