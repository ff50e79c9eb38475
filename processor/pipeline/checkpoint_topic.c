#include "pipeline/checkpoint_topic.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"
#include "ops/log.h"
#include "pipeline/checkpoint_sets.h"
#include "state/checkpoint.h"
#include "state/part_file.h"
#include "stream/consumer.h"
#include "stream/load_producer.h"
#include "stream/topics.h"
#include "system/clock.h"
#include "system/random.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAKE_WAIT_MS = 20, SILENCE_SECONDS_MAX = 60, FLUSH_SLICE_MS = 500, FLUSH_SLICES_MAX = 180 };
enum { WINDOW_RECORDS_MIN = 64, WINDOW_RECORDS_MAX = 256 };
/* That an upload may read to find what it buries; and four times its own chunks. */
enum { TOMBSTONE_RECORDS_MIN = 4096 };
/* Fewer than fill the producer's queue: waiting for room there cannot be stopped. */
enum { CHUNKS_ON_THEIR_WAY = 24 };

#define CLIENT_ID "bundelwacht-checkpoint"

bool checkpoint_topic_name(const char *prefix, char *ret_name, size_t size)
{
    int length = snprintf(ret_name, size, "%s.checkpoint.v1", prefix);
    return length > 0 && (size_t)length < size && length <= TOPIC_NAME_BYTES_MAX;
}

static bool fail(struct failure *failure, const char *text)
{
    failure_set(failure, REMEDY_STOP, CAUSE_KAFKA, "%.380s", text);
    return false;
}

static bool is_stopped(const struct checkpoint_topic_options *options, struct failure *failure)
{
    if (!options->stop || !atomic_load_explicit(options->stop, memory_order_relaxed))
        return false;
    failure_set(failure, REMEDY_AGAIN, CAUSE_KAFKA, "stopped while a checkpoint was on its way");
    return true;
}

/* The operator's properties and then ours, which win. The items are the caller's to free. */
static struct property_list with_own(struct property_list properties, const struct property *own,
                                     size_t own_count)
{
    struct property *items = memory_alloc(properties.count + own_count, sizeof(*items));
    if (properties.count > 0)
        memcpy(items, properties.items, properties.count * sizeof(*items));
    memcpy(items + properties.count, own, own_count * sizeof(*items));
    return (struct property_list){ items, properties.count + own_count };
}

static void list_free(struct property_list list)
{
    memory_free((void *)(uintptr_t)list.items);
}

/* --- reading a range of a partition --- */

/* False: that is enough. */
typedef bool see_fn(void *context, const struct message *message);
struct range {
    int32_t partition;
    int64_t from, to; /* `to` itself is not read */
    see_fn *see;
    void *context;
};

/* True when there is nothing more to read. */
static bool see_messages(const struct range *range, const struct message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct message *message = &messages[i];
        if (message->offset >= range->to)
            return true;
        if (message->end || message->offset < range->from)
            continue;
        if (!range->see(range->context, message) || message->offset + 1 == range->to)
            return true;
    }
    return false;
}

static bool read_messages(const struct checkpoint_topic_options *options, const struct range *range,
                          struct consumer *consumer, struct failure *failure)
{
    int64_t heard_us = clock_us();
    while (!is_stopped(options, failure)) {
        size_t count = consumer_take(consumer, TAKE_WAIT_MS);
        bool done = see_messages(range, consumer_messages(consumer), count);
        consumer_release(consumer);
        if (done)
            return true;
        if (consumer_events(consumer) & EVENT_FAILED) {
            *failure = *consumer_failure(consumer);
            return false;
        }
        if (count > 0)
            heard_us = clock_us();
        if (clock_us() - heard_us > MICROSECONDS_OF_S(SILENCE_SECONDS_MAX)) {
            failure_set(failure, REMEDY_STOP, CAUSE_UNREACHABLE,
                        "nothing came from topic \"%s\" partition %d for %d s", options->topic,
                        (int)range->partition, SILENCE_SECONDS_MAX);
            return false;
        }
    }
    return false;
}

