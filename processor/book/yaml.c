/* yaml.c - the only file that knows libfyaml. It is used as a stream of events, from which we build our own
 * small tree: so a place is a byte of the text, keys are compared by us, and nothing that the library would
 * decide silently gets past. */
#include "book/yaml.h"

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"

#include <errno.h>
#include <libfyaml.h>

/* --- the file --- */

bool yaml_read_file(struct yaml_document *document, const char *path, struct bytes *ret_text)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        yaml_report(document, NULL, FINDING_FILE, "could not open the file: %s", strerror(errno));
        return false;
    }
    size_t capacity = 64 * 1024, length = 0, got;
    char *text = arena_alloc(document->arena, capacity);
    while ((got = fread(text + length, 1, capacity - length, file)) > 0) {
        length += got;
        if (length > BOOK_BYTES_MAX)
            break;
        if (length == capacity) {
            char *larger = arena_alloc(document->arena, capacity * 2);
            memcpy(larger, text, length);
            text = larger;
            capacity *= 2;
        }
    }
    bool failed = ferror(file) != 0;
    int error = errno;
    fclose(file);
    if (failed) {
        yaml_report(document, NULL, FINDING_FILE, "could not read the file: %s", strerror(error));
        return false;
    }
    *ret_text = (struct bytes){ text, length };
    return true;
}

static bool check_bytes(struct yaml_document *document)
{
    const unsigned char *text = (const unsigned char *)document->text.data;
    if (document->text.length > BOOK_BYTES_MAX) {
        yaml_report(document, NULL, FINDING_SIZE, "the file has more than %d bytes", BOOK_BYTES_MAX);
        return false;
    }
    uint32_t code;
    for (size_t i = 0; i < document->text.length;) {
        size_t length = utf8_character(document->text, i, &code);
        bool control =
            length == 1 &&
            ((text[i] < 0x20 && text[i] != '\t' && text[i] != '\n' && text[i] != '\r') || text[i] == 0x7F);
        if (length == 0 || control) {
            struct yaml_node place = { .position = i };
            yaml_report(document, &place, FINDING_BYTES,
                        length == 0 ? "the byte 0x%02X is not UTF-8 here"
                                    : "the control character 0x%02X is not text",
                        text[i]);
            return false;
        }
        i += length;
    }
    return true;
}

enum { NODES_OF_ANY_TEXT = 1000, BYTES_OF_A_NODE = 3 };
enum { DEPTH_MAX = 48 }; /* libfyaml gives up at 64 */

/* Behind these a quote begins a quoted text; behind a letter it is an apostrophe. */
static bool may_stand_before_a_quote(char c)
{
    return c == '\0' || strchr(" \t\n\r[{,:-?'\"", c) != NULL;
}

/* The place behind a quoted text that begins at `at`, or the end. */
static size_t behind_quote(struct bytes text, size_t at)
{
    char quote = text.data[at++];
    for (; at < text.length && text.data[at] != quote; at++)
        if (quote == '"' && text.data[at] == '\\')
            at++;
    return at < text.length ? at : text.length - 1;
}

static size_t end_of_line(struct bytes text, size_t at)
{
    while (at + 1 < text.length && text.data[at + 1] != '\n')
        at++;
    return at;
}

/* libfyaml reads on to the end of a list or map in brackets before it says that it is too deep: 4 MB of
 * brackets took 1.4 GB and four seconds (tests/fuzz). So it does not get to see them. What is counted is near
 * enough: quotes and comments are left out. */
static bool check_brackets(struct yaml_document *document)
{
    struct bytes text = document->text;
    size_t depth = 0;
    char before = '\0';
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if ((c == '\'' || c == '"') && may_stand_before_a_quote(before))
            i = behind_quote(text, i);
        else if (c == '#' && (before == '\0' || strchr(" \t\n\r", before)))
            i = end_of_line(text, i);
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
        else if ((c == '[' || c == '{') && ++depth > DEPTH_MAX) {
            yaml_report_at(document, i, FINDING_DEPTH, "lists and maps stand inside each other too deep");
            return false;
        }
        before = text.data[i];
    }
    return true;
}

/* --- what libfyaml takes long for --- */

/* Behind the line at `at`, which a carriage return ends too; *ret_blank: it has nothing but spaces and
 * tabs. */
static size_t line_end(struct bytes text, size_t at, bool *ret_blank)
{
    *ret_blank = true;
    for (; at < text.length && text.data[at] != '\n' && text.data[at] != '\r'; at++)
        *ret_blank = *ret_blank && (text.data[at] == ' ' || text.data[at] == '\t');
    return at + 1 + (at + 1 < text.length && text.data[at] == '\r' && text.data[at + 1] == '\n');
}

