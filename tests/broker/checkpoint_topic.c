/* Checkpoints in a topic of a real broker: there and back, the newest wins, what is torn is passed over, what
 * is old is tombstoned. usage: checkpoint_topic BOOTSTRAP DIRECTORY [MEGABYTES]   (the last: only a
 * measurement) */
#include "broker_check.h"

#include "base/limits.h"
#include "base/memory.h"
#include "pipeline/checkpoint_sets.h"
#include "pipeline/checkpoint_topic.h"
#include "state/checkpoint.h"
#include "stream/consumer.h"
#include "stream/load_producer.h"
#include "stream/topics.h"
#include "system/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT "declarations"
#define GROUP "bundelwacht"
#define TOPIC "test.checkpoint.v1"
#define SMALL_TOPIC "small.checkpoint.v1" /* compacted as soon as the broker gets to it */
enum { PARTITION = 2, PARTITIONS = 4, TEXT_BYTES = 4000000 };

static const char *root;

static struct checkpoint_topic_options options_of(const char *topic)
{
    return (struct checkpoint_topic_options){
        .properties = list, .topic = topic, .input_topic = INPUT, .group = GROUP
    };
}

/* --- files --- */

static const char *directory(const char *name)
{
    static char path[4][512];
    static int next;
    char *into = path[next++ % 4];
    snprintf(into, sizeof(path[0]), "%s/%s", root, name);
    return into;
}

static const char *path_in(const char *place, int64_t offset)
{
    static char path[2][CHECKPOINT_PATH_BYTES];
    static int next;
    char *into = path[next++ % 2];
    check(checkpoint_path(directory(place), INPUT, GROUP, PARTITION, offset, into));
    return into;
}

/* Bytes that cannot be packed, so that the file is about as large as they are. */
static const char *make_file(int64_t offset, size_t bytes)
{
    char error[512];
    uint64_t noise = (uint64_t)offset * 2654435761u + 1;
    struct checkpoint_head head = { .engine_version = 1,
                                    .topic = INPUT,
                                    .group = GROUP,
                                    .partition = PARTITION,
                                    .partitions_count = PARTITIONS,
                                    .offset = offset,
                                    .last_offset = offset - 1 };
    struct bytes texts[CHECKPOINT_TEXTS] = { BYTES("book"), BYTES_NULL };
    struct checkpoint_writer *writer =
        checkpoint_create(directory("from"), &head, texts, error, sizeof(error));
    static uint64_t block[131072];
    check(writer != NULL);
    for (size_t done = 0; done < bytes; done += sizeof(block)) {
        for (size_t i = 0; i < COUNT(block); i++) {
            noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17;
            block[i] = noise;
        }
        size_t length = bytes - done < sizeof(block) ? bytes - done : sizeof(block);
        check(checkpoint_add(writer, (struct bytes){ (const char *)block, length }, error, sizeof(error)));
    }
    check(checkpoint_finish(writer, (struct hash128){ 1, 2 }, error, sizeof(error)));
    return path_in("from", offset);
}

static size_t slurp(const char *path, char **ret_bytes)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    check(file != NULL && fstat(fileno(file), &about) == 0);
    *ret_bytes = memory_alloc((size_t)about.st_size + 1, 1);
    check(fread(*ret_bytes, 1, (size_t)about.st_size, file) == (size_t)about.st_size);
    fclose(file);
    return (size_t)about.st_size;
}

static bool same_files(const char *a, const char *b)
{
    char *left, *right;
    size_t left_bytes = slurp(a, &left), right_bytes = slurp(b, &right);
    bool same = left_bytes == right_bytes && memcmp(left, right, left_bytes) == 0;
    memory_free(left);
    memory_free(right);
    return same;
}

/* The highest offset that a download of at most that offset brings, or -1; all that came are what was sent.
 * The directory is empty again afterwards. */
