/* avro_c.h - the door to Avro C (libavro), for what is not the hot path: its reading of a schema beside
 *            ours, and its word on why two types do not fit.
 * Owner:   a reading belongs to whoever asked, until avro_c_free. What it is asked about is borrowed.
 * Errors:  NULL or false; Avro C's own sentence is in `ret_reason` where there is one.
 * Threads: any. Debian builds libavro without THREADSAFE: its last error is one buffer of the whole
 *          process, which every call that can fail writes. So such calls, and the copying of what it says,
 *          stand between avro_c_lock and avro_c_unlock; the functions here do it.
 *
 * Avro C believes what it reads: its parser recurses as deep as the text is nested (jansson ends that at
 * 2,048 levels), its reader as deep as the bytes say, until the stack is gone; it takes memory for any
 * length that it is told, and leaks it when the bytes end before. So nothing is handed to it that our own
 * code has not walked through first, with the limits of base/limits.h. */
#ifndef BUNDELWACHT_CODEC_AVRO_C_H
#define BUNDELWACHT_CODEC_AVRO_C_H

#include "codec/schema.h"

struct avro_obj_t; /* what Avro C's avro_schema_t points to */

void avro_c_lock(void);
void avro_c_unlock(void);

/* A text that schema_parse has walked through. NULL: it is no schema for Avro C. */
struct avro_obj_t *avro_c_read(struct bytes text);
void avro_c_free(struct avro_obj_t *schema); /* NULL is fine */
/* Did Avro C read the same types, names, symbols and sizes as we did? */
bool avro_c_agrees(struct avro_obj_t *theirs, const struct schema_node *ours);

/* Whether a field of the writer's record can be read as the reader's field of that name by the rules that
 * Avro C
 * knows: no defaults, no aliases, no logical types, enums only under their own name. Both records have the
 *        field. */
bool avro_c_resolves(struct avro_obj_t *writer, struct avro_obj_t *reader, const char *field,
                     char *ret_reason, size_t size);

#endif
