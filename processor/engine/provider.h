/* provider.h - which codes are one provider: who has taken over whom (§1).
 * Owner:   codes are borrowed from the question and from the book.
 * Errors:  none; a book with a ring of successors has been refused.
 * Threads: pure.
 *
 * Asked wherever two declarations are compared, and only there: patterns, orders and outputs have the code
 * that was declared. A book without successors asks nothing but whether two codes are equal. */
#ifndef BUNDELWACHT_ENGINE_PROVIDER_H
#define BUNDELWACHT_ENGINE_PROVIDER_H

#include "engine/book.h"

/* The last of its successors, or the code itself: equal for all codes of one provider. */
struct bytes provider_last(const struct book *book, struct bytes code);

static inline bool same_provider(const struct book *book, struct bytes a, struct bytes b)
{
    return bytes_equal(a, b) ||
           (book->successors_count > 0 && bytes_equal(provider_last(book, a), provider_last(book, b)));
}

#endif
