/* evolved.h - random writer schemas that can still be read as a declaration, with a record in them and what
 * must be read.
 * Owner:   text and bytes belong to the struct; strings of `expected` live in the draw pool. */
#ifndef BUNDELWACHT_TESTS_CODEC_EVOLVED_H
#define BUNDELWACHT_TESTS_CODEC_EVOLVED_H

#include "codec/avro_write.h"
#include "codec/reader_field.h"
#include "draw.h"

#include <stdio.h>

struct evolved {
    struct buffer schema, record;
    struct declaration expected;
    unsigned names; /* so that every named type has another name */
    /* no unions of the writer's own, nothing missing, enums as ours: what Avro C can resolve */
    bool plain;
};

static inline void evolved_add(struct buffer *buffer, const char *text)
{
    buffer_add_bytes(buffer, bytes_of(text));
}

static inline void evolved_name(struct evolved *evolved)
{
    char name[32];
    snprintf(name, sizeof(name), "\"T%u\"", ++evolved->names);
    evolved_add(&evolved->schema, name);
}

/* --- fields that we do not know, of any type --- */

static inline void evolved_extra(struct evolved *evolved, struct choices *choices, int depth);

static inline void evolved_blocks(struct evolved *evolved, struct choices *choices, bool map, int depth)
{
    evolved_add(&evolved->schema, map ? "{\"type\":\"map\",\"values\":" : "{\"type\":\"array\",\"items\":");
    /* The schema is written once, with the first item; further items are the same bytes again. */
    struct buffer record = evolved->record;
    evolved->record = (struct buffer){ 0 };
    if (map)
        write_span(&evolved->record, draw_text(choices, 5));
    evolved_extra(evolved, choices, depth + 1);
    struct buffer item = evolved->record;
    evolved->record = record;
    for (uint64_t blocks = choice_below(choices, 3); blocks > 0; blocks--) {
        int64_t count = choice_between(choices, 1, 3);
        bool sized = choice_chance(choices, 500);
        write_long(&evolved->record, sized ? -count : count);
        if (sized)
            write_long(&evolved->record, count * (int64_t)item.length);
        for (int64_t i = 0; i < count; i++)
            buffer_add_bytes(&evolved->record, buffer_bytes(&item));
    }
    write_long(&evolved->record, 0);
    buffer_release(&item);
    evolved_add(&evolved->schema, "}");
}

static inline void evolved_record(struct evolved *evolved, struct choices *choices, int depth)
{
    evolved_add(&evolved->schema, "{\"type\":\"record\",\"name\":");
    evolved_name(evolved);
    evolved_add(&evolved->schema, ",\"fields\":[{\"name\":\"a\",\"type\":");
    evolved_extra(evolved, choices, depth + 1);
    evolved_add(&evolved->schema, "},{\"name\":\"insured\",\"type\":");
    evolved_extra(evolved, choices, depth + 1);
    evolved_add(&evolved->schema, "}]}");
}

/* A list of itself: null or the next one. */
static inline void evolved_recursive(struct evolved *evolved, struct choices *choices)
{
    char text[160];
    unsigned name = ++evolved->names;
    snprintf(
        text, sizeof(text),
        "{\"type\":\"record\",\"name\":\"T%u\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\",\"T%u\"]}]}",
        name, name);
    evolved_add(&evolved->schema, text);
    for (uint64_t length = choice_below(choices, 5); length > 0; length--)
        write_long(&evolved->record, 1);
    write_long(&evolved->record, 0);
}

static inline void evolved_union(struct evolved *evolved, struct choices *choices)
{
    evolved_add(&evolved->schema, "[\"null\",\"double\",{\"type\":\"array\",\"items\":\"long\"},\"string\"]");
    uint64_t branch = choice_below(choices, 4);
    write_long(&evolved->record, (int64_t)branch);
    if (branch == 1)
        buffer_add(&evolved->record, "12345678", 8);
    if (branch == 2)
        write_long(&evolved->record, 0);
    if (branch == 3)
        write_span(&evolved->record, draw_text(choices, 20));
}

