/* output_fields.h - the fields of decisions, episodes and alerts by their names of §11: for examples, which
 * say what they expect. Owner:   a value borrows from the output that it was taken from, or from the arena.
 * Errors:  none.
 * Threads: pure; the tables are constant. */
#ifndef BUNDELWACHT_BOOK_OUTPUT_FIELDS_H
#define BUNDELWACHT_BOOK_OUTPUT_FIELDS_H

#include "base/arena.h"
#include "engine/outputs.h"
#include "engine/text.h"

enum value_form {
    VALUE_TEXT,     /* struct bytes, null allowed */
    VALUE_WORD,     /* uint8_t, a row of `words` */
    VALUE_INT,      /* int32_t */
    VALUE_LONG,     /* int64_t */
    VALUE_MAYBE,    /* struct maybe */
    VALUE_DAY,      /* int32_t */
    VALUE_MOMENT,   /* int64_t */
    VALUE_BOOLEAN,  /* bool */
    VALUE_SHARES,   /* {episode key: cents}, in order */
    VALUE_MEASURES, /* {name: value or null}, in order */
};
struct output_field {
    struct bytes name;
    bool of_path;  /* says how a state was reached, and is no part of it (§0): the same in every order is not
                      asked */
    size_t offset; /* in the struct of its kind */
    enum value_form form;
    const struct bytes *words;
    size_t words_count;
};

struct named_value {
    struct bytes name;
    struct maybe value;
};
struct output_value {
    bool is_null;
    int64_t number;    /* also of a word (its row), a day, a moment, a boolean */
    struct bytes text; /* of VALUE_TEXT */
    const struct named_value *list;
    size_t list_count;
};

/* The fields of a kind, in the order of §11: the rows of engine/outputs.def. */
const struct output_field *output_fields(enum output_kind kind, size_t *ret_count);
const struct output_field *output_field_find(enum output_kind kind, struct bytes name); /* or NULL */
struct output_value output_value_of(const struct output *output, const struct output_field *field,
                                    struct arena *arena);
bool output_values_equal(const struct output_field *field, const struct output_value *a,
                         const struct output_value *b);
/* As a person writes it in a book. */
void output_value_add(struct text *text, const struct output_field *field, const struct output_value *value);

#endif
