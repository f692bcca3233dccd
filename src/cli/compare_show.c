/* compare_show.c - `winnow compare show FILE`: what a comparison found. */
#define _GNU_SOURCE
#include "cli/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/command.h"
#include "compare/plot.h"
#include "compare/print.h"

enum {
    KEY_STATISTIC = 256,
    KEY_AS,
    KEY_AGAINST,
    KEY_TARGET,
    KEY_CSV,
    KEY_POINTS,
    KEY_SVG,
    KEY_LOG,
    KEY_DRAWS
};
#define POINTS_USUAL 100
#define POINTS_MOST  100000
#define SEED_MOST    1000000000

struct show {
    const char *path, *svg_dir, *against;
    bool is_csv, is_log;
    size_t n_points;
    struct wn_compare_filter filter;
    WN_VEC(struct wn_compare_target) targets;
    struct wn_comparison comparison;
    struct wn_view view;
    struct wn_arena arena;
};

static const struct argp_option options[] = {
    {"statistic", KEY_STATISTIC, "WHICH", 0,
     "Of the runs: iqm (the mean of the middle half, with a bootstrap interval of 95 %; "
     "default), mean (the same interval) or median (with quartiles)",
     0},
    {"as", KEY_AS, "WHAT", 0,
     "value (the metric as it is; default), loss (smaller is better: negated where the "
     "metric is maximised) or regret (distance from the best value that is known)",
     0},
    {"against", KEY_AGAINST, "METHOD", 0,
     "Also the differences from this method at the end, run by run", 0},
    {"target", KEY_TARGET, "[BENCHMARK=]VALUE", 0,
     "Also the time until the metric is this or better; may be repeated", 0},
    WN_CLI_FILTER_OPTIONS,
    {"csv", KEY_CSV, NULL, 0, "Print CSV instead of tables: every method over time", 0},
    {"points", KEY_POINTS, "N", 0, "Times in the CSV; default 100", 0},
    {"svg", KEY_SVG, "DIR", 0,
     "Also draw a plot for every benchmark into this folder, with gnuplot", 0},
    {"log", KEY_LOG, NULL, 0, "A logarithmic axis in the plots", 0},
    {"bootstrap-seed", KEY_DRAWS, "N", 0, "Of the intervals; default 1", 0},
    {0},
};

static size_t choice(struct argp_state *state,
                     const char *option,
                     const char *const *names,
                     const char *arg)
{
    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], arg) == 0)
            return i;
    argp_error(state, "%s must be %s, %s or %s, not '%s'", option, names[0], names[1],
               names[2], arg);
    return 0;
}

