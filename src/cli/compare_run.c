/* compare_run.c - `winnow compare run COMPARISON.json`: run the cells that are missing.
 *
 * Every rank runs this; rank 0 reads the comparison and its file, hands out cells and
 * writes. It is killed at any time without loss: what was found stands in FILE.log at once
 * and in FILE at the end, and the same command goes on from there.
 */
#define _GNU_SOURCE
#include "cli/compare.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/compare_real.h"
#include "cli/host.h"
#include "compare/board.h"

#define LINE_US ((int64_t)10000000) /* between lines of progress, plain */
#define BAR_US  ((int64_t)250000)   /* on a terminal */

enum { KEY_OUTPUT = 256, KEY_QUIET, KEY_DRY_RUN, KEY_TABLES };

struct compare_run {
    const char *path, *output, *tables;
    struct wn_cli_words sets;
    bool is_quiet, is_dry, is_terminal;
    struct wn_compare_filter filter;
    struct wn_host host;
    struct wn_cli_real real;
    char file[WN_PATH_MAX];
    struct wn_compare_plan *plan;
    struct wn_comparison comparison;
    struct wn_comparison_log *log;
    size_t *index; /* the plan's studies in the comparison */
    WN_VEC(struct wn_compare_task) tasks;
    size_t n_there; /* cells that were run before, of those asked for now */
    int64_t begun_us, told_us;
};

