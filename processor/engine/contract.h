/* contract.h - which contract fits an opening (§8).
 * Owner:   contracts are borrowed from the book.
 * Units:   days.
 * Errors:  none; a book in which two could fit one opening has been refused.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_CONTRACT_H
#define BUNDELWACHT_ENGINE_CONTRACT_H

#include "engine/book.h"

/* The first that does not hold. */
enum contract_condition {
    CONTRACT_OF_ANOTHER_BUNDLE,
    CONTRACT_NOT_IN_FORCE,
    CONTRACT_OF_OTHER_INSURERS,
    CONTRACT_OF_OTHER_PROVIDERS,
    CONTRACT_FITS
};

enum contract_condition contract_condition(const struct book *book, const struct contract *contract,
                                           uint32_t bundle, int32_t insurer, struct bytes provider,
                                           int32_t opened_on);
/* Or NULL. */
const struct contract *contract_that_fits(const struct book *book, uint32_t bundle, int32_t insurer,
                                          struct bytes provider, int32_t opened_on);
/* It names the provider under this code, or under another that no contract of its bundle names for that
 * insurer and day; one that names none is for all. */
bool contract_lists(const struct book *book, const struct contract *contract, struct bytes provider,
                    int32_t insurer, int32_t opened_on);
/* It names the provider under some code, or names none. */
bool contract_names(const struct book *book, const struct contract *contract, struct bytes provider);

#endif
