#include "commands/commands.h"

#include "base/bytes.h"

#include <string.h>

#define COMMAND_NAME_BYTES_MAX 32

const struct command commands[] = {
#define COMMAND(name, summary) { #name, name##_command, &name##_options, summary },
#include "commands/commands.def"
#undef COMMAND
};
const size_t commands_count = COUNT(commands);

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < commands_count; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* The number of single letters to add, take away or change (Levenshtein), for names of at most COMMAND_NAME_BYTES_MAX. */
static size_t distance(const char *a, const char *b)
{
    size_t row[COMMAND_NAME_BYTES_MAX + 1];
    size_t length = strlen(b);
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= length; j++) {
            size_t best = diagonal + (a[i] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[length];
}

const struct command *command_near(const char *name)
{
    const struct command *near = NULL;
    size_t nearest = 3; /* at most two letters off, and no more than half of the name */
    if (strlen(name) > COMMAND_NAME_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < commands_count; i++) {
        size_t away = distance(name, commands[i].name);
        if (away < nearest && away * 2 <= strlen(commands[i].name)) {
            nearest = away;
            near = &commands[i];
        }
    }
    return near;
}
