/* book_criteria.c - criteria: clauses of fields of patterns (§5). */
#include "book/book_parts.h"
#include "engine/clause.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <stdlib.h>

struct clause_keys {
    const struct yaml_node *care_type, *care_code, *subtype, *specialism, *provider, *referrer, *diagnosis,
        *laterality, *amount_at_least;
};
static const struct yaml_key clause_keys[] = {
    YAML_MAY(clause_keys, care_type),       YAML_MAY(clause_keys, care_code),
    YAML_MAY(clause_keys, subtype),         YAML_MAY(clause_keys, specialism),
    YAML_MAY(clause_keys, provider),        YAML_MAY(clause_keys, referrer),
    YAML_MAY(clause_keys, diagnosis),       YAML_MAY(clause_keys, laterality),
    YAML_MAY(clause_keys, amount_at_least),
};

/* What a field can be (§1): at most so many bytes, or exactly so many digits. */
struct shape {
    size_t bytes_max, digits;
};

/* `text` up to a `*` at its end. Longer than its field can be: it never accepts, which is odd but clear. */
static struct pattern read_pattern(struct reading *reading, const struct yaml_node *node, struct bytes text,
                                   struct shape shape)
{
    char shown[QUOTED_BYTES];
    struct pattern pattern = { .text = text };
    if (text.length > NAME_BYTES_MAX || !is_utf8_text(text) || text.length == 0) {
        yaml_report(&reading->document, node, FINDING_PATTERN,
                    "%s is no pattern: 1 to %d bytes of printable text", quoted(text, shown), NAME_BYTES_MAX);
        return pattern;
    }
    if (text.data[text.length - 1] == '*') {
        pattern.prefix = true;
        pattern.text.length--;
    }
    if (memchr(pattern.text.data, '*', pattern.text.length))
        yaml_report(&reading->document, node, FINDING_STAR_INSIDE, "the * inside of %s stands for itself",
                    quoted(text, shown));
    if (pattern.text.length > shape.bytes_max)
        yaml_report(&reading->document, node, FINDING_NEVER_ACCEPTS,
                    "%s is longer than %.*s can be, %zu bytes", quoted(text, shown), BYTES_ARGS(node->key),
                    shape.bytes_max);
    else if (shape.digits > 0 && (strspn(text.data, "0123456789") < pattern.text.length ||
                                  (!pattern.prefix && pattern.text.length < shape.digits)))
        yaml_report(&reading->document, node, FINDING_NEVER_ACCEPTS,
                    "%s never accepts: %.*s is exactly %zu digits", quoted(text, shown),
                    BYTES_ARGS(node->key), shape.digits);
    return pattern;
}

static int compare_patterns(const void *a, const void *b)
{
    return pattern_compare(a, b);
}

static void note_needless(struct reading *reading, struct needless needless)
{
    struct needless *noted = arena_alloc(reading->document.arena, sizeof(*noted));
    *noted = needless;
    *reading->needless_end = noted;
    reading->needless_end = &noted->next;
}

enum { SHORT_LIST = 16 }; /* has no heads: a few texts are compared as fast */

static const uint64_t *heads_of(struct reading *reading, const struct pattern *patterns, size_t count)
{
    uint64_t *heads = ARENA_ARRAY(reading->document.arena, uint64_t, count);
    for (size_t i = 0; i < count; i++)
        heads[i] = pattern_head(patterns[i].system, patterns[i].text);
    return heads;
}

/* As book.h promises lists: in order a prefix stands before all that is within it, which is left out beside
 * it. */
static struct patterns put_in_order(struct reading *reading, const struct yaml_node *clause,
                                    const char *field, struct pattern *patterns, size_t count)
{
    size_t filled = 0;
    qsort(patterns, count, sizeof(*patterns), compare_patterns);
    for (size_t i = 0; i < count; i++) {
        if (filled == 0 || !pattern_covers(&patterns[filled - 1], &patterns[i]))
            patterns[filled++] = patterns[i];
        else if (filled == i)
            note_needless(reading,
                          (struct needless){ NULL, clause, field, patterns[i], patterns[filled - 1] });
    }
    return (struct patterns){ .items = patterns, .count = filled,
                              .heads = filled > SHORT_LIST ? heads_of(reading, patterns, filled) : NULL };
}

static struct patterns read_patterns(struct reading *reading, const struct yaml_node *clause,
                                     const struct yaml_node *node, const char *field, struct shape shape)
{
    const struct yaml_node *items;
    size_t count = read_one_or_more(reading, node, &items), filled = 0;
    struct pattern *patterns = ARENA_ARRAY(reading->document.arena, struct pattern, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct bytes text = yaml_code(&reading->document, &items[i]);
        if (!bytes_is_null(text))
            patterns[filled++] = read_pattern(reading, &items[i], text, shape);
    }
    return put_in_order(reading, clause, field, patterns, filled);
}

static bool read_diagnosis(struct reading *reading, const struct yaml_node *node, struct pattern *ret_pattern)
{
    char shown[QUOTED_BYTES];
    struct bytes text = yaml_code(&reading->document, node);
    if (bytes_is_null(text))
        return false;
    const char *colon = memchr(text.data, ':', text.length);
    size_t length = colon ? (size_t)(colon - text.data) : 0;
    struct bytes system = { text.data, length },
                 code = { colon ? colon + 1 : text.data, colon ? text.length - length - 1 : 0 };
    for (int i = SYSTEM_NONE + 1; colon && code.length > 0 && i < SYSTEM_COUNT; i++) {
        if (!bytes_equal(diagnosis_system_names[i], system))
            continue;
        *ret_pattern = read_pattern(reading, node, code, (struct shape){ CODE_BYTES_MAX, 0 });
        ret_pattern->system = (enum diagnosis_system)i;
        return true;
    }
    yaml_report(&reading->document, node, FINDING_PATTERN,
                "%s is no diagnosis: SYSTEM:code, such as \"DBC:218\" or \"ICD9:820*\"", quoted(text, shown));
    return false;
}

