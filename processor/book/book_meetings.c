/* book_meetings.c - which bundles can have one line in common (§7): asked of every two of them, in every
 * reading of a book.
 *
 * Comparing each clause with each takes minutes for a book that is within all limits. So what meets a clause
 * is found for many clauses at once, as bits. A *source* is a criterion that some definition has as its
 * scope (the last one: what `trajectory: true` takes in); its clauses are the columns. A *value* is a
 * pattern of a field, once for all clauses that have it. Some columns at a time (a block):
 *
 *   1. for every value the columns that it meets: its own, those of the prefixes that it begins with, those
 *      of what begins with it;
 *   2. for every clause, over its fields: (columns without a condition there, or met by one of its values)
 *      and so on for the next field;
 *   3. a bit that is left says that two clauses, hence their sources, can have one line.
 *
 * What two sources are known to share is not looked for again. */
#include "book/book_parts.h"
#include "engine/clause.h"

#include "base/limits.h"

#include <stdlib.h>

enum {
    ON_CARE_TYPE, ON_LATERALITY, ON_CARE_CODE, ON_SUBTYPE, ON_SPECIALISM, ON_PROVIDER, ON_REFERRER,
    ON_DIAGNOSIS,
    CONDITIONS,
    SOURCES_WORDS = (CRITERIA_MAX + 1 + 63) / 64,
    BLOCK_WORDS_MAX = 64,
    BLOCK_BYTES = 48 << 20, /* of the bits of all values */
};

/* One pattern of a field of a clause. Patterns of different fields, or of different systems of diagnoses,
 * never meet. */
struct entry {
    struct pattern pattern;
    uint32_t field, value;
};
struct column {
    const struct clause *clause;
    uint32_t source, entries_from, entries_until;
};

struct meetings {
    const struct book *book;
    struct arena arena; /* given back at the end; what comes out lives in the caller's */
    int32_t *source_of_criterion; /* ABSENT: nobody's scope */
    uint32_t sources_count, trajectory;
    uint32_t *columns_from; /* [sources + 1] */
    struct column *columns;
    uint32_t columns_count, entries_count, values_count;
    struct entry *entries;
    uint32_t *uses;          /* of the entries, in order: value * CONDITIONS + field; all that is compared */
    uint32_t *parents;       /* of a value: the longest prefix that it begins with, or NONE */
    uint32_t *above_rows, above_count; /* of a value with a parent: its row of `above` */
    uint64_t (*sources_meet)[SOURCES_WORDS];
    uint32_t words;          /* of a block */
    uint64_t *above;         /* [above_count × words]: those of the prefixes that a value begins with */
    uint64_t *met;           /* [values × words]: its own and what begins with it; at last all it meets */
    bool *meets_any;         /* of a value: its row of `met` is not empty; most are, in a large book */
    uint64_t without[CONDITIONS][BLOCK_WORDS_MAX]; /* columns that have no condition there */
    bool without_any[CONDITIONS];
};
#define NONE UINT32_MAX

/* --- sources and columns --- */

static uint32_t source_of(struct meetings *meetings, int32_t criterion)
{
    int32_t *source = &meetings->source_of_criterion[criterion];
    if (*source == ABSENT)
        *source = (int32_t)meetings->sources_count++;
    return (uint32_t)*source;
}

static void number_sources(struct meetings *meetings)
{
    const struct book *book = meetings->book;
    meetings->source_of_criterion = ARENA_ARRAY(&meetings->arena, int32_t, book->criteria_count + 1);
    for (size_t i = 0; i < book->criteria_count; i++)
        meetings->source_of_criterion[i] = ABSENT;
    for (size_t b = 0; b < book->bundles_count; b++)
        for (size_t d = 0; d < book->bundles[b].definitions_count; d++)
            source_of(meetings, book->bundles[b].definitions[d].scope_include);
    meetings->trajectory = meetings->sources_count++;
}

static size_t entries_of(const struct clause *clause)
{
    return (size_t)__builtin_popcount(clause->care_types) + (size_t)__builtin_popcount(clause->lateralities) +
           clause->care_code.count + clause->subtype.count + clause->specialism.count +
           clause->provider.count + clause->referrer.count + clause->diagnosis.count;
}

