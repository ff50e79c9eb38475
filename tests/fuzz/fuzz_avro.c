/* Any bytes as a record: the first chooses the writer schema, the rest is its body. */
#include "fuzz_target.h"

#include "base/limits.h"
#include "base/must.h"
#include "codec/output_codec.h"
#include "codec/plan.h"

/* Our own schema, and two that have evolved in every way that is read. */
static const char *const evolved[] = {
    "{\"type\":\"record\",\"name\":\"D\",\"fields\":["
    "{\"name\":\"e1\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"map\",\"values\":[\"null\","
    "\"string\"]}}},"
    "{\"name\":\"submitted_at\",\"type\":\"int\"},{\"name\":\"amount\",\"type\":[\"string\",\"long\","
    "\"null\"]},"
    "{\"name\":\"e2\",\"type\":{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"next\",\"type\":["
    "\"null\",\"L\"]}]}},"
    "{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"K\",\"symbols\":[\"OTHER\",\"CREDIT\","
    "\"DEBIT\"]}},"
    "{\"name\":\"declaration_id\",\"type\":\"bytes\"},{\"name\":\"insurer\",\"type\":[\"null\",\"int\"]},{"
    "\"name\":\"insured\",\"type\":\"string\"},"
    "{\"name\":\"birth_date\",\"type\":\"int\"},{\"name\":\"provider\",\"type\":[\"null\",\"string\"]},"
    "{\"name\":\"care_type\",\"type\":{\"type\":\"enum\",\"name\":\"C\",\"symbols\":[\"OTHER\",\"ADD_ON\","
    "\"NEWER\"]}},"
    "{\"name\":\"care_code\",\"type\":\"string\"},{\"name\":\"start_date\",\"type\":\"int\"},{\"name\":\"end_"
    "date\",\"type\":\"int\"},"
    "{\"name\":\"e3\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":5}},{\"name\":\"e4\",\"type\":"
    "\"double\"},{\"name\":\"e5\",\"type\":\"boolean\"}]}",
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":[\"null\",\"R\",{\"type\":"
    "\"array\",\"items\":\"R\"},{\"type\":\"map\",\"values\":\"R\"}]},"
    "{\"name\":\"b\",\"type\":{\"type\":\"array\",\"items\":\"null\"}}]}",
};

static struct schema *schemas[3];
static struct plan *plans[3];

static void prepare(void)
{
    const char *problem = NULL;
    if (schemas[0])
        return;
    schemas[0] = schema_parse(schema_text(SCHEMA_DECLARATION), &problem);
    for (int i = 0; i < 2; i++)
        schemas[1 + i] = schema_parse(bytes_of(evolved[i]), &problem);
    for (int i = 0; i < 2; i++)
        must((plans[i] = plan_new(schemas[i], &problem)) != NULL);
}

static void must_be_within(struct bytes text, const uint8_t *data, size_t size)
{
    if (!bytes_is_null(text)) {
        must((const uint8_t *)text.data >= data);
        must((const uint8_t *)text.data + text.length <= data + size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct declaration declaration;
    prepare();
    if (size < 1)
        return 0;
    unsigned choice = data[0] % 3;
    struct cursor cursor = { .at = data + 1, .end = data + size, .items_left = SKIP_ITEMS_MAX };
    if (plans[choice] == NULL) {
        (void)schema_skip(schemas[choice]->root, &cursor);
    } else if (plan_run(plans[choice], &cursor, &declaration)) {
        must_be_within(declaration.declaration_id, data, size);
        must_be_within(declaration.insured, data, size);
        must_be_within(declaration.care_code, data, size);
        const struct declaration_envelope envelope = { .record_timestamp = INT64_MAX };
        (void)declaration_check(&declaration, &envelope).verdict;
    }
    must(cursor.at <= cursor.end);
    return 0;
}
