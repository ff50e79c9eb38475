#include "base/bytes.h"
#include "commands/commands.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(commands, .timeout = 10);

Test(commands, are_found_by_their_whole_name)
{
    for (size_t i = 0; i < commands_count; i++)
        cr_expect(command_find(commands[i].name) == &commands[i], "%s", commands[i].name);
    cr_expect(command_find("chec") == NULL);
    cr_expect(command_find("") == NULL);
    cr_expect(command_find("checks") == NULL);
}

Test(commands, say_which_was_probably_meant)
{
    static const struct {
        const char *word, *meant;
    } rows[] = {
        { "chekc", "check" }, { "chck", "check" },   { "checks", "check" }, { "hepl", "help" },
        { "genrate", "generate" }, { "verison", "version" }, { "xyzzy", NULL }, { "", NULL }, { "ch", NULL },
        { "a-word-that-is-longer-than-any-command-can-be", NULL },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        const struct command *near = command_near(rows[row].word);
        if (rows[row].meant)
            cr_expect(near != NULL && strcmp(near->name, rows[row].meant) == 0, "%s", rows[row].word);
        else
            cr_expect(near == NULL, "%s is near to %s", rows[row].word, near ? near->name : "");
    }
}

Test(commands, say_in_one_line_what_they_do)
{
    for (size_t i = 0; i < commands_count; i++)
        cr_expect(commands[i].summary[0] && strlen(commands[i].summary) < 80 &&
                      !strchr(commands[i].summary, '\n'),
                  "%s", commands[i].name);
}
