/* compare.c - `winnow compare run|show|join`: finds which, and what they share. */
#define _GNU_SOURCE
#include "cli/compare.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"

bool wn_cli_filter_option(struct wn_compare_filter *filter,
                          int key,
                          const char *arg,
                          struct argp_state *state)
{
    struct wn_error err = {0};
    enum wn_status rc;

    if (key < WN_CLI_KEY_METHOD || key > WN_CLI_KEY_SEED)
        return false;
    rc = wn_compare_filter_add(filter,
                               key == WN_CLI_KEY_METHOD      ? WN_COMPARE_METHOD
                               : key == WN_CLI_KEY_BENCHMARK ? WN_COMPARE_BENCHMARK
                               : key == WN_CLI_KEY_WORKERS   ? WN_COMPARE_WORKERS
                                                             : WN_COMPARE_SEED,
                               arg, &err);
    if (rc != WN_OK)
        argp_error(state, "%s", err.text);
    return true;
}

static const struct wn_action actions[] = {
    {"run", "run the cells of a comparison that are missing", wn_cli_compare_run},
    {"show", "what a comparison found: tables, CSV, plots", wn_cli_compare_show},
    {"join", "several comparisons in one file", wn_cli_compare_join},
    {NULL, NULL, NULL}};

static int run(int argc, char **argv)
{
    return wn_cli_act("compare",
                      "Compare methods over benchmarks and seeds, in virtual time or by "
                      "training.",
                      actions, argc, argv);
}

const struct wn_command wn_command_compare = {
    .name = "compare",
    .summary = "compare methods over benchmarks and seeds in virtual time",
    .run = run,
};
