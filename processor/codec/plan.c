#include "codec/plan.h"

#include "base/limits.h"
#include "base/must.h"
#include "codec/reader_field.h"

#include <stdlib.h>

/* What to do with the next value in the bytes. */
enum op_code {
    OP_STRING,          /* a view */
    OP_OPTIONAL_STRING, /* a union of null and string: what our own schema has, without a jump through branches */
    OP_INT,
    OP_LONG,
    OP_LONG_OF_INT,
    OP_ENUM,  /* the writer's ordinal through a table to ours */
    OP_NULL,  /* nothing in the bytes, and null is what we have already */
    OP_UNION, /* the index chooses one of the ops behind `branches` */
    OP_SKIP,  /* a field that we do not know */
    OP_WRONG, /* a branch that our field does not have: passed over and unreadable */
};

struct op {
    uint8_t code;   /* enum op_code */
    uint8_t field;  /* enum declaration_field */
    uint8_t null_index; /* OP_OPTIONAL_STRING: which of the two branches is null */
    uint16_t offset;    /* in struct declaration */
    uint32_t count;     /* branches or symbols */
    const struct op *branches;
    const uint8_t *ordinals; /* of our enum, or SYMBOL_UNKNOWN */
    const struct schema_node *node; /* what is skipped */
};

struct plan {
    struct arena arena;
    const struct op *ops;
    size_t ops_count;
    struct declaration start; /* what a record begins with: the defaults of fields that the writer does not have */
};

#define SYMBOL_UNKNOWN UINT8_MAX

/* --- settled once per schema --- */

static const uint8_t *map_symbols(struct plan *plan, const struct reader_field *field, const struct schema_node *node)
{
    uint8_t *ordinals = ARENA_ARRAY(&plan->arena, uint8_t, node->count + 1);
    for (uint32_t i = 0; i < node->count; i++) {
        ordinals[i] = SYMBOL_UNKNOWN;
        for (size_t ours = 0; ours < field->symbols_count; ours++)
            if (bytes_equal(node->names[i], field->symbols[ours]))
                ordinals[i] = (uint8_t)ours;
    }
    return ordinals;
}

/* A time in another unit, or where we have none, would be read as a wrong number. */
static bool unit_fits(const struct reader_field *field, const struct schema_node *node)
{
    return node->unit == SAYS_NOTHING || (node->unit == SAYS_DATE && field->type == READER_DATE) ||
           (node->unit == SAYS_MOMENT && field->type == READER_MOMENT);
}

static bool reads_as_long(const struct reader_field *field)
{
    return field->type == READER_LONG || field->type == READER_MOMENT;
}

/* True when values of the node can be read as the field; then *ret_op says how. */
static bool match_plain(struct plan *plan, const struct reader_field *field, const struct schema_node *node, struct op *ret_op)
{
    struct op op = { .field = (uint8_t)(field - reader_fields), .offset = field->offset, .node = node, .count = node->count };
    bool fits = false;
    switch ((enum schema_type)node->type) {
    case TYPE_NULL:
        op.code = OP_NULL;
        fits = field->nullable;
        break;
    case TYPE_STRING:
    case TYPE_BYTES:
        op.code = OP_STRING;
        fits = field->type == READER_STRING;
        break;
    case TYPE_INT:
        op.code = reads_as_long(field) ? OP_LONG_OF_INT : OP_INT;
        fits = (reads_as_long(field) || field->type == READER_INT || field->type == READER_DATE) && unit_fits(field, node);
        break;
    case TYPE_LONG:
        op.code = OP_LONG;
        fits = reads_as_long(field) && unit_fits(field, node);
        break;
    case TYPE_ENUM:
        op.code = OP_ENUM;
        fits = field->type == READER_ENUM;
        break;
    default: break;
    }
    if (!fits)
        return false;
    if (op.code == OP_ENUM)
        op.ordinals = map_symbols(plan, field, node);
    *ret_op = op;
    return true;
}

static bool is_optional_string(const struct op *branches, uint32_t count)
{
    if (count != 2)
        return false;
    return (branches[0].code == OP_NULL && branches[1].code == OP_STRING) || (branches[0].code == OP_STRING && branches[1].code == OP_NULL);
}

/* A writer's union fits when any of its branches does; the others are wrong in the records that take them. */
static bool match_union(struct plan *plan, const struct reader_field *field, const struct schema_node *node, struct op *ret_op)
{
    struct op *branches = ARENA_ARRAY(&plan->arena, struct op, node->count);
    bool fits = false;
    for (uint32_t i = 0; i < node->count; i++) {
        branches[i] = (struct op){ .code = OP_WRONG, .field = (uint8_t)(field - reader_fields), .node = node->children[i] };
        fits |= match_plain(plan, field, node->children[i], &branches[i]);
    }
    *ret_op = (struct op){ .code = OP_UNION, .field = (uint8_t)(field - reader_fields), .offset = field->offset, .count = node->count,
                           .branches = branches, .node = node };
    if (is_optional_string(branches, node->count)) {
        ret_op->code = OP_OPTIONAL_STRING;
        ret_op->null_index = branches[0].code == OP_NULL ? 0 : 1;
    }
    return fits;
}

