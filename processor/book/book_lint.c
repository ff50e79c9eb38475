/* book_lint.c - what only two parts of a book together can get wrong: refused when it could be read in two
 * ways (§6 to §8, §13). Asked of a book whose parts are all right, so nothing here is a consequence of
 * another mistake. */
#include "book/book_parts.h"

#include "base/limits.h"

#include <stdlib.h>

/* --- definitions of one bundle --- */

static void lint_definitions(struct reading *reading, const struct bundle *bundle,
                             const struct bundle_place *place)
{
    char id[QUOTED_BYTES];
    for (size_t i = 0; i < bundle->definitions_count; i++) {
        const struct definition *late = &bundle->definitions[i];
        const struct yaml_node *node = place->definitions[i].node;
        for (size_t j = 0; j < i; j++) {
            const struct definition *early = &bundle->definitions[j];
            if (early->from <= late->until && late->from <= early->until)
                yaml_report(&reading->document, node, FINDING_DEFINITIONS_MEET,
                            "the definition of %s overlaps in time with that in line %d",
                            quoted(bundle->id, id),
                            yaml_line(&reading->document, place->definitions[j].node));
        }
        if (late->sides != bundle->definitions[0].sides)
            yaml_report(&reading->document, node, FINDING_SIDES_DIFFER,
                        "the definitions of %s differ in sides", quoted(bundle->id, id));
    }
}

/* --- contracts --- */

/* Contracts that share an insurer or a provider, as a row of bits for each: comparing each with each takes
 * long when lists are. */
struct sharing {
    uint64_t *rows; /* [contracts × words] */
    size_t count, words;
};
struct mention { /* of an insurer or a provider in a contract */
    struct bytes provider;
    int32_t insurer;
    uint32_t contract;
};

static int compare_mentions(const void *a, const void *b)
{
    const struct mention *left = a, *right = b;
    int order = (left->insurer > right->insurer) - (left->insurer < right->insurer);
    return order ? order : bytes_compare(left->provider, right->provider);
}

static uint64_t *sharing_row(const struct sharing *sharing, size_t contract)
{
    return sharing->rows + contract * sharing->words;
}

static void set_bit(uint64_t *row, size_t at)
{
    row[at / 64] |= 1ull << at % 64;
}

/* All of a run of mentions share with each other. */
static void share_run(struct sharing *sharing, const struct mention *mentions, size_t count, uint64_t *room)
{
    memset(room, 0, sharing->words * sizeof(*room));
    for (size_t i = 0; i < count; i++)
        set_bit(room, mentions[i].contract);
    for (size_t i = 0; i < count; i++)
        for (size_t w = 0; w < sharing->words; w++)
            sharing_row(sharing, mentions[i].contract)[w] |= room[w];
}

/* `all`: the contracts that mention none, and so have all. */
static struct sharing sharing_of(struct arena *arena, struct mention *mentions, size_t count, const bool *all,
                                 size_t contracts)
{
    struct sharing sharing = { .count = contracts, .words = (contracts + 63) / 64 };
    sharing.rows = arena_zeroed(arena, (contracts * sharing.words + 1) * sizeof(uint64_t));
    uint64_t *room = ARENA_ARRAY(arena, uint64_t, sharing.words + 1);
    qsort(mentions, count, sizeof(*mentions), compare_mentions);
    for (size_t from = 0, until; from < count; from = until) {
        for (until = from + 1; until < count && compare_mentions(&mentions[from], &mentions[until]) == 0;)
            until++;
        share_run(&sharing, mentions + from, until - from, room);
    }
    for (size_t i = 0; i < contracts; i++)
        for (size_t k = 0; k < contracts; k++)
            if (all[i] || all[k])
                set_bit(sharing_row(&sharing, i), k);
    return sharing;
}

static struct sharing share_insurers(const struct book *book, struct arena *arena)
{
    size_t count = 0;
    for (size_t i = 0; i < book->contracts_count; i++)
        count += book->contracts[i].insurers_count;
    struct mention *mentions = ARENA_ARRAY(arena, struct mention, count + 1);
    bool *all = arena_zeroed(arena, book->contracts_count + 1);
    count = 0;
    for (size_t i = 0; i < book->contracts_count; i++) {
        all[i] = book->contracts[i].insurers_count == 0;
        for (size_t k = 0; k < book->contracts[i].insurers_count; k++)
            mentions[count++] =
                (struct mention){ BYTES_NULL, (int32_t)book->contracts[i].insurers[k], (uint32_t)i };
    }
    return sharing_of(arena, mentions, count, all, book->contracts_count);
}

