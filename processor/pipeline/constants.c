#include "pipeline/constants.h"

#include "base/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the text --- */

void constants_to_text(const struct constants *constants, char text[CONSTANTS_TEXT_BYTES])
{
    snprintf(text, CONSTANTS_TEXT_BYTES, "v1;engine=%" PRIu64 ";book=%016" PRIx64 ";reference=%016" PRIx64 ";schemas=%016" PRIx64 ";outputs=%016" PRIx64,
             constants->engine, constants->book, constants->reference, constants->schemas, constants->outputs);
}

uint64_t constants_hash(const struct constants *constants)
{
    char text[CONSTANTS_TEXT_BYTES];
    constants_to_text(constants, text);
    return hash64(text, strlen(text), 0);
}

bool constants_equal(const struct constants *a, const struct constants *b)
{
    return a->engine == b->engine && a->book == b->book && a->reference == b->reference && a->schemas == b->schemas && a->outputs == b->outputs;
}

void note_to_text(const struct note *note, char text[NOTE_TEXT_BYTES])
{
    char constants[CONSTANTS_TEXT_BYTES], also[40] = "";
    constants_to_text(&note->constants, constants);
    if (note->also)
        snprintf(also, sizeof(also), ";also=%016" PRIx64, note->also);
    snprintf(text, NOTE_TEXT_BYTES,
             "%s;step=%" PRId64 ";sent=%" PRId64 ";since=%" PRId64 ";before=%016" PRIx64 ";quarantine=%016" PRIx64 "%s%s;serial=%s", constants,
             note->step, note->sent, note->since, note->before, note->quarantine, note->sees_more ? ";more=1" : "", also, note->serial);
}

void commit_to_text(const struct note *note, const struct window *window, char text[COMMIT_TEXT_BYTES])
{
    char of_note[NOTE_TEXT_BYTES], of_window[WINDOW_TEXT_BYTES];
    note_to_text(note, of_note);
    window_to_text(window, of_window);
    const char *serial = strstr(of_note, ";serial=");
    snprintf(text, COMMIT_TEXT_BYTES, "%.*s%s%s", (int)(serial - of_note), of_note, of_window, serial);
}

/* --- and back --- */

static const struct note_row {
    const char *name;
    size_t at;
    int base;
    bool is_late; /* commits of the first versions do not say it */
    uint64_t otherwise;
} rows[] = {
    { "engine", offsetof(struct note, constants.engine), 10, false, 0 },
    { "book", offsetof(struct note, constants.book), 16, false, 0 },
    { "reference", offsetof(struct note, constants.reference), 16, false, 0 },
    { "schemas", offsetof(struct note, constants.schemas), 16, false, 0 },
    { "outputs", offsetof(struct note, constants.outputs), 16, false, 0 },
    { "step", offsetof(struct note, step), 10, false, 0 },
    { "sent", offsetof(struct note, sent), 10, true, 0 },
    { "since", offsetof(struct note, since), 10, true, (uint64_t)SINCE_EVER },
    { "before", offsetof(struct note, before), 16, true, 0 },
    { "quarantine", offsetof(struct note, quarantine), 16, true, 0 },
    { "more", offsetof(struct note, sees_more), 10, true, 0 },
    { "also", offsetof(struct note, also), 16, true, 0 },
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

bool note_from_text(const char *text, struct note *ret_note, char *ret_error, size_t error_size)
{
    *ret_note = (struct note){ 0 };
    bool fine = strncmp(text, "v1;", 3) == 0;
    for (size_t i = 0; i < COUNT(rows) && fine; i++) {
        uint64_t value;
        fine = find_value(text, &rows[i], &value);
        memcpy((char *)ret_note + rows[i].at, &value, sizeof(value));
    }
    const char *serial = strstr(text, ";serial=");
    if (serial)
        snprintf(ret_note->serial, sizeof(ret_note->serial), "%s", serial + strlen(";serial="));
    fine = fine && ret_note->step >= 0 && ret_note->sent >= 0 && ret_note->since >= SINCE_EVER;
    if (!fine)
        snprintf(ret_error, error_size,
                 "was not made by bundelwacht (or its offset was moved by another tool): use a group of its own, with new output topics");
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
