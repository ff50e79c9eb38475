/* snapshot_person.h - one person in a snapshot (snapshot.h): the bytes that person_pack writes are those that
 * person_unpack reads.
 * Owner:   an unpacked person belongs to the engine, as any other.
 * Errors:  person_unpack: NULL when the bytes are no person; the engine is then only good for engine_free.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_SNAPSHOT_PERSON_H
#define BUNDELWACHT_ENGINE_SNAPSHOT_PERSON_H

#include "engine/engine_internal.h"

/* More ids in a shard than a machine could hold: a snapshot that says so is damaged. */
#define SNAPSHOT_SHARD_IDENTITIES_MAX (1LL << 31)
/* More cents than a partition can have: its sums would soon leave 64 bits. */
#define SNAPSHOT_AMOUNTS_MAX (INT64_MAX / 8)

/* The first byte of a block. */
enum { SNAPSHOT_HEAD = 'H', SNAPSHOT_IDENTITIES = 'I', SNAPSHOT_PERSONS = 'P' };

void person_pack(struct buffer *buffer, struct person *person);
/* Every field is within its bounds then; with `same_book` its lines also meet the conditions of the book. */
struct person *person_unpack(struct engine *engine, struct bytes packed, bool same_book);

/* --- snapshot_check.c: whether what was read holds together --- */

/* One more amount among all of a snapshot; false when these are too many cents. */
bool snapshot_amount_add(struct snapshot_reading *reading, int64_t amount);
/* The rules say of the person what the snapshot says: they would send nothing, and it would be packed as it
 * is. Ties what was sent to the book. */
bool snapshot_person_stands(struct engine *engine, struct person *person, struct bytes packed);
/* Every kept line has its id and every kept id its line, every credit the id that it names, and the sums are
 * those of what was read. */
bool snapshot_is_whole(struct engine *engine);

#endif
