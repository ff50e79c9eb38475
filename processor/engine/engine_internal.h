/* engine_internal.h - what an engine is made of; for engine.c and for those who take snapshots of it
 * (snapshot*.c).
 * Owner:   the engine owns everything; book and reference are borrowed.
 * Threads: one at a time. */
#ifndef BUNDELWACHT_ENGINE_ENGINE_INTERNAL_H
#define BUNDELWACHT_ENGINE_ENGINE_INTERNAL_H

#include "engine/append.h"
#include "engine/engine.h"
#include "engine/identity.h"
#include "engine/intern.h"
#include "engine/persons.h"
#include "engine/snapshot.h"

/* A snapshot that is being taken. */
struct snapshotting {
    bool under_way;
    struct snapshot_sink sink;
    struct buffer block;
    uint32_t number;          /* of this snapshot: a person that carries it is in it already, or came later */
    uint32_t slot, slots_end; /* of persons */
    struct hash128 digest;
};
/* A snapshot that is being read. */
struct snapshot_reading {
    bool begun;
    int64_t format;
    struct hash128 digest;
    struct engine_sums sums;                /* that the snapshot says */
    uint64_t shard_counts[IDENTITY_SHARDS]; /* the same */
    /* that was read so far */
    int64_t lines_kept, identities[IDENTITY_KINDS]; /* lines of persons; ids by what they are */
    int64_t amounts;                                /* of all lines, whatever became of them */
    int64_t amounts_identity;                       /* of identity-only lines within the horizon */
    struct person_sums persons;                     /* of all persons */
    struct outputs outputs; /* of the rules that are asked about a person: there must be none */
    struct buffer packed;   /* a person anew */
};

struct engine {
    struct rules rules;
    struct append_rules append_rules;
    struct criteria_index also; /* engine_options.also */
    bool bundles_only, plain, has_also;
    int32_t as_of;
    struct arena constants; /* as long as the engine */
    struct arena scratch;   /* one recompute */
    struct arena batch;     /* one record, or one advance */
    struct pool pool;       /* persons and their lines */
    struct interned interned;     /* strings that came out of a snapshot */
    struct identities identities;
    struct persons persons;
    uint32_t *forgetting; /* slots of persons of whom something is forgotten before the next record */
    size_t forgetting_count, forgetting_capacity;
    struct person **advancing; /* who is still to come in an engine_advance or engine_recompute */
    size_t advancing_count, advancing_at;
    bool is_advancing;
    struct engine_sums sums;
    uint64_t *criteria; /* room for one set */
    struct snapshotting snapshotting;
    struct snapshot_reading reading;
};

#endif
