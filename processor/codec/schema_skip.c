#include "codec/plan.h"

#include "base/limits.h"

static bool skip(const struct schema_node *node, struct cursor *cursor, int depth);

/* What takes bytes is paid for by them. What takes none (a null, a fixed of no bytes, records of such) could
 * be there by the thousand in every record of four bytes: so records count as items, and so does what passed
 * without a byte, dearly (base/limits.h). */
static bool count_items(struct cursor *cursor, uint64_t count)
{
    if (count > cursor->items_left)
        return false;
    cursor->items_left -= (uint32_t)count;
    return true;
}

static bool skip_counted(const struct schema_node *node, struct cursor *cursor, int depth)
{
    const unsigned char *before = cursor->at;
    return skip(node, cursor, depth) && (cursor->at != before || count_items(cursor, SKIP_EMPTY_ITEMS));
}

static bool skip_item(const struct schema_node *node, struct cursor *cursor, int depth)
{
    struct bytes key;
    if (node->type == TYPE_MAP && !read_span(cursor, &key))
        return false;
    return skip_counted(node->children[0], cursor, depth + 1);
}

static bool skip_items(const struct schema_node *node, struct cursor *cursor, int depth, uint64_t count)
{
    if (node->type == TYPE_ARRAY && node->children[0]->type == TYPE_NULL)
        return true; /* however many, there is nothing to look at */
    for (uint64_t i = 0; i < count; i++)
        if (!skip_item(node, cursor, depth))
            return false;
    return true;
}

/* A block that says how many bytes it has: they are looked at only for a reader that will not believe it. */
static bool skip_sized(const struct schema_node *node, struct cursor *cursor, int depth, uint64_t count)
{
    int64_t length;
    if (!read_long(cursor, &length) || length < 0)
        return false;
    if (!cursor->looks_inside)
        return skip_bytes(cursor, (uint64_t)length);
    const unsigned char *begin = cursor->at;
    return skip_items(node, cursor, depth, count) && cursor->at - begin == length;
}

/* Blocks of items; a negative count is followed by the block's length in bytes. */
static bool skip_blocks(const struct schema_node *node, struct cursor *cursor, int depth)
{
    int64_t count;
    for (;;) {
        if (!read_long(cursor, &count))
            return false;
        if (count == 0)
            return true;
        uint64_t items = count < 0 ? -(uint64_t)count : (uint64_t)count;
        if (!count_items(cursor, items))
            return false;
        if (!(count < 0 ? skip_sized(node, cursor, depth, items) : skip_items(node, cursor, depth, items)))
            return false;
    }
}

static bool skip_record(const struct schema_node *node, struct cursor *cursor, int depth)
{
    if (!count_items(cursor, 1))
        return false;
    for (uint32_t i = 0; i < node->count; i++)
        if (!skip_counted(node->children[i], cursor, depth + 1))
            return false;
    return true;
}

static bool skip_boolean(struct cursor *cursor)
{
    return cursor->at < cursor->end && *cursor->at++ <= 1;
}

static bool skip(const struct schema_node *node, struct cursor *cursor, int depth)
{
    int32_t number;
    int64_t wide;
    uint32_t index;
    struct bytes span;
    if (depth > SKIP_DEPTH_MAX)
        return false;
    switch ((enum schema_type)node->type) {
    case TYPE_NULL: return true;
    case TYPE_BOOLEAN: return skip_boolean(cursor);
    case TYPE_INT: return read_int(cursor, &number);
    case TYPE_LONG: return read_long(cursor, &wide);
    case TYPE_FLOAT: return skip_bytes(cursor, 4);
    case TYPE_DOUBLE: return skip_bytes(cursor, 8);
    case TYPE_BYTES:
    case TYPE_STRING: return read_span(cursor, &span);
    case TYPE_FIXED: return skip_bytes(cursor, node->count);
    case TYPE_ENUM: return read_index(cursor, node->count, &index);
    case TYPE_ARRAY:
    case TYPE_MAP: return skip_blocks(node, cursor, depth);
    case TYPE_UNION:
        return read_index(cursor, node->count, &index) && skip(node->children[index], cursor, depth + 1);
    case TYPE_RECORD: return skip_record(node, cursor, depth);
    }
    return false;
}

bool schema_skip(const struct schema_node *node, struct cursor *cursor)
{
    return skip(node, cursor, 0);
}
