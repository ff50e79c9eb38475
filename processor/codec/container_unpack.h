/* container_unpack.h - the bytes of a container's block out of their packing.
 * Owner:   the unpacker owns what zlib and zstd need; unpacker_release gives it back. Zeroed but for `codec`
 *          it is ready.
 * Errors:  a verdict; what was unpacked before it is of no use.
 * Threads: one at a time. */
#ifndef BUNDELWACHT_CODEC_CONTAINER_UNPACK_H
#define BUNDELWACHT_CODEC_CONTAINER_UNPACK_H

#include "codec/container.h"

#include <zlib.h>

struct unpacker {
    enum container_codec codec;
    z_stream deflate;
    bool deflate_ready;
    struct ZSTD_DCtx_s *zstandard;
};
enum unpacked { UNPACKED, UNPACKED_BROKEN, UNPACKED_TOO_LARGE };

/* False when we do not read that codec. No name is `null`. */
bool unpacker_codec(struct bytes name, enum container_codec *ret_codec);
/* Of any codec but null. At most length_max bytes come out, and memory grows with what really comes. */
enum unpacked unpacker_run(struct unpacker *unpacker, struct bytes packed, size_t length_max,
                           struct buffer *ret_block);
void unpacker_release(struct unpacker *unpacker);

#endif
