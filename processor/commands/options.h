/* options.h - the options of a command as rows: usage, --help, "did you mean", values and errors come from
 * them, and from nowhere else. Owner:   rows and tables are constant; values point into argv, or to a copy of
 * it that lives until the process ends (a secret). Units:   as the help of a row says. Errors:  one sentence
 * on stderr and where to read more; exit code 64. Help goes to stdout; exit code 0. Threads: the main thread.
 *
 * A command has a struct with a field for each option, filled with the defaults. What is said twice counts
 * once, as it was said last; only a row of TEXTS takes all. A name may be cut short while it means one row.
 * Arguments may stand between options; behind `--` all are. */
#ifndef BUNDELWACHT_COMMANDS_OPTIONS_H
#define BUNDELWACHT_COMMANDS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { OPTION_TEXTS_MAX = 512, OPTION_ROWS_MAX = 96 };

/* All that was said with a row of TEXTS, in its order. */
struct option_texts {
    char *items[OPTION_TEXTS_MAX];
    size_t count;
};

enum option_kind {
    OPTION_KIND_HELP,
    OPTION_KIND_SWITCH,
    OPTION_KIND_TEXT,
    OPTION_KIND_TEXTS,
    OPTION_KIND_NUMBER,
    OPTION_KIND_CHOICE,
    OPTION_KIND_DAY
};
enum {
    OPTION_REQUIRED = 1,
    OPTION_SECRET = 2,       /* its value is not shown, and made empty where other users see it (secrets.h) */
    OPTION_PROPERTY = 4,     /* its value is NAME=VALUE; the same when NAME is a secret's */
    OPTION_MAY_BE_ALONE = 8, /* a TEXT whose value stands behind `=` only; without one it is "true" */
};
#define OPTION_NO_DAY INT32_MIN /* the default of a DAY that was not said */

struct option {
    const char *name;  /* without the two dashes */
    const char *value; /* what its value is called; of a CHOICE its words: "all|bundles" */
    const char *help;  /* a sentence; default and limits are added to it */
    enum option_kind kind;
    unsigned flags;
    size_t offset, size;            /* of its field */
    int64_t min, max;               /* of a NUMBER; most items of TEXTS. A default below min: none */
    bool (*fits)(const char *text); /* whether a text is one, or NULL: any is */
};

/* The field at that place, which must be of this type. */
#define OPTION_FIELD(type, words, field)                                                                     \
    .offset = offsetof(struct words, field) + 0 * sizeof((type *)0 == &((struct words *)0)->field),          \
    .size = sizeof(((struct words *)0)->field)

/* Rows: the struct of the command and its field, the name, what the value is called, what it is for. A
 * number's field has 4 or 8 bytes; a choice's is an enum in the order of the words, or a bool of two. */
#define SWITCH(words, field, name_, help_)                                                                   \
    {                                                                                                        \
        .name = name_, .help = help_, .kind = OPTION_KIND_SWITCH, OPTION_FIELD(bool, words, field)           \
    }
#define TEXT(words, field, name_, value_, flags_, help_)                                                     \
    {                                                                                                        \
        .name = name_, .value = value_, .help = help_, .kind = OPTION_KIND_TEXT, .flags = flags_,            \
        OPTION_FIELD(const char *, words, field)                                                             \
    }
#define TEXT_THAT(fits_, words, field, name_, value_, help_)                                                 \
    {                                                                                                        \
        .name = name_, .value = value_, .help = help_, .kind = OPTION_KIND_TEXT, .fits = fits_,              \
        OPTION_FIELD(const char *, words, field)                                                             \
    }
#define TEXTS(words, field, name_, value_, max_, flags_, fits_, help_)                                       \
    {                                                                                                        \
        .name = name_, .value = value_, .help = help_, .kind = OPTION_KIND_TEXTS, .flags = flags_,           \
        .max = max_, .fits = fits_, OPTION_FIELD(struct option_texts, words, field)                          \
    }
#define NUMBER(words, field, name_, value_, min_, max_, help_)                                               \
    {                                                                                                        \
        .name = name_, .value = value_, .help = help_, .kind = OPTION_KIND_NUMBER, .min = min_, .max = max_, \
        .offset = offsetof(struct words, field), .size = sizeof(((struct words *)0)->field)                  \
    }
#define CHOICE(words, field, name_, value_, help_)                                                           \
    {                                                                                                        \
        .name = name_, .value = value_, .help = help_, .kind = OPTION_KIND_CHOICE,                           \
        .offset = offsetof(struct words, field), .size = sizeof(((struct words *)0)->field)                  \
    }
#define DAY(words, field, name_, value_, help_)                                                              \
    {                                                                                                        \
        .name = name_, .value = value_, .help = help_, .kind = OPTION_KIND_DAY,                              \
        OPTION_FIELD(int32_t, words, field)                                                                  \
    }

struct options {
    const char *command;
    const char *const *forms; /* ways to say it, up to a NULL; NULL: one, made from rows and `arguments` */
    const char *arguments;    /* what they are called, "INPUT...", or NULL when it takes none */
    size_t arguments_min, arguments_max;
    const char *about, *after; /* paragraphs above and below the rows; after: may be NULL */
    const struct option *rows;
    size_t rows_count;
    const void *defaults; /* the struct of the command before anything is said; NULL: zeroes */
    /* More rows, made at start, of another struct at that offset; NULL: none. `more_about` stands above. */
    const struct option *(*more)(size_t *ret_count);
    size_t more_offset;
    const char *more_about;
};

struct arguments {
    char **items; /* in argv */
    size_t count;
};

/* True: `words` holds what was said, and the command may go on. False: it ends with *ret_code, and all is
 * said. argv[argc] is NULL. */
bool options_read(const struct options *options, int argc, char **argv, void *words,
                  struct arguments *ret_arguments, int *ret_code);
/* The same for what only the command can see, such as two options that do not go together. The result is
 * EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int options_refuse(const struct options *options, const char *format,
                                                         ...);
void options_print_help(const struct options *options, FILE *stream);

/* Of a command's rows and of more, the one at that place and where its struct begins; NULL behind the last.
 */
const struct option *options_row(const struct options *options, size_t at, size_t *ret_offset);
/* The first words of `value` as a list: the length of the first, and *ret_rest behind its bar; 0 at the end.
 */
static inline size_t option_word(const char *words, const char **ret_rest)
{
    size_t length = strcspn(words, "|");
    *ret_rest = words + length + (words[length] != '\0');
    return length;
}

#endif
