/* Writing a checkpoint: head, texts, blocks, end; each frame with the hash that hangs on all before it. */
#include "state/checkpoint.h"
#include "state/format.h"
#include "state/part_file.h"
#include "state/signature.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"

#include <zstd.h>

enum { PACK_LEVEL = 1 };

struct checkpoint_writer {
    struct part_file *file;
    ZSTD_CCtx *pack;
    char *room; /* a frame's head and its packed body */
    size_t room_bytes;
    uint64_t hash; /* of everything so far */
    struct signature *signature; /* the same; NULL: it is not signed */
    struct checkpoint_end end;
    bool failed;
};

static bool write_all(struct checkpoint_writer *writer, const void *data, size_t length, char *ret_error,
                      size_t error_size)
{
    writer->end.file_bytes += length;
    writer->failed = writer->failed || !part_file_write(writer->file, data, length, ret_error, error_size);
    return !writer->failed;
}

/* `writer->room` has room for the frame's head, and its body behind that. */
static bool write_frame(struct checkpoint_writer *writer, enum frame_kind kind, size_t raw_bytes,
                        size_t packed_bytes, char *ret_error, size_t error_size)
{
    struct frame frame = { .kind = kind,
                           .raw_bytes = (uint32_t)raw_bytes,
                           .packed_bytes = (uint32_t)packed_bytes };
    frame.hash = writer->hash = frame_hash(&frame, writer->room + FRAME_HEAD_BYTES, writer->hash);
    frame_encode(&frame, (unsigned char *)writer->room);
    if (writer->signature && kind != FRAME_SIGNATURE && kind != FRAME_END)
        signature_add(writer->signature, writer->room, FRAME_HEAD_BYTES + packed_bytes);
    return write_all(writer, writer->room, FRAME_HEAD_BYTES + packed_bytes, ret_error, error_size);
}

static void need_room(struct checkpoint_writer *writer, size_t body_bytes)
{
    size_t bytes = FRAME_HEAD_BYTES + body_bytes;
    if (bytes <= writer->room_bytes)
        return;
    memory_free(writer->room);
    writer->room = memory_alloc(bytes, 1);
    writer->room_bytes = bytes;
}

static bool write_packed(struct checkpoint_writer *writer, enum frame_kind kind, struct bytes raw,
                         char *ret_error, size_t error_size)
{
    size_t bound = ZSTD_compressBound(raw.length);
    need_room(writer, bound);
    size_t packed = ZSTD_compressCCtx(writer->pack, writer->room + FRAME_HEAD_BYTES, bound, raw.data,
                                      raw.length, PACK_LEVEL);
    must(!ZSTD_isError(packed)); /* there is room enough; only memory can be short */
    return write_frame(writer, kind, raw.length, packed, ret_error, error_size);
}

/* What is said of the state, and the texts, can be believed before the blocks are read. */
static bool write_signature(struct checkpoint_writer *writer, char *ret_error, size_t error_size)
{
    need_room(writer, SIGNATURE_BYTES);
    signature_now(writer->signature, (unsigned char *)writer->room + FRAME_HEAD_BYTES);
    return write_frame(writer, FRAME_SIGNATURE, SIGNATURE_BYTES, SIGNATURE_BYTES, ret_error, error_size);
}

static bool write_head(struct checkpoint_writer *writer, const struct checkpoint_head *head, char *ret_error,
                       size_t error_size)
{
    struct checkpoint_head with_key = *head;
    unsigned char bytes[HEAD_SIGNED_BYTES];
    with_key.key_id = signing_key_id();
    size_t length = head_encode(&with_key, bytes);
    writer->hash = head_hash(bytes, length);
    writer->signature = signature_begin(with_key.key_id, SIGNATURE_PURPOSE);
    if (writer->signature)
        signature_add(writer->signature, bytes, length);
    return write_all(writer, bytes, length, ret_error, error_size);
}

