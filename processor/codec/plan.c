#include "codec/plan.h"

#include "base/limits.h"
#include "base/must.h"
#include "codec/reader_field.h"

#include <stdlib.h>

/* What to do with the next value in the bytes. */
enum op_code {
    OP_STRING, /* a view */
    /* a union of null and string: what our own schema has, without a jump through branches */
    OP_OPTIONAL_STRING,
    OP_OPTIONAL_INT, /* the same of null and int */
    OP_INT,
    OP_INT_NOT_0, /* of a MAYBE_INT: 0 would be null */
    OP_LONG,
    OP_LONG_OF_INT,
    OP_ENUM,  /* the writer's ordinal through a table to ours */
    OP_NULL,  /* nothing in the bytes, and null is what we have already */
    OP_UNION, /* the index chooses one of the ops behind `branches` */
    OP_SKIP,  /* a field that we do not know */
    OP_WRONG, /* a branch that our field does not have: passed over and unreadable */
};

struct op {
    uint8_t code;       /* enum op_code */
    uint8_t field;      /* enum declaration_field */
    uint8_t null_index; /* OP_OPTIONAL_…: which of the two branches is null */
    uint16_t offset;    /* in struct declaration */
    uint32_t count;     /* branches or symbols */
    const struct op *branches;
    const uint8_t *ordinals;        /* of our enum, or SYMBOL_UNKNOWN */
    const struct schema_node *node; /* what is skipped */
};

struct plan {
    struct arena arena;
    const struct op *ops;
    size_t ops_count;
    /* what a record begins with: the defaults of fields that the writer does not have */
    struct declaration start;
    /* every field is written by an op in every record, so that there is nothing to begin with */
    bool writes_all;
};

#define SYMBOL_UNKNOWN UINT8_MAX

/* --- worked out once per schema --- */

static const uint8_t *map_symbols(struct plan *plan, const struct reader_field *field,
                                  const struct schema_node *node)
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

static enum op_code op_of_int(const struct reader_field *field)
{
    if (field->type == READER_MAYBE_INT)
        return OP_INT_NOT_0;
    return reads_as_long(field) ? OP_LONG_OF_INT : OP_INT;
}

/* True when values of the node can be read as the field; then *ret_op says how. */
static bool match_plain(struct plan *plan, const struct reader_field *field, const struct schema_node *node,
                        struct op *ret_op)
{
    struct op op = {
        .field = (uint8_t)(field - reader_fields), .offset = field->offset, .node = node, .count = node->count
    };
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
        op.code = (uint8_t)op_of_int(field);
        fits = field->type != READER_STRING && field->type != READER_ENUM && unit_fits(field, node);
        break;
    case TYPE_LONG:
        op.code = OP_LONG;
        fits = reads_as_long(field) && unit_fits(field, node);
        break;
    case TYPE_ENUM:
        op.code = OP_ENUM;
        fits = field->type == READER_ENUM;
        break;
    default:
        break;
    }
    if (!fits)
        return false;
    if (op.code == OP_ENUM)
        op.ordinals = map_symbols(plan, field, node);
    *ret_op = op;
    return true;
}

/* Null, or a value that is read by `code`. */
static bool is_optional(const struct op *branches, uint32_t count, enum op_code code)
{
    if (count != 2)
        return false;
    return (branches[0].code == OP_NULL && branches[1].code == code) ||
           (branches[0].code == code && branches[1].code == OP_NULL);
}

/* A writer's union fits when any of its branches does; the others are wrong in the records that take them. */
static bool match_union(struct plan *plan, const struct reader_field *field, const struct schema_node *node,
                        struct op *ret_op)
{
    struct op *branches = ARENA_ARRAY(&plan->arena, struct op, node->count);
    bool fits = false;
    for (uint32_t i = 0; i < node->count; i++) {
        branches[i] = (struct op){ .code = OP_WRONG,
                                   .field = (uint8_t)(field - reader_fields),
                                   .node = node->children[i] };
        fits |= match_plain(plan, field, node->children[i], &branches[i]);
    }
    *ret_op = (struct op){ .code = OP_UNION,
                           .field = (uint8_t)(field - reader_fields),
                           .offset = field->offset,
                           .count = node->count,
                           .branches = branches,
                           .node = node };
    if (is_optional(branches, node->count, OP_STRING))
        ret_op->code = OP_OPTIONAL_STRING;
    if (is_optional(branches, node->count, OP_INT_NOT_0))
        ret_op->code = OP_OPTIONAL_INT;
    ret_op->null_index = branches[0].code == OP_NULL ? 0 : 1;
    return fits;
}

