/* outbox.h - outputs that were committed and not yet seen in their topics, and what was found there when it is looked at.
 * Owner:   a partition owns its outbox; the lists that it is given are its own from then on.
 * Units:   records; bytes.
 * Errors:  what does not fit is a verdict.
 * Threads: the worker's.
 * Source:  EXACTLY-ONCE.md, steps 3 and 6.
 *
 * A commit that succeeded says that its outputs will be visible. A broker that dies may forget that, so they stay here until
 * they were seen. */
#ifndef BUNDELWACHT_PIPELINE_OUTBOX_H
#define BUNDELWACHT_PIPELINE_OUTBOX_H

#include "pipeline/window.h"

struct outbox_list {
    struct kept kept;
    int64_t made[TOPIC_COUNT]; /* counts behind its last record */
};
struct outbox {
    struct outbox_list *lists; /* one a commit, the oldest first */
    size_t count, capacity;
    size_t records, bytes;
    struct kept spare;         /* the memory of one that was dropped */
};

/* Takes the list over; `kept` is empty afterwards. */
void outbox_add(struct outbox *outbox, struct kept *kept, const struct made *made);
/* Drops the lists of which everything was seen. */
void outbox_drop_seen(struct outbox *outbox, const struct window *window);
/* Everything goes back in front of what `kept` has, to be compared and sent again; the outbox is empty afterwards. */
void outbox_take_back(struct outbox *outbox, struct kept *kept);
void outbox_release(struct outbox *outbox);

/* --- what stands in the output topics from a window's `seen` on --- */

struct found_record {
    struct hash128 hash;
    uint64_t key;
    int64_t offset;
};
struct found_topic {
    struct found_record *records;
    size_t count, capacity, at; /* at: the next one that is to be matched */
    bool is_cut;                /* the topic's first offset has gone past `seen`: what is missing in front was there */
    int64_t from, end;          /* everything was read from and up to here */
};
struct found {
    bool is_read; /* and nobody has looked at it yet */
    struct found_topic topics[TOPIC_COUNT];
};
void found_add(struct found *found, uint8_t topic, const struct found_record *record);
/* What lies before that offset is accounted for. */
void found_skip(struct found *found, size_t topic, int64_t offset);
void found_release(struct found *found);
/* All outputs up to the commit are there, and nothing behind them. */
bool found_is_complete(const struct found *found, const struct window *window);
bool found_is_used_up(const struct found *found);

enum match { MATCH_THERE, MATCH_MISSING, MATCH_DIFFERS };
/* Is this output, the `ordinal`-th of its topic, there already? Outputs of a topic are asked for in their order. A record of a compacted
 * topic may be absent when a later one has its key. */
enum match found_match(struct found *found, const struct window *window, uint8_t topic, int64_t ordinal, struct hash128 hash, uint64_t key);

#endif