static bool write_begin(struct checkpoint_writer *writer, const struct checkpoint_head *head,
                        const struct bytes texts[CHECKPOINT_TEXTS], char *ret_error, size_t error_size)
{
    static const enum frame_kind kinds[CHECKPOINT_TEXTS] = {
        [CHECKPOINT_BOOK] = FRAME_BOOK, [CHECKPOINT_REFERENCE] = FRAME_REFERENCE
    };
    if (!write_head(writer, head, ret_error, error_size))
        return false;
    for (int text = 0; text < CHECKPOINT_TEXTS; text++)
        if (!bytes_is_null(texts[text]) &&
            !write_packed(writer, kinds[text], texts[text], ret_error, error_size))
            return false;
    return !writer->signature || write_signature(writer, ret_error, error_size);
}

static bool texts_fit(const struct bytes texts[CHECKPOINT_TEXTS], const char *path, char *ret_error,
                      size_t error_size)
{
    for (int text = 0; text < CHECKPOINT_TEXTS; text++) {
        if (texts[text].length <= CHECKPOINT_TEXT_BYTES_MAX)
            continue;
        snprintf(ret_error, error_size, "could not write \"%s\": the %s has more than %d bytes", path,
                 text == CHECKPOINT_BOOK ? "book" : "reference", CHECKPOINT_TEXT_BYTES_MAX);
        return false;
    }
    return true;
}

struct checkpoint_writer *checkpoint_create(const char *directory, const struct checkpoint_head *head,
                                            const struct bytes texts[CHECKPOINT_TEXTS], char *ret_error,
                                            size_t error_size)
{
    char path[CHECKPOINT_PATH_BYTES];
    if (!checkpoint_path(directory, head->topic, head->group, head->partition, head->offset, path)) {
        snprintf(ret_error, error_size, "the name of the state directory is too long");
        return NULL;
    }
    if (!texts_fit(texts, path, ret_error, error_size))
        return NULL;
    struct part_file *file = part_file_create(path, ret_error, error_size);
    if (!file)
        return NULL;
    struct checkpoint_writer *writer = memory_alloc_zeroed(1, sizeof(*writer));
    writer->file = file;
    writer->pack = ZSTD_createCCtx();
    must(writer->pack != NULL);
    if (write_begin(writer, head, texts, ret_error, error_size))
        return writer;
    checkpoint_discard(writer);
    return NULL;
}

bool checkpoint_add(struct checkpoint_writer *writer, struct bytes block, char *ret_error, size_t error_size)
{
    must(!writer->failed);
    must(block.length > 0);
    must(block.length <= CHECKPOINT_BLOCK_BYTES_MAX);
    writer->end.blocks_count++;
    writer->end.raw_bytes += block.length;
    return write_packed(writer, FRAME_BLOCK, block, ret_error, error_size);
}

static void writer_free(struct checkpoint_writer *writer)
{
    ZSTD_freeCCtx(writer->pack);
    signature_end(writer->signature);
    memory_free(writer->room);
    memory_free(writer);
}

bool checkpoint_finish(struct checkpoint_writer *writer, struct hash128 digest, char *ret_error,
                       size_t error_size)
{
    must(!writer->failed);
    struct checkpoint_end end = writer->end;
    end.digest = digest;
    size_t body_bytes = END_BYTES + (writer->signature ? SIGNATURE_BYTES : 0);
    end.file_bytes += FRAME_HEAD_BYTES + body_bytes;
    need_room(writer, body_bytes);
    unsigned char *body = (unsigned char *)writer->room + FRAME_HEAD_BYTES;
    end_encode(&end, body);
    if (writer->signature) {
        signature_add(writer->signature, body, END_BYTES);
        signature_now(writer->signature, body + END_BYTES);
    }
    if (!write_frame(writer, FRAME_END, body_bytes, body_bytes, ret_error, error_size)) {
        checkpoint_discard(writer);
        return false;
    }
    bool finished = part_file_finish(writer->file, ret_error, error_size);
    writer_free(writer);
    return finished;
}

void checkpoint_discard(struct checkpoint_writer *writer)
{
    if (!writer)
        return;
    part_file_discard(writer->file);
    writer_free(writer);
}
