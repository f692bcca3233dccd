/* compare_real.c - see compare_real.h. */
#define _GNU_SOURCE
#include "cli/compare_real.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/host.h"
#include "coordinator/coordinator.h"
#include "report/study_reader.h"

enum { N_FDS = 64, NO_CELL = -1 };

/* What the first of a group tells the others: a study of the plan and a seed number. */
struct call {
    int64_t study, number; /* study NO_CELL: go home */
};

/* One run, on one rank of the group. */
struct training {
    const struct wn_compare_plan *plan;
    size_t index;
    struct wn_host host;
    struct wn_host_wishes wishes;
    struct wn_job *job;
    char study_dir[WN_PATH_MAX];
    struct wn_coord *coord;
    enum wn_opening opening;
};

/* --- groups --- */

/* What an allocation pays for and nobody uses is said, once. */
static void tell_left_over(int n_idle, int n_ranks, int n_groups)
{
    if (n_idle)
        (void)fprintf(stderr,
                      "winnow: %d rank%s idle: rank 0 hands out the runs, and of the "
                      "others %d group%s of %d can be made\n",
                      n_idle, n_idle == 1 ? " is" : "s are", n_groups,
                      n_groups == 1 ? "" : "s", n_ranks);
}

enum wn_status wn_cli_real_deal(struct wn_mpi *world,
                                const struct wn_compare_plan *plan,
                                struct wn_cli_real *out,
                                struct wn_error *err)
{
    int size = world ? wn_mpi_size(world) : 1, rank = world ? wn_mpi_rank(world) : 0;
    int n_ranks = (int)plan->n_ranks, n_groups = (size - 1) / n_ranks;
    int group = rank > 0 ? (rank - 1) / n_ranks : -1;
    bool is_first = rank > 0 && (rank - 1) % n_ranks == 0;
    enum wn_status rc;

    out->plan = plan;
    if (size == 1 && n_ranks > 1)
        return wn_fail(
            err, WN_EINVAL,
            "ranks is %d: start it under mpirun or srun with at least %d ranks, "
            "or with ranks=1",
            n_ranks, n_ranks + 1);
    if (size == 1)
        return WN_OK;
    if (!n_groups)
        return wn_fail(
            err, WN_EINVAL,
            "ranks is %d and one more hands out the runs: %d ranks are too few", n_ranks,
            size);
    if (group >= n_groups)
        group = -1;
    if (rank == 0)
        tell_left_over(size - 1 - n_groups * n_ranks, n_ranks, n_groups);
    rc = wn_mpi_split_coll(world, group, &out->group, err);
    if (rc == WN_OK)
        rc = wn_mpi_split_coll(world, rank == 0 || (is_first && group >= 0) ? 0 : -1,
                               &out->board, err);
    return rc;
}

void wn_cli_real_release(struct wn_cli_real *real)
{
    wn_mpi_free_coll(real->group);
    wn_mpi_free_coll(real->board);
    real->group = real->board = NULL;
}

/* --- one run --- */

static void keep_quiet(void *arg,
                       enum wn_log_level level,
                       const char *part,
                       const char *line)
{
    (void)arg;
    if (level >= WN_LOG_ERROR)
        (void)fprintf(stderr, "winnow: %s: %s\n", part, line);
}

/* The slots of this rank: those of the study, spread over the ranks that work. */
static void wish(struct training *training)
{
    long n = (long)training->plan->studies.at[training->index].n_workers;
    long n_working = training->host.size - 1, place = training->host.rank - 1;

    if (training->host.size == 1)
        training->wishes = (struct wn_host_wishes){-1, n};
    else
        training->wishes =
            (struct wn_host_wishes){n / n_working + (place < n % n_working), 0};
}

static enum wn_status open_study(struct training *training, struct wn_error *err)
{
    struct wn_host *host = &training->host;
    struct wn_coord_config cfg = {.job = training->job,
                                  .study_dir = training->study_dir,
                                  .comm = host->comm,
                                  .n_slots = (uint32_t)host->n_all_slots,
                                  .has_thread = true};
    struct wn_problems problems = {0};
    enum wn_status rc = wn_dir_make(training->study_dir, err);

