#include <criterion/criterion.h>

#include "base/hash.h"
#include "base/limits.h"
#include "codec/container.h"
#include "codec/output_codec.h"
#include "draw.h"
#include "evolved.h"

#include <avro.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

TestSuite(container, .timeout = 120);

#define RECORDS 5000

/* The i-th declaration, the same every time. */
static struct declaration nth(int i)
{
    static char ids[64][24];
    char *id = ids[i % 64];
    int length = snprintf(id, sizeof(ids[0]), "01234567-%d", i);
    return (struct declaration){ .declaration_id = { id, (size_t)length },
                                 .insurer = 3311,
                                 .insured = BYTES("p1"),
                                 .birth_date = -10000 + i % 100,
                                 .provider = BYTES("01234567"),
                                 .care_type = (uint8_t)(i % CARE_TYPE_COUNT),
                                 .care_code = BYTES("15A01"),
                                 .start_date = 20000 + i % 300,
                                 .end_date = 20300,
                                 .quantity = 1,
                                 .amount = (int64_t)i * i * 1000,
                                 .submitted_at = 1773306000000LL + i,
                                 .trajectory = i % 3 ? BYTES("t") : BYTES_NULL };
}

static struct buffer written(enum container_codec codec, int records)
{
    struct container_writer writer;
    struct buffer out = { 0 }, record = { 0 };
    container_writer_begin(&writer, schema_text(SCHEMA_DECLARATION), codec, &out);
    for (int i = 0; i < records; i++) {
        struct declaration declaration = nth(i);
        buffer_clear(&record);
        declaration_to_avro(&declaration, &record);
        container_writer_add(&writer, buffer_bytes(&record), &out);
    }
    container_writer_end(&writer, &out);
    buffer_release(&record);
    return out;
}

static FILE *file_of(struct bytes bytes)
{
    static const char nothing[1];
    FILE *file = fmemopen((char *)(uintptr_t)(bytes.length ? bytes.data : nothing),
                          bytes.length ? bytes.length : 1, "r");
    cr_assert(file != NULL);
    if (bytes.length == 0)
        getc(file);
    return file;
}

/* Counts what a file gives; the last error, "" for a clean end. */
struct counts {
    int64_t good, bad_avro, bad_schema, too_large, value_bytes;
    char error[256];
};

static struct counts read_all(struct bytes bytes, size_t record_bytes_max)
{
    struct counts counts = { 0 };
    struct container_record record;
    FILE *file = file_of(bytes);
    struct container_reader *reader =
        container_reader_open(file, record_bytes_max, counts.error, sizeof(counts.error));
    enum container_read status = CONTAINER_END;
    while (reader && (status = container_reader_next(reader, &record)) == CONTAINER_RECORD) {
        counts.value_bytes += (int64_t)record.value.length;
        counts.good += record.result.verdict == DONE;
        if (record.result.verdict == DONE)
            continue;
        counts.bad_avro += strcmp(record.result.reason, "bad_avro") == 0;
        counts.bad_schema += strcmp(record.result.reason, "bad_schema") == 0;
        counts.too_large += strcmp(record.result.reason, "too_large") == 0;
    }
    if (reader && status == CONTAINER_DAMAGED)
        snprintf(counts.error, sizeof(counts.error), "%s", container_reader_error(reader));
    container_reader_close(reader);
    fclose(file);
    return counts;
}

static void expect_all(struct bytes bytes, int records)
{
    char error[256] = "";
    FILE *file = file_of(bytes);
    struct container_reader *reader = container_reader_open(file, 0, error, sizeof(error));
    cr_assert(reader != NULL, "%s", error);
    struct container_record record;
    struct buffer body = { 0 };
    for (int i = 0; i < records; i++) {
        struct declaration wanted = nth(i);
        cr_assert_eq(container_reader_next(reader, &record), CONTAINER_RECORD, "record %d: %s", i,
                     container_reader_error(reader));
        cr_assert_eq(record.result.verdict, DONE, "record %d", i);
        const char *difference = declaration_difference(&wanted, &record.declaration);
        cr_assert(difference == NULL, "record %d: %s", i, difference);
        buffer_clear(&body);
        declaration_to_avro(&wanted, &body);
        cr_assert(bytes_equal(record.value, buffer_bytes(&body)), "record %d keeps its bytes", i);
    }
    cr_expect_eq(container_reader_next(reader, &record), CONTAINER_END, "%s", container_reader_error(reader));
    cr_expect_eq(container_reader_next(reader, &record), CONTAINER_END);
    buffer_release(&body);
    container_reader_close(reader);
    fclose(file);
}

