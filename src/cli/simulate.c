/* simulate.c - `winnow simulate JOB`: the same study in virtual time. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/command.h"
#include "job/job.h"
#include "simulate/sim.h"

enum { KEY_SLOTS = 256, KEY_STUDY };
#define N_BEST      5
#define SLOTS_MOST  1000000
#define SLOTS_USUAL 4

struct simulate {
    const char *path, *study_dir;
    struct wn_cli_words sets;
    size_t n_slots; /* 0: as the job says */
};

static const struct argp_option options[] = {
    {"set", 's', "KEY=VALUE", 0,
     "Override a key of the job, such as scheduler.variant=stopping; may be repeated", 0},
    {"slots", KEY_SLOTS, "N", 0,
     "How many trials run at a time; default: trial.slots, or 4 where a runner has none",
     0},
    {"study", KEY_STUDY, "DIR", 0,
     "Keep the study in this folder, to look at it with the other commands", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct simulate *simulate = state->input;

    switch (key) {
    case 's':
        if (!wn_cli_words_add(&simulate->sets, arg))
            argp_failure(state, WN_EXIT_FAILED, 0, "out of memory");
        return 0;
    case KEY_SLOTS:
        simulate->n_slots = (size_t)wn_cli_integer(state, "--slots", arg, 1, SLOTS_MOST);
        return 0;
    case KEY_STUDY: simulate->study_dir = arg; return 0;
    case ARGP_KEY_ARG:
        if (simulate->path)
            argp_error(state, "one job at a time, not '%s' too", arg);
        simulate->path = arg;
        return 0;
    case ARGP_KEY_END:
        if (!simulate->path)
            argp_error(state, "which job?");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse_option,
    "JOB",
    "Run the study of a job in virtual time, with the runner table or function: the same "
    "decisions as on a cluster, in seconds."
    "\v"
    "Equal jobs give equal studies.\n" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

static size_t slots_of(const struct simulate *simulate, const struct wn_job *job)
{
    if (simulate->n_slots)
        return simulate->n_slots;
    return strcmp(job->runner->name, "table") == 0
               ? (size_t)wn_values_int(job->trial, "slots")
               : SLOTS_USUAL;
}

static enum wn_status simulate_job(const struct simulate *simulate,
                                   const struct wn_job *job,
                                   struct wn_problems *problems,
                                   struct wn_buf *out,
                                   struct wn_error *err)
{
    struct wn_store *store = NULL;
    struct wn_sim *sim = NULL;
    enum wn_opening opening = WN_OPENING_NEW;
    struct wn_sim_config cfg = {.job = job,
                                .study_dir = simulate->study_dir,
                                .n_workers = 1,
                                .n_slots = slots_of(simulate, job)};
    enum wn_status rc;

    if (!job->runner->works_in_virtual_time)
        return wn_fail(err, WN_EINVAL,
                       "%s: trial.runner: %s takes real time: winnow run %s",
                       simulate->path, job->runner->name, simulate->path);
    rc = wn_store_create_memory(&store, err);
    cfg.store = store;
    if (rc == WN_OK)
        rc = wn_sim_open(&cfg, &opening, problems, &sim, err);
    if (rc == WN_OK && sim)
        rc = wn_sim_run(sim, err);
    if (rc == WN_OK && sim)
        rc = wn_report_closing(wn_coord_study(wn_sim_coord(sim)), job,
                               simulate->study_dir, N_BEST, wn_cli_style(), out, err);
    wn_sim_destroy(sim);
    wn_store_destroy(store);
    return rc;
}

static int run(int argc, char **argv)
{
    struct simulate simulate = {0};
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    struct wn_error err = {0};
    struct wn_buf out = {0};
    int code;
    enum wn_status rc;

    wn_cli_parse(&argp, argc, argv, &simulate);
    rc = wn_job_read(simulate.path, simulate.sets.at, simulate.sets.n, &problems, &job,
                     &err);
    if (rc == WN_OK)
        rc = simulate_job(&simulate, job, &problems, &out, &err);
    if (rc == WN_OK)
        code = wn_cli_print(&out);
    else
        code = problems.n ? wn_cli_tell_problems(simulate.path, &problems)
                          : wn_cli_fail(&err);
    wn_buf_release(&out);
    wn_problems_release(&problems);
    wn_job_destroy(job);
    wn_cli_words_release(&simulate.sets);
    return code;
}

const struct wn_command wn_command_simulate = {
    .name = "simulate",
    .summary = "run the study of a job in virtual time",
    .run = run,
};
