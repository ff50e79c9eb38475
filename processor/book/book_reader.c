/* book_reader.c - a bundle book from its text: the frame of the file, and who owns what was read. */
#include "book/book_parts.h"
#include "book/examples.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"

struct book_owner {
    struct book book; /* first: a book is freed by its address */
    uint64_t hash;
    struct bytes text;
    struct examples examples;
    struct arena arena;
};
_Static_assert(offsetof(struct book_owner, book) == 0, "a book is freed by its address");

struct book_keys {
    const struct yaml_node *book, *horizon_days, *waiting_days, *criteria, *bundles, *overlaps, *contracts,
        *duplicates, *successors, *ends_care;
};
static const struct yaml_key book_keys[] = {
    YAML_NEEDS(book_keys, book),     YAML_NEEDS(book_keys, horizon_days), YAML_MAY(book_keys, waiting_days),
    YAML_NEEDS(book_keys, criteria), YAML_NEEDS(book_keys, bundles),      YAML_MAY(book_keys, overlaps),
    YAML_MAY(book_keys, contracts),  YAML_MAY(book_keys, duplicates),     YAML_MAY(book_keys, successors),
    YAML_MAY(book_keys, ends_care),
};
struct duplicate_keys {
    const struct yaml_node *name, *criterion, *within, *same, *codes, *overlap_days, *serials, *allow,
        *action;
};
static const struct yaml_key duplicate_keys[] = {
    YAML_NEEDS(duplicate_keys, name),      YAML_NEEDS(duplicate_keys, criterion),
    YAML_NEEDS(duplicate_keys, within),    YAML_MAY(duplicate_keys, same),
    YAML_MAY(duplicate_keys, codes),       YAML_MAY(duplicate_keys, overlap_days),
    YAML_MAY(duplicate_keys, serials),     YAML_NEEDS(duplicate_keys, allow),
    YAML_NEEDS(duplicate_keys, action),
};

/* Without `same` it is the content, which has no word of its own and asks neither codes nor days. */
static void read_same(struct reading *reading, const struct duplicate_keys *keys, struct duplicate_rule *rule)
{
    static const struct bytes sames[] = { BYTES("overlap"), BYTES("trajectory") }, codes[] = { BYTES("any") };
    struct yaml_document *document = &reading->document;
    int32_t same = yaml_word(document, keys->same, sames, COUNT(sames), ABSENT);
    rule->same = same == ABSENT ? SAME_CONTENT : same == 0 ? SAME_OVERLAP : SAME_TRAJECTORY;
    rule->any_code = yaml_word(document, keys->codes, codes, COUNT(codes), ABSENT) == 0;
    rule->overlap_days = (int32_t)yaml_whole(document, keys->overlap_days, 1, 3660, 1);
    const struct yaml_node *alone = keys->codes ? keys->codes : keys->overlap_days;
    if (!keys->same && alone)
        yaml_report(document, alone, FINDING_WITHOUT_SAME, "%.*s stands without same",
                    BYTES_ARGS(alone->key));
}

/* §4 */
static void read_duplicate(struct reading *reading, const struct yaml_node *node, struct duplicate_rule *rule,
                           struct bytes *names, size_t at)
{
    static const struct bytes withins[] = { BYTES("person"), BYTES("provider") },
                              actions[] = { BYTES("flag"), BYTES("hold") };
    struct duplicate_keys keys;
    yaml_keys(&reading->document, node, "a rule of duplicates", duplicate_keys, COUNT(duplicate_keys), &keys);
    rule->name = names[at] = read_name(reading, keys.name);
    check_twice(reading, keys.name, names, at, "the rule");
    rule->criterion = read_criterion_use(reading, keys.criterion);
    rule->within_provider = yaml_word(&reading->document, keys.within, withins, COUNT(withins), 0) == 1;
    read_same(reading, &keys, rule);
    rule->serials = yaml_boolean(&reading->document, keys.serials, false);
    rule->allow = (int32_t)yaml_whole(&reading->document, keys.allow, 1, 1000, 1);
    rule->hold = yaml_word(&reading->document, keys.action, actions, COUNT(actions), 0) == 1;
}

