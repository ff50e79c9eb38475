/* settings.h - the settings of `bundelwacht run`, from flags, environment, file and defaults, in this order
 * (design §5). Owner:   a struct settings owns its texts; settings_free gives them back. Units:   as in the
 * names: durations in milliseconds (_ms), bytes, counts. Errors:  settings_load returns false after at least
 * one finding with severity ERROR; exit 78 then. Threads: loading: one; constant afterwards. */
#ifndef BUNDELWACHT_COMMANDS_SETTINGS_H
#define BUNDELWACHT_COMMANDS_SETTINGS_H

#include "base/limits.h"
#include "book/book_reader.h"
#include "codec/decoder.h"
#include "commands/options.h"
#include "pipeline/fold.h"

#include <stdio.h>

enum output_framing { OUTPUT_FRAMING_CONFLUENT, OUTPUT_FRAMING_SINGLE_OBJECT, OUTPUT_FRAMING_RAW };
enum output_decisions { OUTPUT_DECISIONS_ALL, OUTPUT_DECISIONS_BUNDLES };
enum ops_log { OPS_LOG_ERROR, OPS_LOG_WARNING, OPS_LOG_INFO, OPS_LOG_DEBUG };

/* One line of `kafka:`; the prefix consumer. or producer. is already off the name. */
enum kafka_client { KAFKA_BOTH, KAFKA_CONSUMER, KAFKA_PRODUCER };
struct kafka_property {
    enum kafka_client client;
    const char *name, *value;
};
/* One entry of `quarantine:`. */
struct quarantined {
    const char *topic;
    int32_t partition;
    int64_t offset;
};

struct settings {
/* The kind of a field follows from its row in settings.def; a CHOICE holds the value of its enum. */
#define SETTING(key, field, ...) int64_t field;
#define SETTING_TEXT(key, field, ...) const char *field; /* NULL: none */
#define SETTING_BOOLEAN(key, field, ...) bool field;
#define SETTING_CHOICE(key, field, ...) int field;
#include "commands/settings.def"
    const struct quarantined *quarantine; /* sorted by topic, partition, offset; nothing twice */
    size_t quarantine_count;
    /* in the order file, environment, flags; of a name given twice the last wins and stands alone */
    const struct kafka_property *kafka;
    size_t kafka_count;
    void *memory; /* owns all of the above */
};

/* What the command line says of each setting: its text, or NULL. In the order of the rows. */
enum setting_place {
#define SETTING(key, field, ...) SETTING_AT_##field,
#include "commands/settings.def"
    SETTINGS_COUNT
};
struct setting_flags {
    const char *texts[SETTINGS_COUNT];
    struct option_texts kafka, quarantine;
};
/* Rows of a struct setting_flags: --input-topic for input.topic, with its default and bounds in its help;
 * --create-topics, which is short for --output-create-topics; --kafka and --quarantine. Made at the first
 * call, until the process ends. */
const struct option *settings_options(size_t *ret_count);
extern const char settings_about[];
/* A file of settings that says every default: config/processor.yaml. */
void settings_print_file(FILE *stream);

/* `path`: the file, or NULL for none (defaults, environment and flags only). `flags`: what was read with
 * settings_options, or NULL. `environment`: environ, or NULL for none. On failure nothing is owned and
 * *ret_settings is zeroed. */
bool settings_load(const char *path, const struct setting_flags *flags, char *const *environment,
                   struct settings *ret_settings, finding_sink *sink, void *context);
void settings_free(struct settings *settings);
/* The defaults of all rows; what is required and has none is an example. */
void settings_set_defaults(struct settings *settings);

/* The last number in a host name ("bundelwacht-12" is 12); false when there is none, or it is above 999. */
bool process_of_host(const char *host, int64_t *ret_process);
/* The value of a `kafka:` property, or NULL; of one client also what is meant for both. */
const char *settings_kafka(const struct settings *settings, enum kafka_client client, const char *name);

#endif
