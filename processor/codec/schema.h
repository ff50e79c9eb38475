/* schema.h - the schema that a record was written with: its text as a tree of types.
 * Owner:   the schema owns its tree and the names in it; schema_free gives all back. The text is not held.
 * Errors:  schema_parse answers NULL and a static sentence. Every length and depth has a limit (base/limits.h).
 * Threads: constant after parsing; share freely.
 *
 * Why not Avro C's parser: it overflows the stack on nested or recursive text, refuses a record without fields, and forgets
 * logical types, which tell milliseconds from microseconds. It is the oracle of tests/codec/test_schema.c. */
#ifndef BUNDELWACHT_CODEC_SCHEMA_H
#define BUNDELWACHT_CODEC_SCHEMA_H

#include "base/arena.h"
#include "base/buffer.h"

enum schema_type {
    TYPE_NULL, TYPE_BOOLEAN, TYPE_INT, TYPE_LONG, TYPE_FLOAT, TYPE_DOUBLE, TYPE_BYTES, TYPE_STRING, /* the primitive ones, in this order */
    TYPE_FIXED, TYPE_ENUM, TYPE_ARRAY, TYPE_MAP, TYPE_UNION, TYPE_RECORD,
};
#define PRIMITIVE_TYPES (TYPE_STRING + 1)

/* What a logical type says of the unit of a number. Those that say nothing of time are no concern of ours. */
enum schema_unit { SAYS_NOTHING, SAYS_DATE, SAYS_MOMENT, SAYS_OTHER_TIME };

struct schema_node {
    uint8_t type; /* enum schema_type */
    uint8_t unit; /* enum schema_unit */
    uint32_t count;                            /* fields, symbols, branches; 1 of an array or map; bytes of a fixed */
    struct bytes name;                         /* full name of a record, enum or fixed; else null */
    const struct bytes *names;                 /* [count] of fields or symbols */
    const struct schema_node *const *children; /* [count] of fields, branches, items or values; may lead back up */
};

struct schema {
    struct arena arena;
    const struct schema_node *root;
    uint64_t fingerprint; /* CRC-64-AVRO of the parsing canonical form */
};

struct schema *schema_parse(struct bytes text, const char **ret_problem);
void schema_free(struct schema *schema); /* NULL is fine */

/* The parsing canonical form of the Avro specification; for the fingerprint and for tests. */
void schema_canonical(const struct schema_node *root, struct buffer *buffer);
uint64_t crc_64_avro(struct bytes text);

#endif
