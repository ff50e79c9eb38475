/* explain.c - what the rules note on their way (explain.h). */
#include "engine/explain.h"

#include "base/array.h"

void explanation_add_opener(struct explanation *e, const struct opener *opener)
{
    ARENA_ARRAY_ROOM(e->arena, e->openers, e->openers_count, e->openers_capacity);
    e->openers[e->openers_count++] = *opener;
}

void explanation_add_step(struct explanation *e, const struct window_step *step)
{
    ARENA_ARRAY_ROOM(e->arena, e->steps, e->steps_count, e->steps_capacity);
    e->steps[e->steps_count++] = *step;
}

void explanation_add_loss(struct explanation *e, const struct loss *loss)
{
    ARENA_ARRAY_ROOM(e->arena, e->losses, e->losses_count, e->losses_capacity);
    e->losses[e->losses_count++] = *loss;
}
