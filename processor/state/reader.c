/* Reading a checkpoint. A length is checked before memory is taken for it, a hash before anything is
 * unpacked. */
#include "state/checkpoint.h"
#include "state/file_reader.h"
#include "state/format.h"
#include "state/signature.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"

#include <unistd.h>
#include <zstd.h>

struct room {
    char *data;
    size_t capacity;
};

struct checkpoint_reader {
    int descriptor;
    char path[CHECKPOINT_PATH_BYTES];
    int64_t bytes, bytes_done;
    uint64_t hash; /* of everything so far */
    bool is_signed;
    struct signature *signature; /* of everything so far; NULL: nobody asks */
    struct frame frame; /* the next; its body is not read yet */
    struct room packed, raw, texts[CHECKPOINT_TEXTS];
    ZSTD_DCtx *unpack;
    uint64_t blocks_count, raw_bytes;
    struct hash128 digest;
    enum checkpoint_read last; /* CHECKPOINT_BLOCK: there may be more */
};

/* What was in it is lost. */
static void room_need(struct room *room, size_t bytes)
{
    if (bytes <= room->capacity)
        return;
    memory_free(room->data);
    room->data = memory_alloc(bytes, 1);
    room->capacity = bytes;
}

static bool is_frame_possible(const struct checkpoint_reader *reader, const struct frame *frame)
{
    if (frame->packed_bytes == 0 || frame->packed_bytes > reader->bytes - reader->bytes_done)
        return false;
    switch (frame->kind) {
    case FRAME_BOOK:
    case FRAME_REFERENCE:
        return frame->raw_bytes <= CHECKPOINT_TEXT_BYTES_MAX &&
               frame->packed_bytes <= ZSTD_compressBound(frame->raw_bytes);
    case FRAME_BLOCK:
        return frame->raw_bytes > 0 && frame->raw_bytes <= CHECKPOINT_BLOCK_BYTES_MAX &&
               frame->packed_bytes <= ZSTD_compressBound(frame->raw_bytes);
    case FRAME_SIGNATURE:
        return reader->is_signed && frame->raw_bytes == SIGNATURE_BYTES &&
               frame->packed_bytes == SIGNATURE_BYTES;
    case FRAME_END:
        return frame->packed_bytes == END_BYTES + (reader->is_signed ? SIGNATURE_BYTES : 0) &&
               frame->raw_bytes == frame->packed_bytes;
    default:
        return false;
    }
}

static bool read_frame_head(struct checkpoint_reader *reader, char *ret_error, size_t error_size)
{
    unsigned char bytes[FRAME_HEAD_BYTES];
    if (!file_read(reader->descriptor, reader->path, bytes, sizeof(bytes), ret_error, error_size))
        return false;
    reader->bytes_done += FRAME_HEAD_BYTES;
    reader->frame = frame_decode(bytes);
    return is_frame_possible(reader, &reader->frame) ||
           file_damaged(reader->path, "a length in it cannot be", ret_error, error_size);
}

static void sign_frame(struct checkpoint_reader *reader)
{
    unsigned char head[FRAME_HEAD_BYTES];
    if (!reader->signature || reader->frame.kind == FRAME_SIGNATURE || reader->frame.kind == FRAME_END)
        return;
    frame_encode(&reader->frame, head);
    signature_add(reader->signature, head, sizeof(head));
    signature_add(reader->signature, reader->packed.data, reader->frame.packed_bytes);
}

/* Into reader->packed, verified. */
static bool read_frame_body(struct checkpoint_reader *reader, char *ret_error, size_t error_size)
{
    const struct frame *frame = &reader->frame;
    room_need(&reader->packed, frame->packed_bytes);
    if (!file_read(reader->descriptor, reader->path, reader->packed.data, frame->packed_bytes, ret_error,
                   error_size))
        return false;
    reader->bytes_done += frame->packed_bytes;
    reader->hash = frame_hash(frame, reader->packed.data, reader->hash);
    sign_frame(reader);
    return reader->hash == frame->hash ||
           file_damaged(reader->path, "a piece of it does not agree with its hash", ret_error, error_size);
}

