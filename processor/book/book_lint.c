/* book_lint.c - what only two parts of a book together can get wrong: refused when it could be read in two ways (§6 to §8, §13),
 * a warning when it is merely odd. Asked of a book whose parts are all right, so nothing here is a consequence of another mistake. */
#include "book/book_parts.h"

#include "base/limits.h"

/* --- definitions of one bundle --- */

static void lint_definitions(struct reading *reading, const struct bundle *bundle, const struct bundle_place *place)
{
    char id[QUOTED_BYTES];
    for (size_t i = 0; i < bundle->definitions_count; i++) {
        const struct definition *late = &bundle->definitions[i];
        const struct yaml_node *node = place->definitions[i].node;
        for (size_t j = 0; j < i; j++) {
            const struct definition *early = &bundle->definitions[j];
            if (early->from <= late->until && late->from <= early->until)
                yaml_report(&reading->document, node, FINDING_DEFINITIONS_MEET,
                            "the definition of %s overlaps in time with that in line %d", quoted(bundle->id, id),
                            yaml_line(&reading->document, place->definitions[j].node));
        }
        if (late->sides != bundle->definitions[0].sides)
            yaml_report(&reading->document, node, FINDING_SIDES_DIFFER, "the definitions of %s differ in sides", quoted(bundle->id, id));
    }
}

/* --- contracts --- */

static bool insurers_meet(const struct contract *a, const struct contract *b)
{
    if (a->insurers_count == 0 || b->insurers_count == 0)
        return true;
    for (size_t i = 0, j = 0; i < a->insurers_count && j < b->insurers_count;) {
        if (a->insurers[i] == b->insurers[j])
            return true;
        if (a->insurers[i] < b->insurers[j])
            i++;
        else
            j++;
    }
    return false;
}

static bool providers_meet(const struct contract *a, const struct contract *b)
{
    if (a->providers_count == 0 || b->providers_count == 0)
        return true;
    for (size_t i = 0, j = 0; i < a->providers_count && j < b->providers_count;) {
        int order = bytes_compare(a->providers[i], b->providers[j]);
        if (order == 0)
            return true;
        if (order < 0)
            i++;
        else
            j++;
    }
    return false;
}

static void lint_contract_pairs(struct reading *reading)
{
    const struct book *book = reading->book;
    char one[QUOTED_BYTES], other[QUOTED_BYTES];
    for (size_t i = 0; i < book->contracts_count && !yaml_is_full(&reading->document); i++)
        for (size_t j = 0; j < i; j++) {
            const struct contract *a = &book->contracts[j], *b = &book->contracts[i];
            bool dates = a->from <= b->until && b->from <= a->until;
            if (a->bundle == b->bundle && dates && insurers_meet(a, b) && providers_meet(a, b))
                yaml_report(&reading->document, reading->contract_places[i].node, FINDING_CONTRACTS_MEET,
                            "contracts %s and %s both fit one opening", quoted(a->id, one), quoted(b->id, other));
        }
}

/* The first age of the definition that no stratum holds; ABSENT when there is none. Walks up from min_age, each time to behind the
 * stratum that reaches furthest. */
static int32_t age_left_out(const struct contract *contract, const struct definition *definition)
{
    int32_t age = definition->min_age;
    while (age <= definition->max_age) {
        int32_t reached = ABSENT;
        for (size_t i = 0; i < contract->strata_count; i++) {
            const struct stratum *stratum = &contract->strata[i];
            if (stratum->min_age <= age && age <= stratum->max_age && stratum->max_age > reached)
                reached = stratum->max_age;
        }
        if (reached == ABSENT)
            return age;
        age = reached + 1;
    }
    return ABSENT;
}

/* The definitions that count are those on one of whose opening dates the contract can be: their dates meet the contract's. */
static void lint_strata(struct reading *reading, size_t at)
{
    const struct contract *contract = &reading->book->contracts[at];
    const struct bundle *bundle = &reading->book->bundles[contract->bundle];
    char id[QUOTED_BYTES], bundle_id[QUOTED_BYTES];
    bool any = false;
    for (size_t i = 0; i < bundle->definitions_count; i++) {
        const struct definition *definition = &bundle->definitions[i];
        if (definition->from > contract->until || contract->from > definition->until)
            continue;
        any = true;
        int32_t age = age_left_out(contract, definition);
        if (age == ABSENT)
            continue;
        yaml_report(&reading->document, reading->contract_places[at].strata, FINDING_STRATA_GAP,
                    "the strata of %s leave out age %d, which the definition of %s in line %d admits", quoted(contract->id, id), age,
                    quoted(bundle->id, bundle_id),
                    yaml_line(&reading->document, reading->bundle_places[contract->bundle].definitions[i].node));
        return;
    }
    if (!any)
        yaml_report(&reading->document, reading->contract_places[at].node, FINDING_NO_OPENING,
                    "no opening can have contract %s: no definition of %s holds on its dates", quoted(contract->id, id),
                    quoted(bundle->id, bundle_id));
}

