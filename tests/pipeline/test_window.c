#include "pipeline/commit_metadata.h"
#include "pipeline/unconfirmed.h"
#include "pipeline/window.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

TestSuite(window, .timeout = 10);

static struct window given(void)
{
    struct window window = { .by = "app-000-03", .made = { .base = 17, .counts = { 5, 4, 3, 2 } } };
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        window.topics[topic] =
            (struct window_topic){ .seen = 100 + (int64_t)topic, .have = 2, .last = 0xabc0 + topic };
    return window;
}

Test(window, stands_in_the_metadata_of_a_commit_and_comes_back)
{
    const struct commit_metadata metadata = { .serial = "2026-1;by=somebody;base=3;seen=1:1:1:1" };
    struct window window = given(), back = { 0 };
    struct commit_metadata metadata_back;
    char text[COMMIT_TEXT_BYTES], error[200];
    commit_to_text(&metadata, &window, text);
    cr_assert(window_from_text(text, &back), "%s", text);
    cr_expect_str_eq(back.by, window.by);
    cr_expect_eq(back.made.base, 17);
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        cr_expect_eq(back.made.counts[topic], window.made.counts[topic]);
        cr_expect_eq(back.topics[topic].seen, window.topics[topic].seen);
        cr_expect_eq(back.topics[topic].have, window.topics[topic].have);
        cr_expect_eq(back.topics[topic].last, window.topics[topic].last);
    }
    cr_assert(commit_metadata_from_text(text, &metadata_back, error, sizeof(error)), "%s", error);
    cr_expect_str_eq(metadata_back.serial, metadata.serial, "what stands in a serial is the serial's");
}

Test(window, that_is_none_is_told_from_one)
{
    static const char *const rows[] = {
        "",
        "v1;engine=2;serial=x",
        "v1;by=a;base=0;serial=x",
        "v1;by=;base=0;seen=1:1:1:1,1:1:1:1,1:1:1:1,1:1:1:1;serial=x",
        "v1;by=a;base=-1;seen=1:1:1:1,1:1:1:1,1:1:1:1,1:1:1:1;serial=x",
        "v1;by=a;base=0;seen=1:1:1:1,1:1:1:1,1:1:1:1;serial=x",
        "v1;by=a;base=0;seen=-1:1:1:1,1:1:1:1,1:1:1:1,1:1:1:1;serial=x",
        "v1;by=a;base=0;seen=1:1:1:g,1:1:1:1,1:1:1:1,1:1:1:1;serial=x",
        "v1;by=a;base=0;seen=1:1:1:1,1:1:1:1,1:1:1:1,1:1:1:1",
        "v1;serial=x;by=a;base=0;seen=1:1:1:1,1:1:1:1,1:1:1:1,1:1:1:1",
        "v1;by=a;base=0;seen=99999999999999999999:1:1:1,1:1:1:1,1:1:1:1,1:1:1:1;serial=x",
    };
    struct window window;
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_not(window_from_text(rows[i], &window), "%s", rows[i]);
}

Test(window, at_its_longest_fits_beside_an_offset)
{
    struct window window = { .made = { .base = INT64_MAX } };
    char text[WINDOW_TEXT_BYTES];
    memset(window.by, 'x', sizeof(window.by) - 1);
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        window.made.counts[topic] = INT64_MAX;
        window.topics[topic] = (struct window_topic){ INT64_MAX, INT64_MAX, UINT64_MAX };
    }
    window_to_text(&window, text);
    cr_expect_lt(strlen(text), (size_t)WINDOW_TEXT_BYTES - 1);
    cr_expect_leq((size_t)COMMIT_TEXT_BYTES, (size_t)POSITION_METADATA_BYTES);
}

Test(window, hashes_tell_keys_values_and_headers_apart)
{
    const struct header a[] = { { "h", BYTES("1") } }, b[] = { { "h", BYTES("2") } },
                        none[] = { { "h", BYTES_NULL } };
    struct hash128 hashes[] = {
        output_hash(BYTES("k"), BYTES("v"), NULL, 0), output_hash(BYTES("kv"), BYTES(""), NULL, 0),
        output_hash(BYTES(""), BYTES("kv"), NULL, 0), output_hash(BYTES_NULL, BYTES("v"), NULL, 0),
        output_hash(BYTES(""), BYTES("v"), NULL, 0),  output_hash(BYTES("k"), BYTES_NULL, NULL, 0),
        output_hash(BYTES("k"), BYTES("v"), a, 1),    output_hash(BYTES("k"), BYTES("v"), b, 1),
        output_hash(BYTES("k"), BYTES("v"), none, 1), output_hash(BYTES("v"), BYTES("k"), NULL, 0),
    };
    for (size_t i = 0; i < COUNT(hashes); i++)
        for (size_t j = i + 1; j < COUNT(hashes); j++)
            cr_expect(hashes[i].low != hashes[j].low && hashes[i].high != hashes[j].high, "%zu and %zu", i,
                      j);
}

/* --- what is found in the topics --- */

static void find(struct found *found, uint8_t topic, uint64_t content, uint64_t key, int64_t offset)
{
    found_add(found, topic,
              &(struct found_record){ .hash = { content, content + 1 }, .key = key, .offset = offset });
}

