#include "commands/commands.h"

#include "base/bytes.h"
#include "base/edit_distance.h"
#include "base/limits.h"
#include "book/book_reader.h"
#include "commands/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { CODE_BYTES = 8 };

const struct command commands[] = {
#define COMMAND(name, summary) { #name, name##_command, &name##_options, summary },
#include "commands/commands.def"
#undef COMMAND
};
const size_t commands_count = COUNT(commands);

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < commands_count; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

const struct command *command_near(const char *name)
{
    const struct command *near = NULL;
    unsigned nearest = 3; /* at most two letters off, and no more than half of the name */
    if (strlen(name) > NAME_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < commands_count; i++) {
        unsigned away = edit_distance(bytes_of(name), bytes_of(commands[i].name), nearest);
        if (away < nearest && away * 2 <= strlen(commands[i].name)) {
            nearest = away;
            near = &commands[i];
        }
    }
    return near;
}

/* --- bundelwacht help: of the table, so it stands with it --- */

const struct options help_options = {
    .command = "help",
    .arguments = "COMMAND|CODE|settings",
    .arguments_max = 1,
    .about = "The commands; or the options of one; or what a finding of check, such as E012, means and\n"
             "what to do about it; or a file of all settings of run.",
};

static void print_commands(void)
{
    printf("bundelwacht puts care declarations in the episodes of their bundles, and sees that no care is "
           "paid twice\n\n"
           "usage: bundelwacht COMMAND ...\n\n");
    for (size_t i = 0; i < commands_count; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    printf("\nbundelwacht COMMAND --help tells more of each\n\n"
           "exit codes: 0 done, 1 failed, 2 differences or findings, 64 usage, 65 damaged input, 66 no such "
           "input,\n"
           "69 Kafka unreachable, 70 own bug, 73 output exists, 75 try again, 78 configuration or book, 130 "
           "interrupted\n");
}

/* E034 is meant by e034, too. */
static const char *code_of(const char *word, char ret_code[CODE_BYTES])
{
    size_t length = strlen(word) < CODE_BYTES ? strlen(word) : 0;
    for (size_t i = 0; i < length; i++)
        ret_code[i] = (char)toupper((unsigned char)word[i]);
    ret_code[length] = '\0';
    return ret_code;
}

static int explain_word(const char *word)
{
    const struct command *command = command_find(word);
    char code[CODE_BYTES];
    const char *explanation = finding_explanation(code_of(word, code));
    if (command)
        options_print_help(command->options, stdout);
    else if (strcmp(word, "settings") == 0)
        settings_print_file(stdout);
    else if (explanation)
        printf("%s: %s\n", code, explanation);
    else
        return options_refuse(&help_options, "\"%s\" is neither a command nor the code of a finding", word);
    return EXIT_DONE;
}

int help_command(int argc, char **argv)
{
    struct arguments arguments;
    int code;
    if (!options_read(&help_options, argc, argv, NULL, &arguments, &code))
        return code;
    if (arguments.count == 1)
        return explain_word(arguments.items[0]);
    print_commands();
    return EXIT_DONE;
}
