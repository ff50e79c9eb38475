/* picture_person.h - one person in a picture (picture.h): the bytes that person_pack writes are those that person_unpack reads.
 * Owner:   an unpacked person belongs to the engine, as any other.
 * Errors:  person_unpack: NULL when the bytes are no person; the engine is then only good for engine_free.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_PICTURE_PERSON_H
#define BUNDELWACHT_ENGINE_PICTURE_PERSON_H

#include "engine/engine_inside.h"

/* The first byte of a block. */
/* More ids in a shard than a machine could hold: a picture that says so is damaged. */
#define PICTURE_SHARD_IDENTITIES_MAX (1LL << 31)

enum { PICTURE_HEAD = 'H', PICTURE_IDENTITIES = 'I', PICTURE_PERSONS = 'P' };

void person_pack(struct buffer *buffer, struct person *person);
/* `same_book`: what was sent of episodes is tied to the book at hand again; else engine_recompute does it. */
struct person *person_unpack(struct engine *engine, struct bytes packed, bool same_book);

#endif
