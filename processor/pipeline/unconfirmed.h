/* unconfirmed.h - outputs that were committed and not yet seen in their topics, and what was found there when
 * it is looked at.
 * Owner:   a partition owns what of it is unconfirmed; the lists that it is given are its own from then on.
 * Units:   records; bytes.
 * Errors:  what does not fit is a verdict.
 * Threads: the worker's.
 * Source:  EXACTLY-ONCE.md, steps 3 and 6.
 *
 * A commit that succeeded says that its outputs will be visible. A broker that dies may forget that, so they
 * stay here until they were seen. */
#ifndef BUNDELWACHT_PIPELINE_UNCONFIRMED_H
#define BUNDELWACHT_PIPELINE_UNCONFIRMED_H

#include "pipeline/window.h"

struct unconfirmed_list {
    struct outbox outbox;
    int64_t made[TOPIC_COUNT]; /* counts behind its last record */
};
struct unconfirmed {
    struct unconfirmed_list *lists; /* one a commit, the oldest first */
    size_t count, capacity;
    size_t records, bytes;
    struct outbox spare;         /* the memory of one that was dropped */
};

/* Takes the list over; `outbox` is empty afterwards. */
void unconfirmed_add(struct unconfirmed *unconfirmed, struct outbox *outbox, const struct made *made);
/* Drops the lists of which everything was seen. */
void unconfirmed_drop_seen(struct unconfirmed *unconfirmed, const struct window *window);
/* Everything goes back in front of what `outbox` has, to be compared and sent again; nothing is unconfirmed
 * afterwards. */
void unconfirmed_take_back(struct unconfirmed *unconfirmed, struct outbox *outbox);
void unconfirmed_release(struct unconfirmed *unconfirmed);

/* --- what stands in the output topics from a window's `seen` on --- */

struct found_record {
    struct hash128 hash;
    uint64_t key;
    int64_t offset;
};
struct found_topic {
    struct found_record *records;
    size_t count, capacity, at; /* at: the next one that is to be matched */
    /* the topic's first offset has gone past `seen`: what is missing in front was there */
    bool is_cut;
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
/* Is this output, the `ordinal`-th of its topic, there already? Outputs of a topic are asked for in their
 * order. A record of a compacted topic may be absent when a later one has its key. */
enum match found_match(struct found *found, const struct window *window, uint8_t topic, int64_t ordinal,
                       struct hash128 hash, uint64_t key);

#endif
