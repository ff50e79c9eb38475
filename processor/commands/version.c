#include "commands/commands.h"
#include "engine/engine.h"

#include <stdio.h>

int version_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("bundelwacht %s\nrules %d\n", BUNDELWACHT_VERSION, ENGINE_VERSION);
    return EXIT_DONE;
}
