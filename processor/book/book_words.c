/* book_words.c - names, ids, codes and uses of names, as every part of a book has them (§13). */
#include "book/book_parts.h"

#include "base/limits.h"
#include "base/utf8.h"

struct bytes read_printable(struct reading *reading, const struct yaml_node *node, const char *excepted)
{
    char text[QUOTED_BYTES];
    struct bytes name = yaml_text(&reading->document, node);
    if (bytes_is_null(name))
        return name;
    bool fits = name.length >= 1 && name.length <= NAME_BYTES_MAX && is_utf8_text(name);
    for (const char *not = excepted; fits && *not ; not ++)
        fits = memchr(name.data, *not, name.length) == NULL;
    if (fits)
        return name;
    yaml_report(&reading->document, node, FINDING_NAME_FORM,
                "%s is no name: 1 to %d bytes of printable text%s", quoted(name, text), NAME_BYTES_MAX,
                *excepted ? " without / and ~" : "");
    return BYTES_NULL;
}

struct bytes read_name(struct reading *reading, const struct yaml_node *node)
{
    return read_printable(reading, node, "/~");
}

struct bytes read_id(struct reading *reading, const struct yaml_node *node)
{
    char text[QUOTED_BYTES];
    struct bytes id = yaml_text(&reading->document, node);
    if (bytes_is_null(id))
        return id;
    if (id.length >= 1 && id.length <= NAME_BYTES_MAX &&
        strspn(id.data, "abcdefghijklmnopqrstuvwxyz0123456789.-") == id.length)
        return id;
    yaml_report(&reading->document, node, FINDING_NAME_FORM, "%s is no id: 1 to %d of a-z 0-9 . and -",
                quoted(id, text), NAME_BYTES_MAX);
    return BYTES_NULL;
}

struct bytes read_agb(struct reading *reading, const struct yaml_node *node)
{
    char text[QUOTED_BYTES];
    struct bytes code = yaml_code(&reading->document, node);
    if (bytes_is_null(code) || (code.length == 8 && strspn(code.data, "0123456789") == 8))
        return code;
    yaml_report(&reading->document, node, FINDING_AGB, "%s is no AGB code: eight digits", quoted(code, text));
    return BYTES_NULL;
}

static int32_t report_undefined(struct reading *reading, const struct yaml_node *node, const char *what,
                                struct bytes name, const struct suggestion *suggestion)
{
    char text[QUOTED_BYTES], meant[SUGGESTION_BYTES];
    yaml_report(&reading->document, node, FINDING_UNDEFINED, "no %s has the name %s%s", what,
                quoted(name, text), suggest_text(suggestion, meant));
    return ABSENT;
}

/* Of two with one name (a mistake that has been found) any. */
static const struct criterion *criterion_named(const struct reading *reading, struct bytes name)
{
    size_t low = 0, high = reading->book->criteria_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(reading->criteria_by_name[middle]->name, name);
        if (order == 0)
            return reading->criteria_by_name[middle];
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

int32_t read_criterion_use(struct reading *reading, const struct yaml_node *node)
{
    struct bytes name = yaml_text(&reading->document, node);
    /* without a list every use would be a mistake: one finding is enough */
    if (bytes_is_null(name) || !reading->book->criteria)
        return ABSENT;
    const struct criterion *found = criterion_named(reading, name);
    if (found) {
        reading->criterion_used[found - reading->book->criteria] = true;
        return (int32_t)(found - reading->book->criteria);
    }
    if (yaml_is_full(&reading->document)) /* looking for what was meant takes time */
        return ABSENT;
    struct suggestion suggestion = suggest_init(name);
    for (size_t i = 0; i < reading->book->criteria_count; i++)
        suggest_try(&suggestion, reading->book->criteria[i].name);
    return report_undefined(reading, node, "criterion", name, &suggestion);
}

int32_t read_bundle_use(struct reading *reading, const struct yaml_node *node)
{
    struct bytes name = yaml_text(&reading->document, node);
    if (bytes_is_null(name) || !reading->book->bundles)
        return ABSENT;
    struct suggestion suggestion = suggest_init(name);
    for (size_t i = 0; i < reading->book->bundles_count; i++) {
        if (bytes_equal(reading->book->bundles[i].id, name))
            return (int32_t)i;
        suggest_try(&suggestion, reading->book->bundles[i].id);
    }
    return report_undefined(reading, node, "bundle", name, &suggestion);
}

size_t read_one_or_more(struct reading *reading, const struct yaml_node *node,
                        const struct yaml_node **ret_items)
{
    *ret_items = node;
    if (!node)
        return 0;
    if (node->kind == YAML_SCALAR)
        return 1;
    if (!yaml_is_list(&reading->document, node, PATTERNS_MAX))
        return 0;
    *ret_items = node->items;
    if (node->count == 0)
        yaml_report(&reading->document, node, FINDING_EMPTY, "the list %.*s is empty", BYTES_ARGS(node->key));
    return node->count;
}

uint32_t read_care_types(struct reading *reading, const struct yaml_node *node)
{
    const struct yaml_node *items;
    uint32_t bits = 0;
    size_t count = read_one_or_more(reading, node, &items);
    for (size_t i = 0; i < count; i++) {
        int care_type = yaml_word(&reading->document, &items[i], care_type_names, CARE_TYPE_COUNT, ABSENT);
        if (care_type >= 0 && (bits & 1u << care_type))
            yaml_report(&reading->document, &items[i], FINDING_LISTED_TWICE,
                        "the care type %.*s is listed twice", BYTES_ARGS(care_type_names[care_type]));
        if (care_type >= 0)
            bits |= 1u << care_type;
    }
    return bits;
}

void check_order(struct reading *reading, const struct yaml_node *node, int64_t from, int64_t until,
                 const char *names)
{
    if (node && from > until)
        yaml_report(&reading->document, node, FINDING_ORDER, "%s are in the wrong order", names);
}

void check_twice(struct reading *reading, const struct yaml_node *node, const struct bytes *names, size_t at,
                 const char *what)
{
    char text[QUOTED_BYTES];
    for (size_t i = 0; i < at && !bytes_is_null(names[at]); i++) {
        if (!bytes_equal(names[i], names[at]))
            continue;
        yaml_report(&reading->document, node, FINDING_TWICE, "%s %s is defined twice", what,
                    quoted(names[at], text));
        return;
    }
}
