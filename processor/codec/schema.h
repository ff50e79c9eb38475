/* schema.h - the schema that a record was written with: its text as a tree of types.
 * Owner:   the schema owns its tree and the names in it; schema_free gives all back. The text is not held.
 * Errors:  schema_parse answers NULL and a static sentence. Every length and depth has a limit
 * (base/limits.h).
 * Threads: constant after parsing; share freely.
 *
 * Every text is read twice: by us, then by Avro C, and what they make of it must be the same. A schema that
 * two readers understand differently would be read into wrong cents by one of them, so it is refused. Ours
 * comes first, because it has limits; and ours is the one that is used, because Avro C's forgets logical
 * types, which tell milliseconds from microseconds. Avro C is not asked about what it is known not to read,
 * though others write it (`error` for a record, an enum without symbols, ...): `beyond_avro_c` in
 * schema.c. */
#ifndef BUNDELWACHT_CODEC_SCHEMA_H
#define BUNDELWACHT_CODEC_SCHEMA_H

#include "base/arena.h"
#include "base/buffer.h"

enum schema_type {
    /* the primitive ones, in this order */
    TYPE_NULL, TYPE_BOOLEAN, TYPE_INT, TYPE_LONG, TYPE_FLOAT, TYPE_DOUBLE, TYPE_BYTES, TYPE_STRING,
    TYPE_FIXED, TYPE_ENUM, TYPE_ARRAY, TYPE_MAP, TYPE_UNION, TYPE_RECORD,
};
#define PRIMITIVE_TYPES (TYPE_STRING + 1)

/* What a logical type says of the unit of a number. Those that say nothing of time are no concern of ours. */
enum schema_unit { SAYS_NOTHING, SAYS_DATE, SAYS_MOMENT, SAYS_OTHER_TIME };

struct schema_node {
    uint8_t type; /* enum schema_type */
    uint8_t unit; /* enum schema_unit */
    /* fields, symbols, branches; 1 of an array or map; bytes of a fixed */
    uint32_t count;
    struct bytes name;                         /* full name of a record, enum or fixed; else null */
    const struct bytes *names;                 /* [count] of fields or symbols */
    /* [count] of fields, branches, items or values; may lead back up */
    const struct schema_node *const *children;
};

struct avro_obj_t; /* codec/avro_c.h */

struct schema {
    struct arena arena;
    const struct schema_node *root;
    struct avro_obj_t *avro_c; /* Avro C's reading of the text; NULL where it was not asked */
    uint64_t fingerprint; /* CRC-64-AVRO of the parsing canonical form */
};

struct schema *schema_parse(struct bytes text, const char **ret_problem);
void schema_free(struct schema *schema); /* NULL is fine */

/* The parsing canonical form of the Avro specification; for the fingerprint and for tests. */
void schema_canonical(const struct schema_node *root, struct buffer *buffer);
uint64_t crc_64_avro(struct bytes text);

#endif