static bool read_range(const struct checkpoint_topic_options *options, const struct range *range,
                       struct failure *failure)
{
    static const struct property own[] = {
        /* librdkafka 2.0.2 waits a second whenever its queue is full (LIBRARIES.md §2.2), and records of a
         * megabyte fill it at once. */
        { PROPERTY_CONSUMER, "queued.max.messages.kbytes", "262144" },
    };
    if (range->from >= range->to)
        return true;
    struct property_list properties = with_own(options->properties, own, COUNT(own));
    const struct consumer_options consumer_options = {
        .properties = properties,
        .topic = options->topic,
        .group = CLIENT_ID,
        .client_id = CLIENT_ID,
        .partitions = &range->partition,
        .partitions_count = 1,
    };
    const struct position position = { .partition = range->partition, .offset = range->from };
    struct consumer *consumer = consumer_open(&consumer_options, failure);
    bool read = consumer && consumer_assign(consumer, &position, 1, failure) &&
                read_messages(options, range, consumer, failure);
    if (consumer)
        consumer_close(consumer);
    list_free(properties);
    return read;
}

static bool ask_ends(const struct checkpoint_topic_options *options, int32_t partition, int64_t *ret_begin,
                     int64_t *ret_end, struct failure *failure)
{
    struct admin *admin = admin_open(options->properties, failure);
    if (!admin)
        return false;
    bool known = admin_ends(admin, options->topic, partition, ret_begin, ret_end, failure);
    admin_close(admin);
    return known;
}

/* --- reading backwards from the end, window by window --- */

struct back {
    struct range range; /* of the window that was read last */
    int64_t begin, end; /* of the log, when we began */
    int64_t records;    /* of the next window */
};

static bool back_begin(const struct checkpoint_topic_options *options, int32_t partition, see_fn *see,
                       void *context, struct back *ret_back, struct failure *failure)
{
    *ret_back = (struct back){ .range = { .partition = partition, .see = see, .context = context },
                               .records = WINDOW_RECORDS_MIN };
    if (!ask_ends(options, partition, &ret_back->begin, &ret_back->end, failure))
        return false;
    ret_back->range.from = ret_back->end;
    return true;
}

static bool back_is_done(const struct back *back)
{
    return back->range.from <= back->begin;
}

static bool back_read(const struct checkpoint_topic_options *options, struct back *back,
                      struct failure *failure)
{
    back->range.to = back->range.from;
    back->range.from =
        back->range.to - back->records > back->begin ? back->range.to - back->records : back->begin;
    back->records = 2 * back->records < WINDOW_RECORDS_MAX ? 2 * back->records : WINDOW_RECORDS_MAX;
    return read_range(options, &back->range, failure);
}

static bool see_set(void *context, const struct message *message)
{
    set_table_see(context, message->offset, message->key, message->value);
    return true;
}

/* --- sending --- */

static struct load_producer *open_producer(const struct checkpoint_topic_options *options,
                                           struct failure *failure)
{
    static const struct property own[] = {
        { PROPERTY_PRODUCER, "client.id", CLIENT_ID },
        { PROPERTY_PRODUCER, "enable.idempotence", "true" },
        { PROPERTY_PRODUCER, "compression.type", "none" }, /* chunks are packed already */
        { PROPERTY_PRODUCER, "queue.buffering.max.kbytes", "32768" },
        /* of texts; chunks are smaller */
        { PROPERTY_PRODUCER, "message.max.bytes", CHECKPOINT_TOPIC_MESSAGE_BYTES_MAX },
        { PROPERTY_PRODUCER, "message.timeout.ms", "60000" },
    };
    struct property_list properties = with_own(options->properties, own, COUNT(own));
    struct load_producer *producer =
        load_producer_open(&(struct load_producer_options){ properties, options->topic }, failure);
    list_free(properties);
    return producer;
}

