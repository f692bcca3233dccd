/* table.c - studies over a table, as Syne Tune's simulator was timed on one.
 *
 * With WINNOW_BENCHMARKS naming a folder that has lcbench_surrogate.h5 it is that file's
 * task 189908 (2,000 configurations of 7 parameters, 52 epochs); else a table of the same
 * size is made, whose curves and times are formulas. The keys say which of the two.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "results/benchmark.h"
#include "simulate.h"

enum { N_ROWS = 2000, N_PARAMS = 7, N_EPOCHS = 52 };

#define VARIABLE "WINNOW_BENCHMARKS"
#define FILENAME "lcbench_surrogate.h5"

static const size_t widths[] = {4, 32, 256};

enum { N_WIDTHS = sizeof widths / sizeof widths[0] };

/* What Syne Tune 0.15's simulator takes on the real table: seconds of processor time, and the
 * reports in them, by bench/peer_syne_tune.py in the hour of README.md's figures; 0: not run.
 * Ratios are of that machine: elsewhere run it again. */
struct peer {
    double s, reports;
};

static const struct {
    const char *key, *scheduler, *stop;
    struct peer peers[N_WIDTHS];
} studies[] = {
    {"asha_1000",
     "asha",
     "\"trials_started\": 1000",
     {{5.21, 3832}, {6.50, 3427}, {9.68, 1476}}},
    {"asha_600s", "asha", "\"time\": 600", {{0.15, 149}, {1.91, 1394}, {49.0, 10248}}},
    {"asha_7200s", "asha", "\"time\": 7200", {{2.25, 1965}, {48.2, 15922}, {0, 0}}},
    {"random_1000",
     "fifo",
     "\"trials_started\": 1000",
     {{14.7, 51925}, {8.68, 51148}, {8.28, 45313}}},
};

enum { N_STUDIES = sizeof studies / sizeof studies[0] };
enum { N_RUNS = 9 };

/* --- a table made here --- */

static struct wn_json *make_params(void)
{
    struct wn_json *list = wn_json_new_list();

    for (int i = 0; i < N_PARAMS; i++) {
        struct wn_json *param = wn_json_new_object();
        char name[16];

        (void)snprintf(name, sizeof name, "x%d", i);
        wn_json_set(param, "name", wn_json_new_string(name));
        wn_json_set(param, "type", wn_json_new_string("float"));
        wn_json_set(param, "lower", wn_json_new_number(0));
        wn_json_set(param, "upper", wn_json_new_number(1));
        wn_json_set(param, "log", wn_json_new_bool(false));
        (void)wn_json_add(list, param);
    }
    return list;
}

struct made {
    double *configs, fidelity[N_EPOCHS];
    float *accuracy, *elapsed;
    struct wn_json *params;
};

static void fill(struct made *made)
{
    struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);

    for (size_t i = 0; i < N_ROWS; i++) {
        double off = 0;

        for (size_t k = 0; k < N_PARAMS; k++) {
            double x = (double)(float)wn_rng_unit(&rng);

            made->configs[i * N_PARAMS + k] = x;
            off += (x - 0.4) * (x - 0.4) / N_PARAMS;
        }
        for (size_t k = 0; k < N_EPOCHS; k++) {
            double epoch = (double)(k + 1), pace = 10 + 20 * made->configs[i * N_PARAMS];

            made->accuracy[i * N_EPOCHS + k] =
                (float)(90 - 100 * off - 40 * pow(epoch, -0.7));
            made->elapsed[i * N_EPOCHS + k] = (float)(pace * epoch);
        }
    }
    for (size_t k = 0; k < N_EPOCHS; k++)
        made->fidelity[k] = (double)(k + 1);
}

static enum wn_status write_made(struct made *made,
                                 const char *path,
                                 struct wn_error *err)
{
    const struct wn_benchmark_metric metrics[] = {
        {.name = "elapsed_time",
         .unit = "s",
         .mode = WN_BENCHMARK_COST,
         .is_synthetic = true,
         .at = made->elapsed},
        {.name = "val_accuracy",
         .unit = "",
         .mode = WN_BENCHMARK_MAX,
         .is_synthetic = true,
         .at = made->accuracy},
    };
    struct wn_benchmark head = {.name = "generated",
                                .title = "",
                                .kind = "tabular",
                                .license = "",
                                .provenance = "",
                                .url = "",
                                .citation = "",
                                .task = "189908",
                                .params = made->params,
                                .n_params = N_PARAMS,
                                .configs = made->configs,
                                .n_configs = N_ROWS,
                                .n_seeds = 1,
                                .n_fidelities = N_EPOCHS,
                                .fidelity = made->fidelity,
                                .resource = "epoch",
                                .resource_unit = "",
                                .metrics = metrics,
                                .n_metrics = 2,
                                .elapsed = &metrics[0]};
    const struct wn_benchmark *tasks[] = {&head};

