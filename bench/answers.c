/* answers.c - how long a program waits for its answer at a milestone, under mpirun.
 *
 * Every unit is a milestone and nobody is stopped. In the studies of `thinking` one worker
 * more stays idle, because the searcher thinks of what it should run: the same study is
 * measured with a searcher that computes all the while, with one that does not, and with
 * one that does not beside a process that computes, since who computes takes a core. The
 * searcher that thinks is a stand-in that computes, or tpe or kde with 10,000 trials behind
 * it; one that does not think draws at random.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench.h"
#include "launch.h"

#define N_WORKERS 4
#define ANSWERS                                                                          \
    ", \"resource\": {\"max\": %d}, \"scheduler\": {\"type\": \"asha\", \"variant\": "   \
    "\"stopping\", \"rung_increment\": 1, \"reduction_factor\": 1000}, \"initial\": []," \
    " \"stop\": {\"trials_started\": %d}%s"

struct answers {
    const char *key;
    const char *program; /* NULL: winnow */
    size_t n_workers;
    int n_trials, n_units, pause_ms;
    const char *searcher; /* its section, with a comma before, or "" */
};

struct quantiles {
    double median, p90, p99;
    size_t n;
};

/* Microseconds, caller frees. */
static enum wn_status take_answers(struct bench *bench,
                                   const struct answers *wish,
                                   double **values,
                                   size_t *n,
                                   struct wn_error *err)
{
    size_t n_expected = (size_t)wish->n_trials * (size_t)wish->n_units;
    char file[WN_PATH_MAX], trial[WN_PATH_MAX + 64], rest[512];
    struct bench_launch launch = {.name = wish->key,
                                  .program = wish->program,
                                  .n_workers = wish->n_workers,
                                  .trial = trial,
                                  .rest = rest};
    double seconds;
    enum wn_status rc = wn_path_join(file, err, bench->dir, wish->key);

    (void)snprintf(trial, sizeof trial, "\"answers\", \"%d\", \"%d\", \"%s\"",
                   wish->n_units, wish->pause_ms, file);
    /* One trial more than is configured keeps the searcher asked. */
    (void)snprintf(rest, sizeof rest, ANSWERS, wish->n_units,
                   wish->n_trials + (wish->searcher[0] != '\0'), wish->searcher);
    if (!rc)
        rc = bench_launch_run(bench, &launch, &seconds, err);
    if (!rc)
        rc = bench_read_numbers(file, values, n, err);
    if (!rc && *n != n_expected) {
        wn_free(*values);
        rc = wn_fail(err, WN_ESYSTEM, "%zu answers came, not %zu", *n, n_expected);
    }
    return rc;
}

static enum wn_status measure_answers(struct bench *bench,
                                      const struct answers *wish,
                                      struct quantiles *out,
                                      struct wn_error *err)
{
    double *values;
    enum wn_status rc = take_answers(bench, wish, &values, &out->n, err);

    if (rc)
        return rc;
    out->median = bench_quantile(values, out->n, 0.5);
    out->p90 = bench_quantile(values, out->n, 0.9);
    out->p99 = bench_quantile(values, out->n, 0.99);
    wn_free(values);
    return WN_OK;
}

static struct wn_json *add_figure(struct bench *bench,
                                  const struct answers *wish,
                                  const struct quantiles *took,
                                  double goal_us)
{
    struct wn_json *figure =
        bench_figure(bench, wish->key, took->median, "us",
                     goal_us > 0 ? GOAL_AT_MOST : GOAL_NONE, goal_us);

    bench_detail(figure, "p90", took->p90);
    bench_detail(figure, "p99", took->p99);
    bench_detail(figure, "n", (double)took->n);
    bench_detail(figure, "workers", (double)wish->n_workers);
    return figure;
}

static enum wn_status add_answers(struct bench *bench,
                                  const struct answers *wish,
                                  double goal_us,
                                  struct wn_error *err)
{
    struct quantiles took;
    enum wn_status rc = measure_answers(bench, wish, &took, err);

    if (!rc)
        (void)add_figure(bench, wish, &took, goal_us);
    return rc;
}

/* --- asleep, busy --- */

#define ASLEEP_US 2000 /* goals */
#define BUSY_US   100

static enum wn_status measure_asleep(struct bench *bench, struct wn_error *err)
{
    static const struct answers wish = {
        "answer_asleep_us", NULL, N_WORKERS, N_WORKERS, 16, 400, ""};

    return add_answers(bench, &wish, ASLEEP_US, err);
}

static enum wn_status measure_busy(struct bench *bench, struct wn_error *err)
{
    static const struct answers wish = {
        "answer_busy_us", NULL, N_WORKERS, 40, 1000, 0, ""};
    static const struct answers one = {"answer_busy_one_us", NULL, 1, 10, 1000, 0, ""};
    enum wn_status rc = add_answers(bench, &wish, BUSY_US, err);

