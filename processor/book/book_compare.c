#include "book/book_compare.h"

#include "engine/calendar.h"
#include "engine/clause.h"

struct comparing {
    const struct book *old_book, *new_book;
    book_difference_sink *sink;
    void *context;
    size_t binding_count;
};

static void say(struct comparing *comparing, struct book_difference difference)
{
    comparing->binding_count += difference.binding;
    comparing->sink(comparing->context, &difference);
}

static struct book_difference of_bundle(struct bytes id, int32_t from, int32_t until, bool binding,
                                        const char *what)
{
    return (struct book_difference){
        .part = PART_BUNDLE, .binding = binding, .id = id, .from = from, .until = until, .what = what
    };
}

static struct book_difference of_contract(const struct contract *contract, int32_t from, int32_t until,
                                          bool binding, const char *what)
{
    return (struct book_difference){ .part = PART_CONTRACT,
                                     .binding = binding,
                                     .id = contract->id,
                                     .from = from,
                                     .until = until,
                                     .what = what };
}

/* --- parts --- */

static bool same_criterion(const struct comparing *c, int32_t a, int32_t b)
{
    if (a == ABSENT || b == ABSENT)
        return a == b;
    const struct criterion *one = &c->old_book->criteria[a], *other = &c->new_book->criteria[b];
    return criterion_covers(one, other->clauses, other->clauses_count) &&
           criterion_covers(other, one->clauses, one->clauses_count);
}

static bool same_near(const struct comparing *c, const struct near_criterion *a,
                      const struct near_criterion *b)
{
    return same_criterion(c, a->criterion, b->criterion) &&
           (a->criterion == ABSENT || (a->from_day == b->from_day && a->to_day == b->to_day));
}

typedef bool same_definition(const struct comparing *c, const struct definition *a,
                             const struct definition *b);

static bool same_sides(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    (void)c;
    return a->sides == b->sides;
}

static bool same_patient(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    (void)c;
    return a->min_age == b->min_age && a->max_age == b->max_age;
}

static bool same_opens(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    return same_criterion(c, a->opens_criterion, b->opens_criterion) &&
           same_near(c, &a->confirm, &b->confirm) && same_near(c, &a->attribute, &b->attribute) &&
           a->look_back_days == b->look_back_days && a->quiet_days == b->quiet_days;
}

static bool same_closes(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    bool same = a->after_days == b->after_days &&
                same_criterion(c, a->extend_criterion, b->extend_criterion) && a->ends_count == b->ends_count;
    if (same && a->extend_criterion != ABSENT)
        same = a->extend_after_days == b->extend_after_days && a->extend_max_days == b->extend_max_days;
    for (size_t i = 0; same && i < a->ends_count; i++)
        same = bytes_equal(a->ends[i].name, b->ends[i].name) &&
               same_criterion(c, a->ends[i].criterion, b->ends[i].criterion) &&
               a->ends[i].after_days == b->ends[i].after_days;
    return same;
}

static bool same_clean_days(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    (void)c;
    return a->clean_days == b->clean_days;
}

static bool same_uncontracted(const struct comparing *c, const struct definition *a,
                              const struct definition *b)
{
    (void)c;
    return a->shadow == b->shadow;
}

static bool same_excludes(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    bool same = a->excludes_count == b->excludes_count;
    for (size_t i = 0; same && i < a->excludes_count; i++) {
        const struct exclude_entry *one = &a->excludes[i], *other = &b->excludes[i];
        same = bytes_equal(one->name, other->name) && same_criterion(c, one->criterion, other->criterion) &&
               one->from_day == other->from_day && one->to_day == other->to_day &&
               one->truncate == other->truncate;
    }
    return same;
}

static bool same_scope(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    return same_criterion(c, a->scope_include, b->scope_include) &&
           same_criterion(c, a->scope_exclude, b->scope_exclude) && a->scope_prorate == b->scope_prorate &&
           a->scope_trajectory == b->scope_trajectory;
}

static bool same_weight(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    (void)c;
    return a->weight == b->weight;
}

static bool same_run_out(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    (void)c;
    return a->run_out_days == b->run_out_days && a->true_up_days == b->true_up_days;
}

static bool same_expects(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    bool same = a->expects_count == b->expects_count;
    for (size_t i = 0; same && i < a->expects_count; i++) {
        const struct expect_entry *one = &a->expects[i], *other = &b->expects[i];
        same = bytes_equal(one->name, other->name) && same_criterion(c, one->criterion, other->criterion) &&
               one->by_day == other->by_day && one->wait_days == other->wait_days;
    }
    return same;
}