static int64_t downloaded(const struct checkpoint_topic_options *options, int32_t partition, int64_t at_most)
{
    static struct checkpoint_file files[CHECKPOINT_LIST_MAX];
    bool found = true;
    failure.text[0] = '\0';
    check(checkpoint_download(options, partition, at_most, directory("to"), &found, &failure));
    size_t count =
        checkpoint_list(directory("to"), options->input_topic, options->group, partition, files, NULL, NULL);
    check((count > 0) == found);
    for (size_t i = 0; i < count; i++) {
        check(files[i].offset <= at_most && same_files(files[i].path, path_in("from", files[i].offset)));
        check(unlink(files[i].path) == 0);
    }
    return found ? files[0].offset : -1;
}

/* --- the log as it is --- */

struct living { /* keys whose last record is no tombstone */
    char keys[512][SET_KEY_BYTES];
    size_t count;
    int64_t records;
};

static void live_or_die(struct living *living, const struct message *message)
{
    char key[SET_KEY_BYTES];
    check(message->key.length < sizeof(key));
    snprintf(key, sizeof(key), "%.*s", BYTES_ARGS(message->key));
    living->records++;
    for (size_t i = 0; i < living->count; i++)
        if (strcmp(living->keys[i], key) == 0)
            memcpy(living->keys[i], living->keys[--living->count], sizeof(key));
    if (bytes_is_null(message->value))
        return;
    check(living->count < COUNT(living->keys));
    memcpy(living->keys[living->count++], key, sizeof(key));
}

static struct living *look(const char *topic)
{
    static struct living living;
    static const int32_t partition = PARTITION;
    int64_t begin, end;
    living.count = 0;
    living.records = 0;
    struct admin *admin = admin_open(list, &failure);
    check(admin && admin_ends(admin, topic, PARTITION, &begin, &end, &failure));
    admin_close(admin);
    const struct consumer_options options = {
        .properties = list, .topic = topic, .group = "look", .partitions = &partition, .partitions_count = 1,
    };
    struct consumer *consumer = consumer_open(&options, &failure);
    check(consumer && consumer_assign(consumer, &(struct position){ .partition = PARTITION, .offset = begin },
                                      1, &failure));
    for (bool done = begin == end; !done;) {
        size_t count = consumer_take(consumer, 50);
        for (size_t i = 0; i < count; i++) {
            if (!consumer_messages(consumer)[i].end)
                live_or_die(&living, &consumer_messages(consumer)[i]);
            done = done || consumer_messages(consumer)[i].end;
        }
        consumer_release(consumer);
        check(!(consumer_events(consumer) & EVENT_FAILED));
    }
    consumer_close(consumer);
    return &living;
}

static size_t keys_of(const struct living *living, int64_t offset)
{
    size_t count = 0;
    char begin[64];
    snprintf(begin, sizeof(begin), "%d/%" PRId64 "/", PARTITION, offset);
    for (size_t i = 0; i < living->count; i++)
        count += strncmp(living->keys[i], begin, strlen(begin)) == 0;
    return count;
}

/* --- sets by hand --- */

enum spoil { SPOIL_NOTHING, LEAVE_OUT_A_CHUNK, CHANGE_A_BYTE, LEAVE_OUT_THE_MANIFEST };

static void send_part(struct load_producer *producer, const struct checkpoint_set *set, enum set_part part,
                      uint32_t chunk, struct bytes value)
{
    char room[SET_KEY_BYTES];
    struct load_record record = { set_key(PARTITION, set, part, chunk, room), value, PARTITION,
                                  LOAD_TIMESTAMP_NOW };
    check(load_producer_send(producer, &record, &failure));
}

