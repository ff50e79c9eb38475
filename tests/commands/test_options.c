/* Options: what a row takes and refuses, in which order, and that the tables of all commands are whole. */
#include "base/bytes.h"
#include "commands/commands.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>
#include <unistd.h>

TestSuite(options, .timeout = 10);

struct words {
    const char *book, *insured, *alone;
    int64_t lines;
    int32_t workers, day, form;
    bool force, few;
    struct option_texts properties;
};
static const struct words defaults = { .book = "book.yaml", .lines = -1, .workers = 2, .day = OPTION_NO_DAY };

static bool fits_day_or_log(const char *text)
{
    return strcmp(text, "log") == 0;
}

static const struct option rows[] = {
    TEXT(words, book, "book", "BOOK", 0, "the book"),
    TEXT(words, insured, "insured", "ID", OPTION_SECRET, "a pseudonym"),
    TEXT_THAT(fits_day_or_log, words, alone, "as-of", "log", "only log"),
    NUMBER(words, lines, "lines", "N", 0, INT64_MAX, "lines"),
    NUMBER(words, workers, "workers", "N", 1, 16, "threads"),
    DAY(words, day, "start", "DATE", "a day"),
    CHOICE(words, form, "format", "jsonl|avro|json", "of the file"),
    CHOICE(words, few, "decisions", "all|bundles", "which"),
    SWITCH(words, force, "force", "overwrite"),
    TEXTS(words, properties, "property", "NAME=VALUE", 2, OPTION_PROPERTY, NULL, "of librdkafka"),
};
static const struct options table = {
    .command = "table",
    .arguments = "INPUT",
    .arguments_max = 2,
    .about = "A table.",
    .rows = rows,
    .rows_count = COUNT(rows),
    .defaults = &defaults,
};

/* The arguments "a b c", cut at spaces, in memory that stays. */
struct line {
    char text[256], *argv[32];
    int argc;
};

static void cut(struct line *line, const char *text)
{
    static char name[] = "table";
    char *at = line->text, *word;
    snprintf(line->text, sizeof(line->text), "%s", text);
    line->argc = 1;
    line->argv[0] = name;
    while ((word = strtok_r(at, " ", &at)) != NULL)
        line->argv[line->argc++] = word;
    line->argv[line->argc] = NULL;
}

static bool read_line(const char *text, struct words *words, struct arguments *arguments, int *code)
{
    static struct line line;
    cut(&line, text);
    *words = defaults;
    return options_read(&table, line.argc, line.argv, words, arguments, code);
}

/* One value as a text, whichever was said. */
static const char *shown(const struct words *words, const struct arguments *arguments)
{
    static char text[512];
    int at = snprintf(text, sizeof(text), "%s %s %lld %d %d %d%d%d", words->book,
                      words->insured ? words->insured : "-", (long long)words->lines, words->workers,
                      words->day == OPTION_NO_DAY ? 0 : words->day, words->form, words->few, words->force);
    for (size_t i = 0; i < words->properties.count; i++)
        at += snprintf(text + at, sizeof(text) - (size_t)at, " %s", words->properties.items[i]);
    for (size_t i = 0; i < arguments->count; i++)
        at += snprintf(text + at, sizeof(text) - (size_t)at, " [%s]", arguments->items[i]);
    return text;
}

