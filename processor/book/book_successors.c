/* book_successors.c - which provider code goes on under which other one (§1): the list, and the last of each
 * code's successors. Refused: a code with two, one that is its own, a ring; and two contracts that could both
 * fit an opening at a code that neither names (§8). */
#include "book/book_parts.h"

#include <stdlib.h>

struct successor_keys {
    const struct yaml_node *old, *new;
};
static const struct yaml_key successor_keys[] = {
    YAML_NEEDS(successor_keys, old),
    YAML_NEEDS(successor_keys, new),
};

/* An entry as it is written. */
struct handover {
    struct bytes old, new;
    const struct yaml_node *node;
    enum { UNSEEN, ON_PATH, KNOWN } state;
    struct bytes last; /* of a KNOWN one */
};

static int compare_olds(const void *a, const void *b)
{
    const struct handover *left = a, *right = b;
    int order = bytes_compare(left->old, right->old);
    return order ? order : (left->node > right->node) - (left->node < right->node);
}

/* Those whose two codes could be read and differ. */
static size_t read_handovers(struct reading *reading, const struct yaml_node *node,
                             struct handover *handovers)
{
    char text[QUOTED_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < node->count && !yaml_is_full(&reading->document); i++) {
        struct successor_keys keys;
        yaml_keys(&reading->document, &node->items[i], "a successor", successor_keys, COUNT(successor_keys),
                  &keys);
        struct handover handover = { .old = read_agb(reading, keys.old),
                                     .new = read_agb(reading, keys.new),
                                     .node = &node->items[i] };
        if (bytes_is_null(handover.old) || bytes_is_null(handover.new))
            continue;
        if (bytes_equal(handover.old, handover.new))
            yaml_report(&reading->document, handover.node, FINDING_SUCCESSOR, "%s is its own successor",
                        quoted(handover.old, text));
        else
            handovers[count++] = handover;
    }
    return count;
}

/* Sorted by the old code; true when each has one successor. */
static bool each_has_one(struct reading *reading, struct handover *handovers, size_t count)
{
    char old[QUOTED_BYTES], first[QUOTED_BYTES], second[QUOTED_BYTES];
    bool fine = true;
    for (size_t i = 1; i < count; i++) {
        if (!bytes_equal(handovers[i - 1].old, handovers[i].old))
            continue;
        yaml_report(&reading->document, handovers[i].node, FINDING_SUCCESSOR,
                    "%s has two successors, %s and %s", quoted(handovers[i].old, old),
                    quoted(handovers[i - 1].new, first), quoted(handovers[i].new, second));
        fine = false;
    }
    return fine;
}

static struct handover *handover_of(struct handover *handovers, size_t count, struct bytes old)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(handovers[middle].old, old);
        if (order == 0)
            return &handovers[middle];
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

/* Walks from one code to its last successor, or to one whose last is known, and tells all on the way. False:
 * the way comes back to itself. */
static bool find_last(struct reading *reading, struct handover *handovers, size_t count,
                      struct handover *from)
{
    char text[QUOTED_BYTES];
    struct handover *at = from;
    struct bytes last = from->old;
    while (at && at->state == UNSEEN) {
        at->state = ON_PATH;
        last = at->new;
        at = handover_of(handovers, count, at->new);
    }
    if (at && at->state == ON_PATH) {
        yaml_report(&reading->document, at->node, FINDING_SUCCESSOR, "the successors of %s run in a ring",
                    quoted(at->old, text));
        return false;
    }
    last = at ? at->last : last;
    for (at = from; at && at->state == ON_PATH; at = handover_of(handovers, count, at->new)) {
        at->state = KNOWN;
        at->last = last;
    }
    return true;
}

static int compare_codes(const void *a, const void *b)
{
    const struct successor *left = a, *right = b;
    return bytes_compare(left->code, right->code);
}

/* Both codes of each, every code once. */
static void set_successors(struct reading *reading, const struct handover *handovers, size_t count)
{
    struct successor *all = ARENA_ARRAY(reading->document.arena, struct successor, 2 * count + 1);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        all[2 * i] = (struct successor){ handovers[i].old, handovers[i].last };
        all[2 * i + 1] = (struct successor){ handovers[i].new, handovers[i].last };
    }
    qsort(all, 2 * count, sizeof(*all), compare_codes);
    for (size_t i = 0; i < 2 * count; i++)
        if (kept == 0 || !bytes_equal(all[kept - 1].code, all[i].code))
            all[kept++] = all[i];
    reading->book->successors = all;
    reading->book->successors_count = kept;
}

