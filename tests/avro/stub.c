/* stub.c - functions of Avro C that fail, for callers.c: the linker takes these before the library's. */
#include <avro.h>
#include <errno.h>

#if defined(STUB_SCHEMA)
int avro_schema_from_json_length(const char *text, size_t length, avro_schema_t *schema)
{
    (void)text, (void)length, (void)schema;
    return EINVAL;
}
#elif defined(STUB_RESOLVE)
avro_value_iface_t *avro_resolved_reader_new(avro_schema_t writer, avro_schema_t reader)
{
    (void)writer, (void)reader;
    return NULL;
}
#elif defined(STUB_OPEN)
avro_value_iface_t *avro_generic_class_from_schema(avro_schema_t schema)
{
    (void)schema;
    return NULL;
}
#elif defined(STUB_VALUE)
int avro_value_read(avro_reader_t reader, avro_value_t *dest)
{
    (void)reader, (void)dest;
    return EINVAL;
}
#endif