/* A stratum all of whose ages earlier ones have: the first that holds is taken (§8). */
static void lint_strata_reachable(struct reading *reading, size_t at)
{
    const struct contract *contract = &reading->book->contracts[at];
    char label[QUOTED_BYTES];
    for (size_t i = 1; i < contract->strata_count; i++) {
        struct contract before = *contract;
        before.strata_count = i;
        struct definition ages = { .min_age = contract->strata[i].min_age, .max_age = contract->strata[i].max_age };
        if (age_left_out(&before, &ages) == ABSENT)
            yaml_report(&reading->document, &reading->contract_places[at].strata->items[i], FINDING_UNREACHABLE,
                        "no age reaches the stratum %s: earlier ones have all of its ages", quoted(contract->strata[i].label, label));
    }
}

/* --- rings --- */

enum { UNSEEN, ON_PATH, DONE_WITH };

struct ring_search {
    struct reading *reading;
    const char *what;
    bool (*beats)(const struct book *book, size_t a, size_t b);
    uint8_t *seen;
    size_t path[BUNDLES_MAX], depth;
    bool found;
};

static bool prefers(const struct book *book, size_t a, size_t b)
{
    return book->overlaps[a * book->bundles_count + b] == OVERLAP_PREFER_THIS;
}

static bool suppresses(const struct book *book, size_t a, size_t b)
{
    return book->suppresses[a * book->bundles_count + b] != 0;
}

static const struct yaml_node *cell_place(const struct reading *reading, size_t a, size_t b)
{
    const struct cell *cell = reading->cell_of_pair[a * reading->book->bundles_count + b];
    return cell ? cell->node : NULL;
}

static void report_ring(struct ring_search *search, size_t from, size_t again)
{
    const struct book *book = search->reading->book;
    char ring[400] = "", id[QUOTED_BYTES];
    size_t start = search->depth, at = 0;
    while (start > 0 && search->path[start - 1] != again)
        start--;
    for (size_t i = start - 1; i <= search->depth && at < sizeof(ring); i++) {
        size_t bundle = i < search->depth ? search->path[i] : again;
        at += (size_t)snprintf(ring + at, sizeof(ring) - at, "%s%s", i == start - 1 ? "" : " over ", quoted(book->bundles[bundle].id, id));
    }
    yaml_report(&search->reading->document, cell_place(search->reading, from, again), FINDING_RING, "%s runs in a ring: %s", search->what,
                ring);
    search->found = true;
}

static void search_ring(struct ring_search *search, size_t bundle)
{
    const struct book *book = search->reading->book;
    search->seen[bundle] = ON_PATH;
    search->path[search->depth++] = bundle;
    for (size_t next = 0; next < book->bundles_count && !search->found; next++) {
        if (!search->beats(book, bundle, next))
            continue;
        if (search->seen[next] == ON_PATH)
            report_ring(search, bundle, next);
        else if (search->seen[next] == UNSEEN)
            search_ring(search, next);
    }
    search->depth--;
    search->seen[bundle] = DONE_WITH;
}

static void lint_ring(struct reading *reading, const char *what, bool (*beats)(const struct book *book, size_t a, size_t b))
{
    size_t n = reading->book->bundles_count;
    struct ring_search search = { .reading = reading, .what = what, .beats = beats, .seen = arena_zeroed(reading->document.arena, n + 1) };
    for (size_t bundle = 0; bundle < n && !search.found; bundle++)
        if (search.seen[bundle] == UNSEEN)
            search_ring(&search, bundle);
}

/* --- missing cells --- */

/* What a scope can accept: the clauses of its criterion, and that of `trajectory: true`. */
struct scope_clauses {
    const struct clause *clauses;
    size_t count;
};

static const struct clause trajectory_clause = {
    .care_types = 1u << CARE_HOSPITAL_DBC | 1u << CARE_HOSPITAL_OTHER | 1u << CARE_ADD_ON | 1u << CARE_ACTIVITY | 1u << CARE_REHABILITATION,
    .amount_at_least = ABSENT,
};

static bool any_meets(struct scope_clauses a, struct scope_clauses b)
{
    for (size_t i = 0; i < a.count; i++)
        for (size_t j = 0; j < b.count; j++)
            if (clauses_can_meet(&a.clauses[i], &b.clauses[j]))
                return true;
    return false;
}

static bool scopes_meet(const struct book *book, const struct definition *a, const struct definition *b)
{
    const struct criterion *include_a = &book->criteria[a->scope_include], *include_b = &book->criteria[b->scope_include];
    struct scope_clauses own_a = { include_a->clauses, include_a->clauses_count }, own_b = { include_b->clauses, include_b->clauses_count };
    struct scope_clauses trajectory_a = { &trajectory_clause, a->scope_trajectory },
                         trajectory_b = { &trajectory_clause, b->scope_trajectory };
    return any_meets(own_a, own_b) || any_meets(trajectory_a, own_b) || any_meets(own_a, trajectory_b) ||
           any_meets(trajectory_a, trajectory_b);
}

