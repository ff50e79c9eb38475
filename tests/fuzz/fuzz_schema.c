/* Any text as a schema, then as a plan; what is accepted has a canonical form that reads back as the same
 * schema, and Avro C reads the same in it: that two readers do not agree is for libraries that we do not
 * know yet. */
#include "fuzz_target.h"

#include "base/must.h"
#include "codec/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *problem = NULL;
    struct bytes text = { (const char *)data, size };
    struct schema *schema = schema_parse(text, &problem);
    if (schema == NULL) {
        must(problem != NULL);
        must(strstr(problem, "Avro C") == NULL);
        return 0;
    }
    struct plan *plan = plan_new(schema, &problem);
    must(plan != NULL || problem != NULL);
    if (plan) { /* the same bytes as a record of themselves: seldom good, never harmful */
        struct declaration declaration;
        struct cursor cursor = { .at = data, .end = data + size };
        (void)plan_run(plan, &cursor, &declaration);
    } else {
        char sentence[256] = "";
        plan_explain(schema, sentence, sizeof(sentence));
        must(sentence[0] != '\0');
    }
    struct buffer canonical = { 0 };
    schema_canonical(schema->root, &canonical);
    struct schema *again = schema_parse(buffer_bytes(&canonical), &problem);
    /* full names may make it longer than the limit */
    must(again == NULL || again->fingerprint == schema->fingerprint);
    schema_free(again);
    buffer_release(&canonical);
    plan_free(plan);
    schema_free(schema);
    return 0;
}
