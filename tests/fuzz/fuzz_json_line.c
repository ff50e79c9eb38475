/* Any bytes as a JSON line; jansson is asked whether it is JSON at all, and what we accept is written and
 * read again. */
#include "fuzz_target.h"

#include "base/must.h"
#include "codec/json_line.h"
#include "codec/output_codec.h"

#include <jansson.h>

static void must_be_json(struct bytes line)
{
    json_error_t error = { 0 };
    json_t *json = json_loadb(line.data, line.length, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    enum json_error_code code = json ? json_error_unknown : json_error_code(&error);
    must(json != NULL || code == json_error_numeric_overflow || code == json_error_null_byte_in_key);
    must(json == NULL || json_is_object(json));
    json_decref(json);
}

static bool is_within_json_dates(const struct declaration *d)
{
    return d->unreadable == 0 && d->submitted_at >= 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_scratch *scratch, *again;
    if (scratch == NULL) {
        scratch = json_scratch_new();
        again = json_scratch_new();
    }
    struct bytes line = { (const char *)data, size };
    struct declaration declaration, copy;
    if (!json_line_read(scratch, line, &declaration))
        return 0;
    must_be_json(line);
    const struct declaration_envelope envelope = { .record_timestamp = INT64_MAX };
    (void)declaration_check(&declaration, &envelope).verdict;
    if (is_within_json_dates(&declaration)) {
        struct buffer written = { 0 };
        declaration_to_json(&declaration, &written);
        must(json_line_read(again, buffer_bytes(&written), &copy));
        must(copy.unreadable == 0 && copy.amount == declaration.amount &&
             bytes_equal(copy.insured, declaration.insured));
        buffer_release(&written);
    }
    return 0;
}
