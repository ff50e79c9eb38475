/* settings_help.c - the rows of settings.def as options of `run`, and as the file that is shipped. */
#include "commands/settings_rows.h"

#include <stdio.h>
#include <string.h>

enum {
    SHORT_NAMES = 1,
    LISTS = 2,
    OPTIONS_COUNT = SETTINGS_COUNT + SHORT_NAMES + LISTS,
    HELP_BYTES = 768,
    DEFAULT_BYTES = 256,
    COMMENT_COLUMNS = 110
};

const char settings_about[] =
    "Every setting is an option, too. An option wins over the environment (" ENVIRONMENT_PREFIX
    "INPUT_TOPIC for --input-topic), that over\n"
    "the file (input: {topic: ...}).";

static const char *duration_text(int64_t milliseconds, char text[32])
{
    size_t unit = DURATION_UNITS - 1;
    while (unit > 0 && milliseconds % duration_units[unit].milliseconds != 0)
        unit--;
    snprintf(text, 32, "%lld%s", (long long)(milliseconds / duration_units[unit].milliseconds),
             duration_units[unit].unit);
    return text;
}

static const char *choice_text(const struct setting_row *row, char text[32])
{
    struct bytes word = BYTES_NULL;
    const char *at = row->words;
    for (int64_t i = 0; i <= row->number; i++)
        setting_word(&at, &word);
    snprintf(text, 32, "%.*s", BYTES_ARGS(word));
    return text;
}

/* The default and the bounds, as they stand in the help. */
static void describe_default(const struct setting_row *row, char text[DEFAULT_BYTES])
{
    char known[32], min[32], max[32];
    switch (row->kind) {
    case KIND_TEXT:
        snprintf(text, DEFAULT_BYTES, "%s", row->required ? "required" : row->text ? row->text : "none");
        break;
    case KIND_BOOLEAN:
        snprintf(text, DEFAULT_BYTES, "%s", row->number ? "true" : "false");
        break;
    case KIND_DURATION:
        snprintf(text, DEFAULT_BYTES, "%s; %s to %s", duration_text(row->number, known),
                 duration_text(row->min, min), duration_text(row->max, max));
        break;
    case KIND_CHOICE:
        snprintf(text, DEFAULT_BYTES, "%s; one of %s", choice_text(row, known), row->words);
        break;
    default:
        snprintf(text, DEFAULT_BYTES, "%lld; %lld to %lld%s%s", (long long)row->number, (long long)row->min,
                 (long long)row->max, *row->words ? " " : "", row->words);
    }
}

static struct option option_of(const struct setting_row *row, char name[FLAG_BYTES_MAX],
                               char help[HELP_BYTES])
{
    static const char *const values[] = { [KIND_TEXT] = "TEXT",          [KIND_WHOLE] = "N",
                                          [KIND_ORDINAL] = "N|auto",     [KIND_DURATION] = "TIME",
                                          [KIND_BOOLEAN] = "true|false", [KIND_CHOICE] = "WORD" };
    char known[DEFAULT_BYTES];
    setting_name(row->key, "", false, name);
    describe_default(row, known);
    snprintf(help, HELP_BYTES, "%s (%s%s%s)", row->help, known,
             row->waits_for ? "; only the default so far: waits for " : "",
             row->waits_for ? row->waits_for : "");
    return (struct option){ .name = name,
                            .value = values[row->kind],
                            .help = help,
                            .kind = OPTION_KIND_TEXT,
                            .flags = row->kind == KIND_BOOLEAN ? OPTION_MAY_BE_ALONE : 0,
                            .offset = (size_t)(row - setting_rows) * sizeof(const char *) +
                                      offsetof(struct setting_flags, texts) };
}

static void make_options(struct option options[OPTIONS_COUNT])
{
    static char names[SETTINGS_COUNT][FLAG_BYTES_MAX], helps[SETTINGS_COUNT][HELP_BYTES];
    static const struct option others[] = {
        { .name = "create-topics",
          .value = "true|false",
          .help = "as --output-create-topics",
          .kind = OPTION_KIND_TEXT,
          .flags = OPTION_MAY_BE_ALONE,
          .offset = offsetof(struct setting_flags, texts[SETTING_AT_output_create_topics]) },
        TEXTS(setting_flags, kafka, "kafka", "NAME=VALUE", OPTION_TEXTS_MAX, OPTION_PROPERTY, NULL,
              "any property of librdkafka; consumer.NAME and producer.NAME for one of the clients; may be "
              "repeated. A secret stands in a "
              "file (0640 or 0600): sasl.password.file=FILE, also ssl.key.password.file, "
              "ssl.keystore.password.file, "
              "sasl.oauthbearer.config.file and sasl.oauthbearer.client.secret.file. Give secrets so, or in "
              "the file of settings: on the "
              "command line, where other users see them until the program has started and made them empty, "
              "they are not safe"),
        TEXTS(setting_flags, quarantine, "quarantine", "TOPIC/PARTITION/OFFSET", OPTION_TEXTS_MAX, 0, NULL,
              "a record to be set aside as a dead letter; may be repeated"),
    };
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        options[i] = option_of(&setting_rows[i], names[i], helps[i]);
    memcpy(&options[SETTINGS_COUNT], others, sizeof(others));
}

