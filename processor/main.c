/* main.c - finds the subcommand and hands it the rest of the command line. */
#include "base/must.h"
#include "commands/commands.h"
#include "system/no_core.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A broken promise says where on one line; abort() follows, and the exit code tells it from other ends. */
static void report_broken_promise(const char *file, int line, const char *what)
{
    fprintf(stderr, "bundelwacht: own bug: \"%s\" does not hold (%s:%d)\n", what, file, line);
}

static void end_as_crash(int number)
{
    (void)number;
    _exit(EXIT_CRASH);
}

static void catch_crashes(void)
{
    struct sigaction action = { .sa_handler = end_as_crash };
    must_set_report(report_broken_promise);
    sigaction(SIGABRT, &action, NULL);
    /* a reader of our output that is gone is a failed write */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow (ulimit -f) */
}

/* --help and --version are commands too. */
static const char *command_name(const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return "help";
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return "version";
    return word;
}

static int unknown(const char *word)
{
    const struct command *near = command_near(word);
    fprintf(stderr, "bundelwacht: there is no command \"%s\"", word);
    if (near)
        fprintf(stderr, "; did you mean \"%s\"?", near->name);
    fprintf(stderr, "\nbundelwacht help lists the commands\n");
    return EXIT_USAGE;
}

/* `explain … | head`: whoever read us has had enough, and wants to hear nothing of it. */
static bool reader_has_gone(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
    return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

int main(int argc, char **argv)
{
    no_core();
    catch_crashes();
    if (argc < 2) {
        fprintf(stderr, "usage: bundelwacht COMMAND ...\nbundelwacht help lists the commands\n");
        return EXIT_USAGE;
    }
    const struct command *command = command_find(command_name(argv[1]));
    int code = command ? command->run(argc - 1, argv + 1) : unknown(argv[1]);
    if ((fflush(stdout) != 0 || ferror(stdout)) && !reader_has_gone()) {
        fprintf(stderr, "bundelwacht: could not write to standard output\n");
        return code == EXIT_DONE ? EXIT_FAILED : code;
    }
    return code;
}