void read_successors(struct reading *reading, const struct yaml_node *node)
{
    if (!yaml_is_list(&reading->document, node, PATTERNS_MAX) || node->count == 0)
        return;
    struct handover *handovers = arena_zeroed(reading->document.arena, node->count * sizeof(*handovers));
    size_t count = read_handovers(reading, node, handovers);
    qsort(handovers, count, sizeof(*handovers), compare_olds);
    bool fine = each_has_one(reading, handovers, count);
    for (size_t i = 0; i < count && fine; i++)
        fine = find_last(reading, handovers, count, &handovers[i]);
    if (fine)
        set_successors(reading, handovers, count);
}

/* --- contracts that could both list a code that neither names --- */

/* A code of a merged provider that a contract names. */
struct mention {
    struct bytes last, code;
    int32_t bundle;
    uint32_t contract;
};
/* How many codes of one provider a contract names. */
struct naming {
    uint32_t contract;
    size_t codes;
    bool insures; /* the insurer that is asked about */
};
/* A contract begins, or has ended. */
struct event {
    int32_t day;
    struct naming *naming;
    bool begins;
};
/* An insurer that a contract lists. */
struct listed {
    int32_t insurer;
    struct naming *naming;
};
/* The contracts of one bundle that name codes of one provider, in two orders. */
struct group {
    struct reading *reading;
    struct bytes last;
    size_t codes_count; /* of the provider */
    struct naming *namings;
    size_t count;
    struct event *events;
    struct listed *listed;
    size_t listed_count;
};

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static const struct successor *successor_of(const struct book *book, struct bytes code)
{
    return bsearch(&(struct successor){ .code = code }, book->successors, book->successors_count,
                   sizeof(*book->successors), compare_codes);
}

static int compare_events(const void *a, const void *b)
{
    return compare_numbers(((const struct event *)a)->day, ((const struct event *)b)->day);
}

static int compare_listed(const void *a, const void *b)
{
    return compare_numbers(((const struct listed *)a)->insurer, ((const struct listed *)b)->insurer);
}

static const struct contract *contract_of(const struct group *group, const struct naming *naming)
{
    return &group->reading->book->contracts[naming->contract];
}

static bool names_code(const struct contract *contract, struct bytes code)
{
    for (size_t i = 0; i < contract->providers_count; i++)
        if (bytes_equal(contract->providers[i], code))
            return true;
    return false;
}

static bool holds_on(const struct group *group, const struct naming *naming, int32_t day)
{
    const struct contract *contract = contract_of(group, naming);
    return naming->insures && contract->from <= day && day <= contract->until;
}

/* A code of the provider that no contract names on that day. */
static struct bytes code_of_nobody(const struct group *group, int32_t day)
{
    const struct book *book = group->reading->book;
    for (size_t i = 0; i < book->successors_count; i++) {
        bool named = !bytes_equal(book->successors[i].last, group->last);
        for (size_t k = 0; k < group->count && !named; k++)
            named = holds_on(group, &group->namings[k], day) &&
                    names_code(contract_of(group, &group->namings[k]), book->successors[i].code);
        if (!named)
            return book->successors[i].code;
    }
    return BYTES_NULL;
}

static void report_both(const struct group *group, int32_t day)
{
    char one[QUOTED_BYTES], other[QUOTED_BYTES], code[QUOTED_BYTES];
    const struct naming *first = NULL, *second = NULL;
    for (size_t i = 0; i < group->count && !second; i++) {
        if (!holds_on(group, &group->namings[i], day))
            continue;
        second = first ? &group->namings[i] : NULL;
        first = first ? first : &group->namings[i];
    }
    yaml_report(&group->reading->document, group->reading->contract_places[second->contract].node,
                FINDING_CONTRACTS_MEET,
                "contracts %s and %s both fit one opening at provider %s, which neither names",
                quoted(contract_of(group, first)->id, one), quoted(contract_of(group, second)->id, other),
                quoted(code_of_nobody(group, day), code));
}

/* Along the days, at one insurer: two contracts hold, and all that hold name fewer codes than the provider
 * has. (Two that name one code are another finding.) */
static bool both_fit(const struct group *group)
{
    size_t holding = 0, named = 0;
    for (size_t i = 0; i < 2 * group->count; i++) {
        const struct event *event = &group->events[i];
        if (event->naming->insures) {
            holding = event->begins ? holding + 1 : holding - 1;
            named = event->begins ? named + event->naming->codes : named - event->naming->codes;
        }
        bool day_ends = i + 1 == 2 * group->count || group->events[i + 1].day != event->day;
        if (!day_ends || holding < 2 || named >= group->codes_count)
            continue;
        report_both(group, event->day);
        return true;
    }
    return false;
}