/* Any definition of the one with any of the other: windows reach beyond the dates on which a definition opens. */
static bool bundles_meet(const struct book *book, const struct bundle *a, const struct bundle *b)
{
    for (size_t i = 0; i < a->definitions_count; i++)
        for (size_t j = 0; j < b->definitions_count; j++)
            if (scopes_meet(book, &a->definitions[i], &b->definitions[j]))
                return true;
    return false;
}

static void lint_cells(struct reading *reading)
{
    const struct book *book = reading->book;
    char one[QUOTED_BYTES], other[QUOTED_BYTES];
    for (size_t b = 0; b < book->bundles_count; b++)
        for (size_t a = 0; a < b; a++)
            if (!cell_place(reading, a, b) && bundles_meet(book, &book->bundles[a], &book->bundles[b]))
                yaml_report(&reading->document, reading->bundle_places[b].node, FINDING_CELL_MISSING,
                            "%s and %s can both have one line, and overlaps has no cell for them", quoted(book->bundles[a].id, one),
                            quoted(book->bundles[b].id, other));
}

/* --- what is merely odd --- */

/* A clause of the opening criterion that no clause of the scope can meet. `trajectory: true` takes in the opening line of a hospital. */
static void warn_opener_outside(struct reading *reading, const struct definition *definition, const struct definition_place *place)
{
    const struct criterion *opens = &reading->book->criteria[definition->opens_criterion];
    const struct criterion *scope = &reading->book->criteria[definition->scope_include];
    for (size_t i = 0; i < opens->clauses_count; i++) {
        struct scope_clauses opener = { &opens->clauses[i], 1 }, own = { scope->clauses, scope->clauses_count };
        struct scope_clauses trajectory = { &trajectory_clause, definition->scope_trajectory };
        if (any_meets(opener, own) || any_meets(opener, trajectory))
            continue;
        yaml_report(&reading->document, place->opens_criterion, FINDING_OPENER_OUTSIDE,
                    "clause %zu of the opening criterion is outside of the scope: the opening line's cost is not in the episode", i + 1);
        return;
    }
}

static void warn_definition(struct reading *reading, const struct definition *definition, const struct definition_place *place)
{
    if (definition->look_back_days > reading->book->horizon_days)
        yaml_report(&reading->document, place->look_back_days, FINDING_LOOK_BACK, "look_back_days %d is longer than horizon_days %d",
                    definition->look_back_days, reading->book->horizon_days);
    warn_opener_outside(reading, definition, place);
}

static void warn_price_in_scope(struct reading *reading, size_t at)
{
    const struct book *book = reading->book;
    char id[QUOTED_BYTES];
    int32_t price = book->contracts[at].price_criterion;
    for (size_t b = 0; price != ABSENT && b < book->bundles_count; b++)
        for (size_t d = 0; d < book->bundles[b].definitions_count; d++) {
            const struct criterion *scope = &book->criteria[book->bundles[b].definitions[d].scope_include];
            struct scope_clauses prices = { book->criteria[price].clauses, book->criteria[price].clauses_count };
            struct scope_clauses included = { scope->clauses, scope->clauses_count };
            if (!any_meets(prices, included))
                continue;
            yaml_report(&reading->document, reading->contract_places[at].price_criterion, FINDING_PRICE_IN_SCOPE,
                        "what the price_criterion accepts may be in the scope of %s too", quoted(book->bundles[b].id, id));
            return;
        }
}

static void warn_unused(struct reading *reading)
{
    char name[QUOTED_BYTES];
    for (size_t i = 0; i < reading->book->criteria_count; i++)
        if (!reading->criterion_used[i])
            yaml_report(&reading->document, reading->criterion_places[i], FINDING_UNUSED, "nothing uses the criterion %s",
                        quoted(reading->book->criteria[i].name, name));
}

void lint_book(struct reading *reading)
{
    const struct book *book = reading->book;
    for (size_t i = 0; i < book->bundles_count; i++)
        lint_definitions(reading, &book->bundles[i], &reading->bundle_places[i]);
    lint_contract_pairs(reading);
    for (size_t i = 0; i < book->contracts_count; i++)
        lint_strata(reading, i);
    lint_ring(reading, "prefer", prefers);
    lint_ring(reading, "suppress", suppresses);
    lint_cells(reading);
    if (reading->document.errors_count > 0)
        return;
    for (size_t i = 0; i < book->contracts_count; i++) {
        lint_strata_reachable(reading, i);
        warn_price_in_scope(reading, i);
    }
    for (size_t b = 0; b < book->bundles_count; b++)
        for (size_t d = 0; d < book->bundles[b].definitions_count; d++)
            warn_definition(reading, &book->bundles[b].definitions[d], &reading->bundle_places[b].definitions[d]);
    warn_unused(reading);
}
