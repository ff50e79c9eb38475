#include "engine/dead_letter.h"

bool dead_letter_hide_bsn(struct dead_letter *letter)
{
    if (!bytes_equal(letter->reason, BYTES("raw_bsn")) && !is_bsn(letter->key) && !shows_bsn(letter->value))
        return false;
    letter->key = letter->value = BYTES_NULL;
    return true;
}

static const struct {
    struct bytes reason, message;
} rows[DEAD_LETTER_REASONS] = {
#define ROW(reason, message) { { reason, sizeof(reason) - 1 }, { message, sizeof(message) - 1 } },
    ROW("no_value", "The record has no value.")
    ROW("too_large", "The value is larger than the configured size.")
    ROW("bad_wire_format", "The bytes before the body do not name a schema.")
    ROW("unknown_schema", "The schema that the record names does not exist.")
    ROW("bad_schema", "The schema that the record names cannot be read as a declaration.")
    ROW("bad_avro", "The body ends too early, too late, or holds what its schema does not allow.")
    ROW("bad_json", "The line is not one JSON object.")
    ROW("raw_bsn", "The key or the field insured is a citizen service number instead of a pseudonym.")
    ROW("key_mismatch", "The key of the record is missing or differs from the field insured.")
    ROW("wrong_partition", "The key of the record belongs to another partition.")
    ROW("quarantined", "The operator has put this record into quarantine.")
#define FIELD_ROW(NAME, name, type, optional) \
    ROW("bad_" #name, "The field " #name " is missing, of a wrong type, an unknown symbol or out of bounds.")
    DECLARATION_FIELDS(FIELD_ROW)
    ROW("other", "The record cannot be accepted.")
};

size_t dead_letter_reason_index(struct bytes reason)
{
    size_t index = 0;
    while (index < DEAD_LETTER_REASONS - 1 && !bytes_equal(rows[index].reason, reason))
        index++;
    return index;
}

struct bytes dead_letter_reason_at(size_t index)
{
    return rows[index].reason;
}

struct bytes dead_letter_message(struct bytes reason)
{
    return rows[dead_letter_reason_index(reason)].message;
}
