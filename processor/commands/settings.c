#include "commands/settings_rows.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "book/yaml.h"
#include "commands/secrets.h"

#include <limits.h>
#include <stdarg.h>
#include <unistd.h>

enum { TEXT_BYTES_MAX = 1024, KAFKA_PROPERTIES_MAX = 512, QUARANTINE_MAX = 65536 };

/* --- the rows --- */

const struct setting_row setting_rows[SETTINGS_COUNT] = {
#define FIELD(field) offsetof(struct settings, field)
#define SETTING_TEXT(key, field, text, required, waits_for, help)                                            \
    { key, KIND_TEXT, FIELD(field), 0, 0, 0, text, "", required, waits_for, help },
#define SETTING_WHOLE(key, field, number, min, max, unit, waits_for, help)                                   \
    { key, KIND_WHOLE, FIELD(field), number, min, max, NULL, unit, false, waits_for, help },
#define SETTING_ORDINAL(key, field, number, min, max, unit, waits_for, help)                                 \
    { key, KIND_ORDINAL, FIELD(field), number, min, max, NULL, unit, false, waits_for, help },
#define SETTING_DURATION(key, field, number, min, max, waits_for, help)                                      \
    { key, KIND_DURATION, FIELD(field), number, min, max, NULL, "", false, waits_for, help },
#define SETTING_BOOLEAN(key, field, number, waits_for, help)                                                 \
    { key, KIND_BOOLEAN, FIELD(field), number, 0, 1, NULL, "", false, waits_for, help },
#define SETTING_CHOICE(key, field, number, words, waits_for, help)                                           \
    { key, KIND_CHOICE, FIELD(field), number, 0, 0, NULL, words, false, waits_for, help },
#include "commands/settings.def"
#undef FIELD
};

const struct duration_unit duration_units[DURATION_UNITS] = {
    { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 }
};

/* What a row has been given: a number, or a text for a TEXT. */
struct setting_value {
    int64_t number;
    const char *text;
};

static void store(struct settings *settings, const struct setting_row *row, struct setting_value value)
{
    void *field = (char *)settings + row->offset;
    switch (row->kind) {
    case KIND_TEXT:
        *(const char **)field = value.text;
        break;
    case KIND_BOOLEAN:
        *(bool *)field = value.number != 0;
        break;
    case KIND_CHOICE:
        *(int *)field = (int)value.number;
        break;
    default:
        *(int64_t *)field = value.number;
    }
}

/* --- loading: three sources that say where a value stands --- */

struct loading {
    struct yaml_document document;
    struct settings *settings;
    bool given[SETTINGS_COUNT];
    struct kafka_property *kafka; /* room for KAFKA_PROPERTIES_MAX */
    size_t kafka_count;
    struct quarantined *quarantine; /* room for QUARANTINE_MAX */
    size_t quarantine_count;
    finding_sink *sink;
    void *context;
};

/* A place: a node of the file, or the name of a flag or a variable. */
struct source {
    const struct yaml_node *node;
    const char *name;
};

/* Secrets stand in the file too (kafka: sasl.password): a line that may hold one is not shown, nor are the
 * keys that were made of it. */
static void pass_finding(void *context, const struct finding *finding)
{
    struct loading *loading = context;
    struct finding shown = *finding;
    if (shown.source && !settings_line_is_harmless(loading->document.text, shown.line)) {
        shown.source = NULL;
        shown.message = shown.code == finding_code_at(FINDING_KEY_TWICE) ? "a key stands twice in one map"
                                                                         : shown.message;
    }
    loading->sink(loading->context, &shown);
}

static void report(struct loading *loading, struct source source, enum finding_code code, const char *message)
{
    if (source.node) {
        yaml_report(&loading->document, source.node, code, "%s", message);
        return;
    }
    const char *file = loading->document.name;
    loading->document.name = source.name;
    yaml_report(&loading->document, NULL, FINDING_FLAG, "%s", message);
    loading->document.name = file;
}

/* Writes the message and is false, so that it can be returned. */
__attribute__((format(printf, 2, 3))) static bool wrong(char message[256], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, 256, format, arguments);
    va_end(arguments);
    return false;
}

/* --- values from text: the same for file, environment and flags --- */