static const struct argp_option options[] = {
    {"output", KEY_OUTPUT, "FILE", 0,
     "The comparison's file; default ./NAME.h5, with the comparison's name", 0},
    {"set", 's', "KEY=VALUE", 0,
     "Override a key of the comparison, such as seeds=3 or job.stop.time=10m; may be "
     "repeated",
     0},
    {"tables", KEY_TABLES, "DIR", 0,
     "The folder that relative paths of benchmarks start in; default that of the "
     "comparison",
     0},
    WN_CLI_FILTER_OPTIONS,
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Check everything and say what would be run", 0},
    {"quiet", KEY_QUIET, NULL, 0, "No progress", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct compare_run *run = state->input;

    if (wn_cli_filter_option(&run->filter, key, arg, state))
        return 0;
    switch (key) {
    case KEY_OUTPUT: run->output = arg; return 0;
    case KEY_TABLES: run->tables = arg; return 0;
    case 's': return wn_cli_take_set(&run->sets, arg, state);
    case KEY_QUIET: run->is_quiet = true; return 0;
    case KEY_DRY_RUN: run->is_dry = true; return 0;
    case ARGP_KEY_ARG: return wn_cli_take_one(&run->path, "comparison", arg, state);
    case ARGP_KEY_END:
        if (!run->path)
            argp_error(state, "which comparison?");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse_option,
    "COMPARISON",
    "Run every method of a comparison on every benchmark, with every number of workers "
    "and "
    "every seed, in virtual time. Only what is not in its file yet is run."
    "\v"
    "COMPARISON is a JSON file. Its methods and benchmarks are partial jobs by name, its "
    "job is what all share, its overrides (by method, then benchmark) lie over all of "
    "these; workers is a number or a list, seeds, first_seed, seed and ranks are "
    "numbers. "
    "A benchmark may say budget.full_trainings instead of stop.time, and best, for "
    "regrets. See jobs/README.md.\n\n"
    "Start it under mpirun or srun (rank 0 hands out runs, the others run them) or by "
    "itself. The same command goes on after any interruption.\n" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

/* --- progress --- */

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void tell_progress(void *arg, size_t n_done)
{
    struct compare_run *run = arg;
    int64_t now = wn_clock_mono_us(), spent = now - run->begun_us;
    char so_far[32], left[32];

    if (run->is_quiet || (now - run->told_us < (run->is_terminal ? BAR_US : LINE_US)))
        return;
    run->told_us = now;
    (void)fprintf(stderr, "%swinnow: %zu of %zu run%s, %s",
                  run->is_terminal ? "\r\033[K" : "", n_done, run->tasks.n,
                  plural(run->tasks.n),
                  wn_duration_print(spent / 1000, so_far, sizeof so_far));
    if (n_done)
        (void)fprintf(stderr, ", about %s left",
                      wn_duration_print((int64_t)((double)spent / 1000 / (double)n_done *
                                                  (double)(run->tasks.n - n_done)),
                                        left, sizeof left));
    (void)fprintf(stderr, "%s", run->is_terminal ? "" : "\n");
    (void)fflush(stderr);
}

/* --- rank 0: what is there, what is to do --- */

static bool lacks_table(const struct wn_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        if (strstr(problems->at[i], "trial.benchmark: cannot open"))
            return true;
    return false;
}

static enum wn_status read_plan(struct compare_run *run, struct wn_error *err)
{
    struct wn_problems problems = {0};
    struct wn_buf name = {0};
    const struct wn_compare_source source = {.path = run->path,
                                             .tables = run->tables,
                                             .sets = run->sets.at,
                                             .n_sets = run->sets.n};
    enum wn_status rc = wn_compare_plan_read(&source, &problems, &run->plan, err);

    if (problems.n) {
        (void)wn_cli_tell_problems(run->path, &problems);
        if (!run->tables && lacks_table(&problems))
            (void)fprintf(stderr,
                          "winnow: --tables DIR says in which folder the tables are\n");
        if (err)
            err->text[0] = '\0'; /* told already */
    }
    wn_problems_release(&problems);
    if (rc != WN_OK)
        return rc;
    if (run->output)
        wn_buf_adds(&name, run->output);
    else
        wn_buf_addf(&name, "%s.h5", run->plan->name);
    rc = name.failed ? wn_fail(err, WN_ENOMEM, "no memory for a path")
                     : wn_cli_output(wn_buf_text(&name), run->file, err);
    wn_buf_release(&name);
    return rc;
}

static enum wn_status enter_plan(struct compare_run *run, struct wn_error *err)
{
    struct wn_problems problems = {0};
    enum wn_status rc;

    run->index = wn_alloc_array(run->plan->studies.n + 1, sizeof *run->index);
    if (!run->index)
        return wn_fail(err, WN_ENOMEM, "no memory for a comparison");
    rc = wn_compare_plan_enter(run->plan, &run->comparison, run->index, &problems, err);
    if (problems.n) {
        (void)wn_cli_tell_problems(run->file, &problems);
        (void)fprintf(
            stderr,
            "winnow: %s holds runs of other jobs; change these back, give other "
            "names, or begin another file with --output\n",
            run->file);
        if (err)
            err->text[0] = '\0';
    }
    wn_problems_release(&problems);
    return rc == WN_OK ? wn_compare_filter_check(&run->filter, &run->comparison, err)
                       : rc;
}

static enum wn_status list_tasks(struct compare_run *run, struct wn_error *err)
{
    const struct wn_compare_plan *plan = run->plan;

    for (size_t i = 0; i < plan->studies.n; i++) {
        size_t study = run->index[i];

        if (!wn_compare_filter_has(&run->filter, &run->comparison.studies.at[study]))
            continue;
        for (int64_t k = 0; k < plan->n_seeds; k++) {
            int64_t number = plan->first_seed + k;
            struct wn_compare_task *task;

            if (!wn_compare_filter_has_seed(&run->filter, number))
                continue;
            if (wn_comparison_find(&run->comparison, study, number)) {
                run->n_there++;
                continue;
            }
            task = wn_vec_push(&run->tasks);
            if (!task)
                return wn_fail(err, WN_ENOMEM, "no memory for a comparison");
            *task = (struct wn_compare_task){i, number};
        }
    }
    if (!run->tasks.n && !run->n_there)
        return wn_fail(err, WN_EINVAL,
                       "the comparison has no run with this method, benchmark, number of "
                       "workers and seed together");
    return WN_OK;
}

/* Whether trials change their configuration on the way, over a table, which has only
 * trainings with one from the first to the last. Schedulers that are pointless without
 * checkpoints are those that go on from them with another. */
static bool is_beyond_table(const struct compare_run *run, size_t index)
{
    const struct wn_compare_study *study = &run->plan->studies.at[index];

    return study->job->runner->benchmark && wn_job_needs_checkpoints(study->job) &&
           wn_compare_filter_has(&run->filter,
                                 &run->comparison.studies.at[run->index[index]]);
}

/* Said once of a method, with the first of its benchmarks. */
static void tell_beyond_table(const struct compare_run *run)
{
    const struct wn_compare_study *studies = run->plan->studies.at;
    char more[32] = "";

    for (size_t i = 0; i < run->plan->studies.n; i++) {
        size_t n_before = 0, n_more = 0;

        if (!is_beyond_table(run, i))
            continue;
        for (size_t k = 0; k < run->plan->studies.n; k++)
            if (k != i && strcmp(studies[k].method, studies[i].method) == 0 &&
                is_beyond_table(run, k))
                ++*(k < i ? &n_before : &n_more);
        if (n_before)
            continue;
        if (n_more)
            (void)snprintf(more, sizeof more, " (and %zu more)", n_more);
        (void)fprintf(stderr,
                      "winnow: %s on %s%s: a table knows no training whose "
                      "hyperparameters change on the way; a fork goes on as if it had "
                      "had its own from the beginning\n",
                      studies[i].method, studies[i].benchmark, n_more ? more : "");
    }
}

/* The file with everything that was found so far, and the log empty. */
static enum wn_status open_file(struct compare_run *run, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    if (!run->is_dry)
        rc = wn_comparison_log_open(run->file, &run->log, err);
    if (rc == WN_OK && wn_file_exists(run->file))
        rc = wn_comparison_read(run->file, &run->comparison, err);
    if (rc == WN_OK)
        rc = enter_plan(run, err);
    if (rc == WN_OK)
        rc = list_tasks(run, err);
    if (rc == WN_OK)
        tell_beyond_table(run);
    if (rc != WN_OK || run->is_dry)
        return rc;
    rc = wn_comparison_write(&run->comparison, run->file, err);
    if (rc == WN_OK)
        rc = wn_comparison_log_clear(run->log, err);
    return rc;
}

static enum wn_status prepare(struct compare_run *run, struct wn_error *err)
{
    enum wn_status rc = read_plan(run, err);

    return rc == WN_OK ? open_file(run, err) : rc;
}

static enum wn_status take_plan(struct compare_run *run,
                                const void *bytes,
                                size_t n,
                                struct wn_error *err)
{
    struct wn_arena arena = {0};
    struct wn_reader r = wn_reader_of(bytes, n);
    const char *file = wn_get_str(&r, &arena);

    (void)snprintf(run->file, sizeof run->file, "%s", file);
    wn_arena_release(&arena);
    return wn_compare_plan_decode(r.at, wn_reader_left(&r), &run->plan, err);
}

/* The checked plan, and where the file is, on every rank. */
static enum wn_status share_plan(struct compare_run *run, struct wn_error *err)
{
    struct wn_buf bytes = {0};
    char *shared = NULL;
    size_t n = 0;
    enum wn_status rc;

    if (run->host.size == 1)
        return WN_OK;
    if (run->host.rank == 0) {
        wn_put_str(&bytes, run->file);
        wn_compare_plan_encode(run->plan, &bytes);
        shared = bytes.at;
        n = bytes.n;
    }
    rc = wn_mpi_share_coll(run->host.mpi, &shared, &n, err);
    if (run->host.rank != 0) {
        if (rc == WN_OK)
            rc = take_plan(run, shared, n, err);
        wn_free(shared);
    }
    wn_buf_release(&bytes);
    return wn_host_agree(&run->host, rc, err);
}

/* --- the ranks --- */

static enum wn_status serve(struct compare_run *run, bool *had_loss, struct wn_error *err)
{
    struct wn_compare_board board = {.plan = run->plan,
                                     .comparison = &run->comparison,
                                     .index = run->index,
                                     .log = run->log,
                                     .tasks = run->tasks.at,
                                     .n_tasks = run->tasks.n,
                                     .train =
                                         run->plan->trains ? wn_cli_real_train : NULL,
                                     .train_arg = &run->real,
                                     .progress = tell_progress,
                                     .arg = run};
    struct wn_error said = {0};
    enum wn_status rc, saved;

    run->begun_us = run->told_us = wn_clock_mono_us();
    rc = wn_compare_serve(&board, run->host.comm, err);
    *had_loss = board.had_loss;
    if (!run->is_quiet && run->is_terminal)
        (void)fprintf(stderr, "\r\033[K");
    saved = wn_comparison_write(&run->comparison, run->file, &said);
    wn_comparison_log_close(run->log, saved == WN_OK);
    run->log = NULL;
    if (rc == WN_OK && saved != WN_OK && err)
        *err = said;
    return rc == WN_OK ? saved : rc;
}

static int finish(const struct compare_run *run, enum wn_status rc, struct wn_error *err)
{
    char spent[32];

    if (rc != WN_OK)
        return err->text[0] ? wn_cli_fail(err) : WN_EXIT_USAGE;
    if (run->is_dry)
        (void)printf("%s: %zu of %zu run%s %s to be made\n", run->file, run->tasks.n,
                     run->tasks.n + run->n_there, plural(run->tasks.n + run->n_there),
                     run->tasks.n == 1 ? "is" : "are");
    else if (run->is_quiet)
        (void)printf("%s: %zu run%s\n", run->file, run->comparison.cells.n,
                     plural(run->comparison.cells.n));
    else
        (void)printf("%s: %zu run%s made in %s, %zu %s there\n", run->file, run->tasks.n,
                     plural(run->tasks.n),
                     wn_duration_print((wn_clock_mono_us() - run->begun_us) / 1000, spent,
                                       sizeof spent),
                     run->n_there, run->n_there == 1 ? "was" : "were");
    return fflush(stdout) == 0 ? WN_EXIT_COMPLETE : WN_EXIT_FAILED;
}

/* The ranks that get runs: all, or, where runs train for real, the firsts of groups. */
static enum wn_status connect_ranks(struct compare_run *run, struct wn_error *err)
{
    struct wn_mpi *board = run->host.mpi;
    enum wn_status rc = WN_OK;

    if (run->plan->trains) {
        (void)snprintf(run->real.dir, sizeof run->real.dir, "%s.studies", run->file);
        rc = wn_cli_real_deal(run->host.mpi, run->plan, &run->real, err);
        board = run->real.board;
    }
    if (rc == WN_OK && run->host.size > 1 && board)
        rc = wn_mpi_endpoint(board, WN_MPI_COORDINATOR_SLEEP_US, &run->host.comm, err);
    return wn_host_agree(&run->host, rc, err);
}

/* What a rank other than 0 does. */
static enum wn_status work(struct compare_run *run, struct wn_error *err)
{
    enum wn_status rc;

    if (!run->plan->trains)
        return wn_compare_work(run->plan, run->host.comm, NULL, NULL, err);
    if (!run->real.group)
        return WN_OK; /* left over */
    if (!run->real.board)
        return wn_cli_real_follow(&run->real, err);
    rc = wn_compare_work(run->plan, run->host.comm, wn_cli_real_train, &run->real, err);
    wn_cli_real_dismiss(&run->real);
    return rc;
}

static int run_rank(struct compare_run *run, bool *had_loss)
{
    struct wn_error err = {0};
    enum wn_status rc = run->host.rank == 0 ? prepare(run, &err) : WN_OK;

    rc = wn_host_agree(&run->host, rc, &err);
    if (rc == WN_OK && !run->is_dry)
        rc = share_plan(run, &err);
    if (rc == WN_OK && !run->is_dry)
        rc = connect_ranks(run, &err);
    if (rc == WN_OK && !run->is_dry)
        rc = run->host.rank == 0 ? serve(run, had_loss, &err) : work(run, &err);
    if (run->host.rank == 0)
        return finish(run, rc, &err);
    return rc == WN_OK ? WN_EXIT_COMPLETE : WN_EXIT_FAILED;
}

int wn_cli_compare_run(int argc, char **argv)
{
    struct compare_run run = {0};
    struct wn_error err = {0};
    bool had_loss = false;
    int code;

    wn_cli_parse(&argp, argc, argv, &run);
    if (wn_host_init(&run.host, &argc, &argv, &err) != WN_OK)
        return wn_cli_fail(&err);
    if (run.host.mpi)
        wn_abort_set_hook(wn_mpi_abort, run.host.mpi);
    run.is_terminal = !run.host.mpi && isatty(STDERR_FILENO);
    code = run_rank(&run, &had_loss);
    wn_host_release(&run.host);
    if (!had_loss)
        wn_cli_real_release(&run.real);
    wn_comparison_log_close(run.log, false);
    wn_comparison_release(&run.comparison);
    wn_compare_plan_destroy(run.plan);
    wn_compare_filter_release(&run.filter);
    wn_cli_words_release(&run.sets);
    wn_vec_release(&run.tasks);
    wn_free(run.index);
    if (run.host.mpi)
        wn_mpi_end(run.host.mpi, had_loss, code);
    return code;
}