static bool same_outcomes(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    bool same = a->outcomes_count == b->outcomes_count;
    for (size_t i = 0; same && i < a->outcomes_count; i++) {
        const struct outcome_entry *one = &a->outcomes[i], *other = &b->outcomes[i];
        same = bytes_equal(one->name, other->name) && same_criterion(c, one->criterion, other->criterion) &&
               same_criterion(c, one->after, other->after) && one->from_day == other->from_day &&
               one->to_day == other->to_day;
    }
    return same;
}

static bool same_measures(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    bool same = a->measures_count == b->measures_count;
    for (size_t i = 0; same && i < a->measures_count; i++) {
        const struct measure_entry *one = &a->measures[i], *other = &b->measures[i];
        same = bytes_equal(one->name, other->name) && same_criterion(c, one->criterion, other->criterion) &&
               same_criterion(c, one->after, other->after) && one->take == other->take &&
               one->at_most == other->at_most;
    }
    return same;
}

static bool same_signals(const struct comparing *c, const struct definition *a, const struct definition *b)
{
    return a->max_specialisms == b->max_specialisms && a->max_hospitals == b->max_hospitals &&
           same_criterion(c, a->stepped_invasive, b->stepped_invasive) &&
           same_criterion(c, a->stepped_conservative, b->stepped_conservative) &&
           (a->stepped_invasive == ABSENT || a->stepped_days == b->stepped_days);
}

/* One row per part of a definition. */
static const struct {
    const char *what;
    bool binding;
    same_definition *same;
} definition_parts[] = {
    { "sides", true, same_sides },
    { "patient", true, same_patient },
    { "opens", true, same_opens },
    { "closes", true, same_closes },
    { "clean_days", true, same_clean_days },
    { "uncontracted", true, same_uncontracted },
    { "excludes", true, same_excludes },
    { "scope", false, same_scope },
    { "weight", false, same_weight },
    { "run_out_days or true_up_days", false, same_run_out },
    { "expects", false, same_expects },
    { "outcomes", false, same_outcomes },
    { "measures", false, same_measures },
    { "signals", false, same_signals },
};

/* --- bundles --- */

static int32_t bundle_index(const struct book *book, struct bytes id)
{
    for (size_t i = 0; i < book->bundles_count; i++)
        if (bytes_equal(book->bundles[i].id, id))
            return (int32_t)i;
    return ABSENT;
}

/* Every suppressor of the bundle in one book suppresses it in the other. */
static bool suppressors_in(const struct book *book, size_t bundle, const struct book *other,
                           size_t other_bundle)
{
    for (size_t i = 0; i < book->bundles_count; i++) {
        int32_t there = bundle_index(other, book->bundles[i].id);
        if (book->suppresses[i * book->bundles_count + bundle] &&
            (there == ABSENT || !other->suppresses[(size_t)there * other->bundles_count + other_bundle]))
            return false;
    }
    return true;
}

static void compare_definitions(struct comparing *c, struct bytes id, const struct definition *a,
                                const struct definition *b)
{
    int32_t from = a->from > b->from ? a->from : b->from, until = a->until < b->until ? a->until : b->until;
    for (size_t i = 0; i < COUNT(definition_parts); i++)
        if (!definition_parts[i].same(c, a, b))
            say(c, of_bundle(id, from, until, definition_parts[i].binding, definition_parts[i].what));
}

/* The first day after `day` on which a definition of the bundle begins, or `until` + 1. */
static int32_t next_begin(const struct bundle *bundle, int32_t day, int32_t until)
{
    int32_t next = until + 1;
    for (size_t i = 0; i < bundle->definitions_count; i++)
        if (bundle->definitions[i].from > day && bundle->definitions[i].from < next)
            next = bundle->definitions[i].from;
    return next;
}

/* Along the days of an old definition: the new one that holds, or none any more. */
static void compare_along(struct comparing *c, const struct bundle *bundle, const struct definition *old)
{
    for (int32_t day = old->from; day <= old->until;) {
        const struct definition *holds = NULL;
        for (size_t i = 0; i < bundle->definitions_count && !holds; i++)
            if (bundle->definitions[i].from <= day && day <= bundle->definitions[i].until)
                holds = &bundle->definitions[i];
        int32_t end = holds ? holds->until : next_begin(bundle, day, old->until) - 1;
        if (holds)
            compare_definitions(c, bundle->id, old, holds);
        else
            say(c, of_bundle(bundle->id, day, end, true, BOOK_NONE_ANY_MORE));
        day = end + 1;
    }
}

