#include "engine/persons.h"

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
    memory_free(persons->table);
    memory_free(persons->due_queue);
    persons_init(persons);
}

/* --- the table --- */

static uint64_t table_slot(const struct persons *persons, uint64_t hash)
{
    return hash & (persons->table_capacity - 1);
}

static void table_put(struct persons *persons, const struct person *person)
{
    uint64_t at = table_slot(persons, person->hash);
    while (persons->table[at])
        at = (at + 1) & (persons->table_capacity - 1);
    persons->table[at] = person->slot + 1;
}

static void table_grow(struct persons *persons)
{
    memory_free(persons->table);
    persons->table_capacity = persons->table_capacity ? persons->table_capacity * 2 : 64;
    persons->table = memory_alloc_zeroed(persons->table_capacity, sizeof(*persons->table));
    for (uint32_t i = 0; i < persons->slots_count; i++)
        if (persons->slots[i])
            table_put(persons, persons->slots[i]);
}

static struct person *find(const struct persons *persons, uint64_t hash, struct bytes insured, uint64_t *ret_at)
{
    if (persons->table_capacity == 0)
        return NULL;
    for (uint64_t at = table_slot(persons, hash); persons->table[at]; at = (at + 1) & (persons->table_capacity - 1)) {
        struct person *person = persons->slots[persons->table[at] - 1];
        *ret_at = at;
        if (person->hash == hash && bytes_equal(person->insured, insured))
            return person;
    }
    return NULL;
}

struct person *persons_find(const struct persons *persons, struct bytes insured)
{
    uint64_t at;
    return find(persons, hash64(insured.data, insured.length, 0), insured, &at);
}

static uint32_t slot_alloc(struct persons *persons)
{
    if (persons->free_count)
        return persons->free_slots[--persons->free_count];
    if (persons->slots_count == persons->slots_capacity) {
        persons->slots_capacity = persons->slots_capacity ? persons->slots_capacity * 2 : 64;
        persons->slots = memory_grow(persons->slots, persons->slots_capacity, sizeof(*persons->slots));
    }
    return persons->slots_count++;
}

static void slot_free(struct persons *persons, uint32_t slot)
{
    if (persons->free_count == persons->free_capacity) {
        persons->free_capacity = persons->free_capacity ? persons->free_capacity * 2 : 64;
        persons->free_slots = memory_grow(persons->free_slots, persons->free_capacity, sizeof(*persons->free_slots));
    }
    persons->slots[slot] = NULL;
    persons->free_slots[persons->free_count++] = slot;
}

struct person *persons_add(struct persons *persons, struct pool *pool, struct bytes insured)
{
    struct person *person = pool_alloc(pool, sizeof(*person));
    *person = (struct person){
        .insured = pool_copy(pool, insured), .hash = hash64(insured.data, insured.length, 0), .slot = slot_alloc(persons), .due = DAY_NONE, .forget_due = DAY_NONE,
    };
    persons->slots[person->slot] = person;
    persons->count++;
    if (persons->count * 2 > persons->table_capacity)
        table_grow(persons); /* takes the new one in */
    else
        table_put(persons, person);
    return person;
}

/* Moves back what was pushed past the hole, so that no search ends too early. */
static void table_remove(struct persons *persons, uint64_t hole)
{
    uint64_t mask = persons->table_capacity - 1;
    for (uint64_t at = (hole + 1) & mask; persons->table[at]; at = (at + 1) & mask) {
        uint64_t home = table_slot(persons, persons->slots[persons->table[at] - 1]->hash);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        persons->table[hole] = persons->table[at];
        hole = at;
    }
    persons->table[hole] = 0;
}

void persons_remove(struct persons *persons, const struct person *person)
{
    uint64_t at;
    must(find(persons, person->hash, person->insured, &at) == person);
    table_remove(persons, at);
    slot_free(persons, person->slot);
    persons->count--;
}

/* --- the due queue: a binary heap; stale entries are skipped when they come up --- */

static void heap_push(struct persons *persons, struct due due)
{
    if (persons->due_queue_count == persons->due_queue_capacity) {
        persons->due_queue_capacity = persons->due_queue_capacity ? persons->due_queue_capacity * 2 : 64;
        persons->due_queue = memory_grow(persons->due_queue, persons->due_queue_capacity, sizeof(*persons->due_queue));
    }
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
    size_t count = 0, capacity = 16;
    struct person **taken = ARENA_ARRAY(arena, struct person *, capacity);
    while (persons->due_queue_count && persons->due_queue[0].day <= day) {
        struct due due = heap_pop(persons);
        struct person *person = persons->slots[due.slot];
        if (!person || person->due != due.day || person->is_taken)
            continue;
        person->is_taken = true; /* so that a second entry of the same day is stale */
        if (count == capacity) {
            struct person **grown = ARENA_ARRAY(arena, struct person *, capacity * 2);
            memcpy(grown, taken, count * sizeof(*grown));
            taken = grown;
            capacity *= 2;
        }
        taken[count++] = person;
    }
    sort_stable((const void **)taken, count, insured_compare, ARENA_ARRAY(arena, const void *, count));
    *ret_count = count;
    return taken;
}
