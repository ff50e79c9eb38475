#include "base/memory.h"
#include "book/book_reader.h"
#include "commands/commands.h"
#include "commands/settings.h"
#include "ops/log.h"
#include "pipeline/pipeline.h"
#include "state/signature.h"
#include "system/clock.h"
#include "system/own_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void usage(FILE *stream)
{
    fprintf(stream, "usage: bundelwacht run --config FILE [--until-end] [--leave] [--allow-redefinition] [--create-topics]\n                       [--accept-outputs TOPIC/PARTITION ...] [--SETTING VALUE ...]\n\n"
                    "From the topic of declarations to the topics of decisions, episodes, alerts and dead letters, exactly once.\n"
                    "SIGTERM or Ctrl-C finishes the transaction and ends; a second Ctrl-C leaves at once.\n\n"
                    "  --config FILE    the settings (config/processor.yaml shows all)\n"
                    "  --until-end      stop at the end that each partition had at the start\n"
                    "  --leave          leave the group at the end: others take its partitions at once, not after session.timeout.ms\n"
                    "  --allow-redefinition  the book may change definitions and contracts that are in force: budgets are revised\n"
                    "  --accept-outputs TOPIC/PARTITION  go on from the end of an output partition that was made anew or cut; what is lost\n"
                    "                   there stays lost (only when a start was refused and named it)\n"
                    "  --create-topics  make the output topics that are missing, with the input's number of partitions\n\n"
                    "It leaves no core file and no debugger in; with BUNDELWACHT_CORE=1 in its environment it does.\n\n"
                    "Every setting is a flag, too; a flag wins over the environment, that over the file:\n");
    settings_print_help(stream);
}

/* --- the command line --- */

enum { ACCEPTED_MAX = 64 };

struct run_flags {
    const char *config;
    bool until_end, leave, allow_redefinition, help;
    const char *accepted[ACCEPTED_MAX];
    size_t accepted_count;
};

/* Takes --config out of the arguments before the settings look at them, and puts the rest together again. */
static bool take_config(int *argc, char **argv, struct run_flags *flags)
{
    int left = 1;
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--config") == 0) {
            if (i + 1 >= *argc)
                return false;
            flags->config = argv[++i];
        } else if (strcmp(argv[i], "--accept-outputs") == 0) {
            if (i + 1 >= *argc || flags->accepted_count == ACCEPTED_MAX || !strchr(argv[i + 1], '/'))
                return false;
            flags->accepted[flags->accepted_count++] = argv[++i];
        } else if (strncmp(argv[i], "--config=", 9) == 0)
            flags->config = argv[i] + 9;
        else if (strcmp(argv[i], "--until-end") == 0)
            flags->until_end = true;
        else if (strcmp(argv[i], "--allow-redefinition") == 0)
            flags->allow_redefinition = true;
        else if (strcmp(argv[i], "--leave") == 0)
            flags->leave = true;
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            flags->help = true;
        else
            argv[left++] = argv[i];
    }
    *argc = left;
    argv[left] = NULL;
    return true;
}

static int unknown_argument(const char *argument)
{
    const char *like = settings_flag_like(argument);
    int shown = (int)strcspn(argument, "="); /* what follows may be a secret */
    if (like)
        fprintf(stderr, "bundelwacht run: unknown argument \"%.*s\"; did you mean \"%s\"?\n", shown, argument, like);
    else
        fprintf(stderr, "bundelwacht run: unknown argument \"%.*s\"; bundelwacht run --help lists them\n", shown, argument);
    return EXIT_USAGE;
}

/* --- what the settings mean --- */

struct loaded {
    struct settings settings;
    const struct book *book;
    const struct reference *reference;
    struct schema_set *schemas;
    struct property *properties;
    struct signing_keys *keys;
    struct quarantined_record *quarantined;
    size_t quarantined_count;
};

