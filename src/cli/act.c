/* act.c - commands made of actions: `winnow NAME ACTION`. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

enum { ACTIONS_MOST = 16 };

static int print_help(FILE *to,
                      const char *command,
                      const char *about,
                      const struct wn_action *actions)
{
    (void)fprintf(to, "Usage: winnow %s ACTION ...\n%s\n\n", command, about);
    for (; actions->name; actions++)
        (void)fprintf(to, "  %-10s %s\n", actions->name, actions->summary);
    (void)fprintf(to, "\n`winnow %s ACTION --help` says more.\n", command);
    return to == stdout ? WN_EXIT_COMPLETE : WN_EXIT_USAGE;
}

static int refuse(const char *command, const struct wn_action *actions, const char *given)
{
    const char *names[ACTIONS_MOST + 1] = {0}, *nearest;

    for (size_t i = 0; i < ACTIONS_MOST && actions[i].name; i++)
        names[i] = actions[i].name;
    nearest = wn_nearest_name(given, names);
    if (nearest)
        (void)fprintf(stderr, "winnow %s: '%s' is no action; did you mean '%s'?\n",
                      command, given, nearest);
    else
        (void)fprintf(stderr, "winnow %s: '%s' is no action; see winnow %s --help\n",
                      command, given, command);
    return WN_EXIT_USAGE;
}

int wn_cli_act(const char *command,
               const char *about,
               const struct wn_action *actions,
               int argc,
               char **argv)
{
    char name[64];

    if (argc < 2)
        return print_help(stderr, command, about, actions);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0)
        return print_help(stdout, command, about, actions);
    for (const struct wn_action *action = actions; action->name; action++) {
        if (strcmp(action->name, argv[1]) != 0)
            continue;
        snprintf(name, sizeof name, "winnow %s %s", command, action->name);
        argv[1] = name; /* how messages and help of the action begin */
        return action->run(argc - 1, argv + 1);
    }
    return refuse(command, actions, argv[1]);
}