Test(container, reads_what_was_written)
{
    static const int sizes[] = { 0, 1, 2, RECORDS };
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (enum container_codec codec = CONTAINER_NULL; codec <= CONTAINER_DEFLATE; codec++) {
            struct buffer bytes = written(codec, sizes[i]);
            expect_all(buffer_bytes(&bytes), sizes[i]);
            buffer_release(&bytes);
        }
}

Test(container, writes_the_same_bytes_again)
{
    struct buffer a = written(CONTAINER_DEFLATE, RECORDS), b = written(CONTAINER_DEFLATE, RECORDS);
    cr_expect(bytes_equal(buffer_bytes(&a), buffer_bytes(&b)));
    buffer_release(&a);
    buffer_release(&b);
}

/* --- the marker: a reader in pieces slides over every byte, and matches where sixteen bytes are equal --- */

/* How often the marker is found, overlapping included. */
static size_t times_found(struct bytes bytes, const unsigned char *marker)
{
    size_t times = 0;
    for (size_t at = 0; at + CONTAINER_SYNC_BYTES <= bytes.length; at++)
        times += memcmp(bytes.data + at, marker, CONTAINER_SYNC_BYTES) == 0;
    return times;
}

Test(container, a_marker_is_the_hash_that_everybody_prints)
{
    /* xxhsum -H128 of these bytes; the last with the seed 1, since its hash with 0 does not fit. */
    static const struct { const char *schema, *marker; } rows[] = {
        { "\"null\"", "3a4e5cef6be462f48d70d8f2cb77f7c9" },
        { "\"string\"", "7aeaa28c6474df82129b9fe0d65c3ae4" },
        { "{\"type\":\"fixed\",\"name\":\"f\",\"size\":21}", "0efe8f1cce0572fe7634303edf4ed9ed" },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        unsigned char marker[CONTAINER_SYNC_BYTES];
        char text[2 * CONTAINER_SYNC_BYTES + 1];
        container_marker(bytes_of(rows[row].schema), 0, marker);
        for (size_t i = 0; i < CONTAINER_SYNC_BYTES; i++)
            snprintf(text + 2 * i, 3, "%02x", marker[i]);
        cr_expect_str_eq(text, rows[row].marker);
    }
}

Test(container, a_marker_never_begins_as_it_ends)
{
    struct bytes schema = BYTES("\"null\"");
    unsigned char marker[CONTAINER_SYNC_BYTES];
    uint64_t skipped = 0;
    for (uint64_t seed = 0; seed < 20000; seed++) {
        struct hash128 hash = hash128(schema.data, schema.length, seed);
        container_marker(schema, seed, marker);
        cr_assert(marker[0] != 0 && marker[CONTAINER_SYNC_BYTES - 1] != 0);
        for (size_t length = 1; length < CONTAINER_SYNC_BYTES; length++)
            cr_assert(memcmp(marker, marker + CONTAINER_SYNC_BYTES - length, length) != 0, "seed %llu",
                      (unsigned long long)seed);
        skipped += marker[15] != (unsigned char)hash.low || marker[0] != (unsigned char)(hash.high >> 56);
    }
    cr_expect(skipped > 100, "20000 hashes hold some that do not fit, and %llu were passed over",
              (unsigned long long)skipped);
}

