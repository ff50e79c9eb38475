/* decoder.h - bytes of one record to a declaration (§1), whatever framing and writer schema.
 * Owner:   the schema set is shared and constant; a decoder belongs to one thread. The declaration's strings
 * are views into the
 *          value, or into the decoder's scratch memory until its next call.
 * Errors:  DEAD_LETTER with no_value, too_large, bad_wire_format, unknown_schema, bad_schema, bad_avro or
 * bad_json. What is wrong
 *          with single fields is left in declaration.unreadable for declaration_check; without DONE every
 *          field is unreadable.
 * Threads: schema set: constant after loading; decoder: one. */
#ifndef BUNDELWACHT_CODEC_DECODER_H
#define BUNDELWACHT_CODEC_DECODER_H

#include "base/result.h"
#include "engine/declaration.h"

enum framing { FRAMING_CONFLUENT, FRAMING_SINGLE_OBJECT, FRAMING_RAW, FRAMING_JSON };

struct schema_set;
/* Confluent: <id>.avsc in the directory; single-object: any names; raw: `path` is one file, or a directory
 * with exactly one .avsc. NULL on failure, with a sentence in `ret_error`. A file that is no readable schema
 * is remembered: its records are bad_schema. */
struct schema_set *schema_set_load(const char *path, enum framing framing, char *ret_error,
                                   size_t error_size);
/* From one schema's text (tests); its id is 0. NULL when it is no schema; what cannot be read as a
 * declaration is bad_schema. */
struct schema_set *schema_set_of_text(struct bytes avsc, char *ret_error, size_t error_size);
void schema_set_free(struct schema_set *set);
/* The index-th schema that makes its records bad_schema, as a sentence for the log; false when there are no
 * more. */
bool schema_set_problem(const struct schema_set *set, size_t index, char *ret_text, size_t size);
/* 64-bit XXH3 over ids and texts in order of id: part of the commit metadata (design §2). */
uint64_t schema_set_hash(const struct schema_set *set);

struct decoder;
/* `set` may be NULL for FRAMING_JSON. value_bytes_max 0: RECORD_BYTES_MAX. */
struct decoder *decoder_new(const struct schema_set *set, enum framing framing, size_t value_bytes_max);
void decoder_free(struct decoder *decoder);
/* After bad_schema: which field of the record's schema does not fit, as a sentence without anything of the
 * record or of the schema's own text; null after anything else. As long as the schema set. */
struct bytes decoder_why(const struct decoder *decoder);
MUST_USE struct result decoder_decode(struct decoder *decoder, struct bytes value,
                                      struct declaration *ret_declaration);

#endif