static bool match(struct plan *plan, const struct reader_field *field, const struct schema_node *node,
                  struct op *ret_op)
{
    return node->type == TYPE_UNION ? match_union(plan, field, node, ret_op)
                                    : match_plain(plan, field, node, ret_op);
}

/* NULL, or why there is no plan. */
static const char *prepare(struct plan *plan, const struct schema_node *root)
{
    struct op *ops = ARENA_ARRAY(&plan->arena, struct op, root->count + 1);
    uint32_t seen = 1u << FIELD_SERIAL; /* fields that an op always writes; that one plan_run does */
    plan->start = declaration_absent;
    for (uint32_t i = 0; i < root->count; i++) {
        const struct reader_field *field = reader_field_find(root->names[i], i);
        ops[i] = (struct op){ .code = OP_SKIP, .node = root->children[i] };
        if (field == NULL)
            continue;
        if (!match(plan, field, root->children[i], &ops[i]))
            return "has a field of ours with a type that cannot be read";
        plan->start.unreadable &= ~(1u << (field - reader_fields));
        if (ops[i].code != OP_UNION && ops[i].code != OP_NULL)
            seen |= 1u << (field - reader_fields);
    }
    if (plan->start.unreadable != 0)
        return "lacks a field that has no default";
    plan->start.missing = 0;
    plan->ops = ops;
    plan->ops_count = root->count;
    plan->writes_all = seen == FIELDS_ALL;
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
    const char *problem = prepare(plan, schema->root);
    if (problem == NULL)
        return plan;
    *ret_problem = problem;
    plan_free(plan);
    return NULL;
}

bool plan_field_fits(const struct reader_field *field, const struct schema_node *node)
{
    struct plan scratch = { 0 };
    struct op ignored;
    arena_init(&scratch.arena, 0);
    bool fits = match(&scratch, field, node, &ignored);
    arena_release(&scratch.arena);
    return fits;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    arena_release(&plan->arena);
    free(plan);
}

/* --- run for every record --- */

#define FIELD_AT(type) ((type *)(void *)((char *)declaration + op->offset))

static ALWAYS_INLINE const unsigned char *enum_at(const struct op *op, const unsigned char *at,
                                                  const unsigned char *end, struct declaration *declaration)
{
    int64_t index;
    at = long_at(at, end, &index);
    if (at == NULL || (uint64_t)index >= op->count)
        return NULL;
    uint8_t ordinal = op->ordinals[index];
    if (__builtin_expect(ordinal == SYMBOL_UNKNOWN, 0)) {
        declaration->unreadable |= 1u << op->field;
        declaration->unknown_symbols |= 1u << op->field;
        ordinal = 0;
    }
    *FIELD_AT(uint8_t) = ordinal;
    return at;
}

/* Which of the two branches follows. */
static ALWAYS_INLINE const unsigned char *optional_at(const struct op *op, const unsigned char *at,
                                                      const unsigned char *end, bool *ret_is_null)
{
    int64_t index;
    at = long_at(at, end, &index);
    if (at == NULL || (uint64_t)index >= 2)
        return NULL;
    *ret_is_null = index == op->null_index;
    return at;
}

static ALWAYS_INLINE const unsigned char *optional_string_at(const struct op *op, const unsigned char *at,
                                                             const unsigned char *end,
                                                             struct declaration *declaration)
{
    bool is_null;
    at = optional_at(op, at, end, &is_null);
    if (at == NULL)
        return NULL;
    if (!is_null)
        return span_at(at, end, FIELD_AT(struct bytes));
    *FIELD_AT(struct bytes) = BYTES_NULL;
    return at;
}

static ALWAYS_INLINE const unsigned char *int_not_0_at(const struct op *op, const unsigned char *at,
                                                       const unsigned char *end,
                                                       struct declaration *declaration)
{
    at = int_at(at, end, FIELD_AT(int32_t));
    if (at != NULL && *FIELD_AT(int32_t) == 0)
        declaration->unreadable |= 1u << op->field;
    return at;
}