static void add_source(struct meetings *meetings, uint32_t source, const struct clause *clauses, size_t count,
                       size_t *entries)
{
    for (size_t i = 0; i < count; i++) {
        meetings->columns[meetings->columns_count++] = (struct column){ &clauses[i], source, 0, 0 };
        *entries += entries_of(&clauses[i]);
    }
}

/* In the order of the sources, so that a source is a run of columns. */
static size_t add_columns(struct meetings *meetings)
{
    const struct book *book = meetings->book;
    size_t count = 1, entries = 0;
    const struct criterion **criteria =
        ARENA_ARRAY(&meetings->arena, const struct criterion *, meetings->sources_count);
    for (size_t i = 0; i < book->criteria_count; i++)
        if (meetings->source_of_criterion[i] != ABSENT) {
            criteria[meetings->source_of_criterion[i]] = &book->criteria[i];
            count += book->criteria[i].clauses_count;
        }
    meetings->columns = ARENA_ARRAY(&meetings->arena, struct column, count);
    meetings->columns_from = ARENA_ARRAY(&meetings->arena, uint32_t, meetings->sources_count + 1);
    for (uint32_t source = 0; source < meetings->trajectory; source++) {
        meetings->columns_from[source] = meetings->columns_count;
        add_source(meetings, source, criteria[source]->clauses, criteria[source]->clauses_count, &entries);
    }
    meetings->columns_from[meetings->trajectory] = meetings->columns_count;
    add_source(meetings, meetings->trajectory, &trajectory_clause, 1, &entries);
    meetings->columns_from[meetings->sources_count] = meetings->columns_count;
    return entries;
}

/* --- entries and values --- */

static void add_entry(struct meetings *meetings, struct pattern pattern, uint32_t field)
{
    meetings->entries[meetings->entries_count++] = (struct entry){ pattern, field, 0 };
}

/* A bit is a pattern of one letter. */
static void add_bits(struct meetings *meetings, uint32_t bits, uint32_t field)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
    for (; bits; bits &= bits - 1)
        add_entry(meetings, (struct pattern){ .text = { letters + __builtin_ctz(bits), 1 } }, field);
}

static void add_patterns(struct meetings *meetings, const struct patterns *patterns, uint32_t field)
{
    for (size_t i = 0; i < patterns->count; i++)
        add_entry(meetings, patterns->items[i], field);
}

static void add_entries(struct meetings *meetings, size_t count)
{
    meetings->entries = ARENA_ARRAY(&meetings->arena, struct entry, count + 1);
    for (uint32_t i = 0; i < meetings->columns_count; i++) {
        const struct clause *clause = meetings->columns[i].clause;
        meetings->columns[i].entries_from = meetings->entries_count;
        add_bits(meetings, clause->care_types, ON_CARE_TYPE);
        add_bits(meetings, clause->lateralities, ON_LATERALITY);
        add_patterns(meetings, &clause->care_code, ON_CARE_CODE);
        add_patterns(meetings, &clause->subtype, ON_SUBTYPE);
        add_patterns(meetings, &clause->specialism, ON_SPECIALISM);
        add_patterns(meetings, &clause->provider, ON_PROVIDER);
        add_patterns(meetings, &clause->referrer, ON_REFERRER);
        add_patterns(meetings, &clause->diagnosis, ON_DIAGNOSIS);
        meetings->columns[i].entries_until = meetings->entries_count;
    }
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = *(const struct entry *const *)a, *right = *(const struct entry *const *)b;
    if (left->field != right->field)
        return left->field < right->field ? -1 : 1;
    return pattern_compare(&left->pattern, &right->pattern);
}

static bool is_within(const struct entry *prefix, const struct entry *entry)
{
    return prefix->field == entry->field && prefix->pattern.system == entry->pattern.system &&
           bytes_begin_with(entry->pattern.text, prefix->pattern.text);
}

