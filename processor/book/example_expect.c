/* example_expect.c - what an example expects: for each key of an output the fields that matter, by their
 * names of §11. */
#include "book/example_parts.h"

#include "base/limits.h"

struct expect_keys {
    const struct yaml_node *decisions, *episodes, *alerts;
};
static const struct yaml_key expect_keys[] = { YAML_MAY(expect_keys, decisions),
                                               YAML_MAY(expect_keys, episodes),
                                               YAML_MAY(expect_keys, alerts) };

/* --- values --- */

/* The row of a word; that of the null word for null, where there is one. */
static int64_t read_word(struct reading *reading, const struct output_field *field,
                         const struct yaml_node *node, bool *ret_is_null)
{
    *ret_is_null = yaml_is_null(node) && bytes_is_null(field->words[0]);
    if (*ret_is_null)
        return 0;
    size_t skipped = bytes_is_null(field->words[0]); /* never named in a message */
    return (int64_t)skipped +
           yaml_word(&reading->document, node, field->words + skipped, field->words_count - skipped, 0);
}

static struct named_value read_named(struct reading *reading, const struct yaml_entry *entry,
                                     bool may_be_null)
{
    struct named_value named = { entry->key.text, { true, 0 } };
    if (may_be_null && yaml_is_null(&entry->value))
        named.value.known = false;
    else
        named.value.value = yaml_whole(&reading->document, &entry->value, INT64_MIN, INT64_MAX, 0);
    return named;
}

static void read_shares(struct reading *reading, const struct yaml_node *node, struct output_value *value)
{
    if (!yaml_is_list(&reading->document, node, ENTRIES_MAX))
        return;
    struct named_value *list = arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*list));
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = &node->items[i];
        if (item->kind == YAML_MAP && item->count == 1)
            list[i] = read_named(reading, &item->entries[0], false);
        else
            yaml_report(&reading->document, item, FINDING_TYPE,
                        "a share is a map of one episode key and its cents");
    }
    value->list = list;
    value->list_count = node->count;
}

static void read_measures_of(struct reading *reading, const struct yaml_node *node,
                             struct output_value *value)
{
    if (node->kind != YAML_MAP || node->count > ENTRIES_MAX) {
        yaml_report(&reading->document, node, FINDING_TYPE, "measures must be a map of names and values");
        return;
    }
    struct named_value *list = arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*list));
    for (size_t i = 0; i < node->count; i++)
        list[i] = read_named(reading, &node->entries[i], true);
    value->list = list;
    value->list_count = node->count;
}

static struct output_value read_value(struct reading *reading, const struct output_field *field,
                                      const struct yaml_node *node)
{
    struct yaml_document *document = &reading->document;
    struct output_value value = { .text = BYTES_NULL };
    bool nullable = field->form == VALUE_TEXT || field->form == VALUE_MAYBE;
    if (nullable && yaml_is_null(node)) {
        value.is_null = true;
        return value;
    }
    switch (field->form) {
    case VALUE_TEXT:
        value.text = yaml_text(document, node);
        break;
    case VALUE_WORD:
        value.number = read_word(reading, field, node, &value.is_null);
        break;
    case VALUE_INT:
        value.number = yaml_whole(document, node, INT32_MIN, INT32_MAX, 0);
        break;
    case VALUE_LONG:
    case VALUE_MAYBE:
        value.number = yaml_whole(document, node, INT64_MIN, INT64_MAX, 0);
        break;
    case VALUE_DAY:
        value.number = yaml_day(document, node, 0);
        break;
    case VALUE_MOMENT:
        value.number = read_example_moment(reading, node, 0);
        break;
    case VALUE_BOOLEAN:
        value.number = yaml_boolean(document, node, false);
        break;
    case VALUE_SHARES:
        read_shares(reading, node, &value);
        break;
    case VALUE_MEASURES:
        read_measures_of(reading, node, &value);
        break;
    }
    return value;
}

/* --- fields and entries --- */

static void report_no_field(struct reading *reading, enum output_kind kind, const struct yaml_node *key)
{
    static const char *const whats[] = { "a decision", "an episode", "an alert" };
    char shown[QUOTED_BYTES], meant[SUGGESTION_BYTES];
    size_t count;
    const struct output_field *fields = output_fields(kind, &count);
    struct suggestion suggestion = suggest_init(key->text);
    for (size_t i = 0; i < count; i++)
        suggest_try(&suggestion, fields[i].name);
    yaml_report(&reading->document, key, FINDING_KEY_UNKNOWN, "%s has no field %s%s", whats[kind],
                quoted(key->text, shown), suggest_text(&suggestion, meant));
}