static bool whole_value(const struct setting_row *row, struct bytes text, struct setting_value *ret_value,
                        char message[256], enum finding_code *ret_code)
{
    char shown[QUOTED_BYTES];
    int64_t number;
    *ret_code = whole_from_text(text, &number) ? FINDING_BOUNDS : FINDING_NUMBER_FORM;
    if (*ret_code == FINDING_NUMBER_FORM || number < row->min || number > row->max)
        return wrong(message, "%s must be a whole number from %lld to %lld%s, not %s", row->key,
                     (long long)row->min, (long long)row->max, row->kind == KIND_ORDINAL ? " or auto" : "",
                     quoted(text, shown));
    ret_value->number = number;
    return true;
}

static bool ordinal_value(const struct setting_row *row, struct bytes text, struct setting_value *ret_value,
                          char message[256], enum finding_code *ret_code)
{
    char host[256] = "", shown[QUOTED_BYTES];
    if (!bytes_equal(text, BYTES("auto")))
        return whole_value(row, text, ret_value, message, ret_code);
    *ret_code = FINDING_BOUNDS;
    if (gethostname(host, sizeof(host) - 1) == 0 && process_of_host(host, &ret_value->number))
        return true;
    return wrong(message, "%s: auto takes the last number of the host name, and %s has none from 0 to %lld",
                 row->key, quoted(bytes_of(host), shown), (long long)row->max);
}