/* A prefix stands before all that begins with it, so the open ones are a stack. */
static void number_values(struct meetings *meetings)
{
    uint32_t count = meetings->entries_count, depth = 0;
    struct entry **sorted = ARENA_ARRAY(&meetings->arena, struct entry *, count + 1);
    struct entry *open[NAME_BYTES_MAX + 2];
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = &meetings->entries[i];
    qsort(sorted, count, sizeof(*sorted), compare_entries);
    meetings->parents = ARENA_ARRAY(&meetings->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && compare_entries(&sorted[i - 1], &sorted[i]) == 0) {
            sorted[i]->value = sorted[i - 1]->value;
            continue;
        }
        while (depth > 0 && !is_within(open[depth - 1], sorted[i]))
            depth--;
        sorted[i]->value = meetings->values_count++;
        meetings->parents[sorted[i]->value] = depth > 0 ? open[depth - 1]->value : NONE;
        if (sorted[i]->pattern.prefix)
            open[depth++] = sorted[i];
    }
}

static void lay_out(struct meetings *meetings, size_t block_bytes)
{
    meetings->uses = ARENA_ARRAY(&meetings->arena, uint32_t, meetings->entries_count + 1);
    for (uint32_t i = 0; i < meetings->entries_count; i++)
        meetings->uses[i] = meetings->entries[i].value * CONDITIONS + meetings->entries[i].field;
    meetings->above_rows = ARENA_ARRAY(&meetings->arena, uint32_t, meetings->values_count + 1);
    for (uint32_t value = 0; value < meetings->values_count; value++)
        if (meetings->parents[value] != NONE)
            meetings->above_rows[value] = meetings->above_count++;
    size_t rows = (size_t)meetings->values_count + meetings->above_count + 1;
    size_t fit = block_bytes / (sizeof(uint64_t) * rows);
    meetings->words = fit < 1 ? 1 : fit > BLOCK_WORDS_MAX ? BLOCK_WORDS_MAX : (uint32_t)fit;
    meetings->above =
        ARENA_ARRAY(&meetings->arena, uint64_t, (size_t)meetings->above_count * meetings->words + 1);
    meetings->met = arena_zeroed(&meetings->arena,
                                 ((size_t)meetings->values_count * meetings->words + 1) * sizeof(uint64_t));
    meetings->meets_any = arena_zeroed(&meetings->arena, meetings->values_count + 1);
}

/* --- a block --- */

static void or_into(uint64_t *into, const uint64_t *from, uint32_t words)
{
    for (uint32_t w = 0; w < words; w++)
        into[w] |= from[w];
}

static uint64_t *met_row(const struct meetings *meetings, uint32_t value)
{
    return meetings->met + (size_t)value * meetings->words;
}

static uint64_t *above_row(const struct meetings *meetings, uint32_t value)
{
    return meetings->above + (size_t)meetings->above_rows[value] * meetings->words;
}

static void enter_column(struct meetings *meetings, uint32_t column, uint32_t bit)
{
    const struct column *entered = &meetings->columns[column];
    uint32_t has = 0;
    for (uint32_t i = entered->entries_from; i < entered->entries_until; i++) {
        uint32_t value = meetings->uses[i] / CONDITIONS;
        met_row(meetings, value)[bit / 64] |= 1ull << bit % 64;
        meetings->meets_any[value] = true;
        has |= 1u << meetings->uses[i] % CONDITIONS;
    }
    for (int field = 0; field < CONDITIONS; field++)
        if (!(has & 1u << field)) {
            meetings->without[field][bit / 64] |= 1ull << bit % 64;
            meetings->without_any[field] = true;
        }
}

static void empty_block(struct meetings *meetings)
{
    for (uint32_t value = 0; value < meetings->values_count; value++)
        if (meetings->meets_any[value])
            memset(met_row(meetings, value), 0, meetings->words * sizeof(uint64_t));
    memset(meetings->meets_any, 0, meetings->values_count * sizeof(*meetings->meets_any));
    memset(meetings->without, 0, sizeof(meetings->without));
    memset(meetings->without_any, 0, sizeof(meetings->without_any));
}

