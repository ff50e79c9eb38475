#include "codec/container_unpack.h"

#include "base/limits.h"
#include "base/must.h"
#include "codec/crc32.h"

#include <snappy-c.h>
#include <zstd.h>

enum { PIECE = 1 << 18 };

bool unpacker_codec(struct bytes name, enum container_codec *ret_codec)
{
    static const struct bytes names[] = { [CONTAINER_NULL] = BYTES("null"),
                                          [CONTAINER_DEFLATE] = BYTES("deflate"),
                                          [CONTAINER_SNAPPY] = BYTES("snappy"),
                                          [CONTAINER_ZSTANDARD] = BYTES("zstandard") };
    *ret_codec = CONTAINER_NULL;
    if (name.length == 0)
        return true;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (!bytes_equal(name, names[i]))
            continue;
        *ret_codec = (enum container_codec)i;
        return true;
    }
    return false;
}

/* Raw deflate. What stands behind the end of the stream is no concern of ours: Python's writers leave bytes
 * of zlib's checksum there. */
static enum unpacked unpack_deflate(struct unpacker *unpacker, struct bytes packed, size_t length_max,
                                    struct buffer *block)
{
    z_stream *stream = &unpacker->deflate;
    if (!unpacker->deflate_ready)
        must(inflateInit2(stream, -15) == Z_OK);
    else
        must(inflateReset(stream) == Z_OK);
    unpacker->deflate_ready = true;
    must(packed.length <= UINT32_MAX);
    stream->next_in = (Bytef *)(uintptr_t)packed.data;
    stream->avail_in = (uInt)packed.length;
    for (;;) {
        stream->next_out = (Bytef *)buffer_reserve(block, PIECE);
        stream->avail_out = PIECE;
        int status = inflate(stream, Z_NO_FLUSH);
        block->length += PIECE - stream->avail_out;
        if (block->length > length_max)
            return UNPACKED_TOO_LARGE;
        if (status == Z_STREAM_END)
            return UNPACKED;
        if (status != Z_OK)
            return UNPACKED_BROKEN;
    }
}

/* Raw snappy, which begins with its length, and behind it the CRC-32 of what comes out, big-endian. No
 * element of snappy says more than 64 bytes with two, so a length that lies costs no memory. */
static enum unpacked unpack_snappy(struct bytes packed, size_t length_max, struct buffer *block)
{
    enum { CHECKSUM = 4, MOST = 32 };
    size_t length;
    if (packed.length <= CHECKSUM)
        return UNPACKED_BROKEN;
    const unsigned char *sum = (const unsigned char *)packed.data + packed.length - CHECKSUM;
    packed.length -= CHECKSUM;
    if (snappy_uncompressed_length(packed.data, packed.length, &length) != SNAPPY_OK ||
        length / MOST > packed.length)
        return UNPACKED_BROKEN;
    if (length > length_max)
        return UNPACKED_TOO_LARGE;
    size_t room = length;
    char *into = buffer_reserve(block, length + 1);
    if (snappy_uncompress(packed.data, packed.length, into, &room) != SNAPPY_OK || room != length)
        return UNPACKED_BROKEN;
    block->length = length;
    uint32_t wanted = (uint32_t)sum[0] << 24 | (uint32_t)sum[1] << 16 | (uint32_t)sum[2] << 8 | sum[3];
    return crc32_of((struct bytes){ block->data, length }) == wanted ? UNPACKED : UNPACKED_BROKEN;
}

/* Frames one after the other; they need not say how long they are. */
static enum unpacked unpack_zstandard(struct unpacker *unpacker, struct bytes packed, size_t length_max,
                                      struct buffer *block)
{
    if (unpacker->zstandard == NULL) {
        must((unpacker->zstandard = ZSTD_createDCtx()) != NULL);
        must(!ZSTD_isError(ZSTD_DCtx_setParameter(unpacker->zstandard, ZSTD_d_windowLogMax,
                                                  CONTAINER_ZSTANDARD_WINDOW_LOG_MAX)));
    }
    must(!ZSTD_isError(ZSTD_DCtx_reset(unpacker->zstandard, ZSTD_reset_session_only)));
    ZSTD_inBuffer in = { packed.data, packed.length, 0 };
    for (size_t left = 1; left != 0 || in.pos < in.size;) {
        ZSTD_outBuffer out = { buffer_reserve(block, PIECE), PIECE, 0 };
        left = ZSTD_decompressStream(unpacker->zstandard, &out, &in);
        if (ZSTD_isError(left))
            return UNPACKED_BROKEN;
        block->length += out.pos;
        if (block->length > length_max)
            return UNPACKED_TOO_LARGE;
        if (left != 0 && in.pos == in.size && out.pos < out.size)
            return UNPACKED_BROKEN; /* it ends within a frame */
    }
    return UNPACKED;
}

enum unpacked unpacker_run(struct unpacker *unpacker, struct bytes packed, size_t length_max,
                           struct buffer *ret_block)
{
    buffer_clear(ret_block);
    switch (unpacker->codec) {
    case CONTAINER_DEFLATE: return unpack_deflate(unpacker, packed, length_max, ret_block);
    case CONTAINER_SNAPPY: return unpack_snappy(packed, length_max, ret_block);
    case CONTAINER_ZSTANDARD: return unpack_zstandard(unpacker, packed, length_max, ret_block);
    case CONTAINER_NULL: break;
    }
    return UNPACKED_BROKEN;
}

void unpacker_release(struct unpacker *unpacker)
{
    if (unpacker->deflate_ready)
        inflateEnd(&unpacker->deflate);
    ZSTD_freeDCtx(unpacker->zstandard);
}