    return wn_benchmark_write(tasks, 1, path, err);
}

static enum wn_status make(const char *path, struct wn_error *err)
{
    const size_t n_curve = (size_t)N_ROWS * N_EPOCHS;
    struct made made = {
        .configs = wn_alloc_array((size_t)N_ROWS * N_PARAMS, sizeof *made.configs),
        .accuracy = wn_alloc_array(n_curve, sizeof *made.accuracy),
        .elapsed = wn_alloc_array(n_curve, sizeof *made.elapsed),
        .params = make_params()};
    enum wn_status rc;

    if (made.configs && made.accuracy && made.elapsed) {
        fill(&made);
        rc = write_made(&made, path, err);
    } else {
        rc = wn_fail(err, WN_ENOMEM, "no memory for a table");
    }
    wn_json_destroy(made.params);
    wn_free(made.elapsed);
    wn_free(made.accuracy);
    wn_free(made.configs);
    return rc;
}

/* --- studies over it --- */

static void key_of(const char *table, size_t study, size_t width, char key[96])
{
    (void)snprintf(key, 96, "simulate_%s_%s_%zu_cpu_s", table, studies[study].key,
                   widths[width]);
}

/* How many times as long the peer took for the study, and for a report of it. */
static void compare(struct wn_json *figure,
                    const struct peer *peer,
                    const struct bench_simulated *ran)
{
    if (!(peer->s > 0))
        return;
    bench_detail(figure, "peer_s", peer->s);
    bench_detail(figure, "peer_ratio", peer->s / ran->cpu_s);
    bench_detail(figure, "peer_ratio_per_report",
                 1e6 * peer->s / peer->reports / bench_simulated_report_us(ran));
}

static enum wn_status measure_study(struct bench *bench,
                                    bool is_real,
                                    const char *path,
                                    size_t study,
                                    size_t width,
                                    struct wn_error *err)
{
    struct bench_simulated ran = {0};
    struct bench_simulation simulation = {.n_workers = widths[width], .n_slots = 1};
    struct wn_buf text = {0};
    struct wn_json *figure;
    char key[96];
    enum wn_status rc;

    wn_buf_addf(&text,
                "{\"name\": \"table\", \"trial\": {\"runner\": \"table\", \"benchmark\":"
                " \"%s\", \"task\": \"189908\"}, \"metric\": {\"name\": \"val_accuracy\","
                " \"mode\": \"max\"}, \"scheduler\": {\"type\": \"%s\"}, \"on_stop\":"
                " \"kill\", \"stop\": {%s}}",
                path, studies[study].scheduler, studies[study].stop);
    simulation.job_text = wn_buf_text(&text);
    rc = text.failed ? wn_fail(err, WN_ENOMEM, "no memory for a job")
                     : bench_simulate_quickest(&simulation, N_RUNS, &ran, err);
    wn_buf_release(&text);
    if (rc)
        return rc;
    key_of(is_real ? "lcbench" : "generated", study, width, key);
    figure = bench_figure(bench, key, ran.cpu_s, "s", GOAL_NONE, 0);
    bench_detail(figure, "job_cpu_s", ran.job_cpu_s);
    bench_detail(figure, "trials", (double)ran.n_trials);
    bench_detail(figure, "reports", (double)ran.n_reports);
    bench_detail(figure, "us_per_report", bench_simulated_report_us(&ran));
    bench_detail(figure, "virtual_s", ran.virtual_s);
    if (is_real)
        compare(figure, &studies[study].peers[width], &ran);
    return WN_OK;
}

static void skip(struct bench *bench, const char *why)
{
    char key[96];

    for (size_t i = 0; i < N_STUDIES; i++)
        for (size_t k = 0; k < N_WIDTHS; k++) {
            key_of("lcbench", i, k, key);
            bench_skipped(bench, key, why);
        }
}

/* The real table, or NULL and why not. */
static const char *find(char path[WN_PATH_MAX])
{
    const char *folder = getenv(VARIABLE);

    if (!folder || !*folder)
        return VARIABLE " names no folder with " FILENAME;
    if (wn_path_join(path, NULL, folder, FILENAME) != WN_OK || access(path, R_OK) != 0)
        return "the folder that " VARIABLE " names has no " FILENAME;
    return NULL;
}

enum wn_status bench_simulate_tables(struct bench *bench, struct wn_error *err)
{
    char path[WN_PATH_MAX];
    const char *why = find(path);
    enum wn_status rc = WN_OK;

    if (why) {
        skip(bench, why);
        rc = wn_path_join(path, err, bench->dir, "generated.h5");
        if (!rc)
            rc = make(path, err);
    }
    for (size_t i = 0; !rc && i < N_STUDIES; i++)
        for (size_t k = 0; !rc && k < N_WIDTHS; k++)
            rc = measure_study(bench, !why, path, i, k, err);
    return rc;
}
