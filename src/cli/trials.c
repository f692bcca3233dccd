/* trials.c - `winnow trials`: the trials of a study, as a table or as JSON lines. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/study_arg.h"

struct trials {
    const char *name, *state;
    enum wn_report_order order;
    long most;
    bool prints_json;
};

static const char *const states[] = {"running",  "waiting", "paused",    "completed",
                                     "stopped",  "failed",  "withdrawn", "planned",
                                     "stopping", NULL};

static const struct argp_option options[] = {
    {"best", 'b', NULL, 0, "Best metric first, not by number", 0},
    {"state", 's', "STATE", 0,
     "Only those that are running, waiting, paused, completed, stopped, failed ...", 0},
    {"number", 'n', "N", 0, "At most so many", 0},
    {"json", 'j', NULL, 0, "A JSON object a line", 0},
    {0},
};

static bool is_state(const char *text)
{
    for (const char *const *state = states; *state; state++)
        if (strcmp(*state, text) == 0)
            return true;
    return false;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct trials *trials = state->input;

    switch (key) {
    case 'b': trials->order = WN_REPORT_BY_METRIC; return 0;
    case 's':
        if (!is_state(arg))
            argp_error(state, "no trial can be '%s'", arg);
        trials->state = arg;
        return 0;
    case 'n':
        trials->most = wn_cli_integer(state, "--number", arg, 1, LONG_MAX);
        return 0;
    case 'j': trials->prints_json = true; return 0;
    default: return wn_cli_take_study(&trials->name, key, arg, state);
    }
}

static const struct argp argp = {options,
                                 parse_option,
                                 "[STUDY]",
                                 "List the trials of a study."
                                 "\v" WN_CLI_STUDY_HELP "\n\n" WN_CLI_EXIT_HELP,
                                 NULL,
                                 NULL,
                                 NULL};

/* Keep those in the wanted state, at most as many as wanted; returns how many. */
static size_t choose(const struct trials *want,
                     const struct wn_study *study,
                     uint32_t *trials,
                     size_t n)
{
    size_t n_kept = 0;

    for (size_t i = 0; i < n && n_kept < (size_t)want->most; i++)
        if (!want->state ||
            strcmp(wn_report_state_name(study, trials[i]), want->state) == 0)
            trials[n_kept++] = trials[i];
    return n_kept;
}

static void print_lines(const struct wn_report_study *study,
                        const uint32_t *trials,
                        size_t n,
                        struct wn_buf *out)
{
    for (size_t i = 0; i < n; i++) {
        struct wn_json *json = wn_report_trial_json(study->study, study->job, trials[i]);

        if (json)
            wn_json_print(json, out);
        out->failed = out->failed || !json;
        wn_buf_addc(out, '\n');
        wn_json_destroy(json);
    }
}

static int run(int argc, char **argv)
{
    struct trials want = {.most = LONG_MAX};
    struct wn_report_study study;
    struct wn_error err = {0};
    struct wn_buf out = {0};
    uint32_t *trials = NULL;
    size_t n = 0;
    int code;

    wn_cli_parse(&argp, argc, argv, &want);
    code = wn_cli_open_study(want.name, &study);
    if (code != WN_EXIT_COMPLETE)
        return code;
    if (wn_report_select(study.study, want.order, false, &trials, &n, &err) == WN_OK) {
        n = choose(&want, study.study, trials, n);
        if (want.prints_json)
            print_lines(&study, trials, n, &out);
        else
            wn_report_trials(study.study, study.job, trials, n, wn_cli_style(), &out);
        code = wn_cli_print(&out);
    } else {
        code = wn_cli_fail(&err);
    }
    wn_free(trials);
    wn_buf_release(&out);
    wn_report_close(&study);
    return code;
}

const struct wn_command wn_command_trials = {
    .name = "trials",
    .summary = "list the trials of a study",
    .run = run,
};
