/* output_reader.h - decisions, episodes, alerts and dead letters, read back from the topics and files that
 *                   this program wrote: for commands, not for the hot path (an episode costs four
 *                   microseconds).
 * Owner:   the reader owns what it reads: texts, shares and measures of a record live until its next call.
 * Units:   those of engine/outputs.h.
 * Errors:  a sentence, for people, that goes on after "the record" or "the schema". What is in a topic that
 *          others may write is other people's data: every byte is walked through within base/limits.h
 *          before Avro C, which reads the values, is told of any length.
 * Threads: a reader belongs to one at a time.
 *
 * A writer's schema other than ours is read by the names of its fields, as an older or newer version of
 * this program may have written it: fields that we do not know are passed over, a missing one that may be
 * null is null, and another missing one, or another type, unit or word, is refused with its name. */
#ifndef BUNDELWACHT_CODEC_OUTPUT_READER_H
#define BUNDELWACHT_CODEC_OUTPUT_READER_H

#include "codec/decoder.h"
#include "codec/output_codec.h"

struct output_record {
    enum schema_name name; /* which of the two is there */
    union {
        struct output output;
        struct dead_letter letter;
    };
};

struct output_reader_options {
    enum schema_name record;     /* any but SCHEMA_DECLARATION */
    enum framing framing;        /* any but FRAMING_JSON */
    uint32_t schema_id;          /* FRAMING_CONFLUENT: the only one that is read */
    struct bytes writer_schema;  /* null: our own */
};
struct output_reader;
/* NULL when the writer's schema cannot be read as such a record; the sentence says which field does not
 * fit. */
struct output_reader *output_reader_new(const struct output_reader_options *options, char *ret_error,
                                        size_t error_size);
void output_reader_free(struct output_reader *reader); /* NULL is fine */
/* `key` is that of the Kafka record, and becomes the output's; a dead letter has its own. False:
 * *ret_problem says why. */
bool output_reader_read(struct output_reader *reader, struct bytes key, struct bytes value,
                        struct output_record *ret_record, const char **ret_problem);

#endif
