/* Any bytes as a record of one of our four topics, in any framing; then the rest as the schema of who wrote
 * it. What is read can be written again. */
#include "fuzz_target.h"

#include "base/must.h"
#include "codec/output_reader.h"

static void read_one(const struct output_reader_options *options, struct bytes value)
{
    struct output_record record;
    const char *problem = NULL;
    char error[256] = "";
    struct buffer again = { 0 };
    struct output_reader *reader = output_reader_new(options, error, sizeof(error));
    must(reader != NULL || error[0] != '\0');
    if (reader && output_reader_read(reader, BYTES("k"), value, &record, &problem)) {
        if (record.name == SCHEMA_DEAD_LETTER)
            dead_letter_to_avro(&record.letter, &again);
        else
            output_to_avro(&record.output, &again);
    } else {
        must(reader == NULL || problem != NULL);
    }
    buffer_release(&again);
    output_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum framing framings[] = { FRAMING_CONFLUENT, FRAMING_SINGLE_OBJECT, FRAMING_RAW };
    if (size < 3)
        return 0;
    struct output_reader_options options = { .record = (enum schema_name)(SCHEMA_DECISION + data[0] % 4),
                                             .framing = framings[data[1] % COUNT(framings)] };
    size_t schema_bytes = data[2] == 0 ? 0 : size - 3 < 8u * data[2] ? size - 3 : 8u * data[2];
    if (schema_bytes > 0)
        options.writer_schema = (struct bytes){ (const char *)data + 3, schema_bytes };
    read_one(&options, (struct bytes){ (const char *)data + 3 + schema_bytes, size - 3 - schema_bytes });
    return 0;
}
