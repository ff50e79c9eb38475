/* What an upload sends into the checkpoint topic when somebody else may write there, too. On an embedded
 * broker; the rest of it on a real one (tests/broker/checkpoint_topic.c). */
#include "pipeline/checkpoint_sets.h"
#include "pipeline/checkpoint_topic.h"

#include "base/hash.h"
#include "base/limits.h"
#include "state/checkpoint.h"
#include "state/signature.h"
#include "stream/load_producer.h"
#include "stream/mock.h"
#include "stream/topics.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(checkpoint_topic, .timeout = 120);

#define TOPIC "x.checkpoint.v1"
enum { PARTITION = 1, PARTITIONS = 2 };

struct given {
    struct mock *mock;
    struct property properties[1];
    struct checkpoint_topic_options options;
    struct failure failure;
    char directory[64], path[CHECKPOINT_PATH_BYTES];
};

static void given_topic(struct given *given)
{
    given->mock = mock_start(1);
    cr_assert_not_null(given->mock);
    cr_assert(mock_create_topic(given->mock, TOPIC, PARTITIONS));
    given->properties[0] = (struct property){ PROPERTY_BOTH, "bootstrap.servers",
                                              mock_bootstrap_servers(given->mock) };
    given->options = (struct checkpoint_topic_options){
        .properties = { given->properties, 1 }, .topic = TOPIC, .input_topic = "in", .group = "g"
    };
    snprintf(given->directory, sizeof(given->directory), "/tmp/bw-topic-XXXXXX");
    cr_assert_not_null(mkdtemp(given->directory));
}

static void given_end(struct given *given)
{
    rmdir(given->directory);
    mock_stop(given->mock);
}

static void given_file(struct given *given, int64_t offset)
{
    char error[400];
    struct checkpoint_head head = { .engine_version = 1,
                                    .topic = "in",
                                    .group = "g",
                                    .partition = PARTITION,
                                    .partitions_count = PARTITIONS,
                                    .offset = offset,
                                    .last_offset = offset - 1 };
    struct bytes texts[CHECKPOINT_TEXTS] = { BYTES_NULL, BYTES_NULL };
    struct checkpoint_writer *writer = checkpoint_create(given->directory, &head, texts, error,
                                                         sizeof(error));
    cr_assert_not_null(writer, "%s", error);
    cr_assert(checkpoint_add(writer, BYTES("block"), error, sizeof(error)));
    cr_assert(checkpoint_finish(writer, (struct hash128){ 1, 2 }, error, sizeof(error)));
    cr_assert(checkpoint_path(given->directory, "in", "g", PARTITION, offset, given->path));
}

static void upload(struct given *given, int64_t offset)
{
    given_file(given, offset);
    cr_assert(checkpoint_upload(&given->options, given->path, &given->failure), "%s", given->failure.text);
    unlink(given->path);
}

static int64_t records_count(struct given *given)
{
    int64_t begin, end;
    struct admin *admin = admin_open(given->options.properties, &given->failure);
    cr_assert(admin && admin_ends(admin, TOPIC, PARTITION, &begin, &end, &given->failure));
    admin_close(admin);
    return end;
}

/* 139 kB: a set of its own, and four thousand others with sixteen million chunks each. */
static void send_hostile_record(struct given *given)
{
    struct set_table others = { .partition = PARTITION };
    struct checkpoint_set set = { .offset = 1,
                                  .tag = 1,
                                  .chunks_count = CHECKPOINT_CHUNKS_MAX,
                                  .bytes = (int64_t)CHECKPOINT_CHUNKS_MAX * CHECKPOINT_CHUNK_BYTES };
    struct buffer value = { 0 };
    char room[SET_KEY_BYTES];
    for (int64_t offset = 2; offset < CHECKPOINT_SETS_MAX; offset++)
        set_table_add(&others, offset, 1)->chunks_count = CHECKPOINT_CHUNKS_MAX;
    set_record(&set, &others, &value);
    struct load_producer *producer = load_producer_open(
        &(struct load_producer_options){ given->options.properties, TOPIC }, &given->failure);
    cr_assert_not_null(producer);
    struct load_record record = { set_key(PARTITION, &set, SET_MANIFEST, 0, room), buffer_bytes(&value),
                                  PARTITION, LOAD_TIMESTAMP_NOW };
    cr_assert(load_producer_send(producer, &record, &given->failure));
    cr_assert(load_producer_flush(producer, 10000, &given->failure));
    load_producer_close(producer);
    buffer_release(&value);
    set_table_release(&others);
}