static enum match match(struct found *found, const struct window *window, int64_t ordinal, uint64_t content,
                        uint64_t key)
{
    return found_match(found, window, TOPIC_ALERTS, ordinal, (struct hash128){ content, content + 1 }, key);
}

Test(found, is_complete_when_the_last_record_is_there_and_nothing_behind_it)
{
    struct window window = { .made.counts[TOPIC_ALERTS] = 5,
                             .topics[TOPIC_ALERTS] = { .seen = 10, .have = 3, .last = 55 } };
    struct found found = { 0 };
    cr_expect_not(found_is_complete(&found, &window), "two are missing");
    find(&found, TOPIC_ALERTS, 44, 1, 10);
    cr_expect_not(found_is_complete(&found, &window), "the last is missing");
    find(&found, TOPIC_ALERTS, 55, 1, 11);
    cr_expect(found_is_complete(&found, &window));
    find(&found, TOPIC_ALERTS, 55, 1, 12);
    cr_expect_not(found_is_complete(&found, &window), "one is behind it, be it equal");
    window.made.counts[TOPIC_ALERTS] = 2;
    found_release(&found);
    cr_expect_not(found_is_complete(&found, &window),
                  "more is seen than the group knows of: its offset was taken back");
}

Test(found, tells_what_is_there_what_is_missing_and_what_differs)
{
    struct window window = { .topics[TOPIC_ALERTS] = { .have = 2 } };
    struct found found = { 0 };
    find(&found, TOPIC_ALERTS, 30, 1, 10);
    find(&found, TOPIC_ALERTS, 40, 2, 11);
    cr_expect_eq(match(&found, &window, 2, 999, 9), MATCH_THERE, "counted as seen");
    cr_expect_eq(match(&found, &window, 3, 30, 1), MATCH_THERE);
    cr_expect_eq(match(&found, &window, 4, 41, 3), MATCH_DIFFERS);
    cr_expect_eq(match(&found, &window, 4, 40, 2), MATCH_THERE);
    cr_expect(found_is_used_up(&found));
    cr_expect_eq(match(&found, &window, 5, 50, 2), MATCH_MISSING);
    found_release(&found);
}

Test(found, misses_what_compaction_took_away_when_a_later_one_has_its_key)
{
    struct window window = { 0 };
    struct found found = { 0 };
    find(&found, TOPIC_ALERTS, 30, 1, 10);
    cr_expect_eq(match(&found, &window, 1, 10, 1), MATCH_THERE);
    cr_expect_eq(match(&found, &window, 2, 20, 2), MATCH_DIFFERS, "nothing later has its key");
    cr_expect_eq(match(&found, &window, 3, 30, 1), MATCH_THERE);
    found_release(&found);
}

Test(found, counts_what_lay_before_the_first_offset_as_delivered)
{
    struct window window = { .made.counts[TOPIC_ALERTS] = 3 };
    struct found found = { .topics[TOPIC_ALERTS] = { .is_cut = true } };
    cr_expect_eq(match(&found, &window, 3, 30, 1), MATCH_THERE, "all of it is gone");
    cr_expect_eq(match(&found, &window, 4, 40, 1), MATCH_MISSING, "this was never committed");
    find(&found, TOPIC_ALERTS, 30, 1, 10);
    cr_expect_eq(match(&found, &window, 1, 10, 7), MATCH_THERE, "before the first that is left");
    cr_expect_eq(match(&found, &window, 3, 30, 1), MATCH_THERE);
    found_release(&found);
}

/* --- unconfirmed --- */

static void keep(struct outbox *outbox, enum output_topic topic, const char *value)
{
    outbox_begin(outbox, topic, 0);
    buffer_add_bytes(&outbox->bytes, BYTES("key"));
    outbox_value_begins(outbox);
    buffer_add_bytes(&outbox->bytes, bytes_of(value));
    (void)outbox_end(outbox);
}

Test(unconfirmed, holds_what_was_not_seen_and_gives_it_back_in_order)
{
    struct unconfirmed unconfirmed = { 0 };
    struct outbox outbox = { 0 };
    struct window window = { 0 };
    for (int i = 0; i < 3; i++) {
        char value[16];
        snprintf(value, sizeof(value), "v%d", i);
        keep(&outbox, TOPIC_ALERTS, value);
        unconfirmed_add(&unconfirmed, &outbox, &(struct made){ .counts[TOPIC_ALERTS] = i + 1 });
        cr_expect_eq(outbox.count, 0);
    }
    window.topics[TOPIC_ALERTS].have = 1;
    unconfirmed_drop_seen(&unconfirmed, &window);
    cr_expect_eq(unconfirmed.records, 2);
    keep(&outbox, TOPIC_ALERTS, "v3");
    unconfirmed_take_back(&unconfirmed, &outbox);
    cr_assert_eq(outbox.count, 3);
    for (size_t i = 0; i < outbox.count; i++)
        cr_expect_eq(outbox_value(&outbox, &outbox.records[i]).data[1], (char)('1' + i));
    cr_expect_eq(unconfirmed.records + unconfirmed.bytes + unconfirmed.count, 0);
    outbox_cut(&outbox, 1);
    cr_expect_eq(outbox.count, 1);
    keep(&outbox, TOPIC_ALERTS, "v9");
    cr_expect(bytes_equal(outbox_value(&outbox, &outbox.records[1]), BYTES("v9")));
    outbox_release(&outbox);
    unconfirmed_release(&unconfirmed);
}
