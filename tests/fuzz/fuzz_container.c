/* Any bytes as a container file. What it gives as letters is bounded by its size, whatever it unpacks to. */
#include "fuzz_target.h"

#include "base/limits.h"
#include "base/must.h"
#include "codec/container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[256] = "";
    if (size == 0)
        return 0;
    FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
    must(file != NULL);
    struct container_reader *reader = container_reader_open(file, 0, error, sizeof(error));
    must(reader != NULL || error[0] != '\0');
    struct container_record record;
    enum container_read status = CONTAINER_END;
    unsigned sum = 0;
    uint64_t letters = 0, letter_bytes = 0, records = 0;
    while (reader && (status = container_reader_next(reader, &record)) == CONTAINER_RECORD) {
        must(record.result.verdict == DONE || record.result.verdict == DEAD_LETTER);
        records++;
        if (record.result.verdict == DEAD_LETTER) {
            letters++;
            letter_bytes += record.value.length;
        }
        for (size_t i = 0; i < record.value.length; i += 97)
            sum += (unsigned char)record.value.data[i];
    }
    if (reader && status == CONTAINER_DAMAGED)
        must(container_reader_error(reader)[0] != '\0');
    fuzz_within("bytes of letters", letter_bytes + letters * CONTAINER_LETTER_BYTES,
                CONTAINER_LETTERS_FREE + CONTAINER_LETTERS_RATIO_MAX * size);
    fuzz_within("records", records, CONTAINER_UNPACKED_FREE + CONTAINER_UNPACKED_RATIO_MAX * size);
    container_reader_close(reader);
    fclose(file);
    return sum == UINT32_MAX; /* so that the reads are not left out */
}