static void send_by_hand(int64_t offset, uint64_t tag, enum spoil spoil)
{
    char *bytes;
    size_t length = slurp(path_in("from", offset), &bytes);
    struct set_table none = { .partition = PARTITION };
    struct checkpoint_set set = {
        .offset = offset, .tag = tag, .of = set_owner(INPUT, GROUP), .bytes = (int64_t)length
    };
    struct buffer record = { 0 };
    set.chunks_count = (uint32_t)((length + CHECKPOINT_CHUNK_BYTES - 1) / CHECKPOINT_CHUNK_BYTES);
    struct load_producer *producer =
        load_producer_open(&(struct load_producer_options){ list, TOPIC }, &failure);
    check(producer != NULL);
    set_record(&set, &none, &record);
    send_part(producer, &set, SET_BEGIN, 0, buffer_bytes(&record));
    for (uint32_t chunk = 0; chunk < set.chunks_count; chunk++) {
        size_t at = (size_t)chunk * CHECKPOINT_CHUNK_BYTES;
        struct bytes span = { bytes + at,
                              length - at < CHECKPOINT_CHUNK_BYTES ? length - at : CHECKPOINT_CHUNK_BYTES };
        set.hash = set_hash(span, set.hash);
        if (spoil == LEAVE_OUT_A_CHUNK && chunk == 1)
            continue;
        if (spoil == CHANGE_A_BYTE && chunk == 1)
            bytes[at + 5] ^= 1;
        send_part(producer, &set, SET_CHUNK, chunk, span);
    }
    buffer_clear(&record);
    set_record(&set, &none, &record);
    if (spoil != LEAVE_OUT_THE_MANIFEST)
        send_part(producer, &set, SET_MANIFEST, 0, buffer_bytes(&record));
    check(load_producer_flush(producer, 30000, &failure));
    load_producer_close(producer);
    buffer_release(&record);
    memory_free(bytes);
}

/* --- what is shown --- */

static void make_topics(void)
{
    static const struct property config[] = { { PROPERTY_BOTH, "cleanup.policy", "compact" },
                                              { PROPERTY_BOTH, "max.message.bytes",
                                                CHECKPOINT_TOPIC_MESSAGE_BYTES_MAX } };
    static const struct property small[] = { { PROPERTY_BOTH, "cleanup.policy", "compact" },
                                             { PROPERTY_BOTH, "segment.bytes", "1048576" },
                                             { PROPERTY_BOTH, "min.cleanable.dirty.ratio", "0.0001" },
                                             { PROPERTY_BOTH, "delete.retention.ms", "0" } };
    struct admin *admin = admin_open(list, &failure);
    check(admin != NULL);
    make_topic(admin, &(struct topic_plan){ TOPIC, PARTITIONS, config, COUNT(config) });
    make_topic(admin, &(struct topic_plan){ SMALL_TOPIC, PARTITIONS, small, COUNT(small) });
    admin_close(admin);
}

static void there_and_back(void)
{
    struct checkpoint_topic_options options = options_of(TOPIC), other = options;
    other.group = "another";
    check(downloaded(&options, PARTITION, INT64_MAX) == -1);
    check(checkpoint_upload(&options, make_file(100, 2300000), &failure));
    check(keys_of(look(TOPIC), 100) == 5); /* begin, three chunks, manifest */
    check(downloaded(&options, PARTITION, INT64_MAX) == 100);
    check(downloaded(&options, PARTITION, 100) == 100);
    check(downloaded(&options, PARTITION, 99) == -1);
    check(downloaded(&options, PARTITION + 1, INT64_MAX) == -1);
    check(downloaded(&other, PARTITION, INT64_MAX) == -1);
}

static void the_newest_two_stay(void)
{
    struct checkpoint_topic_options options = options_of(TOPIC);
    check(checkpoint_upload(&options, make_file(200, 900000), &failure));
    check(downloaded(&options, PARTITION, INT64_MAX) == 200);
    check(downloaded(&options, PARTITION, 150) == 100);
    check(checkpoint_upload(&options, make_file(300, 10), &failure));
    struct living *living = look(TOPIC);
    check(keys_of(living, 100) == 0);
    check(keys_of(living, 200) == 4);
    check(keys_of(living, 300) == 3);
    check(downloaded(&options, PARTITION, INT64_MAX) == 300);
    check(downloaded(&options, PARTITION, 299) == 200);
    /* its chunks are still in the log, and yet it is dead */
    check(downloaded(&options, PARTITION, 199) == -1);
    /* The same offset once more, as after a crash before anything else was folded. */
    check(checkpoint_upload(&options, path_in("from", 300), &failure));
    living = look(TOPIC);
    check(keys_of(living, 200) == 0);
    check(keys_of(living, 300) == 6);
}

/* A process that was frozen while it sent its checkpoint, and goes on when somebody else is further. */
static void who_is_late_takes_nothing_away(void)
{
    struct checkpoint_topic_options options = options_of(TOPIC);
    check(checkpoint_upload(&options, make_file(250, 10), &failure));
    check(checkpoint_upload(&options, make_file(260, 10), &failure));
    struct living *living = look(TOPIC);
    check(keys_of(living, 300) == 3);
    check(keys_of(living, 260) == 3);
    check(downloaded(&options, PARTITION, INT64_MAX) == 300);
    check(downloaded(&options, PARTITION, 299) == 260);
}

