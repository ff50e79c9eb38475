/* output_codec.h - decisions, episodes, alerts, dead letters and declarations to bytes: Avro bodies and JSON
 * lines (§11).
 * Owner:   the caller's buffer; nothing is held.
 * Errors:  none: what the engine made can be written.
 * Threads: pure. */
#ifndef BUNDELWACHT_CODEC_OUTPUT_CODEC_H
#define BUNDELWACHT_CODEC_OUTPUT_CODEC_H

#include "base/buffer.h"
#include "engine/dead_letter.h"
#include "engine/declaration.h"
#include "engine/outputs.h"

/* The bare Avro body by schemas/decision.avsc, episode.avsc, alert.avsc (which: output->kind). */
void output_to_avro(const struct output *output, struct buffer *buffer);
/* One JSON object, fields in the order of the schema with `key` first, no line end. */
void output_to_json(const struct output *output, struct buffer *buffer);
/* schemas/dead-letter.avsc, `key` among its fields */
void dead_letter_to_avro(const struct dead_letter *letter, struct buffer *buffer);
void dead_letter_to_json(const struct dead_letter *letter, struct buffer *buffer);
/* By schemas/declaration.avsc; for the generator, the dump and tests. JSON leaves nothing out: absent strings
 * are null. */
void declaration_to_avro(const struct declaration *declaration, struct buffer *buffer);
void declaration_to_json(const struct declaration *declaration, struct buffer *buffer);

/* The text of our own schemas, embedded at build time from schemas/ (for container files and schema
 * checks). */
enum schema_name {
    SCHEMA_DECLARATION,
    SCHEMA_DECISION,
    SCHEMA_EPISODE,
    SCHEMA_ALERT,
    SCHEMA_DEAD_LETTER,
    SCHEMA_COUNT
};
struct bytes schema_text(enum schema_name name);

#endif
