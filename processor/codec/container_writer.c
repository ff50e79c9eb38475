#include "codec/container.h"

#include "base/must.h"
#include "codec/avro_write.h"

#include <zlib.h>

#define BLOCK_BYTES 65536

void container_writer_begin(struct container_writer *writer, struct bytes schema, enum container_codec codec,
                            struct buffer *out)
{
    *writer = (struct container_writer){ .codec = codec };
    container_marker(schema, 0, writer->sync);
    container_header(schema, codec, writer->sync, out);
}

/* Raw deflate, without zlib's head and checksum, as the format asks. */
static struct buffer pack(struct bytes block)
{
    struct buffer packed = { 0 };
    z_stream stream = { 0 };
    must(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    size_t bound = deflateBound(&stream, block.length);
    must(block.length <= UINT32_MAX && bound <= UINT32_MAX);
    stream.next_in = (Bytef *)(uintptr_t)block.data;
    stream.avail_in = (uInt)block.length;
    stream.next_out = (Bytef *)buffer_reserve(&packed, bound);
    stream.avail_out = (uInt)bound;
    must(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.length = bound - stream.avail_out;
    deflateEnd(&stream);
    return packed;
}

static void write_block(struct container_writer *writer, struct buffer *out)
{
    if (writer->records == 0)
        return;
    size_t begin = out->length;
    write_long(out, writer->records);
    if (writer->codec == CONTAINER_DEFLATE) {
        struct buffer packed = pack(buffer_bytes(&writer->block));
        write_span(out, buffer_bytes(&packed));
        buffer_release(&packed);
    } else {
        write_span(out, buffer_bytes(&writer->block));
    }
    writer->marker_inside |=
        container_marker_is_inside(writer->sync, (struct bytes){ out->data + begin, out->length - begin });
    buffer_add(out, writer->sync, CONTAINER_SYNC_BYTES);
    buffer_clear(&writer->block);
    writer->records = 0;
}

void container_writer_add(struct container_writer *writer, struct bytes record, struct buffer *out)
{
    if (writer->records > 0 && record.length > BLOCK_BYTES - writer->block.length)
        write_block(writer, out);
    buffer_add_bytes(&writer->block, record);
    writer->records++;
    if (writer->block.length >= BLOCK_BYTES)
        write_block(writer, out);
}

void container_writer_end(struct container_writer *writer, struct buffer *out)
{
    write_block(writer, out);
    buffer_release(&writer->block);
}
