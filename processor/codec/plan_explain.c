#include "base/limits.h"
#include "base/must.h"
#include "codec/avro_c.h"
#include "codec/output_codec.h"
#include "codec/plan.h"

#include <stdio.h>

/* What keeps a schema from being read: a field of ours that it writes as `node`, or does not write. */
struct fault {
    const struct reader_field *field;
    const struct schema_node *node; /* or NULL: missing */
};
struct faults {
    struct fault items[FIELD_COUNT];
    size_t count;
};

/* Wrong types in the order of the writer, then what is missing in ours. */
static void find_faults(const struct schema_node *root, struct faults *ret_faults)
{
    uint32_t seen = 0;
    ret_faults->count = 0;
    for (uint32_t i = 0; i < root->count; i++) {
        const struct reader_field *field = reader_field_find(root->names[i], i);
        if (field == NULL)
            continue;
        seen |= 1u << (field - reader_fields);
        if (!plan_field_fits(field, root->children[i]))
            ret_faults->items[ret_faults->count++] = (struct fault){ field, root->children[i] };
    }
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (!(seen & 1u << i) && !reader_fields[i].may_be_absent)
            ret_faults->items[ret_faults->count++] = (struct fault){ &reader_fields[i], NULL };
}

static const char *type_text(const struct schema_node *node)
{
    static const char *const names[] = { "a null",   "a boolean", "an int",   "a long",  "a float",
                                         "a double", "bytes",     "a string", "a fixed", "an enum",
                                         "an array", "a map",     "a union",  "a record" };
    must(node->type < COUNT(names));
    return names[node->type];
}

static void add(struct buffer *text, const char *more)
{
    buffer_add_bytes(text, bytes_of(more));
}

static void add_type(const struct schema_node *node, struct buffer *text)
{
    if (node->type != TYPE_UNION) {
        add(text, type_text(node));
        if (node->unit == SAYS_OTHER_TIME)
            add(text, " of a time in another unit");
        return;
    }
    add(text, "a union of ");
    for (uint32_t i = 0; i < node->count && i < 4; i++) {
        if (i > 0)
            add(text, " and ");
        add_type(node->children[i], text); /* no union stands in another */
    }
}

/* Avro C names a record, an enum or a fixed in its sentences, which is the schema's own text. */
static bool has_no_name(const struct schema_node *node)
{
    return bytes_is_null(node->name);
}

/* What Avro's own rules say of the two types. Where they see nothing wrong, what they do not know is: the
 * unit of a time. */
static void add_opinion(const struct schema *schema, const struct fault *fault, struct buffer *text)
{
    char reason[160] = "";
    struct avro_obj_t *ours = avro_c_read(schema_text(SCHEMA_DECLARATION));
    if (ours && schema->avro_c && has_no_name(fault->node)) {
        if (avro_c_resolves(schema->avro_c, ours, fault->field->name.data, reason, sizeof(reason)))
            snprintf(reason, sizeof(reason), "by the types alone it could be read, as a wrong number");
        add(text, reason[0] ? " (Avro C: " : "");
        add(text, reason);
        add(text, reason[0] ? ")" : "");
    }
    avro_c_free(ours);
}

static void add_name(const struct reader_field *field, struct buffer *text)
{
    add(text, "\"");
    buffer_add_bytes(text, field->name);
    add(text, "\"");
}

static void add_fault(const struct schema *schema, const struct fault *fault, bool asks_avro_c,
                      struct buffer *text)
{
    static const char *const wanted[] = { [READER_STRING] = "a string",
                                          [READER_INT] = "an int",
                                          [READER_MAYBE_INT] = "an int",
                                          [READER_LONG] = "a long",
                                          [READER_DATE] = "an int, the days since 1970",
                                          [READER_ENUM] = "an enum",
                                          [READER_MOMENT] = "a long, the milliseconds since 1970" };
    add(text, fault->node ? "the field " : "the schema lacks the field ");
    add_name(fault->field, text);
    if (fault->node == NULL) {
        add(text, ", which has no default");
        return;
    }
    add(text, " is ");
    add_type(fault->node, text);
    add(text, ", where ");
    add(text, wanted[fault->field->type]);
    add(text, " is read");
    if (asks_avro_c)
        add_opinion(schema, fault, text);
}

/* Who mends the first would find the second: all are named, as far as a sentence goes. */
static void add_others(const struct faults *faults, struct buffer *text)
{
    enum { NAMED = 4 };
    char more[40];
    for (size_t i = 1; i < faults->count && i <= NAMED; i++) {
        add(text, i == 1 ? "; at fault, too: " : ", ");
        add_name(faults->items[i].field, text);
    }
    if (faults->count <= NAMED + 1)
        return;
    snprintf(more, sizeof(more), " and %zu more", faults->count - NAMED - 1);
    add(text, more);
}

static void explain(const struct schema *schema, bool asks_avro_c, char *ret_sentence, size_t size)
{
    struct buffer text = { 0 };
    struct faults faults;
    must(size > 0);
    if (schema->root->type != TYPE_RECORD) {
        add(&text, "the schema is no record");
    } else {
        find_faults(schema->root, &faults);
        must(faults.count > 0);
        add_fault(schema, &faults.items[0], asks_avro_c, &text);
        add_others(&faults, &text);
    }
    snprintf(ret_sentence, size, "%.*s", BYTES_ARGS(buffer_bytes(&text)));
    buffer_release(&text);
}

void plan_explain(const struct schema *schema, char *ret_sentence, size_t size)
{
    explain(schema, true, ret_sentence, size);
}

void plan_blame(const struct schema *schema, char *ret_sentence, size_t size)
{
    explain(schema, false, ret_sentence, size);
}