static struct patterns read_diagnoses(struct reading *reading, const struct yaml_node *clause,
                                      const struct yaml_node *node)
{
    const struct yaml_node *items;
    size_t count = read_one_or_more(reading, node, &items), filled = 0;
    struct pattern *patterns = ARENA_ARRAY(reading->document.arena, struct pattern, count + 1);
    for (size_t i = 0; i < count; i++)
        filled += read_diagnosis(reading, &items[i], &patterns[filled]);
    return put_in_order(reading, clause, "diagnosis", patterns, filled);
}

static uint32_t read_lateralities(struct reading *reading, const struct yaml_node *node)
{
    const struct yaml_node *items;
    uint32_t bits = 0;
    size_t count = read_one_or_more(reading, node, &items);
    for (size_t i = 0; i < count; i++) {
        int laterality = yaml_word(&reading->document, &items[i], laterality_names, LATERALITY_COUNT, ABSENT);
        if (laterality >= 0)
            bits |= 1u << laterality;
    }
    return bits;
}

static struct clause read_clause(struct reading *reading, const struct yaml_node *node)
{
    struct clause_keys keys;
    struct clause clause = { .amount_at_least = ABSENT };
    if (!yaml_keys(&reading->document, node, "a clause", clause_keys, COUNT(clause_keys), &keys))
        return clause;
    if (node->count == 0)
        yaml_report(&reading->document, node, FINDING_CLAUSE_EMPTY, "a clause needs at least one condition");
    clause.care_types = read_care_types(reading, keys.care_type);
    clause.care_code =
        read_patterns(reading, node, keys.care_code, "care_code", (struct shape){ CODE_BYTES_MAX, 0 });
    clause.subtype =
        read_patterns(reading, node, keys.subtype, "subtype", (struct shape){ SUBTYPE_BYTES_MAX, 0 });
    clause.specialism = read_patterns(reading, node, keys.specialism, "specialism", (struct shape){ 4, 4 });
    clause.provider = read_patterns(reading, node, keys.provider, "provider", (struct shape){ 8, 8 });
    clause.referrer = read_patterns(reading, node, keys.referrer, "referrer", (struct shape){ 8, 8 });
    clause.diagnosis = read_diagnoses(reading, node, keys.diagnosis);
    clause.lateralities = read_lateralities(reading, keys.laterality);
    clause.amount_at_least = yaml_cents(&reading->document, keys.amount_at_least, AMOUNT_CENTS_MAX, ABSENT);
    return clause;
}

static void read_criterion(struct reading *reading, const struct yaml_entry *entry,
                           struct criterion *ret_criterion)
{
    /* A name that YAML would read as a number is as good as any other here: a key is always text. */
    struct yaml_node key = entry->key;
    key.quoted = true;
    *ret_criterion = (struct criterion){ .name = read_name(reading, &key) };
    if (!yaml_is_list(&reading->document, &entry->value, CLAUSES_MAX))
        return;
    if (entry->value.count == 0)
        yaml_report(&reading->document, &entry->value, FINDING_EMPTY, "the criterion has no clause");
    struct clause *clauses = ARENA_ARRAY(reading->document.arena, struct clause, entry->value.count + 1);
    for (size_t i = 0; i < entry->value.count; i++)
        clauses[i] = read_clause(reading, &entry->value.items[i]);
    ret_criterion->clauses = clauses;
    ret_criterion->clauses_count = entry->value.count;
}

static int compare_names(const void *a, const void *b)
{
    return bytes_compare((*(const struct criterion *const *)a)->name,
                         (*(const struct criterion *const *)b)->name);
}

static void order_criteria(struct reading *reading)
{
    size_t count = reading->book->criteria_count;
    reading->criteria_by_name = ARENA_ARRAY(reading->document.arena, const struct criterion *, count + 1);
    for (size_t i = 0; i < count; i++)
        reading->criteria_by_name[i] = &reading->book->criteria[i];
    qsort(reading->criteria_by_name, count, sizeof(*reading->criteria_by_name), compare_names);
}

void read_criteria(struct reading *reading, const struct yaml_node *node)
{
    if (!node)
        return;
    if (node->kind != YAML_MAP || node->count > CRITERIA_MAX) {
        yaml_report(&reading->document, node, node->kind != YAML_MAP ? FINDING_TYPE : FINDING_SIZE,
                    "criteria must be a map of at most %d names", CRITERIA_MAX);
        return;
    }
    struct criterion *criteria = arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*criteria));
    reading->criterion_places =
        ARENA_ARRAY(reading->document.arena, const struct yaml_node *, node->count + 1);
    reading->criterion_clauses =
        ARENA_ARRAY(reading->document.arena, const struct yaml_node *, node->count + 1);
    reading->criterion_used = arena_zeroed(reading->document.arena, node->count + 1);
    reading->book->criteria = criteria;
    reading->needless_end = &reading->needless;
    for (size_t i = 0; i < node->count; i++) {
        reading->criterion_places[i] = &node->entries[i].key;
        reading->criterion_clauses[i] = &node->entries[i].value;
        read_criterion(reading, &node->entries[i], &criteria[i]);
        reading->book->criteria_count = i + 1;
    }
    order_criteria(reading);
}
