/* simulate.c - `winnow simulate JOB|STUDY`: the same study in virtual time. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/assert.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/study_arg.h"
#include "cli/trouble.h"
#include "job/job.h"
#include "simulate/past.h"

enum { KEY_SLOTS = 256, KEY_STUDY, KEY_CHARGE, KEY_MESSAGE, KEY_QUIET };
enum { NAMED_MOST = 20 }; /* trials in a line of the report */
#define N_BEST      5
#define SLOTS_MOST  1000000
#define SLOTS_USUAL 4

struct simulate {
    const char *path, *study_dir;
    struct wn_cli_words sets;
    size_t n_slots; /* 0: as the job says */
    bool charges;
    int64_t message_us;
    bool is_quiet;
    bool is_past; /* the path is a study's */
    struct wn_cli_trouble trouble;
};

static const struct argp_option options[] = {
    {"set", 's', "KEY=VALUE", 0,
     "Override a key of the job, such as scheduler.variant=stopping; may be repeated", 0},
    {"slots", KEY_SLOTS, "N", 0,
     "How many trials run at a time; default: trial.slots, the slots that the study had, "
     "or "
     "4",
     0},
    {"study", KEY_STUDY, "DIR", 0,
     "Keep the study in this folder, to look at it with the other commands, and to go on "
     "where it was interrupted; its checkpoints were in memory, so some trials train "
     "again what an uninterrupted run does not",
     0},
    {"charge-decisions", KEY_CHARGE, NULL, 0,
     "Let the coordinator's work take the time that it takes here; no two runs are the "
     "same "
     "then",
     0},
    {"message-time", KEY_MESSAGE, "MICROSECONDS", 0,
     "Let the coordinator take this long for each message that it receives", 0},
    {"quiet", KEY_QUIET, NULL, 0, "No progress, only the closing report", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct simulate *simulate = state->input;

    switch (key) {
    case 's': return wn_cli_take_set(&simulate->sets, arg, state);
    case KEY_SLOTS:
        simulate->n_slots = (size_t)wn_cli_integer(state, "--slots", arg, 1, SLOTS_MOST);
        return 0;
    case KEY_STUDY: simulate->study_dir = arg; return 0;
    case KEY_CHARGE: simulate->charges = true; return 0;
    case KEY_QUIET: simulate->is_quiet = true; return 0;
    case KEY_MESSAGE:
        simulate->message_us =
            wn_cli_integer(state, "--message-time", arg, 1, 1000000000);
        return 0;
    case ARGP_KEY_ARG: return wn_cli_take_one(&simulate->path, "job", arg, state);
    case ARGP_KEY_INIT: state->child_inputs[0] = &simulate->trouble; return 0;
    case ARGP_KEY_END:
        if (!simulate->path)
            argp_error(state, "which job?");
        if (simulate->charges && simulate->message_us)
            argp_error(state, "--charge-decisions measures what --message-time says: one "
                              "of them");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    {&wn_cli_trouble_argp, 0, "Trouble, drawn from the study's seed:", 1},
    {0}};

static const struct argp argp = {
    options,
    parse_option,
    "JOB|STUDY",
    "Run the study of a job in virtual time, with the runner table or function: the same "
    "decisions as on a cluster, in seconds. Or replay a study of yours under other "
    "settings: its trials' reports are the table."
    "\v"
    "Equal jobs give equal studies. Slow trials, crashes and slow checkpoints are keys "
    "of the "
    "job: --set trial.stragglers=0.1, straggler_factor, crash, flaky, save_time, "
    "restore_time.\n"
    "Of a replayed study only configurations that it tried are proposed, unless --set "
    "trial.surrogate=nearest. A trial that goes further than it did then is continued, "
    "at its "
    "own pace, by what each unit added to the others in the median, and is "
    "named.\n" WN_CLI_STUDY_HELP "\n" WN_CLI_EXIT_HELP,
    children,
    NULL,
    NULL};

/* --- which job --- */

static size_t slots_of(const struct simulate *simulate, const struct wn_job *job)
{
    if (simulate->n_slots)
        return simulate->n_slots;
    return strcmp(job->runner->name, "table") == 0
               ? (size_t)wn_values_int(job->trial, "slots")
               : SLOTS_USUAL;
}

/* A job is a file; a study is a folder, perhaps below $WINNOW_DIR. */
static bool is_study(const char *path, char *dir)
{
    struct stat seen;
    bool is_there = stat(path, &seen) == 0;

    if (is_there && !S_ISDIR(seen.st_mode))
        return false;
    return wn_report_find(path, getenv("WINNOW_DIR"), dir, NULL) == WN_OK;
}

static enum wn_status read_past(const struct simulate *simulate,
                                const char *dir,
                                struct wn_problems *problems,
                                struct wn_job **out,
                                struct wn_error *err)
{
    struct wn_report_study study;
    enum wn_status rc = wn_report_open(dir, false, &study, err);
    struct wn_past past;

    if (rc != WN_OK)
        return rc;
    past = (struct wn_past){dir, study.job, study.study, study.n_slots};
    rc = wn_past_job(&past, simulate->sets.at, simulate->sets.n, problems, out, err);
    wn_report_close(&study);
    return rc;
}

static bool is_same_folder(const char *a, const char *b)
{
    struct stat one, other;

    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static enum wn_status read_job(struct simulate *simulate,
                               struct wn_problems *problems,
                               struct wn_job **out,
                               struct wn_error *err)
{
    char dir[WN_PATH_MAX];

    simulate->is_past = is_study(simulate->path, dir);
    if (simulate->is_past && simulate->study_dir &&
        is_same_folder(dir, simulate->study_dir))
        return wn_fail(err, WN_EINVAL,
                       "%s is the study that is replayed: keep the new one in another "
                       "folder, --study DIR",
                       simulate->study_dir);
    if (simulate->is_past)
        return read_past(simulate, dir, problems, out, err);
    return wn_job_read(simulate->path, simulate->sets.at, simulate->sets.n, problems, out,
                       err);
}

/* --- what is told --- */

/* Trials of which something was made up. */
struct made_up {
    struct wn_buf names;
    uint32_t n;
};

static void note(struct made_up *made_up, uint32_t trial)
{
    if (made_up->n < NAMED_MOST)
        wn_buf_addf(&made_up->names, "%s%" PRIu32, made_up->n ? ", " : "", trial);
    made_up->n++;
}

/* "12 of 100 trials WHAT: 3, 17, 20"; nothing if there is none. */
static void tell_made_up(struct made_up *made_up,
                         uint32_t n_trials,
                         const char *what,
                         struct wn_buf *out)
{
    if (made_up->n)
        wn_buf_addf(out, "%" PRIu32 " of %" PRIu32 " trials %s: %s%s\n", made_up->n,
                    n_trials, what, wn_buf_text(&made_up->names),
                    made_up->n > NAMED_MOST ? ", ..." : "");
    out->failed = out->failed || made_up->names.failed;
    wn_buf_release(&made_up->names);
}

/* Whether a trial goes on from another's checkpoint with other hyperparameters. */
static bool has_changed(const struct wn_history *history, uint32_t trial)
{
    const struct wn_trial *seen = wn_history_trial(history, trial);

    return seen->cells && seen->source.resource &&
           !wn_config_equal(wn_history_space(history), seen->cells,
                            wn_history_trial(history, seen->source.trial)->cells);
}

/* The nearest row is looked for again here, once a trial. */
static void tell_surrogates(const struct simulate *simulate,
                            const struct wn_job *job,
                            struct wn_sim *sim,
                            struct wn_buf *out)
{
    const struct wn_study *study = wn_coord_study(wn_sim_coord(sim));
    const struct wn_history *history = wn_study_history(study);
    uint32_t n = (uint32_t)wn_history_totals(history).n_configured;
    bool has_rows = job->runner->made_up != NULL;
    struct made_up nearest = {0}, continued = {0}, changed = {0};

    for (uint32_t t = 0; t < n; t++) {
        unsigned bits = wn_sim_made_up(sim, t);

        if (bits & WN_MADE_UP_NEAREST)
            note(&nearest, t);
        if (bits & WN_MADE_UP_CONTINUED)
            note(&continued, t);
        if (has_rows && has_changed(history, t))
            note(&changed, t);
    }
    tell_made_up(
        &nearest, n,
        simulate->is_past
            ? "had configurations that the study never tried (the nearest that it "
              "tried stands for them)"
            : "had configurations that are not in the table (the nearest row "
              "stands for them)",
        out);
    tell_made_up(&continued, n, "went beyond what was recorded", out);
    tell_made_up(
        &changed, n,
        "were forked with other hyperparameters (a table knows no training whose "
        "hyperparameters change on the way: they went on as if they had had theirs "
        "from the beginning)",
        out);
}

/* --- running --- */

/* Virtual time has no evening on which somebody stops a study; a value of the metric, or
 * failures, may end it. */
static enum wn_status check_end(const struct simulate *simulate,
                                const struct wn_job *job,
                                struct wn_error *err)
{
    bool has_end = false;
    enum wn_status rc = wn_job_has_end(job, &has_end, err);

    if (rc != WN_OK || has_end || wn_values_is_set(job->stop, "metric") ||
        wn_values_is_set(job->stop, "trials_failed"))
        return rc;
    return wn_fail(err, WN_EINVAL,
                   "%s: nothing ends this study: give it a stop criterion, such as --set "
                   "stop.time=12h",
                   simulate->path);
}

static enum wn_status configure(const struct simulate *simulate,
                                const struct wn_job *job,
                                struct wn_campaign_config *cfg,
                                struct wn_error *err)
{
    enum wn_status rc;

    if (!job->runner->works_in_virtual_time)
        return wn_fail(err, WN_EINVAL,
                       "%s: trial.runner: %s takes real time: winnow run %s",
                       simulate->path, job->runner->name, simulate->path);
    rc = check_end(simulate, job, err);
    if (rc != WN_OK)
        return rc;
    cfg->sim.job = job;
    cfg->sim.study_dir = simulate->study_dir;
    cfg->sim.charges_steps = simulate->charges;
    cfg->sim.message_us = simulate->message_us;
    rc = wn_cli_trouble_apply(&simulate->trouble, slots_of(simulate, job), cfg, err);
    if (rc == WN_OK && simulate->study_dir)
        rc = wn_path_blame(wn_dir_make(simulate->study_dir, err), err);
    return rc;
}

static enum wn_status tell_finished(const struct simulate *simulate,
                                    struct wn_buf *out,
                                    struct wn_error *err)
{
    struct wn_report_study study;
    enum wn_status rc = wn_report_open(simulate->study_dir, false, &study, err);

    if (rc != WN_OK)
        return rc;
    wn_buf_addf(out, "The study in %s is complete already.\n", simulate->study_dir);
    rc = wn_report_closing(study.study, study.job, simulate->study_dir, N_BEST,
                           wn_cli_style(), out, err);
    wn_report_close(&study);
    return rc;
}

static enum wn_status tell(const struct simulate *simulate,
                           struct wn_campaign *campaign,
                           const struct wn_job *job,
                           struct wn_buf *out,
                           struct wn_error *err)
{
    struct wn_sim *sim = wn_campaign_sim(campaign);
    enum wn_status rc;

    if (!sim)
        return tell_finished(simulate, out, err);
    rc = wn_report_closing(wn_coord_study(wn_sim_coord(sim)), job, simulate->study_dir,
                           N_BEST, wn_cli_style(), out, err);
    tell_surrogates(simulate, job, sim, out);
    wn_cli_trouble_tell(&simulate->trouble, campaign, job, out);
    return rc;
}

static enum wn_status simulate_job(const struct simulate *simulate,
                                   const struct wn_job *job,
                                   struct wn_problems *problems,
                                   struct wn_buf *out,
                                   struct wn_error *err)
{
    struct wn_store *store = NULL;
    struct wn_campaign *campaign = NULL;
    struct wn_campaign_config cfg = {0};
    struct wn_cli_progress progress;
    enum wn_opening opening = WN_OPENING_NEW;
    enum wn_status rc;

    WN_ASSERT(job);
    rc = configure(simulate, job, &cfg, err);
    if (rc == WN_OK)
        rc = wn_store_create_memory(&store, err);
    cfg.sim.store = store;
    wn_cli_progress_begin(&progress, stderr, simulate->is_quiet);
    wn_cli_progress_watch(&progress, &cfg);
    if (rc == WN_OK)
        rc = wn_campaign_run(&cfg, &opening, problems, &campaign, err);
    wn_cli_progress_clear(&progress);
    if (rc == WN_OK)
        rc = tell(simulate, campaign, job, out, err);
    wn_campaign_destroy(campaign);
    wn_store_destroy(store);
    return rc;
}

static int run(int argc, char **argv)
{
    struct simulate simulate = {.trouble = WN_CLI_TROUBLE_USUAL};
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    struct wn_error err = {0};
    struct wn_buf out = {0};
    int code;
    enum wn_status rc;

    wn_cli_parse(&argp, argc, argv, &simulate);
    rc = read_job(&simulate, &problems, &job, &err);
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
    .summary = "run the study of a job, or a past study again, in virtual time",
    .run = run,
};
