/* plot.c - `winnow plot curves STUDY`: the learning curves of a study's trials. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/study_arg.h"
#include "compare/plot.h"
#include "report/study_reader.h"

enum { KEY_OUTPUT = 256, KEY_TRIALS, KEY_FIRST, KEY_LOG };
#define TRIALS_USUAL 30
#define TRIALS_MOST  100000

struct plot {
    const char *what, *study, *output;
    size_t n_trials;
    bool is_first, is_log;
};

static const struct argp_option options[] = {
    {"output", KEY_OUTPUT, "FILE", 0, "The SVG file; default ./NAME-curves.svg", 0},
    {"trials", KEY_TRIALS, "N", 0, "At most so many trials; default 30", 0},
    {"first", KEY_FIRST, NULL, 0, "Those that began first, instead of the best", 0},
    {"log", KEY_LOG, NULL, 0, "A logarithmic axis", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct plot *plot = state->input;

    switch (key) {
    case KEY_OUTPUT: plot->output = arg; return 0;
    case KEY_TRIALS:
        plot->n_trials = (size_t)wn_cli_integer(state, "--trials", arg, 1, TRIALS_MOST);
        return 0;
    case KEY_FIRST: plot->is_first = true; return 0;
    case KEY_LOG: plot->is_log = true; return 0;
    case ARGP_KEY_ARG:
        if (!plot->what)
            plot->what = arg;
        else if (!plot->study)
            plot->study = arg;
        else
            argp_error(state, "one study at a time, not '%s' too", arg);
        return 0;
    case ARGP_KEY_END:
        if (!plot->what || strcmp(plot->what, "curves") != 0)
            argp_error(state, "what is to be drawn? There are: curves");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse_option,
    "curves [STUDY]",
    "Draw the metric of a study's trials over study time, with gnuplot: a line a trial, "
    "parted while it was paused, with marks at the rungs."
    "\v" WN_CLI_STUDY_HELP "\n" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

static enum wn_status draw(const struct plot *plot,
                           const struct wn_report_study *study,
                           struct wn_buf *path,
                           struct wn_error *err)
{
    char whole[WN_PATH_MAX];
    uint32_t *trials = NULL;
    size_t n = 0;
    enum wn_status rc = wn_report_select(
        study->study, plot->is_first ? WN_REPORT_BY_ID : WN_REPORT_BY_METRIC, false,
        &trials, &n, err);

    if (plot->output)
        wn_buf_adds(path, plot->output);
    else
        wn_buf_addf(path, "%s-curves.svg", study->job->name);
    if (rc == WN_OK)
        rc = path->failed ? wn_fail(err, WN_ENOMEM, "no memory for a path")
                          : wn_cli_output(path->at, whole, err);
    if (rc == WN_OK)
        rc = wn_plot_curves(study->study, study->job, trials,
                            n < plot->n_trials ? n : plot->n_trials, whole, plot->is_log,
                            err);
    wn_free(trials);
    return rc;
}

static int run(int argc, char **argv)
{
    struct plot plot = {.n_trials = TRIALS_USUAL};
    struct wn_report_study study;
    struct wn_buf path = {0};
    struct wn_error err = {0};
    int code;

    wn_cli_parse(&argp, argc, argv, &plot);
    code = wn_cli_open_study(plot.study, &study);
    if (code != WN_EXIT_COMPLETE)
        return code;
    if (draw(&plot, &study, &path, &err) == WN_OK)
        (void)printf("%s\n", path.at);
    else
        code = wn_cli_fail(&err);
    wn_buf_release(&path);
    wn_report_close(&study);
    return code;
}

const struct wn_command wn_command_plot = {
    .name = "plot",
    .summary = "draw the learning curves of a study",
    .run = run,
};
