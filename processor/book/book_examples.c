/* book_examples.c - the frame of examples: which bundle they stand in, their names and dates. */
#include "book/example_parts.h"

#include "base/limits.h"
#include "engine/calendar.h"
#include "engine/forget.h"

struct example_keys {
    const struct yaml_node *name, *story, *as_of, *defaults, *declarations, *expect, *only_alerts_of;
};
static const struct yaml_key example_keys[] = {
    YAML_NEEDS(example_keys, name),         YAML_MAY(example_keys, story),
    YAML_MAY(example_keys, as_of),          YAML_MAY(example_keys, defaults),
    YAML_NEEDS(example_keys, declarations), YAML_NEEDS(example_keys, expect),
    YAML_MAY(example_keys, only_alerts_of),
};

static uint32_t read_alert_types(struct reading *reading, const struct yaml_node *node)
{
    _Static_assert(ALERT_TYPE_COUNT < 32, "a bit each");
    const struct yaml_node *items;
    uint32_t bits = 0;
    size_t count = read_one_or_more(reading, node, &items);
    for (size_t i = 0; i < count; i++) {
        int type = yaml_word(&reading->document, &items[i], alert_type_names, ALERT_TYPE_COUNT, ABSENT);
        if (type >= 0)
            bits |= 1u << type;
    }
    return bits;
}

/* The clock never goes back: an as_of before a submission would not be what is compared. */
static void check_as_of(struct reading *reading, const struct yaml_node *node, const struct example *example)
{
    char latest[DAY_TEXT_BYTES];
    int32_t day = INT32_MIN;
    for (size_t i = 0; i < example->declarations_count; i++)
        if (clock_day(reading->book, &example->declarations[i]) > day)
            day = clock_day(reading->book, &example->declarations[i]);
    if (!node || example->as_of >= day)
        return;
    day_to_text(day, latest);
    yaml_report(&reading->document, node, FINDING_EXAMPLE_AS_OF,
                "as_of is before the latest submission, %.*s", DAY_TEXT_BYTES, latest);
}

static void read_example(struct reading *reading, const struct yaml_node *node,
                         const struct example_cares *cares, struct example *example, struct bytes *names,
                         size_t at)
{
    struct example_keys keys;
    int32_t errors = reading->document.errors_count;
    yaml_keys(&reading->document, node, "an example", example_keys, COUNT(example_keys), &keys);
    example->place = example_place_of(reading, keys.name ? keys.name : node);
    example->name = names[at] = read_name(reading, keys.name);
    check_twice(reading, keys.name, names, at, "the example");
    if (keys.story)
        yaml_text(&reading->document, keys.story); /* for people */
    example->as_of = yaml_day(&reading->document, keys.as_of, AS_OF_LATEST);
    example->only_alerts = read_alert_types(reading, keys.only_alerts_of);
    if (yaml_is_list(&reading->document, keys.declarations, EXAMPLE_DECLARATIONS_MAX)) {
        example->declarations = read_example_declarations(reading, cares, keys.defaults, keys.declarations);
        example->declarations_count = keys.declarations->count;
        if (example->declarations_count == 0)
            yaml_report(&reading->document, keys.declarations, FINDING_EMPTY,
                        "the example has no declaration");
    }
    read_example_expect(reading, keys.expect, example);
    if (errors == reading->document.errors_count)
        check_as_of(reading, keys.as_of, example);
}

static size_t examples_of(const struct bundle_place *place)
{
    return place->examples && place->examples->kind == YAML_LIST ? place->examples->count : 0;
}

void read_examples(struct reading *reading, struct examples *ret_examples)
{
    const struct book *book = reading->book;
    size_t count = 0, at = 0;
    for (size_t b = 0; b < book->bundles_count; b++)
        count += examples_of(&reading->bundle_places[b]);
    struct example *all = arena_zeroed(reading->document.arena, (count + 1) * sizeof(*all));
    for (size_t b = 0; b < book->bundles_count; b++) {
        const struct bundle_place *place = &reading->bundle_places[b];
        struct example_cares cares = read_example_cares(reading, place->cares);
        if (!yaml_is_list(&reading->document, place->examples, ENTRIES_MAX))
            continue;
        struct bytes *names = ARENA_ARRAY(reading->document.arena, struct bytes, place->examples->count + 1);
        for (size_t i = 0; i < place->examples->count && !yaml_is_full(&reading->document); i++) {
            all[at].bundle = book->bundles[b].id;
            read_example(reading, &place->examples->items[i], &cares, &all[at++], names, i);
        }
    }
    *ret_examples = (struct examples){ all, at };
}