static ALWAYS_INLINE const unsigned char *optional_int_at(const struct op *op, const unsigned char *at,
                                                          const unsigned char *end,
                                                          struct declaration *declaration)
{
    bool is_null;
    at = optional_at(op, at, end, &is_null);
    return at == NULL || is_null ? at : int_not_0_at(op, at, end, declaration);
}

/* Unions of the writer's own making, what is passed over, and promotions. */
static bool run_rare(const struct op *op, struct cursor *cursor, struct declaration *declaration)
{
    uint32_t index;
    int32_t narrow;
    switch ((enum op_code)op->code) {
    case OP_STRING:
        return read_span(cursor, FIELD_AT(struct bytes));
    case OP_INT:
        return read_int(cursor, FIELD_AT(int32_t));
    case OP_INT_NOT_0:
        return cursor_move(cursor, int_not_0_at(op, cursor->at, cursor->end, declaration));
    case OP_OPTIONAL_INT:
        return cursor_move(cursor, optional_int_at(op, cursor->at, cursor->end, declaration));
    case OP_LONG:
        return read_long(cursor, FIELD_AT(int64_t));
    case OP_ENUM:
        return cursor_move(cursor, enum_at(op, cursor->at, cursor->end, declaration));
    case OP_OPTIONAL_STRING:
        return cursor_move(cursor, optional_string_at(op, cursor->at, cursor->end, declaration));
    case OP_LONG_OF_INT:
        if (!read_int(cursor, &narrow))
            return false;
        *FIELD_AT(int64_t) = narrow;
        return true;
    case OP_NULL:
        return true;
    case OP_UNION:
        return read_index(cursor, op->count, &index) && run_rare(&op->branches[index], cursor, declaration);
    case OP_WRONG:
        declaration->unreadable |= 1u << op->field;
        return schema_skip(op->node, cursor);
    case OP_SKIP:
        return schema_skip(op->node, cursor);
    }
    return false;
}

static __attribute__((noinline)) const unsigned char *rare_at(const struct op *op, const unsigned char *at,
                                                              const unsigned char *end, uint32_t *items_left,
                                                              struct declaration *declaration)
{
    struct cursor cursor = { .at = at, .end = end, .items_left = *items_left };
    if (!run_rare(op, &cursor, declaration))
        return NULL;
    *items_left = cursor.items_left;
    return cursor.at;
}

static bool run_ops(const struct plan *plan, struct cursor *cursor, struct declaration *declaration)
{
    const unsigned char *at = cursor->at, *const end = cursor->end;
    uint32_t items_left = SKIP_ITEMS_MAX;
    const struct op *const ops_end = plan->ops + plan->ops_count;
    for (const struct op *op = plan->ops; op < ops_end; op++) {
        switch ((enum op_code)op->code) {
        case OP_STRING:
            at = span_at(at, end, FIELD_AT(struct bytes));
            break;
        case OP_OPTIONAL_STRING:
            at = optional_string_at(op, at, end, declaration);
            break;
        case OP_OPTIONAL_INT:
            at = optional_int_at(op, at, end, declaration);
            break;
        case OP_INT:
            at = int_at(at, end, FIELD_AT(int32_t));
            break;
        case OP_LONG:
            at = long_at(at, end, FIELD_AT(int64_t));
            break;
        case OP_ENUM:
            at = enum_at(op, at, end, declaration);
            break;
        default:
            at = rare_at(op, at, end, &items_left, declaration);
            break;
        }
        if (at == NULL)
            return false;
    }
    cursor->at = at;
    return true;
}

bool plan_run(const struct plan *plan, struct cursor *cursor, struct declaration *ret_declaration)
{
    if (plan->writes_all)
        ret_declaration->unreadable = ret_declaration->missing = ret_declaration->unknown_symbols = 0;
    else
        *ret_declaration = plan->start;
    ret_declaration->serial = 0; /* what no older writer has, and null: it costs them no copy of `start` */
    if (run_ops(plan, cursor, ret_declaration))
        return true;
    *ret_declaration = (struct declaration){ .unreadable = FIELDS_ALL };
    return false;
}
