#include "codec/schema.h"

#include "base/limits.h"
#include "base/must.h"
#include "codec/avro_c.h"

#include <jansson.h>
#include <stdlib.h>

struct named {
    const struct schema_node *node;
    struct named *next;
};

struct parser {
    struct arena *arena;
    struct named *named; /* every record, enum and fixed so far */
    size_t named_count;
    const char *problem;
    /* What Avro C is known to refuse and we read, since others do: it is not asked for its opinion then. */
    bool beyond_avro_c;
};

static const struct bytes primitive_names[PRIMITIVE_TYPES] = {
    BYTES("null"),  BYTES("boolean"), BYTES("int"),   BYTES("long"),
    BYTES("float"), BYTES("double"),  BYTES("bytes"), BYTES("string"),
};
static const struct schema_node primitives[PRIMITIVE_TYPES] = {
    { .type = TYPE_NULL },  { .type = TYPE_BOOLEAN }, { .type = TYPE_INT },   { .type = TYPE_LONG },
    { .type = TYPE_FLOAT }, { .type = TYPE_DOUBLE },  { .type = TYPE_BYTES }, { .type = TYPE_STRING },
};

static const struct schema_node *parse(struct parser *parser, const json_t *json, struct bytes space,
                                       int depth);

static const struct schema_node *fails(struct parser *parser, const char *problem)
{
    if (parser->problem == NULL)
        parser->problem = problem;
    return NULL;
}

static struct bytes text_of(const json_t *json)
{
    if (!json_is_string(json))
        return BYTES_NULL;
    return (struct bytes){ json_string_value(json), json_string_length(json) };
}

static int primitive_of(struct bytes name)
{
    for (int type = 0; type < PRIMITIVE_TYPES; type++)
        if (bytes_equal(name, primitive_names[type]))
            return type;
    return -1;
}

static bool is_name(struct bytes text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(c >= '0' && c <= '9' && i > 0))
            return false;
    }
    return text.length > 0 && text.length <= SCHEMA_NAME_BYTES_MAX;
}

/* Names with dots between them. */
static bool is_full_name(struct bytes text)
{
    while (text.data) {
        const char *dot = memchr(text.data, '.', text.length);
        size_t length = dot ? (size_t)(dot - text.data) : text.length;
        if (!is_name((struct bytes){ text.data, length }))
            return false;
        if (dot == NULL)
            return true;
        text = (struct bytes){ dot + 1, text.length - length - 1 };
    }
    return false;
}

static struct bytes space_of(struct bytes full_name)
{
    size_t length = full_name.length;
    while (length > 0 && full_name.data[length - 1] != '.')
        length--;
    return (struct bytes){ full_name.data, length > 0 ? length - 1 : 0 };
}

static struct bytes join(struct arena *arena, struct bytes space, struct bytes name)
{
    if (space.length == 0 || memchr(name.data, '.', name.length))
        return arena_copy(arena, name);
    char *joined = arena_alloc(arena, space.length + 1 + name.length);
    memcpy(joined, space.data, space.length);
    joined[space.length] = '.';
    memcpy(joined + space.length + 1, name.data, name.length);
    return (struct bytes){ joined, space.length + 1 + name.length };
}

static const struct schema_node *find_named(const struct parser *parser, struct bytes full_name)
{
    for (const struct named *named = parser->named; named; named = named->next)
        if (bytes_equal(named->node->name, full_name))
            return named->node;
    return NULL;
}

/* To Avro C these are never the name of somebody's type, which the specification does not forbid. */
static bool is_word_of_avro(struct bytes name)
{
    static const struct bytes words[] = { BYTES("record"), BYTES("enum"), BYTES("fixed"), BYTES("array"),
                                          BYTES("map") };
    for (size_t i = 0; i < COUNT(words); i++)
        if (bytes_equal(name, words[i]))
            return true;
    return false;
}