/* A record of a kind of file, with all that may stand in its texts. */
static void draw_record(enum schema_name name, struct choices *choices, struct buffer *record)
{
    struct output output = { .kind = OUTPUT_ALERT };
    draw_begin();
    buffer_clear(record);
    if (name == SCHEMA_DECLARATION) {
        struct declaration declaration = draw_declaration(choices);
        declaration_to_avro(&declaration, record);
        return;
    }
    if (name == SCHEMA_DEAD_LETTER) {
        struct dead_letter letter = { draw_optional_text(choices, 64),
                                      draw_text(choices, 20),
                                      draw_int(choices),
                                      draw_long(choices),
                                      draw_text(choices, 20),
                                      draw_text(choices, 60),
                                      draw_optional_text(choices, 900) };
        dead_letter_to_avro(&letter, record);
        return;
    }
    if (name == SCHEMA_DECISION) {
        output.kind = OUTPUT_DECISION;
        draw_decision(choices, &output.decision);
    } else if (name == SCHEMA_EPISODE) {
        output.kind = OUTPUT_EPISODE;
        draw_episode(choices, &output.episode);
    } else {
        draw_alert(choices, &output.alert);
    }
    output_to_avro(&output, record);
}

struct file_kind {
    enum schema_name schema;
    enum container_codec codec;
};

static bool marker_stands_only_behind_blocks(struct choices *choices, void *context)
{
    const struct file_kind *kind = context;
    struct container_writer writer;
    struct buffer bytes = { 0 }, record = { 0 };
    container_writer_begin(&writer, schema_text(kind->schema), kind->codec, &bytes);
    size_t blocks = 0, header = bytes.length;
    for (uint64_t records = choice_below(choices, 400); records > 0; records--) {
        size_t before = bytes.length;
        draw_record(kind->schema, choices, &record);
        container_writer_add(&writer, buffer_bytes(&record), &bytes);
        blocks += bytes.length > before;
    }
    size_t before = bytes.length;
    container_writer_end(&writer, &bytes);
    blocks += bytes.length > before;
    bool good = times_found(buffer_bytes(&bytes), writer.sync) == 1 + blocks && !writer.marker_inside &&
                times_found((struct bytes){ bytes.data, header }, writer.sync) == 1;
    buffer_release(&record);
    buffer_release(&bytes);
    return good;
}

Test(container, the_marker_is_found_only_where_it_stands)
{
    for (enum schema_name name = 0; name < SCHEMA_COUNT; name++)
        for (enum container_codec codec = CONTAINER_NULL; codec <= CONTAINER_DEFLATE; codec++) {
            struct file_kind kind = { name, codec };
            cr_assert(property_holds("marker", marker_stands_only_behind_blocks, &kind, 40, 15),
                      "schema %d, codec %d", name, codec);
        }
}

/* A file of letters whose values hold the markers that the file may get; its blocks are of one letter
 * each. */
static struct buffer letters_with(const struct buffer *values, size_t count, bool *ret_inside)
{
    struct container_writer writer;
    struct buffer bytes = { 0 }, record = { 0 };
    container_writer_begin(&writer, schema_text(SCHEMA_DEAD_LETTER), CONTAINER_NULL, &bytes);
    for (size_t i = 0; i < count; i++) {
        struct dead_letter letter = { .key = BYTES("k"),
                                      .source = BYTES("s"),
                                      .reason = BYTES("bad_avro"),
                                      .message = BYTES("m"),
                                      .value = buffer_bytes(&values[i]) };
        buffer_clear(&record);
        dead_letter_to_avro(&letter, &record);
        container_writer_add(&writer, buffer_bytes(&record), &bytes);
    }
    container_writer_end(&writer, &bytes);
    *ret_inside = writer.marker_inside;
    buffer_release(&record);
    return bytes;
}

static struct buffer remarked(struct buffer *bytes)
{
    struct buffer after = { 0 };
    FILE *from = file_of(buffer_bytes(bytes)), *to = tmpfile();
    cr_assert(container_remark(from, schema_text(SCHEMA_DEAD_LETTER), CONTAINER_NULL, to));
    cr_assert(fseek(to, 0, SEEK_END) == 0);
    after.length = (size_t)ftell(to);
    cr_assert_eq(after.length, bytes->length);
    after.length = 0;
    rewind(to);
    after.length = fread(buffer_reserve(&after, bytes->length), 1, bytes->length, to);
    fclose(from);
    fclose(to);
    return after;
}

