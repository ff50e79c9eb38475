/* replay.h - from files to files: every partition a fold of its own, on as many threads as wanted (§12).
 * Owner:   the caller owns the options; the replay opens and closes everything else.
 * Errors:  a sentence in `ret_error`, and what it was: the command turns it into an exit code.
 * Threads: one call at a time; it starts its own.
 *
 * The main thread reads and decodes; worker t folds the partitions p with p mod threads = t, in the order of
 * the input. What a partition decides depends on nothing else, so the bytes are the same for any number of
 * threads. */
#ifndef BUNDELWACHT_PIPELINE_REPLAY_H
#define BUNDELWACHT_PIPELINE_REPLAY_H

#include "pipeline/fold.h"
#include "pipeline/replay_output.h"

/* From this record of a partition on another book holds; what it changes goes out before that record, as
 * `run` sends it (design §2). */
struct replay_change {
    int32_t partition;
    int64_t offset;
    const struct book *book;
};

enum replay_end_day { REPLAY_TO_LATEST, REPLAY_TO_DAY, REPLAY_TO_LOG };
struct replay_options {
    const struct book *book;
    const struct reference *reference; /* or NULL */
    const struct replay_change *changes; /* by partition, then offset */
    size_t changes_count;
    enum replay_end_day to;
    int32_t as_of; /* for REPLAY_TO_DAY */
    bool bundles_only;
    int32_t partitions_count, threads_count;
    const char *directory;
    enum replay_format format;
    bool overwrite;
    const char *const *paths;
    size_t paths_count;
    const struct schema_set *schemas; /* of the values in .dump files, or NULL */
    enum framing framing;
    enum partitioner partitioner;     /* that keys of .dump files are checked with */
    int32_t value_bytes_max;          /* larger: dead letter too_large; 0: RECORD_BYTES_MAX */
    void (*progress)(int64_t records); /* now and then, from the main thread; or NULL */
    /* what is to be known of a file before its records; from the main thread; or NULL */
    void (*notice)(const char *sentence); /* any thread; or NULL */
};
struct replay_summary {
    int64_t records, declarations, dead_letters, outputs[TOPIC_COUNT];
    int64_t letters_by_reason[DEAD_LETTER_REASONS];
    int32_t as_of; /* INT32_MIN: no valid record */
    struct engine_sums sums;
};
enum replay_end { REPLAY_DONE, REPLAY_USAGE, REPLAY_NO_INPUT, REPLAY_DAMAGED, REPLAY_EXISTS, REPLAY_FAILED };

enum replay_end replay_run(const struct replay_options *options, struct replay_summary *ret_summary,
                           char *ret_error, size_t error_size);

#endif
