#include "pipeline/rule_change.h"

void rule_change_compute(struct rule_change *change, struct fold *fold, struct kept *kept)
{
    change->computed = !fold_recompute(fold, change->cause, kept);
}

void rule_change_note(const struct rule_change *change, size_t kept_count, struct note *note)
{
    note->step = 0;
    note->sent = 0;
    if (!change->under_way)
        return;
    note->sent = change->sent + (int64_t)kept_count;
    if (!change->computed)
        note->step = change->step + 1;
}

void rule_change_settle(struct rule_change *change, const struct note *note)
{
    if (!change->under_way)
        return;
    change->step = note->step;
    change->sent = note->sent;
    change->under_way = note->step > 0;
}