static inline void evolved_extra(struct evolved *evolved, struct choices *choices, int depth)
{
    struct buffer *schema = &evolved->schema, *record = &evolved->record;
    switch (choice_below(choices, depth < 3 ? 15 : 10)) {
    case 0:
        evolved_add(schema, "\"null\"");
        break;
    case 1:
        evolved_add(schema, "\"boolean\"");
        write_boolean(record, choice_chance(choices, 500));
        break;
    case 2:
        evolved_add(schema, "\"int\"");
        write_long(record, draw_int(choices));
        break;
    case 3:
        evolved_add(schema, "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}");
        write_long(record, draw_long(choices));
        break;
    case 4:
        evolved_add(schema, "\"float\"");
        buffer_add(record, "1234", 4);
        break;
    case 5:
        evolved_add(schema, "\"double\"");
        buffer_add(record, "12345678", 8);
        break;
    case 6:
        evolved_add(schema, "\"bytes\"");
        write_span(record, draw_text(choices, 200));
        break;
    case 7:
        evolved_add(schema, "\"string\"");
        write_span(record, draw_text(choices, 20));
        break;
    case 8:
        evolved_add(schema, "{\"type\":\"fixed\",\"size\":3,\"name\":");
        evolved_name(evolved);
        evolved_add(schema, "}");
        buffer_add(record, "abc", 3);
        break;
    case 9:
        evolved_add(schema, "{\"type\":\"enum\",\"symbols\":[\"A\",\"B\",\"C\"],\"name\":");
        evolved_name(evolved);
        evolved_add(schema, "}");
        write_long(record, (int64_t)choice_below(choices, 3));
        break;
    case 10:
        evolved_blocks(evolved, choices, false, depth);
        break;
    case 11:
        evolved_blocks(evolved, choices, true, depth);
        break;
    case 12:
        evolved_record(evolved, choices, depth);
        break;
    case 13:
        evolved_recursive(evolved, choices);
        break;
    default:
        evolved_union(evolved, choices);
        break;
    }
}

/* --- fields of ours, written in any way that can be read --- */

static inline struct bytes *evolved_string(struct evolved *evolved, const struct reader_field *field)
{
    return (struct bytes *)(void *)((char *)&evolved->expected + field->offset);
}

static inline int64_t evolved_number(struct evolved *evolved, const struct reader_field *field)
{
    const void *place = (const char *)&evolved->expected + field->offset;
    if (field->type == READER_ENUM)
        return *(const uint8_t *)place;
    if (field->type == READER_LONG || field->type == READER_MOMENT)
        return *(const int64_t *)place;
    return *(const int32_t *)place;
}

static inline bool evolved_is_null(struct evolved *evolved, const struct reader_field *field)
{
    return field->type == READER_MAYBE_INT ? evolved_number(evolved, field) == 0
                                           : bytes_is_null(*evolved_string(evolved, field));
}

static inline void evolved_string_type(struct evolved *evolved)
{
    evolved_add(&evolved->schema, "\"string\"");
}

