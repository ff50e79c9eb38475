/* Records of the checkpoint topic, drawn from the bytes: some as we write them, some changed, some noise;
 * signed or not, where there is a key or none. Whatever stands there: no more sets than there may be, a
 * tombstone is owed for no chunk that was not there, and where there is a key nothing is alive that was not
 * signed with it. */
#include "fuzz_target.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"
#include "fuzz_choice.h"
#include "pipeline/checkpoint_sets.h"
#include "pipeline/checkpoint_topic.h"
#include "state/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PARTITION = 3, RECORDS_MAX = 200, TAGS = 6 };

/* Whose records we have signed; a set is known by its tag. */
struct written {
    bool manifests[TAGS];
    size_t chunks;
};

static struct signing_keys *keys;

static void make_keys(void)
{
    char path[] = "/tmp/bw-fuzz-keys-XXXXXX", error[256];
    int descriptor = mkstemp(path);
    must(descriptor >= 0);
    must(write(descriptor, "a key of the fuzzer, of 32 bytes or more\n", 41) == 41);
    close(descriptor);
    keys = signing_keys_read(path, error, sizeof(error));
    must(keys != NULL);
    unlink(path);
}

static struct checkpoint_set drawn_set(struct choices *choices, int64_t at)
{
    struct checkpoint_set set = { .tag = choice_below(choices, TAGS),
                                  .of = choice_below(choices, 2),
                                  .at = -1 };
    set.offset = (int64_t)set.tag * 100;
    set.chunks_count = (uint32_t)choice_skewed(choices, CHECKPOINT_CHUNKS_MAX) + 1;
    set.bytes = (int64_t)(set.chunks_count - 1) * CHECKPOINT_CHUNK_BYTES +
                choice_between(choices, 1, CHECKPOINT_CHUNK_BYTES);
    set.from = choice_between(choices, 0, at);
    set.hash = choice_below(choices, 1000);
    return set;
}

static void drawn_others(struct choices *choices, struct set_table *others)
{
    for (uint64_t count = choice_skewed(choices, 40); count > 0; count--) {
        struct checkpoint_set *other = set_table_add(others, choice_between(choices, 0, 1 << 20),
                                                     choice_below(choices, TAGS));
        other->chunks_count = (uint32_t)choice_skewed(choices, CHECKPOINT_CHUNKS_MAX);
        other->complete = choice_chance(choices, 500);
        other->retired = choice_chance(choices, 300);
    }
}

static void change(struct choices *choices, struct buffer *value)
{
    if (choice_chance(choices, 300))
        value->length -= choice_below(choices, value->length + 1);
    for (uint64_t edits = choice_between(choices, 1, 4); edits > 0 && value->length > 0; edits--)
        value->data[choice_below(choices, value->length)] = (char)choice_below(choices, 256);
}

/* An exact copy, so that the sanitizer sees every byte too far. */
static void see(struct set_table *table, int64_t at, struct bytes key, struct bytes value)
{
    char *exact = malloc(value.length ? value.length : 1);
    must(exact != NULL);
    if (value.length)
        memcpy(exact, value.data, value.length);
    set_table_see(table, at, key, bytes_is_null(value) ? BYTES_NULL : (struct bytes){ exact, value.length });
    free(exact);
}

static void see_set(struct choices *choices, struct set_table *table, int64_t at, struct written *written)
{
    char room[SET_KEY_BYTES];
    struct checkpoint_set set = drawn_set(choices, at);
    struct set_table others = { .partition = PARTITION };
    struct buffer value = { 0 };
    enum set_part part = choice_chance(choices, 600) ? SET_MANIFEST : SET_BEGIN;
    struct bytes key = set_key(PARTITION, &set, part, 0, room);
    bool is_signed = choice_chance(choices, 500), is_changed = choice_chance(choices, 300);
    drawn_others(choices, &others);
    set_record(&set, &others, &value);
    if (is_signed)
        set_sign(key, &value);
    uint64_t before = hash64(value.data, value.length, 0);
    if (is_changed)
        change(choices, &value);
    /* An edit may put the byte there that was there. */
    is_changed = hash64(value.data, value.length, 0) != before;
    /* Who names a set as complete vouches for it, as its manifest does; all tags may be named. */
    for (size_t tag = 0; is_signed && !is_changed && tag < TAGS; tag++)
        written->manifests[tag] = written->manifests[tag] || others.count > 0 ||
                                  (part == SET_MANIFEST && tag == set.tag);
    see(table, at, key, buffer_bytes(&value));
    set_table_release(&others);
    buffer_release(&value);
}

static void see_one(struct choices *choices, struct set_table *table, int64_t at, struct written *written)
{
    char room[SET_KEY_BYTES];
    struct checkpoint_set set = drawn_set(choices, at);
    switch (choice_below(choices, 4)) {
    case 0: { /* a chunk, or its tombstone */
        bool tombstone = choice_chance(choices, 300);
        struct bytes key = set_key(PARTITION, &set, SET_CHUNK, (uint32_t)choice_skewed(choices, UINT32_MAX),
                                   room);
        see(table, at, key, tombstone ? BYTES_NULL : BYTES("chunk"));
        written->chunks += !tombstone;
        break;
    }
    case 1: /* a tombstone */
        see(table, at,
            set_key(PARTITION, &set, choice_chance(choices, 500) ? SET_MANIFEST : SET_BEGIN, 0, room),
            BYTES_NULL);
        break;
    default: see_set(choices, table, at, written);
    }
}

static void must_hold(const struct set_table *table, const struct written *written)
{
    size_t chunks = 0, count;
    must(table->count <= CHECKPOINT_SETS_MAX);
    for (size_t i = 0; i < table->count; i++) {
        const struct checkpoint_set *set = &table->sets[i];
        memory_free(set_living_chunks(set, &count));
        chunks += count;
        must(!signing_is_on() || !set_is_alive(set) || written->manifests[set->tag % TAGS]);
    }
    must(chunks <= written->chunks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = { data, data + size };
    struct set_table table = { .partition = PARTITION };
    struct written written = { 0 };
    if (!keys)
        make_keys();
    signing_use(choice_chance(&choices, 600) ? keys : NULL);
    for (int64_t at = 0; at < RECORDS_MAX && choices.at < choices.end; at++)
        see_one(&choices, &table, at, &written);
    if (choices.at < choices.end) /* noise under a key of ours */
        see(&table, RECORDS_MAX, BYTES("3/5/0000000000000005/manifest"),
            (struct bytes){ (const char *)choices.at, (size_t)(choices.end - choices.at) });
    must_hold(&table, &written);
    set_table_release(&table);
    signing_use(NULL);
    return 0;
}