static bool refused(const struct checkpoint_topic_options *options, struct failure *failure)
{
    failure_set(failure, REMEDY_STOP, CAUSE_KAFKA,
                "could not write to topic \"%s\": records were refused, or no broker took them within a "
                "minute (max.message.bytes of "
                "the topic must be 1 MB, for books %s)",
                options->topic, CHECKPOINT_TOPIC_MESSAGE_BYTES_MAX);
    return false;
}

/* A value that is null is a tombstone. */
static bool send(const struct checkpoint_topic_options *options, struct load_producer *producer,
                 int32_t partition, struct bytes key, struct bytes value, struct failure *failure)
{
    if (is_stopped(options, failure))
        return false;
    if (load_producer_failed(producer) > 0)
        return refused(options, failure);
    return load_producer_send(producer, &(struct load_record){ key, value, partition, LOAD_TIMESTAMP_NOW },
                              failure);
}

static bool flush(const struct checkpoint_topic_options *options, struct load_producer *producer,
                  struct failure *failure)
{
    for (int slice = 0; slice < FLUSH_SLICES_MAX; slice++) {
        if (load_producer_flush(producer, FLUSH_SLICE_MS, failure))
            return true;
        if (load_producer_failed(producer) > 0)
            return refused(options, failure);
        if (is_stopped(options, failure))
            return false;
    }
    return false;
}

/* --- uploading --- */

struct upload {
    const struct checkpoint_topic_options *options;
    struct load_producer *producer;
    int32_t partition;
    int descriptor;
    struct set_table table;
    struct back back;          /* how far the log was read, from its end */
    int64_t records_left;      /* that may be read to give tombstones to what is retired */
    struct checkpoint_set set; /* ours */
    char *chunk;
};

static bool send_part(struct upload *upload, const struct checkpoint_set *set, enum set_part part,
                      uint32_t chunk, struct bytes value, struct failure *failure)
{
    char room[SET_KEY_BYTES];
    return send(upload->options, upload->producer, upload->partition,
                set_key(upload->partition, set, part, chunk, room), value, failure);
}

static bool send_record(struct upload *upload, enum set_part part, struct failure *failure)
{
    struct buffer value = { 0 };
    char room[SET_KEY_BYTES];
    set_record(&upload->set, &upload->table, &value);
    set_sign(set_key(upload->partition, &upload->set, part, 0, room), &value);
    bool sent = send_part(upload, &upload->set, part, 0, buffer_bytes(&value), failure);
    buffer_release(&value);
    return sent;
}

/* The manifest first, so that nobody begins to read it; `begin` last and only when all was seen, so that what
 * is left is known next time. */
static bool tombstone(struct upload *upload, const struct checkpoint_set *set, bool seen_whole,
                      struct failure *failure)
{
    size_t count;
    if (!send_part(upload, set, SET_MANIFEST, 0, BYTES_NULL, failure))
        return false;
    uint32_t *chunks = set_living_chunks(set, &count);
    bool sent = true;
    for (size_t i = 0; i < count && sent; i++)
        sent = send_part(upload, set, SET_CHUNK, chunks[i], BYTES_NULL, failure);
    memory_free(chunks);
    return sent && (!seen_whole || send_part(upload, set, SET_BEGIN, 0, BYTES_NULL, failure));
}

/* All but the newest of those that are whole, `keep` at most of these, and the one that is furthest: a
 * process that is late, or wakes up, must not take away what somebody else has written since. */
static void retire(struct upload *upload, size_t keep)
{
    struct checkpoint_set *spared[3] = { set_table_furthest(&upload->table, upload->set.of), NULL, NULL };
    for (size_t i = 1; i <= keep; i++)
        spared[i] = set_table_newest(&upload->table, i > 1 ? spared[i - 1] : NULL);
    for (size_t i = 0; i < upload->table.count; i++) {
        struct checkpoint_set *set = &upload->table.sets[i];
        set->retired = set->retired || (set != spared[0] && set != spared[1] && set != spared[2]);
    }
}