/* A word with a ! in it may be a tag, which is refused anyway: but only after the library has read each
 * escape of it from the front. */
static bool check_tags(struct yaml_document *document)
{
    struct bytes text = document->text;
    size_t sign = text.length, escapes = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (strchr(" \t\r\n", text.data[i]))
            sign = text.length, escapes = 0;
        else if (text.data[i] == '!' && sign == text.length)
            sign = i;
        escapes += text.data[i] == '%' && sign < text.length;
        if (escapes <= TAG_ESCAPES_MAX)
            continue;
        yaml_report_at(document, sign, FINDING_ANCHOR,
                       "anchors, aliases and tags are refused; text that begins with &, * or ! needs quotes");
        return false;
    }
    return true;
}

/* Blank lines in a text of several lines are read again from the first of them at each
 * (fy_atom_iter_chunk_next): 100 kB of them took 14 s. Directives are looked for among all before. What no
 * book has is refused before the library sees it. */
static bool check_lines(struct yaml_document *document)
{
    struct bytes text = document->text;
    unsigned blanks = 0, directives = 0;
    for (size_t at = 0, end; at < text.length; at = end) {
        bool blank;
        end = line_end(text, at, &blank);
        blanks = blank ? blanks + 1 : 0;
        directives += text.data[at] == '%';
        if (blanks > BLANK_LINES_MAX || directives > DIRECTIVES_MAX) {
            yaml_report_at(document, at, FINDING_SIZE,
                           blank ? "there are too many blank lines in a row"
                                 : "there are too many directives (%)");
            return false;
        }
    }
    return true;
}

/* --- the tree --- */

struct tree {
    struct yaml_document *document;
    struct fy_parser *parser;
    struct fy_diag *diag;
    bool failed;
    size_t last_position; /* of the last event that had a place */
    size_t nodes_left;
};

struct listed { /* what a list or a map gathers before it knows its length */
    struct listed *next;
    struct yaml_entry entry;
};

static struct fy_event *next_event(struct tree *tree)
{
    struct fy_event *event = fy_parser_parse(tree->parser);
    if (!event)
        return NULL;
    const struct fy_mark *mark = fy_event_start_mark(event);
    if (mark)
        tree->last_position = mark->input_pos;
    return event;
}

static void fail(struct tree *tree, size_t position, enum finding_code code, const char *message)
{
    yaml_report_at(tree->document, position, code, message);
    tree->failed = true;
}

/* The token of an event's anchor, alias or tag, or NULL. `ret_skip`: how far its mark stands behind its
 * sign. */
static struct fy_token *anchor_or_tag(struct fy_event *event, size_t *ret_skip)
{
    struct fy_token *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case FYET_ALIAS:
        anchor = event->alias.anchor;
        break;
    case FYET_SCALAR:
        anchor = event->scalar.anchor, tag = event->scalar.tag;
        break;
    case FYET_SEQUENCE_START:
        anchor = event->sequence_start.anchor, tag = event->sequence_start.tag;
        break;
    case FYET_MAPPING_START:
        anchor = event->mapping_start.anchor, tag = event->mapping_start.tag;
        break;
    default:
        break;
    }
    *ret_skip = anchor != NULL;
    return anchor ? anchor : tag;
}

/* A node takes 250 bytes; a text of nothing but signs between them (`[1,1,…`, `:` on every line) would take a
 * hundred times its length. */
static void count_node(struct tree *tree)
{
    if (tree->nodes_left-- > 0)
        return;
    tree->nodes_left = 0;
    if (!tree->failed)
        fail(tree, tree->last_position, FINDING_SIZE,
             "there are more keys and values than a text of its length has");
}

/* True after a finding. */
static bool refuse_anchor_or_tag(struct tree *tree, struct fy_event *event)
{
    size_t skip;
    struct fy_token *token = anchor_or_tag(event, &skip);
    if (!token)
        return false;
    const struct fy_mark *mark = fy_token_start_mark(token);
    size_t position = mark ? mark->input_pos : tree->last_position;
    fail(tree, position - (position >= skip ? skip : 0), FINDING_ANCHOR,
         "anchors, aliases and tags are refused; text that begins with &, * or ! needs quotes");
    return true;
}

static void take_scalar(struct tree *tree, struct fy_event *event, struct yaml_node *ret_node)
{
    size_t length = 0;
    const char *text = fy_token_get_text(event->scalar.value, &length);
    enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
    char *copy = arena_alloc(tree->document->arena, length + 1);
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    ret_node->kind = YAML_SCALAR;
    ret_node->text = (struct bytes){ copy, length };
    ret_node->quoted = style != FYSS_PLAIN;
    /* The library's mark of a quoted scalar stands behind its quote. */
    if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && ret_node->position > 0)
        ret_node->position--;
}