static bool duration_value(const struct setting_row *row, struct bytes text, struct setting_value *ret_value,
                           char message[256], enum finding_code *ret_code)
{
    char shown[QUOTED_BYTES];
    size_t digits = 0;
    while (digits < text.length && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    struct bytes unit = { text.data + digits, text.length - digits };
    int64_t number;
    *ret_code = FINDING_NUMBER_FORM;
    for (size_t i = 0; i < DURATION_UNITS && whole_from_text((struct bytes){ text.data, digits }, &number);
         i++) {
        if (!bytes_equal(unit, bytes_of(duration_units[i].unit)))
            continue;
        *ret_code = FINDING_BOUNDS;
        if (number > row->max / duration_units[i].milliseconds ||
            number * duration_units[i].milliseconds < row->min)
            return wrong(message, "%s must be from %lldms to %lldms, not %s", row->key, (long long)row->min,
                         (long long)row->max, quoted(text, shown));
        ret_value->number = number * duration_units[i].milliseconds;
        return true;
    }
    return wrong(message, "%s must be a whole number with a unit, ms, s, min or h, such as 200ms, not %s",
                 row->key, quoted(text, shown));
}

bool setting_word(const char **at, struct bytes *ret_word)
{
    *at += strspn(*at, ", ");
    *ret_word = (struct bytes){ *at, strcspn(*at, ",") };
    *at += ret_word->length;
    return ret_word->length > 0;
}

static bool choice_value(const struct setting_row *row, struct bytes text, struct setting_value *ret_value,
                         char message[256], enum finding_code *ret_code)
{
    char shown[QUOTED_BYTES], meant[SUGGESTION_BYTES];
    struct suggestion suggestion = suggest_init(text);
    struct bytes word;
    const char *at = row->words;
    for (int64_t i = 0; setting_word(&at, &word); i++) {
        suggest_try(&suggestion, word);
        if (!bytes_equal(word, text))
            continue;
        ret_value->number = i;
        return true;
    }
    *ret_code = FINDING_WORD;
    return wrong(message, "%s must be one of %s, not %s%s", row->key, row->words, quoted(text, shown),
                 suggest_text(&suggestion, meant));
}

static bool boolean_value(const struct setting_row *row, struct bytes text, struct setting_value *ret_value,
                          char message[256], enum finding_code *ret_code)
{
    char shown[QUOTED_BYTES];
    ret_value->number = bytes_equal(text, BYTES("true"));
    *ret_code = FINDING_TYPE;
    return ret_value->number || bytes_equal(text, BYTES("false")) ||
           wrong(message, "%s must be true or false, not %s", row->key, quoted(text, shown));
}

static bool text_value(struct arena *arena, const struct setting_row *row, struct bytes text,
                       struct setting_value *ret_value, char message[256], enum finding_code *ret_code)
{
    *ret_code = FINDING_NAME_FORM;
    if (text.length == 0 || text.length > TEXT_BYTES_MAX || !is_utf8_text(text) ||
        memchr(text.data, '\0', text.length))
        return wrong(message, "%s must be 1 to %d bytes of printable text", row->key, TEXT_BYTES_MAX);
    char *copy = arena_alloc(arena, text.length + 1);
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    ret_value->text = copy;
    return true;
}

static bool value_of(struct arena *arena, const struct setting_row *row, struct bytes text,
                     struct setting_value *ret_value, char message[256], enum finding_code *ret_code)
{
    switch (row->kind) {
    case KIND_WHOLE:
        return whole_value(row, text, ret_value, message, ret_code);
    case KIND_ORDINAL:
        return ordinal_value(row, text, ret_value, message, ret_code);
    case KIND_DURATION:
        return duration_value(row, text, ret_value, message, ret_code);
    case KIND_BOOLEAN:
        return boolean_value(row, text, ret_value, message, ret_code);
    case KIND_CHOICE:
        return choice_value(row, text, ret_value, message, ret_code);
    default:
        return text_value(arena, row, text, ret_value, message, ret_code);
    }
}

static bool is_default(const struct setting_row *row, struct setting_value value)
{
    return row->kind == KIND_TEXT ? bytes_equal(bytes_of(row->text), bytes_of(value.text))
                                  : row->number == value.number;
}

static void set(struct loading *loading, const struct setting_row *row, struct bytes text,
                struct source source)
{
    struct setting_value value = { 0, NULL };
    enum finding_code code = FINDING_TYPE;
    char message[256];
    loading->given[row - setting_rows] = true;
    if (!value_of(loading->document.arena, row, text, &value, message, &code)) {
        report(loading, source, code, message);
    } else if (row->waits_for && !is_default(row, value)) {
        snprintf(message, sizeof(message),
                 "%s waits for %s, which is not built yet: only its default is accepted", row->key,
                 row->waits_for);
        report(loading, source, FINDING_LATER, message);
    } else {
        store(loading->settings, row, value);
    }
}

/* --- what has no row: kafka and quarantine --- */

/* NAME.file: the property's value is in that file. False after a finding. */
static bool take_secret_file(struct loading *loading, struct bytes *name, struct bytes *value,
                             struct source source)
{
    size_t length = secret_file_property(*name);
    char path[PATH_MAX], error[256];
    if (length == 0)
        return true;
    if (value->length == 0 || value->length >= sizeof(path)) {
        report(loading, source, FINDING_NAME_FORM,
               "kafka: a property whose name ends with .file is the path of a file");
        return false;
    }
    memcpy(path, value->data, value->length);
    path[value->length] = '\0';
    if (!secret_file_read(loading->document.arena, path, value, error)) {
        report(loading, source, FINDING_FILE, error);
        return false;
    }
    name->length = length;
    return true;
}

static void set_kafka(struct loading *loading, struct bytes name, struct bytes value, struct source source)
{
    static const struct {
        struct bytes prefix;
        enum kafka_client client;
    } prefixes[] = { { BYTES("consumer."), KAFKA_CONSUMER }, { BYTES("producer."), KAFKA_PRODUCER } };
    enum kafka_client client = KAFKA_BOTH;
    for (size_t i = 0; i < COUNT(prefixes); i++)
        if (bytes_begin_with(name, prefixes[i].prefix)) {
            client = prefixes[i].client;
            name = (struct bytes){ name.data + prefixes[i].prefix.length,
                                   name.length - prefixes[i].prefix.length };
        }
    if (name.length == 0 || name.length > 256 || !is_utf8_text(name) ||
        memchr(value.data, '\0', value.length)) {
        report(loading, source, FINDING_NAME_FORM,
               "kafka: a property has a name and a value without a zero byte");
        return;
    }
    if (!take_secret_file(loading, &name, &value, source))
        return;
    struct arena *arena = loading->document.arena;
    struct kafka_property property = { client, NULL, NULL };
    char *copy = arena_zeroed(arena, name.length + value.length + 2);
    memcpy(copy, name.data, name.length);
    memcpy(copy + name.length + 1, value.data, value.length);
    property.name = copy;
    property.value = copy + name.length + 1;
    for (size_t i = 0; i < loading->kafka_count; i++)
        if (loading->kafka[i].client == client && strcmp(loading->kafka[i].name, property.name) == 0) {
            loading->kafka[i] = property;
            return;
        }
    if (loading->kafka_count == KAFKA_PROPERTIES_MAX)
        report(loading, source, FINDING_SIZE, "kafka: there are too many properties");
    else
        loading->kafka[loading->kafka_count++] = property;
}

/* topic/partition/offset; a topic's name has no slash. */
static void set_quarantined(struct loading *loading, struct bytes text, struct source source)
{
    char message[256], shown[QUOTED_BYTES];
    int64_t numbers[2] = { -1, -1 };
    struct bytes left = text;
    for (int i = 1; i >= 0; i--) {
        size_t behind = left.length;
        while (behind > 0 && left.data[behind - 1] != '/')
            behind--;
        bool number =
            behind > 0 &&
            whole_from_text((struct bytes){ left.data + behind, left.length - behind }, &numbers[i]);
        left.length = number ? behind - 1 : 0;
    }
    if (left.length == 0 || left.length > 249 || memchr(left.data, '/', left.length) || numbers[0] < 0 ||
        numbers[0] >= INT32_MAX || numbers[1] < 0) {
        snprintf(message, sizeof(message), "quarantine: %s is not topic/partition/offset",
                 quoted(text, shown));
        report(loading, source, FINDING_NAME_FORM, message);
        return;
    }
    if (loading->quarantine_count == QUARANTINE_MAX) {
        report(loading, source, FINDING_SIZE, "quarantine: there are too many entries");
        return;
    }
    char *topic = arena_zeroed(loading->document.arena, left.length + 1);
    memcpy(topic, left.data, left.length);
    loading->quarantine[loading->quarantine_count++] =
        (struct quarantined){ topic, (int32_t)numbers[0], numbers[1] };
}

static int compare_quarantined(const void *a, const void *b)
{
    const struct quarantined *left = a, *right = b;
    int order = strcmp(left->topic, right->topic);
    if (order == 0)
        order = (left->partition > right->partition) - (left->partition < right->partition);
    return order ? order : (left->offset > right->offset) - (left->offset < right->offset);
}

static int compare_clients(const void *a, const void *b)
{
    const struct kafka_property *left = a, *right = b;
    int order = (left->client != KAFKA_BOTH) - (right->client != KAFKA_BOTH);
    return order ? order : strcmp(left->name, right->name);
}

/* --- the file --- */

/* `key` is `prefix` itself, or stands below it. */
static bool is_below(const char *key, const char *prefix)
{
    size_t length = strlen(prefix);
    return length == 0 || (strncmp(key, prefix, length) == 0 && (key[length] == '.' || key[length] == '\0'));
}

static const struct setting_row *find_row(const char *key)
{
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        if (strcmp(setting_rows[i].key, key) == 0)
            return &setting_rows[i];
    return NULL;
}

static bool is_section(const char *key)
{
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        if (is_below(setting_rows[i].key, key) && strcmp(setting_rows[i].key, key) != 0)
            return true;
    return false;
}

/* The names that may stand directly below a section, for "did you mean". */
static void report_unknown(struct loading *loading, const struct yaml_node *key, const char *section)
{
    char message[256], shown[QUOTED_BYTES], meant[SUGGESTION_BYTES];
    struct suggestion suggestion = suggest_init(key->text);
    size_t skip = strlen(section) + (*section != '\0');
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        if (is_below(setting_rows[i].key, section) && strcmp(setting_rows[i].key, section) != 0)
            suggest_try(&suggestion, (struct bytes){ setting_rows[i].key + skip,
                                                     strcspn(setting_rows[i].key + skip, ".") });
    if (*section == '\0') {
        suggest_try(&suggestion, BYTES("kafka"));
        suggest_try(&suggestion, BYTES("quarantine"));
    }
    snprintf(message, sizeof(message), "%s%s no key %s%s", *section ? section : "settings have",
             *section ? " has" : "", quoted(key->text, shown), suggest_text(&suggestion, meant));
    report(loading, (struct source){ key, NULL }, FINDING_KEY_UNKNOWN, message);
}

static void take_value(struct loading *loading, const struct setting_row *row, const struct yaml_node *node)
{
    struct source source = { node, NULL };
    bool nullable = row->kind == KIND_TEXT && !row->required && !row->text;
    bool text = row->kind == KIND_TEXT || row->kind == KIND_CHOICE || row->kind == KIND_DURATION;
    if (nullable && yaml_is_null(node))
        return;
    if (row->kind == KIND_TEXT) {
        struct bytes value = yaml_text(&loading->document, node);
        if (!bytes_is_null(value))
            set(loading, row, value, source);
        loading->given[row - setting_rows] = true;
        return;
    }
    if (node->kind == YAML_SCALAR && !yaml_is_null(node) && (text || !node->quoted)) {
        set(loading, row, node->text, source);
        return;
    }
    char message[256];
    snprintf(message, sizeof(message), "%s must be one %s", row->key,
             text                        ? "word"
             : node->kind == YAML_SCALAR ? "value without quotes"
                                         : "value");
    report(loading, source, FINDING_TYPE, message);
    loading->given[row - setting_rows] = true;
}

static void take_kafka(struct loading *loading, const struct yaml_node *node)
{
    if (node->kind != YAML_MAP) {
        report(loading, (struct source){ node, NULL }, FINDING_TYPE,
               "kafka must be a map of properties of librdkafka");
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        struct source source = { &entry->key, NULL };
        if (entry->value.kind != YAML_SCALAR || yaml_is_null(&entry->value))
            report(loading, source, FINDING_TYPE, "kafka: the value of a property must be one text");
        else
            set_kafka(loading, entry->key.text, entry->value.text, source);
    }
}

static void take_quarantine(struct loading *loading, const struct yaml_node *node)
{
    if (!yaml_is_list(&loading->document, node, QUARANTINE_MAX))
        return;
    for (size_t i = 0; i < node->count; i++) {
        struct bytes text = yaml_text(&loading->document, &node->items[i]);
        if (!bytes_is_null(text))
            set_quarantined(loading, text, (struct source){ &node->items[i], NULL });
    }
}

static void take_section(struct loading *loading, const struct yaml_node *node, const char *section)
{
    char key[QUOTED_BYTES + FLAG_BYTES_MAX];
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        bool top = *section == '\0';
        snprintf(key, sizeof(key), "%s%s%.*s", section, top ? "" : ".",
                 entry->key.text.length > 60 ? 60 : (int)entry->key.text.length, entry->key.text.data);
        bool plain = entry->key.text.length > 0 && entry->key.text.length <= 60 &&
                     !memchr(entry->key.text.data, '.', entry->key.text.length);
        const struct setting_row *row = plain ? find_row(key) : NULL;
        if (row)
            take_value(loading, row, &entry->value);
        else if (top && bytes_equal(entry->key.text, BYTES("kafka")))
            take_kafka(loading, &entry->value);
        else if (top && bytes_equal(entry->key.text, BYTES("quarantine")))
            take_quarantine(loading, &entry->value);
        else if (!plain || !is_section(key))
            report_unknown(loading, &entry->key, section);
        else if (entry->value.kind != YAML_MAP)
            report(loading, (struct source){ &entry->key, NULL }, FINDING_TYPE,
                   "a section must be a map of keys");
        else
            take_section(loading, &entry->value, key);
    }
}

