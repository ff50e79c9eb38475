/* Makes of a checkpoint one that says what no declarations have led to, with every hash and its digest
 * right: what anybody can who may write the state directory. usage: lie FILE (in its directory, under its
 * name) */
#include "base/must.h"
#include "book/book_reader.h"
#include "engine/engine.h"
#include "engine/engine_internal.h"
#include "engine/snapshot.h"
#include "engine/snapshot_person.h"
#include "state/checkpoint.h"

#include <libgen.h>
#include <stdio.h>

static char error[CHECKPOINT_PATH_BYTES + 400];

static void add(void *writer, struct bytes block)
{
    must(checkpoint_add(writer, block, error, sizeof(error)));
}

static bool is_engines(struct bytes block)
{
    must(block.length > 0);
    char kind = block.data[0];
    return kind == SNAPSHOT_HEAD || kind == SNAPSHOT_IDENTITIES || kind == SNAPSHOT_PERSONS;
}

/* What the fold itself knows stands in blocks of its own (pipeline/fold.c): handed on as they are. */
static struct engine *read_state(const struct book *book, struct checkpoint_reader *reader,
                                 struct checkpoint_writer *writer)
{
    struct engine *engine = engine_new(&(struct engine_options){ .book = book });
    struct bytes block;
    while (checkpoint_next(reader, &block, error, sizeof(error)) == CHECKPOINT_BLOCK) {
        if (is_engines(block))
            must(engine_snapshot_read(engine, block, true));
        else
            add(writer, block);
    }
    must(engine_snapshot_read_end(engine, checkpoint_digest(reader)));
    return engine;
}

/* An episode that has cost a cent more than its lines; a partition without one gets a line more than it
 * has. */
static void lie(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->persons.slots_count; i++)
        if (engine->persons.slots[i] && engine->persons.slots[i]->episodes_count > 0) {
            engine->persons.slots[i]->episodes[0].last.cost++;
            return;
        }
    engine->sums.lines_kept++;
}

int main(int argc, char **argv)
{
    struct checkpoint_head head;
    struct bytes texts[CHECKPOINT_TEXTS];
    if (argc != 2)
        return 64;
    struct checkpoint_reader *reader = checkpoint_open(argv[1], &head, texts, error, sizeof(error));
    must(reader != NULL);
    const struct book *book = book_read_text("book", texts[CHECKPOINT_BOOK], finding_print, stderr);
    must(book != NULL);
    struct checkpoint_writer *writer =
        checkpoint_create(dirname(argv[1]), &head, texts, error, sizeof(error));
    must(writer != NULL);
    struct engine *engine = read_state(book, reader, writer);
    lie(engine);
    engine_snapshot_begin(engine, (struct snapshot_sink){ add, writer });
    while (engine_snapshot_step(engine))
        continue;
    must(checkpoint_finish(writer, engine_snapshot_digest(engine), error, sizeof(error)));
    engine_free(engine);
    checkpoint_close(reader);
    return 0;
}
