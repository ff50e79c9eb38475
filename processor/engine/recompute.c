#include "engine/recompute.h"

#include "engine/after_end.h"
#include "engine/allocation.h"
#include "engine/credit.h"
#include "engine/decision.h"
#include "engine/duplicate.h"
#include "engine/episode.h"
#include "engine/lane.h"
#include "engine/settlement.h"

static void history_init(struct history *history, const struct rules *rules, struct arena *arena,
                         struct bytes insured, int32_t as_of, struct line *const lines[], size_t lines_count)
{
    *history = (struct history){
        .rules = rules, .arena = arena, .insured = insured, .as_of = as_of, .lines_count = lines_count
    };
    history->lines = ARENA_ARRAY(arena, struct placed, lines_count);
    for (size_t i = 0; i < lines_count; i++)
        history->lines[i] = (struct placed){ .line = lines[i], .status = STATUS_COUNT };
}

static void history_steps(struct history *history)
{
    credits_apply(history);
    ends_of_care_apply(history);
    duplicates_hold(history);
    lanes_make(history);
    for (size_t i = 0; i < history->lanes_count; i++)
        episodes_find(history, &history->lanes[i]);
    for (size_t i = 0; i < history->lanes_count; i++)
        lane_allocate(history, &history->lanes[i]);
    decisions_account(history);
    for (size_t i = 0; i < history->lanes_count; i++)
        lane_settle(history, &history->lanes[i]);
}

void history_compute(struct history *history, const struct rules *rules, struct arena *arena,
                     struct bytes insured, int32_t as_of, struct line *const lines[], size_t lines_count)
{
    history_init(history, rules, arena, insured, as_of, lines, lines_count);
    history_steps(history);
}

void history_explain(struct history *history, const struct rules *rules, struct arena *arena,
                     struct bytes insured, int32_t as_of, struct line *const lines[], size_t lines_count,
                     struct explanation *explanation)
{
    history_init(history, rules, arena, insured, as_of, lines, lines_count);
    history->explanation = explanation;
    history_steps(history);
}