static const struct schema_node *parse_reference(struct parser *parser, struct bytes name, struct bytes space)
{
    int primitive = primitive_of(name);
    if (primitive >= 0)
        return &primitives[primitive];
    if (name.length == 0 || name.length > SCHEMA_NAME_BYTES_MAX)
        return fails(parser, "names a type by an empty or too long name");
    const struct schema_node *node = find_named(parser, join(parser->arena, space, name));
    if (node == NULL) { /* written without its namespace */
        node = find_named(parser, name);
        parser->beyond_avro_c = true;
    }
    parser->beyond_avro_c |= is_word_of_avro(name);
    return node ? node : fails(parser, "names a type that it does not define before");
}

static uint8_t unit_of(const json_t *json)
{
    static const struct { struct bytes name; uint8_t unit; } rows[] = {
        { BYTES("date"), SAYS_DATE },
        { BYTES("timestamp-millis"), SAYS_MOMENT },
        { BYTES("timestamp-micros"), SAYS_OTHER_TIME },
        { BYTES("timestamp-nanos"), SAYS_OTHER_TIME },
        { BYTES("local-timestamp-millis"), SAYS_OTHER_TIME }, /* of an unsaid time zone */
        { BYTES("local-timestamp-micros"), SAYS_OTHER_TIME },
        { BYTES("local-timestamp-nanos"), SAYS_OTHER_TIME },
        { BYTES("time-millis"), SAYS_OTHER_TIME },
        { BYTES("time-micros"), SAYS_OTHER_TIME },
    };
    struct bytes name = text_of(json_object_get(json, "logicalType"));
    for (size_t row = 0; row < COUNT(rows); row++)
        if (bytes_equal(name, rows[row].name))
            return rows[row].unit;
    return SAYS_NOTHING;
}

static struct schema_node *new_node(struct parser *parser, enum schema_type type)
{
    struct schema_node *node = arena_zeroed(parser->arena, sizeof(*node));
    node->type = (uint8_t)type;
    return node;
}

/* Gives the node its full name and makes it known, before its fields are read: they may name it. */
static bool name_node(struct parser *parser, struct schema_node *node, const json_t *json, struct bytes space)
{
    struct bytes name = text_of(json_object_get(json, "name"));
    const json_t *own = json_object_get(json, "namespace");
    if (json_is_string(own) && !(bytes_is_null(name)) && memchr(name.data, '.', name.length) == NULL)
        space = text_of(own);
    if (!is_full_name(name) || name.length > SCHEMA_NAME_BYTES_MAX ||
        (space.length > 0 && !is_full_name(space)) || space.length > SCHEMA_NAME_BYTES_MAX ||
        primitive_of(name) >= 0) {
        fails(parser, "has a record, enum or fixed without a proper name");
        return false;
    }
    node->name = join(parser->arena, space, name);
    if (find_named(parser, node->name) || parser->named_count >= SCHEMA_TYPES_MAX) {
        fails(parser, "defines a name twice, or too many names");
        return false;
    }
    struct named *named = arena_alloc(parser->arena, sizeof(*named));
    *named = (struct named){ node, parser->named };
    parser->named = named;
    parser->named_count++;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* Sorted in a copy: thousands of names in a row are compared with their neighbours only. */
static bool is_any_twice(struct parser *parser, const struct bytes *names, size_t count)
{
    struct bytes *sorted = ARENA_ARRAY(parser->arena, struct bytes, count + 1);
    memcpy(sorted, names, count * sizeof(*names));
    qsort(sorted, count, sizeof(*sorted), compare_names);
    for (size_t i = 1; i < count; i++)
        if (bytes_equal(sorted[i - 1], sorted[i]))
            return true;
    return false;
}

/* The names of fields (under "name" in each) or symbols; NULL when one is no name, or stands twice. */
static const struct bytes *parse_names(struct parser *parser, const json_t *list, bool of_fields)
{
    size_t count = json_array_size(list);
    struct bytes *names = ARENA_ARRAY(parser->arena, struct bytes, count + 1);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        struct bytes name = text_of(of_fields ? json_object_get(item, "name") : item);
        if (!is_name(name))
            return NULL;
        names[i] = arena_copy(parser->arena, name);
    }
    return is_any_twice(parser, names, count) ? NULL : names;
}