Test(container, a_file_whose_records_hold_its_marker_gets_another)
{
    struct bytes schema = schema_text(SCHEMA_DEAD_LETTER);
    struct buffer values[2] = { { 0 }, { 0 } };
    unsigned char marker[CONTAINER_SYNC_BYTES];
    bool inside;
    /* two blocks, and the first 5000 markers that one could think of */
    for (uint64_t seed = 0; seed < 5000; seed++) {
        container_marker(schema, seed, marker);
        buffer_add(&values[seed % 2], marker, sizeof(marker));
    }
    struct buffer bytes = letters_with(values, 2, &inside);
    cr_expect(inside);
    struct buffer once = remarked(&bytes), again = remarked(&bytes);
    cr_expect(bytes_equal(buffer_bytes(&once), buffer_bytes(&again)), "the same records give the same bytes");
    const unsigned char *end = (const unsigned char *)once.data + once.length - CONTAINER_SYNC_BYTES;
    cr_expect_eq(times_found(buffer_bytes(&once), end), 3, "behind the header and two blocks");
    struct counts counts = read_all(buffer_bytes(&once), 0);
    cr_expect(counts.bad_schema == 2 && counts.error[0] == '\0', "%s", counts.error);
    for (size_t i = 0; i < 2; i++)
        buffer_release(&values[i]);
    buffer_release(&bytes);
    buffer_release(&once);
    buffer_release(&again);
}

/* --- Avro C reads ours, and we read Avro C's --- */

static void path_of_new_file(char path[32])
{
    memcpy(path, "/tmp/bw-container-XXXXXX", sizeof("/tmp/bw-container-XXXXXX"));
    int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    close(descriptor);
}

Test(container, is_read_by_avro_c)
{
    for (enum container_codec codec = CONTAINER_NULL; codec <= CONTAINER_DEFLATE; codec++) {
        char path[32];
        path_of_new_file(path);
        struct buffer bytes = written(codec, RECORDS), body = { 0 };
        FILE *file = fopen(path, "w");
        cr_assert(fwrite(bytes.data, 1, bytes.length, file) == bytes.length);
        fclose(file);
        avro_file_reader_t reader;
        cr_assert(avro_file_reader(path, &reader) == 0, "%s", avro_strerror());
        avro_schema_t schema = avro_file_reader_get_writer_schema(reader);
        avro_value_iface_t *class = avro_generic_class_from_schema(schema);
        avro_value_t value = { 0 }, field = { 0 };
        avro_generic_value_new(class, &value);
        for (int i = 0; i < RECORDS; i++) {
            int64_t amount = -1;
            cr_assert(avro_file_reader_read_value(reader, &value) == 0, "record %d: %s", i, avro_strerror());
            avro_value_get_by_name(&value, "amount", &field, NULL);
            avro_value_get_long(&field, &amount);
            cr_assert_eq(amount, (int64_t)i * i * 1000);
        }
        cr_expect(avro_file_reader_read_value(reader, &value) != 0, "and no more");
        avro_value_decref(&value);
        avro_value_iface_decref(class);
        avro_schema_decref(schema);
        avro_file_reader_close(reader);
        buffer_release(&bytes);
        buffer_release(&body);
        unlink(path);
    }
}

static struct buffer written_by_avro_c(const char *codec)
{
    char path[32];
    path_of_new_file(path);
    avro_schema_t schema;
    struct bytes text = schema_text(SCHEMA_DECLARATION);
    cr_assert(avro_schema_from_json_length(text.data, text.length, &schema) == 0);
    avro_file_writer_t writer;
    cr_assert(avro_file_writer_create_with_codec(path, schema, &writer, codec, 0) == 0, "%s",
              avro_strerror());
    struct buffer body = { 0 };
    for (int i = 0; i < RECORDS; i++) {
        struct declaration declaration = nth(i);
        buffer_clear(&body);
        declaration_to_avro(&declaration, &body);
        cr_assert(avro_file_writer_append_encoded(writer, body.data, (int64_t)body.length) == 0, "%s",
                  avro_strerror());
    }
    avro_file_writer_close(writer);
    avro_schema_decref(schema);
    buffer_clear(&body);
    FILE *file = fopen(path, "r");
    size_t length;
    do {
        length = fread(buffer_reserve(&body, 65536), 1, 65536, file);
        body.length += length;
    } while (length > 0);
    fclose(file);
    unlink(path);
    return body;
}

