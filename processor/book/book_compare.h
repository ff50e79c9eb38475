/* book_compare.h - which definitions and contracts in force another book would change (design §2: budgets are not revised while a
 * contract runs).
 * Owner:   nothing is kept; what a change names is borrowed from the two books.
 * Units:   days.
 * Errors:  none; both books are right.
 * Threads: pure.
 *
 * Compared are definitions of one bundle whose dates meet, and contracts of one id; what a criterion accepts counts, not its name. Days
 * that only the new book has change nothing that is in force. */
#ifndef BUNDELWACHT_BOOK_BOOK_COMPARE_H
#define BUNDELWACHT_BOOK_BOOK_COMPARE_H

#include "engine/book.h"

struct book_change {
    bool is_contract;
    bool binding;        /* changes the window or the budget of an episode; else what is allocated, or what is said about it */
    struct bytes id;     /* of the bundle or the contract */
    int32_t from, until; /* the dates of opening for which it changes */
    const char *what;    /* the key that differs, or "none any more" */
};
typedef void book_change_sink(void *context, const struct book_change *change);
/* How many binding changes there are. */
size_t book_compare(const struct book *old_book, const struct book *new_book, book_change_sink *sink, void *context);

#endif
