#include "commands/commands.h"
#include "engine/engine.h"
#include "pipeline/kafka_version.h"

#include <stdio.h>

const struct options version_options = {
    .command = "version",
    .about = "The version of the program, that of its rules (a checkpoint of other rules is not read),\n"
             "and that of librdkafka.",
};

int version_command(int argc, char **argv)
{
    struct arguments arguments;
    int code;
    if (!options_read(&version_options, argc, argv, NULL, &arguments, &code))
        return code;
    printf("bundelwacht %s\nrules %d\nlibrdkafka %s\n", BUNDELWACHT_VERSION, ENGINE_VERSION, kafka_version());
    return EXIT_DONE;
}
