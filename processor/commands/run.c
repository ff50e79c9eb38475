#include "base/memory.h"
#include "book/book_reader.h"
#include "commands/commands.h"
#include "commands/settings.h"
#include "ops/http_server.h"
#include "ops/log.h"
#include "pipeline/pipeline.h"
#include "state/signature.h"
#include "system/clock.h"
#include "system/own_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* --- the command line --- */

enum { ACCEPTED_MAX = 64 };

struct run_words {
    const char *config;
    bool until_end, leave, allow_redefinition;
    struct option_texts accepted;
    struct setting_flags settings;
};

static bool names_a_partition(const char *text)
{
    return strchr(text, '/') != NULL;
}

static const struct option rows[] = {
    TEXT(run_words, config, "config", "FILE", 0, "the settings (config/processor.yaml shows all)"),
    SWITCH(run_words, until_end, "until-end", "stop at the end that each partition had at the start"),
    SWITCH(run_words, leave, "leave",
           "leave the group at the end: others take its partitions at once, not after session.timeout.ms"),
    SWITCH(run_words, allow_redefinition, "allow-redefinition",
           "the book may change definitions and contracts that are in force: budgets are revised"),
    TEXTS(run_words, accepted, "accept-outputs", "TOPIC/PARTITION", ACCEPTED_MAX, 0, names_a_partition,
          "go on from the end of an output partition that was made anew or cut; what is lost there stays "
          "lost (only when a start was refused and named it)"),
};
static const char *const forms[] = { "--config FILE [OPTION ...] [--SETTING VALUE ...]", NULL };
const struct options run_options = {
    .command = "run",
    .forms = forms,
    .about = "From the topic of declarations to the topics of decisions, episodes, alerts and dead\n"
             "letters, exactly once. SIGTERM or Ctrl-C finishes the transaction and ends; a second\n"
             "Ctrl-C leaves at once.",
    .after = "It leaves no core file and no debugger in; with BUNDELWACHT_CORE=1 in its environment it\n"
             "does.",
    .rows = rows,
    .rows_count = COUNT(rows),
    .more = settings_options,
    .more_offset = offsetof(struct run_words, settings),
    .more_about = settings_about,
};

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

/* Records of such a schema become dead letters, which is worth a word before the first. */
static void warn_of_schemas(const struct schema_set *schemas)
{
    char problem[640];
    for (size_t i = 0; schema_set_problem(schemas, i, problem, sizeof(problem)); i++)
        log_say(LOG_WARNING, "%s; its records will be dead letters, bad_schema", problem);
}

static bool load_rules(struct loaded *loaded)
{
    const struct settings *settings = &loaded->settings;
    char error[512];
    loaded->book = book_read(settings->rules_book, finding_print, stderr);
    if (!loaded->book)
        return false;
    if (settings->rules_reference &&
        !(loaded->reference = reference_read(settings->rules_reference, finding_print, stderr)))
        return false;
    if (settings->input_framing == FRAMING_JSON)
        return true;
    const char *schemas = settings->input_schema ? settings->input_schema : settings->input_schemas;
    loaded->schemas = schema_set_load(schemas, (enum framing)settings->input_framing, error, sizeof(error));
    if (loaded->schemas)
        warn_of_schemas(loaded->schemas);
    else
        fprintf(stderr, "bundelwacht run: %s\n", error);
    return loaded->schemas != NULL;
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
        [KAFKA_BOTH] = PROPERTY_BOTH,
        [KAFKA_CONSUMER] = PROPERTY_CONSUMER,
        [KAFKA_PRODUCER] = PROPERTY_PRODUCER,
    };
    const struct settings *settings = &loaded->settings;
    loaded->properties = memory_alloc_zeroed(settings->kafka_count + 1, sizeof(*loaded->properties));
    for (size_t i = 0; i < settings->kafka_count; i++)
        loaded->properties[i] = (struct property){ clients[settings->kafka[i].client],
                                                   settings->kafka[i].name, settings->kafka[i].value };
}

static void take_quarantine(struct loaded *loaded)
{
    const struct settings *settings = &loaded->settings;
    loaded->quarantined = memory_alloc_zeroed(settings->quarantine_count + 1, sizeof(*loaded->quarantined));
    for (size_t i = 0; i < settings->quarantine_count; i++)
        if (strcmp(settings->quarantine[i].topic, settings->input_topic) == 0)
            loaded->quarantined[loaded->quarantined_count++] =
                (struct quarantined_record){ settings->quarantine[i].partition,
                                             settings->quarantine[i].offset };
        else
            log_say(LOG_WARNING, "quarantine: \"%s/%d/%lld\" is of another topic than input.topic: no effect",
                    settings->quarantine[i].topic, (int)settings->quarantine[i].partition,
                    (long long)settings->quarantine[i].offset);
}