static void add_target(struct show *show, const char *arg, struct argp_state *state)
{
    const char *mark = strrchr(arg, '=');
    struct wn_compare_target *target = wn_vec_push(&show->targets);
    char *end;

    if (!target)
        argp_failure(state, WN_EXIT_FAILED, 0, "out of memory");
    else if (mark)
        target->benchmark = wn_arena_strndup(&show->arena, arg, (size_t)(mark - arg));
    if (!target)
        return;
    target->value = strtod(mark ? mark + 1 : arg, &end);
    if (*end || end == (mark ? mark + 1 : arg) || !isfinite(target->value))
        argp_error(state,
                   "--target must be a number, perhaps behind BENCHMARK=, not '%s'", arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct show *show = state->input;

    if (wn_cli_filter_option(&show->filter, key, arg, state))
        return 0;
    switch (key) {
    case KEY_STATISTIC:
        show->view.statistic =
            (enum wn_statistic)choice(state, "--statistic", wn_statistic_names, arg);
        return 0;
    case KEY_AS:
        show->view.as = (enum wn_view_as)choice(state, "--as", wn_view_as_names, arg);
        return 0;
    case KEY_AGAINST: show->against = arg; return 0;
    case KEY_TARGET: add_target(show, arg, state); return 0;
    case KEY_CSV: show->is_csv = true; return 0;
    case KEY_POINTS:
        show->n_points = (size_t)wn_cli_integer(state, "--points", arg, 1, POINTS_MOST);
        return 0;
    case KEY_SVG: show->svg_dir = arg; return 0;
    case KEY_LOG: show->is_log = true; return 0;
    case KEY_DRAWS:
        show->view.seed =
            (uint64_t)wn_cli_integer(state, "--bootstrap-seed", arg, 0, SEED_MOST);
        return 0;
    case ARGP_KEY_ARG:
        if (show->path)
            argp_error(state, "one comparison at a time, not '%s' too (see join)", arg);
        show->path = arg;
        return 0;
    case ARGP_KEY_END:
        if (!show->path)
            argp_error(state, "which comparison?");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse_option,
    "FILE",
    "Show what a comparison found: for every benchmark the best value so far at quarters "
    "of "
    "the time, the best method first; mean ranks over the benchmarks; which runs are "
    "missing."
    "\v"
    "FILE is what `winnow compare run` writes; it may be at work.\n" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

/* Names that are given beside the filter are looked for as its names are. */
static enum wn_status check_names(const struct show *show, struct wn_error *err)
{
    struct wn_compare_filter named = {0};
    enum wn_status rc = WN_OK;

    if (show->against)
        rc = wn_compare_filter_add(&named, WN_COMPARE_METHOD, show->against, err);
    for (size_t i = 0; rc == WN_OK && i < show->targets.n; i++)
        if (show->targets.at[i].benchmark)
            rc = wn_compare_filter_add(&named, WN_COMPARE_BENCHMARK,
                                       show->targets.at[i].benchmark, err);
    if (rc == WN_OK)
        rc = wn_compare_filter_check(&named, &show->comparison, err);
    wn_compare_filter_release(&named);
    return rc;
}

static enum wn_status show_all(struct show *show,
                               struct wn_buf *out,
                               struct wn_error *err)
{
    const struct wn_compare_wishes wishes = {.style = wn_cli_style(),
                                             .against = show->against,
                                             .targets = show->targets.at,
                                             .n_targets = show->targets.n};
    struct wn_buf gaps = {0};
    enum wn_status rc = wn_comparison_read(show->path, &show->comparison, err);

    if (rc == WN_OK)
        rc = check_names(show, err);
    if (rc == WN_OK)
        rc = wn_view_make(&show->comparison, &show->filter, &show->view, err);
    if (rc == WN_OK && show->is_csv) {
        rc = wn_compare_print_csv(&show->view, show->n_points, out, err);
        if (rc == WN_OK) {
            wn_compare_print_gaps(&show->comparison, &show->filter, &gaps);
            (void)fputs(wn_buf_text(&gaps), stderr);
        }
    } else if (rc == WN_OK) {
        rc = wn_compare_print(&show->view, &show->filter, &wishes, out, err);
    }
    wn_buf_release(&gaps);
    return rc;
}

/* Those that could be drawn are named, whatever became of the others. */
static enum wn_status draw_all(struct show *show, struct wn_error *err)
{
    struct wn_buf files = {0};
    enum wn_status rc =
        wn_compare_plot(&show->view, show->svg_dir, show->is_log, &files, err);

    if (!show->is_csv)
        (void)wn_cli_print(&files);
    wn_buf_release(&files);
    return rc;
}

int wn_cli_compare_show(int argc, char **argv)
{
    struct show show = {.n_points = POINTS_USUAL, .view.seed = 1};
    struct wn_buf out = {0};
    struct wn_error err = {0};
    enum wn_status rc;
    int code;

    wn_cli_parse(&argp, argc, argv, &show);
    rc = show_all(&show, &out, &err);
    code = rc == WN_OK ? wn_cli_print(&out) : wn_cli_fail(&err);
    /* Plots that cannot be drawn take nothing from the tables. */
    if (code == WN_EXIT_COMPLETE && show.svg_dir && draw_all(&show, &err) != WN_OK)
        code = wn_cli_fail(&err);
    wn_buf_release(&out);
    wn_view_release(&show.view);
    wn_comparison_release(&show.comparison);
    wn_compare_filter_release(&show.filter);
    wn_vec_release(&show.targets);
    wn_arena_release(&show.arena);
    return code;
}
