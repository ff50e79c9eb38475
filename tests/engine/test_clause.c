/* The algebra of clauses (§5) against lines that are enumerated, and searched lists against lists that are
 * walked. */
#include "engine/clause.h"

#include "support/choice.h"

#include <criterion/criterion.h>
#include <stdlib.h>

TestSuite(clause, .timeout = 120);

enum {
    LIST_MAX = 40,
    FIELDS = 9,
    LATERALITIES_ALL = (1 << LATERALITY_COUNT) - 1,
    CARE_TYPES_ALL = (1 << CARE_TYPE_COUNT) - 1
};

/* --- lists as the reader makes them --- */

static int compare(const void *a, const void *b)
{
    return pattern_compare(a, b);
}

static struct patterns in_order(struct pattern *items, size_t count)
{
    size_t kept = 0;
    qsort(items, count, sizeof(*items), compare);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !pattern_covers(&items[kept - 1], &items[i]))
            items[kept++] = items[i];
    return (struct patterns){ .items = items, .count = kept };
}

/* --- what the page says, walked --- */

static bool says_yes(const struct pattern *pattern, unsigned system, struct bytes text)
{
    return pattern->system == system && !bytes_is_null(text) &&
           (pattern->prefix ? bytes_begin_with(text, pattern->text) : bytes_equal(text, pattern->text));
}

static bool any_says_yes(const struct patterns *list, unsigned system, struct bytes text)
{
    bool any = list->count == 0;
    for (size_t i = 0; i < list->count; i++)
        any = any || says_yes(&list->items[i], system, text);
    return any;
}

static bool accepts_by_hand(const struct clause *clause, const struct declaration *line)
{
    return (!clause->care_types || clause->care_types >> line->care_type & 1) &&
           (!clause->lateralities || clause->lateralities >> line->laterality & 1) &&
           any_says_yes(&clause->care_code, SYSTEM_NONE, line->care_code) &&
           any_says_yes(&clause->subtype, SYSTEM_NONE, line->subtype) &&
           any_says_yes(&clause->specialism, SYSTEM_NONE, line->specialism) &&
           any_says_yes(&clause->provider, SYSTEM_NONE, line->provider) &&
           any_says_yes(&clause->referrer, SYSTEM_NONE, line->referrer) &&
           any_says_yes(&clause->diagnosis, line->diagnosis_system, line->diagnosis) &&
           (clause->amount_at_least == ABSENT || line->amount >= clause->amount_at_least);
}

/* --- a small world: all values of a few fields; of the others every line has the same --- */

/* Patterns are made of 0 and 1, so that no list of codes is all that a prefix accepts. */
static const char *const codes[] = { "0", "1", "2", "00", "01", "02", "10", "11", "12", "20", "21", "22" };
static const char *const exact_texts[] = { "0", "1", "00", "01", "10", "11" };
static const char *const prefix_texts[] = { "0", "1", "" };

/* Fields in the order of the switch below; diagnoses are of two systems or none. */
static const size_t values_count[FIELDS] = { CARE_TYPE_COUNT,  LATERALITY_COUNT, 4,
                                             COUNT(codes),     COUNT(codes),     COUNT(codes) + 1,
                                             COUNT(codes) + 1, COUNT(codes) + 1, 2 * COUNT(codes) + 1 };

static struct bytes code_or_null(size_t value)
{
    return value < COUNT(codes) ? bytes_of(codes[value]) : BYTES_NULL;
}

static void set_field(struct declaration *line, unsigned field, size_t value)
{
    switch (field) {
    case 0:
        line->care_type = (uint8_t)value;
        return;
    case 1:
        line->laterality = (uint8_t)value;
        return;
    case 2:
        line->amount = (int64_t)value;
        return;
    case 3:
        line->care_code = code_or_null(value);
        return;
    case 4:
        line->provider = code_or_null(value);
        return;
    case 5:
        line->subtype = code_or_null(value);
        return;
    case 6:
        line->specialism = code_or_null(value);
        return;
    case 7:
        line->referrer = code_or_null(value);
        return;
    default:
        line->diagnosis = value < 2 * COUNT(codes) ? bytes_of(codes[value / 2]) : BYTES_NULL;
        line->diagnosis_system = (uint8_t)(value < 2 * COUNT(codes) ? SYSTEM_DBC + value % 2 : SYSTEM_NONE);
    }
}

