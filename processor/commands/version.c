#include "commands/commands.h"
#include "engine/engine.h"
#include "pipeline/kafka_version.h"

#include <stdio.h>

int version_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("bundelwacht %s\nrules %d\nlibrdkafka %s\n", BUNDELWACHT_VERSION, ENGINE_VERSION, kafka_version());
    return EXIT_DONE;
}
