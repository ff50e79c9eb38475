/* book_bundles.c - bundles and their definitions (§6, §7, §10, §11): a table of keys for each map, and what
 * is read of it. */
#include "book/book_parts.h"

#include "base/limits.h"

enum { DAYS_MAX = 3660, AGE_MAX = 150, WEIGHT_MAX = 1000, SIGNAL_MAX = 1000000 };

struct definition_keys {
    const struct yaml_node *from, *until, *sides, *patient, *opens, *closes, *clean_days, *uncontracted,
        *excludes, *scope, *weight, *run_out_days, *true_up_days, *expects, *outcomes, *measures, *signals;
};
static const struct yaml_key definition_keys[] = {
    YAML_NEEDS(definition_keys, from),       YAML_NEEDS(definition_keys, until),
    YAML_MAY(definition_keys, sides),        YAML_MAY(definition_keys, patient),
    YAML_NEEDS(definition_keys, opens),      YAML_NEEDS(definition_keys, closes),
    YAML_MAY(definition_keys, clean_days),   YAML_MAY(definition_keys, uncontracted),
    YAML_MAY(definition_keys, excludes),     YAML_NEEDS(definition_keys, scope),
    YAML_MAY(definition_keys, weight),       YAML_NEEDS(definition_keys, run_out_days),
    YAML_MAY(definition_keys, true_up_days), YAML_MAY(definition_keys, expects),
    YAML_MAY(definition_keys, outcomes),     YAML_MAY(definition_keys, measures),
    YAML_MAY(definition_keys, signals),
};
struct patient_keys {
    const struct yaml_node *min_age, *max_age;
};
static const struct yaml_key patient_keys[] = { YAML_MAY(patient_keys, min_age),
                                                YAML_MAY(patient_keys, max_age) };
struct opens_keys {
    const struct yaml_node *criterion, *confirm, *attribute, *look_back_days, *quiet_days;
};
static const struct yaml_key opens_keys[] = {
    YAML_NEEDS(opens_keys, criterion),    YAML_MAY(opens_keys, confirm),    YAML_MAY(opens_keys, attribute),
    YAML_MAY(opens_keys, look_back_days), YAML_MAY(opens_keys, quiet_days),
};
struct near_keys {
    const struct yaml_node *criterion, *from_day, *to_day;
};
static const struct yaml_key near_keys[] = { YAML_NEEDS(near_keys, criterion),
                                             YAML_NEEDS(near_keys, from_day), YAML_NEEDS(near_keys, to_day) };
struct closes_keys {
    const struct yaml_node *after_days, *extend, *end;
};
static const struct yaml_key closes_keys[] = { YAML_NEEDS(closes_keys, after_days),
                                               YAML_MAY(closes_keys, extend), YAML_MAY(closes_keys, end) };
struct extend_keys {
    const struct yaml_node *criterion, *after_days, *max_days;
};
static const struct yaml_key extend_keys[] = { YAML_NEEDS(extend_keys, criterion),
                                               YAML_NEEDS(extend_keys, after_days),
                                               YAML_NEEDS(extend_keys, max_days) };
struct end_keys {
    const struct yaml_node *name, *criterion, *after_days;
};
static const struct yaml_key end_keys[] = { YAML_NEEDS(end_keys, name), YAML_NEEDS(end_keys, criterion),
                                            YAML_NEEDS(end_keys, after_days) };
