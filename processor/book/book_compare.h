/* book_compare.h - which definitions and contracts in force another book would change (design §2: budgets are
 * not revised while a contract runs).
 * Owner:   nothing is held; what a change names is borrowed from the two books.
 * Units:   days.
 * Errors:  none; both books are right.
 * Threads: pure.
 *
 * Compared are definitions of one bundle whose dates meet, contracts of one id, the cell of each pair of
 * bundles, the rules of duplicates and the ends of care by their place, and what holds for the whole book.
 * What a criterion accepts counts, not its name. Days that only the new book has change nothing that is in
 * force; nor do bundles and contracts that only it has. */
#ifndef BUNDELWACHT_BOOK_BOOK_COMPARE_H
#define BUNDELWACHT_BOOK_BOOK_COMPARE_H

#include "engine/book.h"

#define BOOK_NONE_ANY_MORE "none any more"
#define BOOK_NEW "new"

enum book_part { PART_BOOK, PART_BUNDLE, PART_CONTRACT, PART_OVERLAP, PART_DUPLICATE, PART_END };

struct book_difference {
    enum book_part part;
    /* changes the window or the budget of an episode; else what is allocated, or what is said about it */
    bool binding;
    /* of the bundle, contract or rule; `other`: the second bundle of an overlap; null where there is none */
    struct bytes id, other;
    int32_t from, until;    /* of bundles and contracts: the dates of opening for which it differs */
    const char *what;       /* the key that differs, or one of the two below */
};
/* One as a line of text; a sink whose context is the FILE. */
void book_difference_print(void *stream, const struct book_difference *difference);
typedef void book_difference_sink(void *context, const struct book_difference *difference);
/* How many binding differences there are. */
size_t book_compare(const struct book *old_book, const struct book *new_book, book_difference_sink *sink,
                    void *context);

#endif
