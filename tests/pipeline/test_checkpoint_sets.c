#include "pipeline/checkpoint_sets.h"
#include "pipeline/checkpoint_topic.h"

#include "base/limits.h"
#include "base/memory.h"
#include "state/signature.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(checkpoint_sets, .timeout = 20);

enum { PARTITION = 7 };

static struct checkpoint_set given_set(int64_t offset)
{
    return (struct checkpoint_set){ .offset = offset,
                                    .tag = 0xabcdef0123456789,
                                    .of = set_owner("declarations", "bundelwacht"),
                                    .chunks_count = 3,
                                    .bytes = 2 * CHECKPOINT_CHUNK_BYTES + 5,
                                    .hash = 99,
                                    .from = 40,
                                    .at = -1 };
}

static void see(struct set_table *table, int64_t at, const struct checkpoint_set *set, enum set_part part,
                struct bytes value)
{
    char room[SET_KEY_BYTES];
    set_table_see(table, at, set_key(PARTITION, set, part, 0, room), value);
}

static void see_record(struct set_table *table, int64_t at, const struct checkpoint_set *set,
                       enum set_part part, const struct set_table *others)
{
    static const struct set_table none;
    struct buffer value = { 0 };
    set_record(set, others ? others : &none, &value);
    see(table, at, set, part, buffer_bytes(&value));
    buffer_release(&value);
}

Test(checkpoint_sets, keys_are_read_as_they_were_written)
{
    char room[SET_KEY_BYTES];
    struct checkpoint_set set = given_set(INT64_MAX);
    int64_t offset;
    uint64_t tag;
    uint32_t chunk = 0;
    for (int part = SET_BEGIN; part <= SET_CHUNK; part++) {
        struct bytes key = set_key(PARTITION, &set, (enum set_part)part, UINT32_MAX, room);
        cr_expect_eq(set_key_read(PARTITION, key, &offset, &tag, &chunk), part, "%.*s", BYTES_ARGS(key));
        cr_expect_eq(offset, set.offset);
        cr_expect_eq(tag, set.tag);
    }
    cr_expect_eq(chunk, UINT32_MAX);
    set.offset = 5000;
    set.tag = 0xab;
    cr_expect(bytes_equal(set_key(PARTITION, &set, SET_MANIFEST, 0, room),
                          BYTES("7/5000/00000000000000ab/manifest")));
}

Test(checkpoint_sets, other_keys_are_none_of_ours)
{
    static const char *const keys[] = {
        "",
        "/",
        "7",
        "7/5000",
        "7/5000/00000000000000ab",
        "7/5000/00000000000000ab/",
        "7/5000/00000000000000ab/beg",
        "7/5000/00000000000000ab/beginn",
        "7/5000/00000000000000ab/1x",
        "7/5000/00000000000000ab/-1",
        "7/5000/00000000000000ab/4294967296",
        "7/5000/00000000000000AB/begin",
        "7/5000/0000000000000ab/begin",
        "7/-1/00000000000000ab/begin",
        "8/5000/00000000000000ab/begin",
        "7/9223372036854775808/00000000000000ab/begin",
        "7//00000000000000ab/begin",
        "x/5000/00000000000000ab/begin",
        "book/00000000000000ab",
        "2147483655/5000/00000000000000ab/begin",
    };
    int64_t offset;
    uint64_t tag;
    uint32_t chunk;
    for (size_t i = 0; i < COUNT(keys); i++)
        cr_expect_eq(set_key_read(PARTITION, bytes_of(keys[i]), &offset, &tag, &chunk), SET_NONE, "%s",
                     keys[i]);
    cr_expect_eq(set_key_read(PARTITION, BYTES_NULL, &offset, &tag, &chunk), SET_NONE);
}

Test(checkpoint_sets, a_set_is_what_its_manifest_says)
{
    struct set_table table = { .partition = PARTITION };
    struct checkpoint_set set = given_set(5000);
    see_record(&table, 40, &set, SET_BEGIN, NULL);
    cr_assert_eq(table.count, 1);
    cr_expect_not(set_is_alive(&table.sets[0]), "it is only begun");
    see_record(&table, 44, &set, SET_MANIFEST, NULL);
    cr_assert_eq(table.count, 1);
    struct checkpoint_set *found = set_table_newest(&table, NULL);
    cr_assert_not_null(found);
    cr_expect_eq(found->at, 44);
    cr_expect_eq(found->from, set.from);
    cr_expect_eq(found->of, set.of);
    cr_expect_eq(found->chunks_count, set.chunks_count);
    cr_expect_eq(found->bytes, set.bytes);
    cr_expect_eq(found->hash, set.hash);
    cr_expect_null(set_table_newest(&table, found));
    set_table_release(&table);
}