static bool is_to_be_tombstoned(const struct checkpoint_set *set)
{
    return set->retired && !set->tombstoned;
}

/* Where a set stands that is whole, its manifest says: what is between need not be read to find others. */
static void pass_sets(struct upload *upload)
{
    struct back *back = &upload->back;
    for (size_t i = 0; i < upload->table.count; i++) {
        const struct checkpoint_set *set = &upload->table.sets[i];
        if (set->at >= back->range.from && set->from < back->range.from)
            back->range.from = set->from > back->begin ? set->from : back->begin;
    }
}

static bool is_lost(const struct upload *upload)
{
    for (size_t i = 0; i < upload->table.count; i++) {
        const struct checkpoint_set *set = &upload->table.sets[i];
        if (is_to_be_tombstoned(set) && set->at < 0 && !set->begun)
            return true;
    }
    return false;
}

/* Further back, until each that is to be tombstoned was seen itself, and not only named. */
static bool find_retired(struct upload *upload, struct failure *failure)
{
    while (is_lost(upload) && !back_is_done(&upload->back) && upload->records_left > 0) {
        int64_t before = upload->back.range.from;
        pass_sets(upload);
        if (upload->back.range.from < before)
            continue;
        if (!back_read(upload->options, &upload->back, failure))
            return false;
        int64_t read = before - upload->back.range.from;
        upload->records_left -= read < upload->records_left ? read : upload->records_left;
    }
    return true;
}

static bool see_some(void *context, const struct message *message)
{
    struct upload *upload = context;
    if (upload->records_left == 0)
        return false;
    upload->records_left--;
    return see_set(&upload->table, message);
}

/* The chunks of one whose manifest stands in the log. */
static bool see_chunks(struct upload *upload, const struct checkpoint_set *set, struct failure *failure)
{
    int64_t from = set->from > upload->back.begin ? set->from : upload->back.begin;
    struct range range = { upload->partition, from, set->at, see_some, upload };
    return read_range(upload->options, &range, failure);
}

/* What was named and is not found is forgotten. What was not seen whole is named again, and tombstoned
 * further by the next upload. */
static bool see_and_tombstone(struct upload *upload, size_t at, struct failure *failure)
{
    struct checkpoint_set *set = &upload->table.sets[at];
    if (set->at >= 0 && !see_chunks(upload, set, failure))
        return false;
    set = &upload->table.sets[at]; /* the table may have grown */
    bool is_there = set->at >= 0 || set->begun || set->seen_count > 0, whole = upload->records_left > 0;
    if (is_there && !tombstone(upload, set, whole, failure))
        return false;
    set->tombstoned = whole || !is_there;
    return true;
}

/* Only what was seen in the log gets a tombstone, and what is read for that is bounded: a record may name
 * thousands of sets with millions of chunks that never were. */
static bool tombstone_retired(struct upload *upload, struct failure *failure)
{
    if (!find_retired(upload, failure))
        return false;
    for (size_t i = 0; i < upload->table.count; i++)
        if (is_to_be_tombstoned(&upload->table.sets[i]) && !see_and_tombstone(upload, i, failure))
            return false;
    return flush(upload->options, upload->producer, failure);
}

static ssize_t read_chunk(struct upload *upload, int64_t at)
{
    size_t filled = 0;
    while (filled < CHECKPOINT_CHUNK_BYTES) {
        ssize_t bytes = pread(upload->descriptor, upload->chunk + filled, CHECKPOINT_CHUNK_BYTES - filled,
                              at + (int64_t)filled);
        if (bytes < 0 && errno == EINTR)
            continue;
        if (bytes < 0)
            return -1;
        if (bytes == 0)
            break;
        filled += (size_t)bytes;
    }
    return (ssize_t)filled;
}