static bool unpack(struct checkpoint_reader *reader, struct room *room, char *ret_error, size_t error_size)
{
    const struct frame *frame = &reader->frame;
    if (ZSTD_getFrameContentSize(reader->packed.data, frame->packed_bytes) != frame->raw_bytes)
        return file_damaged(reader->path, "a piece of it has another length than it says", ret_error,
                            error_size);
    room_need(room, frame->raw_bytes > 0 ? frame->raw_bytes : 1);
    size_t bytes = ZSTD_decompressDCtx(reader->unpack, room->data, frame->raw_bytes, reader->packed.data,
                                       frame->packed_bytes);
    return bytes == frame->raw_bytes ||
           file_damaged(reader->path, "a piece of it cannot be unpacked", ret_error, error_size);
}

/* Texts come first, in order, each at most once; afterwards the head of the next frame has been read. */
static bool read_texts(struct checkpoint_reader *reader, struct bytes texts[CHECKPOINT_TEXTS],
                       char *ret_error, size_t error_size)
{
    static const enum frame_kind kinds[CHECKPOINT_TEXTS] = {
        [CHECKPOINT_BOOK] = FRAME_BOOK, [CHECKPOINT_REFERENCE] = FRAME_REFERENCE
    };
    for (int text = 0; text < CHECKPOINT_TEXTS; text++) {
        texts[text] = BYTES_NULL;
        if (reader->frame.kind != kinds[text])
            continue;
        if (!read_frame_body(reader, ret_error, error_size) ||
            !unpack(reader, &reader->texts[text], ret_error, error_size))
            return false;
        texts[text] = (struct bytes){ reader->texts[text].data, reader->frame.raw_bytes };
        if (!read_frame_head(reader, ret_error, error_size))
            return false;
    }
    return true;
}

/* --- whose it is --- */

static bool refuse(const struct checkpoint_reader *reader, const char *why, char *ret_error,
                   size_t error_size)
{
    snprintf(ret_error, error_size, "checkpoint \"%s\" %s", reader->path, why);
    return false;
}

/* Where there are keys: begins the signature over what is read. */
static bool signature_expect(struct checkpoint_reader *reader, const struct checkpoint_head *head,
                             char *ret_error, size_t error_size)
{
    unsigned char bytes[HEAD_SIGNED_BYTES];
    reader->is_signed = head->key_id != 0;
    if (!signing_is_on())
        return true;
    if (!reader->is_signed)
        return refuse(reader, "is not signed, and state.key_file asks for it: anybody may have made it",
                      ret_error, error_size);
    reader->signature = signature_begin(head->key_id, SIGNATURE_PURPOSE);
    if (!reader->signature)
        return refuse(reader, "is signed with a key that is not in state.key_file", ret_error, error_size);
    signature_add(reader->signature, bytes, head_encode(head, bytes));
    return true;
}

static bool signature_holds(const struct checkpoint_reader *reader, const void *bytes, char *ret_error,
                            size_t error_size)
{
    return !reader->signature || signature_is(reader->signature, bytes) ||
           refuse(reader, "has a wrong signature: somebody without the key has made or changed it", ret_error,
                  error_size);
}

/* That over the head and the texts; afterwards the head of the next frame has been read. */
static bool read_signature(struct checkpoint_reader *reader, char *ret_error, size_t error_size)
{
    if (!reader->is_signed)
        return true;
    if (reader->frame.kind != FRAME_SIGNATURE)
        return file_damaged(reader->path, "a signature is missing", ret_error, error_size);
    return read_frame_body(reader, ret_error, error_size) &&
           signature_holds(reader, reader->packed.data, ret_error, error_size) &&
           read_frame_head(reader, ret_error, error_size);
}

