#include "engine/side.h"

char laterality_side(uint8_t laterality)
{
    static const char sides[LATERALITY_COUNT] = {
        [LATERALITY_NONE] = 'U', [LATERALITY_LEFT] = 'L', [LATERALITY_RIGHT] = 'R', [LATERALITY_BOTH] = 'B'
    };
    return sides[laterality];
}

char line_side(const struct line *line, const struct definition *definition)
{
    return definition->sides == SIDES_NONE ? '-' : laterality_side(line->declaration.laterality);
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
    if (sides == SIDES_NONE || laterality == LATERALITY_NONE || laterality == LATERALITY_BOTH ||
        side_is_any(side))
        return true;
    return side == (laterality == LATERALITY_LEFT ? 'L' : 'R');
}

bool episode_compatible(const struct episode *episode, const struct placed *placed)
{
    return side_compatible(placed->line, episode->definition->sides, episode->side);
}
