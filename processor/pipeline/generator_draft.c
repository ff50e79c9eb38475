#include "pipeline/generator_draft.h"

#include "base/array.h"
#include "base/must.h"
#include "engine/calendar.h"

#include <stdlib.h>

const struct spread lags[LAG_COUNT] = {
    [LAG_SOON] = { { 1, 2, 9, 35, 90, 200 } },        [LAG_MONTHLY] = { { 2, 5, 25, 60, 150, 365 } },
    [LAG_PRACTICE] = { { 1, 3, 30, 100, 200, 365 } }, [LAG_PRODUCT] = { { 45, 50, 70, 120, 250, 400 } },
    [LAG_FOLLOW_UP] = { { 90, 100, 145, 190, 320, 450 } },
};

#define TEXT_OR_NULL(text) { sizeof(text) > 1 ? (text) : NULL, sizeof(text) - 1 }
#define AS_CARE(NAME, type, code, diagnosis_system, diagnosis_code, specialism_code, sub, whose, lag_name,   \
                ...)                                                                                         \
    [GENERATED_##NAME] = { .care_type = CARE_##type,                                                         \
                           .system = SYSTEM_##diagnosis_system,                                              \
                           .lag = LAG_##lag_name,                                                            \
                           .care_code = TEXT_OR_NULL(code),                                                  \
                           .diagnosis = TEXT_OR_NULL(diagnosis_code),                                        \
                           .specialism = TEXT_OR_NULL(specialism_code),                                      \
                           .subtype = TEXT_OR_NULL(sub),                                                     \
                           .who = whose,                                                                     \
                           .cents = { { __VA_ARGS__ } } },
const struct care cares[GENERATED_CARE_COUNT] = { CARES(AS_CARE) };
#undef AS_CARE

/* --- draws ---------------------------------------------------------------------------------------------- */

int32_t draw_spread(struct draws *draws, const struct spread *spread)
{
    static const uint32_t permille[] = { 0, 100, 500, 900, 990, 1000 };
    uint32_t at = draw_below(draws, 1000);
    size_t part = 0;
    while (at >= permille[part + 1])
        part++;
    int32_t low = spread->at[part], high = spread->at[part + 1];
    return low == high ? low : draw_between(draws, low, high);
}

int64_t draw_office_moment(struct draws *draws, int32_t day)
{
    return day * DAY_MILLISECONDS + 9 * 3600000 + draw_below(draws, 8 * 3600) * 1000LL;
}

uint64_t person_mixed(uint64_t seed, uint32_t person, uint64_t what)
{
    return mix64((seed + what) * 0x9e3779b97f4a7c15u + person);
}

int32_t person_birth(uint64_t seed, uint32_t person)
{
    return -14610 /* 1930 */ + (int32_t)(person_mixed(seed, person, 1) % (93 * 365));
}

int32_t person_insurer(uint64_t seed, uint32_t person)
{
    uint64_t part = person_mixed(seed, person, 2) % 100;
    return part < 55 ? 3311 : part < 85 ? 3312 : 3313;
}

/* --- what waits ----------------------------------------------------------------------------------------- */

static bool draft_before(const struct draft *a, const struct draft *b)
{
    return a->submitted_at != b->submitted_at ? a->submitted_at < b->submitted_at : a->drawn < b->drawn;
}

void drafts_add(struct drafts *drafts, struct draft draft)
{
    if (draft.submitted_at > drafts->end)
        return;
    ARRAY_ROOM(drafts->items, drafts->count, drafts->capacity);
    draft.drawn = drafts->drawn++;
    size_t at = drafts->count++;
    while (at > 0 && draft_before(&draft, &drafts->items[(at - 1) / 2])) {
        drafts->items[at] = drafts->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    drafts->items[at] = draft;
}

struct draft drafts_take(struct drafts *drafts)
{
    must(drafts->count > 0);
    struct draft top = drafts->items[0], last = drafts->items[--drafts->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= drafts->count)
            break;
        if (child + 1 < drafts->count && draft_before(&drafts->items[child + 1], &drafts->items[child]))
            child++;
        if (!draft_before(&drafts->items[child], &last))
            break;
        drafts->items[at] = drafts->items[child];
        at = child;
    }
    drafts->items[at] = last;
    return top;
}
