/* Any text as a schema, up to a zero byte, and what is behind it as records written with it, one after the
 * other: as a plan reads them, and as they are passed over. */
#include "fuzz_target.h"

#include "base/limits.h"
#include "base/must.h"
#include "codec/plan.h"
#include "engine/declaration.h"

enum { RECORDS_MAX = 64 };
static const struct declaration_envelope envelope = { .record_timestamp = INT64_MAX };

static void read_records(const struct schema *schema, const struct plan *plan, const uint8_t *at,
                         const uint8_t *end)
{
    for (int records = 0; records < RECORDS_MAX && at < end; records++) {
        struct declaration declaration;
        struct cursor cursor = { .at = at, .end = end, .items_left = SKIP_ITEMS_MAX };
        bool read = plan ? plan_run(plan, &cursor, &declaration) : schema_skip(schema->root, &cursor);
        must(cursor.at >= at);
        must(cursor.at <= end);
        if (plan && read)
            (void)declaration_check(&declaration, &envelope).verdict;
        struct cursor skipped = { .at = at, .end = end, .items_left = SKIP_ITEMS_MAX };
        if (schema_skip(schema->root, &skipped) && read && plan)
            must(skipped.at == cursor.at); /* a plan passes the same bytes */
        if (!read)
            return;
        at = cursor.at > at ? cursor.at : at + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
    const char *problem = NULL;
    struct schema *schema =
        end ? schema_parse((struct bytes){ (const char *)data, (size_t)(end - data) }, &problem) : NULL;
    if (!schema)
        return 0;
    struct plan *plan = plan_new(schema, &problem);
    read_records(schema, plan, end + 1, data + size);
    plan_free(plan);
    schema_free(schema);
    return 0;
}