struct exclude_keys {
    const struct yaml_node *name, *criterion, *from_day, *to_day, *effect;
};
static const struct yaml_key exclude_keys[] = {
    YAML_NEEDS(exclude_keys, name),   YAML_NEEDS(exclude_keys, criterion), YAML_NEEDS(exclude_keys, from_day),
    YAML_NEEDS(exclude_keys, to_day), YAML_NEEDS(exclude_keys, effect),
};
struct scope_keys {
    const struct yaml_node *include, *exclude, *prorate, *trajectory;
};
static const struct yaml_key scope_keys[] = {
    YAML_NEEDS(scope_keys, include),
    YAML_MAY(scope_keys, exclude),
    YAML_MAY(scope_keys, prorate),
    YAML_MAY(scope_keys, trajectory),
};
struct expect_keys {
    const struct yaml_node *name, *criterion, *by_day, *wait_days;
};
static const struct yaml_key expect_keys[] = {
    YAML_NEEDS(expect_keys, name),
    YAML_NEEDS(expect_keys, criterion),
    YAML_NEEDS(expect_keys, by_day),
    YAML_MAY(expect_keys, wait_days),
};
struct outcome_keys {
    const struct yaml_node *name, *criterion, *after, *from_day, *to_day;
};
static const struct yaml_key outcome_keys[] = {
    YAML_NEEDS(outcome_keys, name),     YAML_NEEDS(outcome_keys, criterion), YAML_MAY(outcome_keys, after),
    YAML_NEEDS(outcome_keys, from_day), YAML_NEEDS(outcome_keys, to_day),
};
struct measure_keys {
    const struct yaml_node *name, *criterion, *after, *take, *at_most;
};
static const struct yaml_key measure_keys[] = {
    YAML_NEEDS(measure_keys, name), YAML_NEEDS(measure_keys, criterion), YAML_MAY(measure_keys, after),
    YAML_NEEDS(measure_keys, take), YAML_MAY(measure_keys, at_most),
};
struct signals_keys {
    const struct yaml_node *max_specialisms, *max_hospitals, *stepped;
};
static const struct yaml_key signals_keys[] = {
    YAML_MAY(signals_keys, max_specialisms),
    YAML_MAY(signals_keys, max_hospitals),
    YAML_MAY(signals_keys, stepped),
};
struct stepped_keys {
    const struct yaml_node *invasive, *conservative, *days;
};
static const struct yaml_key stepped_keys[] = {
    YAML_NEEDS(stepped_keys, invasive),
    YAML_NEEDS(stepped_keys, conservative),
    YAML_NEEDS(stepped_keys, days),
};
struct bundle_keys {
    const struct yaml_node *id, *name, *definitions, *cares, *examples;
};
static const struct yaml_key bundle_keys[] = { YAML_NEEDS(bundle_keys, id), YAML_NEEDS(bundle_keys, name),
                                               YAML_NEEDS(bundle_keys, definitions),
                                               YAML_MAY(bundle_keys, cares),
                                               YAML_MAY(bundle_keys, examples) };

static int32_t days(struct reading *reading, const struct yaml_node *node, int32_t absent)
{
    return (int32_t)yaml_whole(&reading->document, node, 0, DAYS_MAX, absent);
}

/* from_day and to_day, in order. */
static void read_day_range(struct reading *reading, const struct yaml_node *from, const struct yaml_node *to,
                           int32_t *ret_from, int32_t *ret_to)
{
    int32_t errors = reading->document.errors_count;
    *ret_from = (int32_t)yaml_whole(&reading->document, from, -DAYS_MAX, DAYS_MAX, 0);
    *ret_to = (int32_t)yaml_whole(&reading->document, to, -DAYS_MAX, DAYS_MAX, 0);
    if (from && to && errors == reading->document.errors_count)
        check_order(reading, from, *ret_from, *ret_to, "from_day and to_day");
}

static void read_ages(struct reading *reading, const struct yaml_node *min, const struct yaml_node *max,
                      int32_t *ret_min, int32_t *ret_max)
{
    *ret_min = (int32_t)yaml_whole(&reading->document, min, 0, AGE_MAX, 0);
    *ret_max = (int32_t)yaml_whole(&reading->document, max, 0, AGE_MAX, AGE_UNBOUNDED);
    check_order(reading, min, *ret_min, *ret_max, "min_age and max_age");
}

static struct near_criterion read_near(struct reading *reading, const struct yaml_node *node,
                                       const char *what)
{
    struct near_keys keys;
    struct near_criterion near = { .criterion = ABSENT };
    if (!yaml_keys(&reading->document, node, what, near_keys, COUNT(near_keys), &keys))
        return near;
    near.criterion = read_criterion_use(reading, keys.criterion);
    read_day_range(reading, keys.from_day, keys.to_day, &near.from_day, &near.to_day);
    return near;
}

static void read_patient(struct reading *reading, const struct yaml_node *node, struct definition *definition)
{
    struct patient_keys keys;
    yaml_keys(&reading->document, node, "patient", patient_keys, COUNT(patient_keys), &keys);
    read_ages(reading, keys.min_age, keys.max_age, &definition->min_age, &definition->max_age);
}

