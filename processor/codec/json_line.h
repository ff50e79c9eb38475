/* json_line.h - one line of JSON as a declaration (§1, §11); a strict reader of RFC 8259 that copies nothing
 * but escapes.
 * Owner:   the declaration's strings are views into the line or, where it has escapes, into the scratch until
 * its next use.
 * Errors:  false (bad_json) when the line is not one JSON object in valid UTF-8, when it gives a name twice,
 * known or not (compared
 *          without escapes, in the line's own object only), and when an unknown value is nested deeper than
 *          JSON_DEPTH_MAX.
 *          A field of a wrong type or form is marked unreadable. A lone surrogate escape stands for no
 *          text: bad_json.
 * Threads: a scratch belongs to one. */
#ifndef BUNDELWACHT_CODEC_JSON_LINE_H
#define BUNDELWACHT_CODEC_JSON_LINE_H

#include "engine/declaration.h"

struct json_scratch;
struct json_scratch *json_scratch_new(void);
void json_scratch_free(struct json_scratch *scratch); /* NULL is fine */

bool json_line_read(struct json_scratch *scratch, struct bytes line, struct declaration *ret_declaration);

#endif
