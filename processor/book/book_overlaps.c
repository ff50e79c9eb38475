/* book_overlaps.c - what happens where two bundles meet: the cells as written, and the matrices and the order
 * made of them (§6 first sentence, §7). */
#include "book/book_parts.h"

#include "base/limits.h"

struct cell_keys {
    const struct yaml_node *pair, *lines, *suppress;
};
static const struct yaml_key cell_keys[] = { YAML_NEEDS(cell_keys, pair), YAML_MAY(cell_keys, lines),
                                             YAML_MAY(cell_keys, suppress) };
struct lines_keys {
    const struct yaml_node *prefer;
};
static const struct yaml_key lines_keys[] = { YAML_NEEDS(lines_keys, prefer) };

static void read_pair(struct reading *reading, const struct yaml_node *node, struct cell *cell)
{
    cell->first = cell->second = ABSENT;
    if (!yaml_is_list(&reading->document, node, ENTRIES_MAX))
        return;
    if (node->count != 2) {
        yaml_report(&reading->document, node, FINDING_CELL_FORM, "a pair is two bundles, not %zu",
                    node->count);
        return;
    }
    cell->first = read_bundle_use(reading, &node->items[0]);
    cell->second = read_bundle_use(reading, &node->items[1]);
}

/* One of the pair, by its name; ABSENT after a finding. */
static int32_t read_one_of_pair(struct reading *reading, const struct yaml_node *node,
                                const struct cell *cell)
{
    char text[QUOTED_BYTES];
    int32_t bundle = read_bundle_use(reading, node);
    if (bundle == ABSENT || cell->first == ABSENT || cell->second == ABSENT || bundle == cell->first ||
        bundle == cell->second)
        return bundle;
    yaml_report(&reading->document, node, FINDING_CELL_FORM, "%s is none of the pair",
                quoted(node->text, text));
    return ABSENT;
}

static void read_lines(struct reading *reading, const struct yaml_node *node, struct cell *cell)
{
    static const struct bytes words[] = { BYTES("split"), BYTES("first") };
    struct lines_keys keys;
    if (!node)
        return;
    cell->says_lines = true;
    if (node->kind != YAML_MAP) {
        int word = yaml_word(&reading->document, node, words, COUNT(words), 0);
        cell->lines = word == 1 ? OVERLAP_FIRST : OVERLAP_SPLIT;
        return;
    }
    yaml_keys(&reading->document, node, "lines", lines_keys, COUNT(lines_keys), &keys);
    int32_t preferred = read_one_of_pair(reading, keys.prefer, cell);
    cell->lines =
        preferred == cell->second && preferred != cell->first ? OVERLAP_PREFER_OTHER : OVERLAP_PREFER_THIS;
}

static void read_cell(struct reading *reading, const struct yaml_node *node, struct cell *cell)
{
    struct cell_keys keys;
    *cell = (struct cell){ .node = node, .first = ABSENT, .second = ABSENT, .suppressed = ABSENT };
    if (!yaml_keys(&reading->document, node, "a cell", cell_keys, COUNT(cell_keys), &keys))
        return;
    read_pair(reading, keys.pair, cell);
    read_lines(reading, keys.lines, cell);
    cell->suppressed = read_one_of_pair(reading, keys.suppress, cell);
    if (!keys.lines && !keys.suppress)
        yaml_report(&reading->document, node, FINDING_CELL_FORM, "a cell needs lines, suppress or both");
    /* Whom another suppresses, it does not get the lines of: the other is preferred, when nothing is said. */
    if (!cell->says_lines && cell->suppressed != ABSENT)
        cell->lines = cell->suppressed == cell->second ? OVERLAP_PREFER_THIS : OVERLAP_PREFER_OTHER;
}

/* Enters the cell under its pair, both ways round; or reports the pair that has one already. */
static void enter_cell(struct reading *reading, const struct cell *cell)
{
    if (cell->first == ABSENT || cell->second == ABSENT)
        return;
    size_t n = reading->book->bundles_count, a = (size_t)cell->first, b = (size_t)cell->second;
    const struct cell *before = reading->cell_of_pair[a * n + b];
    if (before)
        yaml_report(&reading->document, cell->node, FINDING_TWICE, "the pair has a cell in line %d already",
                    yaml_line(&reading->document, before->node));
    reading->cell_of_pair[a * n + b] = reading->cell_of_pair[b * n + a] = cell;
}

void read_overlaps(struct reading *reading, const struct yaml_node *node)
{
    size_t n = reading->book->bundles_count;
    reading->cell_of_pair =
        arena_zeroed(reading->document.arena, (n * n + 1) * sizeof(*reading->cell_of_pair));
    if (!yaml_is_list(&reading->document, node, CELLS_MAX))
        return;
    reading->cells = ARENA_ARRAY(reading->document.arena, struct cell, node->count + 1);
    for (size_t i = 0; i < node->count; i++) {
        read_cell(reading, &node->items[i], &reading->cells[i]);
        enter_cell(reading, &reading->cells[i]);
    }
    reading->cells_count = node->count;
}

/* Takes the bundles one by one: the first of the book whose suppressors are all taken. A ring (which the
 * linter refuses) is taken in book order, so that this ends. */
static void derive_order(struct book *book, uint32_t *order, bool *taken)
{
    size_t n = book->bundles_count;
    for (size_t at = 0; at < n; at++) {
        size_t next = n, first_left = n;
        for (size_t b = n; b-- > 0;) {
            if (taken[b])
                continue;
            first_left = b;
            bool free = true;
            for (size_t a = 0; a < n && free; a++)
                free = taken[a] || !book->suppresses[a * n + b];
            if (free)
                next = b;
        }
        next = next == n ? first_left : next;
        taken[next] = true;
        order[at] = (uint32_t)next;
    }
}

void derive_overlaps(struct reading *reading)
{
    struct book *book = reading->book;
    struct arena *arena = reading->document.arena;
    size_t n = book->bundles_count;
    uint8_t *overlaps = arena_zeroed(arena, n * n + 1), *suppresses = arena_zeroed(arena, n * n + 1);
    for (size_t i = 0; i < reading->cells_count; i++) {
        const struct cell *cell = &reading->cells[i];
        if (cell->first == ABSENT || cell->second == ABSENT)
            continue;
        size_t a = (size_t)cell->first, b = (size_t)cell->second;
        enum overlap turned = cell->lines == OVERLAP_PREFER_THIS    ? OVERLAP_PREFER_OTHER
                              : cell->lines == OVERLAP_PREFER_OTHER ? OVERLAP_PREFER_THIS
                                                                    : cell->lines;
        overlaps[b * n + a] = (uint8_t)turned;
        overlaps[a * n + b] = (uint8_t)cell->lines;
        if (cell->suppressed != ABSENT)
            suppresses[(cell->suppressed == cell->second ? a : b) * n + (size_t)cell->suppressed] = 1;
    }
    book->overlaps = overlaps;
    book->suppresses = suppresses;
    uint32_t *order = ARENA_ARRAY(arena, uint32_t, n + 1);
    derive_order(book, order, arena_zeroed(arena, n + 1));
    book->order = order;
}
