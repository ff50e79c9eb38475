#include "pipeline/letter.h"

#include <stdio.h>
#include <string.h>

void letter_headers(const struct letter_origin *origin, const struct outbox *outbox,
                    const struct outbox_record *record, struct letter_headers *ret_headers)
{
    ret_headers->count = 0;
    if (record->topic != TOPIC_DEAD_LETTERS)
        return;
    snprintf(ret_headers->partition, sizeof(ret_headers->partition), "%d", (int)origin->partition);
    snprintf(ret_headers->offset, sizeof(ret_headers->offset), "%lld", (long long)record->input_offset);
    const struct header own[LETTER_ROW_HEADERS] = {
        { "__connect.errors.topic", bytes_of(origin->topic) },
        { "__connect.errors.partition", bytes_of(ret_headers->partition) },
        { "__connect.errors.offset", bytes_of(ret_headers->offset) },
        { "__connect.errors.connector.name", bytes_of(origin->group) },
        { "__connect.errors.task.id", bytes_of(ret_headers->partition) },
        { "__connect.errors.stage", bytes_of(record->letter->stage) },
        { "__connect.errors.exception.class.name", bytes_of(record->letter->reason) },
    };
    memcpy(ret_headers->items, own, sizeof(own));
    ret_headers->count =
        LETTER_ROW_HEADERS + outbox_headers(outbox, record, ret_headers->items + LETTER_ROW_HEADERS);
}
