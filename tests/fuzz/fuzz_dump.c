#define _GNU_SOURCE 1 /* memfd_create */
/* Any bytes as a dump: its records in rising order up to its end, or a sentence. What was read is written and
 * is the same file. */
#include "fuzz_target.h"

#include "fuzz_file.h"
#include "pipeline/dump_file.h"

#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[256] = "";
    struct dump_head head;
    struct dump_reader *reader = dump_reader_open(fuzz_file(data, size), &head, error, sizeof(error));
    must(reader != NULL || error[0] != '\0');
    if (reader == NULL)
        return 0;
    must(head.partition >= 0 && head.partition < head.partitions_count &&
         head.topic.length <= TOPIC_NAME_BYTES_MAX);
    struct dump_record record;
    enum dump_read status;
    int64_t last = -1;
    size_t bytes = 20 + head.topic.length + 9;
    while ((status = dump_reader_next(reader, &record)) == DUMP_RECORD) {
        must(record.offset > last);
        must(record.key.length + record.value.length <= size);
        last = record.offset;
        bytes += 25 + record.key.length + record.value.length;
    }
    must(status == DUMP_END ? bytes == size : dump_reader_error(reader)[0] != '\0');
    dump_reader_close(reader);
    return 0;
}
