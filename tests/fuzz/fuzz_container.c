/* Any bytes as a container file. */
#include "fuzz_target.h"

#include "base/must.h"
#include "codec/container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[160] = "";
    if (size == 0)
        return 0;
    FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
    must(file != NULL);
    struct container_reader *reader = container_reader_open(file, 0, error, sizeof(error));
    must(reader != NULL || error[0] != '\0');
    struct container_record record;
    enum container_read status = CONTAINER_END;
    unsigned sum = 0;
    while (reader && (status = container_reader_next(reader, &record)) == CONTAINER_RECORD) {
        must(record.result.verdict == DONE || record.result.verdict == DEAD_LETTER);
        for (size_t i = 0; i < record.value.length; i += 97)
            sum += (unsigned char)record.value.data[i];
    }
    if (reader && status == CONTAINER_DAMAGED)
        must(container_reader_error(reader)[0] != '\0');
    container_reader_close(reader);
    fclose(file);
    return sum == UINT32_MAX; /* so that the reads are not left out */
}