/* --- the environment and the command line --- */

void setting_name(const char *key, const char *prefix, bool upper, char name[FLAG_BYTES_MAX])
{
    int at = snprintf(name, FLAG_BYTES_MAX, "%s", prefix);
    for (; *key && at < FLAG_BYTES_MAX - 1; key++, at++)
        name[at] = *key == '.' || *key == '_'            ? (upper ? '_' : '-')
                   : upper && *key >= 'a' && *key <= 'z' ? (char)(*key - 'a' + 'A')
                                                         : *key;
    name[at] = '\0';
}

static const struct setting_row *row_named(struct bytes name, const char *prefix, bool upper)
{
    char known[FLAG_BYTES_MAX];
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        setting_name(setting_rows[i].key, prefix, upper, known);
        if (bytes_equal(bytes_of(known), name))
            return &setting_rows[i];
    }
    return NULL;
}

/* BUNDELWACHT_KAFKA_SASL_PASSWORD is sasl.password: properties have points, and variables cannot. */
static void take_kafka_variable(struct loading *loading, struct bytes name, struct bytes value,
                                struct source source)
{
    char property[256];
    size_t skip = strlen(ENVIRONMENT_PREFIX "KAFKA_"), length = name.length - skip;
    if (length == 0 || length >= sizeof(property))
        return;
    for (size_t i = 0; i < length; i++) {
        char c = name.data[skip + i];
        property[i] = c == '_' ? '.' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    set_kafka(loading, (struct bytes){ property, length }, value, source);
}

static void take_quarantine_text(struct loading *loading, const char *text, struct source source)
{
    struct bytes word;
    while (setting_word(&text, &word))
        set_quarantined(loading, word, source);
}

/* Not ours: main has obeyed the first, the failpoints of the tests the others (system/failpoint.h). */
static bool is_no_setting(const char *variable)
{
    static const char *const others[] = { "BUNDELWACHT_CORE=1",
                                          "BUNDELWACHT_FAILPOINT_KILL=", "BUNDELWACHT_FAILPOINT_STOP=" };
    for (size_t i = 0; i < COUNT(others); i++)
        if (strncmp(variable, others[i], strlen(others[i])) == 0)
            return true;
    return false;
}

static void take_variable(struct loading *loading, const char *variable)
{
    const char *equals = strchr(variable, '=');
    if (is_no_setting(variable))
        return;
    if (!equals || strncmp(variable, ENVIRONMENT_PREFIX, strlen(ENVIRONMENT_PREFIX)) != 0 ||
        equals[1] == '\0')
        return;
    char shown[128];
    struct bytes name = { variable, (size_t)(equals - variable) }, value = bytes_of(equals + 1);
    snprintf(shown, sizeof(shown), "%.*s", name.length > 100 ? 100 : (int)name.length, name.data);
    struct source source = { NULL, shown };
    const struct setting_row *row = row_named(name, ENVIRONMENT_PREFIX, true);
    if (row)
        set(loading, row, value, source);
    else if (bytes_begin_with(name, BYTES(ENVIRONMENT_PREFIX "KAFKA_")))
        take_kafka_variable(loading, name, value, source);
    else if (bytes_equal(name, BYTES(ENVIRONMENT_PREFIX "QUARANTINE")))
        take_quarantine_text(loading, equals + 1, source);
    else
        yaml_report(&loading->document, NULL, FINDING_ENVIRONMENT, "%s is no setting, and is ignored", shown);
}

/* Its flag as the source of a finding. */
static struct source source_of_flag(const struct setting_row *row, char name[FLAG_BYTES_MAX])
{
    setting_name(row->key, "--", false, name);
    return (struct source){ NULL, name };
}

static void take_flags(struct loading *loading, const struct setting_flags *flags)
{
    char name[FLAG_BYTES_MAX];
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        if (flags->texts[i])
            set(loading, &setting_rows[i], bytes_of(flags->texts[i]), source_of_flag(&setting_rows[i], name));
    for (size_t i = 0; i < flags->kafka.count; i++) {
        const char *text = flags->kafka.items[i], *equals = strchr(text, '=');
        set_kafka(loading, (struct bytes){ text, (size_t)(equals - text) }, bytes_of(equals + 1),
                  (struct source){ NULL, "--kafka" });
    }
    for (size_t i = 0; i < flags->quarantine.count; i++)
        take_quarantine_text(loading, flags->quarantine.items[i], (struct source){ NULL, "--quarantine" });
}

/* --- all together --- */

void settings_set_defaults(struct settings *settings)
{
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        store(settings, &setting_rows[i],
              (struct setting_value){ setting_rows[i].number,
                                      setting_rows[i].required ? NULL : setting_rows[i].text });
}

static void report_missing(struct loading *loading, const char *key)
{
    char flag[FLAG_BYTES_MAX], variable[FLAG_BYTES_MAX];
    setting_name(key, "--", false, flag);
    setting_name(key, ENVIRONMENT_PREFIX, true, variable);
    yaml_report(&loading->document, NULL, FINDING_KEY_MISSING,
                "the setting %s is missing (in the file, as %s or as %s)", key, flag, variable);
}

static void check_together(struct loading *loading)
{
    const struct settings *settings = loading->settings;
    bool one_schema = settings->input_schema != NULL;
    bool needs_no_schemas = one_schema || settings->input_framing == FRAMING_JSON;
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        if (setting_rows[i].required && !loading->given[i] &&
            !(needs_no_schemas && strcmp(setting_rows[i].key, "input.schemas") == 0))
            report_missing(loading, setting_rows[i].key);
    if (one_schema && settings->input_framing != FRAMING_RAW)
        yaml_report(&loading->document, NULL, FINDING_TYPE,
                    "input.schema is for framing raw; with others give a directory as input.schemas");
    else if (one_schema && settings->input_schemas)
        yaml_report(&loading->document, NULL, FINDING_TWICE,
                    "input.schema and input.schemas are both given: leave one out");
    if (!settings_kafka(settings, KAFKA_BOTH, "bootstrap.servers") &&
        !settings_kafka(settings, KAFKA_BOTH, "metadata.broker.list"))
        yaml_report(
            &loading->document, NULL, FINDING_KEY_MISSING,
            "kafka needs bootstrap.servers (in the file, as --kafka bootstrap.servers=HOST:PORT or as "
                    ENVIRONMENT_PREFIX "KAFKA_BOOTSTRAP_SERVERS)");
}

static void take_file(struct loading *loading, const char *path)
{
    struct bytes text;
    if (!path || !yaml_read_file(&loading->document, path, &text))
        return;
    const struct yaml_node *root = yaml_parse(&loading->document, text);
    if (root)
        take_section(loading, root, "");
}

static void publish(struct loading *loading)
{
    struct settings *settings = loading->settings;
    qsort(loading->kafka, loading->kafka_count, sizeof(*loading->kafka), compare_clients);
    qsort(loading->quarantine, loading->quarantine_count, sizeof(*loading->quarantine), compare_quarantined);
    size_t left = 0;
    for (size_t i = 0; i < loading->quarantine_count; i++)
        if (left == 0 || compare_quarantined(&loading->quarantine[left - 1], &loading->quarantine[i]) != 0)
            loading->quarantine[left++] = loading->quarantine[i];
    settings->kafka = loading->kafka;
    settings->kafka_count = loading->kafka_count;
    settings->quarantine = loading->quarantine;
    settings->quarantine_count = left;
}

bool settings_load(const char *path, const struct setting_flags *flags, char *const *environment,
                   struct settings *ret_settings, finding_sink *sink, void *context)
{
    struct arena *arena = memory_alloc_zeroed(1, sizeof(*arena));
    arena_init(arena, 0);
    *ret_settings = (struct settings){ .memory = arena };
    struct loading loading = { .settings = ret_settings, .sink = sink, .context = context };
    loading.document = (struct yaml_document){
        .name = path ? path : "settings",
        .arena = arena,
        .sink = pass_finding,
        .context = &loading,
        .wants_warnings = true,
    };
    loading.kafka = ARENA_ARRAY(arena, struct kafka_property, KAFKA_PROPERTIES_MAX);
    loading.quarantine = ARENA_ARRAY(arena, struct quarantined, QUARANTINE_MAX);
    settings_set_defaults(ret_settings);
    take_file(&loading, path);
    for (; environment && *environment; environment++)
        take_variable(&loading, *environment);
    if (flags)
        take_flags(&loading, flags);
    publish(&loading);
    if (loading.document.errors_count == 0)
        check_together(&loading);
    if (loading.document.errors_count == 0)
        return true;
    settings_free(ret_settings);
    return false;
}

void settings_free(struct settings *settings)
{
    if (settings->memory) {
        arena_release(settings->memory);
        memory_free(settings->memory);
    }
    *settings = (struct settings){ 0 };
}

const char *settings_kafka(const struct settings *settings, enum kafka_client client, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < settings->kafka_count; i++)
        if ((settings->kafka[i].client == client || settings->kafka[i].client == KAFKA_BOTH) &&
            strcmp(settings->kafka[i].name, name) == 0)
            value = settings->kafka[i].value; /* what is meant for one client comes later */
    return value;
}

bool process_of_host(const char *host, int64_t *ret_process)
{
    size_t end = strlen(host), begin;
    while (end > 0 && (host[end - 1] < '0' || host[end - 1] > '9'))
        end--;
    begin = end;
    while (begin > 0 && host[begin - 1] >= '0' && host[begin - 1] <= '9')
        begin--;
    int64_t number = 0;
    for (size_t i = begin; i < end && number <= 999; i++) /* leading zeros are common in names of hosts */
        number = number * 10 + (host[i] - '0');
    if (begin == end || number > 999)
        return false;
    *ret_process = number;
    return true;
}
