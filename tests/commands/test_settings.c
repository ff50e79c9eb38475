/* Settings: defaults, the four sources and which wins, every refusal, and that the files we ship say what the
 * table says. */
#include "book/collected.h"
#include "commands/settings.h"
#include "commands/flags_of.h"

#include <criterion/criterion.h>
#include <unistd.h>

TestSuite(settings, .timeout = 30);

/* What has to be given anyway. */
#define REQUIRED                                                                                             \
    "input: {topic: declarations, schemas: /s%s}\nrules: {book: /b}\nkafka: {bootstrap.servers: \"h:1\"}\n"

struct given {
    const char *file;                /* its text, or NULL for no file */
    const char *environment[8];      /* NAME=value, up to a NULL */
    const char *arguments[8];        /* behind the program's name */
};

/* Loads; the arguments are options that the table of settings knows. */
static bool load(const struct given *given, struct settings *ret_settings, struct collected *found)
{
    char path[64], name[] = "bundelwacht", *argv[10] = { name }, *environment[9] = { NULL }, copies[16][256];
    int argc = 1, copied = 0;
    snprintf(path, sizeof(path), "settings-%d.yaml", (int)getpid());
    if (given->file) {
        FILE *file = fopen(path, "w");
        cr_assert(file != NULL);
        fputs(given->file, file);
        fclose(file);
    }
    for (int i = 0; i < 8 && given->arguments[i]; i++) {
        snprintf(copies[copied], sizeof(copies[0]), "%s", given->arguments[i]);
        argv[argc++] = copies[copied++];
    }
    for (int i = 0; i < 8 && given->environment[i]; i++) {
        snprintf(copies[copied], sizeof(copies[0]), "%s", given->environment[i]);
        environment[i] = copies[copied++];
    }
    static struct setting_flags flags;
    cr_assert(flags_of(argc, argv, &flags), "the arguments are no settings");
    bool loaded = settings_load(given->file ? path : NULL, &flags, environment, ret_settings, collect, found);
    if (given->file)
        remove(path);
    return loaded;
}

static struct settings load_well(const struct given *given)
{
    struct settings settings;
    struct collected found = { 0 };
    cr_assert(load(given, &settings, &found), "found%s", collected_text(&found));
    cr_expect(found.count == 0, "found%s", collected_text(&found));
    return settings;
}

static void expect_defaults(const struct settings *settings, const char *what)
{
    cr_expect(strcmp(settings->app, "bundelwacht") == 0 && settings->process == 0 && settings->workers == 4,
              "%s", what);
    cr_expect(strcmp(settings->input_group, "bundelwacht") == 0 &&
                  settings->input_framing == FRAMING_CONFLUENT,
              "%s", what);
    cr_expect(settings->input_schema == NULL && settings->input_partitioner == PARTITIONER_MURMUR2, "%s",
              what);
    cr_expect(strcmp(settings->output_prefix, "bundelwacht") == 0 &&
                  settings->output_framing == OUTPUT_FRAMING_CONFLUENT,
              "%s", what);
    cr_expect(settings->output_schema_id_decisions == 101 && settings->output_schema_id_episodes == 102, "%s",
              what);
    cr_expect(settings->output_schema_id_alerts == 103 && settings->output_decisions == OUTPUT_DECISIONS_ALL,
              "%s", what);
    cr_expect(!settings->output_create_topics && settings->rules_reference == NULL, "%s", what);
    cr_expect(strcmp(settings->state_directory, "/var/lib/bundelwacht") == 0 &&
                  settings->state_checkpoint_after_ms == 10000,
              "%s", what);
    cr_expect(settings->state_checkpoint_at_least_every_ms == 86400000 && settings->state_memory_max == 0,
              "%s", what);
    cr_expect(settings->transaction_interval_ms == 200 && settings->transaction_records_max == 50000, "%s",
              what);
    cr_expect(settings->transaction_bytes_max == 16777216 &&
                  strcmp(settings->ops_listen, "127.0.0.1:9464") == 0,
              "%s", what);
    cr_expect(settings->ops_log == OPS_LOG_INFO && settings->quarantine_count == 0 &&
                  settings->kafka_count == 1,
              "%s", what);
}

