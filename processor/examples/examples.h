/* examples.h - the door of the room: all examples of a book, and what differs, on standard output.
 * Owner:   nothing is held.
 * Errors:  what is wrong with the book or the reference, as findings on stderr.
 * Threads: the main thread. */
#ifndef BUNDELWACHT_EXAMPLES_EXAMPLES_H
#define BUNDELWACHT_EXAMPLES_EXAMPLES_H

enum examples_end { EXAMPLES_HOLD, EXAMPLES_DIFFER, EXAMPLES_REFUSED };
/* Paths of files; the reference may be NULL. A book without examples holds. */
enum examples_end examples_run(const char *book, const char *reference);

#endif