static void group_order(struct group *group, struct arena *arena)
{
    size_t listed_count = 0;
    for (size_t i = 0; i < group->count; i++)
        listed_count += contract_of(group, &group->namings[i])->insurers_count;
    group->events = ARENA_ARRAY(arena, struct event, 2 * group->count);
    group->listed = ARENA_ARRAY(arena, struct listed, listed_count + 1);
    for (size_t i = 0; i < group->count; i++) {
        struct naming *naming = &group->namings[i];
        const struct contract *contract = contract_of(group, naming);
        group->events[2 * i] = (struct event){ contract->from, naming, true };
        group->events[2 * i + 1] = (struct event){ contract->until + 1, naming, false };
        for (size_t k = 0; k < contract->insurers_count; k++)
            group->listed[group->listed_count++] = (struct listed){ contract->insurers[k], naming };
    }
    qsort(group->events, 2 * group->count, sizeof(*group->events), compare_events);
    qsort(group->listed, group->listed_count, sizeof(*group->listed), compare_listed);
}

/* At each insurer that some contract lists, and at one that none does. */
static void lint_group(struct group *group, struct arena *arena)
{
    if (group->count < 2)
        return;
    group_order(group, arena);
    for (size_t i = 0; i < group->count; i++)
        group->namings[i].insures = contract_of(group, &group->namings[i])->insurers_count == 0;
    bool found = both_fit(group);
    for (size_t from = 0, until; from < group->listed_count && !found; from = until) {
        for (until = from;
             until < group->listed_count && group->listed[until].insurer == group->listed[from].insurer;
             until++)
            group->listed[until].naming->insures = true;
        found = both_fit(group);
        for (size_t i = from; i < until; i++)
            group->listed[i].naming->insures = false;
    }
}

/* In the order of the contracts, where provider and bundle are equal. */
static int compare_mentions(const void *a, const void *b)
{
    const struct mention *left = a, *right = b;
    int order = bytes_compare(left->last, right->last);
    if (order == 0)
        order = compare_numbers(left->bundle, right->bundle);
    if (order == 0)
        order = compare_numbers(left->contract, right->contract);
    return order ? order : bytes_compare(left->code, right->code);
}

static size_t find_mentions(const struct book *book, struct mention *mentions)
{
    size_t count = 0;
    for (size_t i = 0; i < book->contracts_count; i++) {
        const struct contract *contract = &book->contracts[i];
        for (size_t k = 0; k < contract->providers_count; k++) {
            const struct successor *joined = successor_of(book, contract->providers[k]);
            if (joined)
                mentions[count++] =
                    (struct mention){ joined->last, joined->code, contract->bundle, (uint32_t)i };
        }
    }
    qsort(mentions, count, sizeof(*mentions), compare_mentions);
    return count;
}

/* Of a run of mentions of one provider and bundle; a code that a contract lists twice counts once. */
static void set_namings(struct group *group, const struct mention *mentions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool same = i > 0 && mentions[i - 1].contract == mentions[i].contract;
        if (!same)
            group->namings[group->count++] = (struct naming){ .contract = mentions[i].contract };
        if (!same || !bytes_equal(mentions[i - 1].code, mentions[i].code))
            group->namings[group->count - 1].codes++;
    }
}

static int compare_lasts(const void *a, const void *b)
{
    return bytes_compare(((const struct successor *)a)->last, ((const struct successor *)b)->last);
}

/* How many codes a provider has, of the successors in the order of their last ones. */
static size_t codes_of(const struct successor *by_last, size_t count, struct bytes last)
{
    size_t low = 0, high = count, codes = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool before = bytes_compare(by_last[middle].last, last) < 0;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    while (low + codes < count && bytes_equal(by_last[low + codes].last, last))
        codes++;
    return codes;
}

static void lint_mentions(struct reading *reading, struct arena *arena, const struct mention *mentions,
                          size_t count)
{
    size_t codes_count = reading->book->successors_count;
    struct successor *by_last = ARENA_ARRAY(arena, struct successor, codes_count);
    struct naming *namings = ARENA_ARRAY(arena, struct naming, count);
    memcpy(by_last, reading->book->successors, codes_count * sizeof(*by_last));
    qsort(by_last, codes_count, sizeof(*by_last), compare_lasts);
    for (size_t from = 0, until; from < count && !yaml_is_full(&reading->document); from = until) {
        struct group group = { .reading = reading, .last = mentions[from].last, .namings = namings };
        for (until = from; until < count && mentions[until].bundle == mentions[from].bundle &&
                           bytes_equal(mentions[until].last, group.last);)
            until++;
        set_namings(&group, mentions + from, until - from);
        group.codes_count = codes_of(by_last, codes_count, group.last);
        lint_group(&group, arena);
    }
}

void lint_successors(struct reading *reading)
{
    const struct book *book = reading->book;
    struct arena arena;
    size_t room = 1;
    if (book->successors_count == 0)
        return;
    for (size_t i = 0; i < book->contracts_count; i++)
        room += book->contracts[i].providers_count;
    arena_init(&arena, 0);
    struct mention *mentions = ARENA_ARRAY(&arena, struct mention, room);
    size_t count = find_mentions(book, mentions);
    if (count > 0)
        lint_mentions(reading, &arena, mentions, count);
    arena_release(&arena);
}