    if (rc == WN_OK)
        rc = wn_store_open(training->study_dir, &host->store, err);
    cfg.store = host->store;
    if (rc == WN_OK)
        rc = wn_coord_open(&cfg, &training->opening, &problems, &training->coord, err);
    if (problems.n)
        rc = wn_fail(err, WN_EINVAL, "%s is another study: %s", training->study_dir,
                     problems.at[0]);
    wn_problems_release(&problems);
    return rc;
}

static enum wn_status share_opening(struct training *training, struct wn_error *err)
{
    char text[2] = {(char)('0' + (int)training->opening), '\0'}, *shared = text;
    enum wn_status rc = wn_host_share(&training->host, &shared, err);

    if (rc == WN_OK && training->host.rank != 0) {
        training->opening = (enum wn_opening)(shared[0] - '0');
        wn_free(shared);
    }
    return rc;
}

static enum wn_status set_up(struct training *training, struct wn_error *err)
{
    struct wn_host *host = &training->host;
    size_t cores = (size_t)wn_values_int(training->job->trial, "cores");
    enum wn_status rc;

    wish(training);
    rc = wn_host_agree(host, wn_host_place(host, cores, &training->wishes, err), err);
    if (rc == WN_OK)
        rc = wn_host_agree(host, wn_host_connect(host, err), err);
    if (rc == WN_OK)
        rc =
            wn_host_agree(host, host->rank == 0 ? open_study(training, err) : WN_OK, err);
    if (rc == WN_OK)
        rc = share_opening(training, err);
    if (rc == WN_OK && training->opening != WN_OPENING_FINISHED)
        rc = wn_host_agree(
            host, wn_host_employ(host, training->job, training->study_dir, err), err);
    return rc;
}

static enum wn_status wait_for_news(struct training *training, struct wn_error *err)
{
    struct pollfd fds[N_FDS];
    struct wn_host *host = &training->host;
    int64_t at = wn_coord_deadline_us(training->coord), now = wn_comm_now_us(host->comm);
    size_t n = wn_coord_fds(training->coord, fds, N_FDS);

    if (host->worker) {
        int64_t deadline = wn_worker_deadline_us(host->worker);

        n += wn_worker_fds(host->worker, fds + n, N_FDS - n);
        at = deadline < at ? deadline : at;
    }
    return wn_comm_wait(host->comm, fds, n < N_FDS ? n : N_FDS, at > now ? at - now : 0,
                        err);
}

static enum wn_status coordinate(struct training *training, struct wn_error *err)
{
    bool worker_is_done = !training->host.worker;
    enum wn_status rc = WN_OK;

    while (rc == WN_OK && !(wn_coord_is_done(training->coord) && worker_is_done)) {
        rc = wn_coord_step(training->coord, err);
        if (rc == WN_OK && !worker_is_done)
            rc = wn_worker_step(training->host.worker, &worker_is_done, err);
        if (rc == WN_OK && !(wn_coord_is_done(training->coord) && worker_is_done))
            rc = wait_for_news(training, err);
    }
    return rc;
}

/* A study that was finished before is read. */
static enum wn_status look_back(const struct training *training,
                                struct wn_arena *arena,
                                struct wn_comparison_cell *out,
                                struct wn_error *err)
{
    struct wn_report_study study;
    enum wn_status rc = wn_report_open(training->study_dir, false, &study, err);

    if (rc != WN_OK)
        return rc;
    rc = wn_compare_trajectory(study.study, arena, out, err);
    wn_report_close(&study);
    return rc;
}

/* `out` NULL: this rank works. */
static enum wn_status train(struct training *training,
                            struct wn_arena *arena,
                            struct wn_comparison_cell *out,
                            struct wn_error *err)
{
    enum wn_status rc = set_up(training, err);

