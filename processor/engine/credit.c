#include "engine/credit.h"

#include "base/sort.h"
#include "engine/provider.h"

/* By the id that is taken back, then (submitted_at, declaration_id). */
static int credit_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int order = bytes_compare(placed_declaration(x)->credits_id, placed_declaration(y)->credits_id);
    return order ? order : line_submitted_compare(x->line, y->line);
}

static int id_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return bytes_compare(placed_declaration(x)->declaration_id, placed_declaration(y)->declaration_id);
}

static struct placed *find_original(struct placed *const by_id[], size_t count, struct bytes id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(placed_declaration(by_id[middle])->declaration_id, id);
        if (order == 0)
            return by_id[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

enum credit_condition credit_condition(const struct book *book, const struct placed *credit,
                                       const struct placed *original)
{
    const struct declaration *c = placed_declaration(credit), *x = placed_declaration(original);
    if (x->kind == KIND_CREDIT)
        return CREDIT_OF_NO_DEBIT;
    if (original->line->out_of_horizon)
        return CREDIT_OF_OUT_OF_HORIZON;
    if (!same_provider(book, x->provider, c->provider))
        return CREDIT_OF_OTHER_PROVIDER;
    if (x->insurer != c->insurer)
        return CREDIT_OF_OTHER_INSURER;
    return x->amount == c->amount ? CREDIT_MATCHES : CREDIT_OF_OTHER_AMOUNT;
}

static void credit_decide(const struct book *book, struct placed *credit, struct placed *original)
{
    if (credit->line->out_of_horizon)
        return;
    credit->status = STATUS_CREDIT_PENDING;
    if (!original)
        return;
    credit->evidence = placed_declaration(original)->declaration_id;
    if (credit_condition(book, credit, original) != CREDIT_MATCHES) {
        credit->status = STATUS_CREDIT_MISMATCH;
    } else if (original->status == STATUS_CREDITED) {
        credit->status = STATUS_CREDIT_EXCESS;
    } else {
        credit->status = STATUS_CREDIT_APPLIED;
        original->status = STATUS_CREDITED;
        original->evidence = placed_declaration(credit)->declaration_id;
    }
}

static bool release_matches(const struct placed *release, const struct placed *original)
{
    const struct declaration *x = placed_declaration(original);
    return x->kind == KIND_DEBIT && !original->line->out_of_horizon &&
           x->insurer == placed_declaration(release)->insurer;
}

/* Of one that is neither out of the horizon nor credited. */
static void release_decide(struct placed *release, struct placed *original)
{
    release->status = STATUS_RELEASE_PENDING;
    if (!original)
        return;
    release->evidence = placed_declaration(original)->declaration_id;
    if (!release_matches(release, original)) {
        release->status = STATUS_RELEASE_MISMATCH;
    } else if (original->released) {
        release->status = STATUS_RELEASE_EXCESS;
    } else {
        release->status = STATUS_RELEASE_APPLIED;
        original->released = true;
    }
}

void credits_apply(struct history *history)
{
    size_t count = history->lines_count, credits_count = 0;
    struct placed **credits = ARENA_ARRAY(history->arena, struct placed *, count);
    for (size_t i = 0; i < count; i++) {
        struct placed *placed = &history->lines[i];
        if (placed->line->out_of_horizon)
            placed->status = STATUS_OUT_OF_HORIZON;
        if (placed_declaration(placed)->kind != KIND_DEBIT)
            credits[credits_count++] = placed;
    }
    if (credits_count == 0)
        return;
    struct placed **by_id = ARENA_ARRAY(history->arena, struct placed *, count);
    const void **scratch = ARENA_ARRAY(history->arena, const void *, count);
    for (size_t i = 0; i < count; i++)
        by_id[i] = &history->lines[i];
    sort_stable((const void **)by_id, count, id_compare, scratch);
    sort_stable((const void **)credits, credits_count, credit_compare, scratch);
    for (size_t i = 0; i < credits_count; i++) {
        struct placed *original = find_original(by_id, count, placed_declaration(credits[i])->credits_id);
        credits[i]->named = original; /* also when out of the horizon: they are forgotten together (§2) */
        if (placed_declaration(credits[i])->kind == KIND_CREDIT)
            credit_decide(history->rules->book, credits[i], original);
    }
    for (size_t i = 0; i < credits_count; i++) /* what is credited never was */
        if (credits[i]->status == STATUS_COUNT)
            release_decide(credits[i], credits[i]->named);
}