/* Our symbols in another order, among others; sometimes the value is one that we do not know. */
static inline void evolved_enum(struct evolved *evolved, struct choices *choices,
                                const struct reader_field *field)
{
    size_t count = field->symbols_count, shift = evolved->plain ? 0 : choice_below(choices, count);
    bool unknown = !evolved->plain && choice_chance(choices, 50);
    evolved_add(&evolved->schema, "{\"type\":\"enum\",\"name\":");
    if (evolved->plain) {
        static const char *const names[] = { [FIELD_KIND] = "Kind",
                                             [FIELD_DIAGNOSIS_SYSTEM] = "DiagnosisSystem",
                                             [FIELD_CARE_TYPE] = "CareType",
                                             [FIELD_LATERALITY] = "Laterality" };
        evolved_add(&evolved->schema, "\"nl.bundelwacht.");
        evolved_add(&evolved->schema, names[field - reader_fields]);
        evolved_add(&evolved->schema, "\"");
    } else {
        evolved_name(evolved);
    }
    evolved_add(&evolved->schema, evolved->plain ? ",\"symbols\":[" : ",\"symbols\":[\"NEWER\",");
    for (size_t i = 0; i < count; i++) {
        evolved_add(&evolved->schema, i ? ",\"" : "\"");
        buffer_add_bytes(&evolved->schema, field->symbols[(i + shift) % count]);
        evolved_add(&evolved->schema, "\"");
    }
    evolved_add(&evolved->schema, "]}");
    int64_t ordinal = evolved_number(evolved, field);
    int64_t written = ((int64_t)count + ordinal - (int64_t)shift) % (int64_t)count + (evolved->plain ? 0 : 1);
    write_long(&evolved->record, unknown ? 0 : written);
    if (unknown)
        evolved->expected.unreadable |= 1u << (field - reader_fields);
}

static inline void evolved_plain_field(struct evolved *evolved, struct choices *choices,
                                       const struct reader_field *field)
{
    int64_t number;
    switch ((enum reader_type)field->type) {
    case READER_STRING:
        evolved_add(&evolved->schema,
                    !evolved->plain && choice_chance(choices, 100) ? "\"bytes\"" : "\"string\"");
        write_span(&evolved->record, *evolved_string(evolved, field));
        break;
    case READER_INT:
    case READER_MAYBE_INT:
        evolved_add(&evolved->schema, "\"int\"");
        write_long(&evolved->record, evolved_number(evolved, field));
        break;
    case READER_DATE:
        evolved_add(&evolved->schema, "{\"type\":\"int\",\"logicalType\":\"date\"}");
        write_long(&evolved->record, evolved_number(evolved, field));
        break;
    case READER_LONG:
    case READER_MOMENT:
        number = evolved_number(evolved, field);
        if (number >= INT32_MIN && number <= INT32_MAX && choice_chance(choices, 500))
            evolved_add(&evolved->schema, "\"int\"");
        else
            evolved_add(&evolved->schema, field->type == READER_LONG
                                              ? "\"long\""
                                              : "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}");
        write_long(&evolved->record, number);
        break;
    case READER_ENUM:
        evolved_enum(evolved, choices, field);
        break;
    }
}

/* A union of the writer's own around the field; the branch that is not ours makes the field unreadable. */
static inline void evolved_union_field(struct evolved *evolved, struct choices *choices,
                                       const struct reader_field *field)
{
    bool wrong = choice_chance(choices, 200), null_first = choice_chance(choices, 500);
    bool null_value = field->nullable && evolved_is_null(evolved, field);
    struct buffer record = evolved->record;
    evolved->record = (struct buffer){ 0 };
    evolved_add(&evolved->schema, null_first ? "[\"null\",\"boolean\"," : "[\"boolean\",");
    evolved_plain_field(evolved, choices, field); /* its bytes are used when it is neither wrong nor null */
    evolved_add(&evolved->schema, null_first ? "]" : ",\"null\"]");
    struct buffer body = evolved->record;
    evolved->record = record;
    if (null_value) {
        write_long(&evolved->record, null_first ? 0 : 2);
    } else if (wrong) {
        write_long(&evolved->record, null_first ? 1 : 0);
        write_boolean(&evolved->record, true);
        evolved->expected.unreadable |= 1u << (field - reader_fields);
    } else {
        write_long(&evolved->record, null_first ? 2 : 1);
        buffer_add_bytes(&evolved->record, buffer_bytes(&body));
    }
    buffer_release(&body);
}

