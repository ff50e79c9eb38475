#include "pipeline/constants.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct constant_row {
    const char *name;
    size_t at;
    int base;
    const char *what; /* differs, and what to do */
} rows[] = {
    { "engine", offsetof(struct constants, engine), 10, "another version of the engine's rules: run that version of bundelwacht" },
    { "book", offsetof(struct constants, book), 16, "another bundle book: start with the book that was used before" },
    { "reference", offsetof(struct constants, reference), 16, "another reference file: start with the one that was used before" },
    { "schemas", offsetof(struct constants, schemas), 16, "another set of writer schemas: start with the set that was used before" },
    { "outputs", offsetof(struct constants, outputs), 16,
      "other settings of input.framing, input.partitioner, output.framing, output.schema_ids or output.decisions: start with those used before" },
};

static uint64_t value_of(const struct constants *constants, const struct constant_row *row)
{
    uint64_t value;
    memcpy(&value, (const char *)constants + row->at, sizeof(value));
    return value;
}

void constants_to_text(const struct constants *constants, char text[CONSTANTS_TEXT_BYTES])
{
    snprintf(text, CONSTANTS_TEXT_BYTES,
             "v1;engine=%" PRIu64 ";book=%016" PRIx64 ";reference=%016" PRIx64 ";schemas=%016" PRIx64 ";outputs=%016" PRIx64 ";step=0",
             constants->engine, constants->book, constants->reference, constants->schemas, constants->outputs);
}

/* The text behind ";name=", up to the next semicolon. */
static bool find_value(const char *text, const struct constant_row *row, uint64_t *ret_value)
{
    char name[32];
    char *end;
    snprintf(name, sizeof(name), ";%s=", row->name);
    const char *at = strstr(text, name);
    if (!at)
        return false;
    at += strlen(name);
    *ret_value = strtoull(at, &end, row->base);
    return end != at && (*end == ';' || *end == 0);
}

bool constants_agree(const struct constants *constants, const char *committed, char *ret_error, size_t error_size)
{
    char ours[CONSTANTS_TEXT_BYTES];
    constants_to_text(constants, ours);
    if (strcmp(ours, committed) == 0)
        return true;
    if (strncmp(committed, "v1;", 3) != 0) {
        snprintf(ret_error, error_size,
                 "was not made by bundelwacht (or its offset was moved by another tool): use a group of its own, with new output topics");
        return false;
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t value;
        if (!find_value(committed, &rows[i], &value) || value != value_of(constants, &rows[i])) {
            snprintf(ret_error, error_size, "was made under %s", rows[i].what);
            return false;
        }
    }
    snprintf(ret_error, error_size, "was made in the middle of a change of book, which this version cannot continue");
    return false;
}
