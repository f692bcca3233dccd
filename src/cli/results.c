/* results.c - `winnow results`: write results.h5 anew from the journal. */
#define _GNU_SOURCE
#include <stdio.h>

#include "base/version.h"
#include "cli/study_arg.h"
#include "results/results.h"

struct results {
    const char *name, *path;
};

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0, "Where to, instead of results.h5 in the study", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct results *results = state->input;

    if (key == 'o') {
        results->path = arg;
        return 0;
    }
    return wn_cli_take_study(&results->name, key, arg, state);
}

static const struct argp argp = {
    options,
    parse_option,
    "[STUDY]",
    "Write the tables of a study (HDF5) from its journal; prints the path."
    "\v"
    "A running study writes its results.h5 itself: use --output beside "
    "it.\n" WN_CLI_STUDY_HELP "\n\n" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

static enum wn_status write_to(const struct wn_report_study *study,
                               const char *path,
                               struct wn_error *err)
{
    struct wn_results_input in = {
        .history = wn_study_history(study->study),
        .study = study->job->name,
        .metric = study->job->metric,
        .resource = study->job->resource,
        .job_text = study->job->text,
        .program_version = wn_version(),
        .time_ms = wn_study_time_ms(study->study),
    };
    struct wn_results *results = NULL;
    enum wn_status rc;

    in.rungs = wn_study_rung_changes(study->study, &in.n_rungs);
    rc = wn_results_snapshot(&in, &results, err);
    if (rc == WN_OK)
        rc = wn_results_write(results, path, NULL, NULL, err);
    wn_results_destroy(results);
    return rc;
}

static int run(int argc, char **argv)
{
    struct results want = {0};
    struct wn_report_study study;
    struct wn_error err = {0};
    struct wn_buf out = {0};
    char path[WN_PATH_MAX];
    enum wn_status rc;
    int code;

    wn_cli_parse(&argp, argc, argv, &want);
    code = wn_cli_open_study(want.name, &study);
    if (code != WN_EXIT_COMPLETE)
        return code;
    if (!want.path && wn_cli_study_lives(study.dir)) {
        fprintf(stderr,
                "winnow: the study runs and writes %s/results.h5 itself; name "
                "another file with --output\n",
                study.dir);
        wn_report_close(&study);
        return WN_EXIT_USAGE;
    }
    rc = want.path ? wn_cli_output(want.path, path, &err)
                   : wn_path_join(path, &err, study.dir, "results.h5");
    if (rc == WN_OK)
        rc = write_to(&study, path, &err);
    wn_buf_addf(&out, "%s\n", path);
    code = rc == WN_OK ? wn_cli_print(&out) : wn_cli_fail(&err);
    wn_buf_release(&out);
    wn_report_close(&study);
    return code;
}

const struct wn_command wn_command_results = {
    .name = "results",
    .summary = "write results.h5 anew from the journal",
    .run = run,
};
