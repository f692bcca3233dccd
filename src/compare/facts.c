/* facts.c - what a comparison wants to know of a table: how long, how good. */
#include <math.h>

#include "base/file.h"
#include "compare/plan_internal.h"
#include "results/benchmark.h"

enum wn_status wn_compare_open_table(const struct wn_json *trial,
                                     const char *job_dir,
                                     struct wn_benchmark **out,
                                     struct wn_error *err)
{
    const struct wn_json *file = wn_json_get(trial, "benchmark");
    const struct wn_json *task = wn_json_get(trial, "task");
    const char *written = wn_json_is(file, WN_JSON_STRING) ? wn_json_string(file) : NULL;
    char path[WN_PATH_MAX];
    enum wn_status rc;

    if (!written)
        return wn_fail(err, WN_EINVAL, "trial.benchmark is missing");
    rc = wn_path_beside(job_dir, written, path, err);
    if (rc != WN_OK)
        return rc;
    return wn_benchmark_open(
        path, wn_json_is(task, WN_JSON_STRING) ? wn_json_string(task) : NULL, out, err);
}

/* Fidelities at or below a resource. */
static size_t n_until(const struct wn_benchmark *benchmark, int64_t max_resource)
{
    size_t n = 0;

    while (n < benchmark->n_fidelities && benchmark->fidelity[n] <= (double)max_resource)
        n++;
    return n;
}

/* Seconds of one training: to the last fidelity that it reached; 0: it reached none. */
static double time_of(const struct wn_benchmark *benchmark,
                      size_t config,
                      size_t seed,
                      size_t n)
{
    for (size_t k = n; k > 0; k--) {
        double time = benchmark->elapsed ? wn_benchmark_at(benchmark, benchmark->elapsed,
                                                           config, seed, k - 1)
                                         : benchmark->fidelity[k - 1];
        if (!isnan(time))
            return time;
    }
    return 0;
}

double wn_compare_full_time(const struct wn_benchmark *benchmark, int64_t max_resource)
{
    size_t n = n_until(benchmark, max_resource);
    double sum = 0;

    for (size_t i = 0; i < benchmark->n_configs; i++)
        for (size_t s = 0; s < benchmark->n_seeds; s++)
            sum += time_of(benchmark, i, s, n);
    return n && sum > 0
               ? sum / ((double)benchmark->n_configs * (double)benchmark->n_seeds)
               : (double)NAN;
}

double wn_compare_best(const struct wn_benchmark *benchmark,
                       const char *name,
                       bool is_maximised,
                       int64_t max_resource)
{
    const struct wn_benchmark_metric *metric = wn_benchmark_metric(benchmark, name);
    size_t n = n_until(benchmark, max_resource);
    double best = (double)NAN;

    for (size_t i = 0; metric && i < benchmark->n_configs; i++)
        for (size_t s = 0; s < benchmark->n_seeds; s++)
            for (size_t k = 0; k < n; k++) {
                double value = wn_benchmark_at(benchmark, metric, i, s, k);

                if (!isnan(value) &&
                    (isnan(best) || (is_maximised ? value > best : value < best)))
                    best = value;
            }
    return best;
}