const struct option *settings_options(size_t *ret_count)
{
    static struct option options[OPTIONS_COUNT];
    if (!options[0].name)
        make_options(options);
    *ret_count = OPTIONS_COUNT;
    return options;
}

/* --- the rows as a file --- */

static void print_value(FILE *stream, const struct setting_row *row)
{
    char text[32];
    switch (row->kind) {
    case KIND_TEXT:
        fprintf(stream, "%s\n", row->text ? row->text : "null");
        break;
    case KIND_BOOLEAN:
        fprintf(stream, "%s\n", row->number ? "true" : "false");
        break;
    case KIND_DURATION:
        fprintf(stream, "%s\n", duration_text(row->number, text));
        break;
    case KIND_CHOICE:
        fprintf(stream, "%s\n", choice_text(row, text));
        break;
    default:
        fprintf(stream, "%lld\n", (long long)row->number);
    }
}

/* Opens the sections of a key that the key before it did not stand in; how deep the key stands. */
static int print_sections(FILE *stream, const char *key, const char *before)
{
    int depth = 0;
    bool same = true;
    for (const char *point; (point = strchr(key, '.')) != NULL; key = point + 1, depth++) {
        size_t length = (size_t)(point - key) + 1;
        same = same && strncmp(key, before, length) == 0;
        before += same ? length : 0;
        if (!same)
            fprintf(stream, "%s%*s%.*s:\n", depth == 0 ? "\n" : "", 2 * depth, "", (int)length - 1, key);
    }
    return depth;
}

static void print_comment(FILE *stream, int indent, const char *text)
{
    int at = 0; /* 0: the line has not begun */
    for (int length; *text; text += length + (int)strspn(text + length, " ")) {
        length = (int)strcspn(text, " ");
        if (at > 0 && at + 1 + length > COMMENT_COLUMNS) {
            fputc('\n', stream);
            at = 0;
        }
        if (at == 0)
            at = fprintf(stream, "%*s#", indent, "");
        at += fprintf(stream, " %.*s", length, text);
    }
    fputc('\n', stream);
}

static const char file_head[] =
    "# Settings of `bundelwacht run`: every one, with its default unless it is required. Made by\n"
    "# `bundelwacht help settings` from processor/commands/settings.def. An option (--input-topic) wins over "
    "the\n"
    "# environment (BUNDELWACHT_INPUT_TOPIC), that over this file. Durations carry a unit: ms, s, min, "
    "h.\n\n";
static const char file_tail[] =
    "\n"
    "# Records to be set aside as dead letters: topic/partition/offset.\n"
    "quarantine: []\n"
    "\n"
    "# Any property of librdkafka, for both clients; consumer.* and producer.* for one of them. Secrets: "
    "keys and\n"
    "# certificates by librdkafka's own ssl.key.location and ssl.certificate.location, the others as "
    "NAME.file, a\n"
    "# file that others may not read (0640 or 0600): sasl.password.file, ssl.key.password.file,\n"
    "# ssl.keystore.password.file, sasl.oauthbearer.config.file, sasl.oauthbearer.client.secret.file. For "
    "example\n"
    "# `sasl.password.file: /etc/bundelwacht/sasl.password`.\n"
    "kafka:\n"
    "  bootstrap.servers: localhost:9092 # (required)\n";

void settings_print_file(FILE *stream)
{
    size_t count;
    const struct option *options = settings_options(&count);
    const char *before = "";
    fputs(file_head, stream);
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        const char *key = setting_rows[i].key, *point = strrchr(key, '.');
        int indent = 2 * print_sections(stream, key, before);
        print_comment(stream, indent, options[i].help);
        fprintf(stream, "%*s%s: ", indent, "", point ? point + 1 : key);
        print_value(stream, &setting_rows[i]);
        before = key;
    }
    fputs(file_tail, stream);
}