static void read_fields(struct reading *reading, enum output_kind kind, const struct yaml_node *node,
                        struct expected_entry *entry)
{
    if (yaml_is_null(node))
        return; /* it exists, and that is all that matters */
    if (node->kind != YAML_MAP || node->count > ENTRIES_MAX) {
        yaml_report(&reading->document, node, FINDING_TYPE, "what is expected must be a map of fields");
        return;
    }
    struct expected_field *fields =
        arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*fields));
    for (size_t i = 0; i < node->count; i++) {
        const struct output_field *field = output_field_find(kind, node->entries[i].key.text);
        if (!field) {
            report_no_field(reading, kind, &node->entries[i].key);
            continue;
        }
        fields[entry->fields_count++] =
            (struct expected_field){ field, read_value(reading, field, &node->entries[i].value) };
    }
    entry->fields = fields;
}

/* A decision may be its status alone. */
static void read_status(struct reading *reading, const struct yaml_node *node, struct expected_entry *entry)
{
    struct expected_field *status = ARENA_ARRAY(reading->document.arena, struct expected_field, 1);
    status->field = output_field_find(OUTPUT_DECISION, BYTES("status"));
    status->value = read_value(reading, status->field, node);
    entry->fields = status;
    entry->fields_count = 1;
}

static void read_entry(struct reading *reading, enum output_kind kind, const struct yaml_entry *from,
                       struct expected_entry *entry)
{
    *entry = (struct expected_entry){ .place = example_place_of(reading, &from->key), .key = from->key.text };
    if (kind == OUTPUT_DECISION && from->value.kind == YAML_SCALAR && !yaml_is_null(&from->value))
        read_status(reading, &from->value, entry);
    else
        read_fields(reading, kind, &from->value, entry);
}

static void read_map_part(struct reading *reading, enum output_kind kind, const struct yaml_node *node,
                          struct expected_part *part)
{
    if (!node)
        return;
    if (node->kind != YAML_MAP || node->count > EXAMPLE_LINES_MAX) {
        yaml_report(&reading->document, node, FINDING_TYPE, "%.*s must be a map of keys",
                    BYTES_ARGS(node->key));
        return;
    }
    struct expected_entry *entries =
        arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*entries));
    for (size_t i = 0; i < node->count && !yaml_is_full(&reading->document); i++)
        read_entry(reading, kind, &node->entries[i], &entries[i]);
    *part = (struct expected_part){ true, example_place_of(reading, node), entries, node->count };
}

/* A list of keys, or of maps of one key. */
static void read_alerts_part(struct reading *reading, const struct yaml_node *node,
                             struct expected_part *part)
{
    if (!yaml_is_list(&reading->document, node, EXAMPLE_LINES_MAX))
        return;
    struct expected_entry *entries =
        arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*entries));
    for (size_t i = 0; i < node->count && !yaml_is_full(&reading->document); i++) {
        const struct yaml_node *item = &node->items[i];
        if (item->kind == YAML_MAP && item->count == 1)
            read_entry(reading, OUTPUT_ALERT, &item->entries[0], &entries[i]);
        else if (item->kind == YAML_SCALAR)
            entries[i] = (struct expected_entry){ .place = example_place_of(reading, item),
                                                  .key = yaml_text(&reading->document, item) };
        else
            yaml_report(&reading->document, item, FINDING_TYPE, "an alert is its key, or a map of one key");
    }
    *part = (struct expected_part){ true, example_place_of(reading, node), entries, node->count };
}

void read_example_expect(struct reading *reading, const struct yaml_node *node, struct example *example)
{
    struct expect_keys keys;
    if (!yaml_keys(&reading->document, node, "expect", expect_keys, COUNT(expect_keys), &keys))
        return;
    if (node->count == 0)
        yaml_report(&reading->document, node, FINDING_EMPTY, "the example expects nothing");
    read_map_part(reading, OUTPUT_DECISION, keys.decisions, &example->parts[OUTPUT_DECISION]);
    read_map_part(reading, OUTPUT_EPISODE, keys.episodes, &example->parts[OUTPUT_EPISODE]);
    read_alerts_part(reading, keys.alerts, &example->parts[OUTPUT_ALERT]);
}