static bool match(struct plan *plan, const struct reader_field *field, const struct schema_node *node, struct op *ret_op)
{
    return node->type == TYPE_UNION ? match_union(plan, field, node, ret_op) : match_plain(plan, field, node, ret_op);
}

static const char *settle(struct plan *plan, const struct schema_node *root)
{
    struct op *ops = ARENA_ARRAY(&plan->arena, struct op, root->count + 1);
    plan->start = declaration_absent;
    for (uint32_t i = 0; i < root->count; i++) {
        const struct reader_field *field = reader_field_find(root->names[i], i);
        ops[i] = (struct op){ .code = OP_SKIP, .node = root->children[i] };
        if (field == NULL)
            continue;
        if (!match(plan, field, root->children[i], &ops[i]))
            return "has a field of ours with a type that cannot be read";
        plan->start.unreadable &= ~(1u << (field - reader_fields));
    }
    if (plan->start.unreadable != 0)
        return "lacks a field that has no default";
    plan->ops = ops;
    plan->ops_count = root->count;
    return NULL;
}

struct plan *plan_new(const struct schema *schema, const char **ret_problem)
{
    if (schema->root->type != TYPE_RECORD) {
        *ret_problem = "is no record";
        return NULL;
    }
    struct plan *plan = calloc(1, sizeof(*plan));
    must(plan != NULL);
    arena_init(&plan->arena, 0);
    const char *problem = settle(plan, schema->root);
    if (problem == NULL)
        return plan;
    *ret_problem = problem;
    plan_free(plan);
    return NULL;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    arena_release(&plan->arena);
    free(plan);
}

/* --- run for every record --- */

static inline bool run_enum(const struct op *op, struct cursor *cursor, struct declaration *declaration)
{
    uint32_t index;
    if (!read_index(cursor, op->count, &index))
        return false;
    uint8_t ordinal = op->ordinals[index];
    if (__builtin_expect(ordinal == SYMBOL_UNKNOWN, 0))
        declaration->unreadable |= 1u << op->field;
    else
        *((uint8_t *)declaration + op->offset) = ordinal;
    return true;
}

static inline bool run_string(const struct op *op, struct cursor *cursor, struct declaration *declaration)
{
    return read_span(cursor, (struct bytes *)(void *)((char *)declaration + op->offset));
}

static inline bool run_optional_string(const struct op *op, struct cursor *cursor, struct declaration *declaration)
{
    uint32_t index;
    if (!read_index(cursor, 2, &index))
        return false;
    return index == op->null_index || run_string(op, cursor, declaration);
}

static inline bool run_long_of_int(const struct op *op, struct cursor *cursor, struct declaration *declaration)
{
    int32_t value;
    if (!read_int(cursor, &value))
        return false;
    *(int64_t *)(void *)((char *)declaration + op->offset) = value;
    return true;
}

/* What the hot path never meets: unions of the writer's own making, and what is passed over. */
static bool run_rare(const struct op *op, struct cursor *cursor, struct declaration *declaration);

static inline bool run_op(const struct op *op, struct cursor *cursor, struct declaration *declaration)
{
    void *place = (char *)declaration + op->offset;
    switch ((enum op_code)op->code) {
    case OP_STRING: return run_string(op, cursor, declaration);
    case OP_OPTIONAL_STRING: return run_optional_string(op, cursor, declaration);
    case OP_INT: return read_int(cursor, place);
    case OP_LONG: return read_long(cursor, place);
    case OP_ENUM: return run_enum(op, cursor, declaration);
    default: return run_rare(op, cursor, declaration);
    }
}

static bool run_rare(const struct op *op, struct cursor *cursor, struct declaration *declaration)
{
    uint32_t index;
    switch ((enum op_code)op->code) {
    case OP_LONG_OF_INT: return run_long_of_int(op, cursor, declaration);
    case OP_UNION: return read_index(cursor, op->count, &index) && run_op(&op->branches[index], cursor, declaration);
    case OP_WRONG: declaration->unreadable |= 1u << op->field; return schema_skip(op->node, cursor);
    case OP_SKIP: return schema_skip(op->node, cursor);
    default: return op->code == OP_NULL;
    }
}

bool plan_run(const struct plan *plan, struct cursor *cursor, struct declaration *ret_declaration)
{
    struct cursor local = *cursor; /* so that it lives in registers */
    local.items_left = SKIP_ITEMS_MAX;
    *ret_declaration = plan->start;
    const struct op *end = plan->ops + plan->ops_count;
    for (const struct op *op = plan->ops; op < end; op++)
        if (!run_op(op, &local, ret_declaration)) {
            *ret_declaration = (struct declaration){ .unreadable = FIELDS_ALL };
            return false;
        }
    *cursor = local;
    return true;
}
