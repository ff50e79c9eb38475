/* A random writer schema that can be read as a declaration, with a record in it, both drawn from the bytes:
 * our plan reads what was written, and Avro C reads the same. Then the record is cut and changed by what is
 * left of the bytes: it ends in a verdict, within its bounds. */
#include "fuzz_target.h"

#include "base/must.h"
#include "codec/oracle.h"
#include "fuzz_choice.h"

static void reads_what_was_written(struct choices *choices, const struct evolved *evolved)
{
    struct declaration read;
    memset(&read, 0xA5, sizeof(read)); /* what the plan does not write would show */
    must(read_by_plan(evolved, &read) == NULL);
    must(declaration_difference(&evolved->expected, &read) == NULL);
    avro_schema_t schema = NULL;
    must(avro_schema_from_json_length(evolved->schema.data, evolved->schema.length, &schema) == 0);
    must(generic_agrees(choices, schema, evolved, &read));
    avro_schema_decref(schema);
}

static uint8_t *change(struct choices *choices, struct bytes record, size_t *ret_length)
{
    *ret_length = record.length - choice_below(choices, record.length + 1);
    uint8_t *exact = malloc(*ret_length + 1); /* so that the sanitizer sees every byte too far */
    must(exact != NULL);
    if (*ret_length)
        memcpy(exact, record.data, *ret_length);
    for (uint64_t edits = choice_below(choices, 8); edits > 0 && *ret_length > 0; edits--)
        exact[choice_below(choices, *ret_length)] = (uint8_t)choice_below(choices, 256);
    return realloc(exact, *ret_length ? *ret_length : 1);
}

static void ends_in_a_verdict(const struct evolved *evolved, const uint8_t *record, size_t length)
{
    const char *problem;
    struct declaration read;
    struct schema *schema = schema_parse(buffer_bytes(&evolved->schema), &problem);
    struct plan *plan = plan_new(schema, &problem);
    struct cursor cursor = cursor_of((struct bytes){ (const char *)record, length });
    if (plan_run(plan, &cursor, &read)) {
        must(cursor.at >= record && cursor.at <= record + length);
        (void)declaration_check(&read, &(struct declaration_envelope){ .record_timestamp = INT64_MAX })
            .verdict;
    }
    cursor = cursor_of((struct bytes){ (const char *)record, length });
    if (schema_skip(schema->root, &cursor))
        must(cursor.at >= record && cursor.at <= record + length);
    plan_free(plan);
    schema_free(schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = { data, data + size };
    struct evolved evolved;
    size_t length;
    evolved_draw(&evolved, &choices, false);
    reads_what_was_written(&choices, &evolved);
    uint8_t *record = change(&choices, buffer_bytes(&evolved.record), &length);
    ends_in_a_verdict(&evolved, record, length);
    free(record);
    evolved_release(&evolved);
    return 0;
}
