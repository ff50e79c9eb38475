#include "pipeline/rule_change.h"

void rule_change_compute(struct rule_change *change, struct fold *fold, struct kept *kept)
{
    size_t before = kept->count;
    change->computed = !fold_recompute(fold, change->cause, kept);
    size_t added = kept->count - before;
    if (change->skip == 0 || added == 0)
        return;
    /* Nothing is kept while something is left out: both begin at the first output of the change. */
    size_t left_out = change->skip < (int64_t)added ? (size_t)change->skip : added;
    kept_drop_first(kept, left_out);
    change->skip -= (int64_t)left_out;
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