static void what_is_torn_is_passed_over(void)
{
    struct checkpoint_topic_options options = options_of(TOPIC);
    make_file(400, 2300000);
    send_by_hand(400, 1, LEAVE_OUT_A_CHUNK);
    check(downloaded(&options, PARTITION, INT64_MAX) == 300);
    send_by_hand(400, 2, CHANGE_A_BYTE);
    check(downloaded(&options, PARTITION, INT64_MAX) == 300);
    send_by_hand(400, 3, LEAVE_OUT_THE_MANIFEST);
    check(downloaded(&options, PARTITION, INT64_MAX) == 300);
    send_by_hand(400, 4, SPOIL_NOTHING);
    check(downloaded(&options, PARTITION, INT64_MAX) == 400);
}

/* A process that dies while it uploads leaves chunks behind that no manifest names; the next upload buries
 * them. */
static void what_a_crash_left_is_tombstoned(void)
{
    struct checkpoint_topic_options options = options_of(TOPIC);
    make_file(500, 2300000);
    send_by_hand(500, 5, LEAVE_OUT_THE_MANIFEST);
    check(keys_of(look(TOPIC), 500) == 4);
    check(checkpoint_upload(&options, make_file(600, 10), &failure));
    check(keys_of(look(TOPIC), 500) == 0);
    check(downloaded(&options, PARTITION, INT64_MAX) == 600);
    check(checkpoint_upload(&options, make_file(700, 10), &failure));
    check(downloaded(&options, PARTITION, 650) == 600);
}

static void texts_are_found_by_their_hash(void)
{
    struct checkpoint_topic_options options = options_of(TOPIC);
    char *text = memory_alloc(TEXT_BYTES, 1);
    struct buffer again = { 0 };
    bool found = true;
    for (size_t i = 0; i < TEXT_BYTES; i++)
        text[i] = (char)('a' + i * i % 26);
    struct bytes large = { text, TEXT_BYTES }, small = BYTES("bundles: []\n");
    check(checkpoint_get_text(&options, hash64(small.data, small.length, 0), &again, &found, &failure) &&
          !found);
    check(checkpoint_put_text(&options, small, &failure));
    check(checkpoint_put_text(&options, large, &failure));
    check(checkpoint_get_text(&options, hash64(large.data, large.length, 0), &again, &found, &failure) &&
          found);
    check(bytes_equal(buffer_bytes(&again), large));
    buffer_clear(&again);
    check(checkpoint_get_text(&options, hash64(small.data, small.length, 0), &again, &found, &failure) &&
          found);
    check(bytes_equal(buffer_bytes(&again), small));
    check(checkpoint_get_text(&options, 12345, &again, &found, &failure) && !found);
    check(!checkpoint_put_text(&options, (struct bytes){ text, BOOK_BYTES_MAX + 1 }, &failure));
    /* Whatever else stands under such a key is not that book. */
    struct load_producer *producer =
        load_producer_open(&(struct load_producer_options){ list, TOPIC }, &failure);
    check(producer &&
          load_producer_send(producer, &(struct load_record){ BYTES("book/0000000000003039"), small, 0, 0 },
                             &failure));
    check(load_producer_flush(producer, 30000, &failure));
    load_producer_close(producer);
    check(checkpoint_get_text(&options, 0x3039, &again, &found, &failure) && !found);
    buffer_release(&again);
    memory_free(text);
}

static void a_topic_that_takes_no_large_records_says_what_to_do(void)
{
    struct checkpoint_topic_options options = options_of(SMALL_TOPIC);
    static char text[2000000];
    memset(text, 'x', sizeof(text));
    check(!checkpoint_put_text(&options, (struct bytes){ text, sizeof(text) }, &failure));
    check(strstr(failure.text, "max.message.bytes") != NULL);
}

/* Chunks fit a broker's defaults; and after its cleaner has been there the newest two are whole, and the
 * others gone. */