Test(settings, have_defaults_and_the_shipped_file_says_them)
{
    char minimal[512];
    snprintf(minimal, sizeof(minimal), REQUIRED, "");
    struct settings settings = load_well(&(struct given){ .file = minimal });
    expect_defaults(&settings, "the defaults");
    settings_free(&settings);

    struct collected found = { 0 };
    cr_assert(settings_load(SOURCE_DIR "/config/processor.yaml", NULL, NULL, &settings, collect, &found),
              "found%s", collected_text(&found));
    expect_defaults(&settings, "config/processor.yaml");
    cr_expect(strcmp(settings.input_topic, "declarations") == 0 &&
              strcmp(settings.input_schemas, "/etc/bundelwacht/schemas") == 0);
    cr_expect(strcmp(settings.rules_book, "/etc/bundelwacht/book.yaml") == 0);
    cr_expect(strcmp(settings_kafka(&settings, KAFKA_CONSUMER, "bootstrap.servers"), "localhost:9092") == 0);
    settings_free(&settings);
}

Test(settings, are_shipped_as_a_file_that_is_made_from_the_rows)
{
    static char shipped[32768], made[32768];
    FILE *file = fopen(SOURCE_DIR "/config/processor.yaml", "r"), *out = tmpfile();
    cr_assert(file != NULL && out != NULL);
    shipped[fread(shipped, 1, sizeof(shipped) - 1, file)] = '\0';
    fclose(file);
    settings_print_file(out);
    rewind(out);
    made[fread(made, 1, sizeof(made) - 1, out)] = '\0';
    fclose(out);
    cr_expect(strcmp(shipped, made) == 0,
              "bundelwacht help settings >config/processor.yaml writes the file anew");
}

Test(settings, a_flag_wins_over_the_environment_and_that_over_the_file)
{
    char file[512];
    snprintf(file, sizeof(file), "workers: 2\n" REQUIRED, "");
    struct settings settings = load_well(&(struct given){ .file = file });
    cr_expect(settings.workers == 2);
    settings_free(&settings);
    settings = load_well(&(struct given){ .file = file, .environment = { "BUNDELWACHT_WORKERS=3" } });
    cr_expect(settings.workers == 3);
    settings_free(&settings);
    settings = load_well(&(struct given){
        .file = file, .environment = { "BUNDELWACHT_WORKERS=3" }, .arguments = { "--workers", "5" } });
    cr_expect(settings.workers == 5);
    settings_free(&settings);
    /* empty: not given */
    settings = load_well(&(struct given){ .file = file, .environment = { "BUNDELWACHT_WORKERS=" } });
    cr_expect(settings.workers == 2);
    settings_free(&settings);
}

Test(settings, need_no_file)
{
    struct settings settings = load_well(&(struct given){
        .environment = { "BUNDELWACHT_INPUT_TOPIC=t", "BUNDELWACHT_KAFKA_BOOTSTRAP_SERVERS=h:1",
                         "BUNDELWACHT_KAFKA_CONSUMER_FETCH_WAIT_MAX_MS=5", "PATH=/bin" },
        .arguments = { "--input-schemas=/s", "--rules-book=/b", "--output-schema-ids-alerts=7",
                       "--output-create-topics" } });
    cr_expect(strcmp(settings.input_topic, "t") == 0 && strcmp(settings.input_schemas, "/s") == 0 &&
              settings.output_schema_id_alerts == 7);
    cr_expect(settings.output_create_topics);
    cr_expect(strcmp(settings_kafka(&settings, KAFKA_CONSUMER, "fetch.wait.max.ms"), "5") == 0);
    cr_expect(settings_kafka(&settings, KAFKA_PRODUCER, "fetch.wait.max.ms") == NULL);
    settings_free(&settings);
}