static bool load_rules(struct loaded *loaded)
{
    const struct settings *settings = &loaded->settings;
    char error[512];
    loaded->book = book_read(settings->rules_book, finding_print, stderr);
    if (!loaded->book)
        return false;
    if (settings->rules_reference && !(loaded->reference = reference_read(settings->rules_reference, finding_print, stderr)))
        return false;
    const char *schemas = settings->input_schema ? settings->input_schema : settings->input_schemas;
    loaded->schemas = schema_set_load(schemas, (enum framing)settings->input_framing, error, sizeof(error));
    if (loaded->schemas)
        return true;
    fprintf(stderr, "bundelwacht run: %s\n", error);
    return false;
}

/* Checkpoints are signed from here on; without a key it is said who could make one. */
static bool take_keys(struct loaded *loaded)
{
    const struct settings *settings = &loaded->settings;
    char error[512];
    if (!settings->state_key_file) {
        log_say(LOG_INFO,
                "checkpoints are not signed (state.key_file): whoever may write to \"%s\" or to topic "
                "\"%s.checkpoint.v1\" can make a state",
                settings->state_directory, settings->output_prefix);
        return true;
    }
    loaded->keys = signing_keys_read(settings->state_key_file, error, sizeof(error));
    if (!loaded->keys)
        fprintf(stderr, "bundelwacht run: %s\n", error);
    signing_use(loaded->keys);
    return loaded->keys != NULL;
}

static void take_properties(struct loaded *loaded)
{
    static const enum property_client clients[] = {
        [KAFKA_BOTH] = PROPERTY_BOTH, [KAFKA_CONSUMER] = PROPERTY_CONSUMER, [KAFKA_PRODUCER] = PROPERTY_PRODUCER,
    };
    const struct settings *settings = &loaded->settings;
    loaded->properties = memory_alloc_zeroed(settings->kafka_count + 1, sizeof(*loaded->properties));
    for (size_t i = 0; i < settings->kafka_count; i++)
        loaded->properties[i] =
            (struct property){ clients[settings->kafka[i].client], settings->kafka[i].name, settings->kafka[i].value };
}

static void take_quarantine(struct loaded *loaded)
{
    const struct settings *settings = &loaded->settings;
    loaded->quarantined = memory_alloc_zeroed(settings->quarantine_count + 1, sizeof(*loaded->quarantined));
    for (size_t i = 0; i < settings->quarantine_count; i++)
        if (strcmp(settings->quarantine[i].topic, settings->input_topic) == 0)
            loaded->quarantined[loaded->quarantined_count++] =
                (struct quarantined_record){ settings->quarantine[i].partition, settings->quarantine[i].offset };
}

static enum output_form form_of(const struct settings *settings)
{
    static const enum output_form forms[] = {
        [OUTPUT_FRAMING_CONFLUENT] = OUTPUT_AVRO_CONFLUENT,
        [OUTPUT_FRAMING_SINGLE_OBJECT] = OUTPUT_AVRO_SINGLE_OBJECT,
        [OUTPUT_FRAMING_RAW] = OUTPUT_AVRO_RAW,
    };
    return forms[settings->output_framing];
}

static struct pipeline_options options_of(const struct loaded *loaded, const struct run_flags *flags)
{
    const struct settings *settings = &loaded->settings;
    return (struct pipeline_options){
        .app = settings->app,
        .process = (int32_t)settings->process,
        .workers_count = (int32_t)settings->workers,
        .state_directory = settings->state_directory,
        .topic = settings->input_topic,
        .group = settings->input_group,
        .framing = (enum framing)settings->input_framing,
        .schemas = loaded->schemas,
        .partitioner = (enum partitioner)settings->input_partitioner,
        .value_bytes_max = (size_t)settings->input_value_bytes_max,
        .quarantined = loaded->quarantined,
        .quarantined_count = loaded->quarantined_count,
        .prefix = settings->output_prefix,
        .form = form_of(settings),
        .schema_ids = { [TOPIC_DECISIONS] = (uint32_t)settings->output_schema_id_decisions,
                        [TOPIC_EPISODES] = (uint32_t)settings->output_schema_id_episodes,
                        [TOPIC_ALERTS] = (uint32_t)settings->output_schema_id_alerts },
        .bundles_only = settings->output_decisions == OUTPUT_DECISIONS_BUNDLES,
        .create_topics = settings->output_create_topics,
        .book = loaded->book,
        .reference = loaded->reference,
        .commit_interval_us = MICROSECONDS_OF_MS(settings->transaction_interval_ms),
        .outbox_records_max = (size_t)settings->transaction_records_max,
        .outbox_bytes_max = (size_t)settings->transaction_bytes_max,
        .properties = { loaded->properties, settings->kafka_count },
        .until_end = flags->until_end,
        .leave = flags->leave,
        .allow_redefinition = flags->allow_redefinition,
        .accepted = flags->accepted,
        .accepted_count = flags->accepted_count,
        .checkpoint_after_us = MICROSECONDS_OF_MS(settings->state_checkpoint_after_ms),
        .checkpoint_every_us = MICROSECONDS_OF_MS(settings->state_checkpoint_at_least_every_ms),
    };
}

