#include "pipeline/leap.h"

#include "engine/calendar.h"

#include <stdio.h>

void leap_to_text(const struct leap *leap, char ret_text[LEAP_TEXT_BYTES])
{
    char from[DAY_TEXT_BYTES], to[DAY_TEXT_BYTES];
    day_to_text(leap->from, from);
    day_to_text(leap->to, to);
    snprintf(ret_text, LEAP_TEXT_BYTES,
             "the record at \"%.200s\" partition %d offset %lld moves as_of by %d days, from %.*s to %.*s: "
             "all that waits for the clock there happens at once; if its submitted_at is wrong, correct the "
             "source",
             leap->source, (int)leap->partition, (long long)leap->offset, (int)(leap->to - leap->from),
             DAY_TEXT_BYTES, from, DAY_TEXT_BYTES, to);
}
