/* mpi.c - what is measured under mpirun: waiting, sharing cores, starting. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench.h"
#include "launch.h"

#define N_WORKERS 4
#define FIFO \
    ", \"resource\": {\"max\": 1}, \"scheduler\": {\"type\": \"fifo\"}, \"initial\": []"

static void sleep_for(double seconds)
{
    struct timespec rest = {(time_t)seconds,
                            (long)((seconds - (double)(time_t)seconds) * 1e9)};

    while (nanosleep(&rest, &rest) != 0)
        continue;
}

/* --- waiting: what ranks use while trials train silently --- */

#define SILENT_S 11
#define SETTLE_S 1.5
#define WINDOW_S 8.0

/* The trials say in the file when they train. */
static enum wn_status await_trials(const char *path, size_t n, struct wn_error *err)
{
    double begin = bench_now_s();

    while (bench_now_s() - begin < 20) {
        char *text = NULL;
        size_t size = 0;
        if (wn_file_read(path, 4096, &text, &size, NULL) == WN_OK && size >= n * 7) {
            wn_free(text);
            return WN_OK;
        }
        wn_free(text);
        sleep_for(0.05);
    }
    return wn_fail(err, WN_ESYSTEM, "the trials did not start in 20 s");
}

/* Percent of a core that each of some processes used over the window. */
static void watch(const struct bench_process *processes,
                  size_t n,
                  double window_s,
                  double *percent)
{
    double begin;

    for (size_t i = 0; i < n; i++)
        percent[i] = bench_cpu_s(processes[i].pid);
    begin = bench_now_s();
    sleep_for(window_s);
    for (size_t i = 0; i < n; i++)
        percent[i] =
            100 * (bench_cpu_s(processes[i].pid) - percent[i]) / (bench_now_s() - begin);
}

static enum wn_status watch_ranks(struct bench *bench, pid_t pid, struct wn_error *err)
{
    struct bench_process all[4 * N_WORKERS];
    double percent[4 * N_WORKERS], worst = 0, sum = 0, coordinator = 0, helper = 0;
    size_t n_ranks, n;
    struct wn_json *figure;

    sleep_for(SETTLE_S);
    n_ranks = bench_find_processes(pid, "winnow", all, 2 * N_WORKERS);
    n = n_ranks + bench_find_processes(pid, "winnow-trial", all + n_ranks, 2 * N_WORKERS);
    if (n_ranks != N_WORKERS + 1)
        return wn_fail(err, WN_ESYSTEM, "found %zu ranks, not %d", n_ranks,
                       N_WORKERS + 1);
    watch(all, n, WINDOW_S, percent);
    for (size_t i = 0; i < n; i++) {
        if (i >= n_ranks) {
            helper = percent[i] > helper ? percent[i] : helper;
        } else if (all[i].rank == 0) {
            coordinator = percent[i];
        } else {
            sum += percent[i];
            worst = percent[i] > worst ? percent[i] : worst;
        }
    }
    figure = bench_figure(bench, "waiting_worker_percent", worst, "%", GOAL_AT_MOST, 1);
    bench_detail(figure, "mean", sum / N_WORKERS);
    bench_detail(figure, "helper", helper);
    (void)bench_figure(bench, "waiting_coordinator_percent", coordinator, "%",
                       GOAL_AT_MOST, 4);
    return WN_OK;
}

static enum wn_status measure_waiting(struct bench *bench, struct wn_error *err)
{
    char file[WN_PATH_MAX], trial[WN_PATH_MAX + 64];
    struct bench_launch launch = {.name = "waiting",
                                  .n_workers = N_WORKERS,
                                  .trial = trial,
                                  .rest = FIFO ", \"stop\": {\"trials_started\": 4}"};
    pid_t pid;
    enum wn_status rc = wn_path_join(file, err, bench->dir, "trains");

    (void)snprintf(trial, sizeof trial, "\"silent\", \"%d\", \"%s\"", SILENT_S, file);
    if (!rc)
        rc = bench_launch_start(bench, &launch, &pid, err);
    if (rc)
        return rc;
    rc = await_trials(file, N_WORKERS, err);
    if (!rc)
        rc = watch_ranks(bench, pid, err);
    if (rc) {
        bench_launch_kill(pid);
        return rc;
    }
    return bench_launch_wait(bench, &launch, pid, err);
}

/* --- share: what two busy trials get beside the ranks --- */

#define SPIN_S        7
#define SPIN_SETTLE_S 2.5
#define SPIN_WINDOW_S 3.0

/* What all processes of Winnow take while the trials compute, in percent of two cores. */
static double watch_overhead(pid_t pid)
{
    struct bench_process all[16];
    double percent[16], sum = 0;
    size_t n;

    sleep_for(SPIN_SETTLE_S);
    n = bench_find_processes(pid, "winnow", all, 8);
    n += bench_find_processes(pid, "winnow-trial", all + n, 8);
    watch(all, n, SPIN_WINDOW_S, percent);
    for (size_t i = 0; i < n; i++)
        sum += percent[i];
    return sum / 2;
}

/* Percent of wall time that two trials computed, from the file they wrote. */
static enum wn_status read_share(const char *file, double *percent, struct wn_error *err)
{
    double *values;
    size_t n;
    enum wn_status rc = bench_read_numbers(file, &values, &n, err);

    if (rc)
        return rc;
    if (n == 4)
        *percent = 100 * (values[0] + values[2]) / (values[1] + values[3]);
    else
        rc = wn_fail(err, WN_ESYSTEM, "the trials wrote %zu numbers, not 4", n);
    wn_free(values);
    return rc;
}

