/* picture_blocks.h - the blocks of a picture that is being taken, and the person who is copied before a change (picture.h).
 * Owner:   a block is the engine's until the sink has it.
 * Errors:  none.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_PICTURE_BLOCKS_H
#define BUNDELWACHT_ENGINE_PICTURE_BLOCKS_H

#include "base/hash.h"

struct engine;
struct person;
struct picturing;

/* Blocks may come in any order, so what is added commutes. */
void picture_digest_add(struct hash128 *digest, const void *data, size_t length);
void picture_block_begin(struct picturing *picturing, char kind);
/* Hands the open block over, if there is anything in it. */
void picture_block_end(struct picturing *picturing);

/* To be called before anything of a person changes, its lines and what was sent included. */
void picture_person_touch(struct engine *engine, struct person *person);
/* A person who has just come: no picture that is under way has it. */
void picture_person_new(const struct engine *engine, struct person *person);

#endif