static int compare_entries(const void *a, const void *b)
{
    const struct yaml_entry *const *left = a, *const *right = b;
    int order = bytes_compare((*left)->key.text, (*right)->key.text);
    if (order != 0)
        return order;
    return ((*left)->key.position > (*right)->key.position) -
           ((*left)->key.position < (*right)->key.position);
}

static void report_keys_twice(struct tree *tree, const struct yaml_node *map)
{
    const struct yaml_entry **sorted =
        ARENA_ARRAY(tree->document->arena, const struct yaml_entry *, map->count);
    for (size_t i = 0; i < map->count; i++)
        sorted[i] = &map->entries[i];
    qsort(sorted, map->count, sizeof(*sorted), compare_entries);
    for (size_t i = 1; i < map->count && !yaml_is_full(tree->document); i++) {
        if (!bytes_equal(sorted[i - 1]->key.text, sorted[i]->key.text))
            continue;
        char name[QUOTED_BYTES];
        yaml_report(tree->document, &sorted[i]->key, FINDING_KEY_TWICE,
                    "the key %s stands twice in one map, first in line %d", quoted(sorted[i]->key.text, name),
                    yaml_line(tree->document, &sorted[i - 1]->key));
    }
}

/* The next event inside of a list or a map; NULL at its end. */
static struct fy_event *next_inside(struct tree *tree, enum fy_event_type end)
{
    struct fy_event *event = tree->failed ? NULL : next_event(tree);
    if (!event || event->type != end)
        return event;
    fy_parser_event_free(tree->parser, event);
    return NULL;
}

static void take_node(struct tree *tree, struct fy_event *event, unsigned depth, struct bytes key,
                      size_t fallback, struct yaml_node *ret_node);

static void take_list(struct tree *tree, unsigned depth, struct bytes key, struct yaml_node *ret_node)
{
    struct listed *first = NULL, **last = &first;
    size_t count = 0;
    for (struct fy_event *event; (event = next_inside(tree, FYET_SEQUENCE_END)); count++) {
        *last = arena_zeroed(tree->document->arena, sizeof(**last));
        take_node(tree, event, depth + 1, key, tree->last_position, &(*last)->entry.value);
        last = &(*last)->next;
    }
    struct yaml_node *items = ARENA_ARRAY(tree->document->arena, struct yaml_node, count ? count : 1);
    size_t at = 0;
    for (struct listed *item = first; item; item = item->next)
        items[at++] = item->entry.value;
    ret_node->kind = YAML_LIST;
    ret_node->items = items;
    ret_node->count = count;
}

static bool take_key(struct tree *tree, struct fy_event *event, struct yaml_node *ret_key)
{
    count_node(tree);
    if (tree->failed || refuse_anchor_or_tag(tree, event))
        return false;
    if (event->type == FYET_SCALAR) {
        const struct fy_mark *mark = fy_event_start_mark(event);
        ret_key->position = mark ? mark->input_pos : tree->last_position;
        take_scalar(tree, event, ret_key);
        return true;
    }
    fail(tree, tree->last_position, FINDING_KEY_FORM, "a key cannot be a list or a map");
    return false;
}

static void take_map(struct tree *tree, unsigned depth, struct yaml_node *ret_node)
{
    struct listed *first = NULL, **last = &first;
    size_t count = 0;
    for (struct fy_event *event; (event = next_inside(tree, FYET_MAPPING_END)); count++) {
        struct listed *item = arena_zeroed(tree->document->arena, sizeof(*item));
        bool taken = take_key(tree, event, &item->entry.key);
        fy_parser_event_free(tree->parser, event);
        if (!taken)
            return;
        event = next_event(tree);
        if (!event)
            return;
        take_node(tree, event, depth + 1, item->entry.key.text, item->entry.key.position, &item->entry.value);
        *last = item;
        last = &item->next;
    }
    struct yaml_entry *entries = ARENA_ARRAY(tree->document->arena, struct yaml_entry, count ? count : 1);
    size_t at = 0;
    for (struct listed *item = first; item; item = item->next)
        entries[at++] = item->entry;
    ret_node->kind = YAML_MAP;
    ret_node->entries = entries;
    ret_node->count = count;
    if (!tree->failed)
        report_keys_twice(tree, ret_node);
}