/* Parents come before their children: downwards what stands above, then upwards what stands below. */
static void spread(struct meetings *meetings)
{
    for (uint32_t value = 0; value < meetings->values_count; value++) {
        uint32_t parent = meetings->parents[value];
        if (parent == NONE)
            continue;
        memcpy(above_row(meetings, value), met_row(meetings, parent), meetings->words * sizeof(uint64_t));
        if (meetings->parents[parent] != NONE)
            or_into(above_row(meetings, value), above_row(meetings, parent), meetings->words);
    }
    for (uint32_t value = meetings->values_count; value-- > 0;) {
        uint32_t parent = meetings->parents[value];
        if (parent == NONE || !meetings->meets_any[value])
            continue;
        or_into(met_row(meetings, parent), met_row(meetings, value), meetings->words);
        meetings->meets_any[parent] = true;
    }
    for (uint32_t value = 0; value < meetings->values_count; value++)
        if (meetings->parents[value] != NONE) {
            or_into(met_row(meetings, value), above_row(meetings, value), meetings->words);
            meetings->meets_any[value] = true; /* perhaps none after all, which does no harm */
        }
}

static void fill_block(struct meetings *meetings, uint32_t from, uint32_t until)
{
    empty_block(meetings);
    for (uint32_t column = from; column < until; column++)
        enter_column(meetings, column, column - from);
    spread(meetings);
}

static bool any_bit(const uint64_t *row, uint32_t words)
{
    uint64_t any = 0;
    for (uint32_t w = 0; w < words; w++)
        any |= row[w];
    return any != 0;
}

/* Leaves of `row` the columns that the clause meets; false when none is left. */
static bool meet_columns(const struct meetings *meetings, const struct column *column, uint64_t *row)
{
    uint64_t met[BLOCK_WORDS_MAX];
    bool any = true;
    for (uint32_t i = column->entries_from; i < column->entries_until && any;) {
        uint32_t field = meetings->uses[i] % CONDITIONS;
        any = meetings->without_any[field];
        memcpy(met, meetings->without[field], meetings->words * sizeof(*met));
        for (; i < column->entries_until && meetings->uses[i] % CONDITIONS == field; i++)
            if (meetings->meets_any[meetings->uses[i] / CONDITIONS]) {
                or_into(met, met_row(meetings, meetings->uses[i] / CONDITIONS), meetings->words);
                any = true;
            }
        for (uint32_t w = 0; w < meetings->words; w++)
            row[w] &= met[w];
        any = any && any_bit(row, meetings->words);
    }
    return any;
}

static void set_range(uint64_t *row, uint32_t from, uint32_t until, bool on)
{
    for (uint32_t bit = from; bit < until;) {
        uint32_t end = bit / 64 * 64 + 64 < until ? bit / 64 * 64 + 64 : until;
        uint64_t mask = (end - bit == 64 ? ~0ull : (1ull << (end - bit)) - 1) << bit % 64;
        row[bit / 64] = on ? row[bit / 64] | mask : row[bit / 64] & ~mask;
        bit = end;
    }
}

static bool sources_meet(const struct meetings *meetings, uint32_t a, uint32_t b)
{
    return meetings->sources_meet[a][b / 64] >> b % 64 & 1;
}

/* The part of a source's columns that is in the block, counted from its beginning. */
static void range_in_block(const struct meetings *meetings, uint32_t source, uint32_t from, uint32_t until,
                           uint32_t *ret_from, uint32_t *ret_until)
{
    uint32_t first = meetings->columns_from[source], behind = meetings->columns_from[source + 1];
    *ret_from = (first > from ? first : from) - from;
    *ret_until = (behind < until ? behind : until) - from;
}

/* Enters the sources of the columns in `row` as met by `source`, and takes all of their columns out of
 * `wanted`. */
static void note_meetings(struct meetings *meetings, uint32_t source, const uint64_t *row, uint32_t from,
                          uint32_t until, uint64_t *wanted)
{
    uint32_t begin, end;
    for (uint32_t w = 0; w < meetings->words; w++)
        for (uint64_t left; (left = row[w] & wanted[w]) != 0;) {
            uint32_t other = meetings->columns[from + w * 64 + (uint32_t)__builtin_ctzll(left)].source;
            meetings->sources_meet[source][other / 64] |= 1ull << other % 64;
            meetings->sources_meet[other][source / 64] |= 1ull << source % 64;
            range_in_block(meetings, other, from, until, &begin, &end);
            set_range(wanted, begin, end, false);
        }
}

