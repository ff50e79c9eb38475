#include "state/format.h"

#include "base/limits.h"
#include "base/must.h"

/* A first byte above 127, both line ends and a ^Z, as in a PNG: a transfer "as text" is seen at once. */
static const unsigned char magic[HEAD_FORMAT_AT] = { 0x89, 'B', 'W', 'C', '\r', '\n', 0x1a, '\n' };

static unsigned char *put(unsigned char *into, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *into++ = (unsigned char)(value >> (8 * i));
    return into;
}

static uint64_t get(const unsigned char **from, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)*(*from)++ << (8 * i);
    return value;
}

static unsigned char *put_text(unsigned char *into, const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    must(length < size);
    memcpy(into, text, length);
    memset(into + length, 0, size - length);
    return into + size;
}

/* False when it does not end inside its room. */
static bool get_text(const unsigned char **from, char *ret_text, size_t size)
{
    memcpy(ret_text, *from, size);
    *from += size;
    return memchr(ret_text, '\0', size) != NULL;
}

/* Ours always is; a foreign one whose hash agrees may still have been made by hand. */
static bool is_sensible(const struct checkpoint_head *head)
{
    return head->partitions_count > 0 && head->partitions_count <= PARTITIONS_MAX && head->partition >= 0 &&
           head->partition < head->partitions_count && head->last_offset >= -1 &&
           head->offset > head->last_offset;
}

size_t head_encode(const struct checkpoint_head *head, unsigned char ret_bytes[HEAD_SIGNED_BYTES])
{
    unsigned char *into = ret_bytes;
    size_t length = head->key_id ? HEAD_SIGNED_BYTES : HEAD_BYTES;
    must(is_sensible(head));
    memcpy(into, magic, sizeof(magic));
    into = put(into + sizeof(magic), head->key_id ? CHECKPOINT_FORMAT_SIGNED : CHECKPOINT_FORMAT, 4);
    into = put(into, length, 4);
    into = put(into, head->engine_version, 8);
    into = put(into, (uint32_t)head->partition, 4);
    into = put(into, (uint32_t)head->partitions_count, 4);
    into = put(into, (uint64_t)head->offset, 8);
    into = put(into, (uint64_t)head->last_offset, 8);
    into = put(into, head->last_record.low, 8);
    into = put(into, head->last_record.high, 8);
    into = put_text(into, head->cluster, sizeof(head->cluster));
    into = put_text(into, head->topic, sizeof(head->topic));
    into = put_text(into, head->group, sizeof(head->group));
    into = put_text(into, head->metadata, sizeof(head->metadata));
    into = put_text(into, head->serial, sizeof(head->serial));
    if (head->key_id)
        into = put(into, head->key_id, 8);
    into = put(into, hash64(ret_bytes, length - HEAD_HASH_BYTES, 0), HEAD_HASH_BYTES);
    must(into == ret_bytes + length);
    return length;
}

size_t head_length(const unsigned char begin[HEAD_BEGIN_BYTES])
{
    const unsigned char *from = begin + HEAD_LENGTH_AT;
    size_t length = get(&from, 4);
    if (memcmp(begin, magic, sizeof(magic)) != 0)
        return 0;
    return length >= HEAD_BEGIN_BYTES + HEAD_HASH_BYTES && length <= CHECKPOINT_HEAD_BYTES_MAX ? length : 0;
}

uint64_t head_hash(const unsigned char *bytes, size_t length)
{
    const unsigned char *from = bytes + length - HEAD_HASH_BYTES;
    return get(&from, HEAD_HASH_BYTES);
}

static bool fields_decode(const unsigned char *from, bool is_signed, struct checkpoint_head *ret_head)
{
    struct checkpoint_head head;
    head.engine_version = get(&from, 8);
    head.partition = (int32_t)get(&from, 4);
    head.partitions_count = (int32_t)get(&from, 4);
    head.offset = (int64_t)get(&from, 8);
    head.last_offset = (int64_t)get(&from, 8);
    head.last_record.low = get(&from, 8);
    head.last_record.high = get(&from, 8);
    bool fine = get_text(&from, head.cluster, sizeof(head.cluster));
    fine = get_text(&from, head.topic, sizeof(head.topic)) && fine;
    fine = get_text(&from, head.group, sizeof(head.group)) && fine;
    fine = get_text(&from, head.metadata, sizeof(head.metadata)) && fine;
    fine = get_text(&from, head.serial, sizeof(head.serial)) && fine;
    head.key_id = is_signed ? get(&from, 8) : 0;
    if (!fine || !is_sensible(&head) || is_signed != (head.key_id != 0))
        return false;
    *ret_head = head;
    return true;
}

enum head_verdict head_decode(const unsigned char *bytes, size_t length, struct checkpoint_head *ret_head,
                              uint32_t *ret_format)
{
    if (length < HEAD_BEGIN_BYTES || head_length(bytes) != length)
        return HEAD_DAMAGED;
    if (hash64(bytes, length - HEAD_HASH_BYTES, 0) != head_hash(bytes, length))
        return HEAD_DAMAGED;
    const unsigned char *from = bytes + HEAD_FORMAT_AT;
    *ret_format = (uint32_t)get(&from, 4);
    bool is_signed = *ret_format == CHECKPOINT_FORMAT_SIGNED;
    if (*ret_format != CHECKPOINT_FORMAT && !is_signed)
        return HEAD_OTHER_FORMAT;
    if (length != (is_signed ? HEAD_SIGNED_BYTES : HEAD_BYTES))
        return HEAD_DAMAGED;
    return fields_decode(bytes + HEAD_BEGIN_BYTES, is_signed, ret_head) ? HEAD_FINE : HEAD_DAMAGED;
}

/* --- frames --- */

enum { FRAME_HASHED_BYTES = FRAME_HEAD_BYTES - 8 };

void frame_encode(const struct frame *frame, unsigned char ret_bytes[FRAME_HEAD_BYTES])
{
    unsigned char *into = put(ret_bytes, frame->kind, 4);
    into = put(into, frame->raw_bytes, 4);
    into = put(into, frame->packed_bytes, 4);
    put(into, frame->hash, 8);
}

struct frame frame_decode(const unsigned char bytes[FRAME_HEAD_BYTES])
{
    struct frame frame;
    frame.kind = (uint32_t)get(&bytes, 4);
    frame.raw_bytes = (uint32_t)get(&bytes, 4);
    frame.packed_bytes = (uint32_t)get(&bytes, 4);
    frame.hash = get(&bytes, 8);
    return frame;
}

uint64_t frame_hash(const struct frame *frame, const void *body, uint64_t before)
{
    unsigned char head[FRAME_HEAD_BYTES];
    frame_encode(frame, head);
    return hash64(body, frame->packed_bytes, hash64(head, FRAME_HASHED_BYTES, before));
}

void end_encode(const struct checkpoint_end *end, unsigned char ret_bytes[END_BYTES])
{
    unsigned char *into = put(ret_bytes, end->blocks_count, 8);
    into = put(into, end->raw_bytes, 8);
    into = put(into, end->digest.low, 8);
    into = put(into, end->digest.high, 8);
    put(into, end->file_bytes, 8);
}

struct checkpoint_end end_decode(const unsigned char bytes[END_BYTES])
{
    struct checkpoint_end end;
    end.blocks_count = get(&bytes, 8);
    end.raw_bytes = get(&bytes, 8);
    end.digest.low = get(&bytes, 8);
    end.digest.high = get(&bytes, 8);
    end.file_bytes = get(&bytes, 8);
    return end;
}
