/* run.c - `winnow run JOB`: start a study or go on with it.
 *
 * Every rank runs this. Rank 0 reads the job, opens the study and coordinates; the others
 * get the canonical job from it and work. Whatever fails at start-up is agreed on, so that
 * all ranks end with the same code and one message.
 *
 * Signals, on rank 0: USR1 drains (trials pause at their next report, the study closes);
 * INT and TERM too, and kill at the second. The other ranks ignore them: under mpirun a
 * signal reaches all ranks, and what ends a worker is the coordinator.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/host.h"
#include "cli/progress.h"
#include "coordinator/coordinator.h"
#include "report/study_reader.h"

#define N_BEST 5
#define N_FDS  64

enum {
    KEY_STUDY = 256,
    KEY_NEW,
    KEY_SLOTS,
    KEY_COORDINATOR_SLOTS,
    KEY_TAKEOVER,
    KEY_QUIET
};

struct run {
    const char *path, *study;
    struct wn_cli_words sets;
    struct wn_host_wishes wishes;
    bool is_new, takes_over, is_quiet;

    struct wn_host host;
    struct wn_job *job;
    char study_dir[WN_PATH_MAX];
    struct wn_coord *coord;
    enum wn_opening opening;
    int log_fd;
    struct wn_cli_progress progress;
};

static const struct argp_option options[] = {
    {"set", 's', "KEY=VALUE", 0,
     "Override a key of the job, such as scheduler.variant=stopping; may be repeated", 0},
    {"study", KEY_STUDY, "DIR", 0,
     "Folder of the study; default: $WINNOW_DIR/NAME, else ./NAME, with the job's name",
     0},
    {"new", KEY_NEW, NULL, 0,
     "Begin a new study: the time is appended to its folder's name", 0},
    {"slots", KEY_SLOTS, "N", 0,
     "Trials at a time in each worker; default: as many as its cores hold", 0},
    {"coordinator-slots", KEY_COORDINATOR_SLOTS, "N", 0,
     "Slots of rank 0's own worker; default: none beside other ranks of its node, else "
     "as "
     "many as its cores hold",
     0},
    {"takeover", KEY_TAKEOVER, NULL, 0,
     "Open the study although a coordinator seems to live; that one ends by itself", 0},
    {"quiet", KEY_QUIET, NULL, 0, "No progress, only the closing report", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct run *run = state->input;

    switch (key) {
    case 's': return wn_cli_take_set(&run->sets, arg, state);
    case KEY_STUDY: run->study = arg; return 0;
    case KEY_NEW: run->is_new = true; return 0;
    case KEY_SLOTS:
        run->wishes.n_slots = wn_cli_integer(state, "--slots", arg, 1, 65536);
        return 0;
    case KEY_COORDINATOR_SLOTS:
        run->wishes.n_coordinator_slots =
            wn_cli_integer(state, "--coordinator-slots", arg, 0, 65536);
        return 0;
    case KEY_TAKEOVER: run->takes_over = true; return 0;
    case KEY_QUIET: run->is_quiet = true; return 0;
    case ARGP_KEY_ARG: return wn_cli_take_one(&run->path, "job", arg, state);
    case ARGP_KEY_END:
        if (!run->path)
            argp_error(state, "which job?");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse_option,
    "JOB",
    "Run the study that a job file describes, or go on with it: the same command in the "
    "same "
    "place resumes."
    "\v"
    "Start it under mpirun or srun (rank 0 coordinates, the others run trials) or by "
    "itself "
    "(one slot per core). USR1, and INT or TERM where they reach Winnow, drain: trials "
    "pause "
    "at their next report and the study closes; a second INT or TERM kills them.\n"
    "Exit status: 0 the study is complete, 75 it was stopped and can be resumed, 1 it "
    "failed "
    "(no trial ever reported, a file could not be written, another coordinator took "
    "over), "
    "2 wrong usage, no such job, or one with mistakes.",
    NULL,
    NULL,
    NULL};

/* --- signals --- */

static volatile sig_atomic_t n_drains, n_kills;

static void on_signal(int number)
{
    if (number != SIGUSR1)
        n_kills++;
    n_drains++;
}