struct checkpoint_reader *checkpoint_open(const char *path, struct checkpoint_head *ret_head,
                                          struct bytes ret_texts[CHECKPOINT_TEXTS], char *ret_error,
                                          size_t error_size)
{
    struct checkpoint_head head;
    struct bytes texts[CHECKPOINT_TEXTS];
    uint64_t hash;
    int64_t bytes;
    int descriptor = file_open(path, &head, &hash, &bytes, ret_error, error_size);
    if (descriptor < 0)
        return NULL;
    struct checkpoint_reader *reader = memory_alloc_zeroed(1, sizeof(*reader));
    reader->descriptor = descriptor;
    snprintf(reader->path, sizeof(reader->path), "%s", path);
    reader->bytes = bytes;
    reader->bytes_done = head.key_id ? HEAD_SIGNED_BYTES : HEAD_BYTES;
    reader->hash = hash;
    reader->unpack = ZSTD_createDCtx();
    must(reader->unpack != NULL);
    if (!signature_expect(reader, &head, ret_error, error_size) ||
        !read_frame_head(reader, ret_error, error_size) ||
        !read_texts(reader, texts, ret_error, error_size) || !read_signature(reader, ret_error, error_size)) {
        checkpoint_close(reader);
        return NULL;
    }
    *ret_head = head;
    memcpy(ret_texts, texts, sizeof(texts));
    return reader;
}

static bool read_end(struct checkpoint_reader *reader, char *ret_error, size_t error_size)
{
    struct checkpoint_end end = end_decode((const unsigned char *)reader->packed.data);
    if (end.blocks_count != reader->blocks_count || end.raw_bytes != reader->raw_bytes)
        return file_damaged(reader->path, "it has other blocks than its end says", ret_error, error_size);
    if (end.file_bytes != (uint64_t)reader->bytes || reader->bytes_done != reader->bytes)
        return file_damaged(reader->path, "there are bytes behind its end", ret_error, error_size);
    if (reader->signature)
        signature_add(reader->signature, reader->packed.data, END_BYTES);
    reader->digest = end.digest;
    return signature_holds(reader, reader->packed.data + END_BYTES, ret_error, error_size);
}

static enum checkpoint_read read_next(struct checkpoint_reader *reader, char *ret_error, size_t error_size)
{
    if (reader->frame.kind != FRAME_BLOCK && reader->frame.kind != FRAME_END) {
        file_damaged(reader->path, "a text stands where none belongs", ret_error, error_size);
        return CHECKPOINT_DAMAGED;
    }
    if (!read_frame_body(reader, ret_error, error_size))
        return CHECKPOINT_DAMAGED;
    if (reader->frame.kind == FRAME_END)
        return read_end(reader, ret_error, error_size) ? CHECKPOINT_END : CHECKPOINT_DAMAGED;
    if (!unpack(reader, &reader->raw, ret_error, error_size))
        return CHECKPOINT_DAMAGED;
    reader->blocks_count++;
    reader->raw_bytes += reader->frame.raw_bytes;
    return CHECKPOINT_BLOCK;
}

enum checkpoint_read checkpoint_next(struct checkpoint_reader *reader, struct bytes *ret_block,
                                     char *ret_error, size_t error_size)
{
    must(reader->last == CHECKPOINT_BLOCK);
    /* The head of the first frame is there since checkpoint_open. */
    bool more = reader->blocks_count == 0 || read_frame_head(reader, ret_error, error_size);
    reader->last = more ? read_next(reader, ret_error, error_size) : CHECKPOINT_DAMAGED;
    if (reader->last == CHECKPOINT_BLOCK)
        *ret_block = (struct bytes){ reader->raw.data, reader->frame.raw_bytes };
    return reader->last;
}

struct hash128 checkpoint_digest(const struct checkpoint_reader *reader)
{
    must(reader->last == CHECKPOINT_END);
    return reader->digest;
}

int64_t checkpoint_bytes(const struct checkpoint_reader *reader)
{
    return reader->bytes;
}

int64_t checkpoint_bytes_done(const struct checkpoint_reader *reader)
{
    return reader->bytes_done;
}

void checkpoint_close(struct checkpoint_reader *reader)
{
    if (!reader)
        return;
    close(reader->descriptor);
    ZSTD_freeDCtx(reader->unpack);
    signature_end(reader->signature);
    memory_free(reader->packed.data);
    memory_free(reader->raw.data);
    for (int text = 0; text < CHECKPOINT_TEXTS; text++)
        memory_free(reader->texts[text].data);
    memory_free(reader);
}
