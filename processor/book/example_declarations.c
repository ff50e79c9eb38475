/* example_declarations.c - declarations of an example with their short forms written out
 * (tests/scenarios/README.md): what stands at the declaration wins over its `care` or the copied record, that
 * over the example's `defaults`. */
#include "book/example_parts.h"

#include "base/limits.h"
#include "engine/calendar.h"

/* The keys of a declaration: the fields of §1 by their names, and the short forms. */
struct line_keys {
    const struct yaml_node *declaration_id, *kind, *credits_id, *insurer, *insured, *birth_date, *provider,
        *referrer, *specialism, *diagnosis_system, *diagnosis, *care_type, *care_code, *subtype, *trajectory,
        *laterality, *start_date, *end_date, *quantity, *amount, *submitted_at, *serial;
    const struct yaml_node *id, *start, *end, *sent, *care, *credit_of, *copy_of;
};
static const struct yaml_key line_keys[] = {
    YAML_MAY(line_keys, declaration_id), YAML_MAY(line_keys, kind),
    YAML_MAY(line_keys, credits_id),     YAML_MAY(line_keys, insurer),
    YAML_MAY(line_keys, insured),        YAML_MAY(line_keys, birth_date),
    YAML_MAY(line_keys, provider),       YAML_MAY(line_keys, referrer),
    YAML_MAY(line_keys, specialism),     YAML_MAY(line_keys, diagnosis_system),
    YAML_MAY(line_keys, diagnosis),      YAML_MAY(line_keys, care_type),
    YAML_MAY(line_keys, care_code),      YAML_MAY(line_keys, subtype),
    YAML_MAY(line_keys, trajectory),     YAML_MAY(line_keys, laterality),
    YAML_MAY(line_keys, start_date),     YAML_MAY(line_keys, end_date),
    YAML_MAY(line_keys, quantity),       YAML_MAY(line_keys, amount),
    YAML_MAY(line_keys, submitted_at),   YAML_MAY(line_keys, serial),
    YAML_MAY(line_keys, id),             YAML_MAY(line_keys, start),
    YAML_MAY(line_keys, end),            YAML_MAY(line_keys, sent),
    YAML_MAY(line_keys, care),           YAML_MAY(line_keys, credit_of),
    YAML_MAY(line_keys, copy_of),
};

/* The value of every field of §1, NULL where none is said. */
struct layer {
    const struct yaml_node *nodes[FIELD_COUNT];
    bool joined; /* the node of diagnosis holds the system too */
};

static void add_layer(struct layer *layer, const struct layer *above)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (above->nodes[i])
            layer->nodes[i] = above->nodes[i];
    if (above->nodes[FIELD_DIAGNOSIS])
        layer->joined = above->joined;
}

static const struct yaml_node *short_or_long(struct reading *reading, const struct yaml_node *brief,
                                             const struct yaml_node *whole)
{
    if (brief && whole)
        yaml_report(&reading->document, brief, FINDING_KEY_TWICE,
                    "the short and the long form of one field stand in one map");
    return whole ? whole : brief;
}

static bool read_layer(struct reading *reading, const struct yaml_node *node, const char *what,
                       struct line_keys *ret_keys, struct layer *ret_layer)
{
    struct line_keys *keys = ret_keys;
    *ret_layer = (struct layer){ .joined = false };
    if (!yaml_keys(&reading->document, node, what, line_keys, COUNT(line_keys), keys))
        return false;
    const struct yaml_node *nodes[FIELD_COUNT];
    for (size_t i = 0; i < FIELD_COUNT; i++) /* in the order of §1, which is that of line_keys */
        memcpy(&nodes[i], (const char *)keys + line_keys[i].offset, sizeof(nodes[i]));
    nodes[FIELD_DECLARATION_ID] = short_or_long(reading, keys->id, keys->declaration_id);
    nodes[FIELD_START_DATE] = short_or_long(reading, keys->start, keys->start_date);
    nodes[FIELD_END_DATE] = short_or_long(reading, keys->end, keys->end_date);
    nodes[FIELD_SUBMITTED_AT] = short_or_long(reading, keys->sent, keys->submitted_at);
    memcpy(ret_layer->nodes, nodes, sizeof(nodes));
    ret_layer->joined = keys->diagnosis && !keys->diagnosis_system;
    if (ret_layer->joined)
        ret_layer->nodes[FIELD_DIAGNOSIS_SYSTEM] = keys->diagnosis;
    return true;
}