/* Said twice it counts as it was said last; behind `--` nothing is an option. */
Test(settings, are_options_with_a_short_name_for_one)
{
    char file[512];
    snprintf(file, sizeof(file), REQUIRED, "");
    struct settings settings = load_well(&(struct given){
        .file = file,
        .arguments = { "--workers", "8", "--create-topics", "--workers=9", "--", "--workers", "10" } });
    cr_expect(settings.workers == 9 && settings.output_create_topics);
    settings_free(&settings);
    settings = load_well(
        &(struct given){ .file = file, .arguments = { "--create-topics", "--output-create-topics=false" } });
    cr_expect(!settings.output_create_topics);
    settings_free(&settings);
}

Test(settings, read_durations_with_their_units)
{
    static const struct {
        const char *text;
        int64_t milliseconds; /* 0: refused */
    } rows[] = {
        { "50ms", 50 }, { "1s", 1000 },  { "1000ms", 1000 }, { "200ms", 200 },
        { "49ms", 0 },  { "1001ms", 0 }, { "2s", 0 },        { "1min", 0 },
        { "24h", 0 },   { "200", 0 },    { "200 ms", 0 },    { "0.2s", 0 },
        { "ms", 0 },    { "-200ms", 0 }, { "0200ms", 0 },    { "99999999999999999h", 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char file[512];
        snprintf(file, sizeof(file), "transaction: {interval: %s}\n" REQUIRED, rows[i].text, "");
        struct settings settings;
        struct collected found = { 0 };
        bool loaded = load(&(struct given){ .file = file }, &settings, &found);
        cr_expect(loaded == (rows[i].milliseconds != 0), "%s: found%s", rows[i].text, collected_text(&found));
        cr_expect(!loaded || settings.transaction_interval_ms == rows[i].milliseconds, "%s", rows[i].text);
        settings_free(&settings);
    }
}

Test(settings, refuse_what_is_wrong_with_its_place)
{
    static const struct {
        const char *label, *head, *code; /* before what is required; a ^ marks the place */
    } rows[] = {
        { "an unknown key", "^wokers: 2\n", "E010" },
        { "an unknown key of a section", "transaction: {^intervall: 200ms}\n", "E010" },
        { "a key with a point", "^transaction.interval: 200ms\n", "E010" },
        { "a section that is none", "^ops: info\n", "E012" },
        { "not a number", "workers: ^four\n", "E013" },
        { "a number in quotes", "workers: ^\"4\"\n", "E012" },
        { "below", "workers: ^0\n", "E014" },
        { "above", "workers: ^65\n", "E014" },
        { "a word", "ops: {log: ^verbose}\n", "E018" },
        { "a boolean", "output: {create_topics: ^yes}\n", "E012" },
        { "a list", "app: ^[a]\n", "E012" },
        { "nothing", "^app:\n", "E012" },
        { "a key twice", "workers: 1\n^workers: 2\n", "E007" },
        { "an anchor", "workers: ^&w 1\n", "E006" },
        { "a quarantined record without offset", "quarantine: [^declarations/3]\n", "E019" },
        { "a quarantined record below 0", "quarantine: [^declarations/3/-1]\n", "E019" },
        { "a guard of memory", "state: {memory_max: ^1}\n", "E050" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char file[1024];
        snprintf(file, sizeof(file), "%s" REQUIRED, rows[i].head, "");
        struct mark mark = mark_take(file);
        struct settings settings;
        struct collected found = { 0 };
        cr_expect(!load(&(struct given){ .file = file }, &settings, &found), "%s: accepted", rows[i].label);
        cr_expect(found.count == 1 && strcmp(found.items[0].code, rows[i].code) == 0 &&
                      found.items[0].line == mark.line && found.items[0].column == mark.column,
                  "%s: expected %s at %d:%d, found%s", rows[i].label, rows[i].code, mark.line, mark.column,
                  collected_text(&found));
        cr_expect(settings.memory == NULL, "%s: something is owned", rows[i].label);
    }
}

Test(settings, say_which_key_was_meant_when_its_beginning_is_right)
{
    struct settings settings;
    struct collected found = { 0 };
    cr_expect(!load(&(struct given){ .file = "input: {topic: d, schemas: /s, frame: raw}\nrules: {book: /b}\n"
                                             "kafka: {bootstrap.servers: \"h:1\"}\n" },
                    &settings, &found));
    cr_expect(found.count == 1 && strstr(found.items[0].message, "did you mean \"framing\"?"), "found%s",
              collected_text(&found));
}

Test(settings, accept_later_settings_at_their_defaults)
{
    char file[512];
    snprintf(file, sizeof(file),
             "state: {checkpoint_after: 10000ms, checkpoint_at_least_every: 1440min, memory_max: 0}\n"
             "ops: {listen: \"127.0.0.1:9464\"}\n" REQUIRED, "");
    struct settings settings = load_well(&(struct given){ .file = file });
    expect_defaults(&settings, "said");
    settings_free(&settings);
}

Test(settings, say_what_is_missing)
{
    static const struct {
        const char *file;
        const char *missing;
    } rows[] = {
        { "input: {schemas: /s}\nrules: {book: /b}\nkafka: {bootstrap.servers: x}\n", "input.topic" },
        { "input: {topic: t}\nrules: {book: /b}\nkafka: {bootstrap.servers: x}\n", "input.schemas" },
        { "input: {topic: t, schemas: /s}\nkafka: {bootstrap.servers: x}\n", "rules.book" },
        { "input: {topic: t, schemas: /s}\nrules: {book: /b}\n", "bootstrap.servers" },
        { "input: {topic: t, schemas: /s}\nrules: {book: /b}\nkafka: {consumer.bootstrap.servers: x}\n",
          "bootstrap.servers" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings settings;
        struct collected found = { 0 };
        cr_expect(!load(&(struct given){ .file = rows[i].file }, &settings, &found));
        cr_expect(found.count == 1 && strcmp(found.items[0].code, "E011") == 0 &&
                      strstr(found.items[0].message, rows[i].missing),
                  "%s: found%s", rows[i].missing, collected_text(&found));
    }
}

Test(settings, take_one_schema_with_framing_raw_only)
{
    struct settings settings;
    struct collected found = { 0 };
    const char *raw = "input: {topic: t, framing: raw, schema: /one.avsc}\nrules: {book: /b}\nkafka: "
                      "{bootstrap.servers: x}\n";
    settings = load_well(&(struct given){ .file = raw });
    cr_expect(strcmp(settings.input_schema, "/one.avsc") == 0 && settings.input_schemas == NULL &&
              settings.input_framing == FRAMING_RAW);
    settings_free(&settings);
    cr_expect(!load(&(struct given){ .file = raw, .arguments = { "--input-framing", "confluent" } },
                    &settings, &found));
    cr_expect(
        !load(&(struct given){ .file = raw, .arguments = { "--input-schemas", "/s" } }, &settings, &found));
    cr_expect(found.count == 2, "found%s", collected_text(&found));
}

Test(settings, pass_kafka_properties_through)
{
    struct settings settings = load_well(&(struct given){
        .file = "input: {topic: t, schemas: /s}\nrules: {book: /b}\nkafka:\n  producer.linger.ms: 3\n  "
                "bootstrap.servers: a:1\n"
                "  linger.ms: 5\n"
                "  consumer.fetch.min.bytes: \"1\"\n  security.protocol: SASL_SSL\n",
        .environment = { "BUNDELWACHT_KAFKA_SASL_PASSWORD=p=q r" },
        .arguments = { "--kafka", "bootstrap.servers=b:2,c:3", "--kafka=producer.acks=all" },
    });
    cr_expect(settings.kafka_count == 7);
    cr_expect(strcmp(settings_kafka(&settings, KAFKA_CONSUMER, "bootstrap.servers"), "b:2,c:3") == 0);
    cr_expect(strcmp(settings_kafka(&settings, KAFKA_PRODUCER, "linger.ms"), "3") == 0,
              "what is meant for one client wins");
    cr_expect(strcmp(settings_kafka(&settings, KAFKA_CONSUMER, "linger.ms"), "5") == 0);
    cr_expect(strcmp(settings_kafka(&settings, KAFKA_BOTH, "sasl.password"), "p=q r") == 0);
    cr_expect(settings_kafka(&settings, KAFKA_CONSUMER, "acks") == NULL);
    bool both = true;
    for (size_t i = 0; i < settings.kafka_count; i++) {
        cr_expect(both || settings.kafka[i].client != KAFKA_BOTH, "those for both clients come first");
        both = settings.kafka[i].client == KAFKA_BOTH;
    }
    settings_free(&settings);
}

static void keep_sources(void *context, const struct finding *finding)
{
    char *text = context;
    snprintf(text + strlen(text), 1024 - strlen(text), "%s|%s\n", finding->message,
             finding->source ? finding->source : "");
}

Test(settings, never_show_a_secret)
{
    static const char *const texts[] = {
        "kafka: {sasl.password: [hush]}\n",
        "kafka: {sasl.password: hush, x: [1]}\n",
        "kafka:\n  ssl.key.pem: hush\n  sasl.password: \"hush\n",
        "ssl_key: hush\n",
        "kafka:\n  sasl.password:\n    - hush\n",
        "kafka:\n  SASL.PASSWORD: [hush]\n",
        "kafka:\n  x:\n    hush: [1]\n    &hush y: 1\n",
        "kafka:\n  ssl.key.pem: |\n    -----BEGIN\n    hush\n  \ty: [\n",
        "kafka:\n  ssl.key.pem: \"-----BEGIN\nhush: 1\ninput: [\n",
        "kafka:\n  ssl.key.pem: |\n    -----BEGIN\nhush\n",
        "{kafka: {x: [hush]}}\n",
        "\"kafka\": {x: [hush]}\n",
        "kafak:\n  x: &a hush\n",
        "input: {topic: t,\n kafka: {sasl.password:\n  &a hush}}\n",
        "kafka: {x: 1, ? hush : 2, hush: 3, hush: 4}\n",
        "? kafka\n: {x:\n  &a hush}\n",
        "kafka:\n  sasl.password.file: [hush]\n",
        "kafka:\n  x: *hush\n",
        "kafka:\n  x: !hush y\n",
        "kafka:\n  x: \"\\q hush\"\n",
        "workers: 1\nkafka:\n# a\n\n  x: {y: hush}\n",
        "kafka:\r\n  x:\r\n  - hush\r\n",
        "\xef\xbb\xbfkafka:\n  x: [hush]\n",
        "kafka:\n  x: 'hush\n",
        "kafka:\n  x: hush\x01\n",
        "kafka:\n  x: hush\xff\n",
        "kafka:\n  x: [[[hush\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        char path[64], seen[1024] = "";
        snprintf(path, sizeof(path), "secret-%d.yaml", (int)getpid());
        FILE *file = fopen(path, "w");
        cr_assert(file != NULL);
        fputs(texts[i], file);
        fclose(file);
        struct settings settings;
        cr_expect(!settings_load(path, NULL, NULL, &settings, keep_sources, seen));
        remove(path);
        cr_expect(seen[0] && !strstr(seen, "hush"), "%s", seen);
    }
}

Test(settings, show_the_line_of_a_mistake_that_is_no_secret)
{
    struct settings settings;
    char path[64], seen[1024] = "";
    snprintf(path, sizeof(path), "shown-%d.yaml", (int)getpid());
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL);
    fputs("kafka:\n  sasl.password: hush\ninput:\n  topic: [here]\n", file);
    fclose(file);
    cr_expect(!settings_load(path, NULL, NULL, &settings, keep_sources, seen));
    remove(path);
    cr_expect(strstr(seen, "|  topic: [here]\n") != NULL, "%s", seen);
}

Test(settings, sort_the_quarantine)
{
    struct settings settings = load_well(&(struct given){
        .file = "input: {topic: t, schemas: /s}\nrules: {book: /b}\nkafka: {bootstrap.servers: a:1}\n"
                "quarantine: [t/3/10, t/3/9, s/9/1, t/0/11]\n",
        .environment = { "BUNDELWACHT_QUARANTINE=t/3/9,t/3/8" },
        .arguments = { "--quarantine", "t/1/9223372036" },
    });
    static const struct quarantined expected[] = { { "s", 9, 1 }, { "t", 0, 11 }, { "t", 1, 9223372036 },
                                                   { "t", 3, 8 }, { "t", 3, 9 },  { "t", 3, 10 } };
    cr_assert(settings.quarantine_count == COUNT(expected), "%zu", settings.quarantine_count);
    for (size_t i = 0; i < COUNT(expected); i++)
        cr_expect(strcmp(settings.quarantine[i].topic, expected[i].topic) == 0 &&
                  settings.quarantine[i].partition == expected[i].partition &&
                      settings.quarantine[i].offset == expected[i].offset,
                  "entry %zu", i);
    settings_free(&settings);
}

Test(settings, take_the_process_from_the_host)
{
    static const struct {
        const char *host;
        int64_t process; /* -1: none */
    } rows[] = {
        { "bundelwacht-12", 12 },
        { "bundelwacht-0", 0 },
        { "node007", 7 },
        { "a1-b22.example.org", 22 },
        { "999", 999 },
        { "x1000", -1 },
        { "plain", -1 },
        { "", -1 },
        { "x99999999999999999999999", -1 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t process = -1;
        cr_expect(process_of_host(rows[i].host, &process) == (rows[i].process >= 0) &&
                      process == rows[i].process,
                  "%s", rows[i].host);
    }
}

Test(settings, wrong_flags_and_variables_name_themselves)
{
    char file[512];
    snprintf(file, sizeof(file), REQUIRED, "");
    struct settings settings;
    struct collected found = { 0 };
    struct given given = { .file = file,
                           .environment = { "BUNDELWACHT_WORKERS=x", "BUNDELWACHT_NONSENSE=1" },
                           .arguments = { "--ops-log", "loud", "--transaction-interval=200" } };
    cr_expect(!load(&given, &settings, &found));
    cr_assert(found.count == 4, "found%s", collected_text(&found));
    cr_expect(strcmp(found.items[0].code, "E051") == 0 && strcmp(found.items[1].code, "W010") == 0);
    cr_expect(strcmp(found.items[2].code, "E051") == 0 && strcmp(found.items[3].code, "E051") == 0);
}

Test(settings, have_help_with_defaults_and_bounds)
{
    static const struct {
        const char *name, *says;
    } rows[] = {
        { "input-topic", "topic of the declarations (required)" },
        { "transaction-interval", "(200ms; 50ms to 1s)" },
        { "input-framing", "(confluent; one of confluent, single-object, raw, json)" },
        { "state-memory-max", "waits for the guard of memory)" },
        { "output-schema-ids-decisions", "(101; 0 to 2147483647)" },
        { "create-topics", "--output-create-topics" },
        { "kafka", "sasl.password.file=FILE" },
        { "quarantine", "dead letter" },
    };
    size_t count, found = 0;
    const struct option *options = settings_options(&count);
    for (size_t i = 0; i < count; i++) {
        cr_expect(strlen(options[i].name) < 48 && strlen(options[i].help) < 760, "--%s is cut",
                  options[i].name);
        for (size_t row = 0; row < COUNT(rows); row++) {
            if (strcmp(rows[row].name, options[i].name) != 0)
                continue;
            found++;
            cr_expect(strstr(options[i].help, rows[row].says) != NULL, "--%s: %s", options[i].name,
                      options[i].help);
        }
    }
    cr_expect(found == COUNT(rows) && count == SETTINGS_COUNT + 3);
}
