/* picture_person.h - one person in a picture (picture.h): the bytes that person_pack writes are those that person_unpack reads.
 * Owner:   an unpacked person belongs to the engine, as any other.
 * Errors:  person_unpack: NULL when the bytes are no person; the engine is then only good for engine_free.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_PICTURE_PERSON_H
#define BUNDELWACHT_ENGINE_PICTURE_PERSON_H

#include "engine/engine_inside.h"

/* More ids in a shard than a machine could hold: a picture that says so is damaged. */
#define PICTURE_SHARD_IDENTITIES_MAX (1LL << 31)
/* More cents than a partition can have: its sums would soon leave 64 bits. */
#define PICTURE_AMOUNTS_MAX (INT64_MAX / 8)

/* The first byte of a block. */
enum { PICTURE_HEAD = 'H', PICTURE_IDENTITIES = 'I', PICTURE_PERSONS = 'P' };

void person_pack(struct buffer *buffer, struct person *person);
/* Every field is within its bounds then; with `same_book` its lines also meet the conditions of the book. */
struct person *person_unpack(struct engine *engine, struct bytes packed, bool same_book);

/* --- picture_check.c: whether what was read holds together --- */

/* One more amount among all of a picture; false when these are too many cents. */
bool picture_amount_add(struct picture_reading *reading, int64_t amount);
/* The rules say of the person what the picture says: they would send nothing, and it would be packed as it
 * is. Ties what was sent to the book. */
bool picture_person_stands(struct engine *engine, struct person *person, struct bytes packed);
/* Every kept line has its id and every kept id its line, every credit the id that it names, and the sums are
 * those of what was read. */
bool picture_is_whole(struct engine *engine);

#endif
