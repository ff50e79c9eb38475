/* example_run.h - one example of a book, run on the engine itself: in the given order, reversed and shuffled.
 * Owner:   nothing is held.
 * Errors:  none; what differs is printed as sentences, with the place in the book.
 * Threads: the main thread. */
#ifndef BUNDELWACHT_EXAMPLES_EXAMPLE_RUN_H
#define BUNDELWACHT_EXAMPLES_EXAMPLE_RUN_H

#include "book/examples.h"
#include "engine/reference.h"

#define EXAMPLE_SHUFFLES 20
/* in a book; with more, each example is shuffled fewer times: the time is that of so many */
#define EXAMPLE_DECLARATIONS_MANY 1000

struct example_options {
    const char *file; /* the book's name, for places */
    const struct book *book;
    const struct reference *reference; /* or NULL */
    uint64_t seed;
    size_t shuffles; /* at most EXAMPLE_SHUFFLES */
};
/* True when every order ends as expected. Prints the first order that does not, on stdout. */
bool example_run(const struct example_options *options, const struct example *example);

#endif
