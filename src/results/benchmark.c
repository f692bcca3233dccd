/* benchmark.c - see benchmark.h: what a task must be, and its values. */
#include "results/benchmark.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "results/benchmark_internal.h"

static enum wn_status contradicts(const char *path,
                                  struct wn_error *err,
                                  const char *format,
                                  ...) __attribute__((format(printf, 3, 4)));

static enum wn_status contradicts(const char *path,
                                  struct wn_error *err,
                                  const char *format,
                                  ...)
{
    char text[300];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return wn_fail(err, WN_ECORRUPT, "%s: %s", path, text);
}

enum wn_status wn_benchmark_no_memory(const char *path, struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the benchmark %s", path);
}

const char *wn_benchmark_mode_name(enum wn_benchmark_mode mode)
{
    static const char *const names[] = {
        [WN_BENCHMARK_MIN] = "min",
        [WN_BENCHMARK_MAX] = "max",
        [WN_BENCHMARK_COST] = "cost",
        [WN_BENCHMARK_AUX] = "aux",
    };

    return names[mode];
}

/* --- configurations --- */

static enum wn_status check_configs(const char *path,
                                    struct wn_benchmark_book *book,
                                    struct wn_error *err)
{
    const struct wn_benchmark *pub = &book->pub;

    for (size_t k = 0; k < pub->n_params; k++) {
        const struct wn_benchmark_param *param = &book->columns[k];

        if (wn_benchmark_is_number(param) && !param->has_bounds)
            book->is_list = true;
        for (size_t i = 0; i < pub->n_configs; i++) {
            double value = pub->configs[i * pub->n_params + k];

            if (isnan(value) && param->may_miss)
                book->is_list = true;
            else if (!isfinite(value) || !wn_benchmark_is_value(param, value))
                return contradicts(path, err,
                                   "configs: row %zu: %s is %g, which /hyperparameters "
                                   "does not allow",
                                   i, param->name, value);
        }
    }
    return WN_OK;
}

/* --- metrics --- */

/* What overflowed had diverged. */
static void drop_infinity(struct wn_benchmark_book *book)
{
    size_t n = book->pub.n_configs * book->pub.n_seeds * book->pub.n_fidelities;

    for (size_t i = 0; i < book->metrics.n; i++) {
        float *at = book->metrics.at[i].at;

        for (size_t k = 0; k < n && &book->metrics.at[i] != book->pub.elapsed; k++)
            if (isinf(at[k]))
                at[k] = NAN;
    }
}

/* --- times --- */

#define SECONDS_MOST 1e9F /* 30 years: no training took them */

/* The fidelities that a training came to: after the last one whose time is known it ended. */
static size_t length_of(const float *at, size_t n)
{
    while (n && isnan(at[n - 1]))
        n--;
    return n;
}

/* A unit in between whose time is not known has that of the one before. */
static enum wn_status check_times(const char *path,
                                  const struct wn_benchmark *pub,
                                  struct wn_error *err)
{
    size_t n = pub->n_configs * pub->n_seeds;

    for (size_t i = 0; pub->elapsed && i < n; i++) {
        float *at = pub->elapsed->at + i * pub->n_fidelities, last = 0;
        size_t length = length_of(at, pub->n_fidelities);

        for (size_t k = 0; k < length; k++) {
            if (isnan(at[k]))
                at[k] = last;
            if (at[k] < last)
                return contradicts(path, err,
                                   "metrics/elapsed_time: row %zu, seed %zu: %g seconds "
                                   "come after %g",
                                   i / pub->n_seeds, i % pub->n_seeds, (double)at[k],
                                   (double)last);
            if (at[k] > SECONDS_MOST)
                return contradicts(path, err,
                                   "metrics/elapsed_time: row %zu, seed %zu: %g seconds "
                                   "are more than 1e9",
                                   i / pub->n_seeds, i % pub->n_seeds, (double)at[k]);
            last = at[k];
        }
    }
    return WN_OK;
}

static enum wn_status check(const char *path,
                            struct wn_benchmark_book *book,
                            struct wn_error *err)
{
    enum wn_status rc = wn_benchmark_take_columns(path, book, err);

    if (rc == WN_OK)
        rc = check_configs(path, book, err);
    if (rc != WN_OK)
        return rc;
    book->pub.elapsed = wn_benchmark_metric(&book->pub, "elapsed_time");
    drop_infinity(book);
    return check_times(path, &book->pub, err);
}

/* --- open, close, look --- */

static bool is_folder(const char *path)
{
    struct stat seen;

    return stat(path, &seen) == 0 && S_ISDIR(seen.st_mode);
}

enum wn_status wn_benchmark_open(const char *path,
                                 const char *task,
                                 struct wn_benchmark **out,
                                 struct wn_error *err)
{
    struct wn_benchmark_book *book = wn_alloc(sizeof *book);
    enum wn_status rc;

    if (!book)
        return wn_benchmark_no_memory(path, err);
    if (is_folder(path)) {
        rc = wn_benchmark_read_study(path, task, book, err);
    } else {
        rc = wn_benchmark_read(path, task, book, err);
        if (rc == WN_OK)
            rc = check(path, book, err);
    }
    if (rc == WN_OK)
        *out = &book->pub;
    else
        wn_benchmark_destroy(&book->pub);
    return rc;
}

void wn_benchmark_destroy(struct wn_benchmark *benchmark)
{
    struct wn_benchmark_book *book = (struct wn_benchmark_book *)benchmark;

    if (!book)
        return;
    for (size_t i = 0; i < book->metrics.n; i++)
        wn_free(book->metrics.at[i].at);
    wn_vec_release(&book->metrics);
    wn_vec_release(&book->tasks);
    for (size_t i = 0; i < book->n_own_configs; i++)
        wn_json_destroy(book->own_configs[i]);
    wn_free(book->own_configs);
    wn_json_destroy(book->own_space);
    wn_free(book->recorded);
    wn_free(book->configs);
    wn_free(book->fidelity);
    wn_json_destroy(book->params);
    wn_arena_release(&book->arena);
    wn_free(book);
}

const struct wn_benchmark_metric *wn_benchmark_metric(
    const struct wn_benchmark *benchmark,
    const char *name)
{
    for (size_t i = 0; i < benchmark->n_metrics; i++)
        if (strcmp(benchmark->metrics[i].name, name) == 0)
            return &benchmark->metrics[i];
    return NULL;
}

double wn_benchmark_at(const struct wn_benchmark *benchmark,
                       const struct wn_benchmark_metric *metric,
                       size_t config,
                       size_t seed,
                       size_t fidelity)
{
    return (double)metric
        ->at[(config * benchmark->n_seeds + seed) * benchmark->n_fidelities + fidelity];
}