    if (rc != WN_OK)
        return rc;
    if (training->opening == WN_OPENING_FINISHED)
        return out ? look_back(training, arena, out, err) : WN_OK;
    if (!out)
        return wn_host_work(&training->host, err);
    rc = coordinate(training, err);
    if (rc == WN_OK)
        rc = wn_compare_trajectory(wn_coord_study(training->coord), arena, out, err);
    return rc;
}

static enum wn_status run_call(struct wn_cli_real *real,
                               struct call call,
                               struct wn_arena *arena,
                               struct wn_comparison_cell *out,
                               struct wn_error *err)
{
    const struct wn_compare_study *study = &real->plan->studies.at[call.study];
    struct training training = {.plan = real->plan, .index = (size_t)call.study};
    struct wn_mpi *own = NULL;
    struct wn_error said = {0};
    enum wn_status rc = WN_OK;
    /* Names may have dots, but no slash: a.b on c and a on b.c are two. */
    int n = snprintf(training.study_dir, sizeof training.study_dir, "%s/%s/%s/%lld.%lld",
                     real->dir, study->method, study->benchmark,
                     (long long)study->n_workers, (long long)call.number);

    /* Messages of one run never meet those of the next: each has ranks of its own. */
    if (real->group)
        rc = wn_mpi_split_coll(real->group, 0, &own, &said);
    wn_host_init_part(&training.host, own);
    if (rc == WN_OK && (n < 0 || (size_t)n >= sizeof training.study_dir))
        rc = wn_fail(&said, WN_EINVAL, "the path is too long: %.80s...", real->dir);
    if (rc == WN_OK)
        rc = wn_compare_cell_job(real->plan, training.index, call.number, &training.job,
                                 &said);
    wn_log_set_sink(keep_quiet, NULL);
    rc = wn_host_agree(&training.host, rc, &said);
    if (rc == WN_OK)
        rc = train(&training, arena, out, &said);
    wn_log_set_sink(NULL, NULL);
    wn_coord_destroy(training.coord);
    wn_host_release(&training.host);
    wn_job_destroy(training.job);
    wn_mpi_free_coll(own);
    if (rc != WN_OK && err)
        *err = said;
    return rc;
}

/* --- the ranks of a group --- */

static enum wn_status share_call(struct wn_cli_real *real,
                                 struct call *call,
                                 struct wn_error *err)
{
    struct call mine = *call;
    char *bytes = (char *)&mine;
    size_t n = sizeof mine;
    enum wn_status rc;

    if (!real->group || wn_mpi_size(real->group) == 1)
        return WN_OK;
    rc = wn_mpi_share_coll(real->group, &bytes, &n, err);
    if (wn_mpi_rank(real->group) == 0 || rc != WN_OK)
        return rc;
    memcpy(call, bytes, sizeof *call);
    wn_free(bytes);
    return WN_OK;
}

enum wn_status wn_cli_real_train(void *arg,
                                 const struct wn_compare_plan *plan,
                                 size_t index,
                                 int64_t number,
                                 struct wn_arena *arena,
                                 struct wn_comparison_cell *out,
                                 struct wn_error *err)
{
    struct wn_cli_real *real = arg;
    struct call call = {(int64_t)index, number};
    enum wn_status rc = share_call(real, &call, err);

    (void)plan;
    if (rc == WN_OK)
        rc = run_call(real, call, arena, out, err);
    /* The others of the group may be at work for a coordinator that is no more. */
    if (rc != WN_OK && real->group && wn_mpi_size(real->group) > 1) {
        (void)fprintf(stderr, "winnow: %s\n", err->text);
        wn_mpi_abort(real->group);
    }
    return rc;
}

enum wn_status wn_cli_real_follow(struct wn_cli_real *real, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (;;) {
        struct call call = {0};

        rc = share_call(real, &call, err);
        if (rc != WN_OK || call.study == NO_CELL)
            return rc;
        /* What goes wrong in a run is for its first rank to tell. */
        (void)!run_call(real, call, NULL, NULL, NULL);
    }
}

void wn_cli_real_dismiss(struct wn_cli_real *real)
{
    struct call call = {NO_CELL, 0};

    (void)!share_call(real, &call, NULL);
}
