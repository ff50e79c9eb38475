/* schema_set.h - the inside of a schema set, for the decoder: from what a record names to the plan that reads
 * it.
 * Owner:   the set owns its entries; what is found lives as long as the set.
 * Errors:  NULL: no such schema. An entry without a plan is a schema that cannot be read as a declaration
 * (bad_schema).
 * Threads: constant after loading. */
#ifndef BUNDELWACHT_CODEC_SCHEMA_SET_H
#define BUNDELWACHT_CODEC_SCHEMA_SET_H

#include "codec/decoder.h"
#include "codec/plan.h"

struct schema_entry {
    uint64_t id; /* Confluent: the number; single-object: the fingerprint; else 0 */
    struct bytes text;
    char *name; /* of the file */
    struct schema *schema; /* or NULL */
    struct plan *plan;     /* or NULL */
    const char *problem;   /* when there is no plan */
    char *why;             /* a sentence then, for people; else NULL */
};

const struct schema_entry *schema_set_find(const struct schema_set *set, uint64_t id);
/* The one entry of a set for records that name no schema; NULL when there is not exactly one. */
const struct schema_entry *schema_set_only(const struct schema_set *set);

#endif