    return rc ? rc : add_answers(bench, &one, 0, err);
}

/* --- thinking --- */

#define THINK                                                                    \
    ", \"searcher\": {\"type\": \"think\", \"proposals\": %d, \"seconds\": %d, " \
    "\"model\": \"%s\", \"trials\": 10000}"

/* A process that computes until it is killed. */
static pid_t start_computing(void)
{
    pid_t pid;

    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        volatile double x = 1;
        for (;;)
            x = x * 1.0000001 + 1e-9;
    }
    return pid;
}

static void end_computing(pid_t pid)
{
    if (pid <= 0)
        return;
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

struct thinking {
    const char *key, *name_without; /* the latter of a study only, as the next */
    const char *name_beside;        /* NULL: not measured */
    int n_trials, n_units, pause_ms, seconds; /* the last: of the thought */
    double goal_us;
    const char *model; /* who thinks; "none": it only computes */
};

static enum wn_status measure_one(struct bench *bench,
                                  const struct thinking *wish,
                                  const char *name,
                                  int seconds,
                                  struct quantiles *out,
                                  struct wn_error *err)
{
    char searcher[192];
    struct answers answers = {.key = name,
                              .program = "winnow-bench-slow",
                              .n_workers = (size_t)wish->n_trials + 1,
                              .n_trials = wish->n_trials,
                              .n_units = wish->n_units,
                              .pause_ms = wish->pause_ms,
                              .searcher = searcher};

    (void)snprintf(searcher, sizeof searcher, THINK, wish->n_trials, seconds,
                   wish->model);
    return measure_answers(bench, &answers, out, err);
}

static enum wn_status add_thinking(struct bench *bench,
                                   const struct thinking *wish,
                                   struct wn_error *err)
{
    struct answers shown = {.key = wish->key, .n_workers = (size_t)wish->n_trials + 1};
    struct quantiles took, without, beside;
    struct wn_json *figure;
    enum wn_status rc = measure_one(bench, wish, wish->name_without, 0, &without, err);

    if (!rc)
        rc = measure_one(bench, wish, wish->key, wish->seconds, &took, err);
    if (!rc && wish->name_beside) {
        pid_t pid = start_computing();

        rc = measure_one(bench, wish, wish->name_beside, 0, &beside, err);
        end_computing(pid);
    }
    if (rc)
        return rc;
    figure = add_figure(bench, &shown, &took, wish->goal_us);
    bench_detail(figure, "without", without.median);
    bench_detail(figure, "without_p99", without.p99);
    if (wish->name_beside) {
        bench_detail(figure, "beside_a_process", beside.median);
        bench_detail(figure, "beside_a_process_p99", beside.p99);
    }
    return WN_OK;
}

static enum wn_status measure_thinking(struct bench *bench, struct wn_error *err)
{
    static const struct thinking wishes[] = {
        {"answer_thinking_us", "busy-without", "busy-beside", N_WORKERS, 1000, 0, 4, 0,
         "none"},
        {"answer_thinking_one_us", "one-without", "one-beside", 1, 4000, 0, 4, 0, "none"},
        {"answer_thinking_asleep_us", "asleep-without", "asleep-beside", N_WORKERS, 16,
         400, 9, ASLEEP_US, "none"},
        {"answer_thinking_tpe_us", "tpe-without", NULL, N_WORKERS, 4000, 0, 4, 0, "tpe"},
        {"answer_thinking_kde_us", "kde-without", NULL, N_WORKERS, 4000, 0, 4, 0, "kde"},
        {"answer_thinking_tpe_asleep_us", "tpe-asleep-without", NULL, N_WORKERS, 16, 400,
         9, ASLEEP_US, "tpe"},
        {"answer_thinking_kde_asleep_us", "kde-asleep-without", NULL, N_WORKERS, 16, 400,
         9, ASLEEP_US, "kde"},
    };
    enum wn_status rc = WN_OK;

    for (size_t i = 0; !rc && i < sizeof wishes / sizeof wishes[0]; i++)
        rc = add_thinking(bench, &wishes[i], err);
    return rc;
}

const struct bench_measurement bench_asleep = {
    .name = "asleep",
    .summary = "answer at a milestone when everything was asleep",
    .needs_mpirun = true,
    .measure = measure_asleep,
};

const struct bench_measurement bench_busy = {
    .name = "busy",
    .summary = "answer at a milestone when every unit is one, at full speed",
    .needs_mpirun = true,
    .measure = measure_busy,
};

const struct bench_measurement bench_thinking = {
    .name = "thinking",
    .summary = "the same while a slow searcher thinks without a pause",
    .needs_mpirun = true,
    .measure = measure_thinking,
};