static void compare_bundle(struct comparing *c, size_t at)
{
    const struct bundle *old = &c->old_book->bundles[at];
    int32_t there = bundle_index(c->new_book, old->id);
    for (size_t i = 0; i < old->definitions_count; i++) {
        const struct definition *definition = &old->definitions[i];
        if (there == ABSENT)
            say(c, of_bundle(old->id, definition->from, definition->until, true, BOOK_NONE_ANY_MORE));
        else
            compare_along(c, &c->new_book->bundles[there], definition);
    }
    if (there == ABSENT || old->definitions_count == 0)
        return;
    if (!suppressors_in(c->old_book, at, c->new_book, (size_t)there) ||
        !suppressors_in(c->new_book, (size_t)there, c->old_book, at))
        say(c, of_bundle(old->id, old->definitions[0].from,
                         old->definitions[old->definitions_count - 1].until, true, "suppress"));
}

/* --- contracts --- */

typedef bool same_contract(const struct comparing *c, const struct contract *a, const struct contract *b);

static bool same_bundle(const struct comparing *c, const struct contract *a, const struct contract *b)
{
    return bytes_equal(c->old_book->bundles[a->bundle].id, c->new_book->bundles[b->bundle].id);
}

static bool same_insurers(const struct comparing *c, const struct contract *a, const struct contract *b)
{
    (void)c;
    bool same = a->insurers_count == b->insurers_count;
    for (size_t i = 0; same && i < a->insurers_count; i++) /* in order, as read */
        same = a->insurers[i] == b->insurers[i];
    return same;
}

static bool same_providers(const struct comparing *c, const struct contract *a, const struct contract *b)
{
    (void)c;
    bool same = a->providers_count == b->providers_count;
    for (size_t i = 0; same && i < a->providers_count; i++)
        same = bytes_equal(a->providers[i], b->providers[i]);
    return same;
}

static bool same_payment(const struct comparing *c, const struct contract *a, const struct contract *b)
{
    return a->prospective == b->prospective && a->loose_refused == b->loose_refused &&
           same_criterion(c, a->price_criterion, b->price_criterion);
}

static bool same_strata(const struct contract *a, const struct contract *b)
{
    bool same = a->strata_count == b->strata_count;
    for (size_t i = 0; same && i < a->strata_count; i++) {
        const struct stratum *one = &a->strata[i], *other = &b->strata[i];
        same = bytes_equal(one->label, other->label) && one->min_age == other->min_age &&
               one->max_age == other->max_age && one->amount == other->amount;
    }
    return same;
}

static bool same_budget(const struct comparing *c, const struct contract *a, const struct contract *b)
{
    bool same = same_strata(a, b) && a->factors_count == b->factors_count;
    for (size_t i = 0; same && i < a->factors_count; i++) {
        const struct factor *one = &a->factors[i], *other = &b->factors[i];
        same = same_criterion(c, one->criterion, other->criterion) &&
               one->look_back_days == other->look_back_days && one->add == other->add &&
               one->permille == other->permille;
    }
    return same;
}

static bool same_stop_loss(const struct comparing *c, const struct contract *a, const struct contract *b)
{
    (void)c;
    return a->has_stop_loss == b->has_stop_loss && a->stop_loss_permille == b->stop_loss_permille &&
           a->stop_loss_amount == b->stop_loss_amount &&
           a->stop_loss_insurer_permille == b->stop_loss_insurer_permille;
}

static bool same_version(const struct comparing *c, const struct contract *a, const struct contract *b)
{
    (void)c;
    return a->version == b->version;
}

static bool same_contractor(const struct comparing *c, const struct contract *a, const struct contract *b)
{
    (void)c;
    return bytes_equal(a->contractor, b->contractor);
}

static bool same_thresholds(const struct comparing *c, const struct contract *a, const struct contract *b)
{
    (void)c;
    bool same = a->thresholds_count == b->thresholds_count && a->projection_margin == b->projection_margin &&
                a->outlier_permille == b->outlier_permille && a->price_by_days == b->price_by_days;
    for (size_t i = 0; same && i < a->thresholds_count; i++)
        same = a->thresholds[i].permille == b->thresholds[i].permille &&
               a->thresholds[i].severity == b->thresholds[i].severity;
    return same;
}

static const struct {
    const char *what;
    bool binding;
    same_contract *same;
} contract_parts[] = {
    { "bundle", true, same_bundle },
    { "insurers", true, same_insurers },
    { "providers", true, same_providers },
    { "payment, loose or price_criterion", true, same_payment },
    { "budget", true, same_budget },
    { "stop_loss", true, same_stop_loss },
    { "version", false, same_version },
    { "contractor", false, same_contractor },
    { "thresholds, projection_margin, outlier_permille or price_by_days", false, same_thresholds },
};

