/* commands.h - one function a subcommand; main.c finds it and hands it the rest of the command line.
 * Owner:   argv is the process's; argv[0] is the subcommand's own name.
 * Errors:  the result is the exit code (the table below, design §5). Sentences go to stderr, results to
 * stdout.
 * Threads: the main thread. */
#ifndef BUNDELWACHT_COMMANDS_COMMANDS_H
#define BUNDELWACHT_COMMANDS_COMMANDS_H

#include "commands/options.h"

#include <stddef.h>

/* What the program ends with. */
enum exit_code {
    EXIT_DONE = 0,         /* dead letters included; their number is said */
    EXIT_FAILED = 1,
    EXIT_FINDINGS = 2,     /* differences or findings */
    EXIT_USAGE = 64,
    EXIT_DATA = 65,        /* a damaged input file */
    EXIT_NO_INPUT = 66,
    EXIT_UNREACHABLE = 69, /* Kafka */
    EXIT_CRASH = 70,     /* a promise of ours is broken (must) */
    EXIT_EXISTS = 73,      /* an output exists; --force overwrites */
    EXIT_TRY_AGAIN = 75,
    EXIT_CONFIG = 78,      /* a bad configuration or book */
    EXIT_INTERRUPTED = 130,
};

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const struct options *options;
    const char *summary; /* one line of `bundelwacht help` */
};
extern const struct command commands[];
extern const size_t commands_count;

/* Each command's function and its options. */
#define COMMAND(name, summary)                                                                               \
    int name##_command(int argc, char **argv);                                                               \
    extern const struct options name##_options;
#include "commands/commands.def"
#undef COMMAND

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);
/* The command that was probably meant, or NULL when none is near. */
const struct command *command_near(const char *name);

#endif