/* Windows are read from the end backwards: the tombstone is seen before what it buries. */
Test(checkpoint_sets, a_tombstone_counts_whenever_it_is_seen)
{
    for (int first = 0; first < 2; first++) {
        struct set_table table = { .partition = PARTITION };
        struct checkpoint_set set = given_set(5000);
        if (first)
            see(&table, 50, &set, SET_MANIFEST, BYTES_NULL);
        see_record(&table, 44, &set, SET_MANIFEST, NULL);
        if (!first)
            see(&table, 50, &set, SET_MANIFEST, BYTES_NULL);
        cr_assert_eq(table.count, 1);
        cr_expect(table.sets[0].retired);
        cr_expect_not(table.sets[0].tombstoned, "its other tombstones are not there yet");
        cr_expect_null(set_table_newest(&table, NULL));
        see(&table, 54, &set, SET_BEGIN, BYTES_NULL);
        cr_expect(table.sets[0].tombstoned);
        set_table_release(&table);
    }
}

Test(checkpoint_sets, a_record_names_the_others)
{
    struct set_table before = { .partition = PARTITION }, table = { .partition = PARTITION };
    struct checkpoint_set set = given_set(5000);
    struct { int64_t offset; bool complete, retired, tombstoned;
    } rows[] = {
        { 1000, true, true, true },
        { 2000, true, true, false },
        { 3000, false, false, false },
        { 4000, true, false, false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct checkpoint_set *other = set_table_add(&before, rows[i].offset, i);
        other->chunks_count = (uint32_t)i + 1;
        other->complete = rows[i].complete;
        other->retired = rows[i].retired;
        other->tombstoned = rows[i].tombstoned;
    }
    see_record(&table, 44, &set, SET_MANIFEST, &before);
    cr_assert_eq(table.count, 4, "itself, and three that are not tombstoned");
    for (size_t i = 1; i < COUNT(rows); i++) {
        const struct checkpoint_set *other = set_table_add(&table, rows[i].offset, i);
        cr_expect_eq(other->chunks_count, i + 1);
        cr_expect_eq(other->retired, rows[i].retired, "%d", (int)rows[i].offset);
        cr_expect_eq(set_is_alive(other), rows[i].complete && !rows[i].retired, "%d", (int)rows[i].offset);
        cr_expect_eq(other->at, -1, "it was not seen itself");
    }
    cr_assert_eq(table.count, 4);
    cr_expect_eq(set_table_newest(&table, NULL)->offset, 5000);
    cr_expect_eq(set_table_newest(&table, set_table_newest(&table, NULL))->offset, 4000);
    set_table_release(&before);
    set_table_release(&table);
}

/* Whatever stands in a value: no set that could not be, and no byte read too far (the sanitizer sees to
 * that). */
Test(checkpoint_sets, records_that_cannot_be_are_passed_over)
{
    struct checkpoint_set set = given_set(5000), other = given_set(4000);
    struct set_table others = { .partition = PARTITION };
    *set_table_add(&others, 4000, 7) = other;
    struct buffer value = { 0 };
    set_record(&set, &others, &value);
    for (size_t cut = 0; cut < value.length; cut++) {
        struct set_table table = { .partition = PARTITION };
        char *exact = malloc(cut + 1);
        memcpy(exact, value.data, cut);
        see(&table, 44, &set, SET_MANIFEST, (struct bytes){ exact, cut });
        cr_expect_leq(table.count, 2);
        free(exact);
        set_table_release(&table);
    }
    static const struct { const char *label; uint32_t chunks_count; int64_t bytes, from;
    } rows[] = {
        { "no chunks", 0, 0, 40 },
        { "more bytes than its chunks hold", 1, CHECKPOINT_CHUNK_BYTES + 1, 40 },
        { "fewer than they must", 2, CHECKPOINT_CHUNK_BYTES, 40 },
        { "more chunks than there may be", CHECKPOINT_CHUNKS_MAX + 1,
          (int64_t)CHECKPOINT_CHUNK_BYTES * CHECKPOINT_CHUNKS_MAX + 1, 40 },
        { "a beginning behind its end", 3, 2 * CHECKPOINT_CHUNK_BYTES + 5, 45 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct set_table table = { .partition = PARTITION };
        set.chunks_count = rows[i].chunks_count;
        set.bytes = rows[i].bytes;
        set.from = rows[i].from;
        see_record(&table, 44, &set, SET_MANIFEST, NULL);
        cr_expect_eq(table.count, 0, "%s", rows[i].label);
        set_table_release(&table);
    }
    buffer_release(&value);
    set_table_release(&others);
}

Test(checkpoint_sets, there_is_a_limit_on_what_a_log_can_make_us_remember)
{
    struct set_table table = { .partition = PARTITION };
    for (int64_t offset = 0; offset < CHECKPOINT_SETS_MAX; offset++)
        cr_assert_not_null(set_table_add(&table, offset, 0));
    cr_expect_null(set_table_add(&table, CHECKPOINT_SETS_MAX, 0));
    struct checkpoint_set set = given_set(CHECKPOINT_SETS_MAX + 1);
    see_record(&table, 44, &set, SET_MANIFEST, NULL);
    see(&table, 44, &set, SET_MANIFEST, BYTES_NULL);
    cr_expect_eq(table.count, CHECKPOINT_SETS_MAX);
    set_table_release(&table);
}

Test(checkpoint_sets, the_topic_has_the_prefix_of_the_outputs)
{
    char name[TOPIC_NAME_BYTES_MAX + 1], prefix[TOPIC_NAME_BYTES_MAX + 1];
    cr_assert(checkpoint_topic_name("care", name, sizeof(name)));
    cr_expect_str_eq(name, "care.checkpoint.v1");
    memset(prefix, 'x', sizeof(prefix));
    prefix[TOPIC_NAME_BYTES_MAX - 13] = '\0';
    cr_expect_not(checkpoint_topic_name(prefix, name, sizeof(name)));
    prefix[TOPIC_NAME_BYTES_MAX - 14] = '\0';
    cr_expect(checkpoint_topic_name(prefix, name, sizeof(name)));
}

/* Whatever a record says of the number of its chunks or of others': only what stands in the log counts (issue
 * 11: one record made the next upload owe 67 billion tombstones). */
Test(checkpoint_sets, chunks_that_were_only_said_are_none)
{
    struct set_table before = { .partition = PARTITION }, table = { .partition = PARTITION };
    struct checkpoint_set set = given_set(5000);
    size_t count;
    for (int64_t offset = 0; offset < CHECKPOINT_SETS_MAX - 1; offset++)
        set_table_add(&before, offset, 1)->chunks_count = CHECKPOINT_CHUNKS_MAX;
    see_record(&table, 44, &set, SET_MANIFEST, &before);
    cr_assert_eq(table.count, CHECKPOINT_SETS_MAX);
    for (size_t i = 0; i < table.count; i++) {
        memory_free(set_living_chunks(&table.sets[i], &count));
        cr_assert_eq(count, 0, "set %zu", i);
    }
    set_table_release(&before);
    set_table_release(&table);
}

Test(checkpoint_sets, a_chunk_lives_until_its_tombstone_is_seen_in_whatever_order)
{
    static const struct {
        uint32_t chunk;
        bool tombstone;
    } records[] = {
        { 7, true },
        { 2, false },
        { 1, false },
        { 7, false },
        { 1, true },
        { 2, false },
        { CHECKPOINT_CHUNKS_MAX, false },
        { 9, false },
    };
    struct set_table table = { .partition = PARTITION };
    struct checkpoint_set set = given_set(5000);
    char room[SET_KEY_BYTES];
    size_t count;
    for (size_t i = 0; i < COUNT(records); i++)
        set_table_see(&table, 40 + (int64_t)i, set_key(PARTITION, &set, SET_CHUNK, records[i].chunk, room),
                      records[i].tombstone ? BYTES_NULL : BYTES("bytes"));
    cr_assert_eq(table.count, 1);
    cr_expect_not(set_is_alive(&table.sets[0]), "it has no manifest");
    uint32_t *living = set_living_chunks(&table.sets[0], &count);
    cr_assert_eq(count, 2);
    cr_expect_eq(living[0], 2);
    cr_expect_eq(living[1], 9);
    memory_free(living);
    set_table_release(&table);
}

/* --- signed (state/signature.h) --- */

static struct signing_keys *given_keys(const char *text)
{
    char path[64], error[256];
    snprintf(path, sizeof(path), "/tmp/bw-keys-%d", (int)getpid());
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fchmod(fileno(file), 0600), 0);
    fputs(text, file);
    fclose(file);
    struct signing_keys *keys = signing_keys_read(path, error, sizeof(error));
    cr_assert_not_null(keys, "%s", error);
    unlink(path);
    signing_use(keys);
    return keys;
}

static void end_keys(struct signing_keys *keys)
{
    signing_use(NULL);
    signing_keys_free(keys);
}

/* Its manifest as the log has it: signed when there are keys. */
static struct bytes given_manifest(const struct checkpoint_set *set, const struct set_table *others,
                                   struct buffer *value)
{
    char room[SET_KEY_BYTES];
    buffer_clear(value);
    set_record(set, others, value);
    set_sign(set_key(PARTITION, set, SET_MANIFEST, 0, room), value);
    return buffer_bytes(value);
}

#define KEY_A "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\n"
#define KEY_B "an0ther-key-of-32-bytes-or-more!!\n"

Test(checkpoint_sets, a_signed_record_is_read_by_whoever_has_the_key_or_none)
{
    static const struct {
        const char *keys;
        bool alive;
    } rows[] = { { KEY_A, true }, { KEY_B KEY_A, true }, { KEY_B, false }, { NULL, true } };
    struct checkpoint_set set = given_set(5000), other = given_set(4000);
    struct set_table others = { .partition = PARTITION };
    struct buffer value = { 0 };
    other.complete = true;
    *set_table_add(&others, 4000, 7) = other;
    struct signing_keys *keys = given_keys(KEY_A);
    struct bytes manifest = given_manifest(&set, &others, &value);
    end_keys(keys);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct set_table table = { .partition = PARTITION };
        keys = rows[i].keys ? given_keys(rows[i].keys) : NULL;
        see(&table, 44, &set, SET_MANIFEST, manifest);
        cr_expect_eq(table.count, rows[i].alive ? 2 : 1, "row %zu", i);
        cr_expect_eq(set_is_alive(&table.sets[0]), rows[i].alive, "row %zu", i);
        cr_expect_eq(table.sets[0].forged, !rows[i].alive, "row %zu", i);
        end_keys(keys);
        set_table_release(&table);
    }
    set_table_release(&others);
    buffer_release(&value);
}