struct example_cares read_example_cares(struct reading *reading, const struct yaml_node *node)
{
    struct example_cares cares = { NULL, NULL };
    if (!node)
        return cares;
    if (node->kind != YAML_MAP || node->count > ENTRIES_MAX) {
        yaml_report(&reading->document, node, FINDING_TYPE, "cares must be a map of at most %d names",
                    (int)ENTRIES_MAX);
        return cares;
    }
    cares = (struct example_cares){ node, arena_zeroed(reading->document.arena,
                                                       (node->count + 1) * sizeof(*cares.layers)) };
    for (size_t i = 0; i < node->count; i++) {
        struct line_keys keys;
        read_layer(reading, &node->entries[i].value, "a care", &keys, &cares.layers[i]);
        const struct yaml_node *use = keys.care ? keys.care : keys.credit_of ? keys.credit_of : keys.copy_of;
        if (use)
            yaml_report(&reading->document, use, FINDING_KEY_UNKNOWN,
                        "a care says its own fields: no care, credit_of or copy_of");
    }
    return cares;
}

static void add_care(struct reading *reading, const struct example_cares *cares, const struct yaml_node *use,
                     struct layer *layer)
{
    char shown[QUOTED_BYTES], meant[SUGGESTION_BYTES];
    struct bytes name = yaml_text(&reading->document, use);
    if (bytes_is_null(name))
        return;
    struct suggestion suggestion = suggest_init(name);
    for (size_t i = 0; cares->node && i < cares->node->count; i++) {
        suggest_try(&suggestion, cares->node->entries[i].key.text);
        if (!bytes_equal(cares->node->entries[i].key.text, name))
            continue;
        add_layer(layer, &cares->layers[i]);
        return;
    }
    yaml_report(&reading->document, use, FINDING_UNDEFINED, "no entry of cares has the name %s%s",
                quoted(name, shown), suggest_text(&suggestion, meant));
}

/* --- from layers to declarations --- */

/* BROKEN: its source could not be found; nothing more is said of it */
enum { NOT_MADE, BEING_MADE, MADE, BROKEN };

struct making {
    struct reading *reading;
    const struct example_cares *cares;
    const struct yaml_node *list;
    const struct line_keys *keys; /* [list->count], beside `own` and `made` */
    const struct layer *own;
    struct layer *made, defaults;
    uint8_t *states;
    size_t depth;
};

static bool is_text_of(const struct yaml_node *node, struct bytes text)
{
    return node && node->kind == YAML_SCALAR && bytes_equal(node->text, text);
}

/* The first record that goes by the name; list->count when there is none. */
static size_t find_named(const struct making *making, struct bytes name)
{
    for (size_t i = 0; i < making->list->count; i++) {
        const struct yaml_node *id = making->own[i].nodes[FIELD_DECLARATION_ID];
        if (is_text_of(id ? id : making->keys[i].copy_of, name))
            return i;
    }
    return making->list->count;
}

enum { COPY_DEPTH_MAX = 64 };

static void make_layer(struct making *making, size_t at);

/* The record that this one is a credit or a copy of, or NULL after a finding. */
static const struct layer *make_source(struct making *making, const struct yaml_node *use)
{
    struct reading *reading = making->reading;
    char shown[QUOTED_BYTES];
    struct bytes name = yaml_text(&reading->document, use);
    if (bytes_is_null(name))
        return NULL;
    size_t source = find_named(making, name);
    if (source == making->list->count) {
        yaml_report(&reading->document, use, FINDING_UNDEFINED, "no declaration of the example has the id %s",
                    quoted(name, shown));
        return NULL;
    }
    if (making->states[source] == BEING_MADE || making->depth > COPY_DEPTH_MAX) {
        yaml_report(&reading->document, use, FINDING_EXAMPLE_RING, "copies and credits of %s run in a ring",
                    quoted(name, shown));
        return NULL;
    }
    if (making->states[source] == NOT_MADE)
        make_layer(making, source);
    return making->states[source] == MADE ? &making->made[source] : NULL;
}

/* A credit is a CREDIT of its source, and has a moment of its own. */
static void make_credit(struct making *making, size_t at)
{
    struct layer *layer = &making->made[at];
    const struct layer *own = &making->own[at];
    if (!own->nodes[FIELD_KIND]) {
        struct yaml_node *credit = arena_zeroed(making->reading->document.arena, sizeof(*credit));
        *credit = *making->keys[at].credit_of;
        credit->text = kind_names[KIND_CREDIT];
        layer->nodes[FIELD_KIND] = credit;
    }
    if (!own->nodes[FIELD_CREDITS_ID])
        layer->nodes[FIELD_CREDITS_ID] = making->keys[at].credit_of;
    if (!own->nodes[FIELD_SUBMITTED_AT])
        layer->nodes[FIELD_SUBMITTED_AT] = NULL;
}