struct given_clause {
    struct clause clause;
    struct pattern patterns[3][4];
};

static struct pattern given_pattern(struct choices *choices, bool diagnosis)
{
    bool prefix = choice_chance(choices, 400);
    const char *text = prefix ? prefix_texts[choice_below(choices, COUNT(prefix_texts))]
                              : exact_texts[choice_below(choices, COUNT(exact_texts))];
    return (struct pattern){ bytes_of(text), prefix,
                             diagnosis ? SYSTEM_DBC + (unsigned)choice_below(choices, 2) : SYSTEM_NONE };
}

static struct patterns given_list(struct choices *choices, struct pattern items[4], bool diagnosis)
{
    size_t count = choice_below(choices, 5);
    for (size_t i = 0; i < count; i++)
        items[i] = given_pattern(choices, diagnosis);
    return in_order(items, count);
}

static uint32_t given_bits(struct choices *choices, uint32_t all)
{
    return choice_chance(choices, 300) ? all : (uint32_t)choice_below(choices, (uint64_t)all + 1);
}

static void give_field(struct choices *choices, struct clause *clause, unsigned field,
                       struct pattern items[4])
{
    switch (field) {
    case 0:
        clause->care_types = given_bits(choices, CARE_TYPES_ALL);
        return;
    case 1:
        clause->lateralities = given_bits(choices, LATERALITIES_ALL);
        return;
    case 2:
        clause->amount_at_least = choice_between(choices, ABSENT, 3);
        return;
    case 3:
        clause->care_code = given_list(choices, items, false);
        return;
    case 4:
        clause->provider = given_list(choices, items, false);
        return;
    case 5:
        clause->subtype = given_list(choices, items, false);
        return;
    case 6:
        clause->specialism = given_list(choices, items, false);
        return;
    case 7:
        clause->referrer = given_list(choices, items, false);
        return;
    default:
        clause->diagnosis = given_list(choices, items, true);
    }
}

static void give_clause(struct choices *choices, const unsigned fields[3], struct given_clause *given)
{
    given->clause = (struct clause){ .amount_at_least = ABSENT };
    for (size_t i = 0; i < 3; i++)
        give_field(choices, &given->clause, fields[i], given->patterns[i]);
}

static void tell_list(struct choices *choices, const char *field, const struct patterns *list)
{
    for (size_t i = 0; i < list->count; i++)
        choice_tell(choices, "%s %d:%.*s%s", field, (int)list->items[i].system,
                    BYTES_ARGS(list->items[i].text), list->items[i].prefix ? "*" : "");
}

static void tell(struct choices *choices, const char *name, const struct clause *clause)
{
    choice_tell(choices, "%s: care types %x, lateralities %x, amount %d", name, clause->care_types,
                clause->lateralities, (int)clause->amount_at_least);
    tell_list(choices, "care_code", &clause->care_code);
    tell_list(choices, "provider", &clause->provider);
    tell_list(choices, "subtype", &clause->subtype);
    tell_list(choices, "specialism", &clause->specialism);
    tell_list(choices, "referrer", &clause->referrer);
    tell_list(choices, "diagnosis", &clause->diagnosis);
}

struct seen {
    bool differs, both, only_a, only_b;
};

static void see(struct seen *seen, const struct clause *a, const struct clause *b,
                const struct declaration *line)
{
    bool by_a = accepts_by_hand(a, line), by_b = accepts_by_hand(b, line);
    seen->differs = seen->differs || clause_accepts(a, line) != by_a || clause_accepts(b, line) != by_b;
    seen->both = seen->both || (by_a && by_b);
    seen->only_a = seen->only_a || (by_a && !by_b);
    seen->only_b = seen->only_b || (by_b && !by_a);
}

static struct seen enumerate(const unsigned fields[3], const struct clause *a, const struct clause *b)
{
    struct seen seen = { 0 };
    struct declaration line = { 0 };
    for (unsigned field = 0; field < FIELDS; field++)
        set_field(&line, field, 0);
    for (size_t x = 0; x < values_count[fields[0]]; x++)
        for (size_t y = 0; y < values_count[fields[1]]; y++)
            for (size_t z = 0; z < values_count[fields[2]]; z++) {
                set_field(&line, fields[0], x);
                set_field(&line, fields[1], y);
                set_field(&line, fields[2], z);
                see(&seen, a, b, &line);
            }
    return seen;
}

