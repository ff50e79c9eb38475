/* credit.c - which debit a credit takes back (§3), and what is different because of it. */
#include "explain/explained.h"

#include "engine/recompute.h"

static const struct placed *line_without(const struct history *history, const struct line *line)
{
    for (size_t i = 0; i < history->lines_count; i++)
        if (history->lines[i].line == line)
            return &history->lines[i];
    return NULL;
}

static void add_placed(struct text *text, const struct placed *placed)
{
    text_add_status(text, placed->status, placed->reason);
    for (size_t i = 0; i < placed->shares_count; i++) {
        TEXT_ADD(text, ", ");
        text_add(text, placed->shares[i].episode->key);
        TEXT_ADD(text, " ");
        text_add_euros(text, placed->shares[i].cents);
    }
}

static bool placed_same(const struct placed *a, const struct placed *b)
{
    if (a->status != b->status || a->reason != b->reason || a->shares_count != b->shares_count)
        return false;
    for (size_t i = 0; i < a->shares_count; i++)
        if (!bytes_equal(a->shares[i].episode->key, b->shares[i].episode->key) ||
            a->shares[i].cents != b->shares[i].cents)
            return false;
    return true;
}

static const struct episode *episode_of(const struct history *history, int32_t insurer, struct bytes key)
{
    for (size_t i = 0; i < history->lanes_count; i++)
        for (size_t k = 0; k < history->lanes[i].episodes_count; k++)
            if (history->lanes[i].insurer == insurer && bytes_equal(history->lanes[i].episodes[k]->key, key))
                return history->lanes[i].episodes[k];
    return NULL;
}

static void say_episode_change(struct page *page, const struct episode *now, const struct episode *without)
{
    const struct episode *any = now ? now : without;
    struct text text = page_text(page);
    text_add(&text, any->key);
    if (!without) {
        TEXT_ADD(&text, " would not be there");
    } else if (!now) {
        TEXT_ADD(&text, " would be there, at a cost of ");
        text_add_euros(&text, without->cost);
    } else {
        TEXT_ADD(&text, ": would last from ");
        text_add_day(&text, without->opens_window);
        TEXT_ADD(&text, " to ");
        text_add_day(&text, without->closes_on);
        TEXT_ADD(&text, " and cost ");
        text_add_euros(&text, without->cost);
        TEXT_ADD(&text, ", not ");
        text_add_euros(&text, now->cost);
    }
    page_say(page, 4, &text);
}

static bool episode_same(const struct episode *a, const struct episode *b)
{
    return a && b && a->opens_window == b->opens_window && a->closes_on == b->closes_on &&
           a->cost == b->cost && a->budget == b->budget;
}

/* Those of one history that are not so in the other. */
static size_t say_episode_changes(struct page *page, const struct history *now, const struct history *without)
{
    size_t changes = 0;
    for (size_t i = 0; i < now->lanes_count; i++)
        for (size_t k = 0; k < now->lanes[i].episodes_count; k++) {
            const struct episode *episode = now->lanes[i].episodes[k],
                                 *other = episode_of(without, now->lanes[i].insurer, episode->key);
            if (episode_same(episode, other))
                continue;
            say_episode_change(page, episode, other);
            changes++;
        }
    for (size_t i = 0; i < without->lanes_count; i++)
        for (size_t k = 0; k < without->lanes[i].episodes_count; k++)
            if (!episode_of(now, without->lanes[i].insurer, without->lanes[i].episodes[k]->key)) {
                say_episode_change(page, NULL, without->lanes[i].episodes[k]);
                changes++;
            }
    return changes;
}

static size_t say_line_changes(struct page *page, const struct history *now, const struct history *without)
{
    size_t changes = 0;
    for (size_t i = 0; i < now->lines_count; i++) {
        const struct placed *placed = &now->lines[i], *other = line_without(without, placed->line);
        if (!other || placed_same(placed, other))
            continue;
        struct text text = page_text(page);
        text_add_line(&text, placed);
        TEXT_ADD(&text, " would be ");
        add_placed(&text, other);
        TEXT_ADD(&text, "; it is ");
        add_placed(&text, placed);
        page_say(page, 4, &text);
        changes++;
    }
    return changes;
}

/* What the rules make of the same person without that credit. */
static void say_without(const struct explained *explained, struct page *page, const struct placed *credit)
{
    const struct history *now = &explained->history;
    struct history without;
    struct line **lines = ARENA_ARRAY(&page->arena, struct line *, now->lines_count);
    size_t count = 0;
    for (size_t i = 0; i < now->lines_count; i++)
        if (now->lines[i].line != credit->line)
            lines[count++] = now->lines[i].line;
    history_compute(&without, now->rules, &page->arena, now->insured, now->as_of, lines, count);
    struct text text = page_text(page);
    text_add(&text, placed_declaration(credit)->kind == KIND_CREDIT
                        ? BYTES("What the credit changed: without ")
                        : BYTES("What the release changed: without "));
    text_add_line(&text, credit);
    page_say(page, 2, &text);
    if (say_line_changes(page, now, &without) + say_episode_changes(page, now, &without) > 0)
        return;
    text = page_text(page);
    TEXT_ADD(&text, "nothing would be different");
    page_say(page, 4, &text);
}

void explain_credit(const struct explained *explained, struct page *page, const struct placed *credit)
{
    const struct declaration *declaration = placed_declaration(credit);
    const struct placed *original = explained_line(explained, declaration->credits_id);
    struct text text = page_text(page);
    page_title(page, "Credit");
    TEXT_ADD(&text, "it takes back ");
    text_add_quoted(&text, declaration->credits_id);
    if (!original) {
        TEXT_ADD(&text, ", which has not come (yet)");
    } else {
        TEXT_ADD(&text, ": ");
        text_add_credit_condition(&text, explained->options->book, credit, original);
        if (original->status == STATUS_CREDITED && credit->status != STATUS_CREDIT_APPLIED) {
            text_add(&text, credit->status == STATUS_CREDIT_EXCESS ? BYTES(", but ") : BYTES(", and "));
            text_add_quoted(&text, original->evidence);
            TEXT_ADD(&text, " had taken it back already");
        }
    }
    page_say(page, 2, &text);
    say_without(explained, page, credit);
}

void explain_release(const struct explained *explained, struct page *page, const struct placed *release)
{
    struct text text = page_text(page);
    page_title(page, "Release");
    TEXT_ADD(&text, "it lets stand ");
    text_add_quoted(&text, placed_declaration(release)->credits_id);
    switch (release->status) {
    case STATUS_RELEASE_PENDING: TEXT_ADD(&text, ", which has not come (yet)"); break;
    case STATUS_RELEASE_MISMATCH:
        TEXT_ADD(&text, ", which is no debit of its insurer within the horizon");
        break;
    case STATUS_RELEASE_EXCESS: TEXT_ADD(&text, ", which another release does already"); break;
    default: break;
    }
    page_say(page, 2, &text);
    say_without(explained, page, release);
}

void explain_credited(const struct explained *explained, struct page *page, const struct placed *placed)
{
    const struct placed *credit = explained_line(explained, placed->evidence);
    struct text text = page_text(page);
    page_title(page, "Credit");
    TEXT_ADD(&text, "taken back by ");
    text_add_quoted(&text, placed->evidence);
    page_say(page, 2, &text);
    if (credit)
        say_without(explained, page, credit);
}