Test(checkpoint_topic, an_upload_owes_no_tombstones_for_what_was_only_named)
{
    static struct given given;
    given_topic(&given);
    upload(&given, 100);
    cr_expect_eq(records_count(&given), 3, "begin, a chunk, the manifest");
    send_hostile_record(&given);
    upload(&given, 200);
    cr_expect_leq(records_count(&given), 4 + 3 + 3, "its own three, and a few of the set that stands there");
    upload(&given, 300);
    upload(&given, 400);
    cr_expect_leq(records_count(&given), 10 + 2 * 6,
                  "of a set that was uploaded: three there, and three tombstones");
    given_end(&given);
}

Test(checkpoint_topic, an_upload_buries_every_chunk_of_what_it_has_seen)
{
    static struct given given;
    given_topic(&given);
    for (int64_t offset = 100; offset <= 500; offset += 100)
        upload(&given, offset);
    cr_expect_eq(records_count(&given), 5 * 3 + 3 * 3,
                 "three of five are tombstoned: manifest, chunk, begin");
    given_end(&given);
}

/* --- signed --- */

static struct signing_keys *use_key(struct given *given)
{
    char path[128], error[400];
    snprintf(path, sizeof(path), "%s/keys", given->directory);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fchmod(fileno(file), 0600), 0);
    fputs("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\n", file);
    fclose(file);
    struct signing_keys *keys = signing_keys_read(path, error, sizeof(error));
    cr_assert_not_null(keys, "%s", error);
    unlink(path);
    signing_use(keys);
    return keys;
}

/* The offset of the newest that a download brings and that is believed; -1: none. */
static int64_t downloaded(struct given *given)
{
    static struct checkpoint_file files[CHECKPOINT_LIST_MAX];
    bool found;
    cr_assert(
        checkpoint_download(&given->options, PARTITION, INT64_MAX, given->directory, &found, &given->failure),
        "%s", given->failure.text);
    size_t count = checkpoint_list(given->directory, "in", "g", PARTITION, files, NULL, NULL);
    int64_t newest = count > 0 ? files[0].offset : -1;
    for (size_t i = 0; i < count; i++)
        unlink(files[i].path);
    return newest;
}

Test(checkpoint_topic, where_there_is_a_key_what_is_not_signed_is_passed_over_and_the_next_one_taken)
{
    static struct given given;
    given_topic(&given);
    struct signing_keys *keys = use_key(&given);
    upload(&given, 100);
    signing_use(NULL);
    cr_expect_eq(downloaded(&given), 100, "without a key everything is taken");
    upload(&given, 200); /* by somebody without the key */
    cr_expect_eq(downloaded(&given), 200);
    signing_use(keys);
    cr_expect_eq(downloaded(&given), 100);
    upload(&given, 150); /* ours: buries what is not */
    cr_expect_eq(downloaded(&given), 150);
    signing_use(NULL);
    cr_expect_eq(downloaded(&given), 150, "200 has its tombstones");
    signing_keys_free(keys);
    given_end(&given);
}

static bool has_text(struct given *given, struct bytes text)
{
    struct buffer again = { 0 };
    bool found = false;
    cr_assert(checkpoint_get_text(&given->options, hash64(text.data, text.length, 0), &again, &found,
                                  &given->failure),
              "%s", given->failure.text);
    cr_expect(!found || bytes_equal(buffer_bytes(&again), text));
    buffer_release(&again);
    return found;
}

Test(checkpoint_topic, where_there_is_a_key_a_book_is_believed_when_it_is_signed)
{
    static struct given given;
    struct bytes signed_book = BYTES("bundles: []\n"), other = BYTES("bundles: [] # of somebody else\n");
    given_topic(&given);
    cr_assert(checkpoint_put_text(&given.options, other, &given.failure));
    struct signing_keys *keys = use_key(&given);
    cr_assert(checkpoint_put_text(&given.options, signed_book, &given.failure));
    cr_expect(has_text(&given, signed_book));
    cr_expect_not(has_text(&given, other));
    signing_use(NULL);
    cr_expect(has_text(&given, signed_book), "without a key the signature is only not asked for");
    cr_expect(has_text(&given, other));
    signing_keys_free(keys);
    given_end(&given);
}
