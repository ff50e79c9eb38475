#include "pipeline/commit_metadata.h"

#include "base/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the text --- */

void versions_to_text(const struct versions *versions, char text[VERSIONS_TEXT_BYTES])
{
    snprintf(text, VERSIONS_TEXT_BYTES,
             "v1;engine=%" PRIu64 ";book=%016" PRIx64 ";reference=%016" PRIx64 ";schemas=%016" PRIx64
             ";outputs=%016" PRIx64,
             versions->engine, versions->book, versions->reference, versions->schemas, versions->outputs);
}

uint64_t versions_hash(const struct versions *versions)
{
    char text[VERSIONS_TEXT_BYTES];
    versions_to_text(versions, text);
    return hash64(text, strlen(text), 0);
}

bool versions_equal(const struct versions *a, const struct versions *b)
{
    return a->engine == b->engine && a->book == b->book && a->reference == b->reference &&
           a->schemas == b->schemas && a->outputs == b->outputs;
}

void commit_metadata_to_text(const struct commit_metadata *metadata, char text[COMMIT_METADATA_TEXT_BYTES])
{
    char versions[VERSIONS_TEXT_BYTES], also[40] = "";
    versions_to_text(&metadata->versions, versions);
    if (metadata->also)
        snprintf(also, sizeof(also), ";also=%016" PRIx64, metadata->also);
    snprintf(text, COMMIT_METADATA_TEXT_BYTES,
             "%s;step=%" PRId64 ";sent=%" PRId64 ";since=%" PRId64 ";before=%016" PRIx64
             ";quarantine=%016" PRIx64 "%s%s;serial=%s",
             versions, metadata->step, metadata->sent, metadata->since, metadata->before,
             metadata->quarantine, metadata->sees_more ? ";more=1" : "", also, metadata->serial);
}

void commit_to_text(const struct commit_metadata *metadata, const struct window *window,
                    char text[COMMIT_TEXT_BYTES])
{
    char of_metadata[COMMIT_METADATA_TEXT_BYTES], of_window[WINDOW_TEXT_BYTES];
    commit_metadata_to_text(metadata, of_metadata);
    window_to_text(window, of_window);
    const char *serial = strstr(of_metadata, ";serial=");
    snprintf(text, COMMIT_TEXT_BYTES, "%.*s%s%s", (int)(serial - of_metadata), of_metadata, of_window,
             serial);
}

/* --- and back --- */

static const struct note_row {
    const char *name;
    size_t at;
    int base;
    bool is_late; /* commits of the first versions do not say it */
    uint64_t otherwise;
} rows[] = {
    { "engine", offsetof(struct commit_metadata, versions.engine), 10, false, 0 },
    { "book", offsetof(struct commit_metadata, versions.book), 16, false, 0 },
    { "reference", offsetof(struct commit_metadata, versions.reference), 16, false, 0 },
    { "schemas", offsetof(struct commit_metadata, versions.schemas), 16, false, 0 },
    { "outputs", offsetof(struct commit_metadata, versions.outputs), 16, false, 0 },
    { "step", offsetof(struct commit_metadata, step), 10, false, 0 },
    { "sent", offsetof(struct commit_metadata, sent), 10, true, 0 },
    { "since", offsetof(struct commit_metadata, since), 10, true, (uint64_t)SINCE_EVER },
    { "before", offsetof(struct commit_metadata, before), 16, true, 0 },
    { "quarantine", offsetof(struct commit_metadata, quarantine), 16, true, 0 },
    { "more", offsetof(struct commit_metadata, sees_more), 10, true, 0 },
    { "also", offsetof(struct commit_metadata, also), 16, true, 0 },
};

/* The text behind ";name=", up to the next semicolon. */
static bool find_value(const char *text, const struct note_row *row, uint64_t *ret_value)
{
    char name[32];
    char *end;
    snprintf(name, sizeof(name), ";%s=", row->name);
    const char *at = strstr(text, name);
    if (!at) {
        *ret_value = row->otherwise;
        return row->is_late;
    }
    at += strlen(name);
    errno = 0;
    *ret_value = at[0] == '-' ? (uint64_t)strtoll(at, &end, row->base) : strtoull(at, &end, row->base);
    return end != at && errno == 0 && (*end == ';' || *end == 0);
}

bool commit_metadata_from_text(const char *text, struct commit_metadata *ret_metadata, char *ret_error,
                               size_t error_size)
{
    *ret_metadata = (struct commit_metadata){ 0 };
    bool fine = strncmp(text, "v1;", 3) == 0;
    for (size_t i = 0; i < COUNT(rows) && fine; i++) {
        uint64_t value;
        fine = find_value(text, &rows[i], &value);
        memcpy((char *)ret_metadata + rows[i].at, &value, sizeof(value));
    }
    const char *serial = strstr(text, ";serial=");
    if (serial)
        snprintf(ret_metadata->serial, sizeof(ret_metadata->serial), "%s", serial + strlen(";serial="));
    fine = fine && ret_metadata->step >= 0 && ret_metadata->sent >= 0 && ret_metadata->since >= SINCE_EVER;
    if (!fine)
        snprintf(ret_error, error_size,
                 "was not made by bundelwacht (or its offset was moved by another tool): use a group of its "
                 "own, with new output topics");
    return fine;
}

/* --- which is newer --- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int serial_compare(const char *a, const char *b)
{
    for (;;) {
        if (is_digit(*a) && is_digit(*b)) {
            while (*a == '0' && is_digit(a[1]))
                a++;
            while (*b == '0' && is_digit(b[1]))
                b++;
            size_t x = strspn(a, "0123456789"), y = strspn(b, "0123456789");
            int order = x != y ? (x > y) - (x < y) : strncmp(a, b, x);
            if (order != 0)
                return order;
            a += x;
            b += y;
            continue;
        }
        if (*a != *b || *a == 0)
            return (unsigned char)*a - (unsigned char)*b;
        a++;
        b++;
    }
}
