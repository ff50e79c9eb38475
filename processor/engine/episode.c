#include "engine/episode.h"

#include "base/array.h"
#include "base/must.h"
#include "engine/calendar.h"
#include "engine/contract.h"
#include "engine/explain.h"
#include "engine/lane.h"
#include "engine/provider.h"
#include "engine/side.h"
#include "engine/text.h"
#include "engine/window.h"

/* An opener that g excluded: its follow-up does not open a second time (c). */
struct excluded {
    const struct placed *placed;
    int32_t start, reach_days;
    char side;
};

/* The walk of one bundle over the lines of one insurer. */
struct walk {
    struct history *history;
    struct lane *lane;
    uint32_t bundle_at;
    const struct bundle *bundle;
    struct excluded *excluded;
    size_t excluded_count;
    /* standing lines that the criterion below accepts, in care order; found when h asks first */
    struct placed **openers;
    size_t openers_count;
    int32_t openers_criterion;
};

static bool starts_within(const struct placed *placed, int32_t first, int32_t last)
{
    return placed_start(placed) >= first && placed_start(placed) <= last;
}

static bool same_sides(const struct line *line, const struct opener *opener)
{
    return side_compatible(line, opener->definition->sides, opener->side);
}

const struct definition *definition_on(const struct bundle *bundle, int32_t day)
{
    for (size_t i = 0; i < bundle->definitions_count; i++)
        if (bundle->definitions[i].from <= day && day <= bundle->definitions[i].until)
            return &bundle->definitions[i];
    return NULL;
}

/* a */
static bool is_opener(const struct walk *walk, struct placed *placed, struct opener *ret_opener)
{
    const struct definition *definition = definition_on(walk->bundle, placed_start(placed));
    if (!definition || !line_accepted_by(placed->line, definition->opens_criterion))
        return false;
    *ret_opener = (struct opener){
        .placed = placed,
        .line = placed->line,
        .definition = definition,
        .start = placed_start(placed),
        .side = line_side(placed->line, definition),
        .bundle_at = walk->bundle_at,
        .lane = walk->lane,
    };
    return true;
}

/* b */
static bool age_is_within(const struct opener *opener)
{
    int32_t age = age_on(opener->line->declaration.birth_date, opener->start);
    return age >= opener->definition->min_age && age <= opener->definition->max_age;
}

static bool is_other(const struct placed *placed)
{
    return placed_declaration(placed)->care_type == CARE_OTHER;
}

static bool two_trajectories(const struct declaration *a, const struct declaration *b)
{
    return !bytes_is_null(a->trajectory) && !bytes_is_null(b->trajectory) &&
           !bytes_equal(a->trajectory, b->trajectory);
}

/* Of one provider, specialism and diagnosis, but of two trajectories: two hips, perhaps. */
static bool may_be_another_side(const struct book *book, const struct declaration *a,
                                const struct declaration *b)
{
    return bytes_equal(a->specialism, b->specialism) && a->diagnosis_system == b->diagnosis_system &&
           bytes_equal(a->diagnosis, b->diagnosis) && two_trajectories(a, b) &&
           same_provider(book, a->provider, b->provider);
}

/* To be asked when all lines have been walked: the first product may come after a notice that was
 * absorbed. */
static bool side_is_questioned(const struct book *book, const struct side_question *question)
{
    const struct episode *episode = question->episode;
    if (episode->side != question->side)
        return (episode->side == 'U' || question->side == 'U') && !is_other(episode->opening);
    return episode->side == 'U' && episode->first_product &&
           may_be_another_side(book, placed_declaration(question->line),
                               placed_declaration(episode->first_product));
}

/* Keeps those of the questions from `first` on that are ones. */
static void lane_keep_questions(const struct book *book, struct lane *lane, size_t first)
{
    size_t kept = first;
    for (size_t i = first; i < lane->questions_count; i++)
        if (side_is_questioned(book, &lane->questions[i]))
            lane->questions[kept++] = lane->questions[i];
    lane->questions_count = kept;
}

static void lane_add_question(struct walk *walk, const struct episode *episode, const struct opener *opener)
{
    struct lane *lane = walk->lane;
    ARENA_ARRAY_ROOM(walk->history->arena, lane->questions, lane->questions_count, lane->questions_capacity);
    lane->questions[lane->questions_count++] =
        (struct side_question){ episode, opener->placed, opener->side };
}

static bool absorbs(const struct walk *walk, const struct episode *episode, const struct opener *opener)
{
    return episode->bundle_at == walk->bundle_at && sides_meet(episode->side, opener->side) &&
           episode->opened_on <= opener->start &&
           opener->start <= episode->closes_on + episode->definition->clean_days;
}

static bool excluded_absorbs(const struct excluded *excluded, const struct opener *opener)
{
    return sides_meet(excluded->side, opener->side) && opener->start >= excluded->start &&
           opener->start <= excluded->start + excluded->reach_days;
}

