/* examples.h - the examples of a book: a few declarations, and what the people who wrote the bundle expect of
 * them. The words are those of tests/scenarios/README.md. Nothing of the engine sees them; `bundelwacht test`
 * runs them.
 * Owner:   the book that they were read with; they live as long as it.
 * Units:   days; lines and columns from 1.
 * Errors:  none here: what is wrong with their form is a finding of the book.
 * Threads: constant after reading. */
#ifndef BUNDELWACHT_BOOK_EXAMPLES_H
#define BUNDELWACHT_BOOK_EXAMPLES_H

#include "book/output_fields.h"
#include "engine/book.h"

#define AS_OF_LATEST INT32_MIN /* an example without as_of: the latest date of submitted_at */

struct example_place {
    int32_t line, column;
};
struct expected_field {
    const struct output_field *field;
    struct output_value value;
};
struct expected_entry {
    struct example_place place;
    struct bytes key; /* whole, or without insured/ (decisions), insured/insurer/ (episodes, alerts) */
    const struct expected_field *fields;
    size_t fields_count;
};
struct expected_part {
    bool given; /* a part that is absent is not checked */
    struct example_place place;
    const struct expected_entry *entries; /* of episodes and alerts: all that there may be */
    size_t entries_count;
};
struct example {
    struct example_place place;
    struct bytes name, bundle;
    int32_t as_of;                          /* or AS_OF_LATEST */
    const struct declaration *declarations; /* valid, in the order of the log */
    size_t declarations_count;
    struct expected_part parts[OUTPUT_KIND_COUNT];
    uint32_t only_alerts; /* bit 1 << ALERT_x: only these are compared; 0: all */
};
struct examples {
    const struct example *items;
    size_t count;
};

/* In the order of the book. */
struct examples book_examples(const struct book *book);

#endif
