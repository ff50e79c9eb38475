#include "watch/watch.h"

#include "commands/commands.h"
#include "commands/kafka_words.h"
#include "engine/calendar.h"
#include "pipeline/pipeline.h"
#include "system/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILTERS_MAX = 16 };
enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct watch_words {
    const char *config, *bootstrap_servers, *prefix, *from;
    struct option_texts properties, filters;
    enum colour colour;
    bool until_end, json;
};

static bool is_from(const char *text);
static bool is_filter(const char *text);

static const struct option rows[] = {
    TEXT(watch_words, config, "config", "FILE", 0,
         "settings of run: its Kafka properties, prefix, framing and schema ids"),
    TEXT(watch_words, bootstrap_servers, "bootstrap-servers", "HOST:PORT", 0, "of the brokers"),
    TEXT(watch_words, prefix, "prefix", "TEXT", 0, "of the output topics: <prefix>.alerts.v1 …"),
    TEXTS(watch_words, properties, "property", "NAME=VALUE", OPTION_TEXTS_MAX, OPTION_PROPERTY, NULL,
          "of librdkafka; as often as needed; secrets belong into the FILE of --config, where no other user "
          "sees them"),
    TEXT_THAT(is_from, watch_words, from, "from", "PLACE",
              "now, beginning, -30m, -2h, -7d (ago), or @2026-03-12T09:00:00.000Z; default now"),
    TEXTS(watch_words, filters, "filter", "FIELD=VALUE", FILTERS_MAX, 0, is_filter,
          "only records whose field is that; a VALUE that ends in * is a beginning; all filters must hold"),
    SWITCH(watch_words, until_end, "until-end", "stop at the end that each partition has now"),
    SWITCH(watch_words, json, "json", "a JSON object a record, with its key, for other programs"),
    CHOICE(watch_words, colour, "colour", "auto|always|never",
           "auto: on a terminal, unless NO_COLOR is set"),
};
static const char *const forms[] = { "[alerts|episodes|decisions|dead-letters] --config FILE [OPTION ...]",
                                     "[...] --bootstrap-servers HOST:PORT --prefix TEXT [OPTION ...]", NULL };
const struct options watch_options = {
    .command = "watch",
    .forms = forms,
    .arguments = "TOPIC",
    .arguments_max = 1,
    .about = "Shows what comes in an output topic, as it comes; alerts when no topic is named. Alerts about\n"
             "one episode stand together; many of one kind about one provider are one line with their\n"
             "number; one that is cleared says how long it stood, where its raising was seen. Of a dead\n"
             "letter only its reason and place are shown. It belongs to no group and changes nothing.",
    .rows = rows,
    .rows_count = COUNT(rows),
};

/* --- from when --- */

/* "-2h" */
static bool is_ago(const char *text, int64_t *ret_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', DAY_MILLISECONDS } };
    char *end;
    if (text[0] != '-' || text[1] < '0' || text[1] > '9')
        return false;
    long long number = strtoll(text + 1, &end, 10);
    for (size_t i = 0; i < COUNT(units); i++)
        if (end[0] == units[i].unit && end[1] == '\0' && number <= 100000) {
            *ret_ms = number * units[i].ms;
            return true;
        }
    return false;
}

static bool read_from(const char *text, struct tail_options *tail)
{
    int64_t ago_ms;
    tail->from = TAIL_FROM_TIME;
    if (strcmp(text, "now") == 0)
        tail->from = TAIL_FROM_NOW;
    else if (strcmp(text, "beginning") == 0)
        tail->from = TAIL_FROM_BEGINNING;
    else if (is_ago(text, &ago_ms))
        tail->from_ms = clock_wall_ms() - ago_ms;
    else
        return text[0] == '@' && moment_from_text(bytes_of(text + 1), &tail->from_ms);
    return true;
}

static bool is_from(const char *text)
{
    struct tail_options tail;
    return read_from(text, &tail);
}

/* --- which topic --- */

static const struct topic_row {
    const char *name;
    enum schema_name record;
    enum output_topic topic;
} topics[] = {
    { "alerts", SCHEMA_ALERT, TOPIC_ALERTS },
    { "episodes", SCHEMA_EPISODE, TOPIC_EPISODES },
    { "decisions", SCHEMA_DECISION, TOPIC_DECISIONS },
    { "dead-letters", SCHEMA_DEAD_LETTER, TOPIC_DEAD_LETTERS },
};

