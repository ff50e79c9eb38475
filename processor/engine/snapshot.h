/* snapshot.h - the state of a partition as blocks of bytes, and back (design §2, what a checkpoint holds).
 * Owner:   a block is borrowed: the sink copies what it keeps. A block that is read is borrowed too.
 * Units:   bytes.
 * Errors:  reading gives false when the bytes are no snapshot, or one that no declarations can have led to;
 *          the engine is then only good for engine_free.
 * Threads: with its engine.
 *
 * A snapshot shows the state at the moment of engine_snapshot_begin. It is taken in steps while declarations
 * go on being accepted: a person, or a piece of the table of ids, that is about to change is taken first. The
 * blocks of one snapshot may come in any order but for the first, which says what the partition is as a
 * whole; two snapshots of the same state may differ in their order, never in their digest.
 *
 * No pointers and no addresses, and nothing that follows from the rest: which criteria accept a line, and the
 * due queue. So a snapshot can be read under another book than it was taken under: then engine_recompute must
 * follow before anything else. */
#ifndef BUNDELWACHT_ENGINE_SNAPSHOT_H
#define BUNDELWACHT_ENGINE_SNAPSHOT_H

#include "base/buffer.h"
#include "base/hash.h"

struct engine;
typedef void snapshot_add_fn(void *context, struct bytes block);
struct snapshot_sink {
    snapshot_add_fn *add;
    void *context;
};

/* Rises with every change of what a block looks like; state/README.md says what else to do then. 2: lines
 * have a serial, VOID episodes when they were voided. The format before is read too, and then recomputed: it
 * was taken by other rules. */
#define SNAPSHOT_FORMAT 2
#define SNAPSHOT_FORMAT_BEFORE 1

void engine_snapshot_begin(struct engine *engine, struct snapshot_sink sink);
/* Adds at least one block, until it is all there: true while there is more. */
bool engine_snapshot_step(struct engine *engine);
void engine_snapshot_cancel(struct engine *engine);
/* Of the snapshot that engine_snapshot_step has ended. */
struct hash128 engine_snapshot_digest(const struct engine *engine);
/* Of the state as it is now; slow. */
struct hash128 engine_digest(struct engine *engine);

/* Into an engine that is new. A snapshot is somebody else's bytes: every field is bounded as SEMANTICS.md
 * bounds it. `same_book`: it was taken under the same book; then the rules are asked about everybody, and
 * would send nothing. */
bool engine_snapshot_read(struct engine *engine, struct bytes block, bool same_book);
/* After the last block: false when something is missing, its digest is another, a line has no id, an id no
 * line, or the sums do not agree. */
bool engine_snapshot_read_end(struct engine *engine, struct hash128 digest);

#endif
