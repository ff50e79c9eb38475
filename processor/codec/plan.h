/* plan.h - how to read records of one writer schema as declarations: worked out once per schema, run for
 * every record.
 * Owner:   the plan borrows the schema, which must outlive it. What plan_run writes are views into the
 * record.
 * Errors:  plan_new answers NULL and a static sentence when the schema can never be read as a declaration
 * (bad_schema);
 *          plan_run and schema_skip answer false when the bytes break (bad_avro).
 * Threads: constant after plan_new; share freely.
 *
 * Resolution is that of the Avro specification, by field name: other fields are skipped, any order is fine,
 * an int is read where we have a long and bytes where we have a string, a missing field takes the default of
 * §1. The names of the record and of its enums are not compared: what a record is called says nothing about
 * what it holds. What can only be wrong in a single record, as a null or a symbol that we do not know, marks
 * the field unreadable. */
#ifndef BUNDELWACHT_CODEC_PLAN_H
#define BUNDELWACHT_CODEC_PLAN_H

#include "codec/avro_read.h"
#include "codec/reader_field.h"
#include "codec/schema.h"
#include "engine/declaration.h"

struct plan;
struct plan *plan_new(const struct schema *schema, const char **ret_problem);
void plan_free(struct plan *plan); /* NULL is fine */
/* One sentence for people why there is no plan: the first field at fault, its type, the one that is read,
 * what Avro C says of the two, and the names of other fields at fault. Nothing of the schema's own text is
 * in it. */
void plan_explain(const struct schema *schema, char *ret_sentence, size_t size);
/* The same without Avro C, for outputs: the same bytes whatever its version, and few, since every record of
 * the schema carries them. */
enum { SCHEMA_WHY_BYTES = 160 };
void plan_blame(const struct schema *schema, char *ret_sentence, size_t size);
/* Whether one field of ours can be read from what the writer has under its name. */
bool plan_field_fits(const struct reader_field *field, const struct schema_node *node);

/* Reads one record and leaves the cursor behind it. */
bool plan_run(const struct plan *plan, struct cursor *cursor, struct declaration *ret_declaration);
/* Passes over one value of any type. */
bool schema_skip(const struct schema_node *node, struct cursor *cursor);

#endif
