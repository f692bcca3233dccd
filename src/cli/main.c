/* main.c - `winnow COMMAND`: find the command and let it run. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/version.h"

enum { COMMANDS_MOST = 64 };

static int print_help(void)
{
    struct wn_buf text = {0};
    int rc;

    wn_buf_adds(&text,
                "Usage: winnow COMMAND [OPTION]...\n"
                "Tune hyperparameters of any program, on one core or a cluster.\n\n");
    for (size_t i = 0; wn_command_at(i); i++)
        wn_buf_addf(&text, "  %-9s %s\n", wn_command_at(i)->name,
                    wn_command_at(i)->summary);
    wn_buf_adds(&text,
                "\n"
                "  winnow COMMAND --help   the options of a command\n"
                "  winnow --version        the version and its libraries\n\n"
                "Exit status: 0 done or complete, 1 failed, 2 wrong usage, 75 stopped "
                "before the\nend (the same command goes on from there).\n");
    rc = wn_cli_print(&text);
    wn_buf_release(&text);
    return rc;
}

static int print_version(void)
{
    struct wn_buf text = {0};
    int rc;

    wn_version_print(&text);
    rc = wn_cli_print(&text);
    wn_buf_release(&text);
    return rc;
}

static int refuse(const char *given)
{
    const char *names[COMMANDS_MOST + 1] = {0};
    const char *nearest;

    for (size_t i = 0; i < COMMANDS_MOST && wn_command_at(i); i++)
        names[i] = wn_command_at(i)->name;
    nearest = wn_nearest_name(given, names);
    if (nearest)
        fprintf(stderr, "winnow: '%s' is no command; did you mean '%s'?\n", given,
                nearest);
    else
        fprintf(stderr, "winnow: '%s' is no command; see winnow --help\n", given);
    return WN_EXIT_USAGE;
}

static int run(const struct wn_command *command, int argc, char **argv)
{
    struct wn_buf name = {0};
    int rc;

    wn_buf_addf(&name, "winnow %s", command->name);
    if (name.failed) {
        fprintf(stderr, "winnow: out of memory\n");
        return WN_EXIT_FAILED;
    }
    argv[0] = name.at; /* how messages and help of the command begin */
    rc = command->run(argc, argv);
    wn_buf_release(&name);
    return rc;
}

int main(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : "--help";
    const struct wn_command *command;

    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0)
        return print_version();
    if (strcmp(first, "help") == 0 && argc > 2) {
        static char help[] = "--help";

        first = argv[2];
        argv[2] = help; /* `winnow help check` is `winnow check --help` */
        argv++;
        argc = 2;
        command = wn_command_find(first);
        return command ? run(command, argc, argv) : refuse(first);
    }
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 ||
        strcmp(first, "help") == 0) {
        int rc = print_help();

        return argc > 1 ? rc : WN_EXIT_USAGE;
    }
    command = wn_command_find(first);
    return command ? run(command, argc - 1, argv + 1) : refuse(first);
}
