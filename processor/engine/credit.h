/* credit.h - which debit a credit takes back, and which a release lets stand (§3).
 * Owner:   nothing is held.
 * Errors:  none.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_CREDIT_H
#define BUNDELWACHT_ENGINE_CREDIT_H

#include "engine/history.h"

/* Whether a credit takes its original back: the first that does not hold. */
enum credit_condition {
    CREDIT_OF_NO_DEBIT,
    CREDIT_OF_OUT_OF_HORIZON,
    CREDIT_OF_OTHER_PROVIDER,
    CREDIT_OF_OTHER_INSURER,
    CREDIT_OF_OTHER_AMOUNT,
    CREDIT_MATCHES
};

/* The status of every credit and release, and of what a credit takes back; which debits are released. */
void credits_apply(struct history *history);
enum credit_condition credit_condition(const struct book *book, const struct placed *credit,
                                       const struct placed *original);

#endif
