/* json_write.h - values of JSON as §11 and §12 write them: no spaces, only `"`, `\` and control characters
 * escaped.
 * Owner:   the caller's buffer.
 * Errors:  none; bytes that are no UTF-8 become U+FFFD, since JSON has no other bytes.
 * Threads: pure. */
#ifndef BUNDELWACHT_CODEC_JSON_WRITE_H
#define BUNDELWACHT_CODEC_JSON_WRITE_H

#include "base/buffer.h"

void json_add_string(struct buffer *buffer, struct bytes text); /* null: null */
void json_add_number(struct buffer *buffer, int64_t number);
void json_add_day(struct buffer *buffer, int32_t day);
void json_add_moment(struct buffer *buffer, int64_t moment);
void json_add_boolean(struct buffer *buffer, bool value);
void json_add_base64(struct buffer *buffer, struct bytes bytes); /* null: null */

/* The text as it is where it is valid UTF-8, U+FFFD for each byte that is not; without quotes or escapes. */
void text_add_valid(struct buffer *buffer, struct bytes text);

#endif