static void the_cleaner_takes_the_old_and_leaves_the_new(void)
{
    struct checkpoint_topic_options options = options_of(SMALL_TOPIC);
    for (int64_t offset = 1000; offset < 1006; offset++)
        check(checkpoint_upload(&options, make_file(offset, 2300000), &failure));
    int64_t records = look(SMALL_TOPIC)->records, until_us = clock_us() + MICROSECONDS_OF_S(120);
    while (look(SMALL_TOPIC)->records > records - 12 && clock_us() < until_us)
        usleep(500000);
    check(look(SMALL_TOPIC)->records <= records - 12); /* at least three chunks of each of the four */
    check(downloaded(&options, PARTITION, INT64_MAX) == 1005);
    check(downloaded(&options, PARTITION, 1004) == 1004);
    check(downloaded(&options, PARTITION, 1003) == -1);
    check(checkpoint_upload(&options, make_file(1006, 10), &failure));
    check(downloaded(&options, PARTITION, INT64_MAX) == 1006);
}

static void one_that_is_told_to_stop_leaves_nothing(void)
{
    atomic_bool stop = true;
    bool found = true;
    struct checkpoint_topic_options options = options_of(TOPIC);
    options.stop = &stop;
    failure.remedy = REMEDY_NONE;
    check(!checkpoint_upload(&options, path_in("from", 700), &failure));
    check(failure.remedy == REMEDY_AGAIN);
    failure.remedy = REMEDY_NONE;
    check(!checkpoint_download(&options, PARTITION, INT64_MAX, directory("to"), &found, &failure));
    check(failure.remedy == REMEDY_AGAIN);
    check(rmdir(directory("to")) == 0);
}

static void without_topic_or_broker_it_says_so(void)
{
    bool found = true;
    struct checkpoint_topic_options options = options_of("missing.checkpoint.v1");
    check(!checkpoint_download(&options, PARTITION, INT64_MAX, directory("to"), &found, &failure));
    check(!checkpoint_upload(&options, path_in("from", 700), &failure));
    options.topic = TOPIC;
    options.group = "another";
    check(!checkpoint_upload(&options, path_in("from", 700), &failure));
    check(strstr(failure.text, "another topic or group") != NULL);
    options = options_of(TOPIC);
    properties[0].value = "127.0.0.1:1";
    check(!checkpoint_download(&options, PARTITION, INT64_MAX, directory("to"), &found, &failure));
    check(failure.cause == CAUSE_UNREACHABLE);
}

static void say_time(const char *what, int megabytes, int64_t began_us, int64_t cpu_us)
{
    printf("%s: %d MB in %.2f s, %.2f s of CPU\n", what, megabytes, (double)(clock_us() - began_us) / 1e6,
           (double)(clock_cpu_us() - cpu_us) / 1e6);
}

static void measure(int megabytes)
{
    struct checkpoint_topic_options options = options_of(TOPIC);
    bool found;
    make_file(1, (size_t)megabytes * 1000000);
    int64_t began_us = clock_us(), cpu_us = clock_cpu_us();
    check(checkpoint_upload(&options, path_in("from", 1), &failure));
    say_time("upload", megabytes, began_us, cpu_us);
    began_us = clock_us(), cpu_us = clock_cpu_us();
    check(checkpoint_download(&options, PARTITION, INT64_MAX, directory("to"), &found, &failure) && found);
    say_time("download", megabytes, began_us, cpu_us);
    check(same_files(path_in("from", 1), path_in("to", 1)));
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4)
        return 64;
    properties[0].value = argv[1];
    root = argv[2];
    make_topics();
    if (argc == 4) {
        measure((int)strtol(argv[3], NULL, 10));
        return 0;
    }
    there_and_back();
    the_newest_two_stay();
    who_is_late_takes_nothing_away();
    what_is_torn_is_passed_over();
    what_a_crash_left_is_tombstoned();
    texts_are_found_by_their_hash();
    a_topic_that_takes_no_large_records_says_what_to_do();
    the_cleaner_takes_the_old_and_leaves_the_new();
    one_that_is_told_to_stop_leaves_nothing();
    without_topic_or_broker_it_says_so();
    printf("%d checks\n", checks);
    return 0;
}