static bool send_chunks(struct upload *upload, struct failure *failure)
{
    for (uint32_t chunk = 0; chunk < upload->set.chunks_count; chunk++) {
        int64_t at = (int64_t)chunk * CHECKPOINT_CHUNK_BYTES, left = upload->set.bytes - at;
        ssize_t bytes = read_chunk(upload, at);
        if (bytes != (left < CHECKPOINT_CHUNK_BYTES ? left : CHECKPOINT_CHUNK_BYTES))
            return fail(failure, "could not read the checkpoint that was to be sent");
        struct bytes span = { upload->chunk, (size_t)bytes };
        upload->set.hash = set_hash(span, upload->set.hash);
        if (!send_part(upload, &upload->set, SET_CHUNK, chunk, span, failure))
            return false;
        if (chunk % CHUNKS_ON_THEIR_WAY == CHUNKS_ON_THEIR_WAY - 1 &&
            !flush(upload->options, upload->producer, failure))
            return false;
    }
    /* the manifest must not be there without one of them */
    return flush(upload->options, upload->producer, failure);
}

static bool send_set(struct upload *upload, struct failure *failure)
{
    retire(upload, 2);
    if (!tombstone_retired(upload, failure) || !send_record(upload, SET_BEGIN, failure) ||
        !send_chunks(upload, failure))
        return false;
    retire(upload, 1);
    return send_record(upload, SET_MANIFEST, failure) && flush(upload->options, upload->producer, failure) &&
           tombstone_retired(upload, failure);
}

/* Back to the newest record of a set: it names the others. */
static bool find_sets(struct upload *upload, struct failure *failure)
{
    struct back *back = &upload->back;
    if (!back_begin(upload->options, upload->partition, see_set, &upload->table, back, failure))
        return false;
    upload->set.from = back->end;
    upload->records_left = TOMBSTONE_RECORDS_MIN + 4 * (int64_t)upload->set.chunks_count;
    while (upload->table.records_count == 0 && !back_is_done(back))
        if (!back_read(upload->options, back, failure))
            return false;
    return true;
}

/* What the file says of itself, and that it is one of ours. */
static bool know_file(struct upload *upload, const char *path, struct failure *failure)
{
    char error[CHECKPOINT_PATH_BYTES + 400];
    struct checkpoint_head head;
    struct bytes texts[CHECKPOINT_TEXTS];
    struct stat about;
    struct checkpoint_reader *reader = checkpoint_open(path, &head, texts, error, sizeof(error));
    if (!reader)
        return fail(failure, error);
    checkpoint_close(reader);
    if (strcmp(head.topic, upload->options->input_topic) != 0 ||
        strcmp(head.group, upload->options->group) != 0)
        return fail(failure, "a checkpoint of another topic or group was to be sent");
    upload->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (upload->descriptor < 0 || fstat(upload->descriptor, &about) != 0)
        return fail(failure, "could not open the checkpoint that was to be sent");
    int64_t chunks_count = (about.st_size + CHECKPOINT_CHUNK_BYTES - 1) / CHECKPOINT_CHUNK_BYTES;
    if (chunks_count > CHECKPOINT_CHUNKS_MAX)
        return fail(failure, "the checkpoint is too large to be sent");
    upload->partition = upload->table.partition = head.partition;
    upload->set.tag = random_number();
    upload->set.of = set_owner(head.topic, head.group);
    upload->set.offset = head.offset;
    upload->set.bytes = about.st_size;
    upload->set.chunks_count = (uint32_t)chunks_count;
    return true;
}

bool checkpoint_upload(const struct checkpoint_topic_options *options, const char *path,
                       struct failure *failure)
{
    struct upload upload = { .options = options, .descriptor = -1, .set = { .at = -1 } };
    bool sent = know_file(&upload, path, failure) && find_sets(&upload, failure);
    upload.producer = sent ? open_producer(options, failure) : NULL;
    sent = upload.producer != NULL;
    if (sent) {
        upload.chunk = memory_alloc(CHECKPOINT_CHUNK_BYTES, 1);
        sent = send_set(&upload, failure);
    }
    load_producer_close(upload.producer);
    if (upload.descriptor >= 0)
        close(upload.descriptor);
    memory_free(upload.chunk);
    set_table_release(&upload.table);
    return sent;
}