static void read_opens(struct reading *reading, const struct yaml_node *node, struct definition *definition,
                       struct definition_place *place)
{
    struct opens_keys keys;
    yaml_keys(&reading->document, node, "opens", opens_keys, COUNT(opens_keys), &keys);
    definition->opens_criterion = read_criterion_use(reading, keys.criterion);
    definition->confirm = read_near(reading, keys.confirm, "confirm");
    definition->attribute = read_near(reading, keys.attribute, "attribute");
    definition->look_back_days = days(reading, keys.look_back_days, 0);
    definition->quiet_days = days(reading, keys.quiet_days, ABSENT);
    place->look_back_days = keys.look_back_days;
    place->opens_criterion = keys.criterion;
    place->quiet_days = keys.quiet_days;
}

static void read_extend(struct reading *reading, const struct yaml_node *node, struct definition *definition,
                        bool after_known)
{
    struct extend_keys keys;
    yaml_keys(&reading->document, node, "extend", extend_keys, COUNT(extend_keys), &keys);
    definition->extend_criterion = read_criterion_use(reading, keys.criterion);
    definition->extend_after_days = days(reading, keys.after_days, 0);
    definition->extend_max_days = days(reading, keys.max_days, DAYS_MAX);
    if (keys.max_days && after_known && definition->extend_max_days < definition->after_days)
        yaml_report(&reading->document, keys.max_days, FINDING_EXTEND_SHORT,
                    "max_days %d is below after_days %d of closes", definition->extend_max_days,
                    definition->after_days);
}

/* Every list of named entries has the same frame: its length, and no name twice. */
struct named_list {
    const struct yaml_node *items;
    size_t count;
    struct bytes *names;
    const char *what;
};

static struct named_list named_list_begin(struct reading *reading, const struct yaml_node *node,
                                          const char *what)
{
    struct named_list list = { .what = what };
    if (yaml_is_list(&reading->document, node, ENTRIES_MAX)) {
        list.items = node->items;
        list.count = node->count;
    }
    list.names = ARENA_ARRAY(reading->document.arena, struct bytes, list.count + 1);
    return list;
}

static struct bytes named_list_name(struct reading *reading, struct named_list *list, size_t at,
                                    const struct yaml_node *name)
{
    list->names[at] = read_name(reading, name);
    check_twice(reading, name, list->names, at, list->what);
    return list->names[at];
}

static void read_ends(struct reading *reading, const struct yaml_node *node, struct definition *definition)
{
    struct named_list list = named_list_begin(reading, node, "the end");
    struct end_entry *ends = ARENA_ARRAY(reading->document.arena, struct end_entry, list.count + 1);
    for (size_t i = 0; i < list.count; i++) {
        struct end_keys keys;
        yaml_keys(&reading->document, &list.items[i], "an end", end_keys, COUNT(end_keys), &keys);
        ends[i].name = named_list_name(reading, &list, i, keys.name);
        ends[i].criterion = read_criterion_use(reading, keys.criterion);
        ends[i].after_days = days(reading, keys.after_days, 0);
    }
    definition->ends = ends;
    definition->ends_count = list.count;
}

static void read_closes(struct reading *reading, const struct yaml_node *node, struct definition *definition,
                        struct definition_place *place)
{
    struct closes_keys keys;
    yaml_keys(&reading->document, node, "closes", closes_keys, COUNT(closes_keys), &keys);
    int32_t errors = reading->document.errors_count;
    definition->after_days = days(reading, keys.after_days, 0);
    definition->extend_criterion = ABSENT;
    if (keys.extend)
        read_extend(reading, keys.extend, definition,
                    keys.after_days && errors == reading->document.errors_count);
    read_ends(reading, keys.end, definition);
    place->extend = keys.extend;
    place->ends = keys.end;
}

static void read_excludes(struct reading *reading, const struct yaml_node *node,
                          struct definition *definition)
{
    static const struct bytes effects[] = { BYTES("void"), BYTES("truncate") };
    struct named_list list = named_list_begin(reading, node, "the exclusion");
    struct exclude_entry *excludes =
        ARENA_ARRAY(reading->document.arena, struct exclude_entry, list.count + 1);
    for (size_t i = 0; i < list.count; i++) {
        struct exclude_keys keys;
        yaml_keys(&reading->document, &list.items[i], "an exclusion", exclude_keys, COUNT(exclude_keys),
                  &keys);
        excludes[i].name = named_list_name(reading, &list, i, keys.name);
        excludes[i].criterion = read_criterion_use(reading, keys.criterion);
        read_day_range(reading, keys.from_day, keys.to_day, &excludes[i].from_day, &excludes[i].to_day);
        excludes[i].truncate = yaml_word(&reading->document, keys.effect, effects, COUNT(effects), 0) == 1;
    }
    definition->excludes = excludes;
    definition->excludes_count = list.count;
}

