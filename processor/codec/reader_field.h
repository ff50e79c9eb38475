/* reader_field.h - our side of every decoder: the fields of §1 with their offset in struct declaration.
 * Owner:   constant.
 * Errors:  none.
 * Threads: any. */
#ifndef BUNDELWACHT_CODEC_READER_FIELD_H
#define BUNDELWACHT_CODEC_READER_FIELD_H

#include "engine/declaration.h"

/* In Avro a DATE is an int and a MOMENT a long; in JSON both are text. A MAYBE_INT is kept as 0 where it is
 * null, so that a 0 that is given is unreadable. */
enum reader_type {
    READER_STRING,
    READER_INT,
    READER_MAYBE_INT,
    READER_LONG,
    READER_DATE,
    READER_MOMENT,
    READER_ENUM
};

struct reader_field {
    struct bytes name;
    uint8_t type;               /* enum reader_type */
    bool may_be_absent;
    bool nullable;              /* the strings that may be null, and MAYBE_INT */
    uint16_t offset;            /* in struct declaration */
    const struct bytes *symbols; /* of an enum */
    size_t symbols_count;
};
extern const struct reader_field reader_fields[FIELD_COUNT];

/* A declaration without any field: the defaults of §1, and what has none unreadable. */
extern const struct declaration declaration_absent;
#define FIELDS_ALL ((1u << FIELD_COUNT) - 1)

/* The field of that name, or NULL. `expected` is tried first: most writers keep our order. */
static inline const struct reader_field *reader_field_find(struct bytes name, size_t expected)
{
    if (expected < FIELD_COUNT && bytes_equal(name, reader_fields[expected].name))
        return &reader_fields[expected];
    for (size_t field = 0; field < FIELD_COUNT; field++)
        if (bytes_equal(name, reader_fields[field].name))
            return &reader_fields[field];
    return NULL;
}

#endif
