/* explain.h - the door of the room: one question about one person, and its answer on standard output.
 * Owner:   the caller owns what a question points to; nothing is kept.
 * Units:   days.
 * Errors:  a sentence on stderr, and why as an end; a refused book as findings on stderr.
 * Threads: the main thread. */
#ifndef BUNDELWACHT_EXPLAIN_EXPLAIN_H
#define BUNDELWACHT_EXPLAIN_EXPLAIN_H

#include "codec/decoder.h"
#include "pipeline/replay_input.h"

#define EXPLAIN_LATEST INT32_MIN /* as_of: the latest submission of all */

struct explain_question {
    const char *book, *reference, *schemas;      /* paths; reference and schemas may be NULL */
    const char *insured;                         /* the pseudonym */
    const char *declaration, *episode, *why_not; /* at most one is not NULL; none: the timeline */
    const char *const *inputs;
    size_t inputs_count;
    int32_t as_of, partitions_count;
    enum framing framing; /* of dumps */
    enum partitioner partitioner;
    bool colour;
};
/* What is wrong with it before anything is read, or NULL. The sentence holds nothing of what was said. */
const char *explain_question_is_wrong(const struct explain_question *question);

enum explain_end {
    EXPLAIN_DONE,
    EXPLAIN_NOTHING,   /* there is no such person, declaration, episode or bundle */
    EXPLAIN_TOO_EARLY, /* as_of is before the latest submission */
    EXPLAIN_NO_INPUT,
    EXPLAIN_DAMAGED,
    EXPLAIN_REFUSED, /* the book, the reference or the schemas */
};
enum explain_end explain(const struct explain_question *question);

#endif