static void read_scope(struct reading *reading, const struct yaml_node *node, struct definition *definition,
                       struct definition_place *place)
{
    struct scope_keys keys;
    yaml_keys(&reading->document, node, "scope", scope_keys, COUNT(scope_keys), &keys);
    definition->scope_include = read_criterion_use(reading, keys.include);
    definition->scope_exclude = read_criterion_use(reading, keys.exclude);
    /* says what is so anyway */
    bool none = keys.prorate && keys.prorate->kind == YAML_LIST && keys.prorate->count == 0;
    definition->scope_prorate = none ? 0 : read_care_types(reading, keys.prorate);
    definition->scope_trajectory = yaml_boolean(&reading->document, keys.trajectory, false);
    place->scope_exclude = keys.exclude;
    place->scope_prorate = keys.prorate;
}

static void read_expects(struct reading *reading, const struct yaml_node *node, struct definition *definition)
{
    struct named_list list = named_list_begin(reading, node, "the expected care");
    struct expect_entry *expects = ARENA_ARRAY(reading->document.arena, struct expect_entry, list.count + 1);
    for (size_t i = 0; i < list.count; i++) {
        struct expect_keys keys;
        yaml_keys(&reading->document, &list.items[i], "expected care", expect_keys, COUNT(expect_keys),
                  &keys);
        expects[i].name = named_list_name(reading, &list, i, keys.name);
        expects[i].criterion = read_criterion_use(reading, keys.criterion);
        expects[i].by_day = days(reading, keys.by_day, 0);
        expects[i].wait_days = days(reading, keys.wait_days, 0);
    }
    definition->expects = expects;
    definition->expects_count = list.count;
}

static void read_outcomes(struct reading *reading, const struct yaml_node *node,
                          struct definition *definition)
{
    struct named_list list = named_list_begin(reading, node, "the outcome");
    struct outcome_entry *outcomes =
        ARENA_ARRAY(reading->document.arena, struct outcome_entry, list.count + 1);
    for (size_t i = 0; i < list.count; i++) {
        struct outcome_keys keys;
        yaml_keys(&reading->document, &list.items[i], "an outcome", outcome_keys, COUNT(outcome_keys), &keys);
        outcomes[i].name = named_list_name(reading, &list, i, keys.name);
        outcomes[i].criterion = read_criterion_use(reading, keys.criterion);
        outcomes[i].after = read_criterion_use(reading, keys.after);
        read_day_range(reading, keys.from_day, keys.to_day, &outcomes[i].from_day, &outcomes[i].to_day);
    }
    definition->outcomes = outcomes;
    definition->outcomes_count = list.count;
}

static void read_measures(struct reading *reading, const struct yaml_node *node,
                          struct definition *definition)
{
    /* enum measure_take */
    static const struct bytes takes[] = { BYTES("quantity"), BYTES("lines"), BYTES("first_day") };
    struct named_list list = named_list_begin(reading, node, "the measure");
    struct measure_entry *measures =
        ARENA_ARRAY(reading->document.arena, struct measure_entry, list.count + 1);
    for (size_t i = 0; i < list.count; i++) {
        struct measure_keys keys;
        yaml_keys(&reading->document, &list.items[i], "a measure", measure_keys, COUNT(measure_keys), &keys);
        measures[i].name = named_list_name(reading, &list, i, keys.name);
        measures[i].criterion = read_criterion_use(reading, keys.criterion);
        measures[i].after = read_criterion_use(reading, keys.after);
        measures[i].take =
            (enum measure_take)yaml_word(&reading->document, keys.take, takes, COUNT(takes), 0);
        measures[i].at_most = yaml_whole(&reading->document, keys.at_most, 0, AMOUNT_CENTS_MAX, ABSENT);
    }
    definition->measures = measures;
    definition->measures_count = list.count;
}

static void read_signals(struct reading *reading, const struct yaml_node *node, struct definition *definition)
{
    struct signals_keys keys;
    struct stepped_keys stepped;
    yaml_keys(&reading->document, node, "signals", signals_keys, COUNT(signals_keys), &keys);
    definition->max_specialisms =
        (int32_t)yaml_whole(&reading->document, keys.max_specialisms, 0, SIGNAL_MAX, ABSENT);
    definition->max_hospitals =
        (int32_t)yaml_whole(&reading->document, keys.max_hospitals, 0, SIGNAL_MAX, ABSENT);
    yaml_keys(&reading->document, keys.stepped, "stepped", stepped_keys, COUNT(stepped_keys), &stepped);
    definition->stepped_invasive = read_criterion_use(reading, stepped.invasive);
    definition->stepped_conservative = read_criterion_use(reading, stepped.conservative);
    definition->stepped_days = days(reading, stepped.days, 0);
}

