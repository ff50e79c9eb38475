/* dump_rows.h - how the values of .dump files are read: rows of every command that takes them (options.h).
 * Its struct has fields `framing` (enum framing) and `partitioner` (enum partitioner); what `schemas` may be
 * is the command's own sentence. */
#ifndef BUNDELWACHT_COMMANDS_DUMP_ROWS_H
#define BUNDELWACHT_COMMANDS_DUMP_ROWS_H

#include "commands/options.h"

#define DUMP_ROWS(words)                                                                                     \
    CHOICE(words, framing, "framing", "confluent|single-object|raw|json", "of these values"),                \
    CHOICE(words, partitioner, "partitioner", "murmur2|crc32|any|fnv1a",                                     \
           "that put the records of a .dump into their partition")

#endif