static void read_duplicates(struct reading *reading, const struct yaml_node *node)
{
    if (!yaml_is_list(&reading->document, node, DUPLICATE_RULES_MAX))
        return;
    struct duplicate_rule *rules = arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*rules));
    struct bytes *names = ARENA_ARRAY(reading->document.arena, struct bytes, node->count + 1);
    for (size_t i = 0; i < node->count; i++)
        read_duplicate(reading, &node->items[i], &rules[i], names, i);
    reading->book->duplicates = rules;
    reading->book->duplicates_count = node->count;
}

static void read_book(struct reading *reading, const struct yaml_node *root, struct examples *ret_examples)
{
    struct book_keys keys;
    yaml_keys(&reading->document, root, "a book", book_keys, COUNT(book_keys), &keys);
    reading->book->book = read_printable(reading, keys.book, "");
    reading->book->horizon_days = (int32_t)yaml_whole(&reading->document, keys.horizon_days, 1, 36600, 1);
    reading->book->waiting_days = (int32_t)yaml_whole(&reading->document, keys.waiting_days, 0, 3660, ABSENT);
    read_criteria(reading, keys.criteria); /* first: all others use its names */
    read_bundles(reading, keys.bundles);
    read_overlaps(reading, keys.overlaps);
    read_contracts(reading, keys.contracts);
    reading->duplicates = keys.duplicates;
    read_duplicates(reading, keys.duplicates);
    reading->ends_care = keys.ends_care;
    read_ends_care(reading, keys.ends_care);
    read_successors(reading, keys.successors);
    if (reading->document.errors_count == 0)
        read_examples(reading, ret_examples);
    if (reading->document.errors_count > 0)
        return;
    derive_overlaps(reading);
    lint_book(reading);
    if (reading->document.errors_count > 0 || !reading->document.wants_warnings)
        return;
    warn_book(reading);
    if (reading->book->waiting_days == ABSENT)
        yaml_report(&reading->document, keys.horizon_days, FINDING_NO_WAITING,
                    "without waiting_days nothing is ever said of what waits");
}

static struct book_owner *owner_new(void)
{
    struct book_owner *owner = memory_alloc_zeroed(1, sizeof(*owner));
    arena_init(&owner->arena, 0);
    return owner;
}

static void owner_free(struct book_owner *owner)
{
    arena_release(&owner->arena);
    memory_free(owner);
}

static const struct book *finish(struct book_owner *owner, struct reading *reading, struct bytes text)
{
    const struct yaml_node *root = yaml_parse(&reading->document, text);
    if (root)
        read_book(reading, root, &owner->examples);
    if (reading->document.errors_count > 0) {
        owner_free(owner);
        return NULL;
    }
    owner->hash = hash64(text.data, text.length, 0);
    owner->text = arena_copy(&owner->arena, text);
    return &owner->book;
}

static struct reading reading_of(struct book_owner *owner, const char *name, finding_sink *sink,
                                 void *context)
{
    return (struct reading){
        .document = { .name = name, .arena = &owner->arena, .sink = sink, .context = context },
        .book = &owner->book
    };
}

static const struct book *read_file(const char *path, bool wants_warnings, finding_sink *sink, void *context)
{
    struct book_owner *owner = owner_new();
    struct reading reading = reading_of(owner, path, sink, context);
    reading.document.wants_warnings = wants_warnings;
    struct bytes text;
    if (yaml_read_file(&reading.document, path, &text))
        return finish(owner, &reading, text);
    owner_free(owner);
    return NULL;
}

const struct book *book_read(const char *path, finding_sink *sink, void *context)
{
    return read_file(path, false, sink, context);
}

const struct book *book_check(const char *path, finding_sink *sink, void *context)
{
    return read_file(path, true, sink, context);
}

const struct book *book_read_text(const char *name, struct bytes text, finding_sink *sink, void *context)
{
    struct book_owner *owner = owner_new();
    struct reading reading = reading_of(owner, name, sink, context);
    return finish(owner, &reading, text);
}

void book_free(const struct book *book)
{
    if (book)
        owner_free((struct book_owner *)(uintptr_t)book);
}

struct bytes book_source(const struct book *book)
{
    return ((const struct book_owner *)(const void *)book)->text;
}

uint64_t book_hash(const struct book *book)
{
    return ((const struct book_owner *)(const void *)book)->hash;
}

struct examples book_examples(const struct book *book)
{
    return ((const struct book_owner *)(const void *)book)->examples;
}