static enum output_form form_of(const struct settings *settings)
{
    static const enum output_form form_of_framing[] = {
        [OUTPUT_FRAMING_CONFLUENT] = OUTPUT_AVRO_CONFLUENT,
        [OUTPUT_FRAMING_SINGLE_OBJECT] = OUTPUT_AVRO_SINGLE_OBJECT,
        [OUTPUT_FRAMING_RAW] = OUTPUT_AVRO_RAW,
    };
    return form_of_framing[settings->output_framing];
}

static bool listens(const struct settings *settings)
{
    return strcmp(settings->ops_listen, "none") != 0;
}

static const int exit_codes[] = {
    [PIPELINE_DONE] = EXIT_DONE,           [PIPELINE_INTERRUPTED] = EXIT_INTERRUPTED,
    [PIPELINE_FAILED] = EXIT_FAILED,       [PIPELINE_UNREACHABLE] = EXIT_UNREACHABLE,
    [PIPELINE_TRY_AGAIN] = EXIT_TRY_AGAIN, [PIPELINE_CONFIG] = EXIT_CONFIG,
};

static struct pipeline_options options_of(const struct loaded *loaded, const struct run_words *words)
{
    const struct settings *settings = &loaded->settings;
    return (struct pipeline_options){
        .app = settings->app,
        .process = (int32_t)settings->process,
        .workers_count = (int32_t)settings->workers,
        .state_directory = settings->state_directory,
        .exit_codes = exit_codes,
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
        .listen = listens(settings) ? settings->ops_listen : NULL,
        .until_end = words->until_end,
        .leave = words->leave,
        .allow_redefinition = words->allow_redefinition,
        .accepted = (const char *const *)words->accepted.items,
        .accepted_count = words->accepted.count,
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

static void say_end(const struct pipeline_result *result, int64_t took_us)
{
    const struct pipeline_totals *totals = &result->totals;
    if (result->text[0])
        log_say(LOG_ERROR, "%s", result->text);
    if (result->end != PIPELINE_DONE && result->end != PIPELINE_INTERRUPTED &&
        totals->records + totals->records_restored == 0)
        return; /* nothing was begun */
    log_say(LOG_INFO,
            "the longest that a worker was busy at one thing: a batch %.1f ms, a commit %.1f ms, a slice of "
            "a checkpoint %.1f ms",
            (double)totals->fold_us_max / 1e3, (double)totals->commit_us_max / 1e3,
            (double)totals->checkpoint_us_max / 1e3);
    printf("%lld records folded, %lld restored, %lld outputs, %lld of them dead letters, %lld transactions, "
           "%.1f s, %.1f s of CPU\n",
           (long long)totals->records, (long long)totals->records_restored, (long long)totals->outputs,
           (long long)totals->dead_letters, (long long)totals->transactions, (double)took_us / 1e6,
           (double)clock_cpu_us() / 1e6);
}

static bool can_listen(const struct settings *settings)
{
    if (!listens(settings) || http_address_is_good(settings->ops_listen))
        return true;
    fprintf(stderr,
            "bundelwacht run: ops.listen: \"%s\" is no address with a port; write one like 127.0.0.1:9464 or "
            "[::1]:9464, or none\n",
            settings->ops_listen);
    return false;
}

static int run_loaded(struct loaded *loaded, const struct run_words *words)
{
    log_set_level((enum log_level)loaded->settings.ops_log);
    if (!can_listen(&loaded->settings) || !load_rules(loaded) || !take_keys(loaded))
        return EXIT_CONFIG;
    take_properties(loaded);
    take_quarantine(loaded);
    const char *directory = loaded->settings.state_directory;
    if (directory_is_open_to_others(directory))
        log_say(LOG_WARNING,
                "others may write the state directory \"%s\": whoever does can replace its checkpoints; "
                "chmod 0750",
                directory);
    struct pipeline_options options = options_of(loaded, words);
    struct pipeline_result result;
    int64_t began_us = clock_us();
    pipeline_run(&options, &result);
    say_end(&result, clock_us() - began_us);
    return exit_codes[result.end];
}

int run_command(int argc, char **argv)
{
    struct run_words words = { .config = NULL };
    struct loaded loaded = { 0 };
    struct arguments arguments;
    int code;
    if (!options_read(&run_options, argc, argv, &words, &arguments, &code))
        return code;
    if (!settings_load(words.config, &words.settings, environ, &loaded.settings, finding_print, stderr))
        return EXIT_CONFIG;
    code = run_loaded(&loaded, &words);
    release(&loaded);
    return code;
}
