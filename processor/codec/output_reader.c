#include "codec/output_reader.h"

#include "base/limits.h"
#include "base/must.h"
#include "codec/avro_c.h"
#include "codec/plan.h"

#include <avro.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the fields of the four records ------------------------------------------------------------------- */

enum form {
    FORM_TEXT,     /* struct bytes; null where the schema says so */
    FORM_WORD,     /* uint8_t, the row of the word */
    FORM_INT,      /* int32_t: an int */
    FORM_LONG,     /* int64_t: a long or an int */
    FORM_MAYBE,    /* struct maybe: the same, or null */
    FORM_BOOLEAN,  /* bool */
    FORM_SHARES,   /* an array of {episode, cents} */
    FORM_MEASURES, /* an array of {name, value} */
};

struct row {
    const char *name;
    size_t offset; /* in the record's struct */
    enum form form;
    const struct bytes *words;
    size_t words_count;
};

/* What stands at a field's place in its struct, by its type in outputs.def. */
#define FORM_OF_TEXT_VALUE(name) FORM_TEXT, NULL, 0
#define FORM_OF_TEXT_NULLABLE(name) FORM_TEXT, NULL, 0
#define FORM_OF_PIECE_VALUE(name) FORM_TEXT, NULL, 0
#define FORM_OF_ANY_VALUE(name) FORM_TEXT, NULL, 0
#define FORM_OF_ANY_NULLABLE(name) FORM_TEXT, NULL, 0
#define FORM_OF_BYTES_NULLABLE(name) FORM_TEXT, NULL, 0
#define FORM_OF_WORD_VALUE(name) FORM_WORD, name##_names, COUNT(name##_names)
#define FORM_OF_WORD_NULLABLE(name) FORM_WORD, name##_names, COUNT(name##_names)
#define FORM_OF_BOOLEAN_VALUE(name) FORM_BOOLEAN, NULL, 0
#define FORM_OF_INT_VALUE(name) FORM_INT, NULL, 0
#define FORM_OF_INT_NULLABLE(name) FORM_MAYBE, NULL, 0
#define FORM_OF_LONG_VALUE(name) FORM_LONG, NULL, 0
#define FORM_OF_LONG_NULLABLE(name) FORM_MAYBE, NULL, 0
#define FORM_OF_DAY_VALUE(name) FORM_INT, NULL, 0
#define FORM_OF_MOMENT_VALUE(name) FORM_LONG, NULL, 0
#define FORM_OF_SHARES_VALUE(name) FORM_SHARES, NULL, 0
#define FORM_OF_MEASURES_VALUE(name) FORM_MEASURES, NULL, 0
#define ROW(record, name, type, null) { #name, offsetof(struct record, name), FORM_OF_##type##_##null(name) },

static const struct row decision_rows[] = {
#define DECISION_FIELD(name, type, null, role) ROW(decision, name, type, null)
#include "engine/outputs.def"
};
static const struct row episode_rows[] = {
#define EPISODE_FIELD(name, type, null, role) ROW(episode_output, name, type, null)
#include "engine/outputs.def"
};
static const struct row alert_rows[] = {
#define ALERT_FIELD(name, type, null, role) ROW(alert, name, type, null)
#include "engine/outputs.def"
};
static const struct row letter_rows[] = {
#define LETTER_FIELD(name, type, null, role) ROW(dead_letter, name, type, null)
#include "engine/outputs.def"
};

#define OF(kind, type, rows) { kind, offsetof(struct output_record, type), rows, COUNT(rows) }
static const struct record_class {
    enum output_kind kind;
    size_t offset; /* of its struct in struct output_record */
    const struct row *rows;
    size_t count;
} classes[SCHEMA_COUNT] = {
    [SCHEMA_DECISION] = OF(OUTPUT_DECISION, output.decision, decision_rows),
    [SCHEMA_EPISODE] = OF(OUTPUT_EPISODE, output.episode, episode_rows),
    [SCHEMA_ALERT] = OF(OUTPUT_ALERT, output.alert, alert_rows),
    [SCHEMA_DEAD_LETTER] = OF(OUTPUT_KIND_COUNT, letter, letter_rows),
};
enum { ROWS_MAX = COUNT(episode_rows), MISSING = -1 };
_Static_assert(COUNT(decision_rows) <= ROWS_MAX && COUNT(alert_rows) <= ROWS_MAX,
               "the episode has the most fields");

