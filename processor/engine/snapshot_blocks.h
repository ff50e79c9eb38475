/* snapshot_blocks.h - the blocks of a snapshot that is being taken, and the person who is copied before a
 * change (snapshot.h).
 * Owner:   a block is the engine's until the sink has it.
 * Errors:  none.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_SNAPSHOT_BLOCKS_H
#define BUNDELWACHT_ENGINE_SNAPSHOT_BLOCKS_H

#include "base/hash.h"

struct engine;
struct person;
struct snapshotting;

/* Blocks may come in any order, so what is added commutes. */
void snapshot_digest_add(struct hash128 *digest, const void *data, size_t length);
void snapshot_block_begin(struct snapshotting *snapshotting, char kind);
/* Hands the open block over, if there is anything in it. */
void snapshot_block_end(struct snapshotting *snapshotting);

/* To be called before anything of a person changes, its lines and what was sent included. */
void snapshot_person_touch(struct engine *engine, struct person *person);
/* A person who has just come: no snapshot that is under way has it. */
void snapshot_person_new(const struct engine *engine, struct person *person);

#endif
