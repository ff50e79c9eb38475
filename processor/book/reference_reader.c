/* reference_reader.c - the reference file, what earlier episodes cost (§10), read as strictly as a book. */
#include "book/book_parts.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"

enum { EPISODES_MAX = 4096, REFERENCES_MAX = 65536, DECLARED_DAY_MAX = 36600 };

struct reference_owner {
    struct reference reference; /* first: a reference is freed by its address */
    uint64_t hash;
    struct bytes text;
    struct arena arena;
};
_Static_assert(offsetof(struct reference_owner, reference) == 0, "a reference is freed by its address");

struct reference_keys {
    const struct yaml_node *reference, *episodes, *lines;
};
static const struct yaml_key reference_keys[] = {
    YAML_NEEDS(reference_keys, reference),
    YAML_MAY(reference_keys, episodes),
    YAML_MAY(reference_keys, lines),
};
struct episode_keys {
    const struct yaml_node *bundle, *stratum, *count, *mean, *p01, *p05, *p50, *p95, *p99, *declared_permille;
};
static const struct yaml_key episode_keys[] = {
    YAML_NEEDS(episode_keys, bundle), YAML_NEEDS(episode_keys, stratum),
    YAML_NEEDS(episode_keys, count),  YAML_NEEDS(episode_keys, mean),
    YAML_NEEDS(episode_keys, p01),    YAML_NEEDS(episode_keys, p05),
    YAML_NEEDS(episode_keys, p50),    YAML_NEEDS(episode_keys, p95),
    YAML_NEEDS(episode_keys, p99),    YAML_NEEDS(episode_keys, declared_permille),
};
struct line_keys {
    const struct yaml_node *care_type, *care_code, *p999;
};
static const struct yaml_key line_keys[] = { YAML_NEEDS(line_keys, care_type),
                                             YAML_NEEDS(line_keys, care_code), YAML_NEEDS(line_keys, p999) };

static int compare_days(const void *a, const void *b)
{
    const struct declared_permille *left = a, *right = b;
    return (left->day > right->day) - (left->day < right->day);
}

static void read_declared(struct yaml_document *document, const struct yaml_node *node,
                          struct episode_reference *episode)
{
    if (!node)
        return;
    if (node->kind != YAML_MAP || node->count == 0 || node->count > REFERENCES_MAX) {
        yaml_report(document, node, node->kind == YAML_MAP ? FINDING_DECLARED : FINDING_TYPE,
                    "declared_permille must be a map of days with at least one");
        return;
    }
    struct declared_permille *declared = ARENA_ARRAY(document->arena, struct declared_permille, node->count);
    int32_t errors = document->errors_count;
    for (size_t i = 0; i < node->count; i++) {
        struct yaml_node day = node->entries[i].key;
        day.key = BYTES("a day of declared_permille");
        day.quoted = false; /* in JSON, and for programs that know its maps only, every key is a text */
        declared[i].day = (int32_t)yaml_whole(document, &day, 1, DECLARED_DAY_MAX, 1);
        declared[i].permille = (int32_t)yaml_whole(document, &node->entries[i].value, 0, 1000000, 0);
    }
    qsort(declared, node->count, sizeof(*declared), compare_days);
    for (size_t i = 1; i < node->count && errors == document->errors_count; i++)
        if (declared[i].permille < declared[i - 1].permille)
            yaml_report(document, node, FINDING_DECLARED, "declared_permille falls from day %d to day %d",
                        declared[i - 1].day, declared[i].day);
    episode->declared = declared;
    episode->declared_count = node->count;
}

