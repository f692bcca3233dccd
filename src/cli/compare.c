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

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} parts[] = {
    {"run", "run the cells of a comparison that are missing", wn_cli_compare_run},
    {"show", "what a comparison found: tables, CSV, plots", wn_cli_compare_show},
    {"join", "several comparisons in one file", wn_cli_compare_join},
};

static int print_help(int code)
{
    FILE *to = code ? stderr : stdout;

    (void)fputs("Usage: winnow compare COMMAND [OPTION]...\n"
                "Compare methods over benchmarks and seeds in virtual time.\n\n",
                to);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        (void)fprintf(to, "  %-5s %s\n", parts[i].name, parts[i].summary);
    (void)fputs("\nSee `winnow compare COMMAND --help`.\n", to);
    return code;
}

static int run(int argc, char **argv)
{
    struct wn_buf name = {0};
    int code = -1;

    if (argc < 2)
        return print_help(WN_EXIT_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0)
        return print_help(WN_EXIT_COMPLETE);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && code < 0; i++) {
        if (strcmp(argv[1], parts[i].name) != 0)
            continue;
        wn_buf_addf(&name, "winnow compare %s", parts[i].name);
        argv[1] = name.failed ? argv[1] : name.at;
        code = parts[i].run(argc - 1, argv + 1);
    }
    wn_buf_release(&name);
    if (code >= 0)
        return code;
    (void)fprintf(stderr, "winnow: compare: '%s' is none of run, show, join\n", argv[1]);
    return WN_EXIT_USAGE;
}

const struct wn_command wn_command_compare = {
    .name = "compare",
    .summary = "compare methods over benchmarks and seeds in virtual time",
    .run = run,
};