Test(options, take_what_is_said)
{
    static const struct {
        const char *line, *shown;
    } cases[] = {
        { "", "book.yaml - -1 2 0 000" },
        { "--book b", "b - -1 2 0 000" },
        { "--book=b", "b - -1 2 0 000" },
        { "--book=", " - -1 2 0 000" },
        { "--book a --book b", "b - -1 2 0 000" },
        { "--workers 99 --workers 3", NULL }, /* what is wrong is wrong, whatever is said later */
        { "--lines 7 --lines 0", "book.yaml - 0 2 0 000" },
        { "--start 1970-01-03", "book.yaml - -1 2 2 000" },
        { "--format json --decisions bundles --force", "book.yaml - -1 2 0 211" },
        { "--format avro --format jsonl", "book.yaml - -1 2 0 000" },
        { "--property a=1 --property b=2", "book.yaml - -1 2 0 000 a=1 b=2" },
        { "x --force y", "book.yaml - -1 2 0 001 [x] [y]" },
        { "-- --force", "book.yaml - -1 2 0 000 [--force]" },
        { "- --force", "book.yaml - -1 2 0 001 [-]" },
        { "--book --force", "--force - -1 2 0 000" }, /* a value is a value */
        { "--insured p-17", "book.yaml p-17 -1 2 0 000" },
        { "--insured=p-17", "book.yaml p-17 -1 2 0 000" },
        { "--w 4", "book.yaml - -1 4 0 000" }, /* cut short while it means one */
        { "--fo avro", NULL },
        { "--form avro", "book.yaml - -1 2 0 100" },
    };
    cr_redirect_stderr();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct words words;
        struct arguments arguments;
        int code;
        bool read = read_line(cases[i].line, &words, &arguments, &code);
        cr_expect(read == (cases[i].shown != NULL) && code == (read ? EXIT_DONE : EXIT_USAGE), "%s: %d",
                  cases[i].line, code);
        if (read && cases[i].shown)
            cr_expect_str_eq(shown(&words, &arguments), cases[i].shown, "%s: %s", cases[i].line,
                             shown(&words, &arguments));
    }
}

/* What stands on a stream that was redirected into a file. */
static const char *said_of(const char *line)
{
    static char text[4096];
    struct words words;
    struct arguments arguments;
    int code;
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);
    cr_assert(file != NULL && before >= 0);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    bool read = read_line(line, &words, &arguments, &code);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    cr_expect(!read && code == EXIT_USAGE, "%s is accepted", line);
    return text;
}