static void make_layer(struct making *making, size_t at)
{
    const struct line_keys *keys = &making->keys[at];
    const struct yaml_node *use = keys->credit_of ? keys->credit_of : keys->copy_of;
    making->states[at] = BEING_MADE;
    making->depth++;
    struct layer *layer = &making->made[at];
    const struct layer *source = use ? make_source(making, use) : NULL;
    *layer = source ? *source : making->defaults;
    add_care(making->reading, making->cares, keys->care, layer);
    add_layer(layer, &making->own[at]);
    if (keys->credit_of && source)
        make_credit(making, at);
    making->depth--;
    making->states[at] = use && !source ? BROKEN : MADE;
}

static struct bytes optional_text(struct reading *reading, const struct yaml_node *node)
{
    return !node || yaml_is_null(node) ? BYTES_NULL : yaml_text(&reading->document, node);
}

static void read_diagnosis_of(struct reading *reading, const struct layer *layer,
                              struct declaration *declaration)
{
    const struct yaml_node *node = layer->nodes[FIELD_DIAGNOSIS],
                           *system = layer->nodes[FIELD_DIAGNOSIS_SYSTEM];
    struct bytes text = optional_text(reading, node);
    const char *colon = layer->joined && text.length > 0 ? memchr(text.data, ':', text.length) : NULL;
    struct bytes before = { text.data, colon ? (size_t)(colon - text.data) : text.length };
    declaration->diagnosis = colon ? (struct bytes){ colon + 1, text.length - before.length - 1 } : text;
    struct yaml_node word = system ? *system : (struct yaml_node){ .kind = YAML_SCALAR };
    if (system == node && !bytes_is_null(text))
        word.text = before;
    if (system && (system != node || !bytes_is_null(text)))
        declaration->diagnosis_system =
            (uint8_t)yaml_word(&reading->document, &word, diagnosis_system_names, SYSTEM_COUNT, SYSTEM_NONE);
}

int64_t read_example_moment(struct reading *reading, const struct yaml_node *node, int64_t absent)
{
    int64_t moment;
    if (!node)
        return absent;
    /* Programs cannot tell a date from its midnight in UTC: without quotes both are a date. */
    bool may_be_date = !node->quoted && yaml_is_midnight(node);
    if (node->kind == YAML_SCALAR && !may_be_date && moment_from_text(node->text, &moment))
        return moment;
    return yaml_day(&reading->document, node, 0) * DAY_MILLISECONDS + 9 * (DAY_MILLISECONDS / 24);
}

/* A date alone is 09:00 of that day, nothing the day after the end. */
static void read_dates_of(struct reading *reading, const struct layer *layer, struct declaration *declaration)
{
    struct yaml_document *document = &reading->document;
    declaration->birth_date = yaml_day(document, layer->nodes[FIELD_BIRTH_DATE], 0);
    declaration->start_date = yaml_day(document, layer->nodes[FIELD_START_DATE], 0);
    declaration->end_date = yaml_day(document, layer->nodes[FIELD_END_DATE], declaration->start_date);
    int64_t day_after = (declaration->end_date + 1) * DAY_MILLISECONDS + 9 * (DAY_MILLISECONDS / 24);
    declaration->submitted_at = read_example_moment(reading, layer->nodes[FIELD_SUBMITTED_AT], day_after);
}

static void read_texts_of(struct reading *reading, const struct layer *layer, struct declaration *declaration)
{
    declaration->declaration_id = yaml_text(&reading->document, layer->nodes[FIELD_DECLARATION_ID]);
    declaration->insured = yaml_text(&reading->document, layer->nodes[FIELD_INSURED]);
    declaration->provider = yaml_text(&reading->document, layer->nodes[FIELD_PROVIDER]);
    declaration->care_code = yaml_text(&reading->document, layer->nodes[FIELD_CARE_CODE]);
    declaration->credits_id = optional_text(reading, layer->nodes[FIELD_CREDITS_ID]);
    declaration->referrer = optional_text(reading, layer->nodes[FIELD_REFERRER]);
    declaration->specialism = optional_text(reading, layer->nodes[FIELD_SPECIALISM]);
    declaration->subtype = optional_text(reading, layer->nodes[FIELD_SUBTYPE]);
    declaration->trajectory = optional_text(reading, layer->nodes[FIELD_TRAJECTORY]);
}