static void release(struct loaded *loaded)
{
    memory_free(loaded->properties);
    memory_free(loaded->quarantined);
    if (loaded->schemas)
        schema_set_free(loaded->schemas);
    if (loaded->reference)
        reference_free(loaded->reference);
    if (loaded->book)
        book_free(loaded->book);
    signing_use(NULL);
    signing_keys_free(loaded->keys);
    settings_free(&loaded->settings);
}

/* --- how it ended --- */

static int exit_code_of(enum pipeline_end end)
{
    static const int codes[] = {
        [PIPELINE_DONE] = EXIT_DONE,           [PIPELINE_INTERRUPTED] = EXIT_INTERRUPTED,
        [PIPELINE_FAILED] = EXIT_FAILED,       [PIPELINE_UNREACHABLE] = EXIT_UNREACHABLE,
        [PIPELINE_TRY_AGAIN] = EXIT_TRY_AGAIN, [PIPELINE_CONFIG] = EXIT_CONFIG,
    };
    return codes[end];
}

static void say_end(const struct pipeline_result *result, int64_t took_us)
{
    const struct pipeline_totals *totals = &result->totals;
    if (result->text[0])
        log_say(LOG_ERROR, "%s", result->text);
    if (result->end != PIPELINE_DONE && result->end != PIPELINE_INTERRUPTED && totals->records + totals->records_restored == 0)
        return; /* nothing was begun */
    log_say(LOG_INFO, "the longest that a worker was busy at one thing: a batch %.1f ms, a commit %.1f ms, a slice of a checkpoint %.1f ms",
            (double)totals->fold_us_max / 1e3, (double)totals->commit_us_max / 1e3, (double)totals->checkpoint_us_max / 1e3);
    printf("%lld records folded, %lld restored, %lld outputs, %lld of them dead letters, %lld transactions, %.1f s, %.1f s of CPU\n",
           (long long)totals->records, (long long)totals->records_restored, (long long)totals->outputs, (long long)totals->dead_letters,
           (long long)totals->transactions, (double)took_us / 1e6, (double)clock_cpu_us() / 1e6);
}

static int run_loaded(struct loaded *loaded, const struct run_flags *flags)
{
    log_set_level((enum log_level)loaded->settings.ops_log);
    if (!load_rules(loaded) || !take_keys(loaded))
        return EXIT_CONFIG;
    take_properties(loaded);
    take_quarantine(loaded);
    const char *directory = loaded->settings.state_directory;
    if (directory_is_open_to_others(directory))
        log_say(LOG_WARNING, "others may write the state directory \"%s\": whoever does can replace its checkpoints; chmod 0750", directory);
    struct pipeline_options options = options_of(loaded, flags);
    struct pipeline_result result;
    int64_t began_us = clock_us();
    pipeline_run(&options, &result);
    say_end(&result, clock_us() - began_us);
    return exit_code_of(result.end);
}

int run_command(int argc, char **argv)
{
    struct run_flags flags = { 0 };
    struct loaded loaded = { 0 };
    if (!take_config(&argc, argv, &flags)) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (flags.help) {
        usage(stdout);
        return EXIT_DONE;
    }
    if (!settings_load(flags.config, &argc, argv, environ, &loaded.settings, finding_print, stderr))
        return EXIT_CONFIG;
    int code = argc > 1 ? unknown_argument(argv[1]) : run_loaded(&loaded, &flags);
    release(&loaded);
    return code;
}
