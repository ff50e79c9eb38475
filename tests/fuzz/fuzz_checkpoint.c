/* Any bytes as a checkpoint. The first byte says whether they are read as they are, or sealed first: no
 * fuzzer guesses a hash, and what is behind the hashes must stand hostile bytes too. */
#define _GNU_SOURCE /* memfd_create */
#include "fuzz_target.h"

#include "base/limits.h"
#include "base/must.h"
#include "state/checkpoint.h"
#include "state/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void put_hash(uint8_t *into, uint64_t hash)
{
    for (int i = 0; i < 8; i++)
        into[i] = (uint8_t)(hash >> (8 * i));
}

/* Sets every hash, and the length of the file in its end, as far as the lengths allow to walk. */
static void seal(uint8_t *bytes, size_t size)
{
    size_t at = size < HEAD_BEGIN_BYTES ? 0 : head_length(bytes);
    if (at == 0 || at > size)
        return;
    uint64_t hash = hash64(bytes, at - HEAD_HASH_BYTES, 0);
    put_hash(bytes + at - HEAD_HASH_BYTES, hash);
    while (size - at >= FRAME_HEAD_BYTES) {
        struct frame frame = frame_decode(bytes + at);
        uint8_t *body = bytes + at + FRAME_HEAD_BYTES;
        if (frame.packed_bytes > size - at - FRAME_HEAD_BYTES)
            return;
        if (frame.kind == FRAME_END && frame.packed_bytes == END_BYTES)
            put_hash(body + END_BYTES - 8, size);
        hash = frame_hash(&frame, body, hash);
        put_hash(bytes + at + FRAME_HEAD_BYTES - 8, hash);
        at += FRAME_HEAD_BYTES + frame.packed_bytes;
    }
}

static unsigned read_all(const char *path)
{
    char error[CHECKPOINT_PATH_BYTES + 512] = "";
    struct checkpoint_head head;
    struct bytes texts[CHECKPOINT_TEXTS], block;
    enum checkpoint_read read;
    unsigned sum = 0;
    struct checkpoint_reader *reader = checkpoint_open(path, &head, texts, error, sizeof(error));
    must(reader != NULL || error[0] != '\0');
    if (!reader)
        return 0;
    must(strnlen(head.topic, sizeof(head.topic)) < sizeof(head.topic));
    must(head.partition >= 0);
    for (int text = 0; text < CHECKPOINT_TEXTS; text++)
        for (size_t i = 0; i < texts[text].length; i += 97)
            sum += (unsigned char)texts[text].data[i];
    while ((read = checkpoint_next(reader, &block, error, sizeof(error))) == CHECKPOINT_BLOCK) {
        must(block.length > 0);
        must(block.length <= CHECKPOINT_BLOCK_BYTES_MAX);
        for (size_t i = 0; i < block.length; i += 97)
            sum += (unsigned char)block.data[i];
    }
    must((read == CHECKPOINT_END) == (error[0] == '\0'));
    must(read != CHECKPOINT_END || checkpoint_bytes_done(reader) == checkpoint_bytes(reader));
    checkpoint_close(reader);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int file = -1;
    static char path[64];
    if (size < 2)
        return 0;
    if (file < 0) {
        file = memfd_create("checkpoint", 0);
        must(file >= 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    }
    uint8_t *bytes = malloc(size - 1);
    must(bytes != NULL);
    memcpy(bytes, data + 1, size - 1);
    if (data[0] & 1)
        seal(bytes, size - 1);
    must(ftruncate(file, 0) == 0);
    must(pwrite(file, bytes, size - 1, 0) == (ssize_t)size - 1);
    unsigned sum = read_all(path);
    free(bytes);
    return sum == UINT32_MAX; /* so that the reads are not left out */
}