/* What has no default of §1 or of the short forms. */
static uint32_t fields_missing(const struct layer *layer)
{
    static const uint8_t needed[] = { FIELD_DECLARATION_ID, FIELD_INSURER,    FIELD_INSURED,
                                      FIELD_BIRTH_DATE,     FIELD_PROVIDER,   FIELD_CARE_TYPE,
                                      FIELD_CARE_CODE,      FIELD_START_DATE, FIELD_AMOUNT };
    uint32_t missing = 0;
    for (size_t i = 0; i < COUNT(needed); i++)
        if (!layer->nodes[needed[i]])
            missing |= 1u << needed[i];
    return missing;
}

/* Null stands for what an above layer says, too. */
static int32_t read_serial(struct reading *reading, const struct yaml_node *node)
{
    return node && yaml_is_null(node) ? 0 : (int32_t)yaml_whole(&reading->document, node, 1, SERIAL_MAX, 0);
}

static void read_example_line(struct reading *reading, const struct yaml_node *node,
                              const struct layer *layer, struct declaration *declaration)
{
    struct yaml_document *document = &reading->document;
    char id[QUOTED_BYTES];
    int32_t errors = document->errors_count;
    *declaration = (struct declaration){ .unreadable = fields_missing(layer) };
    read_texts_of(reading, layer, declaration);
    read_diagnosis_of(reading, layer, declaration);
    read_dates_of(reading, layer, declaration);
    declaration->kind =
        (uint8_t)yaml_word(document, layer->nodes[FIELD_KIND], kind_names, COUNT(kind_names), KIND_DEBIT);
    declaration->care_type =
        (uint8_t)yaml_word(document, layer->nodes[FIELD_CARE_TYPE], care_type_names, CARE_TYPE_COUNT, 0);
    declaration->laterality = (uint8_t)yaml_word(document, layer->nodes[FIELD_LATERALITY], laterality_names,
                                                 LATERALITY_COUNT, LATERALITY_NONE);
    declaration->insurer =
        (int32_t)yaml_whole(document, layer->nodes[FIELD_INSURER], INT32_MIN, INT32_MAX, 0);
    declaration->quantity =
        (int32_t)yaml_whole(document, layer->nodes[FIELD_QUANTITY], INT32_MIN, INT32_MAX, 1);
    declaration->serial = read_serial(reading, layer->nodes[FIELD_SERIAL]);
    declaration->amount = yaml_cents(document, layer->nodes[FIELD_AMOUNT], AMOUNT_CENTS_MAX, 0);
    if (document->errors_count != errors)
        return;
    struct declaration_envelope envelope = { .record_timestamp = INT64_MAX };
    struct result checked = declaration_check(declaration, &envelope);
    if (checked.verdict != DONE)
        yaml_report(document, node, FINDING_EXAMPLE_DECLARATION,
                    "the declaration %s would be a dead letter: %s", quoted(declaration->declaration_id, id),
                    checked.reason);
}

const struct declaration *read_example_declarations(struct reading *reading,
                                                    const struct example_cares *cares,
                                                    const struct yaml_node *defaults,
                                                    const struct yaml_node *list)
{
    struct arena *arena = reading->document.arena;
    struct line_keys *keys = arena_zeroed(arena, (list->count + 1) * sizeof(*keys)), default_keys;
    struct layer *own = arena_zeroed(arena, (list->count + 1) * sizeof(*own)), default_layer;
    struct making making = { .reading = reading, .cares = cares, .list = list, .keys = keys, .own = own };
    making.made = arena_zeroed(arena, (list->count + 1) * sizeof(*making.made));
    making.states = arena_zeroed(arena, list->count + 1);
    if (read_layer(reading, defaults, "defaults", &default_keys, &default_layer)) {
        add_care(reading, cares, default_keys.care, &making.defaults);
        add_layer(&making.defaults, &default_layer);
    }
    for (size_t i = 0; i < list->count; i++) {
        read_layer(reading, &list->items[i], "a declaration", &keys[i], &own[i]);
        if (keys[i].credit_of && keys[i].copy_of)
            yaml_report(&reading->document, keys[i].copy_of, FINDING_EXAMPLE_RING,
                        "a declaration is a credit_of or a copy_of, not both");
    }
    struct declaration *declarations = ARENA_ARRAY(arena, struct declaration, list->count + 1);
    for (size_t i = 0; i < list->count && !yaml_is_full(&reading->document); i++) {
        if (making.states[i] == NOT_MADE)
            make_layer(&making, i);
        if (making.states[i] == MADE)
            read_example_line(reading, &list->items[i], &making.made[i], &declarations[i]);
    }
    return declarations;
}