struct output_reader {
    struct output_reader_options options;
    const struct record_class *class;
    struct schema *writer;
    int indexes[ROWS_MAX]; /* of our fields among the writer's, or MISSING */
    avro_value_iface_t *iface;
    avro_value_t value;
    avro_reader_t bytes;
    struct arena arena; /* shares and measures of the record */
    const char *problem;
};

/* --- found once: which field of the writer is which of ours ----------------------------------------- */

static int index_of(const struct schema_node *record, const char *name)
{
    for (uint32_t i = 0; i < record->count; i++)
        if (bytes_equal(record->names[i], bytes_of(name)))
            return (int)i;
    return MISSING;
}

static bool may_be_null(const struct schema_node *node)
{
    return node->type == TYPE_UNION && node->children[0]->type == TYPE_NULL;
}

/* What Avro C does not see: it has dropped logical types, so a time in another unit would be read as a wrong
 * number; and to it a null fits where the union's other branch does. */
static bool says_the_same(const struct schema_node *ours, const struct schema_node *theirs)
{
    return ours->unit == theirs->unit && (ours->type == TYPE_UNION || theirs->type != TYPE_UNION);
}

static bool match_row(struct output_reader *reader, const struct schema *ours, size_t row, char *ret_error,
                      size_t size)
{
    const char *name = reader->class->rows[row].name;
    const struct schema_node *root = reader->writer->root;
    char reason[200] = "its time is in another unit, or it may be null";
    int theirs = index_of(root, name), own = index_of(ours->root, name);
    reader->indexes[row] = theirs;
    must(own != MISSING);
    if (theirs == MISSING && may_be_null(ours->root->children[own]))
        return true;
    if (theirs == MISSING) {
        snprintf(ret_error, size, "lacks the field \"%s\", which is never null", name);
        return false;
    }
    if (avro_c_resolves(reader->writer->avro_c, ours->avro_c, name, reason, sizeof(reason)) &&
        says_the_same(ours->root->children[own], root->children[theirs]))
        return true;
    snprintf(ret_error, size, "has another field \"%s\" than this version writes: %s", name, reason);
    return false;
}

static bool match_rows(struct output_reader *reader, const struct schema *ours, char *ret_error, size_t size)
{
    if (reader->writer->root->type != TYPE_RECORD || reader->writer->avro_c == NULL) {
        snprintf(ret_error, size, "is no record that this program wrote");
        return false;
    }
    for (size_t row = 0; row < reader->class->count; row++)
        if (!match_row(reader, ours, row, ret_error, size))
            return false;
    return true;
}

static bool match_writer(struct output_reader *reader, char *ret_error, size_t size)
{
    const char *problem = NULL;
    struct bytes text = reader->options.writer_schema, own = schema_text(reader->options.record);
    struct schema *ours = schema_parse(own, &problem);
    reader->writer = ours ? schema_parse(bytes_is_null(text) ? own : text, &problem) : NULL;
    bool matches = reader->writer != NULL;
    if (!matches)
        snprintf(ret_error, size, "%s", problem);
    matches = matches && match_rows(reader, ours, ret_error, size);
    schema_free(ours);
    return matches;
}

static bool open_values(struct output_reader *reader, char *ret_error, size_t size)
{
    avro_c_lock();
    avro_set_error("%s", ""); /* what it said before is not about this */
    reader->iface = avro_generic_class_from_schema(reader->writer->avro_c);
    reader->bytes = avro_reader_memory("", 0);
    bool opened =
        reader->iface && reader->bytes && avro_generic_value_new(reader->iface, &reader->value) == 0;
    if (!opened)
        snprintf(ret_error, size, "cannot be read by Avro C: %s", avro_strerror());
    avro_c_unlock();
    return opened;
}

struct output_reader *output_reader_new(const struct output_reader_options *options, char *ret_error,
                                        size_t error_size)
{
    must(options->record != SCHEMA_DECLARATION);
    must(options->framing != FRAMING_JSON);
    struct output_reader *reader = calloc(1, sizeof(*reader));
    must(reader != NULL);
    reader->options = *options;
    reader->class = &classes[options->record];
    arena_init(&reader->arena, 0);
    if (match_writer(reader, ret_error, error_size) && open_values(reader, ret_error, error_size))
        return reader;
    output_reader_free(reader);
    return NULL;
}

void output_reader_free(struct output_reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->value.self)
        avro_value_decref(&reader->value);
    if (reader->bytes)
        avro_reader_free(reader->bytes);
    if (reader->iface)
        avro_value_iface_decref(reader->iface);
    schema_free(reader->writer);
    arena_release(&reader->arena);
    free(reader);
}