static void read_episode(struct reading *reading, const struct yaml_node *node,
                         struct episode_reference *episode)
{
    struct yaml_document *document = &reading->document;
    struct episode_keys keys;
    yaml_keys(document, node, "an episode of a reference", episode_keys, COUNT(episode_keys), &keys);
    episode->bundle = read_id(reading, keys.bundle);
    episode->stratum = read_name(reading, keys.stratum);
    episode->count = yaml_whole(document, keys.count, 0, AMOUNT_CENTS_MAX, 0);
    episode->mean = yaml_cents(document, keys.mean, AMOUNT_CENTS_MAX, 0);
    episode->p01 = yaml_cents(document, keys.p01, AMOUNT_CENTS_MAX, 0);
    episode->p05 = yaml_cents(document, keys.p05, AMOUNT_CENTS_MAX, 0);
    episode->p50 = yaml_cents(document, keys.p50, AMOUNT_CENTS_MAX, 0);
    episode->p95 = yaml_cents(document, keys.p95, AMOUNT_CENTS_MAX, 0);
    episode->p99 = yaml_cents(document, keys.p99, AMOUNT_CENTS_MAX, 0);
    read_declared(document, keys.declared_permille, episode);
}

static void read_episodes(struct reading *reading, const struct yaml_node *node, struct reference *reference)
{
    if (!yaml_is_list(&reading->document, node, EPISODES_MAX))
        return;
    struct episode_reference *episodes =
        arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*episodes));
    for (size_t i = 0; i < node->count; i++) {
        read_episode(reading, &node->items[i], &episodes[i]);
        for (size_t j = 0; j < i; j++) {
            bool same = bytes_equal(episodes[i].bundle, episodes[j].bundle) &&
                        bytes_equal(episodes[i].stratum, episodes[j].stratum);
            if (!same || bytes_is_null(episodes[i].bundle) || bytes_is_null(episodes[i].stratum))
                continue;
            yaml_report(&reading->document, &node->items[i], FINDING_TWICE,
                        "this stratum of the bundle stands in line %d already",
                        yaml_line(&reading->document, &node->items[j]));
            break;
        }
    }
    reference->episodes = episodes;
    reference->episodes_count = node->count;
}

/* A line of the reference with its place, until they are sorted. */
struct placed_line {
    struct line_reference line;
    const struct yaml_node *node;
};

static int compare_lines(const void *a, const void *b)
{
    const struct placed_line *left = a, *right = b;
    int order =
        (left->line.care_type > right->line.care_type) - (left->line.care_type < right->line.care_type);
    return order ? order : bytes_compare(left->line.care_code, right->line.care_code);
}

static struct line_reference read_line(struct reading *reading, const struct yaml_node *node)
{
    struct line_keys keys;
    char text[QUOTED_BYTES];
    yaml_keys(&reading->document, node, "a line of a reference", line_keys, COUNT(line_keys), &keys);
    struct line_reference line = { .care_type = (uint8_t)yaml_word(&reading->document, keys.care_type,
                                                                   care_type_names, CARE_TYPE_COUNT, 0),
                                   .care_code = yaml_code(&reading->document, keys.care_code),
                                   .p999 = yaml_cents(&reading->document, keys.p999, AMOUNT_CENTS_MAX, 0) };
    if (!bytes_is_null(line.care_code) &&
        (line.care_code.length == 0 || line.care_code.length > CODE_BYTES_MAX))
        yaml_report(&reading->document, keys.care_code, FINDING_PATTERN, "%s is no care code: 1 to %d bytes",
                    quoted(line.care_code, text), CODE_BYTES_MAX);
    return line;
}

static void read_reference_lines(struct reading *reading, const struct yaml_node *node,
                                 struct reference *reference)
{
    if (!yaml_is_list(&reading->document, node, REFERENCES_MAX))
        return;
    struct placed_line *placed = ARENA_ARRAY(reading->document.arena, struct placed_line, node->count + 1);
    struct line_reference *lines =
        ARENA_ARRAY(reading->document.arena, struct line_reference, node->count + 1);
    for (size_t i = 0; i < node->count; i++)
        placed[i] = (struct placed_line){ read_line(reading, &node->items[i]), &node->items[i] };
    qsort(placed, node->count, sizeof(*placed), compare_lines);
    for (size_t i = 0; i < node->count; i++) {
        lines[i] = placed[i].line;
        if (i > 0 && compare_lines(&placed[i - 1], &placed[i]) == 0 && !bytes_is_null(lines[i].care_code)) {
            const struct yaml_node *a = placed[i - 1].node, *b = placed[i].node;
            yaml_report(&reading->document, a > b ? a : b, FINDING_TWICE,
                        "this code of the care type stands in line %d already",
                        yaml_line(&reading->document, a > b ? b : a));
        }
    }
    reference->lines = lines;
    reference->lines_count = node->count;
}