static void compare_contract(struct comparing *c, const struct contract *old)
{
    const struct contract *new = NULL;
    for (size_t i = 0; i < c->new_book->contracts_count && !new; i++)
        if (bytes_equal(c->new_book->contracts[i].id, old->id))
            new = &c->new_book->contracts[i];
    if (!new || new->from > old->until || old->from > new->until) {
        say(c, of_contract(old, old->from, old->until, true, BOOK_NONE_ANY_MORE));
        return;
    }
    if (old->from < new->from)
        say(c, of_contract(old, old->from, new->from - 1, true, BOOK_NONE_ANY_MORE));
    if (new->until < old->until)
        say(c, of_contract(old, new->until + 1, old->until, true, BOOK_NONE_ANY_MORE));
    int32_t from = old->from > new->from ? old->from : new->from,
            until = old->until < new->until ? old->until : new->until;
    for (size_t i = 0; i < COUNT(contract_parts); i++)
        if (!contract_parts[i].same(c, old, new))
            say(c, of_contract(old, from, until, contract_parts[i].binding, contract_parts[i].what));
}

/* --- the lines that two bundles could both have --- */

/* Pairs that both books have; whose windows a cell suppresses is compared with the bundle. */
static void compare_overlaps(struct comparing *c)
{
    const struct book *old = c->old_book, *new = c->new_book;
    for (size_t a = 0; a < old->bundles_count; a++)
        for (size_t b = a; b < old->bundles_count; b++) {
            int32_t x = bundle_index(new, old->bundles[a].id), y = bundle_index(new, old->bundles[b].id);
            if (x == ABSENT || y == ABSENT ||
                old->overlaps[a * old->bundles_count + b] ==
                    new->overlaps[(size_t)x * new->bundles_count + (size_t)y])
                continue;
            say(c, (struct book_difference){ .part = PART_OVERLAP,
                                             .id = old->bundles[a].id,
                                             .other = old->bundles[b].id,
                                             .what = "lines" });
        }
}

/* The place of a bundle decides who gets the last cent, and who is first of two that open on one day (§7). */
static void compare_places(struct comparing *c)
{
    int32_t before = ABSENT;
    for (size_t i = 0; i < c->old_book->bundles_count; i++) {
        int32_t there = bundle_index(c->new_book, c->old_book->bundles[i].id);
        if (there == ABSENT)
            continue;
        if (there < before) {
            say(c, (struct book_difference){ .part = PART_BOOK, .what = "the order of the bundles" });
            return;
        }
        before = there;
    }
}

/* --- same care declared twice --- */

static struct book_difference of_rule(const struct duplicate_rule *rule, bool binding, const char *what)
{
    return (
        struct book_difference){ .part = PART_DUPLICATE, .binding = binding, .id = rule->name, .what = what };
}

/* The first key that differs, or NULL. */
static const char *rule_differs(const struct comparing *c, const struct duplicate_rule *a,
                                const struct duplicate_rule *b)
{
    return !same_criterion(c, a->criterion, b->criterion) ? "criterion"
           : a->within_provider != b->within_provider     ? "within"
           : a->same != b->same                           ? "same"
           : a->any_code != b->any_code                   ? "codes"
           : a->overlap_days != b->overlap_days           ? "overlap_days"
           : a->serials != b->serials                     ? "serials"
           : a->allow != b->allow                         ? "allow"
           : a->hold != b->hold                           ? "action"
                                                          : NULL;
}

/* By their place, since the first that accepts a line governs it. Lines that are held, or are no longer, may
 * open episodes and raise budgets; a rule that flags before and after only says something else. */
static void compare_duplicates(struct comparing *c)
{
    size_t old_count = c->old_book->duplicates_count, new_count = c->new_book->duplicates_count;
    for (size_t i = 0; i < old_count || i < new_count; i++) {
        const struct duplicate_rule *old = i < old_count ? &c->old_book->duplicates[i] : NULL;
        const struct duplicate_rule *new = i < new_count ? &c->new_book->duplicates[i] : NULL;
        const char *what = old && new ? rule_differs(c, old, new) : old ? BOOK_NONE_ANY_MORE : BOOK_NEW;
        if (what)
            say(c, of_rule(old ? old : new, (old && old->hold) || (new && new->hold), what));
    }
}

/* --- ends of care --- */

static const char *end_differs(const struct comparing *c, const struct ends_care *a,
                               const struct ends_care *b)
{
    return !same_criterion(c, a->criterion, b->criterion) ? "criterion"
           : !same_criterion(c, a->resumes, b->resumes)   ? "resumes"
           : a->of_insurer != b->of_insurer               ? "of"
           : !bytes_equal(a->name, b->name)               ? "name"
           : a->hold != b->hold                           ? "action"
                                                          : NULL;
}