/* --- a value of Avro C into a place of a struct ------------------------------------------------------- */

static bool fails(struct output_reader *reader, const char *problem)
{
    reader->problem = problem;
    return false;
}

/* The value itself, or that of its branch. */
static avro_value_t plain(avro_value_t value)
{
    avro_value_t branch = value;
    if (avro_value_get_type(&value) == AVRO_UNION)
        avro_value_get_current_branch(&value, &branch);
    return branch;
}

static bool take_text(avro_value_t value, struct bytes *ret_text)
{
    const char *text = NULL;
    const void *raw = NULL;
    size_t size = 0;
    *ret_text = BYTES_NULL;
    switch (avro_value_get_type(&value)) {
    case AVRO_NULL: return true;
    case AVRO_BYTES:
        if (avro_value_get_bytes(&value, &raw, &size) != 0)
            return false;
        *ret_text = (struct bytes){ raw ? raw : "", size };
        return true;
    default:
        if (avro_value_get_string(&value, &text, &size) != 0 || size == 0)
            return false;
        *ret_text = (struct bytes){ text, size - 1 }; /* it counts the zero behind it */
        return true;
    }
}

static bool take_number(avro_value_t value, int64_t *ret_number)
{
    int32_t narrow;
    if (avro_value_get_type(&value) != AVRO_INT32)
        return avro_value_get_long(&value, ret_number) == 0;
    if (avro_value_get_int(&value, &narrow) != 0)
        return false;
    *ret_number = narrow;
    return true;
}

static bool take_int(avro_value_t value, int32_t *ret_number)
{
    int64_t number;
    if (!take_number(value, &number) || number != (int32_t)number)
        return false;
    *ret_number = (int32_t)number;
    return true;
}

static bool take_maybe(avro_value_t value, struct maybe *ret_number)
{
    ret_number->known = avro_value_get_type(&value) != AVRO_NULL;
    ret_number->value = 0;
    return !ret_number->known || take_number(value, &ret_number->value);
}

static bool take_boolean(avro_value_t value, bool *ret_boolean)
{
    int number;
    if (avro_value_get_boolean(&value, &number) != 0)
        return false;
    *ret_boolean = number != 0;
    return true;
}

static bool take_word(struct output_reader *reader, const struct row *row, avro_value_t value,
                      uint8_t *ret_word)
{
    struct bytes text;
    if (!take_text(value, &text))
        return false;
    for (size_t i = 0; i < row->words_count; i++)
        if (bytes_equal(text, row->words[i])) {
            *ret_word = (uint8_t)i;
            return true;
        }
    return fails(reader, "has a word that this version does not know");
}

static bool item_field(avro_value_t array, size_t index, const char *name, avro_value_t *ret_field)
{
    avro_value_t item, field;
    if (avro_value_get_by_index(&array, index, &item, NULL) != 0 ||
        avro_value_get_by_name(&item, name, &field, NULL) != 0)
        return false;
    *ret_field = plain(field);
    return true;
}

/* A list is a pointer, and its count right behind it. */
struct list {
    const void *items;
    size_t count;
};
_Static_assert(offsetof(struct decision, shares_count) ==
                   offsetof(struct decision, shares) + offsetof(struct list, count),
               "a list of shares");
_Static_assert(offsetof(struct episode_output, measures_count) ==
                   offsetof(struct episode_output, measures) + offsetof(struct list, count),
               "a list of measures");

static bool take_shares(struct output_reader *reader, avro_value_t array, struct list *ret_list)
{
    avro_value_t field;
    size_t count = 0;
    if (avro_value_get_size(&array, &count) != 0)
        return false;
    struct share *shares = ARENA_ARRAY(&reader->arena, struct share, count + 1);
    for (size_t i = 0; i < count; i++)
        if (!item_field(array, i, "episode", &field) || !take_text(field, &shares[i].episode) ||
            bytes_is_null(shares[i].episode) || !item_field(array, i, "cents", &field) ||
            !take_number(field, &shares[i].cents))
            return false;
    *ret_list = (struct list){ shares, count };
    return true;
}

static bool take_measures(struct output_reader *reader, avro_value_t array, struct list *ret_list)
{
    avro_value_t field;
    size_t count = 0;
    if (avro_value_get_size(&array, &count) != 0)
        return false;
    struct measure *measures = ARENA_ARRAY(&reader->arena, struct measure, count + 1);
    for (size_t i = 0; i < count; i++)
        if (!item_field(array, i, "name", &field) || !take_text(field, &measures[i].name) ||
            bytes_is_null(measures[i].name) || !item_field(array, i, "value", &field) ||
            !take_maybe(field, &measures[i].value))
            return false;
    *ret_list = (struct list){ measures, count };
    return true;
}

