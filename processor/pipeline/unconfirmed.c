#include "pipeline/unconfirmed.h"

#include "base/array.h"
#include "base/memory.h"
#include "base/must.h"

#include <stdlib.h>

/* --- lists --- */

void unconfirmed_add(struct unconfirmed *unconfirmed, struct outbox *outbox, const struct made *made)
{
    ARRAY_ROOM(unconfirmed->lists, unconfirmed->count, unconfirmed->capacity);
    struct unconfirmed_list *list = &unconfirmed->lists[unconfirmed->count++];
    list->outbox = *outbox;
    memcpy(list->made, made->counts, sizeof(list->made));
    unconfirmed->records += outbox->count;
    unconfirmed->bytes += outbox->bytes.length;
    *outbox = unconfirmed->spare;
    unconfirmed->spare = (struct outbox){ 0 };
}

static bool is_seen(const struct unconfirmed_list *list, const struct window *window)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (list->made[topic] > window->topics[topic].have)
            return false;
    return true;
}

static void reuse(struct unconfirmed *unconfirmed, struct outbox *outbox)
{
    unconfirmed->records -= outbox->count;
    unconfirmed->bytes -= outbox->bytes.length;
    outbox_release(&unconfirmed->spare);
    outbox_clear(outbox);
    unconfirmed->spare = *outbox;
}

void unconfirmed_drop_seen(struct unconfirmed *unconfirmed, const struct window *window)
{
    size_t seen = 0;
    while (seen < unconfirmed->count && is_seen(&unconfirmed->lists[seen], window))
        reuse(unconfirmed, &unconfirmed->lists[seen++].outbox);
    unconfirmed->count -= seen;
    memmove(unconfirmed->lists, unconfirmed->lists + seen, unconfirmed->count * sizeof(*unconfirmed->lists));
}

void unconfirmed_take_back(struct unconfirmed *unconfirmed, struct outbox *outbox)
{
    struct outbox all = { 0 };
    for (size_t i = 0; i < unconfirmed->count; i++) {
        outbox_append(&all, &unconfirmed->lists[i].outbox);
        outbox_release(&unconfirmed->lists[i].outbox);
    }
    outbox_append(&all, outbox);
    outbox_release(outbox);
    *outbox = all;
    unconfirmed->count = unconfirmed->records = unconfirmed->bytes = 0;
}

void unconfirmed_release(struct unconfirmed *unconfirmed)
{
    for (size_t i = 0; i < unconfirmed->count; i++)
        outbox_release(&unconfirmed->lists[i].outbox);
    outbox_release(&unconfirmed->spare);
    memory_free(unconfirmed->lists);
    *unconfirmed = (struct unconfirmed){ 0 };
}

/* --- what was found --- */

void found_add(struct found *found, uint8_t topic, const struct found_record *record)
{
    struct found_topic *of = &found->topics[topic];
    ARRAY_ROOM(of->records, of->count, of->capacity);
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
        memory_free(found->topics[topic].records);
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

enum match found_match(struct found *found, const struct window *window, uint8_t topic, int64_t ordinal,
                       struct hash128 hash, uint64_t key)
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