/* By their place, as rules of duplicates are, and binding as they are: what is held opens no episode. */
static void compare_ends_care(struct comparing *c)
{
    size_t old_count = c->old_book->ends_care_count, new_count = c->new_book->ends_care_count;
    for (size_t i = 0; i < old_count || i < new_count; i++) {
        const struct ends_care *old = i < old_count ? &c->old_book->ends_care[i] : NULL;
        const struct ends_care *new = i < new_count ? &c->new_book->ends_care[i] : NULL;
        const char *what = old && new ? end_differs(c, old, new) : old ? BOOK_NONE_ANY_MORE : BOOK_NEW;
        bool holds = (old && old->hold) || (new && new->hold);
        if (what)
            say(c, (struct book_difference){ .part = PART_END,
                                             .binding = holds && strcmp(what, "name") != 0,
                                             .id = old ? old->name : new->name,
                                             .what = what });
    }
}

/* --- the whole book --- */

/* Which codes are one provider, however it is written. It is no redefinition: a merger takes effect in
 * contracts in force (§1). */
static bool same_successors(const struct book *a, const struct book *b)
{
    bool same = a->successors_count == b->successors_count;
    for (size_t i = 0; same && i < a->successors_count; i++)
        same = bytes_equal(a->successors[i].code, b->successors[i].code) &&
               bytes_equal(a->successors[i].last, b->successors[i].last);
    return same;
}

static void compare_whole(struct comparing *c)
{
    if (c->old_book->horizon_days != c->new_book->horizon_days)
        say(c, (struct book_difference){ .part = PART_BOOK, .binding = true, .what = "horizon_days" });
    if (c->old_book->waiting_days != c->new_book->waiting_days)
        say(c, (struct book_difference){ .part = PART_BOOK, .what = "waiting_days" });
    if (!same_successors(c->old_book, c->new_book))
        say(c, (struct book_difference){ .part = PART_BOOK, .what = "successors" });
}

size_t book_compare(const struct book *old_book, const struct book *new_book, book_difference_sink *sink,
                    void *context)
{
    struct comparing comparing = {
        .old_book = old_book, .new_book = new_book, .sink = sink, .context = context
    };
    compare_whole(&comparing);
    for (size_t i = 0; i < old_book->bundles_count; i++)
        compare_bundle(&comparing, i);
    compare_places(&comparing);
    compare_overlaps(&comparing);
    for (size_t i = 0; i < old_book->contracts_count; i++)
        compare_contract(&comparing, &old_book->contracts[i]);
    compare_duplicates(&comparing);
    compare_ends_care(&comparing);
    return comparing.binding_count;
}

/* --- in words --- */

/* What it is about, and for which openings: `contract hip-north, openings from 2025-01-01 until
 * 2026-12-31`. */
static void print_part(FILE *stream, const struct book_difference *difference)
{
    char from[DAY_TEXT_BYTES], until[DAY_TEXT_BYTES];
    struct bytes id = difference->id, other = difference->other;
    switch (difference->part) {
    case PART_BOOK: fputs("the book", stream); break;
    case PART_BUNDLE: fprintf(stream, "bundle %.*s", BYTES_ARGS(id)); break;
    case PART_CONTRACT: fprintf(stream, "contract %.*s", BYTES_ARGS(id)); break;
    case PART_OVERLAP: fprintf(stream, "overlap of %.*s and %.*s", BYTES_ARGS(id), BYTES_ARGS(other)); break;
    case PART_DUPLICATE: fprintf(stream, "rule \"%.*s\" of duplicates", BYTES_ARGS(id)); break;
    case PART_END: fprintf(stream, "end of care \"%.*s\"", BYTES_ARGS(id)); break;
    }
    if (difference->part != PART_BUNDLE && difference->part != PART_CONTRACT)
        return;
    day_to_text(difference->from, from);
    day_to_text(difference->until, until);
    fprintf(stream, ", openings from %.*s until %.*s", DAY_TEXT_BYTES, from, DAY_TEXT_BYTES, until);
}

void book_difference_print(void *stream, const struct book_difference *difference)
{
    fputs(difference->binding ? "in force: " : "note: ", stream);
    print_part(stream, difference);
    bool is_key =
        strcmp(difference->what, BOOK_NONE_ANY_MORE) != 0 && strcmp(difference->what, BOOK_NEW) != 0;
    fprintf(stream, ": %s%s\n", difference->what, is_key ? " differs" : "");
}
