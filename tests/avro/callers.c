/* callers.c - what of the program asks Avro C: reading a schema, why two types do not fit, reading our own
 *             records. Built as it is, and with one part of Avro C after the other replaced by functions
 *             that fail (stub.c): who asks that part must then refuse, or be silent, and nobody else. */
#include "base/must.h"
#include "codec/avro_c.h"
#include "codec/output_reader.h"
#include "codec/plan.h"

#include <stdio.h>

#define AMOUNT "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"amount\",\"type\":\"string\"}]}"

static const char *reads_a_schema(void)
{
    const char *problem = "reads";
    struct schema *schema = schema_parse(schema_text(SCHEMA_DECLARATION), &problem);
    schema_free(schema);
    return problem;
}

/* A schema that our parser reads alone (a type inside a type), and Avro C's reading of the same without
 * that. */
static const char *explains_a_misfit(void)
{
    static char sentence[512];
    const char *problem;
    struct schema *schema = schema_parse(BYTES("{\"type\":" AMOUNT "}"), &problem);
    must(schema != NULL);
    must(schema->avro_c == NULL);
    schema->avro_c = avro_c_read(BYTES(AMOUNT));
    plan_explain(schema, sentence, sizeof(sentence));
    schema_free(schema);
    return strstr(sentence, "Writer string not compatible with reader long") ? "explains" : "is silent";
}

static const char *reads_a_record(void)
{
    static char error[256];
    struct buffer value = { 0 };
    const char *problem = "reads";
    struct output_record record;
    const struct dead_letter letter = { .source = BYTES("t"),
                                        .reason = BYTES("bad_avro"),
                                        .message = BYTES("m") };
    struct output_reader *reader = output_reader_new(
        &(struct output_reader_options){ .record = SCHEMA_DEAD_LETTER, .framing = FRAMING_RAW }, error,
        sizeof(error));
    dead_letter_to_avro(&letter, &value);
    if (reader && output_reader_read(reader, BYTES_NULL, buffer_bytes(&value), &record, &problem))
        must(bytes_equal(record.letter.reason, letter.reason));
    buffer_release(&value);
    output_reader_free(reader);
    return reader ? problem : error;
}

int main(void)
{
    printf("schema: %s\n", reads_a_schema());
    printf("misfit: %s\n", explains_a_misfit());
    printf("record: %s\n", reads_a_record());
    return 0;
}
