/* identity.h - what is remembered of every id of a partition, one look-up a record (§2, design §4).
 * Owner:   the table owns its memory. An entry is valid until the next identity_add or identity_remove.
 * Units:   56 bytes an id; days, cents, milliseconds.
 * Errors:  none: it grows.
 * Threads: with its engine.
 *
 * An identity-only line meets the condition of no_rule: no criterion of the book can ever see it, so
 * nothing but its identity, and what a CREDITED decision repeats, is kept here. A line that the rules can
 * see is kept in full with its person; here stands only that it is.
 *
 * It has a layout of its own beside base/key_table.h: this is the one look-up that every record pays, so
 * the entries stand in the table (one cache miss, which identity_prefetch asks for ahead), in shards that
 * grow one by one and are copied in pieces. */
#ifndef BUNDELWACHT_ENGINE_IDENTITY_H
#define BUNDELWACHT_ENGINE_IDENTITY_H

#include "base/arena.h"
#include "base/hash.h"
#include "engine/declaration.h"

enum identity_is {
    IDENTITY_FREE,
    IDENTITY_ONLY,  /* an original of which only this is remembered */
    IDENTITY_KEPT,  /* an original that its person keeps in full */
    IDENTITY_NAMED, /* no original; a credit names it and waits (§3) */
    IDENTITY_KINDS,
};

struct identity {
    struct hash128 id;
    uint64_t content; /* declaration_content */
    /* sent: a decision was (§12 bundles) */
    uint64_t submitted_at : 42, insurer : 14, care_type : 4, is : 2, out_of_horizon : 1, sent : 1;
    uint64_t amount : 40, start_day : 16, unused : 8; /* start_day: since 1990-01-01 */
    uint32_t provider;
    char care_code[12]; /* padded with 0 */
};
_Static_assert(sizeof(struct identity) == 56, "what design §4 allows a line");

enum { IDENTITY_SHARDS = 64 }; /* each grows by itself, so that no growth stops the partition for long */
struct identity_shard {
    struct identity *entries;
    uint64_t count, capacity;
    uint8_t *copied; /* while a copy is taken: 1 for each piece of it that is done; else NULL */
};
/* Some entries of a copy, free ones among them. */
typedef void identity_copy_fn(void *context, const struct identity *entries, size_t count);
struct identities {
    struct identity_shard shards[IDENTITY_SHARDS];
    identity_copy_fn *copy;
    void *copy_context;
    size_t copy_shard; /* where identities_copy_step goes on */
    uint64_t copy_at;
};

void identities_init(struct identities *identities);
void identities_release(struct identities *identities);
struct hash128 identity_hash(struct bytes insured, struct bytes declaration_id);
/* Asks the memory for the slot where the id will be looked up; in a batch, some records ahead (design §4).
 * */
void identity_prefetch(const struct identities *identities, struct hash128 id);
struct identity *identity_find(struct identities *identities, struct hash128 id); /* or NULL */
/* A new entry that is IDENTITY_NAMED, with its id set and everything else 0; the id must not be there. */
struct identity *identity_add(struct identities *identities, struct hash128 id);
void identity_remove(struct identities *identities, struct identity *entry);
/* To be called before an entry that identity_find gave is written to. */
void identity_touch(struct identities *identities, const struct identity *entry);

/* --- a copy of all entries as they are now, taken while they go on changing (snapshot.h): what is about to
 * change is copied first --- */
void identities_copy_begin(struct identities *identities, identity_copy_fn *copy, void *context);
/* Copies some more, about a quarter of a megabyte: true while there is more. */
bool identities_copy_step(struct identities *identities);
void identities_copy_cancel(struct identities *identities);
/* Room for `count` entries in the shard of an id, so that filling it up to there grows nothing. */
void identities_reserve(struct identities *identities, struct hash128 id, uint64_t count);
/* Which shard has an id. */
static inline size_t identity_shard_at(struct hash128 id)
{
    return id.high % IDENTITY_SHARDS;
}
/* An entry of a copy. False: its id is there already, or it is none that identity_write could have made. */
bool identity_put(struct identities *identities, const struct identity *entry);

void identity_write(struct identity *entry, const struct declaration *declaration);
/* What an identity-only entry says, as a declaration with that id; `provider` is room for 8 digits. */
struct declaration identity_declaration(const struct identity *entry, struct bytes declaration_id,
                                        char provider[8]);
int32_t identity_start_date(const struct identity *entry);

#endif