/* --- downloading --- */

struct download {
    const struct checkpoint_topic_options *options;
    const char *directory;
    int32_t partition;
    int64_t at_most;
    uint64_t of;
    struct set_table table;
    /* the set that is read now */
    const struct checkpoint_set *set;
    struct part_file *file;
    uint32_t chunks_count;
    int64_t bytes;
    uint64_t hash;
    bool write_failed;
    char error[CHECKPOINT_PATH_BYTES + 200];
};

static bool see_chunk(void *context, const struct message *message)
{
    struct download *download = context;
    int64_t offset;
    uint64_t tag;
    uint32_t chunk;
    if (set_key_read(download->partition, message->key, &offset, &tag, &chunk) != SET_CHUNK ||
        offset != download->set->offset || tag != download->set->tag)
        return true;
    if (chunk != download->chunks_count || message->value.length > CHECKPOINT_CHUNK_BYTES ||
        bytes_is_null(message->value))
        return false;
    download->chunks_count++;
    download->bytes += (int64_t)message->value.length;
    download->hash = set_hash(message->value, download->hash);
    download->write_failed = !part_file_write(download->file, message->value.data, message->value.length,
                                              download->error, sizeof(download->error));
    return !download->write_failed;
}

static bool is_whole(const struct download *download)
{
    const struct checkpoint_set *set = download->set;
    return download->chunks_count == set->chunks_count && download->bytes == set->bytes &&
           download->hash == set->hash;
}

/* True when that is known: `ret_found`, or the set is torn. */
static bool fetch_set(struct download *download, const struct checkpoint_set *set, bool *ret_found,
                      struct failure *failure)
{
    char path[CHECKPOINT_PATH_BYTES];
    const struct checkpoint_topic_options *options = download->options;
    if (!checkpoint_path(download->directory, options->input_topic, options->group, download->partition,
                         set->offset, path))
        return fail(failure, "the name of the state directory is too long");
    download->file = part_file_create(path, download->error, sizeof(download->error));
    if (!download->file)
        return fail(failure, download->error);
    download->set = set;
    download->chunks_count = 0;
    download->bytes = 0;
    download->hash = 0;
    struct range range = { download->partition, set->from, set->at, see_chunk, download };
    bool read = read_range(options, &range, failure);
    if (read && !download->write_failed && is_whole(download)) {
        *ret_found = part_file_finish(download->file, download->error, sizeof(download->error));
        return *ret_found || fail(failure, download->error);
    }
    part_file_discard(download->file);
    if (download->write_failed)
        return fail(failure, download->error);
    if (read)
        log_say(LOG_WARNING,
                "the checkpoint at offset %" PRId64
                " in topic \"%s\" partition %d is not whole; the next best is taken",
                set->offset, options->topic, (int)download->partition);
    return read;
}

/* One that may be what is wanted: of ours, or (named by another, and not read yet) perhaps. */
static bool is_wanted(const struct download *download, const struct checkpoint_set *set)
{
    return set_is_alive(set) && !set->tried && set->offset <= download->at_most &&
           (set->at < 0 || set->of == download->of);
}

static struct checkpoint_set *next_set(struct download *download)
{
    struct checkpoint_set *best = NULL;
    for (size_t i = 0; i < download->table.count; i++) {
        struct checkpoint_set *set = &download->table.sets[i];
        if (is_wanted(download, set) && set->at >= 0 && (!best || set->at > best->at))
            best = set;
    }
    return best;
}

/* Two of one offset would have one name: the one that was written later is had. */
static void leave_out_others_of(struct download *download, int64_t offset)
{
    for (size_t i = 0; i < download->table.count; i++)
        if (download->table.sets[i].offset == offset)
            download->table.sets[i].tried = true;
}

