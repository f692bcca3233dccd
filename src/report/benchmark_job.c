/* benchmark_job.c - a job that simulates with a benchmark, written out in full. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "report/benchmark.h"

enum { SLOTS = 8, TRIALS_MOST = 1000, NAME_MOST = 128 };

static bool is_objective(const struct wn_benchmark_metric *metric)
{
    return metric->mode == WN_BENCHMARK_MIN || metric->mode == WN_BENCHMARK_MAX;
}

/* The only objective whose name begins so; NULL: there is none, or there are several. */
static const struct wn_benchmark_metric *only(const struct wn_benchmark *b,
                                              const char *start)
{
    const struct wn_benchmark_metric *found = NULL;

    for (size_t i = 0; i < b->n_metrics; i++) {
        if (!is_objective(&b->metrics[i]) ||
            strncmp(b->metrics[i].name, start, strlen(start)) != 0)
            continue;
        if (found)
            return NULL;
        found = &b->metrics[i];
    }
    return found;
}

static enum wn_status choose_metric(const struct wn_benchmark *b,
                                    const char *name,
                                    const struct wn_benchmark_metric **out,
                                    struct wn_error *err)
{
    struct wn_buf names = {0};
    enum wn_status rc;

    *out = name ? wn_benchmark_metric(b, name) : only(b, "");
    if (!*out && !name)
        *out = only(b, "val");
    if (*out && is_objective(*out))
        return WN_OK;
    for (size_t i = 0; i < b->n_metrics; i++)
        if (is_objective(&b->metrics[i]))
            wn_buf_addf(&names, "%s%s", names.n ? ", " : "", b->metrics[i].name);
    if (!names.n)
        rc = wn_fail(err, WN_EINVAL, "the task %s has no metric with mode min or max",
                     b->task);
    else if (name)
        rc = wn_fail(err, WN_EINVAL, "'%.80s' is no metric to tune by; there %s %.300s",
                     name, strchr(wn_buf_text(&names), ',') ? "are" : "is",
                     wn_buf_text(&names));
    else
        rc = wn_fail(err, WN_EINVAL, "which metric? There are %.300s",
                     wn_buf_text(&names));
    wn_buf_release(&names);
    return rc;
}

/* The object if all of it could be built, else NULL. */
static struct wn_json *whole(struct wn_json *object, bool ok)
{
    if (ok)
        return object;
    wn_json_destroy(object);
    return NULL;
}

/* Letters, digits, _ - . of both names, anything else as '-'. */
static struct wn_json *name_json(const struct wn_benchmark *b)
{
    struct wn_buf name = {0};
    struct wn_json *json;

    wn_buf_addf(&name, "%s-%s", b->name, b->task);
    for (size_t i = 0; i < name.n; i++) {
        char one[2] = {name.at[i], 0};

        if (!wn_name_is_plain(one) && (one[0] != '.' || !i))
            name.at[i] = i ? '-' : 'b';
    }
    if (name.n > NAME_MOST)
        name.at[NAME_MOST] = 0;
    json = name.failed ? NULL : wn_json_new_string(wn_buf_text(&name));
    wn_buf_release(&name);
    return json;
}

static struct wn_json *trial_json(const struct wn_benchmark *b, const char *path)
{
    struct wn_json *trial = wn_json_new_object();

    return whole(trial, wn_json_set(trial, "runner", wn_json_new_string("table")) &&
                            wn_json_set(trial, "benchmark", wn_json_new_string(path)) &&
                            wn_json_set(trial, "task", wn_json_new_string(b->task)) &&
                            wn_json_set(trial, "slots", wn_json_new_integer(SLOTS)));
}

static struct wn_json *metric_json(const struct wn_benchmark_metric *metric)
{
    struct wn_json *json = wn_json_new_object();
    const char *mode = metric->mode == WN_BENCHMARK_MAX ? "max" : "min";

    return whole(json, wn_json_set(json, "name", wn_json_new_string(metric->name)) &&
                           wn_json_set(json, "mode", wn_json_new_string(mode)));
}

static struct wn_json *resource_json(const struct wn_benchmark *b)
{
    struct wn_json *json = wn_json_new_object();
    double last = b->fidelity[b->n_fidelities - 1];
    bool ok = !*b->resource || wn_json_set(json, "name", wn_json_new_string(b->resource));

    return whole(json,
                 ok && wn_json_set(json, "max", wn_json_new_integer((int64_t)last)));
}

static struct wn_json *pair(const char *key, struct wn_json *value)
{
    struct wn_json *json = wn_json_new_object();

    return whole(json, wn_json_set(json, key, value));
}

static enum wn_status check_fidelities(const struct wn_benchmark *b, struct wn_error *err)
{
    for (size_t i = 0; i < b->n_fidelities; i++)
        if (b->fidelity[i] != floor(b->fidelity[i]))
            return wn_fail(err, WN_EINVAL,
                           "the task %s cannot be simulated: its fidelities must be "
                           "whole numbers, not %g",
                           b->task, b->fidelity[i]);
    return WN_OK;
}

enum wn_status wn_report_benchmark_job(const struct wn_benchmark *benchmark,
                                       const char *path,
                                       const char *metric,
                                       struct wn_json **out,
                                       struct wn_error *err)
{
    const struct wn_benchmark_metric *chosen = NULL;
    size_t n = benchmark->n_configs < TRIALS_MOST ? benchmark->n_configs : TRIALS_MOST;
    const char *scheduler = benchmark->n_fidelities > 1 ? "asha" : "fifo";
    struct wn_json *job, *space = NULL;
    bool ok;
    enum wn_status rc = choose_metric(benchmark, metric, &chosen, err);

    if (rc == WN_OK)
        rc = check_fidelities(benchmark, err);
    if (rc == WN_OK)
        rc = wn_benchmark_space(benchmark, &space, err);
    if (rc != WN_OK)
        return rc;
    job = wn_json_new_object();
    ok = wn_json_set(job, "name", name_json(benchmark));
    ok = wn_json_set(job, "trial", trial_json(benchmark, path)) && ok;
    ok = wn_json_set(job, "space", space) && ok;
    ok = wn_json_set(job, "metric", metric_json(chosen)) && ok;
    ok = wn_json_set(job, "resource", resource_json(benchmark)) && ok;
    ok = wn_json_set(job, "scheduler", pair("type", wn_json_new_string(scheduler))) && ok;
    ok = wn_json_set(job, "searcher", pair("type", wn_json_new_string("random"))) && ok;
    ok = wn_json_set(job, "stop",
                     pair("trials_started", wn_json_new_integer((int64_t)n))) &&
         ok;
    if (ok) {
        *out = job;
        return WN_OK;
    }
    wn_json_destroy(job);
    return wn_fail(err, WN_ENOMEM, "no memory for a job");
}