static const struct schema_node *parse_record(struct parser *parser, const json_t *json, struct bytes space,
                                              int depth)
{
    struct schema_node *node = new_node(parser, TYPE_RECORD);
    if (!name_node(parser, node, json, space))
        return NULL;
    const json_t *fields = json_object_get(json, "fields");
    size_t count = json_array_size(fields);
    if (!json_is_array(fields) || count > SCHEMA_NAMES_MAX)
        return fails(parser, "has a record without a list of fields, or with too many");
    const struct bytes *names = parse_names(parser, fields, true);
    const struct schema_node **children = ARENA_ARRAY(parser->arena, const struct schema_node *, count + 1);
    if (names == NULL)
        return fails(parser, "has a field without a proper name, or twice");
    for (size_t i = 0; i < count; i++) {
        children[i] = parse(parser, json_object_get(json_array_get(fields, i), "type"), space_of(node->name),
                            depth + 1);
        if (children[i] == NULL)
            return NULL;
    }
    node->count = (uint32_t)count;
    node->names = names;
    node->children = children;
    return node;
}

static const struct schema_node *parse_enum(struct parser *parser, const json_t *json, struct bytes space)
{
    struct schema_node *node = new_node(parser, TYPE_ENUM);
    if (!name_node(parser, node, json, space))
        return NULL;
    const json_t *symbols = json_object_get(json, "symbols");
    size_t count = json_array_size(symbols);
    if (!json_is_array(symbols) || count > SCHEMA_NAMES_MAX)
        return fails(parser, "has an enum without a list of symbols, or with too many");
    const struct bytes *names = parse_names(parser, symbols, false);
    if (names == NULL)
        return fails(parser, "has an enum with a bad symbol, or one twice");
    parser->beyond_avro_c |= count == 0;
    node->count = (uint32_t)count;
    node->names = names;
    return node;
}

static const struct schema_node *parse_fixed(struct parser *parser, const json_t *json, struct bytes space)
{
    struct schema_node *node = new_node(parser, TYPE_FIXED);
    if (!name_node(parser, node, json, space))
        return NULL;
    const json_t *size = json_object_get(json, "size");
    if (!json_is_integer(size) || json_integer_value(size) < 0 || json_integer_value(size) > INT32_MAX)
        return fails(parser, "has a fixed without a proper size");
    node->count = (uint32_t)json_integer_value(size);
    return node;
}

static const struct schema_node *parse_items(struct parser *parser, const json_t *json, enum schema_type type,
                                             struct bytes space, int depth)
{
    struct schema_node *node = new_node(parser, type);
    const struct schema_node **child = ARENA_ARRAY(parser->arena, const struct schema_node *, 1);
    child[0] =
        parse(parser, json_object_get(json, type == TYPE_ARRAY ? "items" : "values"), space, depth + 1);
    if (child[0] == NULL)
        return NULL;
    node->count = 1;
    node->children = child;
    return node;
}

/* Two branches could not be told apart by their type. */
static bool same_branch(const struct schema_node *a, const struct schema_node *b)
{
    return a->type == b->type && bytes_equal(a->name, b->name);
}

static const struct schema_node *parse_union(struct parser *parser, const json_t *json, struct bytes space,
                                             int depth)
{
    size_t count = json_array_size(json);
    if (count == 0 || count > SCHEMA_BRANCHES_MAX)
        return fails(parser, "has a union without branches, or with too many");
    struct schema_node *node = new_node(parser, TYPE_UNION);
    const struct schema_node **children = ARENA_ARRAY(parser->arena, const struct schema_node *, count);
    for (size_t i = 0; i < count; i++) {
        children[i] = parse(parser, json_array_get(json, i), space, depth + 1);
        if (children[i] == NULL)
            return NULL;
        if (children[i]->type == TYPE_UNION)
            return fails(parser, "has a union inside a union");
        for (size_t j = 0; j < i; j++)
            if (same_branch(children[i], children[j]))
                return fails(parser, "has a union with one type twice");
    }
    node->count = (uint32_t)count;
    node->children = children;
    return node;
}

