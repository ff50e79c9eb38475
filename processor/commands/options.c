#include "commands/options.h"

#include "base/must.h"
#include "book/yaml.h"
#include "commands/commands.h"
#include "commands/secrets.h"
#include "engine/calendar.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 200 }; /* bytes of an argument in a sentence */

struct reading {
    const struct options *options;
    char *words;                    /* the struct of the command */
    bool said[OPTION_ROWS_MAX + 1]; /* by the place of a row; the last is --help */
    size_t count;
    int code;
};

/* A row that was found, and where it writes. */
struct found {
    const struct option *row;
    size_t at;
    void *field;
};

static const struct option help_row = { .name = "help", .kind = OPTION_KIND_HELP };

/* --- rows --- */

const struct option *options_row(const struct options *options, size_t at, size_t *ret_offset)
{
    size_t more_count = 0;
    const struct option *more = options->more ? options->more(&more_count) : NULL;
    must(options->rows_count + more_count <= OPTION_ROWS_MAX);
    *ret_offset = at < options->rows_count ? 0 : options->more_offset;
    if (at < options->rows_count)
        return &options->rows[at];
    return at - options->rows_count < more_count ? &more[at - options->rows_count] : NULL;
}

static size_t count_of(const struct options *options)
{
    size_t more_count = 0;
    if (options->more)
        options->more(&more_count);
    return options->rows_count + more_count;
}

/* --help is the row behind the last. */
static struct found found_at(const struct reading *reading, size_t at)
{
    size_t offset;
    if (at == reading->count)
        return (struct found){ &help_row, at, NULL };
    const struct option *row = options_row(reading->options, at, &offset);
    return (struct found){ row, at, reading->words + offset + row->offset };
}

/* --- what is said when it is wrong --- */

/* What is behind an `=` may be a secret; what is very long is no sentence. */
static int shown_length(const char *argument)
{
    size_t length = strcspn(argument, "=");
    return length > SHOWN_MAX ? SHOWN_MAX : (int)length;
}

int options_refuse(const struct options *options, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "bundelwacht %s: ", options->command);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nbundelwacht %s --help tells the options\n", options->command);
    return EXIT_USAGE;
}

static bool end(struct reading *reading, int code)
{
    reading->code = code;
    return false;
}

static bool is_unknown(struct reading *reading, const char *argument)
{
    const char *name = argument + strspn(argument, "-");
    struct suggestion meant = suggest_init((struct bytes){ name, strcspn(name, "=") });
    for (size_t at = 0; at <= reading->count; at++)
        suggest_try(&meant, bytes_of(found_at(reading, at).row->name));
    if (bytes_is_null(meant.best))
        return end(reading, options_refuse(reading->options, "there is no option \"%.*s\"",
                                           shown_length(argument), argument));
    return end(reading,
               options_refuse(reading->options, "there is no option \"%.*s\", did you mean \"--%.*s\"?",
                              shown_length(argument), argument, BYTES_ARGS(meant.best)));
}

static bool is_ambiguous(struct reading *reading, const char *argument, const struct option *one,
                         const struct option *other)
{
    return end(reading, options_refuse(reading->options, "\"%.*s\" could be --%s and --%s: write it out",
                                       shown_length(argument), argument, one->name, other->name));
}

/* What would be right: `a whole number from 1 to 64`, `one of all|bundles`, or what the value is called. */
static void expected(const struct option *row, char text[256])
{
    if (row->kind == OPTION_KIND_NUMBER)
        snprintf(text, 256, "a whole number from %lld to %lld", (long long)row->min, (long long)row->max);
    else if (row->kind == OPTION_KIND_DAY)
        snprintf(text, 256, "a day, as 2026-03-12");
    else
        snprintf(text, 256, "%s%s", row->kind == OPTION_KIND_CHOICE ? "one of " : "", row->value);
}

static bool is_full(const struct found *found)
{
    const struct option_texts *texts = found->field;
    return found->row->kind == OPTION_KIND_TEXTS && texts->count == (size_t)found->row->max;
}

static bool is_no_value(struct reading *reading, const struct option *row, const char *value)
{
    char wanted[256];
    expected(row, wanted);
    if (row->flags & (OPTION_SECRET | OPTION_PROPERTY))
        return end(reading, options_refuse(reading->options, "the value of --%s is wrong: it takes %s",
                                           row->name, wanted));
    return end(reading, options_refuse(reading->options, "\"%.*s\" is no value of --%s: it takes %s",
                                       shown_length(value), value, row->name, wanted));
}

/* --- values --- */

static void store(const struct found *found, int64_t number)
{
    switch (found->row->size) {
    case sizeof(bool):
        *(bool *)found->field = number != 0;
        break;
    case sizeof(int32_t):
        *(uint32_t *)found->field = (uint32_t)number;
        break;
    default:
        *(int64_t *)found->field = number;
        break;
    }
}

static bool take_number(const struct found *found, const char *value)
{
    char *behind;
    errno = 0;
    long long number = strtoll(value, &behind, 10);
    if (*value < '0' || *value > '9' || *behind || errno != 0 || number < found->row->min ||
        number > found->row->max)
        return false;
    store(found, number);
    return true;
}

static bool take_choice(const struct found *found, const char *value)
{
    const char *words = found->row->value, *rest;
    for (int64_t at = 0; *words; at++, words = rest) {
        size_t length = option_word(words, &rest);
        if (strlen(value) != length || memcmp(words, value, length) != 0)
            continue;
        store(found, at);
        return true;
    }
    return false;
}

