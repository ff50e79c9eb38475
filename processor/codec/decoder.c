#include "codec/decoder.h"

#include "base/limits.h"
#include "base/must.h"
#include "codec/json_line.h"
#include "codec/reader_field.h"
#include "codec/schema_set.h"
#include "engine/dead_letter.h"

#include <stdlib.h>

struct decoder {
    const struct schema_set *set;
    enum framing framing;
    size_t value_bytes_max;
    const struct schema_entry *last; /* most records are written like the one before */
    struct json_scratch *scratch;
    const char *why; /* of the last record, after bad_schema */
};

struct decoder *decoder_new(const struct schema_set *set, enum framing framing, size_t value_bytes_max)
{
    must(set != NULL || framing == FRAMING_JSON);
    struct decoder *decoder = calloc(1, sizeof(*decoder));
    must(decoder != NULL);
    decoder->set = set;
    decoder->framing = framing;
    decoder->value_bytes_max = value_bytes_max ? value_bytes_max : RECORD_BYTES_MAX;
    if (framing == FRAMING_JSON)
        decoder->scratch = json_scratch_new();
    if (framing == FRAMING_RAW)
        decoder->last = schema_set_only(set);
    return decoder;
}

void decoder_free(struct decoder *decoder)
{
    if (decoder == NULL)
        return;
    json_scratch_free(decoder->scratch);
    free(decoder);
}

static struct result read_body(struct decoder *decoder, const struct schema_entry *entry, struct bytes body,
                               struct declaration *ret_declaration)
{
    if (entry == NULL)
        return dead_letter(LETTER_unknown_schema);
    if (entry->plan == NULL) {
        decoder->why = entry->why;
        return dead_letter(LETTER_bad_schema);
    }
    struct cursor cursor = { .at = (const unsigned char *)body.data,
                             .end = (const unsigned char *)body.data + body.length };
    if (!plan_run(entry->plan, &cursor, ret_declaration) || cursor.at != cursor.end)
        return dead_letter(LETTER_bad_avro);
    return done();
}

struct bytes decoder_why(const struct decoder *decoder)
{
    return decoder->why ? bytes_of(decoder->why) : BYTES_NULL;
}

static const struct schema_entry *find_entry(struct decoder *decoder, uint64_t id)
{
    if (decoder->last && decoder->last->id == id)
        return decoder->last;
    const struct schema_entry *entry = schema_set_find(decoder->set, id);
    if (entry)
        decoder->last = entry;
    return entry;
}

/* 0x00, the id in 4 bytes big-endian, the body. */
static struct result decode_confluent(struct decoder *decoder, struct bytes value,
                                      struct declaration *ret_declaration)
{
    const unsigned char *bytes = (const unsigned char *)value.data;
    if (value.length < 5 || bytes[0] != 0)
        return dead_letter(LETTER_bad_wire_format);
    uint64_t id = (uint64_t)bytes[1] << 24 | (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 8 | bytes[4];
    return read_body(decoder, find_entry(decoder, id), (struct bytes){ value.data + 5, value.length - 5 },
                     ret_declaration);
}

/* C3 01, the fingerprint in 8 bytes little-endian, the body. */
static struct result decode_single_object(struct decoder *decoder, struct bytes value,
                                          struct declaration *ret_declaration)
{
    const unsigned char *bytes = (const unsigned char *)value.data;
    if (value.length < 10 || bytes[0] != 0xC3 || bytes[1] != 0x01)
        return dead_letter(LETTER_bad_wire_format);
    uint64_t fingerprint = 0;
    for (unsigned i = 0; i < 8; i++)
        fingerprint |= (uint64_t)bytes[2 + i] << (8 * i);
    return read_body(decoder, find_entry(decoder, fingerprint),
                     (struct bytes){ value.data + 10, value.length - 10 }, ret_declaration);
}

static struct result decode_framed(struct decoder *decoder, struct bytes value,
                                   struct declaration *ret_declaration)
{
    switch (decoder->framing) {
    case FRAMING_CONFLUENT: return decode_confluent(decoder, value, ret_declaration);
    case FRAMING_SINGLE_OBJECT: return decode_single_object(decoder, value, ret_declaration);
    case FRAMING_RAW: return read_body(decoder, decoder->last, value, ret_declaration);
    case FRAMING_JSON:
        return json_line_read(decoder->scratch, value, ret_declaration) ? done()
                                                                        : dead_letter(LETTER_bad_json);
    }
    must(false);
    return done();
}

struct result decoder_decode(struct decoder *decoder, struct bytes value, struct declaration *ret_declaration)
{
    struct result result;
    decoder->why = NULL;
    if (bytes_is_null(value))
        result = dead_letter(LETTER_no_value);
    else if (value.length > decoder->value_bytes_max)
        result = dead_letter(LETTER_too_large);
    else
        result = decode_framed(decoder, value, ret_declaration);
    if (result.verdict != DONE)
        *ret_declaration = (struct declaration){ .unreadable = FIELDS_ALL };
    return result;
}
