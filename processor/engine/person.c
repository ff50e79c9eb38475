#include "engine/person.h"

/* Room for one more in an array of the pool, doubling it. */
void *person_array_room(struct pool *pool, void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    uint32_t grown = *capacity ? *capacity * 2 : 2;
    items = pool_grow(pool, items, *capacity * size, grown * size, count * size);
    *capacity = grown;
    return items;
}

void person_add_line(struct person *person, struct pool *pool, struct line *line)
{
    person->lines = person_array_room(pool, person->lines, person->lines_count, &person->lines_capacity,
                                      sizeof(struct line *));
    person->lines[person->lines_count++] = line;
}

struct line *person_find_line(const struct person *person, struct bytes declaration_id)
{
    for (uint32_t i = 0; i < person->lines_count; i++)
        if (bytes_equal(person->lines[i]->declaration.declaration_id, declaration_id))
            return person->lines[i];
    return NULL;
}