static const struct topic_row *topic_of(const struct arguments *arguments)
{
    for (size_t i = 0; i < COUNT(topics); i++)
        if (arguments->count == 0 || strcmp(arguments->items[0], topics[i].name) == 0)
            return &topics[i];
    return NULL;
}

static struct output_reader_options reader_of(const struct settings *settings, const struct topic_row *row)
{
    static const enum framing framings[] = { [OUTPUT_FRAMING_CONFLUENT] = FRAMING_CONFLUENT,
                                             [OUTPUT_FRAMING_SINGLE_OBJECT] = FRAMING_SINGLE_OBJECT,
                                             [OUTPUT_FRAMING_RAW] = FRAMING_RAW };
    const int64_t ids[TOPIC_COUNT] = { [TOPIC_DECISIONS] = settings->output_schema_id_decisions,
                                       [TOPIC_EPISODES] = settings->output_schema_id_episodes,
                                       [TOPIC_ALERTS] = settings->output_schema_id_alerts };
    return (struct output_reader_options){ .record = row->record,
                                           .framing = framings[settings->output_framing],
                                           .schema_id = (uint32_t)ids[row->topic] };
}

/* --- which records --- */

static bool is_filter(const char *text)
{
    const char *equals = strchr(text, '=');
    return equals && equals > text;
}

static bool take_filters(const struct watch_words *words, enum schema_name record,
                         struct watch_filter filters[FILTERS_MAX], char *known, size_t size)
{
    for (size_t i = 0; i < words->filters.count; i++) {
        const char *text = words->filters.items[i], *equals = strchr(text, '=');
        filters[i] = (struct watch_filter){ { text, (size_t)(equals - text) }, bytes_of(equals + 1) };
        if (!watch_has_field(record, filters[i].field, known, size))
            return false;
    }
    return true;
}

/* --- the whole --- */

static bool has_colour(const struct watch_words *words)
{
    if (words->colour != COLOUR_AUTO)
        return words->colour == COLOUR_ALWAYS;
    return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
}

static int exit_code_of(enum tail_end end)
{
    static const int codes[] = {
        [TAIL_DONE] = EXIT_DONE,         [TAIL_FAILED] = EXIT_FAILED, [TAIL_UNREACHABLE] = EXIT_UNREACHABLE,
        [TAIL_NO_TOPIC] = EXIT_NO_INPUT, [TAIL_CONFIG] = EXIT_CONFIG, [TAIL_INTERRUPTED] = EXIT_DONE,
    };
    return codes[end];
}

static int watch(const struct watch_words *words, const struct settings *settings,
                 const struct topic_row *row)
{
    char error[512] = "", known[1024], topic[PIPELINE_TOPIC_BYTES];
    struct watch_filter filters[FILTERS_MAX];
    if (!take_filters(words, row->record, filters, known, sizeof(known)))
        return options_refuse(&watch_options, "%s have no such field to filter by; there are: %s", row->name,
                              known);
    if (!pipeline_topic_name(words->prefix ? words->prefix : settings->output_prefix, row->topic, topic))
        return options_refuse(&watch_options, "the prefix is too long for a topic's name");
    struct watch_job job = {
        .tail = { .properties = kafka_words_properties(words->bootstrap_servers, &words->properties,
                                                       settings),
                  .topic = topic,
                  .until_end = words->until_end },
        .reader = reader_of(settings, row),
        .filters = filters,
        .filters_count = words->filters.count,
        .json = words->json,
        .colour = has_colour(words),
        .to = stdout,
    };
    read_from(words->from ? words->from : "now", &job.tail);
    enum tail_end end = watch_topic(&job, error, sizeof(error));
    if (error[0])
        fprintf(stderr, "bundelwacht watch: %s\n", error);
    kafka_words_free(job.tail.properties);
    return exit_code_of(end);
}

int watch_command(int argc, char **argv)
{
    struct watch_words words = { .config = NULL };
    struct settings settings = { 0 };
    struct arguments arguments;
    int code;
    if (!options_read(&watch_options, argc, argv, &words, &arguments, &code))
        return code;
    const struct topic_row *row = topic_of(&arguments);
    if (!row)
        return options_refuse(&watch_options,
                              "there is no topic \"%s\" to watch; there are alerts, episodes, decisions and "
                              "dead-letters",
                              arguments.items[0]);
    if (!words.config && (!words.bootstrap_servers || !words.prefix))
        return options_refuse(&watch_options, "it needs --config, or --bootstrap-servers and --prefix");
    if (!kafka_words_settings(words.config, &settings))
        return EXIT_CONFIG;
    code = watch(&words, &settings, row);
    settings_free(&settings);
    return code;
}