/* `wanted`: the columns of the block whose source comes after this one and is not known to meet it. */
static void want_columns(const struct meetings *meetings, uint32_t source, uint32_t from, uint32_t until,
                         uint64_t *ret_wanted)
{
    uint32_t begin, end, first = meetings->columns[from].source, last = meetings->columns[until - 1].source;
    memset(ret_wanted, 0, meetings->words * sizeof(*ret_wanted));
    for (uint32_t other = first > source ? first : source + 1; other <= last; other++) {
        range_in_block(meetings, other, from, until, &begin, &end);
        if (!sources_meet(meetings, source, other))
            set_range(ret_wanted, begin, end, true);
    }
}

static void compare_block(struct meetings *meetings, uint32_t from, uint32_t until)
{
    uint64_t wanted[BLOCK_WORDS_MAX], row[BLOCK_WORDS_MAX];
    for (uint32_t source = 0; source < meetings->columns[until - 1].source; source++) {
        want_columns(meetings, source, from, until, wanted);
        for (uint32_t i = meetings->columns_from[source];
             i < meetings->columns_from[source + 1] && any_bit(wanted, meetings->words); i++) {
            memcpy(row, wanted, meetings->words * sizeof(*row));
            if (meet_columns(meetings, &meetings->columns[i], row))
                note_meetings(meetings, source, row, from, until, wanted);
        }
    }
}

/* --- from sources to bundles --- */

/* The sources of a bundle, and all that meet one of them. */
static void sources_of_bundle(struct meetings *meetings, const struct bundle *bundle,
                              uint64_t ret_has[SOURCES_WORDS], uint64_t ret_meets[SOURCES_WORDS])
{
    memset(ret_has, 0, SOURCES_WORDS * sizeof(*ret_has));
    memset(ret_meets, 0, SOURCES_WORDS * sizeof(*ret_meets));
    for (size_t d = 0; d < bundle->definitions_count; d++) {
        uint32_t include = source_of(meetings, bundle->definitions[d].scope_include);
        ret_has[include / 64] |= 1ull << include % 64;
        if (bundle->definitions[d].scope_trajectory)
            ret_has[meetings->trajectory / 64] |= 1ull << meetings->trajectory % 64;
    }
    for (uint32_t source = 0; source < meetings->sources_count; source++)
        if (ret_has[source / 64] >> source % 64 & 1)
            or_into(ret_meets, meetings->sources_meet[source], SOURCES_WORDS);
}

static bool *bundles_of(struct meetings *meetings, struct arena *arena)
{
    size_t n = meetings->book->bundles_count;
    bool *meet = arena_zeroed(arena, n * n + 1);
    uint64_t (*has)[SOURCES_WORDS] = arena_zeroed(&meetings->arena, (n + 1) * sizeof(*has));
    uint64_t meets[SOURCES_WORDS];
    for (size_t b = 0; b < n; b++) {
        sources_of_bundle(meetings, &meetings->book->bundles[b], has[b], meets);
        for (size_t a = 0; a <= b; a++) {
            uint64_t common = 0;
            for (size_t w = 0; w < SOURCES_WORDS; w++)
                common |= has[a][w] & meets[w];
            meet[a * n + b] = meet[b * n + a] = common != 0;
        }
    }
    return meet;
}

const bool *bundles_that_meet(const struct book *book, size_t block_bytes, struct arena *arena)
{
    struct meetings meetings = { .book = book };
    arena_init(&meetings.arena, 0);
    number_sources(&meetings);
    add_entries(&meetings, add_columns(&meetings));
    number_values(&meetings);
    lay_out(&meetings, block_bytes ? block_bytes : BLOCK_BYTES);
    meetings.sources_meet =
        arena_zeroed(&meetings.arena, meetings.sources_count * sizeof(*meetings.sources_meet));
    for (uint32_t source = 0; source < meetings.sources_count; source++) /* what has a line meets itself */
        meetings.sources_meet[source][source / 64] |= 1ull << source % 64;
    for (uint32_t from = 0; from < meetings.columns_count; from += meetings.words * 64) {
        uint32_t until = meetings.columns_count - from < meetings.words * 64 ? meetings.columns_count
                                                                             : from + meetings.words * 64;
        fill_block(&meetings, from, until);
        compare_block(&meetings, from, until);
    }
    bool *meet = bundles_of(&meetings, arena);
    arena_release(&meetings.arena);
    return meet;
}
