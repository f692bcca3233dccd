/* compare_join.c - `winnow compare join`: the runs of several comparisons in one file. */
#define _GNU_SOURCE
#include "cli/compare.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/command.h"
#include "results/comparison.h"

enum { KEY_OUTPUT = 256 };

struct join {
    const char *output;
    struct wn_cli_words files;
};

static const struct argp_option options[] = {
    {"output", KEY_OUTPUT, "FILE", 0, "Where to write it; required", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct join *join = state->input;

    switch (key) {
    case KEY_OUTPUT: join->output = arg; return 0;
    case ARGP_KEY_ARG:
        if (!wn_cli_words_add(&join->files, arg))
            argp_failure(state, WN_EXIT_FAILED, 0, "out of memory");
        return 0;
    case ARGP_KEY_END:
        if (!join->files.n)
            argp_error(state, "which comparisons?");
        if (!join->output)
            argp_error(state, "--output FILE is missing");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse_option,
    "FILE...",
    "Put the runs of several comparisons into one file: other methods, other benchmarks, "
    "other seeds. A run that stands in two of them must be the same in both."
    "\v" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

static enum wn_status join_files(const struct join *join,
                                 struct wn_comparison *out,
                                 struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (size_t i = 0; rc == WN_OK && i < join->files.n; i++) {
        struct wn_comparison one = {0};

        rc = wn_comparison_read(join->files.at[i], &one, err);
        if (rc == WN_OK) {
            rc = wn_comparison_join(out, &one, err);
            if (rc != WN_OK)
                (void)wn_wrap(err, "%s", join->files.at[i]);
        }
        if (rc == WN_OK && i == 0) {
            out->name = wn_arena_strdup(&out->arena, one.name);
            out->about = "";
            if (!out->name)
                rc = wn_fail(err, WN_ENOMEM, "no memory for a comparison");
        }
        wn_comparison_release(&one);
    }
    return rc == WN_OK ? wn_comparison_write(out, join->output, err) : rc;
}

int wn_cli_compare_join(int argc, char **argv)
{
    struct join join = {0};
    char whole[WN_PATH_MAX];
    struct wn_comparison joined = {0};
    struct wn_error err = {0};
    enum wn_status rc;

    wn_cli_parse(&argp, argc, argv, &join);
    rc = wn_cli_output(join.output, whole, &err);
    if (rc == WN_OK)
        rc = join_files(&join, &joined, &err);
    if (rc == WN_OK)
        (void)printf("%s: %zu run%s of %zu stud%s\n", join.output, joined.cells.n,
                     joined.cells.n == 1 ? "" : "s", joined.studies.n,
                     joined.studies.n == 1 ? "y" : "ies");
    wn_comparison_release(&joined);
    wn_cli_words_release(&join.files);
    return rc == WN_OK ? WN_EXIT_COMPLETE : wn_cli_fail(&err);
}
