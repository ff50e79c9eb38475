#include "commands/commands.h"
#include "commands/kafka_words.h"
#include "pipeline/dump_topic.h"
#include "system/clock.h"

#include <stdio.h>
#include <string.h>

struct dump_words {
    const char *config, *bootstrap_servers, *topic, *out;
    struct option_texts properties;
    bool read_uncommitted, force;
};

static const struct option rows[] = {
    TEXT(dump_words, config, "config", "FILE", 0,
         "settings of run: its Kafka properties and its input topic"),
    TEXT(dump_words, bootstrap_servers, "bootstrap-servers", "HOST:PORT", 0, "of the brokers"),
    TEXT(dump_words, topic, "topic", "TOPIC", 0, "that is read"),
    TEXT(dump_words, out, "out", "DIR", OPTION_REQUIRED, "where the files go"),
    TEXTS(dump_words, properties, "property", "NAME=VALUE", OPTION_TEXTS_MAX, OPTION_PROPERTY, NULL,
          "of librdkafka; as often as needed; secrets belong into the FILE of --config, where no other user "
          "sees them"),
    SWITCH(dump_words, read_uncommitted, "read-uncommitted", "records of aborted and open transactions, too"),
    SWITCH(dump_words, force, "force", "overwrite files"),
};
static const char *const forms[] = { "--bootstrap-servers HOST:PORT --topic TOPIC --out DIR [OPTION ...]",
                                     "--config FILE [--topic TOPIC] --out DIR [OPTION ...]", NULL };
const struct options dump_options = {
    .command = "dump",
    .forms = forms,
    .about = "Writes partition, offset, timestamp, key and value of each record of a topic into\n"
             "DIR/T-0000.dump, one file a partition, up to the end that it has now. `bundelwacht replay\n"
             "--partitions N --as-of log DIR/*.dump` gives what `run` sends.",
    .rows = rows,
    .rows_count = COUNT(rows),
};

static int exit_code_of(enum dump_topic_end end)
{
    static const int codes[] = {
        [DUMP_TOPIC_DONE] = EXIT_DONE,
        [DUMP_TOPIC_FAILED] = EXIT_FAILED,
        [DUMP_TOPIC_UNREACHABLE] = EXIT_UNREACHABLE,
        [DUMP_TOPIC_NO_TOPIC] = EXIT_NO_INPUT,
        [DUMP_TOPIC_EXISTS] = EXIT_EXISTS,
        [DUMP_TOPIC_CONFIG] = EXIT_CONFIG,
        [DUMP_TOPIC_INTERRUPTED] = EXIT_INTERRUPTED,
    };
    return codes[end];
}

static int dump(const struct dump_words *words, const struct settings *settings)
{
    char error[512] = "";
    int64_t records_count, began_us = clock_us();
    struct dump_topic_options options = {
        .properties = kafka_words_properties(words->bootstrap_servers, &words->properties, settings),
        .topic = words->topic ? words->topic : settings->input_topic,
        .directory = words->out,
        .read_uncommitted = words->read_uncommitted,
        .overwrite = words->force,
    };
    enum dump_topic_end end = dump_topic(&options, &records_count, error, sizeof(error));
    if (end == DUMP_TOPIC_DONE)
        printf("%lld records of \"%s\" in %.1f s\n", (long long)records_count, options.topic,
               (double)(clock_us() - began_us) / 1e6);
    else
        fprintf(stderr, "bundelwacht dump: %s\n", error);
    kafka_words_free(options.properties);
    return exit_code_of(end);
}

int dump_command(int argc, char **argv)
{
    struct dump_words words = { .config = NULL };
    struct settings settings = { 0 };
    struct arguments arguments;
    int code;
    if (!options_read(&dump_options, argc, argv, &words, &arguments, &code))
        return code;
    if (!words.config && (!words.bootstrap_servers || !words.topic))
        return options_refuse(&dump_options, "it needs --config, or --bootstrap-servers and --topic");
    if (strcmp(words.out, "-") == 0)
        return options_refuse(&dump_options, "--out is a directory, one file a partition, and - is none: "
                                             "write --out DIR");
    if (!kafka_words_settings(words.config, &settings))
        return EXIT_CONFIG;
    code = dump(&words, &settings);
    settings_free(&settings);
    return code;
}
