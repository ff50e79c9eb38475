#include "pipeline/outbox.h"

#include "base/memory.h"
#include "base/must.h"

#include <stdlib.h>

/* --- lists --- */

void outbox_add(struct outbox *outbox, struct kept *kept, const struct made *made)
{
    if (outbox->count == outbox->capacity) {
        outbox->capacity = outbox->capacity ? outbox->capacity * 2 : 16;
        outbox->lists = memory_grow(outbox->lists, outbox->capacity, sizeof(*outbox->lists));
    }
    struct outbox_list *list = &outbox->lists[outbox->count++];
    list->kept = *kept;
    memcpy(list->made, made->counts, sizeof(list->made));
    outbox->records += kept->count;
    outbox->bytes += kept->bytes.length;
    *kept = outbox->spare;
    outbox->spare = (struct kept){ 0 };
}

static bool is_seen(const struct outbox_list *list, const struct window *window)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (list->made[topic] > window->topics[topic].have)
            return false;
    return true;
}

static void reuse(struct outbox *outbox, struct kept *kept)
{
    outbox->records -= kept->count;
    outbox->bytes -= kept->bytes.length;
    kept_release(&outbox->spare);
    kept_clear(kept);
    outbox->spare = *kept;
}

void outbox_drop_seen(struct outbox *outbox, const struct window *window)
{
    size_t seen = 0;
    while (seen < outbox->count && is_seen(&outbox->lists[seen], window))
        reuse(outbox, &outbox->lists[seen++].kept);
    outbox->count -= seen;
    memmove(outbox->lists, outbox->lists + seen, outbox->count * sizeof(*outbox->lists));
}

void outbox_take_back(struct outbox *outbox, struct kept *kept)
{
    struct kept all = { 0 };
    for (size_t i = 0; i < outbox->count; i++) {
        kept_append(&all, &outbox->lists[i].kept);
        kept_release(&outbox->lists[i].kept);
    }
    kept_append(&all, kept);
    kept_release(kept);
    *kept = all;
    outbox->count = outbox->records = outbox->bytes = 0;
}

void outbox_release(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->count; i++)
        kept_release(&outbox->lists[i].kept);
    kept_release(&outbox->spare);
    memory_give(outbox->lists);
    *outbox = (struct outbox){ 0 };
}

/* --- what was found --- */

void found_add(struct found *found, uint8_t topic, const struct found_record *record)
{
    struct found_topic *of = &found->topics[topic];
    if (of->count == of->capacity) {
        of->capacity = of->capacity ? of->capacity * 2 : 64;
        of->records = memory_grow(of->records, of->capacity, sizeof(*of->records));
    }
    of->records[of->count++] = *record;
}

void found_skip(struct found *found, size_t topic, int64_t offset)
{
    struct found_topic *of = &found->topics[topic];
    while (of->at < of->count && of->records[of->at].offset < offset)
        of->at++;
}

void found_release(struct found *found)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        memory_give(found->topics[topic].records);
    *found = (struct found){ 0 };
}

/* What is visible of a topic is a prefix of what was made, so its last record decides. */
static bool topic_is_complete(const struct found_topic *of, const struct window_topic *topic, int64_t made)
{
    int64_t wanted = made - topic->have;
    if (wanted <= 0)
        return wanted == 0 && of->count == 0;
    if (of->count == 0)
        return of->is_cut; /* what retention took away was there before */
    return (int64_t)of->count <= wanted && of->records[of->count - 1].hash.low == topic->last;
}

bool found_is_complete(const struct found *found, const struct window *window)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (!topic_is_complete(&found->topics[topic], &window->topics[topic], window->made.counts[topic]))
            return false;
    return true;
}

bool found_is_used_up(const struct found *found)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (found->topics[topic].at < found->topics[topic].count)
            return false;
    return true;
}

static bool comes_later(const struct found_topic *of, uint64_t key)
{
    for (size_t i = of->at; i < of->count; i++)
        if (of->records[i].key == key)
            return true;
    return false;
}

enum match found_match(struct found *found, const struct window *window, uint8_t topic, int64_t ordinal, struct hash128 hash, uint64_t key)
{
    struct found_topic *of = &found->topics[topic];
    if (ordinal <= window->topics[topic].have)
        return MATCH_THERE;
    if (of->count == 0 && of->is_cut && ordinal <= window->made.counts[topic])
        return MATCH_THERE;
    if (of->at == of->count)
        return MATCH_MISSING;
    const struct found_record *next = &of->records[of->at];
    if (next->hash.low == hash.low && next->hash.high == hash.high) {
        of->at++;
        return MATCH_THERE;
    }
    bool is_gone = (of->is_cut && of->at == 0) || comes_later(of, key);
    return is_gone ? MATCH_THERE : MATCH_DIFFERS;
}
