/* facts.c - what a comparison wants to know of a table: how long, how good. */
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/file.h"
#include "compare/plan_internal.h"
#include "results/benchmark.h"

static enum wn_status open_table(const struct wn_json *trial,
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

static double mean_time(const struct wn_benchmark *benchmark, int64_t max_resource)
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

/* All that the time depends on, as text; NULL without memory. */
static char *name_question(const struct wn_json *trial, int64_t max_resource)
{
    static const char *const keys[] = {"benchmark", "task"};
    struct wn_buf out = {0};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct wn_json *node = wn_json_get(trial, keys[i]);

        if (node)
            wn_json_print(node, &out);
        wn_buf_addc(&out, ' ');
    }
    wn_buf_addf(&out, "%lld", (long long)max_resource);
    return wn_buf_take(&out);
}

enum wn_status wn_compare_full_time(struct wn_compare_timing *timing,
                                    const struct wn_json *trial,
                                    const char *job_dir,
                                    int64_t max_resource,
                                    double *out,
                                    struct wn_error *err)
{
    struct wn_benchmark *benchmark = NULL;
    char *which = name_question(trial, max_resource);
    enum wn_status rc = WN_OK;

    if (!which)
        return wn_fail(err, WN_ENOMEM, "no memory for a comparison");
    if (timing->which && strcmp(timing->which, which) == 0) {
        wn_free(which);
        *out = timing->seconds;
        return WN_OK;
    }
    rc = open_table(trial, job_dir, &benchmark, err);
    if (rc != WN_OK) {
        wn_free(which);
        return rc;
    }
    WN_ASSERT(benchmark);
    *out = mean_time(benchmark, max_resource);
    wn_benchmark_destroy(benchmark);
    wn_free(timing->which);
    *timing = (struct wn_compare_timing){which, *out};
    return WN_OK;
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

const char *wn_compare_unit(const struct wn_benchmark *benchmark, const char *name)
{
    const struct wn_benchmark_metric *metric = wn_benchmark_metric(benchmark, name);

    return metric ? metric->unit : "";
}
