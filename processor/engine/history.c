#include "engine/history.h"

#include "base/must.h"
#include "base/order.h"

char line_side(const struct line *line, const struct definition *definition)
{
    static const char sides[LATERALITY_COUNT] = { [LATERALITY_NONE] = 'U', [LATERALITY_LEFT] = 'L', [LATERALITY_RIGHT] = 'R', [LATERALITY_BOTH] = 'B' };
    return definition->sides == SIDES_NONE ? '-' : sides[line->declaration.laterality];
}

static bool side_is_any(char side)
{
    return side == 'B' || side == 'U';
}

bool sides_meet(char a, char b)
{
    return a == b || side_is_any(a) || side_is_any(b);
}

bool side_compatible(const struct line *line, enum sides sides, char side)
{
    uint8_t laterality = line->declaration.laterality;
    if (sides == SIDES_NONE || laterality == LATERALITY_NONE || laterality == LATERALITY_BOTH || side_is_any(side))
        return true;
    return side == (laterality == LATERALITY_LEFT ? 'L' : 'R');
}

const struct definition *definition_on(const struct bundle *bundle, int32_t day)
{
    for (size_t i = 0; i < bundle->definitions_count; i++)
        if (bundle->definitions[i].from <= day && day <= bundle->definitions[i].until)
            return &bundle->definitions[i];
    return NULL;
}

bool contract_lists(const struct contract *contract, struct bytes provider)
{
    for (size_t i = 0; i < contract->providers_count; i++)
        if (bytes_equal(contract->providers[i], provider))
            return true;
    return contract->providers_count == 0;
}

static bool contract_insures(const struct contract *contract, int32_t insurer)
{
    for (size_t i = 0; i < contract->insurers_count; i++)
        if (contract->insurers[i] == insurer)
            return true;
    return contract->insurers_count == 0;
}

enum contract_condition contract_condition(const struct contract *contract, uint32_t bundle, int32_t insurer, struct bytes provider, int32_t opened_on)
{
    if ((uint32_t)contract->bundle != bundle)
        return CONTRACT_OF_ANOTHER_BUNDLE;
    if (opened_on < contract->from || opened_on > contract->until)
        return CONTRACT_NOT_IN_FORCE;
    if (!contract_insures(contract, insurer))
        return CONTRACT_OF_OTHER_INSURERS;
    return contract_lists(contract, provider) ? CONTRACT_FITS : CONTRACT_OF_OTHER_PROVIDERS;
}

const struct contract *contract_that_fits(const struct book *book, uint32_t bundle, int32_t insurer, struct bytes provider, int32_t opened_on)
{
    for (size_t i = 0; i < book->contracts_count; i++) {
        const struct contract *contract = &book->contracts[i];
        if (contract_condition(contract, bundle, insurer, provider, opened_on) == CONTRACT_FITS)
            return contract;
    }
    return NULL;
}

struct episode *lane_add_episode(struct history *history, struct lane *lane)
{
    if (lane->episodes_count == lane->episodes_capacity) {
        size_t capacity = lane->episodes_capacity ? lane->episodes_capacity * 2 : 4;
        struct episode **episodes = ARENA_ARRAY(history->arena, struct episode *, capacity);
        if (lane->episodes_count)
            memcpy(episodes, lane->episodes, lane->episodes_count * sizeof(*episodes));
        lane->episodes = episodes;
        lane->episodes_capacity = capacity;
    }
    struct episode *episode = arena_zeroed(history->arena, sizeof(*episode));
    lane->episodes[lane->episodes_count++] = episode;
    return episode;
}

static int care_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return line_care_compare(x->line, y->line);
}

static int insurer_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int32_t i = placed_declaration(x)->insurer, j = placed_declaration(y)->insurer;
    return (i > j) - (i < j);
}

static void standing_order(struct history *history)
{
    const void **scratch = ARENA_ARRAY(history->arena, const void *, history->lines_count);
    history->standing = ARENA_ARRAY(history->arena, struct placed *, history->lines_count);
    for (size_t i = 0; i < history->lines_count; i++)
        if (history->lines[i].standing)
            history->standing[history->standing_count++] = &history->lines[i];
    order_pointers((const void **)history->standing, history->standing_count, care_compare, scratch);
}

/* A lane is a run of one insurer in a stable sort of the care order. */
void lanes_make(struct history *history)
{
    standing_order(history);
    size_t count = history->standing_count;
    struct placed **by_insurer = ARENA_ARRAY(history->arena, struct placed *, count);
    const void **scratch = ARENA_ARRAY(history->arena, const void *, count);
    if (count)
        memcpy(by_insurer, history->standing, count * sizeof(*by_insurer));
    order_pointers((const void **)by_insurer, count, insurer_compare, scratch);
    history->lanes = ARENA_ARRAY(history->arena, struct lane, count);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || insurer_compare(by_insurer[i - 1], by_insurer[i]) != 0)
            history->lanes[history->lanes_count++] = (struct lane){ .insurer = placed_declaration(by_insurer[i])->insurer, .lines = by_insurer + i };
        history->lanes[history->lanes_count - 1].lines_count++;
    }
}

static void history_init(struct history *history, const struct rules *rules, struct arena *arena, struct bytes insured, int32_t as_of,
                         struct line *const lines[], size_t lines_count)
{
    *history = (struct history){ .rules = rules, .arena = arena, .insured = insured, .as_of = as_of, .lines_count = lines_count };
    history->lines = ARENA_ARRAY(arena, struct placed, lines_count);
    for (size_t i = 0; i < lines_count; i++)
        history->lines[i] = (struct placed){ .line = lines[i], .status = STATUS_COUNT };
}

static void history_steps(struct history *history)
{
    credits_apply(history);
    duplicates_hold(history);
    lanes_make(history);
    for (size_t i = 0; i < history->lanes_count; i++)
        episodes_find(history, &history->lanes[i]);
    for (size_t i = 0; i < history->lanes_count; i++)
        lane_allocate(history, &history->lanes[i]);
    decisions_settle(history);
    for (size_t i = 0; i < history->lanes_count; i++)
        lane_settle(history, &history->lanes[i]);
}

void history_compute(struct history *history, const struct rules *rules, struct arena *arena, struct bytes insured, int32_t as_of,
                     struct line *const lines[], size_t lines_count)
{
    history_init(history, rules, arena, insured, as_of, lines, lines_count);
    history_steps(history);
}

void history_explain(struct history *history, const struct rules *rules, struct arena *arena, struct bytes insured, int32_t as_of,
                     struct line *const lines[], size_t lines_count, struct explanation *explanation)
{
    history_init(history, rules, arena, insured, as_of, lines, lines_count);
    history->explanation = explanation;
    history_steps(history);
}
