/* flags_of.h - the settings that a command line says, read as `run` reads them, with no other option beside
 * them. */
#ifndef BUNDELWACHT_TESTS_FLAGS_OF_H
#define BUNDELWACHT_TESTS_FLAGS_OF_H

#include "commands/settings.h"

/* False: a sentence is on stderr. argv[argc] is NULL; argv[0] is the program's name. */
static inline bool flags_of(int argc, char **argv, struct setting_flags *ret_flags)
{
    static const struct options options = {
        .command = "run",
        .arguments = "ARGUMENT ...",
        .arguments_max = SIZE_MAX,
        .about = "Settings alone.",
        .more = settings_options,
        .more_about = settings_about,
    };
    struct arguments arguments;
    int code;
    *ret_flags = (struct setting_flags){ .kafka = { .count = 0 } };
    return options_read(&options, argc, argv, ret_flags, &arguments, &code);
}

#endif
