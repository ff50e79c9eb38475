#include "pipeline/demo_reader.h"

#include "codec/output_codec.h"

#include <criterion/criterion.h>

static struct output given_alert(void)
{
    return (struct output){
        .kind = OUTPUT_ALERT,
        .alert = { .insured = BYTES("p1"), .insurer = 3311, .type = ALERT_double_payment, .subject = BYTES("d1/same_care"),
                   .severity = SEVERITY_WARNING, .provider = BYTES("06010101"), .declaration_id = BYTES("d1"),
                   .observed = { true, 4000 }, .unit = UNIT_CENTS, .prevented = { true, 4000 }, .evidence = BYTES("d0"),
                   .message = BYTES("A sentence."), .cause = BYTES("d1"), .revision = 300, .as_of = 20500, .book = BYTES("b") },
    };
}

Test(demo_reader, reads_of_an_alert_what_the_codec_wrote)
{
    struct output output = given_alert();
    struct buffer value = { 0 };
    output_to_avro(&output, &value);
    struct demo_alert alert;
    int64_t prevented;
    int32_t as_of;
    cr_assert(demo_alert_read(buffer_bytes(&value), &alert, &prevented, &as_of));
    cr_expect_eq(alert.type, ALERT_double_payment);
    cr_expect(bytes_equal(alert.action, BYTES("RAISED")));
    cr_expect(bytes_equal(alert.severity, BYTES("WARNING")));
    cr_expect(bytes_equal(alert.message, BYTES("A sentence.")));
    cr_expect_eq(prevented, 4000);
    cr_expect_eq(as_of, 20500);
    buffer_release(&value);
}

Test(demo_reader, takes_a_missing_prevented_as_nothing)
{
    struct output output = given_alert();
    output.alert.prevented.known = false;
    output.alert.bundle = BYTES("hip-fracture");
    struct buffer value = { 0 };
    output_to_avro(&output, &value);
    struct demo_alert alert;
    int64_t prevented = 7;
    int32_t as_of;
    cr_assert(demo_alert_read(buffer_bytes(&value), &alert, &prevented, &as_of));
    cr_expect_eq(prevented, 0);
    buffer_release(&value);
}

Test(demo_reader, refuses_bytes_that_end_too_early)
{
    struct output output = given_alert();
    struct buffer value = { 0 };
    output_to_avro(&output, &value);
    struct demo_alert alert;
    int64_t prevented;
    int32_t as_of;
    for (size_t length = 0; length + 2 < value.length; length++) /* behind as_of comes only the book */
        cr_expect_not(demo_alert_read((struct bytes){ value.data, length }, &alert, &prevented, &as_of), "%zu", length);
    buffer_release(&value);
}
