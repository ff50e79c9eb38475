/* decode.c - one declaration decoded again and again: our plan and Avro C's generic reader on the same bytes,
 * and JSON lines.
 *            Side by side in one run, the shortest of several rounds each; prints nanoseconds a record and
 *            the ratio.
 *     cc -O2 -std=gnu17 -Iprocessor bench/decode.c build/release/lib{codec,engine,base}.a -lavro -ljansson
 *     -lz -lxxhash -o build/decode && build/decode */
#include "codec/decoder.h"
#include "codec/output_codec.h"

#include <avro.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 15
#define RECORDS 200000
#define BODIES 64 /* of different lengths and values, so that no branch is learned by heart */

static struct buffer bodies[BODIES], lines[BODIES];

static void make_bodies(void)
{
    static char ids[BODIES][24];
    for (int i = 0; i < BODIES; i++) {
        int length = snprintf(ids[i], sizeof(ids[i]), "01234567-%d", i * 7919);
        struct declaration declaration = { .declaration_id = { ids[i], (size_t)length },
                                           .insurer = 3311,
                                           .insured = { "pseudonym-0123456789", (size_t)(12 + i % 9) },
                                           .birth_date = -15000 + i * 100,
                                           .provider = BYTES("01234567"),
                                           .referrer = i % 2 ? BYTES("76543210") : BYTES_NULL,
                                           .specialism = i % 3 ? BYTES("0303") : BYTES_NULL,
                                           .diagnosis_system = i % 4 ? SYSTEM_DBC : SYSTEM_NONE,
                                           .diagnosis = i % 4 ? BYTES("218") : BYTES_NULL,
                                           .care_type = (uint8_t)(i % CARE_TYPE_COUNT),
                                           .care_code = BYTES("15A01"),
                                           .subtype = i % 5 ? BYTES_NULL : BYTES("11"),
                                           .trajectory = i % 3 ? BYTES_NULL : BYTES("trajectory-17"),
                                           .start_date = 20000 + i,
                                           .end_date = 20010 + i,
                                           .quantity = 1,
                                           .amount = 4000 + 12345 * i,
                                           .submitted_at = 1773306000000LL + i * 1000 };
        declaration_to_avro(&declaration, &bodies[i]);
        declaration_to_json(&declaration, &lines[i]);
    }
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int64_t decode_all(struct decoder *decoder, const struct buffer *values)
{
    int64_t begin = now(), sum = 0;
    for (int i = 0; i < RECORDS; i++) {
        struct declaration declaration;
        struct result result = decoder_decode(decoder, buffer_bytes(&values[i % BODIES]), &declaration);
        if (result.verdict != DONE || declaration.unreadable)
            abort();
        sum += declaration.amount + (int64_t)declaration.insured.length;
    }
    return now() - begin + (sum == 1);
}

static int64_t generic_all(avro_value_t *value)
{
    int64_t begin = now();
    for (int i = 0; i < RECORDS; i++) {
        avro_reader_t reader =
            avro_reader_memory(bodies[i % BODIES].data, (int64_t)bodies[i % BODIES].length);
        if (avro_value_read(reader, value) != 0)
            abort();
        avro_reader_free(reader);
    }
    return now() - begin;
}

static void keep_shortest(int64_t *best, int64_t taken)
{
    if (*best == 0 || taken < *best)
        *best = taken;
}

int main(void)
{
    char error[256];
    avro_schema_t schema;
    avro_value_t value;
    struct bytes text = schema_text(SCHEMA_DECLARATION);
    struct schema_set *set = schema_set_of_text(text, error, sizeof(error));
    if (set == NULL || avro_schema_from_json_length(text.data, text.length, &schema) != 0)
        return 1;
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_generic_value_new(class, &value);
    struct decoder *avro = decoder_new(set, FRAMING_RAW, 0), *json = decoder_new(NULL, FRAMING_JSON, 0);
    make_bodies();
    int64_t plan = 0, generic = 0, line = 0;
    for (int round = 0; round < ROUNDS; round++) {
        keep_shortest(&plan, decode_all(avro, bodies));
        keep_shortest(&generic, generic_all(&value));
        keep_shortest(&line, decode_all(json, lines));
    }
    printf(
        "plan %.1f ns, avro-c generic (value reused) %.1f ns: %.1f times; a JSON line of %zu bytes %.1f ns\n",
        (double)plan / RECORDS, (double)generic / RECORDS, (double)generic / (double)plan, lines[0].length,
        (double)line / RECORDS);
    return 0;
}
