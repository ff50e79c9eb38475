#include "book/book_reader.h"
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

static void print_commands(void)
{
    printf("bundelwacht puts care declarations in the episodes of their bundles, and sees that no care is paid twice\n\n"
           "usage: bundelwacht COMMAND ...\n\n");
    for (size_t i = 0; i < commands_count; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    printf("\nbundelwacht COMMAND --help tells more of each\n\n"
           "exit codes: 0 done, 1 failed, 2 differences or findings, 64 usage, 65 damaged input, 66 no such input,\n"
           "69 Kafka unreachable, 70 own bug, 73 output exists, 75 try again, 78 configuration or book, 130 interrupted\n");
}

int help_command(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        print_commands();
        return EXIT_DONE;
    }
    const struct command *command = command_find(argv[1]);
    if (command && command->run != help_command) {
        char option[] = "--help";
        char *arguments[] = { argv[1], option, NULL };
        return command->run(2, arguments);
    }
    const char *explanation = finding_explanation(argv[1]);
    if (!explanation) {
        fprintf(stderr, "bundelwacht help: \"%s\" is neither a command nor the code of a finding\n", argv[1]);
        return EXIT_USAGE;
    }
    printf("%s: %s\n", argv[1], explanation);
    return EXIT_DONE;
}
