/* logs.c - `winnow logs ID`: the kept output of a trial. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/study_arg.h"

enum { LOG_MOST = 256 * 1024 * 1024 }; /* bytes */

struct logs {
    const char *trial, *name;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct logs *logs = state->input;

    if (key == ARGP_KEY_ARG && !logs->trial) {
        logs->trial = arg;
        return 0;
    }
    if (key == ARGP_KEY_END && !logs->trial)
        argp_error(state, "which trial?");
    return key == ARGP_KEY_END ? 0 : wn_cli_take_study(&logs->name, key, arg, state);
}

static const struct argp argp = {
    NULL,
    parse_option,
    "ID [STUDY]",
    "Print what trial ID wrote to its standard streams."
    "\v"
    "Kept are the first and last 64 KiB of failed trials, or of all with trial.logs: "
    "all.\n" WN_CLI_STUDY_HELP "\n\n"
    "Exit status: 0 done, 1 nothing was kept, 2 wrong usage.",
    NULL,
    NULL,
    NULL};

static int print_log(const struct wn_report_study *study, uint32_t trial)
{
    struct wn_buf name = {0}, out = {0};
    char path[WN_PATH_MAX];
    char *text = NULL;
    size_t n = 0;
    struct wn_error err = {0};
    enum wn_status rc;
    int code;

    wn_buf_addf(&name, "trials/%u/output.log", trial);
    rc = wn_path_join(path, &err, study->dir, wn_buf_text(&name));
    wn_buf_release(&name);
    if (rc == WN_OK)
        rc = wn_file_read(path, LOG_MOST, &text, &n, &err);
    if (rc == WN_EIO && err.native == ENOENT) {
        fprintf(stderr,
                "winnow: no output of trial %u was kept (it is %s; trial.logs is "
                "\"%s\")\n",
                trial, wn_report_state_name(study->study, trial),
                wn_values_string(study->job->trial, "logs"));
        return WN_EXIT_FAILED;
    }
    if (rc != WN_OK)
        return wn_cli_fail(&err);
    wn_buf_add(&out, text, n);
    code = wn_cli_print(&out);
    wn_buf_release(&out);
    wn_free(text);
    return code;
}

static int run(int argc, char **argv)
{
    struct logs logs = {0};
    struct wn_report_study study;
    uint32_t trial;
    int code;

    wn_cli_parse(&argp, argc, argv, &logs);
    code = wn_cli_open_study(logs.name, &study);
    if (code != WN_EXIT_COMPLETE)
        return code;
    code = wn_cli_trial(&study, logs.trial, &trial) ? print_log(&study, trial)
                                                    : WN_EXIT_USAGE;
    wn_report_close(&study);
    return code;
}

const struct wn_command wn_command_logs = {
    .name = "logs",
    .summary = "print the kept output of a trial",
    .run = run,
};
