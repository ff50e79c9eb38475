/* book_ends_care.c - facts after which there is no care (§4), and what is odd about them. */
#include "book/book_parts.h"
#include "engine/clause.h"

struct end_of_care_keys {
    const struct yaml_node *name, *criterion, *of, *resumes, *action;
};
static const struct yaml_key end_of_care_keys[] = {
    YAML_NEEDS(end_of_care_keys, name),   YAML_NEEDS(end_of_care_keys, criterion),
    YAML_NEEDS(end_of_care_keys, of),     YAML_MAY(end_of_care_keys, resumes),
    YAML_NEEDS(end_of_care_keys, action),
};

static void read_end(struct reading *reading, const struct yaml_node *node, struct ends_care *entry,
                     struct bytes *names, size_t at)
{
    static const struct bytes ofs[] = { BYTES("person"), BYTES("insurer") },
                              actions[] = { BYTES("flag"), BYTES("hold") };
    struct end_of_care_keys keys;
    yaml_keys(&reading->document, node, "an end of care", end_of_care_keys, COUNT(end_of_care_keys), &keys);
    entry->name = names[at] = read_name(reading, keys.name);
    check_twice(reading, keys.name, names, at, "the end of care");
    entry->criterion = read_criterion_use(reading, keys.criterion);
    entry->of_insurer = yaml_word(&reading->document, keys.of, ofs, COUNT(ofs), 0) == 1;
    entry->resumes = read_criterion_use(reading, keys.resumes);
    entry->hold = yaml_word(&reading->document, keys.action, actions, COUNT(actions), 0) == 1;
}

void read_ends_care(struct reading *reading, const struct yaml_node *node)
{
    if (!yaml_is_list(&reading->document, node, ENDS_CARE_MAX))
        return;
    struct ends_care *entries = arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*entries));
    struct bytes *names = ARENA_ARRAY(reading->document.arena, struct bytes, node->count + 1);
    for (size_t i = 0; i < node->count; i++)
        read_end(reading, &node->items[i], &entries[i], names, i);
    reading->book->ends_care = entries;
    reading->book->ends_care_count = node->count;
}

/* --- what is odd --- */

static bool criteria_meet(const struct criterion *a, const struct criterion *b)
{
    for (size_t i = 0; i < a->clauses_count; i++)
        for (size_t k = 0; k < b->clauses_count; k++)
            if (clauses_meet(&a->clauses[i], &b->clauses[k]))
                return true;
    return false;
}

static void warn_both(struct reading *reading, size_t at)
{
    const struct book *book = reading->book;
    const struct ends_care *entry = &book->ends_care[at];
    char name[QUOTED_BYTES];
    if (entry->resumes == ABSENT ||
        !may_compare(reading, book->criteria[entry->criterion].clauses_count,
                     book->criteria[entry->resumes].clauses_count) ||
        !criteria_meet(&book->criteria[entry->criterion], &book->criteria[entry->resumes]))
        return;
    yaml_report(&reading->document, &reading->ends_care->items[at], FINDING_ENDS_AND_RESUMES,
                "a line can both end and resume the care of %s: then it ends it", quoted(entry->name, name));
}

/* The care types of which no line is without a criterion. */
static uint32_t care_types_seen(struct reading *reading)
{
    const struct book *book = reading->book;
    uint32_t seen = 0;
    for (int type = 0; type < CARE_TYPE_COUNT; type++) {
        const struct clause every = { .care_types = 1u << type, .amount_at_least = ABSENT };
        bool covered = false;
        for (size_t i = 0; i < book->criteria_count && !covered; i++)
            covered = may_compare(reading, book->criteria[i].clauses_count, 1) &&
                      criterion_covers(&book->criteria[i], &every, 1);
        seen |= covered ? 1u << type : 0;
    }
    return seen;
}

static void note_payable(struct reading *reading)
{
    const struct book *book = reading->book;
    char name[QUOTED_BYTES];
    for (size_t i = 0; i < book->ends_care_count; i++) {
        if (!book->ends_care[i].hold)
            continue;
        uint32_t seen = care_types_seen(reading);
        for (int type = 0; type < CARE_TYPE_COUNT; type++) {
            if (seen >> type & 1)
                continue;
            yaml_report(&reading->document, &reading->ends_care->items[i], FINDING_PAYABLE_AFTER_END,
                        "care that no criterion accepts, such as some of %.*s, stays payable after %s",
                        BYTES_ARGS(care_type_names[type]), quoted(book->ends_care[i].name, name));
            return;
        }
        return;
    }
}

void warn_ends_care(struct reading *reading)
{
    for (size_t i = 0; i < reading->book->ends_care_count; i++)
        warn_both(reading, i);
    note_payable(reading);
}
