#include "pipeline/generator.h"

#include "base/hash.h"
#include "codec/decoder.h"
#include "engine/calendar.h"

#include <criterion/criterion.h>

static struct generator *given_generator(struct generator_options options)
{
    cr_assert(day_from_text(BYTES(GENERATOR_START), &options.start));
    return generator_new(&options);
}

static struct result checked(const struct declaration *declaration)
{
    return declaration_check(declaration, &(struct declaration_envelope){ .record_timestamp = INT64_MAX });
}

/* A hash of all values in JSON, in their order. */
static uint64_t hash_of(struct generator_options options)
{
    struct generator *generator = given_generator(options);
    struct generated generated;
    struct buffer value = { 0 };
    uint64_t hash = 0;
    while (generator_next(generator, &generated))
        if (generated_to_value(&generated, FRAMING_JSON, 0, &value))
            hash = hash64(value.data, value.length, hash);
    buffer_release(&value);
    generator_free(generator);
    return hash;
}

Test(generator, gives_the_same_for_the_same_seed_and_something_else_for_another)
{
    struct generator_options options = { .seed = 7, .lines = 20000, .bad_per_mille = 5 }, other = options;
    other.seed = 8;
    cr_expect_eq(hash_of(options), hash_of(options));
    cr_expect_neq(hash_of(options), hash_of(other));
}

Test(generator, gives_valid_declarations_in_the_order_of_their_submission)
{
    for (int mix = MIX_NATIONAL; mix <= MIX_IDENTITY; mix++) {
        struct generator_options options = { .seed = 3, .lines = 50000, .mix = (enum generator_mix)mix };
        struct generator *generator = given_generator(options);
        struct generated generated;
        int64_t latest = INT64_MIN, lines = 0, credits = 0, products = 0;
        for (; generator_next(generator, &generated); lines++) {
            const struct declaration *declaration = &generated.declaration;
            struct result result = checked(declaration);
            cr_assert_eq(result.verdict, DONE, "%s", result.reason);
            cr_assert_geq(declaration->submitted_at, latest);
            cr_assert_leq(declaration->end_date, moment_to_day(declaration->submitted_at));
            cr_assert(declaration->insured.data[0] == 'p' && declaration->insured.length == 11);
            latest = declaration->submitted_at;
            credits += declaration->kind == KIND_CREDIT;
            products += declaration->care_type == CARE_HOSPITAL_DBC &&
                        bytes_equal(declaration->diagnosis, BYTES("218"));
        }
        cr_expect_eq(lines, 50000);
        cr_expect(credits > 100 && credits < 500, "%lld credits", (long long)credits);
        cr_expect(products > 3, "%lld products of a hip", (long long)products);
        generator_free(generator);
    }
}

Test(generator, spoils_as_many_records_as_it_is_asked_to_and_each_for_its_own_reason)
{
    static const char *const reasons[WRONG_COUNT] = {
        [WRONG_AMOUNT] = "bad_amount", [WRONG_QUANTITY] = "bad_quantity", [WRONG_PROVIDER] = "bad_provider",
        [WRONG_DATES] = "bad_end_date", [WRONG_DIAGNOSIS] = "bad_diagnosis", [WRONG_BSN] = "raw_bsn",
    };
    struct generator *generator =
        given_generator((struct generator_options){ .seed = 5, .lines = 50000, .bad_per_mille = 20 });
    struct decoder *decoder = decoder_new(NULL, FRAMING_JSON, 0);
    struct generated generated;
    struct buffer value = { 0 };
    int64_t counts[WRONG_COUNT] = { 0 }, wrong = 0;
    while (generator_next(generator, &generated)) {
        counts[generated.wrong]++;
        wrong += generated.wrong != WRONG_NOTHING;
        cr_assert(generated_to_value(&generated, FRAMING_JSON, 0, &value));
        struct declaration declaration;
        struct result result = decoder_decode(decoder, buffer_bytes(&value), &declaration);
        if (generated.wrong > WRONG_BSN) {
            cr_expect_str_eq(result.reason, "bad_json");
            continue;
        }
        cr_assert_eq(result.verdict, DONE);
        result = checked(&declaration);
        if (generated.wrong == WRONG_NOTHING)
            cr_assert_eq(result.verdict, DONE);
        else
            cr_expect(strcmp(result.reason, reasons[generated.wrong]) == 0 ||
                          (generated.wrong == WRONG_DATES && strcmp(result.reason, "bad_birth_date") == 0),
                      "%s", result.reason);
    }
    cr_expect(wrong > 800 && wrong < 1200, "%lld", (long long)wrong);
    for (int each = 1; each < WRONG_COUNT; each++)
        cr_expect(counts[each] > 0, "%d", each);
    buffer_release(&value);
    decoder_free(decoder);
    generator_free(generator);
}

Test(generator, frames_values_for_a_topic)
{
    struct generated generated = { .declaration = { .declaration_id = BYTES("a"),
                                                    .insured = BYTES("p"),
                                                    .provider = BYTES("06010101"),
                                                    .care_code = BYTES("1") } };
    struct buffer value = { 0 }, raw = { 0 };
    cr_assert(generated_to_value(&generated, FRAMING_RAW, 0, &raw));
    cr_assert(generated_to_value(&generated, FRAMING_CONFLUENT, 0x01020304, &value));
    cr_expect_eq(value.length, raw.length + 5);
    cr_expect_arr_eq(value.data, "\0\1\2\3\4", 5);
    cr_expect_arr_eq(value.data + 5, raw.data, raw.length);
    generated.wrong = WRONG_NO_VALUE;
    cr_expect_not(generated_to_value(&generated, FRAMING_CONFLUENT, 1, &value));
    generated.wrong = WRONG_TRUNCATED;
    cr_assert(generated_to_value(&generated, FRAMING_CONFLUENT, 1, &value));
    cr_expect_lt(value.length, raw.length + 5);
    buffer_release(&value);
    buffer_release(&raw);
}