static const struct schema_node *parse_object(struct parser *parser, const json_t *json, struct bytes space,
                                              int depth)
{
    const json_t *inner = json_object_get(json, "type");
    struct bytes type = text_of(inner);
    if (json_is_object(inner) || json_is_array(inner)) {
        parser->beyond_avro_c = true;
        return parse(parser, inner, space, depth + 1);
    }
    if (bytes_is_null(type))
        return fails(parser, "has a type without its name");
    parser->beyond_avro_c |= bytes_equal(type, BYTES("error"));
    if (bytes_equal(type, BYTES("record")) || bytes_equal(type, BYTES("error")))
        return parse_record(parser, json, space, depth);
    if (bytes_equal(type, BYTES("enum")))
        return parse_enum(parser, json, space);
    if (bytes_equal(type, BYTES("fixed")))
        return parse_fixed(parser, json, space);
    if (bytes_equal(type, BYTES("array")))
        return parse_items(parser, json, TYPE_ARRAY, space, depth);
    if (bytes_equal(type, BYTES("map")))
        return parse_items(parser, json, TYPE_MAP, space, depth);
    int primitive = primitive_of(type);
    if (primitive < 0)
        return parse_reference(parser, type, space);
    struct schema_node *node = new_node(parser, (enum schema_type)primitive);
    node->unit = unit_of(json);
    return node;
}

static const struct schema_node *parse(struct parser *parser, const json_t *json, struct bytes space,
                                       int depth)
{
    if (depth > SCHEMA_DEPTH_MAX)
        return fails(parser, "is nested too deep");
    if (json_is_string(json))
        return parse_reference(parser, text_of(json), space);
    if (json_is_array(json))
        return parse_union(parser, json, space, depth);
    if (json_is_object(json))
        return parse_object(parser, json, space, depth);
    return fails(parser, "has no type where one is asked for");
}

/* Our reading of a text that is not too long; NULL with the parser's problem. */
static const struct schema_node *read_text(struct parser *parser, struct bytes text)
{
    json_error_t ignored;
    json_t *json = json_loadb(text.data ? text.data : "", text.length, JSON_DECODE_ANY, &ignored);
    if (json == NULL)
        return fails(parser, "is no JSON");
    const struct schema_node *root = parse(parser, json, BYTES(""), 0);
    json_decref(json);
    return root;
}

/* Avro C's reading of the text that we have read. */
static bool read_again(struct parser *parser, struct schema *schema, struct bytes text)
{
    if (parser->beyond_avro_c)
        return true;
    schema->avro_c = avro_c_read(text);
    if (schema->avro_c == NULL)
        fails(parser, "is no schema for Avro C");
    else if (!avro_c_agrees(schema->avro_c, schema->root))
        fails(parser, "is read otherwise by Avro C");
    return parser->problem == NULL;
}

static uint64_t fingerprint_of(const struct schema_node *root)
{
    struct buffer canonical = { 0 };
    schema_canonical(root, &canonical);
    uint64_t fingerprint = crc_64_avro(buffer_bytes(&canonical));
    buffer_release(&canonical);
    return fingerprint;
}

struct schema *schema_parse(struct bytes text, const char **ret_problem)
{
    if (text.length > SCHEMA_BYTES_MAX) {
        *ret_problem = "is too long";
        return NULL;
    }
    struct schema *schema = calloc(1, sizeof(*schema));
    must(schema != NULL);
    arena_init(&schema->arena, 0);
    struct parser parser = { .arena = &schema->arena };
    schema->root = read_text(&parser, text);
    if (schema->root == NULL || !read_again(&parser, schema, text)) {
        *ret_problem = parser.problem;
        schema_free(schema);
        return NULL;
    }
    schema->fingerprint = fingerprint_of(schema->root);
    return schema;
}

void schema_free(struct schema *schema)
{
    if (schema == NULL)
        return;
    avro_c_free(schema->avro_c);
    arena_release(&schema->arena);
    free(schema);
}