/* The same two programs by themselves: what the machine has to give now. */
static enum wn_status spin_alone(const struct bench *bench,
                                 const char *file,
                                 double *percent,
                                 struct wn_error *err)
{
    char program[WN_PATH_MAX], seconds[16];
    pid_t pids[2];
    enum wn_status rc = wn_path_join(program, err, bench->build, "winnow-bench-trial");

    (void)snprintf(seconds, sizeof seconds, "%d", SPIN_S);
    for (size_t i = 0; !rc && i < 2; i++) {
        (void)fflush(NULL);
        pids[i] = fork();
        if (pids[i] == 0) {
            if (freopen("/dev/null", "w", stdout))
                (void)execl(program, program, "spin", seconds, file, (char *)NULL);
            _exit(127);
        }
    }
    for (size_t i = 0; !rc && i < 2; i++)
        if (waitpid(pids[i], NULL, 0) != pids[i])
            rc = wn_fail_errno(err, WN_ESYSTEM, "cannot run %s", program);
    return rc ? rc : read_share(file, percent, err);
}

static enum wn_status measure_share(struct bench *bench, struct wn_error *err)
{
    char file[WN_PATH_MAX], alone_file[WN_PATH_MAX], trial[WN_PATH_MAX + 64];
    struct bench_launch launch = {.name = "share",
                                  .n_workers = 2,
                                  .trial = trial,
                                  .rest = FIFO ", \"stop\": {\"trials_started\": 2}"};
    double alone = 0, beside = 0, overhead = 0;
    pid_t pid;
    struct wn_json *figure;
    enum wn_status rc = wn_path_join(file, err, bench->dir, "spun");

    if (!rc)
        rc = wn_path_join(alone_file, err, bench->dir, "spun-alone");
    if (!rc)
        rc = spin_alone(bench, alone_file, &alone, err);
    (void)snprintf(trial, sizeof trial, "\"spin\", \"%d\", \"%s\"", SPIN_S, file);
    if (!rc)
        rc = bench_launch_start(bench, &launch, &pid, err);
    if (rc)
        return rc;
    overhead = watch_overhead(pid);
    rc = bench_launch_wait(bench, &launch, pid, err);
    if (!rc)
        rc = read_share(file, &beside, err);
    if (rc)
        return rc;
    figure = bench_figure(bench, "trial_share_percent", beside, "%", GOAL_AT_LEAST, 95);
    bench_detail(figure, "without_winnow", alone);
    bench_detail(figure, "winnow_percent", overhead);
    return WN_OK;
}

/* --- start: a thousand trials that do nothing --- */

#define N_STARTS 1000
#define N_ALONE  200

/* Of all that ended below this process. */
static double children_cpu_s(void)
{
    struct rusage usage = {0};

    (void)getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* What the program itself costs to start and end, seconds. */
static enum wn_status start_alone(const struct bench *bench,
                                  double *seconds,
                                  struct wn_error *err)
{
    char program[WN_PATH_MAX];
    double begin = bench_now_s();
    enum wn_status rc = wn_path_join(program, err, bench->build, "winnow-bench-trial");

    for (size_t i = 0; !rc && i < N_ALONE; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            if (freopen("/dev/null", "w", stdout))
                (void)execl(program, program, "instant", (char *)NULL);
            _exit(127);
        }
        if (pid < 0 || waitpid(pid, NULL, 0) != pid)
            rc = wn_fail_errno(err, WN_ESYSTEM, "cannot run %s", program);
    }
    *seconds = (bench_now_s() - begin) / N_ALONE;
    return rc;
}

static enum wn_status measure_start(struct bench *bench, struct wn_error *err)
{
    struct bench_launch one = {.name = "one",
                               .n_workers = N_WORKERS,
                               .trial = "\"instant\"",
                               .rest = FIFO ", \"stop\": {\"trials_started\": 1}"};
    struct bench_launch many = one;
    double alone_s = 0, one_s = 0, many_s = 0, alone_cpu_s, one_cpu_s, many_cpu_s;
    struct wn_json *figure;
    enum wn_status rc = start_alone(bench, &alone_s, err);

    alone_cpu_s = children_cpu_s();
    many.name = "many";
    many.rest = FIFO ", \"stop\": {\"trials_started\": 1000}";
    if (!rc)
        rc = bench_launch_run(bench, &one, &one_s, err);
    one_cpu_s = children_cpu_s();
    if (!rc)
        rc = bench_launch_run(bench, &many, &many_s, err);
    many_cpu_s = children_cpu_s();
    if (rc)
        return rc;
    figure = bench_figure(bench, "start_1000_s", many_s, "s", GOAL_AT_MOST, 5);
    bench_detail(figure, "launch_s", one_s);
    bench_detail(figure, "ms_per_trial", 1e3 * (many_s - one_s) / N_STARTS);
    bench_detail(figure, "program_alone_ms", 1e3 * alone_s);
    /* What the machine's other load does not change: one launch is in each. */
    bench_detail(figure, "cpu_ms_per_trial",
                 1e3 * (many_cpu_s - 2 * one_cpu_s + alone_cpu_s) / N_STARTS);
    bench_detail(figure, "program_alone_cpu_ms", 1e3 * alone_cpu_s / N_ALONE);
    return WN_OK;
}

const struct bench_measurement bench_waiting = {
    .name = "waiting",
    .summary = "CPU of the ranks while four trials train silently",
    .needs_mpirun = true,
    .measure = measure_waiting,
};

const struct bench_measurement bench_share = {
    .name = "share",
    .summary = "CPU share of two busy trials beside the ranks",
    .needs_mpirun = true,
    .measure = measure_share,
};

const struct bench_measurement bench_start = {
    .name = "start",
    .summary = "1,000 trials of a program that does nothing on four workers",
    .needs_mpirun = true,
    .measure = measure_start,
};
