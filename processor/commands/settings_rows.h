/* settings_rows.h - the rows of settings.def as the reader (settings.c) and the help (settings_help.c) see
 * them. Owner:   constant. Threads: any. */
#ifndef BUNDELWACHT_COMMANDS_SETTINGS_ROWS_H
#define BUNDELWACHT_COMMANDS_SETTINGS_ROWS_H

#include "commands/settings.h"

#define ENVIRONMENT_PREFIX "BUNDELWACHT_"
enum { FLAG_BYTES_MAX = 64, DURATION_UNITS = 4 };

enum setting_kind { KIND_TEXT, KIND_WHOLE, KIND_ORDINAL, KIND_DURATION, KIND_BOOLEAN, KIND_CHOICE };
struct setting_row {
    const char *key;
    enum setting_kind kind;
    size_t offset;
    int64_t number, min, max; /* the default and its bounds */
    const char *text;         /* the default of a TEXT; of a required one an example */
    const char *words;        /* unit of a WHOLE, words of a CHOICE */
    bool required;
    const char *waits_for, *help;
};
extern const struct setting_row setting_rows[SETTINGS_COUNT];

struct duration_unit {
    const char *unit;
    int64_t milliseconds;
};
extern const struct duration_unit duration_units[DURATION_UNITS]; /* the shortest first */

/* `input.topic` as --input-topic or BUNDELWACHT_INPUT_TOPIC. */
void setting_name(const char *key, const char *prefix, bool upper, char name[FLAG_BYTES_MAX]);
/* The next word of "a, b, c"; false when there is none. */
bool setting_word(const char **at, struct bytes *ret_word);

#endif
