/* A picture of drawn declarations, read as it is and then with bytes changed, cut or swapped: what is whole is the same state again; what is not is
 * refused at some block or by its digest, or is a state that can be looked at and given up. (The hashes of a checkpoint stand in front of this.) */
#include "fuzz_target.h"
#include "fuzz_yaml.h"

#include "engine/engine.h"
#include "engine/picture.h"
#include "fuzz_declaration.h"

#include <stdlib.h>

enum { RECORDS_MAX = 24, BLOCKS_MAX = 256 };

struct blocks {
    struct bytes items[BLOCKS_MAX];
    size_t count;
};

static void add_block(void *context, struct bytes block)
{
    struct blocks *blocks = context;
    char *copy = malloc(block.length ? block.length : 1); /* exact, so that the sanitizer sees every byte too far */
    must(copy != NULL);
    must(blocks->count < BLOCKS_MAX);
    if (block.length)
        memcpy(copy, block.data, block.length);
    blocks->items[blocks->count++] = (struct bytes){ copy, block.length };
}

static struct engine *fed_engine(struct choices *choices)
{
    struct outputs outputs;
    struct engine *engine = engine_new(&(struct engine_options){ .book = book });
    outputs_init(&outputs);
    for (int i = 0; i < RECORDS_MAX && choice_chance(choices, 900); i++) {
        struct declaration declaration = draw(choices);
        if (declaration_check(&declaration, &(struct declaration_place){ .record_timestamp = INT64_MAX }).verdict == DONE)
            engine_accept(engine, &declaration, &outputs);
        outputs_clear(&outputs);
    }
    outputs_release(&outputs);
    return engine;
}

static bool read_all(const struct blocks *blocks, struct hash128 digest)
{
    struct engine *engine = engine_new(&(struct engine_options){ .book = book });
    bool fine = true;
    for (size_t i = 0; i < blocks->count && fine; i++)
        fine = engine_picture_read(engine, blocks->items[i], true);
    fine = fine && engine_picture_read_end(engine, digest);
    if (fine) {
        struct hash128 again = engine_digest(engine);
        must(memcmp(&again, &digest, sizeof(digest)) == 0);
    }
    engine_free(engine);
    return fine;
}

static void change(struct choices *choices, struct blocks *blocks)
{
    size_t at = choice_below(choices, blocks->count);
    struct bytes *block = &blocks->items[at];
    char *bytes = (char *)(uintptr_t)block->data;
    switch (choice_below(choices, 4)) {
    case 0: /* cut */
        block->length -= choice_below(choices, block->length + 1);
        block->data = realloc(bytes, block->length ? block->length : 1);
        break;
    case 1: { /* another place */
        struct bytes first = blocks->items[0];
        blocks->items[0] = *block;
        *block = first;
        break;
    }
    default:
        for (uint64_t edits = choice_between(choices, 1, 4); edits > 0 && block->length > 0; edits--)
            bytes[choice_below(choices, block->length)] = (char)choice_below(choices, 256);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct blocks blocks;
    struct choices choices = { data, data + size };
    read_book();
    blocks.count = 0;
    struct engine *engine = fed_engine(&choices);
    engine_picture_begin(engine, (struct picture_sink){ add_block, &blocks });
    while (engine_picture_step(engine))
        continue;
    struct hash128 digest = engine_picture_digest(engine);
    must(read_all(&blocks, digest));
    change(&choices, &blocks);
    (void)read_all(&blocks, digest);
    for (size_t i = 0; i < blocks.count; i++)
        free((void *)(uintptr_t)blocks.items[i].data);
    engine_free(engine);
    return 0;
}