static bool agrees_with_all_lines(struct choices *choices, void *context)
{
    (void)context;
    unsigned first = (unsigned)choice_below(choices, FIELDS);
    const unsigned fields[3] = { first, (first + 1 + (unsigned)choice_below(choices, 3)) % FIELDS,
                                 (first + 4 + (unsigned)choice_below(choices, 5)) % FIELDS };
    struct given_clause a, b;
    give_clause(choices, fields, &a);
    give_clause(choices, fields, &b);
    tell(choices, "a", &a.clause);
    tell(choices, "b", &b.clause);
    struct seen seen = enumerate(fields, &a.clause, &b.clause);
    return !seen.differs && clauses_meet(&a.clause, &b.clause) == seen.both &&
           clauses_meet(&b.clause, &a.clause) == seen.both &&
           clause_covers(&a.clause, &b.clause) == !seen.only_b &&
           clause_covers(&b.clause, &a.clause) == !seen.only_a;
}

Test(clause, accepts_meets_and_covers_as_all_lines_say)
{
    cr_assert(property_holds("clauses", agrees_with_all_lines, NULL, 6000, 1));
}

/* --- long lists --- */

/* Some are equal in more bytes than a head has. */
static struct bytes given_text(struct choices *choices, char into[12])
{
    size_t same = choice_chance(choices, 300) ? 6 : 0, length = same + 1 + choice_below(choices, 6);
    for (size_t i = 0; i < length; i++)
        into[i] = i < same ? '0' : (char)('0' + choice_below(choices, 3));
    return (struct bytes){ into, length };
}

struct long_list {
    struct pattern items[LIST_MAX], all[LIST_MAX];
    uint64_t heads[LIST_MAX];
    char texts[LIST_MAX][12];
    struct patterns ordered, walked; /* walked: as they came, needless ones and all */
};

static void give_long(struct choices *choices, struct long_list *list)
{
    size_t count = 1 + choice_below(choices, LIST_MAX);
    for (size_t i = 0; i < count; i++)
        list->items[i] = list->all[i] =
            (struct pattern){ given_text(choices, list->texts[i]), choice_chance(choices, 300), SYSTEM_NONE };
    list->walked = (struct patterns){ .items = list->all, .count = count };
    list->ordered = in_order(list->items, count);
    for (size_t i = 0; i < list->ordered.count; i++)
        list->heads[i] = pattern_head(SYSTEM_NONE, list->items[i].text);
    list->ordered.heads = choice_chance(choices, 500) ? list->heads : NULL;
    tell_list(choices, "list", &list->walked);
}

static bool one_covers(const struct patterns *wide, const struct pattern *narrow)
{
    bool any = false;
    for (size_t i = 0; i < wide->count; i++)
        any = any || pattern_covers(&wide->items[i], narrow);
    return any;
}

static bool is_searched_as_it_is_walked(struct choices *choices, void *context)
{
    (void)context;
    struct long_list a, b;
    char text[12];
    give_long(choices, &a);
    choice_tell(choices, "and");
    give_long(choices, &b);
    const struct clause one = { .care_code = a.ordered, .amount_at_least = ABSENT },
                        other = { .care_code = b.ordered, .amount_at_least = ABSENT };
    struct declaration line = { .care_code = given_text(choices, text) };
    bool covers = true, meets = false;
    for (size_t i = 0; i < b.walked.count; i++) {
        covers = covers && one_covers(&a.walked, &b.all[i]);
        meets = meets || one_covers(&a.walked, &b.all[i]);
    }
    for (size_t i = 0; i < a.walked.count; i++) /* two patterns meet when one is within the other */
        meets = meets || one_covers(&b.walked, &a.all[i]);
    return clause_accepts(&one, &line) == any_says_yes(&a.walked, SYSTEM_NONE, line.care_code) &&
           clause_covers(&one, &other) == covers && clauses_meet(&one, &other) == meets;
}

Test(clause, searches_a_long_list_as_if_it_walked_it)
{
    cr_assert(property_holds("long lists", is_searched_as_it_is_walked, NULL, 50000, 1));
}
