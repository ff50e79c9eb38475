#include "commands/commands.h"

#include "base/bytes.h"
#include "base/edit_distance.h"
#include "base/limits.h"

#include <string.h>

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

const struct command *command_near(const char *name)
{
    const struct command *near = NULL;
    unsigned nearest = 3; /* at most two letters off, and no more than half of the name */
    if (strlen(name) > NAME_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < commands_count; i++) {
        unsigned away = edit_distance(bytes_of(name), bytes_of(commands[i].name), nearest);
        if (away < nearest && away * 2 <= strlen(commands[i].name)) {
            nearest = away;
            near = &commands[i];
        }
    }
    return near;
}
