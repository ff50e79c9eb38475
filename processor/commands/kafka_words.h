/* kafka_words.h - how the brokers are reached, as commands that only read topics are told: settings of `run`,
 * and what the command line says beside them.
 * Owner:   a list borrows from the settings and the words; kafka_words_free gives back the list alone.
 * Errors:  a finding on stderr.
 * Threads: the main thread. */
#ifndef BUNDELWACHT_COMMANDS_KAFKA_WORDS_H
#define BUNDELWACHT_COMMANDS_KAFKA_WORDS_H

#include "commands/settings.h"
#include "pipeline/pipeline.h"

/* `config` NULL: the defaults, which need no topic. settings_free afterwards, also of those. */
bool kafka_words_settings(const char *config, struct settings *ret_settings);
/* What is meant for producers alone is left out; what is given on the command line comes later, and wins. */
struct property_list kafka_words_properties(const char *bootstrap_servers,
                                            const struct option_texts *properties,
                                            const struct settings *settings);
void kafka_words_free(struct property_list properties);

#endif