/* `fallback`: where a value without a place (an empty one) is reported: at its key. Frees the event. */
static void take_node(struct tree *tree, struct fy_event *event, unsigned depth, struct bytes key,
                      size_t fallback, struct yaml_node *ret_node)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    enum fy_event_type type = event->type;
    ret_node->key = key;
    ret_node->position = mark ? mark->input_pos : fallback;
    count_node(tree);
    if (!tree->failed && !refuse_anchor_or_tag(tree, event) && depth > DEPTH_MAX)
        fail(tree, ret_node->position, FINDING_DEPTH, "lists and maps stand inside each other too deep");
    if (!tree->failed && type == FYET_SCALAR)
        take_scalar(tree, event, ret_node);
    fy_parser_event_free(tree->parser, event);
    if (tree->failed)
        return;
    if (type == FYET_SEQUENCE_START)
        take_list(tree, depth, key, ret_node);
    else if (type == FYET_MAPPING_START)
        take_map(tree, depth, ret_node);
}

static void report_syntax(struct tree *tree)
{
    void *at = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(tree->diag, &at);
    size_t position = tree->last_position;
    if (error && error->line > 0) {
        struct bytes text = tree->document->text;
        position = 0;
        for (int line = 1; line < error->line && position < text.length; position++)
            line += text.data[position] == '\n';
        for (int column = 1; column < error->column && position < text.length && text.data[position] != '\n';
             column++)
            do
                position++;
            while (position < text.length && ((unsigned char)text.data[position] & 0xC0) == 0x80);
    }
    char message[256];
    snprintf(message, sizeof(message), "this is not YAML: %s",
             error && error->msg ? error->msg : "the reader gave up here");
    message[strcspn(message, "\n")] = '\0';
    yaml_make_printable(message);
    yaml_report_at(tree->document, position, FINDING_SYNTAX, message);
}

static void build(struct tree *tree, struct yaml_node *ret_root)
{
    bool ended = false;
    unsigned documents = 0;
    for (struct fy_event *event; !tree->failed && (event = next_event(tree));) {
        if (event->type == FYET_DOCUMENT_START && ++documents > 1)
            fail(tree, tree->last_position, FINDING_DOCUMENT, "a second document begins here");
        if (event->type == FYET_SCALAR || event->type == FYET_ALIAS || event->type == FYET_SEQUENCE_START ||
            event->type == FYET_MAPPING_START) {
            take_node(tree, event, 0, BYTES_NULL, 0, ret_root);
            continue;
        }
        ended = event->type == FYET_STREAM_END;
        fy_parser_event_free(tree->parser, event);
        if (ended)
            break;
    }
    if (tree->failed)
        return;
    if (!ended || fy_parser_get_stream_error(tree->parser)) {
        report_syntax(tree);
        tree->failed = true;
    } else if (documents == 0 || ret_root->kind != YAML_MAP) {
        yaml_report(tree->document, documents ? ret_root : NULL, FINDING_DOCUMENT,
                    documents ? "the file has to be a map of keys" : "the file is empty");
        tree->failed = true;
    }
}

static void discard(struct fy_diag *diag, void *user, const char *text, size_t length)
{
    (void)diag, (void)user, (void)text, (void)length;
}

const struct yaml_node *yaml_parse(struct yaml_document *document, struct bytes text)
{
    document->text = text;
    if (!check_bytes(document) || !check_brackets(document) || !check_lines(document) ||
        !check_tags(document))
        return NULL;
    struct fy_diag_cfg diag_settings;
    fy_diag_cfg_default(&diag_settings);
    diag_settings.fp = NULL;
    diag_settings.output_fn = discard;
    diag_settings.colorize = false;
    struct tree tree = { .document = document,
                         .diag = fy_diag_create(&diag_settings),
                         .nodes_left = NODES_OF_ANY_TEXT + text.length / BYTES_OF_A_NODE };
    must(tree.diag != NULL);
    fy_diag_set_collect_errors(tree.diag, true);
    tree.parser =
        fy_parser_create(&(struct fy_parse_cfg){ /* keys twice: by us */
                                                 .flags = FYPCF_COLLECT_DIAG | FYPCF_ALLOW_DUPLICATE_KEYS |
                                                          FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
                                                 .diag = tree.diag });
    must(tree.parser != NULL);
    struct yaml_node *root = arena_zeroed(document->arena, sizeof(*root));
    if (fy_parser_set_string(tree.parser, text.length ? text.data : "", text.length) != 0)
        fail(&tree, 0, FINDING_SYNTAX, "the reader could not begin");
    else
        build(&tree, root);
    fy_parser_destroy(tree.parser);
    fy_diag_destroy(tree.diag);
    return tree.failed ? NULL : root;
}
