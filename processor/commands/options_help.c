/* options_help.c - what --help prints: usage, about, a paragraph for each row. */
#include "commands/options.h"

#include "base/bytes.h"

#include <string.h>

enum { LINE_COLUMNS = 110, NAMES_COLUMNS_MAX = 42, OPTIONAL_SHOWN = 4, HELP_BYTES = 1024 };

/* --- usage --- */

static void print_in_usage(FILE *stream, const struct option *row)
{
    bool required = row->flags & OPTION_REQUIRED;
    fprintf(stream, " %s--%s%s%s%s%s", required ? "" : "[", row->name, row->value ? " " : "",
            row->value ? row->value : "", row->kind == OPTION_KIND_TEXTS ? " ..." : "", required ? "" : "]");
}

/* Those that must be said, the others when they are few, the arguments. */
static void print_made_usage(const struct options *options, FILE *stream)
{
    size_t optional = 0;
    for (size_t i = 0; i < options->rows_count; i++) {
        optional += !(options->rows[i].flags & OPTION_REQUIRED);
        if (options->rows[i].flags & OPTION_REQUIRED)
            print_in_usage(stream, &options->rows[i]);
    }
    for (size_t i = 0; i < options->rows_count && optional <= OPTIONAL_SHOWN; i++)
        if (!(options->rows[i].flags & OPTION_REQUIRED))
            print_in_usage(stream, &options->rows[i]);
    if (optional > OPTIONAL_SHOWN)
        fputs(" [OPTION ...]", stream);
    if (options->arguments)
        fprintf(stream, options->arguments_min ? " %s" : " [%s]", options->arguments);
    fputc('\n', stream);
}

static void print_usage(const struct options *options, FILE *stream)
{
    const char *const *form = options->forms;
    if (!form) {
        fprintf(stream, "usage: bundelwacht %s", options->command);
        print_made_usage(options, stream);
    }
    for (; form && *form; form++)
        fprintf(stream, "%s bundelwacht %s %s\n", form == options->forms ? "usage:" : "      ",
                options->command, *form);
}

/* --- rows --- */

static int64_t default_of(const struct option *row, const char *words)
{
    switch (row->size) {
    case sizeof(bool):
        return *(const bool *)(words + row->offset);
    case sizeof(int32_t):
        return *(const int32_t *)(words + row->offset);
    default:
        return *(const int64_t *)(words + row->offset);
    }
}

/* A default below the least number is none: the sentence says what holds then. */
static void add_number(char text[HELP_BYTES], const struct option *row, int64_t number)
{
    char known[32] = "", limits[64] = "";
    if (number >= row->min)
        snprintf(known, sizeof(known), "%lld", (long long)number);
    if (row->max < 1000000000)
        snprintf(limits, sizeof(limits), "%s%lld to %lld", *known ? "; " : "", (long long)row->min,
                 (long long)row->max);
    if (*known || *limits)
        snprintf(text + strlen(text), HELP_BYTES - strlen(text), " (%s%s)", known, limits);
}

static void add_choice(char text[HELP_BYTES], const struct option *row, int64_t number)
{
    const char *words = row->value, *rest;
    for (size_t length = option_word(words, &rest); length > 0 && number >= 0;
         length = option_word(words, &rest), number--) {
        if (number == 0)
            snprintf(text + strlen(text), HELP_BYTES - strlen(text), " (%.*s)", (int)length, words);
        words = rest;
    }
}

/* The sentence, with the default and the limits behind it. */
static void help_of(const struct option *row, const char *defaults, char text[HELP_BYTES])
{
    snprintf(text, HELP_BYTES, "%s", row->help);
    if (row->flags & OPTION_REQUIRED)
        snprintf(text + strlen(text), HELP_BYTES - strlen(text), " (required)");
    else if (!defaults)
        return;
    else if (row->kind == OPTION_KIND_NUMBER)
        add_number(text, row, default_of(row, defaults));
    else if (row->kind == OPTION_KIND_CHOICE)
        add_choice(text, row, default_of(row, defaults));
    else if (row->kind == OPTION_KIND_TEXT && *(const char *const *)(defaults + row->offset))
        snprintf(text + strlen(text), HELP_BYTES - strlen(text), " (%s)",
                 *(const char *const *)(defaults + row->offset));
}

static size_t names_of(const struct option *row, char text[HELP_BYTES])
{
    return (size_t)snprintf(text, HELP_BYTES, "  --%s%s%s", row->name, row->value ? " " : "",
                            row->value ? row->value : "");
}

/* Words from `column` on, broken where the line is full. */
static void print_wrapped(FILE *stream, const char *text, size_t column)
{
    size_t at = column;
    for (size_t length; *text; text += length + strspn(text + length, " ")) {
        length = strcspn(text, " ");
        if (at > column && at + 1 + length > LINE_COLUMNS) {
            fprintf(stream, "\n%*s", (int)column, "");
            at = column;
        }
        at += (size_t)fprintf(stream, "%s%.*s", at > column ? " " : "", (int)length, text);
    }
    fputc('\n', stream);
}

static void print_rows(FILE *stream, const struct option *rows, size_t count, const char *defaults)
{
    char names[HELP_BYTES], help[HELP_BYTES];
    size_t column = 0;
    for (size_t i = 0; i < count; i++)
        if (names_of(&rows[i], names) > column && strlen(names) <= NAMES_COLUMNS_MAX)
            column = strlen(names);
    for (size_t i = 0; i < count; i++) {
        size_t length = names_of(&rows[i], names);
        help_of(&rows[i], defaults, help);
        fprintf(stream, "%s%s%*s", names, length > column ? "\n" : "",
                (int)(length > column ? column + 2 : column + 2 - length), "");
        print_wrapped(stream, help, column + 2);
    }
}

void options_print_help(const struct options *options, FILE *stream)
{
    size_t more_count = 0;
    const struct option *more = options->more ? options->more(&more_count) : NULL;
    print_usage(options, stream);
    fprintf(stream, "\n%s\n", options->about);
    if (options->rows_count > 0)
        fputc('\n', stream);
    print_rows(stream, options->rows, options->rows_count, options->defaults);
    if (more) {
        fprintf(stream, "\n%s\n", options->more_about);
        print_rows(stream, more, more_count, NULL);
    }
    if (options->after)
        fprintf(stream, "\n%s\n", options->after);
}
