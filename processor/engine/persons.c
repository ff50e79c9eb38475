#include "engine/persons.h"

#include "base/array.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/must.h"
#include "base/sort.h"
#include "engine/calendar.h"

void persons_init(struct persons *persons)
{
    *persons = (struct persons){ 0 };
}

void persons_release(struct persons *persons)
{
    memory_free(persons->slots);
    memory_free(persons->free_slots);
    key_table_release(&persons->table);
    memory_free(persons->due_queue);
    persons_init(persons);
}

/* --- the table --- */

static struct key_entry *find(const struct persons *persons, uint64_t hash, struct bytes insured)
{
    struct key_entry *entry = key_table_first(&persons->table, hash);
    while (entry && !bytes_equal(persons->slots[entry->value - 1]->insured, insured))
        entry = key_table_next(&persons->table, entry);
    return entry;
}

struct person *persons_find(const struct persons *persons, struct bytes insured)
{
    const struct key_entry *entry = find(persons, hash64(insured.data, insured.length, 0), insured);
    return entry ? persons->slots[entry->value - 1] : NULL;
}

static uint32_t slot_alloc(struct persons *persons)
{
    if (persons->free_count)
        return persons->free_slots[--persons->free_count];
    ARRAY_ROOM(persons->slots, persons->slots_count, persons->slots_capacity);
    return persons->slots_count++;
}

static void slot_free(struct persons *persons, uint32_t slot)
{
    ARRAY_ROOM(persons->free_slots, persons->free_count, persons->free_capacity);
    persons->slots[slot] = NULL;
    persons->free_slots[persons->free_count++] = slot;
}

struct person *persons_add(struct persons *persons, struct pool *pool, struct bytes insured)
{
    struct person *person = pool_alloc(pool, sizeof(*person));
    *person = (struct person){ .insured = pool_copy(pool, insured),
                               .hash = hash64(insured.data, insured.length, 0),
                               .slot = slot_alloc(persons),
                               .due = DAY_NONE,
                               .forget_due = DAY_NONE };
    persons->slots[person->slot] = person;
    persons->count++;
    key_table_add(&persons->table, person->hash, (uint64_t)person->slot + 1);
    return person;
}

void persons_remove(struct persons *persons, const struct person *person)
{
    struct key_entry *entry = find(persons, person->hash, person->insured);
    must(entry && persons->slots[entry->value - 1] == person);
    key_table_remove(&persons->table, entry);
    slot_free(persons, person->slot);
    persons->count--;
}

/* --- the due queue: a binary heap; stale entries are skipped when they come up --- */

static void heap_push(struct persons *persons, struct due due)
{
    ARRAY_ROOM(persons->due_queue, persons->due_queue_count, persons->due_queue_capacity);
    size_t at = persons->due_queue_count++;
    for (; at > 0 && persons->due_queue[(at - 1) / 2].day > due.day; at = (at - 1) / 2)
        persons->due_queue[at] = persons->due_queue[(at - 1) / 2];
    persons->due_queue[at] = due;
}

static struct due heap_pop(struct persons *persons)
{
    struct due first = persons->due_queue[0], last = persons->due_queue[--persons->due_queue_count];
    size_t at = 0, count = persons->due_queue_count;
    for (size_t child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && persons->due_queue[child + 1].day < persons->due_queue[child].day)
            child++;
        if (persons->due_queue[child].day >= last.day)
            break;
        persons->due_queue[at] = persons->due_queue[child];
        at = child;
    }
    if (count)
        persons->due_queue[at] = last;
    return first;
}

int32_t persons_due_before(struct person *person)
{
    int32_t due = person->is_taken ? DAY_NONE : person->due;
    person->is_taken = false;
    return due;
}

void persons_schedule(struct persons *persons, const struct person *person, int32_t due_before)
{
    if (person->due != due_before && person->due != DAY_NONE)
        heap_push(persons, (struct due){ person->due, person->slot });
}

static int insured_compare(const void *a, const void *b)
{
    const struct person *x = a, *y = b;
    return bytes_compare(x->insured, y->insured);
}

struct person **persons_all(const struct persons *persons, struct arena *arena, size_t *ret_count)
{
    size_t count = 0;
    struct person **all = ARENA_ARRAY(arena, struct person *, persons->count);
    for (uint32_t i = 0; i < persons->slots_count; i++)
        if (persons->slots[i])
            all[count++] = persons->slots[i];
    sort_stable((const void **)all, count, insured_compare, ARENA_ARRAY(arena, const void *, count));
    *ret_count = count;
    return all;
}

struct person **persons_pop_due(struct persons *persons, int32_t day, struct arena *arena, size_t *ret_count)
{
    size_t count = 0, capacity = 0;
    struct person **taken = NULL;
    while (persons->due_queue_count && persons->due_queue[0].day <= day) {
        struct due due = heap_pop(persons);
        struct person *person = persons->slots[due.slot];
        if (!person || person->due != due.day || person->is_taken)
            continue;
        person->is_taken = true; /* so that a second entry of the same day is stale */
        ARENA_ARRAY_ROOM(arena, taken, count, capacity);
        taken[count++] = person;
    }
    sort_stable((const void **)taken, count, insured_compare, ARENA_ARRAY(arena, const void *, count));
    *ret_count = count;
    return taken;
}