/* c, and the questions that it may raise */
static bool is_absorbed(struct walk *walk, struct opener *opener)
{
    for (size_t i = 0; i < walk->lane->episodes_count; i++) {
        struct episode *episode = walk->lane->episodes[i];
        if (!absorbs(walk, episode, opener))
            continue;
        if (!opener->episode)
            opener->episode = episode;
        if (episode->side == 'U' || opener->side == 'U')
            lane_add_question(walk, episode, opener);
        if (!episode->first_product && !is_other(opener->placed))
            episode->first_product = opener->placed;
    }
    for (size_t i = 0; i < walk->excluded_count && !opener->episode && !opener->other; i++)
        if (excluded_absorbs(&walk->excluded[i], opener))
            opener->other = walk->excluded[i].placed;
    return opener->episode || opener->other;
}

/* d */
static bool is_suppressed(const struct walk *walk, struct opener *opener)
{
    const struct book *book = walk->history->rules->book;
    for (size_t i = 0; i < walk->lane->episodes_count; i++) {
        const struct episode *episode = walk->lane->episodes[i];
        if (book->suppresses[episode->bundle_at * book->bundles_count + walk->bundle_at] &&
            episode->opened_on <= opener->start && opener->start <= episode->closes_on) {
            opener->episode = episode;
            return true;
        }
    }
    return false;
}

/* The provider of the first in care order that answers for the opening (opens.attribute), else the opener's
 * own. */
static struct bytes attributed_provider(const struct lane *lane, const struct definition *definition,
                                        const struct line *line, char side)
{
    const struct near_criterion *attribute = &definition->attribute;
    int32_t start = line->declaration.start_date;
    for (size_t i = 0; i < lane->lines_count && attribute->criterion != ABSENT; i++) {
        const struct placed *other = lane->lines[i];
        if (line_accepted_by(other->line, attribute->criterion) &&
            side_compatible(other->line, definition->sides, side) &&
            starts_within(other, start + attribute->from_day, start + attribute->to_day))
            return placed_declaration(other)->provider;
    }
    return line->declaration.provider;
}

static const struct lane *lane_of(const struct history *history, int32_t insurer)
{
    for (size_t i = 0; i < history->lanes_count; i++)
        if (history->lanes[i].insurer == insurer)
            return &history->lanes[i];
    must(!"every standing line has a lane");
    return NULL;
}

/* h: an earlier product at a provider for whom no contract fits does not disturb the quiet. */
static bool is_counted_for_quiet(const struct walk *walk, const struct opener *opener,
                                 const struct placed *other)
{
    const struct declaration *x = placed_declaration(other), *o = &opener->line->declaration;
    const struct book *book = walk->history->rules->book;
    if (two_trajectories(x, o) && same_provider(book, x->provider, o->provider))
        return false;
    if (opener->definition->shadow)
        return true;
    const struct lane *lane = lane_of(walk->history, x->insurer);
    struct bytes provider = attributed_provider(lane, opener->definition, other->line,
                                                line_side(other->line, opener->definition));
    return contract_that_fits(book, walk->bundle_at, o->insurer, provider, opener->start) != NULL;
}

/* The lines that h has to look at are few among many: a person of 100,000 lines has a thousand products. */
static void find_openers(struct walk *walk, int32_t criterion)
{
    const struct history *history = walk->history;
    if (walk->openers && walk->openers_criterion == criterion)
        return;
    if (!walk->openers)
        walk->openers = ARENA_ARRAY(history->arena, struct placed *, history->standing_count);
    walk->openers_criterion = criterion;
    walk->openers_count = 0;
    for (size_t i = 0; i < history->standing_count; i++)
        if (line_accepted_by(history->standing[i]->line, criterion))
            walk->openers[walk->openers_count++] = history->standing[i];
}

/* h */
static bool is_fresh(struct walk *walk, struct opener *opener)
{
    int32_t quiet_days = opener->definition->quiet_days;
    if (quiet_days == ABSENT)
        return true;
    find_openers(walk, opener->definition->opens_criterion);
    for (size_t i = 0; i < walk->openers_count; i++) {
        const struct placed *other = walk->openers[i];
        if (other == opener->placed)
            break; /* the rest comes after it in care order */
        if (same_sides(other->line, opener) &&
            placed_declaration(other)->end_date >= opener->start - quiet_days &&
            is_counted_for_quiet(walk, opener, other)) {
            opener->other = other;
            return false;
        }
    }
    return true;
}

/* e */
static bool is_confirmed(const struct walk *walk, struct opener *opener)
{
    const struct near_criterion *confirm = &opener->definition->confirm;
    if (confirm->criterion == ABSENT)
        return true;
    for (size_t i = 0; i < walk->lane->lines_count; i++) {
        const struct placed *other = walk->lane->lines[i];
        if (other != opener->placed && line_accepted_by(other->line, confirm->criterion) &&
            same_sides(other->line, opener) &&
            starts_within(other, opener->start + confirm->from_day, opener->start + confirm->to_day)) {
            opener->other = other;
            return true;
        }
    }
    return false;
}