Test(container, reads_what_avro_c_wrote)
{
    static const char *const codecs[] = { "null", "deflate" };
    for (size_t i = 0; i < COUNT(codecs); i++) {
        struct buffer bytes = written_by_avro_c(codecs[i]);
        expect_all(buffer_bytes(&bytes), RECORDS);
        buffer_release(&bytes);
    }
}

/* --- damage --- */

static const char small_schema[] =
    "{\"type\":\"record\",\"name\":\"S\",\"fields\":[{\"name\":\"a\",\"type\":\"string\"}]}";

static void begin_file(struct buffer *bytes, const char *schema, const char *codec)
{
    buffer_clear(bytes);
    buffer_add(bytes, "Obj\x01", 4);
    write_long(bytes, schema ? 2 : 1);
    if (schema) {
        write_span(bytes, BYTES("avro.schema"));
        write_span(bytes, bytes_of(schema));
    }
    write_span(bytes, BYTES("avro.codec"));
    write_span(bytes, bytes_of(codec));
    write_long(bytes, 0);
    buffer_add(bytes, "0123456789abcdef", 16);
}

static void add_block(struct buffer *bytes, int64_t count, struct bytes block)
{
    write_long(bytes, count);
    write_span(bytes, block);
    buffer_add(bytes, "0123456789abcdef", 16);
}

static void expect_error(struct bytes bytes, const char *error)
{
    struct counts counts = read_all(bytes, 0);
    cr_expect_str_eq(counts.error, error);
}