Test(checkpoint_sets, no_byte_of_a_signed_record_can_be_another)
{
    struct checkpoint_set set = given_set(5000);
    struct set_table none = { .partition = PARTITION };
    struct buffer value = { 0 };
    struct signing_keys *keys = given_keys(KEY_A);
    struct bytes manifest = given_manifest(&set, &none, &value);
    char room[SET_KEY_BYTES];
    struct bytes key = set_key(PARTITION, &set, SET_MANIFEST, 0, room);
    cr_expect(set_is_signed(key, manifest));
    for (size_t at = 0; at < manifest.length; at++) {
        value.data[at] ^= 1;
        cr_expect_not(set_is_signed(key, manifest), "byte %zu", at);
        value.data[at] ^= 1;
        cr_expect_not(set_is_signed(key, (struct bytes){ manifest.data, at }), "cut at %zu", at);
    }
    set.offset++;
    cr_expect_not(set_is_signed(set_key(PARTITION, &set, SET_MANIFEST, 0, room), manifest),
                  "of another offset");
    set.offset--;
    cr_expect_not(set_is_signed(set_key(PARTITION + 1, &set, SET_MANIFEST, 0, room), manifest),
                  "of another partition");
    cr_expect_not(set_is_signed(set_key(PARTITION, &set, SET_BEGIN, 0, room), manifest), "a beginning");
    end_keys(keys);
    buffer_release(&value);
}