static inline void evolved_optional_field(struct evolved *evolved, struct choices *choices,
                                          const struct reader_field *field)
{
    bool null_first = evolved->plain || choice_chance(choices, 500);
    bool is_null = evolved_is_null(evolved, field), is_int = field->type == READER_MAYBE_INT;
    evolved_add(&evolved->schema, null_first ? "[\"null\"," : "[");
    evolved_add(&evolved->schema, is_int ? "\"int\"" : "\"string\"");
    evolved_add(&evolved->schema, null_first ? "]" : ",\"null\"]");
    write_long(&evolved->record, is_null == null_first ? 0 : 1);
    if (!is_null && is_int)
        write_long(&evolved->record, evolved_number(evolved, field));
    else if (!is_null)
        write_span(&evolved->record, *evolved_string(evolved, field));
}

static inline void evolved_own_field(struct evolved *evolved, struct choices *choices,
                                     const struct reader_field *field)
{
    bool null_value = field->nullable && evolved_is_null(evolved, field);
    if (!evolved->plain && choice_chance(choices, 300))
        evolved_union_field(evolved, choices, field);
    else if (!evolved->plain && null_value && choice_chance(choices, 200))
        evolved_add(&evolved->schema, "\"null\"");
    else if (field->nullable && (null_value || evolved->plain || choice_chance(choices, 800)))
        evolved_optional_field(evolved, choices, field);
    else
        evolved_plain_field(evolved, choices, field);
}

/* The writer left it out: what is read is the default of §1. */
static inline void evolved_leave_out(struct evolved *evolved, const struct reader_field *field)
{
    char *place = (char *)&evolved->expected + field->offset;
    if (field->type == READER_STRING)
        *(struct bytes *)(void *)place = BYTES_NULL;
    else if (field->type == READER_ENUM)
        *(uint8_t *)place = 0;
    else
        *(int32_t *)(void *)place = field->type == READER_MAYBE_INT ? 0 : 1;
}

static inline void evolved_begin_field(struct evolved *evolved, bool *first, struct bytes name)
{
    evolved_add(&evolved->schema, *first ? "{\"name\":\"" : ",{\"name\":\"");
    *first = false;
    buffer_add_bytes(&evolved->schema, name);
    evolved_add(&evolved->schema, "\",\"type\":");
}

static inline void evolved_draw(struct evolved *evolved, struct choices *choices, bool plain)
{
    size_t order[FIELD_COUNT];
    bool first = true;
    draw_begin();
    *evolved = (struct evolved){ .expected = draw_declaration(choices), .plain = plain };
    for (size_t i = 0; i < FIELD_COUNT; i++) { /* a draw of zeros keeps the order */
        size_t at = i - choice_below(choices, i + 1);
        order[i] = i;
        order[i] = order[at];
        order[at] = i;
    }
    const char *name_of_record = plain ? "nl.bundelwacht.Declaration" : "x.Other";
    evolved_add(&evolved->schema, "{\"type\":\"record\",\"name\":\"");
    evolved_add(&evolved->schema, name_of_record);
    evolved_add(&evolved->schema, "\",\"fields\":[");
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct reader_field *field = &reader_fields[order[i]];
        if (choice_chance(choices, 200)) {
            char name[16];
            snprintf(name, sizeof(name), "extra%zu", i);
            evolved_begin_field(evolved, &first, bytes_of(name));
            evolved_extra(evolved, choices, 0);
            evolved_add(&evolved->schema, "}");
        }
        if (!plain && field->may_be_absent && choice_chance(choices, 200)) {
            evolved_leave_out(evolved, field);
            continue;
        }
        evolved_begin_field(evolved, &first, field->name);
        evolved_own_field(evolved, choices, field);
        evolved_add(&evolved->schema, "}");
    }
    evolved_add(&evolved->schema, "]}");
}

static inline void evolved_release(struct evolved *evolved)
{
    buffer_release(&evolved->schema);
    buffer_release(&evolved->record);
}

#endif
