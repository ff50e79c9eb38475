/* book_lint.c - what only two parts of a book together can get wrong: refused when it could be read in two ways (§6 to §8, §13).
 * Asked of a book whose parts are all right, so nothing here is a consequence of another mistake. */
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
int32_t age_left_out(const struct contract *contract, const struct definition *definition)
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
    for (size_t i = 0; i < bundle->definitions_count; i++) {
        const struct definition *definition = &bundle->definitions[i];
        if (definition->from > contract->until || contract->from > definition->until)
            continue;
        int32_t age = age_left_out(contract, definition);
        if (age == ABSENT)
            continue;
        yaml_report(&reading->document, reading->contract_places[at].strata, FINDING_STRATA_GAP,
                    "the strata of %s leave out age %d, which the definition of %s in line %d admits", quoted(contract->id, id), age,
                    quoted(bundle->id, bundle_id),
                    yaml_line(&reading->document, reading->bundle_places[contract->bundle].definitions[i].node));
        return;
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

static void lint_cells(struct reading *reading)
{
    const struct book *book = reading->book;
    char one[QUOTED_BYTES], other[QUOTED_BYTES];
    const bool *meet = bundles_that_meet(book, 0, reading->document.arena);
    for (size_t b = 0; b < book->bundles_count; b++)
        for (size_t a = 0; a < b; a++)
            if (!cell_place(reading, a, b) && meet[a * book->bundles_count + b])
                yaml_report(&reading->document, reading->bundle_places[b].node, FINDING_CELL_MISSING,
                            "%s and %s can both have one line, and overlaps has no cell for them", quoted(book->bundles[a].id, one),
                            quoted(book->bundles[b].id, other));
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
}
