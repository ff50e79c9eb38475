/* explain.c - what the rules note on their way (explain.h). */
#include "engine/explain.h"

/* Room for one more in an array of the arena, doubling it. */
static void *room_for_one(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 16;
    void *grown = arena_array(arena, size, *capacity);
    if (count)
        memcpy(grown, items, count * size);
    return grown;
}

void explanation_add_opener(struct explanation *e, const struct opener *opener)
{
    e->openers = room_for_one(e->arena, e->openers, e->openers_count, &e->openers_capacity, sizeof(*opener));
    e->openers[e->openers_count++] = *opener;
}

void explanation_add_step(struct explanation *e, const struct window_step *step)
{
    e->steps = room_for_one(e->arena, e->steps, e->steps_count, &e->steps_capacity, sizeof(*step));
    e->steps[e->steps_count++] = *step;
}

void explanation_add_loss(struct explanation *e, const struct loss *loss)
{
    e->losses = room_for_one(e->arena, e->losses, e->losses_count, &e->losses_capacity, sizeof(*loss));
    e->losses[e->losses_count++] = *loss;
}
