/* best.c - `winnow best`: the best configuration, for people and for scripts. */
#define _GNU_SOURCE
#include <stdio.h>

#include "checkpoint/store.h"
#include "cli/study_arg.h"

enum form { FORM_TABLE, FORM_JSON, FORM_CHECKPOINT, FORM_COMMAND, FORM_SCHEDULE };

struct best {
    const char *name, *trial; /* trial: NULL, the best */
    enum form form;
    bool is_full;
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "Trial, metric and configuration as one JSON object", 0},
    {"checkpoint", 'c', NULL, 0, "The path of its newest checkpoint", 0},
    {"command", 'x', NULL, 0, "The exact command line that trains it", 0},
    {"schedule", 'S', NULL, 0,
     "A job that trains once with the hyperparameters it had on the way, forks included",
     0},
    {"full", 'F', NULL, 0, "Only among trials that reached the maximum resource", 0},
    {"trial", 't', "ID", 0, "This trial instead of the best one", 0},
    {0},
};

static error_t set_form(struct best *best, enum form form, struct argp_state *state)
{
    if (best->form != FORM_TABLE && best->form != form)
        argp_error(state, "choose one of --json, --checkpoint, --command and --schedule");
    best->form = form;
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct best *best = state->input;

    switch (key) {
    case 'j': return set_form(best, FORM_JSON, state);
    case 'c': return set_form(best, FORM_CHECKPOINT, state);
    case 'x': return set_form(best, FORM_COMMAND, state);
    case 'S': return set_form(best, FORM_SCHEDULE, state);
    case 'F': best->is_full = true; return 0;
    case 't': best->trial = arg; return 0;
    case ARGP_KEY_END:
        if (best->trial && best->is_full)
            argp_error(state, "--full is a choice of trials, --trial names one");
        return 0;
    default: return wn_cli_take_study(&best->name, key, arg, state);
    }
}

static const struct argp argp = {
    options,
    parse_option,
    "[STUDY]",
    "Show the trial with the best report."
    "\v"
    "A trial counts with the best of its reports; a metric that is not a number never "
    "counts. `winnow best --schedule > again.json` and `winnow run again.json` train "
    "once more as "
    "population based training came to its best.\n" WN_CLI_STUDY_HELP "\n\n"
    "Exit status: 0 done, 1 there is none (no report, no checkpoint), 2 wrong usage.",
    NULL,
    NULL,
    NULL};

static int add_checkpoint(const struct wn_report_study *study,
                          uint32_t trial,
                          struct wn_buf *out)
{
    struct wn_generation newest = wn_study_newest(study->study, trial);
    struct wn_store *store = NULL;
    struct wn_error err = {0};
    char path[WN_PATH_MAX];

    if (!newest.resource) {
        fprintf(stderr, "winnow: trial %u has no checkpoint\n", trial);
        return WN_EXIT_FAILED;
    }
    if (wn_store_open(study->dir, &store, &err) != WN_OK)
        return wn_cli_fail(&err);
    wn_store_path(store, newest, path);
    wn_store_destroy(store);
    if (!wn_file_exists(path)) {
        fprintf(stderr, "winnow: the checkpoint %s is not there\n", path);
        return WN_EXIT_FAILED;
    }
    wn_buf_addf(out, "%s\n", path);
    return WN_EXIT_COMPLETE;
}

static int add_command(const struct wn_report_study *study,
                       uint32_t trial,
                       struct wn_buf *out)
{
    const struct wn_history *history = wn_study_history(study->study);
    struct wn_error err = {0};

    if (wn_report_command(study->study, study->job, trial, out, &err) != WN_OK) {
        fprintf(stderr, "winnow: %s\n", err.text);
        return WN_EXIT_FAILED;
    }
    wn_buf_addc(out, '\n');
    if (wn_history_source_at(history, trial, wn_report_best_resource(history, trial))
            .resource)
        fprintf(stderr,
                "winnow: trial %u did not begin with this, it went on from another one's "
                "checkpoint; --schedule repeats all of it\n",
                trial);
    return WN_EXIT_COMPLETE;
}

static int add_schedule(const struct wn_report_study *study,
                        uint32_t trial,
                        struct wn_buf *out)
{
    struct wn_error err = {0};

    if (wn_report_schedule(study->study, study->job, trial, out, &err) != WN_OK) {
        fprintf(stderr, "winnow: %s\n", err.text);
        return WN_EXIT_FAILED;
    }
    return WN_EXIT_COMPLETE;
}

static int add_form(const struct wn_report_study *study,
                    enum form form,
                    uint32_t trial,
                    struct wn_buf *out)
{
    struct wn_json *json;

    switch (form) {
    case FORM_TABLE:
        wn_report_trials(study->study, study->job, &trial, 1, wn_cli_style(), out);
        return WN_EXIT_COMPLETE;
    case FORM_JSON:
        json = wn_report_trial_json(study->study, study->job, trial);
        if (json)
            wn_json_print(json, out);
        out->failed = out->failed || !json;
        wn_buf_addc(out, '\n');
        wn_json_destroy(json);
        return WN_EXIT_COMPLETE;
    case FORM_CHECKPOINT: return add_checkpoint(study, trial, out);
    case FORM_COMMAND: return add_command(study, trial, out);
    case FORM_SCHEDULE: return add_schedule(study, trial, out);
    }
    return WN_EXIT_FAILED;
}

/* The trial that is meant; an exit code. */
static int choose(const struct best *want,
                  const struct wn_report_study *study,
                  uint32_t *trial)
{
    const struct wn_report *best;

    if (want->trial)
        return wn_cli_trial(study, want->trial, trial) ? WN_EXIT_COMPLETE : WN_EXIT_USAGE;
    best = wn_history_best(wn_study_history(study->study), want->is_full);
    if (!best) {
        fprintf(stderr, "winnow: no trial has %s yet\n",
                want->is_full ? "reached the maximum resource" : "reported");
        return WN_EXIT_FAILED;
    }
    *trial = best->trial;
    return WN_EXIT_COMPLETE;
}

static int run(int argc, char **argv)
{
    struct best want = {0};
    struct wn_report_study study;
    struct wn_buf out = {0};
    uint32_t trial = 0;
    int code;

    wn_cli_parse(&argp, argc, argv, &want);
    code = wn_cli_open_study(want.name, &study);
    if (code != WN_EXIT_COMPLETE)
        return code;
    code = choose(&want, &study, &trial);
    if (code == WN_EXIT_COMPLETE)
        code = add_form(&study, want.form, trial, &out);
    if (code == WN_EXIT_COMPLETE)
        code = wn_cli_print(&out);
    wn_buf_release(&out);
    wn_report_close(&study);
    return code;
}

const struct wn_command wn_command_best = {
    .name = "best",
    .summary = "show the best configuration, its checkpoint, command line or schedule",
    .run = run,
};
