#include "pipeline/letter.h"

#include <stdio.h>
#include <string.h>

static const char *stage_of(const char *reason)
{
    static const char *const decode_reasons[] = { "no_value",       "too_large", "bad_wire_format", "unknown_schema",
                                                  "bad_schema",     "bad_avro",  "bad_json" };
    for (size_t i = 0; i < COUNT(decode_reasons); i++)
        if (strcmp(reason, decode_reasons[i]) == 0)
            return "DECODE";
    return "VALIDATE";
}

void letter_headers(const struct letter_origin *origin, const struct outbox *outbox, const struct outbox_record *record,
                    struct letter_headers *ret_headers)
{
    ret_headers->count = 0;
    if (record->topic != TOPIC_DEAD_LETTERS)
        return;
    snprintf(ret_headers->partition, sizeof(ret_headers->partition), "%d", (int)origin->partition);
    snprintf(ret_headers->offset, sizeof(ret_headers->offset), "%lld", (long long)record->input_offset);
    const char *reason = record->reason ? record->reason : "", *message = record->message ? record->message : "";
    const struct header own[LETTER_OWN_HEADERS] = {
        { "__connect.errors.topic", bytes_of(origin->topic) },
        { "__connect.errors.partition", bytes_of(ret_headers->partition) },
        { "__connect.errors.offset", bytes_of(ret_headers->offset) },
        { "__connect.errors.connector.name", bytes_of(origin->group) },
        { "__connect.errors.task.id", bytes_of(ret_headers->partition) },
        { "__connect.errors.stage", bytes_of(stage_of(reason)) },
        { "__connect.errors.exception.class.name", bytes_of(reason) },
        { "__connect.errors.exception.message", bytes_of(message) },
    };
    memcpy(ret_headers->items, own, sizeof(own));
    ret_headers->count = LETTER_OWN_HEADERS + outbox_headers(outbox, record, ret_headers->items + LETTER_OWN_HEADERS);
}