static bool take_row(struct output_reader *reader, const struct row *row, avro_value_t value, void *place)
{
    value = plain(value);
    switch (row->form) {
    case FORM_TEXT: return take_text(value, place);
    case FORM_WORD: return take_word(reader, row, value, place);
    case FORM_INT: return take_int(value, place);
    case FORM_LONG: return take_number(value, place);
    case FORM_MAYBE: return take_maybe(value, place);
    case FORM_BOOLEAN: return take_boolean(value, place);
    case FORM_SHARES: return take_shares(reader, value, place);
    case FORM_MEASURES: return take_measures(reader, value, place);
    }
    return false;
}

/* What is missing may be null, and null is what a zeroed struct says. */
static bool take_rows(struct output_reader *reader, char *into)
{
    for (size_t i = 0; i < reader->class->count; i++) {
        const struct row *row = &reader->class->rows[i];
        avro_value_t field;
        if (reader->indexes[i] == MISSING)
            continue;
        if (avro_value_get_by_index(&reader->value, (size_t)reader->indexes[i], &field, NULL) != 0 ||
            !take_row(reader, row, field, into + row->offset))
            return false;
    }
    return true;
}

/* --- bytes to a value --------------------------------------------------------------------------------- */

static bool unframe_confluent(struct output_reader *reader, struct bytes *value)
{
    const unsigned char *at = (const unsigned char *)value->data;
    if (value->length < 5 || at[0] != 0)
        return fails(reader, "has no id of a schema in front");
    uint32_t id = (uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | at[4];
    if (id != reader->options.schema_id)
        return fails(reader, "was written with the schema of another id");
    *value = (struct bytes){ value->data + 5, value->length - 5 };
    return true;
}

static bool unframe_single_object(struct output_reader *reader, struct bytes *value)
{
    const unsigned char *at = (const unsigned char *)value->data;
    uint64_t fingerprint = 0;
    if (value->length < 10 || at[0] != 0xC3 || at[1] != 0x01)
        return fails(reader, "has no fingerprint of a schema in front");
    for (unsigned i = 0; i < 8; i++)
        fingerprint |= (uint64_t)at[2 + i] << (8 * i);
    if (fingerprint != reader->writer->fingerprint)
        return fails(reader, "was written with the schema of another fingerprint");
    *value = (struct bytes){ value->data + 10, value->length - 10 };
    return true;
}

static bool unframe(struct output_reader *reader, struct bytes *value)
{
    if (bytes_is_null(*value))
        return fails(reader, "has no value");
    if (reader->options.framing == FRAMING_CONFLUENT)
        return unframe_confluent(reader, value);
    return reader->options.framing != FRAMING_SINGLE_OBJECT || unframe_single_object(reader, value);
}

/* Every length and count is true, and all together are within our limits, before Avro C takes memory for
 * them. */
static bool walk_through(struct output_reader *reader, struct bytes body)
{
    struct cursor cursor = { .at = (const unsigned char *)body.data,
                             .items_left = SKIP_ITEMS_MAX,
                             .looks_inside = true };
    cursor.end = cursor.at + body.length;
    if (schema_skip(reader->writer->root, &cursor) && cursor.at == cursor.end)
        return true;
    return fails(reader, "breaks off, or holds what its schema does not say");
}

static bool read_value(struct output_reader *reader, struct bytes body)
{
    avro_c_lock();
    avro_reader_memory_set_source(reader->bytes, body.data, (int64_t)body.length);
    bool read = avro_value_read(reader->bytes, &reader->value) == 0;
    avro_c_unlock();
    return read || fails(reader, "cannot be read by Avro C");
}

bool output_reader_read(struct output_reader *reader, struct bytes key, struct bytes value,
                        struct output_record *ret_record, const char **ret_problem)
{
    struct output_record record = { .name = reader->options.record };
    reader->problem = "is not of the form that its schema says";
    arena_clear(&reader->arena);
    if (!unframe(reader, &value) || !walk_through(reader, value) || !read_value(reader, value) ||
        !take_rows(reader, (char *)&record + reader->class->offset)) {
        *ret_problem = reader->problem;
        return false;
    }
    if (record.name != SCHEMA_DEAD_LETTER) {
        record.output.kind = (uint8_t)reader->class->kind;
        record.output.key = key;
    }
    *ret_record = record;
    return true;
}