Test(container, says_how_a_file_is_damaged)
{
    struct buffer bytes = { 0 };
    expect_error(BYTES(""), "is no Avro container file");
    expect_error(BYTES("{\"insured\":\"p1\"}"), "is no Avro container file");
    expect_error(BYTES("Obj\x01"), "has a damaged header");
    expect_error(BYTES("Obj\x01\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "has a damaged header");
    expect_error(BYTES("Obj\x01\x02\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "has a damaged header");
    begin_file(&bytes, NULL, "null");
    expect_error(buffer_bytes(&bytes), "has no schema in its header");
    begin_file(&bytes, "\"strin\"", "null");
    expect_error(buffer_bytes(&bytes), "has a schema that names a type that it does not define before");
    begin_file(&bytes, small_schema, "bzip2");
    expect_error(
        buffer_bytes(&bytes),
        "is packed with \"bzip2\", and null, deflate, snappy and zstandard are read: convert it with "
        "avro-tools, `java -jar avro-tools.jar recodec --codec deflate IN.avro OUT.avro`");
    begin_file(&bytes, small_schema, "Snap\n%s");
    expect_error(
        buffer_bytes(&bytes),
        "is packed with \"unknown\", and null, deflate, snappy and zstandard are read: convert it with "
        "avro-tools, `java -jar avro-tools.jar recodec --codec deflate IN.avro OUT.avro`");
    begin_file(&bytes, small_schema, "null");
    expect_error(buffer_bytes(&bytes), "");
    expect_error((struct bytes){ bytes.data, bytes.length - 1 }, "has a damaged header");
    size_t header = bytes.length;
    add_block(&bytes, 1, BYTES("\x02x"));
    expect_error(buffer_bytes(&bytes), "");
    for (size_t cut = header + 1; cut < bytes.length; cut++) {
        struct counts counts = read_all((struct bytes){ bytes.data, cut }, 0);
        cr_expect(counts.error[0] != '\0' && counts.bad_schema == 0, "cut at %zu", cut);
    }
    bytes.data[bytes.length - 1] ^= 1;
    expect_error(buffer_bytes(&bytes), "has a block without the sync marker behind it");
    bytes.length = header;
    write_long(&bytes, -1);
    expect_error(buffer_bytes(&bytes), "has a block with a damaged head");
    bytes.length = header;
    write_long(&bytes, 1);
    write_long(&bytes, INT64_MAX);
    expect_error(buffer_bytes(&bytes), "has a block with a damaged head");
    begin_file(&bytes, "{\"type\":\"record\",\"name\":\"S\",\"fields\":[]}", "null");
    add_block(&bytes, INT64_MAX, BYTES(""));
    expect_error(buffer_bytes(&bytes), "has a block of more records than bytes");
    begin_file(&bytes, small_schema, "deflate");
    add_block(&bytes, 1, BYTES("no deflate"));
    expect_error(buffer_bytes(&bytes), "has a block that cannot be unpacked");
    begin_file(&bytes, small_schema, "deflate");
    add_block(&bytes, 0, BYTES("\x03\x00")); /* nothing, packed */
    expect_error(buffer_bytes(&bytes), "");
    begin_file(&bytes, small_schema, "deflate");
    /* behind the stream's end, as Python's writers leave some */
    add_block(&bytes, 0, BYTES("\x03\x00" "abc"));
    expect_error(buffer_bytes(&bytes), "");
    buffer_release(&bytes);
}

Test(container, turns_what_is_wrong_inside_a_block_into_dead_letters)
{
    struct buffer bytes = { 0 }, good = { 0 };
    struct declaration declaration = nth(1);
    declaration_to_avro(&declaration, &good);
    char schema[8192];
    snprintf(schema, sizeof(schema), "%.*s", BYTES_ARGS(schema_text(SCHEMA_DECLARATION)));
    begin_file(&bytes, small_schema, "null");
    add_block(&bytes, 2, BYTES("\x02x\x04yz"));
    struct counts counts = read_all(buffer_bytes(&bytes), 0);
    cr_expect(counts.bad_schema == 2 && counts.value_bytes == 5 && counts.good == 0);

    begin_file(&bytes, schema, "null");
    struct buffer block = { 0 };
    buffer_add_bytes(&block, buffer_bytes(&good));
    buffer_add(&block, "\x05rubbish", 8);
    add_block(&bytes, 10, buffer_bytes(&block)); /* the second breaks: the rest is one letter */
    add_block(&bytes, 1, buffer_bytes(&good));
    counts = read_all(buffer_bytes(&bytes), 0);
    cr_expect(counts.good == 2 && counts.bad_avro == 1 && counts.error[0] == '\0');
    cr_expect_eq(counts.value_bytes, (int64_t)(2 * good.length + 8));

    begin_file(&bytes, schema, "null");
    add_block(&bytes, 1, buffer_bytes(&block)); /* bytes behind the last record */
    add_block(&bytes, 1, buffer_bytes(&good));
    counts = read_all(buffer_bytes(&bytes), 0);
    cr_expect(counts.good == 2 && counts.bad_avro == 1);

    begin_file(&bytes, schema, "null");
    add_block(&bytes, 3, buffer_bytes(&good)); /* records that are not there */
    counts = read_all(buffer_bytes(&bytes), 0);
    cr_expect(counts.good == 1 && counts.bad_avro == 1);

    begin_file(&bytes, schema, "null");
    add_block(&bytes, 1, buffer_bytes(&good));
    counts = read_all(buffer_bytes(&bytes), good.length - 1);
    cr_expect(counts.good == 0 && counts.too_large == 1);
    buffer_release(&block);
    buffer_release(&good);
    buffer_release(&bytes);
}

/* The corpus of the fuzzer holds a small file of each; here with its three records. */
static void expect_small(const char *codec, struct bytes packed, const char *error)
{
    struct buffer bytes = { 0 };
    begin_file(&bytes, small_schema, codec);
    add_block(&bytes, 3, packed);
    struct counts counts = read_all(buffer_bytes(&bytes), 0);
    cr_expect_str_eq(counts.error, error, "%s", codec);
    cr_expect_eq(counts.bad_schema, error[0] ? 0 : 3, "%s", codec);
    buffer_release(&bytes);
}

#define THREE "\x04" "ab" "\x04" "ab" "\x04" "ab"

Test(container, reads_snappy_and_zstandard)
{
    const char *broken = "has a block that cannot be unpacked";
    char frame[128];
    expect_small("snappy", BYTES("\x09\x20" THREE "\xcd\x32\x69\x66"), "");
    expect_small("snappy", BYTES("\x09\x20" THREE "\x00\x00\x00\x00"), broken); /* its checksum */
    expect_small("snappy", BYTES("\x09\x20" THREE), broken);
    /* four gigabytes, it says */
    expect_small("snappy", BYTES("\xff\xff\xff\xff\x0f\x00\x00\x00\x00"), broken);
    expect_small("snappy", BYTES("\x00\x00"), broken);
    size_t length = ZSTD_compress(frame, sizeof(frame), THREE, 9, 3);
    cr_assert(!ZSTD_isError(length));
    expect_small("zstandard", (struct bytes){ frame, length }, "");
    expect_small("zstandard", (struct bytes){ frame, length - 1 }, broken);
    /* no content size, a window of 16 MiB */
    expect_small("zstandard", BYTES("\x28\xb5\x2f\xfd\x00\x70\x49\x00\x00" THREE), "");
    /* and one of 32 */
    expect_small("zstandard", BYTES("\x28\xb5\x2f\xfd\x00\x78\x49\x00\x00" THREE), broken);
    expect_small("zstandard", BYTES("no frame"), broken);
    expect_small("zstandard", BYTES(""), broken);
}

static const char flag_schema[] =
    "{\"type\":\"record\",\"name\":\"F\",\"fields\":[{\"name\":\"a\",\"type\":\"boolean\"}]}";

Test(container, a_small_file_gives_no_flood_of_letters)
{
    struct buffer bytes = { 0 }, zeros = { 0 };
    const char *flood = "holds more of what cannot be read than a file of its size may";
    begin_file(&bytes, "{\"type\":\"record\",\"name\":\"S\",\"fields\":[]}", "null");
    for (int i = 0; i < 40; i++)
        add_block(&bytes, 65536, BYTES(""));
    expect_error(buffer_bytes(&bytes), "has a block of more records than bytes");

    memset(buffer_reserve(&zeros, 9 << 20), 0, 9 << 20);
    zeros.length = 9 << 20;
    begin_file(&bytes, flag_schema, "zstandard");
    char frame[4096];
    size_t length = ZSTD_compress(frame, sizeof(frame), zeros.data, zeros.length, 3);
    cr_assert(!ZSTD_isError(length));
    add_block(&bytes, (int64_t)zeros.length, (struct bytes){ frame, length });
    struct counts counts = read_all(buffer_bytes(&bytes), 0);
    cr_expect_str_eq(counts.error, flood);
    cr_expect(counts.bad_schema > 1000 && counts.bad_schema < 20000, "%lld letters",
              (long long)counts.bad_schema);

    begin_file(&bytes, flag_schema, "zstandard");
    add_block(&bytes, 0, (struct bytes){ frame, length }); /* one letter of nine megabytes */
    expect_error(buffer_bytes(&bytes), flood);

    begin_file(&bytes, flag_schema, "null"); /* and what says so honestly goes on */
    add_block(&bytes, 0, buffer_bytes(&zeros));
    expect_error(buffer_bytes(&bytes), "");
    buffer_release(&zeros);
    buffer_release(&bytes);
}

static bool mutated_file(struct choices *choices, void *context)
{
    struct buffer *original = context;
    size_t length =
        choice_chance(choices, 300) ? choice_below(choices, original->length + 1) : original->length;
    char *bytes = malloc(length ? length : 1);
    memcpy(bytes, original->data, length);
    /* the schema takes most of the header */
    size_t low = choice_chance(choices, 500) && length > 6000 ? 6000 : 0;
    for (uint64_t edits = choice_below(choices, 5); edits > 0 && length > 0; edits--)
        bytes[low + choice_below(choices, length - low)] = (char)choice_below(choices, 256);
    read_all((struct bytes){ bytes, length }, 0);
    free(bytes);
    return true;
}

Test(container, survives_any_damage)
{
    for (enum container_codec codec = CONTAINER_NULL; codec <= CONTAINER_DEFLATE; codec++) {
        struct buffer bytes = written(codec, 40);
        cr_assert(property_holds("damaged container", mutated_file, &bytes, 3000, 14));
        buffer_release(&bytes);
    }
}