static struct sharing share_providers(const struct book *book, struct arena *arena)
{
    size_t count = 0;
    for (size_t i = 0; i < book->contracts_count; i++)
        count += book->contracts[i].providers_count;
    struct mention *mentions = ARENA_ARRAY(arena, struct mention, count + 1);
    bool *all = arena_zeroed(arena, book->contracts_count + 1);
    count = 0;
    for (size_t i = 0; i < book->contracts_count; i++) {
        all[i] = book->contracts[i].providers_count == 0;
        for (size_t k = 0; k < book->contracts[i].providers_count; k++)
            mentions[count++] = (struct mention){ book->contracts[i].providers[k], 0, (uint32_t)i };
    }
    return sharing_of(arena, mentions, count, all, book->contracts_count);
}

/* Only those that share an insurer and a provider are looked at as pairs. */
static void lint_contract(struct reading *reading, size_t late, const uint64_t *insurers,
                          const uint64_t *providers)
{
    char one[QUOTED_BYTES], other[QUOTED_BYTES];
    const struct contract *b = &reading->book->contracts[late];
    for (size_t w = 0; w <= late / 64; w++)
        for (uint64_t left = insurers[w] & providers[w]; left; left &= left - 1) {
            size_t early = w * 64 + (size_t)__builtin_ctzll(left);
            const struct contract *a = &reading->book->contracts[early];
            if (early >= late || a->bundle != b->bundle || a->from > b->until || b->from > a->until)
                continue;
            yaml_report(&reading->document, reading->contract_places[late].node, FINDING_CONTRACTS_MEET,
                        "contracts %s and %s both fit one opening", quoted(a->id, one), quoted(b->id, other));
        }
}

static void lint_contract_pairs(struct reading *reading)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct sharing insurers = share_insurers(reading->book, &arena),
                   providers = share_providers(reading->book, &arena);
    for (size_t i = 0; i < reading->book->contracts_count && !yaml_is_full(&reading->document); i++)
        lint_contract(reading, i, sharing_row(&insurers, i), sharing_row(&providers, i));
    arena_release(&arena);
}

/* The first age of the definition that no stratum holds; ABSENT when there is none. Walks up from the
 * youngest; what has been reached is the furthest end of all that began. */
int32_t age_left_out(const struct contract *contract, const struct definition *definition)
{
    int32_t ends[AGE_UNBOUNDED + 1], reached = ABSENT; /* by the age where a stratum begins */
    for (int32_t age = 0; age <= AGE_UNBOUNDED; age++)
        ends[age] = ABSENT;
    for (size_t i = 0; i < contract->strata_count; i++)
        if (contract->strata[i].max_age > ends[contract->strata[i].min_age])
            ends[contract->strata[i].min_age] = contract->strata[i].max_age;
    for (int32_t age = 0; age <= definition->max_age; age++) {
        reached = ends[age] > reached ? ends[age] : reached;
        if (age >= definition->min_age && reached < age)
            return age;
    }
    return ABSENT;
}

/* The definitions that count are those on one of whose opening dates the contract can be: their dates meet
 * the contract's. */
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
        yaml_report(
            &reading->document, reading->contract_places[at].strata, FINDING_STRATA_GAP,
            "the strata of %s leave out age %d, which the definition of %s in line %d admits",
            quoted(contract->id, id), age, quoted(bundle->id, bundle_id),
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
        at += (size_t)snprintf(ring + at, sizeof(ring) - at, "%s%s", i == start - 1 ? "" : " over ",
                               quoted(book->bundles[bundle].id, id));
    }
    yaml_report(&search->reading->document, cell_place(search->reading, from, again), FINDING_RING,
                "%s runs in a ring: %s", search->what, ring);
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

static void lint_ring(struct reading *reading, const char *what,
                      bool (*beats)(const struct book *book, size_t a, size_t b))
{
    size_t n = reading->book->bundles_count;
    struct ring_search search = {
        .reading = reading, .what = what, .beats = beats, .seen = arena_zeroed(reading->document.arena, n + 1)
    };
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
                            "%s and %s can both have one line, and overlaps has no cell for them",
                            quoted(book->bundles[a].id, one), quoted(book->bundles[b].id, other));
}

void lint_book(struct reading *reading)
{
    const struct book *book = reading->book;
    for (size_t i = 0; i < book->bundles_count; i++)
        lint_definitions(reading, &book->bundles[i], &reading->bundle_places[i]);
    lint_contract_pairs(reading);
    lint_successors(reading);
    for (size_t i = 0; i < book->contracts_count; i++)
        lint_strata(reading, i);
    lint_ring(reading, "prefer", prefers);
    lint_ring(reading, "suppress", suppresses);
    lint_cells(reading);
}