static bool has_bundle(const struct book *book, struct bytes id)
{
    for (size_t i = 0; i < book->bundles_count; i++)
        if (bytes_equal(book->bundles[i].id, id))
            return true;
    return false;
}

/* What the reference says of bundles that the book does not have: in one word when it has none of them. */
static void warn_foreign(struct reading *reading, const struct yaml_node *episodes,
                         const struct reference *reference, const struct book *book)
{
    char name[QUOTED_BYTES];
    size_t foreign = 0;
    for (size_t i = 0; i < reference->episodes_count; i++)
        foreign += !has_bundle(book, reference->episodes[i].bundle);
    if (foreign > 0 && foreign == reference->episodes_count) {
        yaml_report(&reading->document, episodes, FINDING_REFERENCE_FOREIGN,
                    "the reference names none of the book's bundles");
        return;
    }
    for (size_t i = 0; i < reference->episodes_count; i++)
        if (!has_bundle(book, reference->episodes[i].bundle))
            yaml_report(&reading->document, &episodes->items[i], FINDING_REFERENCE_FOREIGN,
                        "the book has no bundle %s", quoted(reference->episodes[i].bundle, name));
}

static const struct reference *finish(struct reference_owner *owner, struct reading *reading,
                                      const struct book *book, struct bytes text)
{
    struct reference_keys keys;
    const struct yaml_node *root = yaml_parse(&reading->document, text);
    if (root) {
        yaml_keys(&reading->document, root, "a reference", reference_keys, COUNT(reference_keys), &keys);
        owner->reference.reference = read_printable(reading, keys.reference, "");
        read_episodes(reading, keys.episodes, &owner->reference);
        read_reference_lines(reading, keys.lines, &owner->reference);
        if (book && reading->document.errors_count == 0)
            warn_foreign(reading, keys.episodes, &owner->reference, book);
    }
    if (reading->document.errors_count > 0) {
        arena_release(&owner->arena);
        memory_free(owner);
        return NULL;
    }
    owner->hash = hash64(text.data, text.length, 0);
    owner->text = arena_copy(&owner->arena, text);
    return &owner->reference;
}

static struct reference_owner *owner_new(void)
{
    struct reference_owner *owner = memory_alloc_zeroed(1, sizeof(*owner));
    arena_init(&owner->arena, 0);
    return owner;
}

const struct reference *reference_check(const char *path, const struct book *book, finding_sink *sink,
                                        void *context)
{
    struct reference_owner *owner = owner_new();
    struct reading reading = { .document = { .name = path,
                                             .arena = &owner->arena,
                                             .sink = sink,
                                             .context = context,
                                             .wants_warnings = book != NULL } };
    struct bytes text;
    if (yaml_read_file(&reading.document, path, &text))
        return finish(owner, &reading, book, text);
    arena_release(&owner->arena);
    memory_free(owner);
    return NULL;
}

const struct reference *reference_read(const char *path, finding_sink *sink, void *context)
{
    return reference_check(path, NULL, sink, context);
}

const struct reference *reference_read_text(const char *name, struct bytes text, finding_sink *sink,
                                            void *context)
{
    struct reference_owner *owner = owner_new();
    struct reading reading = { .document = {
                                   .name = name, .arena = &owner->arena, .sink = sink, .context = context } };
    return finish(owner, &reading, NULL, text);
}

void reference_free(const struct reference *reference)
{
    if (!reference)
        return;
    struct reference_owner *owner = (struct reference_owner *)(uintptr_t)reference;
    arena_release(&owner->arena);
    memory_free(owner);
}

struct bytes reference_source(const struct reference *reference)
{
    return reference ? ((const struct reference_owner *)(const void *)reference)->text : BYTES_NULL;
}

uint64_t reference_hash(const struct reference *reference)
{
    return reference ? ((const struct reference_owner *)(const void *)reference)->hash : 0;
}
