/* explain.c - what the rules note on their way (explain.h). */
#include "engine/explain.h"

/* Room for one more in an array of the arena, doubling it. */
static void *room(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 16;
    void *grown = arena_array(arena, size, *capacity);
    if (count)
        memcpy(grown, items, count * size);
    return grown;
}

void explanation_add_opener(struct explanation *explanation, const struct opener *opener)
{
    explanation->openers =
        room(explanation->arena, explanation->openers, explanation->openers_count, &explanation->openers_capacity, sizeof(*opener));
    explanation->openers[explanation->openers_count++] = *opener;
}

void explanation_add_step(struct explanation *explanation, const struct window_step *step)
{
    explanation->steps = room(explanation->arena, explanation->steps, explanation->steps_count, &explanation->steps_capacity, sizeof(*step));
    explanation->steps[explanation->steps_count++] = *step;
}

void explanation_add_loss(struct explanation *explanation, const struct loss *loss)
{
    explanation->losses = room(explanation->arena, explanation->losses, explanation->losses_count, &explanation->losses_capacity, sizeof(*loss));
    explanation->losses[explanation->losses_count++] = *loss;
}
