#include "codec/avro_c.h"

#include <avro.h>
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void avro_c_lock(void)
{
    pthread_mutex_lock(&lock);
}

void avro_c_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

struct avro_obj_t *avro_c_read(struct bytes text)
{
    avro_schema_t schema = NULL;
    avro_c_lock();
    bool read = avro_schema_from_json_length(text.data, text.length, &schema) == 0;
    avro_c_unlock();
    return read ? schema : NULL;
}

void avro_c_free(struct avro_obj_t *schema)
{
    if (schema)
        avro_schema_decref(schema);
}

/* --- the same tree? --- */

static bool same_name(avro_schema_t theirs, struct bytes full_name)
{
    const char *space = avro_schema_namespace(theirs);
    struct bytes name = bytes_of(avro_schema_name(theirs)), before = bytes_of(space ? space : "");
    if (before.length == 0)
        return bytes_equal(name, full_name);
    if (full_name.length != before.length + 1 + name.length || full_name.data[before.length] != '.')
        return false;
    return bytes_begin_with(full_name, before) &&
           bytes_equal(name, (struct bytes){ full_name.data + before.length + 1, name.length });
}

static bool same(avro_schema_t theirs, const struct schema_node *ours);

static bool same_record(avro_schema_t theirs, const struct schema_node *ours)
{
    if (!same_name(theirs, ours->name) || avro_schema_record_size(theirs) != ours->count)
        return false;
    for (uint32_t i = 0; i < ours->count; i++)
        if (!bytes_equal(bytes_of(avro_schema_record_field_name(theirs, (int)i)), ours->names[i]) ||
            !same(avro_schema_record_field_get_by_index(theirs, (int)i), ours->children[i]))
            return false;
    return true;
}

static bool same_enum(avro_schema_t theirs, const struct schema_node *ours)
{
    if (!same_name(theirs, ours->name) || avro_schema_enum_number_of_symbols(theirs) != (int)ours->count)
        return false;
    for (uint32_t i = 0; i < ours->count; i++)
        if (!bytes_equal(bytes_of(avro_schema_enum_get(theirs, (int)i)), ours->names[i]))
            return false;
    return true;
}

static bool same_union(avro_schema_t theirs, const struct schema_node *ours)
{
    if (avro_schema_union_size(theirs) != ours->count)
        return false;
    for (uint32_t i = 0; i < ours->count; i++)
        if (!same(avro_schema_union_branch(theirs, (int)i), ours->children[i]))
            return false;
    return true;
}

/* A type that is only named is a link in their tree and the type itself in ours, which is why this ends. */
static bool same(avro_schema_t theirs, const struct schema_node *ours)
{
    static const avro_type_t types[] = {
        [TYPE_NULL] = AVRO_NULL,   [TYPE_BOOLEAN] = AVRO_BOOLEAN, [TYPE_INT] = AVRO_INT32,
        [TYPE_LONG] = AVRO_INT64,  [TYPE_FLOAT] = AVRO_FLOAT,     [TYPE_DOUBLE] = AVRO_DOUBLE,
        [TYPE_BYTES] = AVRO_BYTES, [TYPE_STRING] = AVRO_STRING,   [TYPE_FIXED] = AVRO_FIXED,
        [TYPE_ENUM] = AVRO_ENUM,   [TYPE_ARRAY] = AVRO_ARRAY,     [TYPE_MAP] = AVRO_MAP,
        [TYPE_UNION] = AVRO_UNION, [TYPE_RECORD] = AVRO_RECORD,
    };
    bool link = avro_typeof(theirs) == AVRO_LINK;
    avro_schema_t target = link ? avro_schema_link_target(theirs) : theirs;
    if (avro_typeof(target) != types[ours->type])
        return false;
    if (link)
        return same_name(target, ours->name);
    switch ((enum schema_type)ours->type) {
    case TYPE_RECORD: return same_record(theirs, ours);
    case TYPE_ENUM: return same_enum(theirs, ours);
    case TYPE_FIXED: return same_name(theirs, ours->name) && avro_schema_fixed_size(theirs) == ours->count;
    case TYPE_UNION: return same_union(theirs, ours);
    case TYPE_ARRAY: return same(avro_schema_array_items(theirs), ours->children[0]);
    case TYPE_MAP: return same(avro_schema_map_values(theirs), ours->children[0]);
    default: return true;
    }
}

bool avro_c_agrees(struct avro_obj_t *theirs, const struct schema_node *ours)
{
    return same(theirs, ours);
}

/* --- does it fit? --- */

static avro_schema_t field_of(avro_schema_t record, const char *name)
{
    return avro_schema_record_field_get_by_index(record, avro_schema_record_field_get_index(record, name));
}

bool avro_c_resolves(struct avro_obj_t *writer, struct avro_obj_t *reader, const char *field,
                     char *ret_reason, size_t size)
{
    avro_c_lock();
    avro_set_error("%s", ""); /* it does not always say something */
    avro_value_iface_t *resolver = avro_resolved_reader_new(field_of(writer, field), field_of(reader, field));
    if (resolver)
        avro_value_iface_decref(resolver);
    else
        snprintf(ret_reason, size, "%s", avro_strerror());
    avro_c_unlock();
    return resolver != NULL;
}
