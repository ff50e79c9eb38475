#include "base/memory.h"
#include "commands/commands.h"
#include "commands/secrets.h"
#include "commands/settings.h"
#include "pipeline/dump_topic.h"
#include "system/clock.h"

#include <stdio.h>
#include <string.h>

extern char **environ;

enum { PROPERTIES_MAX = 64 };

static void usage(FILE *stream)
{
    fprintf(stream,
            "usage: bundelwacht dump --bootstrap-servers HOST:PORT --topic T --out DIR [--property NAME=VALUE ...]\n"
            "       bundelwacht dump --config FILE [--topic T] --out DIR\n\n"
            "Writes partition, offset, timestamp, key and value of each record of a topic into DIR/T-0000.dump, one file a partition,\n"
            "up to the end that it has now. `bundelwacht replay --partitions N --as-of log DIR/*.dump` gives what `run` sends.\n\n"
            "  --config FILE        settings of run: its Kafka properties and its input topic\n"
            "  --property N=V       of librdkafka; as often as needed; secrets belong into the FILE of --config, where no other user sees them\n"
            "  --read-uncommitted   records of aborted and open transactions, too\n"
            "  --force              overwrite files\n");
}

static int usage_error(const char *text, const char *what)
{
    fprintf(stderr, "bundelwacht dump: %s%s%s\n", text, what ? " " : "", what ? what : "");
    fprintf(stderr, "bundelwacht dump --help tells the options\n");
    return EXIT_USAGE;
}

struct dump_flags {
    const char *config, *bootstrap_servers, *topic, *out;
    struct property properties[PROPERTIES_MAX];
    size_t properties_count;
    bool read_uncommitted, force, help;
};

/* "NAME=VALUE", cut in two where it stands. */
static bool take_property(struct dump_flags *flags, char *argument)
{
    char *text = secret_property_argument(argument);
    char *equals = strchr(text, '=');
    if (!equals || equals == text || flags->properties_count + 1 >= PROPERTIES_MAX)
        return false;
    *equals = 0;
    flags->properties[flags->properties_count++] = (struct property){ PROPERTY_BOTH, text, equals + 1 };
    return true;
}

static int take_flags(int argc, char **argv, struct dump_flags *flags)
{
    const struct {
        const char *name;
        const char **value;
        bool *on;
    } rows[] = {
        { "--config", &flags->config, NULL },     { "--bootstrap-servers", &flags->bootstrap_servers, NULL },
        { "--topic", &flags->topic, NULL },       { "--out", &flags->out, NULL },
        { "--force", NULL, &flags->force },       { "--read-uncommitted", NULL, &flags->read_uncommitted },
        { "--help", NULL, &flags->help },         { "-h", NULL, &flags->help },
    };
    for (int i = 1; i < argc; i++) {
        size_t row = 0;
        if (strcmp(argv[i], "--property") == 0) {
            if (i + 1 >= argc || !take_property(flags, argv[++i]))
                return usage_error("--property wants NAME=VALUE", NULL);
            continue;
        }
        while (row < sizeof(rows) / sizeof(rows[0]) && strcmp(argv[i], rows[row].name) != 0)
            row++;
        if (row == sizeof(rows) / sizeof(rows[0]))
            return usage_error("unknown argument", argv[i]);
        if (rows[row].on)
            *rows[row].on = true;
        else if (++i < argc)
            *rows[row].value = argv[i];
        else
            return usage_error("a value is missing after", argv[i - 1]);
    }
    return EXIT_DONE;
}

/* What is given on the command line comes later, and wins. */
static struct property_list all_properties(const struct dump_flags *flags, const struct settings *settings)
{
    struct property *items = memory_alloc_zeroed(settings->kafka_count + flags->properties_count + 1, sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < settings->kafka_count; i++)
        if (settings->kafka[i].client != KAFKA_PRODUCER)
            items[count++] = (struct property){ PROPERTY_BOTH, settings->kafka[i].name, settings->kafka[i].value };
    if (flags->bootstrap_servers)
        items[count++] = (struct property){ PROPERTY_BOTH, "bootstrap.servers", flags->bootstrap_servers };
    for (size_t i = 0; i < flags->properties_count; i++)
        items[count++] = flags->properties[i];
    return (struct property_list){ items, count };
}

static int exit_code_of(enum dump_topic_end end)
{
    static const int codes[] = {
        [DUMP_TOPIC_DONE] = EXIT_DONE,         [DUMP_TOPIC_FAILED] = EXIT_FAILED, [DUMP_TOPIC_UNREACHABLE] = EXIT_UNREACHABLE,
        [DUMP_TOPIC_NO_TOPIC] = EXIT_NO_INPUT, [DUMP_TOPIC_EXISTS] = EXIT_EXISTS, [DUMP_TOPIC_CONFIG] = EXIT_CONFIG,
        [DUMP_TOPIC_INTERRUPTED] = EXIT_INTERRUPTED,
    };
    return codes[end];
}

static int dump(const struct dump_flags *flags, const struct settings *settings)
{
    char error[512] = "";
    int64_t records_count, began_us = clock_us();
    struct dump_topic_options options = {
        .properties = all_properties(flags, settings),
        .topic = flags->topic ? flags->topic : settings->input_topic,
        .directory = flags->out,
        .read_uncommitted = flags->read_uncommitted,
        .overwrite = flags->force,
    };
    enum dump_topic_end end = dump_topic(&options, &records_count, error, sizeof(error));
    if (end == DUMP_TOPIC_DONE)
        printf("%lld records of \"%s\" in %.1f s\n", (long long)records_count, options.topic, (double)(clock_us() - began_us) / 1e6);
    else
        fprintf(stderr, "bundelwacht dump: %s\n", error);
    union {
        const struct property *given;
        void *taken;
    } items = { .given = options.properties.items };
    memory_free(items.taken);
    return exit_code_of(end);
}

int dump_command(int argc, char **argv)
{
    struct dump_flags flags = { 0 };
    struct settings settings = { 0 };
    int code = take_flags(argc, argv, &flags);
    if (code != EXIT_DONE)
        return code;
    if (flags.help) {
        usage(stdout);
        return EXIT_DONE;
    }
    if (!flags.out)
        return usage_error("--out is missing", NULL);
    if (!flags.config && (!flags.bootstrap_servers || !flags.topic))
        return usage_error("it needs --config, or --bootstrap-servers and --topic", NULL);
    if (flags.config && !settings_load(flags.config, NULL, NULL, environ, &settings, finding_print, stderr))
        return EXIT_CONFIG;
    code = dump(&flags, &settings);
    settings_free(&settings);
    return code;
}