static void take_texts(const struct found *found, char *value)
{
    struct option_texts *texts = found->field;
    must(texts->count < (size_t)found->row->max);
    texts->items[texts->count++] = value;
}

/* An argument that holds a secret is copied, and made empty in the list of processes. */
static char *hidden(const struct option *row, char *value)
{
    if (row->flags & OPTION_SECRET)
        return secret_argument(value);
    return row->flags & OPTION_PROPERTY ? secret_property_argument(value) : value;
}

static bool take_value(const struct found *found, char *value)
{
    const struct option *row = found->row;
    if (row->flags & OPTION_PROPERTY && (!strchr(value, '=') || *value == '='))
        return false;
    if (row->fits && !row->fits(value))
        return false;
    switch (row->kind) {
    case OPTION_KIND_NUMBER:
        return take_number(found, value);
    case OPTION_KIND_CHOICE:
        return take_choice(found, value);
    case OPTION_KIND_DAY:
        return day_from_text(bytes_of(value), found->field);
    case OPTION_KIND_TEXTS:
        take_texts(found, value);
        return true;
    default:
        *(const char **)found->field = value;
        return true;
    }
}

/* --- options --- */

/* The row of that name, or the only one whose name begins so. */
static bool find(struct reading *reading, const char *argument, struct found *ret_found)
{
    struct found first = { .row = NULL };
    const struct option *other = NULL;
    const char *name = argument + 2;
    size_t length = strcspn(name, "=");
    for (size_t at = 0; at <= reading->count; at++) {
        struct found found = found_at(reading, at);
        if (strncmp(found.row->name, name, length) != 0)
            continue;
        if (found.row->name[length] == '\0') {
            *ret_found = found;
            return true;
        }
        other = first.row ? found.row : NULL;
        first = first.row ? first : found;
    }
    *ret_found = first;
    return first.row == NULL ? is_unknown(reading, argument)
           : other           ? is_ambiguous(reading, argument, first.row, other)
                             : true;
}

static bool take_switch(struct reading *reading, const struct found *found, const char *behind_equals)
{
    if (behind_equals)
        return end(reading, options_refuse(reading->options, "--%s takes no value", found->row->name));
    if (found->row->kind == OPTION_KIND_HELP) {
        options_print_help(reading->options, stdout);
        return end(reading, EXIT_DONE);
    }
    *(bool *)found->field = true;
    return true;
}

/* The option at argv[*at], which moves to its value when that stands behind it. */
static bool take_option(struct reading *reading, char **argv, int *at)
{
    static char alone[] = "true";
    struct found found;
    char *equals = strchr(argv[*at], '='), *value = equals ? equals + 1 : NULL;
    bool short_help = strcmp(argv[*at], "-h") == 0;
    if (short_help)
        found = found_at(reading, reading->count);
    else if (strncmp(argv[*at], "--", 2) != 0 || equals == argv[*at] + 2)
        return is_unknown(reading, argv[*at]);
    else if (!find(reading, argv[*at], &found))
        return false;
    reading->said[found.at] = true;
    if (found.row->kind == OPTION_KIND_SWITCH || found.row->kind == OPTION_KIND_HELP)
        return take_switch(reading, &found, value);
    if (!value)
        value = found.row->flags & OPTION_MAY_BE_ALONE ? alone : argv[++*at];
    if (!value)
        return end(reading, options_refuse(reading->options, "--%s needs a value: --%s %s", found.row->name,
                                           found.row->name, found.row->value));
    value = hidden(found.row, value);
    if (is_full(&found))
        return end(reading, options_refuse(reading->options, "--%s may be said %lld times", found.row->name,
                                           (long long)found.row->max));
    return take_value(&found, value) || is_no_value(reading, found.row, value);
}

/* --- all of it --- */

static bool is_too_much(struct reading *reading, const char *argument)
{
    const struct options *options = reading->options;
    if (options->arguments_max == 0)
        return end(reading, options_refuse(options, "it takes no argument, but got \"%.*s\"",
                                           shown_length(argument), argument));
    return end(reading,
               options_refuse(options, "it takes at most %zu of %s, but got \"%.*s\" too",
                              options->arguments_max, options->arguments, shown_length(argument), argument));
}

static bool is_complete(struct reading *reading, const struct arguments *arguments)
{
    const struct options *options = reading->options;
    for (size_t at = 0; at < reading->count; at++) {
        const struct option *row = found_at(reading, at).row;
        if (row->flags & OPTION_REQUIRED && !reading->said[at])
            return end(reading, options_refuse(options, "--%s %s is missing", row->name, row->value));
    }
    if (arguments->count < options->arguments_min)
        return end(reading, options_refuse(options, "%s is missing", options->arguments));
    return arguments->count <= options->arguments_max ||
           is_too_much(reading, arguments->items[options->arguments_max]);
}

bool options_read(const struct options *options, int argc, char **argv, void *words,
                  struct arguments *ret_arguments, int *ret_code)
{
    struct reading reading = { .options = options, .words = words, .count = count_of(options) };
    struct arguments arguments = { argv + 1, 0 };
    bool good = true, only_arguments = false;
    for (int at = 1; good && at < argc; at++) {
        if (only_arguments || argv[at][0] != '-' || argv[at][1] == '\0')
            arguments.items[arguments.count++] = argv[at];
        else if (strcmp(argv[at], "--") == 0)
            only_arguments = true;
        else
            good = take_option(&reading, argv, &at);
    }
    good = good && is_complete(&reading, &arguments);
    *ret_arguments = arguments;
    *ret_code = reading.code;
    return good;
}
