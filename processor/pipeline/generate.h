/* generate.h - declarations of a seed or a file, into a file or a topic.
 * Owner:   the caller owns what the options point to; nothing is kept.
 * Units:   records; seconds only where the name says so.
 * Errors:  a sentence in the result, unless it is done.
 * Threads: the caller's. */
#ifndef BUNDELWACHT_PIPELINE_GENERATE_H
#define BUNDELWACHT_PIPELINE_GENERATE_H

#include "codec/decoder.h"
#include "pipeline/generator.h"
#include "pipeline/topic_load.h"

struct generate_options {
    struct generator_options generator;
    const char *from; /* JSON lines instead of what the generator makes; or NULL */
    const char *out;  /* a path, or "-"; NULL: into the topic of `load` */
    struct topic_load_options load;
    enum framing form; /* of a value */
    uint32_t schema_id;
    bool avro, deflate, force; /* of the file */
    bool submitted_timestamps; /* of the records in the topic; else now */
};
enum generate_end {
    GENERATE_DONE,
    GENERATE_FAILED,
    GENERATE_NO_INPUT,
    GENERATE_DAMAGED, /* a record that the form cannot hold */
    GENERATE_EXISTS,
    GENERATE_UNREACHABLE,
    GENERATE_CONFIG,
};
struct generate_result {
    int64_t records, left_out;
    double seconds;
    char error[512];
};
enum generate_end generate(const struct generate_options *options, struct generate_result *ret_result);

#endif
