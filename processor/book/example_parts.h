/* example_parts.h - what the files that read examples share.
 * Owner:   all that is read lives in the arena of the book.
 * Errors:  findings in the document.
 * Threads: one. */
#ifndef BUNDELWACHT_BOOK_EXAMPLE_PARTS_H
#define BUNDELWACHT_BOOK_EXAMPLE_PARTS_H

#include "book/book_parts.h"
#include "book/examples.h"

struct layer;
struct example_cares;
/* As many as the list has items; those behind a finding are not to be used. (example_declarations.c) */
const struct declaration *read_example_declarations(struct reading *reading,
                                                    const struct example_cares *cares,
                                                    const struct yaml_node *defaults,
                                                    const struct yaml_node *list);
/* `cares` of a bundle: name, and fields of a declaration. NULL is none. */
struct example_cares {
    const struct yaml_node *node;
    struct layer *layers; /* [node->count] */
};
struct example_cares read_example_cares(struct reading *reading, const struct yaml_node *node);
/* A moment, or a date, which means 09:00:00.000Z of that day; in milliseconds. */
int64_t read_example_moment(struct reading *reading, const struct yaml_node *node, int64_t absent);
/* The three parts of `expect`. (example_expect.c) */
void read_example_expect(struct reading *reading, const struct yaml_node *node, struct example *example);
static inline struct example_place example_place_of(struct reading *reading, const struct yaml_node *node)
{
    struct example_place place;
    yaml_place(&reading->document, node, &place.line, &place.column);
    return place;
}

#endif