static void say_forged(struct download *download)
{
    for (size_t i = 0; i < download->table.count; i++) {
        struct checkpoint_set *set = &download->table.sets[i];
        if (!set->forged || set->tried)
            continue;
        set->tried = true;
        log_say(LOG_WARNING,
                "the checkpoint at offset %" PRId64
                " in topic \"%s\" partition %d is not signed with a key of state.key_file: it is passed over",
                set->offset, download->options->topic, (int)download->partition);
    }
}

/* All that has been read back so far: which of them leads to where the group is, only their heads say. */
static bool fetch_all(struct download *download, bool *ret_found, struct failure *failure)
{
    say_forged(download);
    for (struct checkpoint_set *set; (set = next_set(download)) != NULL;) {
        bool found = false;
        set->tried = true;
        if (!fetch_set(download, set, &found, failure))
            return false;
        if (found)
            leave_out_others_of(download, set->offset);
        *ret_found = *ret_found || found;
    }
    return true;
}

static bool wants_more(const struct download *download, bool found)
{
    for (size_t i = 0; i < download->table.count; i++)
        if (is_wanted(download, &download->table.sets[i]))
            return true;
    return !found;
}

bool checkpoint_download(const struct checkpoint_topic_options *options, int32_t partition, int64_t at_most,
                         const char *directory, bool *ret_found, struct failure *failure)
{
    struct download *download = memory_alloc_zeroed(1, sizeof(*download));
    struct back back;
    bool found = false;
    download->options = options;
    download->directory = directory;
    download->partition = download->table.partition = partition;
    download->at_most = at_most;
    download->of = set_owner(options->input_topic, options->group);
    bool known = back_begin(options, partition, see_set, &download->table, &back, failure);
    while (known && wants_more(download, found) && !back_is_done(&back))
        known = back_read(options, &back, failure) && fetch_all(download, &found, failure);
    set_table_release(&download->table);
    memory_free(download);
    if (known)
        *ret_found = found;
    return known;
}

/* --- texts --- */

enum { TEXT_PARTITION = 0, TEXT_KEY_BYTES = 32 };

static struct bytes text_key(uint64_t hash, char room[TEXT_KEY_BYTES])
{
    int length = snprintf(room, TEXT_KEY_BYTES, "book/%016" PRIx64, hash);
    return (struct bytes){ room, (size_t)length };
}

bool checkpoint_put_text(const struct checkpoint_topic_options *options, struct bytes text,
                         struct failure *failure)
{
    char room[TEXT_KEY_BYTES];
    if (bytes_is_null(text) || text.length > BOOK_BYTES_MAX)
        return fail(failure, "a text is too long for the checkpoint topic");
    struct load_producer *producer = open_producer(options, failure);
    if (!producer)
        return false;
    struct bytes key = text_key(hash64(text.data, text.length, 0), room);
    struct buffer value = { 0 };
    text_keep(key, text, &value);
    bool sent = send(options, producer, TEXT_PARTITION, key, buffer_bytes(&value), failure) &&
                flush(options, producer, failure);
    load_producer_close(producer);
    buffer_release(&value);
    return sent;
}

struct wanted_text {
    uint64_t hash;
    struct bytes key;
    struct buffer *text;
    bool found;
};

static bool see_text(void *context, const struct message *message)
{
    struct wanted_text *wanted = context;
    struct bytes text;
    if (!bytes_equal(message->key, wanted->key) ||
        !text_of(message->key, message->value, wanted->hash, &text))
        return true;
    buffer_add_bytes(wanted->text, text);
    wanted->found = true;
    return false;
}

bool checkpoint_get_text(const struct checkpoint_topic_options *options, uint64_t hash,
                         struct buffer *ret_text, bool *ret_found, struct failure *failure)
{
    char room[TEXT_KEY_BYTES];
    struct back back;
    struct wanted_text wanted = { hash, text_key(hash, room), ret_text, false };
    bool known = back_begin(options, TEXT_PARTITION, see_text, &wanted, &back, failure);
    while (known && !wanted.found && !back_is_done(&back))
        known = back_read(options, &back, failure);
    if (known)
        *ret_found = wanted.found;
    return known;
}