/* What somebody without the key writes takes no place of ours, whichever is seen first, and names nothing. */
Test(checkpoint_sets, a_forged_record_takes_nothing_from_ours)
{
    for (int first = 0; first < 2; first++) {
        struct set_table table = { .partition = PARTITION }, others = { .partition = PARTITION };
        struct checkpoint_set set = given_set(5000), forged = given_set(9000);
        struct buffer value = { 0 };
        struct signing_keys *keys = given_keys(KEY_A);
        struct bytes manifest = given_manifest(&set, &others, &value);
        *set_table_add(&others, 5000,
                       set.tag) = (struct checkpoint_set){ .offset = 5000, .tag = set.tag, .retired = true };
        if (first)
            see_record(&table, 50, &forged, SET_MANIFEST, &others);
        see(&table, 44, &set, SET_MANIFEST, manifest);
        if (!first)
            see_record(&table, 50, &forged, SET_MANIFEST, &others);
        see_record(&table, 48, &set, SET_MANIFEST, NULL); /* under our own key, and not signed */
        cr_assert_eq(table.count, 2);
        struct checkpoint_set *newest = set_table_newest(&table, NULL);
        cr_assert_not_null(newest);
        cr_expect_eq(newest->offset, 5000);
        cr_expect_eq(newest->at, 44);
        cr_expect_null(set_table_newest(&table, newest));
        cr_expect_eq(set_table_furthest(&table, set.of)->offset, 5000);
        cr_expect_eq(table.records_count, 1, "a search must not end at what is forged");
        end_keys(keys);
        set_table_release(&table);
        set_table_release(&others);
        buffer_release(&value);
    }
}