static void read_definition(struct reading *reading, const struct yaml_node *node,
                            struct definition *definition, struct definition_place *place)
{
    static const struct bytes sides[] = { BYTES("none"), BYTES("separate") }; /* enum sides */
    static const struct bytes uncontracted[] = { BYTES("ignore"), BYTES("shadow") };
    struct definition_keys keys;
    yaml_keys(&reading->document, node, "a definition", definition_keys, COUNT(definition_keys), &keys);
    *place = (struct definition_place){
        .node = node, .excludes = keys.excludes, .expects = keys.expects, .measures = keys.measures
    };
    int32_t errors = reading->document.errors_count;
    definition->from = yaml_day(&reading->document, keys.from, 0);
    definition->until = yaml_day(&reading->document, keys.until, 0);
    if (keys.from && keys.until && errors == reading->document.errors_count)
        check_order(reading, keys.from, definition->from, definition->until, "from and until");
    definition->sides =
        (enum sides)yaml_word(&reading->document, keys.sides, sides, COUNT(sides), SIDES_NONE);
    read_patient(reading, keys.patient, definition);
    read_opens(reading, keys.opens, definition, place);
    read_closes(reading, keys.closes, definition, place);
    definition->clean_days = days(reading, keys.clean_days, 0);
    definition->shadow =
        yaml_word(&reading->document, keys.uncontracted, uncontracted, COUNT(uncontracted), 0) == 1;
    read_excludes(reading, keys.excludes, definition);
    read_scope(reading, keys.scope, definition, place);
    definition->weight = (int32_t)yaml_whole(&reading->document, keys.weight, 1, WEIGHT_MAX, 1);
    definition->run_out_days = days(reading, keys.run_out_days, 0);
    definition->true_up_days = days(reading, keys.true_up_days, 0);
    read_expects(reading, keys.expects, definition);
    read_outcomes(reading, keys.outcomes, definition);
    read_measures(reading, keys.measures, definition);
    read_signals(reading, keys.signals, definition);
}

static void read_bundle(struct reading *reading, const struct yaml_node *node, struct bundle *bundle,
                        struct bundle_place *place, struct bytes *ids, size_t at)
{
    struct bundle_keys keys;
    place->node = node;
    yaml_keys(&reading->document, node, "a bundle", bundle_keys, COUNT(bundle_keys), &keys);
    bundle->id = ids[at] = read_id(reading, keys.id);
    check_twice(reading, keys.id, ids, at, "the bundle");
    bundle->name = read_name(reading, keys.name);
    place->cares = keys.cares;
    place->examples = keys.examples;
    if (!yaml_is_list(&reading->document, keys.definitions, DEFINITIONS_MAX))
        return;
    size_t count = keys.definitions->count;
    if (count == 0)
        yaml_report(&reading->document, keys.definitions, FINDING_EMPTY, "the bundle has no definition");
    struct definition *definitions =
        arena_zeroed(reading->document.arena, (count + 1) * sizeof(*definitions));
    place->definitions = arena_zeroed(reading->document.arena, (count + 1) * sizeof(*place->definitions));
    for (size_t i = 0; i < count; i++)
        read_definition(reading, &keys.definitions->items[i], &definitions[i], &place->definitions[i]);
    bundle->definitions = definitions;
    bundle->definitions_count = count;
}

void read_bundles(struct reading *reading, const struct yaml_node *node)
{
    if (!yaml_is_list(&reading->document, node, BUNDLES_MAX))
        return;
    struct arena *arena = reading->document.arena;
    struct bundle *bundles = arena_zeroed(arena, (node->count + 1) * sizeof(*bundles));
    struct bytes *ids = ARENA_ARRAY(arena, struct bytes, node->count + 1);
    reading->bundle_places = arena_zeroed(arena, (node->count + 1) * sizeof(*reading->bundle_places));
    for (size_t i = 0; i < node->count; i++)
        read_bundle(reading, &node->items[i], &bundles[i], &reading->bundle_places[i], ids, i);
    reading->book->bundles = bundles;
    reading->book->bundles_count = node->count;
}
