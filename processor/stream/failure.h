/* failure.h - what went wrong with Kafka, and what to do about it (LIBRARIES.md §2.4).
 * Owner:   the caller; the text is inside.
 * Errors:  a remedy says what to do next, a cause what the process ends with when nothing helps.
 * Threads: pure. */
#ifndef BUNDELWACHT_STREAM_FAILURE_H
#define BUNDELWACHT_STREAM_FAILURE_H

#include "base/bytes.h"

enum remedy {
    REMEDY_NONE,     /* it went well */
    REMEDY_AGAIN,    /* the same call again with the same arguments: nothing was changed, or it resumes */
    REMEDY_ABORT,    /* abort the transaction, and look into the log for what became of it */
    REMEDY_PRODUCER, /* give the producer up, make a new one with the same transactional.id, and look */
    REMEDY_STOP,     /* we can no longer be trusted, or somebody has to change something: stop the process */
};

enum failure_cause {
    CAUSE_UNREACHABLE, /* no broker answers: exit 69 */
    CAUSE_FENCED,        /* another process has our instance id: exit 75 */
    CAUSE_CONFIG,      /* topics, properties or rights are not as they must be: exit 78 */
    CAUSE_KAFKA,       /* anything else: exit 1 */
};

#define FAILURE_TEXT_BYTES 600

struct failure {
    enum remedy remedy;
    enum failure_cause cause;
    char text[FAILURE_TEXT_BYTES]; /* lower case, no full stop, nothing of a record */
};

__attribute__((format(printf, 4, 5))) void failure_set(struct failure *failure, enum remedy remedy,
                                                       enum failure_cause cause, const char *format, ...);

#endif