static void catch_signals(bool coordinates)
{
    static const int numbers[] = {SIGUSR1, SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = coordinates ? on_signal : SIG_IGN};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

/* --- the log of the study --- */

static void write_log(void *arg,
                      enum wn_log_level level,
                      const char *part,
                      const char *line)
{
    struct run *run = arg;
    struct wn_buf text = {0};
    time_t now = time(NULL);
    struct tm when;
    char stamp[32] = "";

    if (gmtime_r(&now, &when))
        (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &when);
    wn_buf_addf(&text, "%s %s %s: %s\n", stamp, wn_log_level_name(level), part, line);
    if (!text.failed && run->log_fd >= 0)
        (void)!write(run->log_fd, text.at, text.n);
    if (level >= WN_LOG_WARN)
        (void)fprintf(stderr, "%swinnow: %s: %s\n",
                      run->progress.is_terminal ? "\r\033[K" : "", part, line);
    wn_buf_release(&text);
}

static void open_log(struct run *run)
{
    char path[WN_PATH_MAX];

    if (wn_path_join(path, NULL, run->study_dir, "winnow.log") == WN_OK)
        run->log_fd =
            open(path, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0666);
    wn_log_set_sink(write_log, run);
}

/* --- start-up --- */

/* --study DIR, else $WINNOW_DIR/NAME, else ./NAME. */
static enum wn_status find_study_dir(struct run *run, struct wn_error *err)
{
    const char *root = getenv("WINNOW_DIR");
    struct wn_buf path = {0};
    enum wn_status rc;

    if (run->study)
        wn_buf_adds(&path, run->study);
    else
        wn_buf_addf(&path, "%s/%s", root && *root ? root : ".", run->job->name);
    if (run->is_new) {
        time_t now = time(NULL);
        struct tm when;
        char stamp[32] = "";
        if (localtime_r(&now, &when))
            (void)strftime(stamp, sizeof stamp, "-%Y%m%d-%H%M%S", &when);
        wn_buf_adds(&path, stamp);
    }
    rc = path.failed ? wn_fail(err, WN_ENOMEM, "no memory for a path")
                     : wn_path_absolute(path.at, run->study_dir, err);
    wn_buf_release(&path);
    return rc;
}

/* Rank 0 reads the job and tells every mistake. */
static enum wn_status read_job(struct run *run, struct wn_error *err)
{
    struct wn_problems problems = {0};
    enum wn_status rc =
        wn_job_read(run->path, run->sets.at, run->sets.n, &problems, &run->job, err);

    if (problems.n) {
        (void)wn_cli_tell_problems(run->path, &problems);
        if (err)
            err->text[0] = '\0'; /* told already */
    }
    wn_problems_release(&problems);
    if (!rc && !run->job->runner->works_in_real_time)
        rc = wn_fail(err, WN_EINVAL,
                     "%s: trial.runner: %s takes virtual time: winnow simulate %s",
                     run->path, run->job->runner->name, run->path);
    return rc ? rc : find_study_dir(run, err);
}

/* The job of rank 0 on every rank: folder of the job, of the study, canonical text. */
static enum wn_status share_job(struct run *run, struct wn_error *err)
{
    struct wn_buf text = {0};
    char *shared = NULL, *job_dir, *study_dir, *canonical;
    enum wn_status rc = WN_OK;

    if (run->host.size == 1)
        return WN_OK;
    if (run->host.rank == 0) {
        wn_buf_addf(&text, "%s\n%s\n%s", run->job->job_dir, run->study_dir,
                    run->job->text);
        shared = text.at;
    }
    rc = wn_host_share(&run->host, &shared, err);
    if (run->host.rank == 0 || rc) {
        wn_buf_release(&text);
        return rc;
    }
    job_dir = shared;
    study_dir = strchr(job_dir, '\n');
    canonical = study_dir ? strchr(study_dir + 1, '\n') : NULL;
    if (canonical) {
        *study_dir++ = '\0';
        *canonical++ = '\0';
        (void)snprintf(run->study_dir, sizeof run->study_dir, "%s", study_dir);
        rc = wn_job_parse_canonical(canonical, job_dir, &run->job, err);
    } else {
        rc = wn_fail(err, WN_ECORRUPT, "rank 0 sent no job");
    }
    wn_free(shared);
    return rc;
}

static enum wn_status open_study(struct run *run, struct wn_error *err)
{
    struct wn_coord_config cfg = {.job = run->job,
                                  .study_dir = run->study_dir,
                                  .comm = run->host.comm,
                                  .n_slots = (uint32_t)run->host.n_all_slots,
                                  .takes_over = run->takes_over,
                                  .has_thread = true};
    struct wn_problems problems = {0};
    enum wn_status rc = wn_path_blame(wn_dir_make(run->study_dir, err), err);

    if (rc)
        return rc;
    rc = wn_store_open(run->study_dir, &run->host.store, err);
    if (rc)
        return rc;
    open_log(run);
    cfg.store = run->host.store;
    rc = wn_coord_open(&cfg, &run->opening, &problems, &run->coord, err);
    if (problems.n) {
        (void)wn_cli_tell_problems(run->study_dir, &problems);
        (void)fprintf(stderr,
                      "winnow: the study in %s was begun with another job; change these "
                      "back, or begin a new study with --new or --study DIR\n",
                      run->study_dir);
        if (err)
            err->text[0] = '\0';
    }
    wn_problems_release(&problems);
    return rc;
}

/* Whether there is anything to do is rank 0's to know. */
static enum wn_status share_opening(struct run *run, struct wn_error *err)
{
    char text[2] = {(char)('0' + (int)run->opening), '\0'}, *shared = text;
    enum wn_status rc = wn_host_share(&run->host, &shared, err);

    if (!rc && run->host.rank != 0) {
        run->opening = (enum wn_opening)(shared[0] - '0');
        wn_free(shared);
    }
    return rc;
}

static enum wn_status set_up(struct run *run, struct wn_error *err)
{
    struct wn_host *host = &run->host;
    enum wn_status rc = host->rank == 0 ? read_job(run, err) : WN_OK;

    rc = wn_host_agree(host, rc, err);
    if (!rc)
        rc = wn_host_agree(host, share_job(run, err), err);
    if (!rc)
        rc = wn_host_agree(host,
                           wn_host_place(host,
                                         (size_t)wn_values_int(run->job->trial, "cores"),
                                         &run->wishes, err),
                           err);
    if (!rc)
        rc = wn_host_agree(host, wn_host_connect(host, err), err);
    if (!rc)
        rc = wn_host_agree(host, host->rank == 0 ? open_study(run, err) : WN_OK, err);
    if (!rc)
        rc = share_opening(run, err);
    if (!rc && run->opening != WN_OPENING_FINISHED)
        rc =
            wn_host_agree(host, wn_host_employ(host, run->job, run->study_dir, err), err);
    return rc;
}

/* --- the loop of rank 0 --- */

static void show_progress(struct run *run, int64_t now_us)
{
    const struct wn_study *study = wn_coord_study(run->coord);
    int64_t study_ms = wn_coord_study_ms(run->coord);
    struct wn_buf line = {0};

    if (run->is_quiet || now_us < run->progress.due_us)
        return;
    wn_report_progress_line(study, run->job, study_ms, run->progress.style, &line);
    if (!line.failed)
        wn_cli_progress_tell(&run->progress, now_us, study_ms, wn_buf_text(&line));
    wn_buf_release(&line);
}

static enum wn_status obey_signals(struct run *run, struct wn_error *err)
{
    static sig_atomic_t n_seen, n_kills_seen;
    bool is_urgent = n_kills > 1 && n_kills > n_kills_seen;

    if (n_drains == n_seen)
        return WN_OK;
    n_seen = n_drains;
    n_kills_seen = n_kills;
    wn_info("study", "asked to stop by a signal%s",
            is_urgent ? " again: what runs is killed" : "");
    if (!run->is_quiet)
        (void)fprintf(stderr, "\nwinnow: %s\n",
                      is_urgent
                          ? "killing what runs"
                          : "stopping at the trials' next reports (again to kill them)");
    return wn_coord_drain(run->coord, is_urgent, err);
}

static enum wn_status sleep_until_due(struct run *run, struct wn_error *err)
{
    struct pollfd fds[N_FDS];
    int64_t at = wn_coord_deadline_us(run->coord), now = wn_comm_now_us(run->host.comm);
    size_t n = wn_coord_fds(run->coord, fds, N_FDS);

    if (run->host.worker) {
        int64_t deadline = wn_worker_deadline_us(run->host.worker);
        n += wn_worker_fds(run->host.worker, fds + n, N_FDS - n);
        at = deadline < at ? deadline : at;
    }
    if (!run->is_quiet && run->progress.due_us < at)
        at = run->progress.due_us;
    return wn_comm_wait(run->host.comm, fds, n < N_FDS ? n : N_FDS,
                        at > now ? at - now : 0, err);
}

static enum wn_status coordinate(struct run *run, struct wn_error *err)
{
    bool worker_is_done = !run->host.worker;
    enum wn_status rc = WN_OK;

    while (!rc && !(wn_coord_is_done(run->coord) && worker_is_done)) {
        rc = obey_signals(run, err);
        if (!rc)
            rc = wn_coord_step(run->coord, err);
        if (!rc && !worker_is_done)
            rc = wn_worker_step(run->host.worker, &worker_is_done, err);
        if (!rc)
            show_progress(run, wn_comm_now_us(run->host.comm));
        if (!rc && !(wn_coord_is_done(run->coord) && worker_is_done))
            rc = sleep_until_due(run, err);
    }
    wn_cli_progress_clear(&run->progress);
    return rc;
}

/* --- the end --- */

static int closing_report(struct run *run, const struct wn_study *study)
{
    struct wn_buf text = {0};
    struct wn_error err = {0};
    int code = WN_EXIT_COMPLETE;

    if (wn_report_closing(study, run->job, run->study_dir, N_BEST, run->progress.style,
                          &text, &err) != WN_OK)
        code = wn_cli_fail(&err);
    else
        code = wn_cli_print(&text);
    wn_buf_release(&text);
    if (code != WN_EXIT_COMPLETE)
        return code;
    if (wn_study_stop_reason(study, NULL) == WN_STOP_DRAIN)
        return WN_EXIT_RESUMABLE;
    return wn_history_best(wn_study_history(study), false) ? WN_EXIT_COMPLETE
                                                           : WN_EXIT_FAILED;
}

/* A finished study is read from its files and shown. */
static int show_finished(struct run *run)
{
    struct wn_report_study study;
    struct wn_error err = {0};
    int code;

    if (wn_report_open(run->study_dir, false, &study, &err) != WN_OK)
        return wn_cli_fail(&err);
    (void)printf("The study in %s is complete already.\n", run->study_dir);
    code = closing_report(run, study.study);
    wn_report_close(&study);
    return code;
}

static int exit_code(struct run *run, enum wn_status rc, const struct wn_error *err)
{
    if (rc == WN_OK)
        return closing_report(run, wn_coord_study(run->coord));
    (void)wn_cli_fail(err);
    if (rc == WN_ESYSTEM && wn_coord_had_loss(run->coord))
        return WN_EXIT_RESUMABLE;
    (void)fprintf(stderr, "winnow: the study in %s is whole and can be resumed\n",
                  run->study_dir);
    return WN_EXIT_FAILED;
}

static int run_rank(struct run *run)
{
    struct wn_error err = {0};
    enum wn_status rc = set_up(run, &err);

    if (rc) {
        int code = rc == WN_EINVAL ? WN_EXIT_USAGE : WN_EXIT_FAILED;
        if (run->host.rank == 0 && err.text[0])
            (void)wn_cli_fail(&err);
        return code;
    }
    if (run->opening == WN_OPENING_FINISHED)
        return run->host.rank == 0 ? show_finished(run) : WN_EXIT_COMPLETE;
    if (run->host.rank == 0) {
        if (!run->is_quiet && run->opening == WN_OPENING_RESUMED)
            (void)printf("Going on with the study in %s.\n", run->study_dir);
        rc = coordinate(run, &err);
        return exit_code(run, rc, &err);
    }
    wn_log_set_sink(wn_worker_log, run->host.worker);
    rc = wn_host_work(&run->host, &err);
    wn_log_set_sink(NULL, NULL);
    return rc ? wn_cli_fail(&err) : WN_EXIT_COMPLETE;
}

static int run_command(int argc, char **argv)
{
    struct run run = {.wishes = {.n_slots = -1, .n_coordinator_slots = -1}, .log_fd = -1};
    struct wn_error err = {0};
    bool had_loss;
    int code;

    wn_cli_parse(&argp, argc, argv, &run);
    if (wn_host_init(&run.host, &argc, &argv, &err) != WN_OK)
        return wn_cli_fail(&err);
    if (run.host.mpi)
        wn_abort_set_hook(wn_mpi_abort, run.host.mpi);
    wn_cli_progress_begin(&run.progress, stdout, run.is_quiet);
    catch_signals(run.host.rank == 0);
    code = run_rank(&run);
    /* Ranks that nobody told to quit would be waited for, so they end with this one. */
    had_loss =
        run.coord && (wn_coord_had_loss(run.coord) || !wn_coord_is_done(run.coord));
    wn_log_set_sink(NULL, NULL);
    wn_coord_destroy(run.coord);
    wn_host_release(&run.host);
    wn_job_destroy(run.job);
    wn_cli_words_release(&run.sets);
    if (run.log_fd >= 0)
        close(run.log_fd);
    if (run.host.mpi)
        wn_mpi_end(run.host.mpi, had_loss, code);
    return code;
}

const struct wn_command wn_command_run = {
    .name = "run",
    .summary = "run the study of a job file, or go on with it",
    .run = run_command,
};