Test(options, say_what_is_wrong_and_where_to_read_more)
{
    static const struct {
        const char *line, *sentence;
    } cases[] = {
        { "--bok b", "there is no option \"--bok\", did you mean \"--book\"?" },
        { "--wrokers=3", "there is no option \"--wrokers\", did you mean \"--workers\"?" },
        { "--hlep", "there is no option \"--hlep\", did you mean \"--help\"?" },
        { "--nothing-like-it", "there is no option \"--nothing-like-it\"" },
        { "-x", "there is no option \"-x\"" },
        { "--=x", "there is no option \"--\"" },
        { "--fo", "\"--fo\" could be --format and --force: write it out" },
        { "--book", "--book needs a value: --book BOOK" },
        { "--force=1", "--force takes no value" },
        { "--workers 17", "\"17\" is no value of --workers: it takes a whole number from 1 to 16" },
        { "--workers 0", "\"0\" is no value of --workers: it takes a whole number from 1 to 16" },
        { "--workers four", "\"four\" is no value of --workers: it takes a whole number from 1 to 16" },
        { "--workers 4x", "\"4x\" is no value of --workers: it takes a whole number from 1 to 16" },
        { "--workers -4", "\"-4\" is no value of --workers: it takes a whole number from 1 to 16" },
        { "--workers=", "\"\" is no value of --workers: it takes a whole number from 1 to 16" },
        { "--lines 9223372036854775808",
          "\"9223372036854775808\" is no value of --lines: it takes a whole number from 0 to "
          "9223372036854775807" },
        { "--format jso", "\"jso\" is no value of --format: it takes one of jsonl|avro|json" },
        { "--start 2026-02-30", "\"2026-02-30\" is no value of --start: it takes a day, as 2026-03-12" },
        { "--as-of lug", "\"lug\" is no value of --as-of: it takes log" },
        { "--property hush", "the value of --property is wrong: it takes NAME=VALUE" },
        { "--property =hush", "the value of --property is wrong: it takes NAME=VALUE" },
        { "--property a=1 --property b=2 --property c=3", "--property may be said 2 times" },
        { "--kafak sasl.password=hush", "there is no option \"--kafak\"" },
        { "--kafak=sasl.password=hush", "there is no option \"--kafak\"" },
        { "x y z=hush", "it takes at most 2 of INPUT, but got \"z\" too" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char expected[512];
        snprintf(expected, sizeof(expected),
                 "bundelwacht table: %s\nbundelwacht table --help tells the options\n", cases[i].sentence);
        const char *said = said_of(cases[i].line);
        cr_expect_str_eq(said, expected, "%s: %s", cases[i].line, said);
    }
}

Test(options, make_a_secret_empty_where_it_is_listed)
{
    static struct line line;
    struct words words = defaults;
    struct arguments arguments;
    int code;
    cut(&line, "--insured p-17 --property sasl.password=hush --property linger.ms=5");
    cr_assert(options_read(&table, line.argc, line.argv, &words, &arguments, &code));
    cr_expect(strcmp(words.insured, "p-17") == 0 &&
              strcmp(words.properties.items[0], "sasl.password=hush") == 0);
    cr_expect(line.argv[2][0] == '\0' && strcmp(line.argv[4], "sasl.password=") == 0 &&
              strcmp(line.argv[6], "linger.ms=5") == 0);
}

/* --- the tables of the commands --- */

/* Each `--name` in a text is an option of the table. */
static void expect_names_known(const struct options *options, const char *text)
{
    for (const char *at = text; (at = strstr(at, "--")) != NULL; at += 2) {
        bool known = false;
        size_t length = strcspn(at + 2, " ]|,;:)"), offset;
        const struct option *row;
        for (size_t i = 0; (row = options_row(options, i, &offset)) != NULL; i++)
            known = known || (strlen(row->name) == length && memcmp(row->name, at + 2, length) == 0);
        cr_expect(known || memcmp(at, "--SETTING", 9) == 0, "%s: \"%.*s\" is no option", options->command,
                  (int)length + 2, at);
    }
}

static void expect_row_whole(const struct options *options, const struct option *row)
{
    bool takes_value = row->kind != OPTION_KIND_SWITCH;
    cr_expect(row->name[0] && strspn(row->name, "abcdefghijklmnopqrstuvwxyz-") == strlen(row->name), "--%s",
              row->name);
    cr_expect(row->help[0] && takes_value == (row->value != NULL), "%s --%s", options->command, row->name);
    cr_expect(row->kind != OPTION_KIND_NUMBER || row->size == 8 || (row->size == 4 && row->max <= UINT32_MAX),
              "--%s", row->name);
    cr_expect(row->kind != OPTION_KIND_NUMBER || (row->min >= 0 && row->min < row->max), "--%s", row->name);
    cr_expect(row->kind != OPTION_KIND_CHOICE || row->size == 4 || row->size == 1, "--%s", row->name);
    cr_expect(row->kind != OPTION_KIND_TEXTS || (row->max >= 1 && row->max <= OPTION_TEXTS_MAX), "--%s",
              row->name);
    expect_names_known(options, row->kind == OPTION_KIND_CHOICE ? "" : row->help);
}

Test(options, of_every_command_are_whole)
{
    for (size_t i = 0; i < commands_count; i++) {
        const struct options *options = commands[i].options;
        const struct option *row, *other;
        size_t offset;
        cr_expect_str_eq(options->command, commands[i].name);
        cr_expect(options->about[0] && options->about[strlen(options->about) - 1] != '\n', "%s",
                  options->command);
        for (size_t at = 0; (row = options_row(options, at, &offset)) != NULL; at++) {
            expect_row_whole(options, row);
            for (size_t before = 0; before < at; before++)
                cr_expect((other = options_row(options, before, &offset)) &&
                              strcmp(other->name, row->name) != 0,
                          "--%s twice", row->name);
        }
        for (const char *const *form = options->forms; form && *form; form++) {
            expect_names_known(options, *form);
            for (size_t at = 0; at < options->rows_count; at++)
                cr_expect(!(options->rows[at].flags & OPTION_REQUIRED) ||
                              strstr(*form, options->rows[at].name),
                          "%s", *form);
        }
    }
}
