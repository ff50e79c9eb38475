/* result.h - the four verdicts of the whole program, and the one guard macro.
 * Owner:   a reason is a static string in lower case, never freed; a dead letter's reason is a symbol of §1.
 * Errors:  a verdict says what to do next, not what went wrong.
 * Threads: pure. */
#ifndef BUNDELWACHT_BASE_RESULT_H
#define BUNDELWACHT_BASE_RESULT_H

#include <stdbool.h>

enum verdict {
    DONE,        /* go on */
    DEAD_LETTER, /* this record goes to the dead-letter topic with its reason; the batch goes on */
    RETRY,       /* nothing was changed; the step may be tried again */
    STOP,        /* we can no longer be trusted: leave the group and exit */
};

struct result {
    enum verdict verdict;
    const char *reason; /* NULL when DONE */
};

#define MUST_USE __attribute__((warn_unused_result))

static inline struct result done(void)
{
    return (struct result){ DONE, 0 };
}

/* Returns from the function when the verdict is not DONE. The only macro with a hidden return. */
#define TRY(expression)                        \
    do {                                       \
        struct result try_result = (expression); \
        if (try_result.verdict != DONE)        \
            return try_result;                 \
    } while (0)

#endif