/* g: of an entry that truncates only day 0 of its range counts here, if it has it. */
static bool entry_excludes(const struct walk *walk, struct opener *opener, const struct exclude_entry *entry)
{
    int32_t from = entry->truncate ? 0 : entry->from_day, to = entry->truncate ? 0 : entry->to_day;
    if (entry->truncate && (entry->from_day > 0 || entry->to_day < 0))
        return false;
    for (size_t i = 0; i < walk->lane->lines_count; i++)
        if (line_accepted_by(walk->lane->lines[i]->line, entry->criterion) &&
            starts_within(walk->lane->lines[i], opener->start + from, opener->start + to)) {
            opener->exclude = entry;
            opener->other = walk->lane->lines[i];
            return true;
        }
    return false;
}

static bool is_excluded(const struct walk *walk, struct opener *opener)
{
    for (size_t i = 0; i < opener->definition->excludes_count; i++)
        if (entry_excludes(walk, opener, &opener->definition->excludes[i]))
            return true;
    return false;
}

struct bytes episode_key(struct arena *arena, struct bytes bundle, char side, int32_t opened_on)
{
    struct text key = text_begin(arena);
    text_add(&key, bundle);
    TEXT_ADD(&key, "/");
    text_add(&key, (struct bytes){ &side, 1 });
    TEXT_ADD(&key, "/");
    text_add_day(&key, opened_on);
    return text_end(&key);
}

static void episode_open(struct walk *walk, struct opener *opener)
{
    struct episode *episode = lane_add_episode(walk->history, walk->lane);
    episode->bundle_at = walk->bundle_at;
    episode->bundle = walk->bundle;
    episode->definition = opener->definition;
    episode->opening = opener->placed;
    episode->side = opener->side;
    episode->opened_on = opener->start;
    episode->key = episode_key(walk->history->arena, walk->bundle->id, opener->side, opener->start);
    episode->provider = opener->provider;
    episode->contract = opener->contract;
    episode->first_product = is_other(opener->placed) ? NULL : opener->placed;
    window_set(walk->history, walk->lane, episode);
    opener->episode = episode;
}

/* f */
static bool is_contracted(const struct walk *walk, struct opener *opener)
{
    opener->provider = attributed_provider(walk->lane, opener->definition, opener->line, opener->side);
    opener->contract = contract_that_fits(walk->history->rules->book, walk->bundle_at, walk->lane->insurer,
                                          opener->provider, opener->start);
    return opener->contract || opener->definition->shadow;
}

/* The conditions in the order b, c, d, h, e, f, g: the first that fails. */
static enum opening_condition opener_judge(struct walk *walk, struct opener *opener)
{
    if (!age_is_within(opener))
        return OPENING_AGE;
    if (is_absorbed(walk, opener))
        return OPENING_ABSORBED;
    if (is_suppressed(walk, opener))
        return OPENING_SUPPRESSED;
    if (!is_fresh(walk, opener))
        return OPENING_NOT_FRESH;
    if (!is_confirmed(walk, opener))
        return OPENING_NOT_CONFIRMED;
    if (!is_contracted(walk, opener))
        return OPENING_UNCONTRACTED;
    return is_excluded(walk, opener) ? OPENING_EXCLUDED : OPENING_OPENS;
}

static void line_may_open(struct walk *walk, struct placed *placed)
{
    struct opener opener;
    if (!is_opener(walk, placed, &opener))
        return;
    opener.condition = opener_judge(walk, &opener);
    if (opener.condition == OPENING_EXCLUDED) {
        int32_t reach_days = opener.definition->after_days + opener.definition->clean_days;
        walk->excluded[walk->excluded_count++] =
            (struct excluded){ placed, opener.start, reach_days, opener.side };
    } else if (opener.condition == OPENING_OPENS) {
        episode_open(walk, &opener);
    }
    if (walk->history->explanation)
        explanation_add_opener(walk->history->explanation, &opener);
}

void episodes_find(struct history *history, struct lane *lane)
{
    const struct book *book = history->rules->book;
    struct excluded *excluded = ARENA_ARRAY(history->arena, struct excluded, lane->lines_count);
    for (size_t i = 0; i < book->bundles_count; i++) {
        uint32_t at = book->order[i];
        size_t questions = lane->questions_count;
        struct walk walk = { .history = history,
                             .lane = lane,
                             .bundle_at = at,
                             .bundle = &book->bundles[at],
                             .excluded = excluded };
        for (size_t k = 0; k < lane->lines_count; k++)
            line_may_open(&walk, lane->lines[k]);
        lane_keep_questions(book, lane, questions);
    }
}
