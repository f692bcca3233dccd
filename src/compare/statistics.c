/* statistics.c - see statistics.h. */
#include "compare/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/rng.h"

#define INTERVAL_LOW  0.025
#define INTERVAL_HIGH 0.975

const char *const wn_statistic_names[] = {"iqm", "mean", "median", NULL};

static int by_value(const void *a, const void *b)
{
    const double *p = a, *q = b;

    return (*p > *q) - (*p < *q);
}

double wn_quantile(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1), part = at - floor(at);
    size_t below = (size_t)at;

    WN_ASSERT(n > 0);
    /* What lies at a value is that value, whatever stands above it: it may be infinite. */
    if (part <= 0 || below + 1 >= n || isinf(sorted[below]))
        return sorted[below < n ? below : n - 1];
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double wn_mean(const double *values, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

double wn_iqm(const double *sorted, size_t n)
{
    size_t cut = n / 4;

    return wn_mean(sorted + cut, n - 2 * cut);
}

void wn_ranks(const double *values, size_t n, double *ranks)
{
    for (size_t i = 0; i < n; i++) {
        size_t n_below = 0, n_equal = 0;

        for (size_t k = 0; k < n; k++) {
            n_below += values[k] < values[i];
            n_equal += values[k] <= values[i] && values[k] >= values[i];
        }
        ranks[i] = (double)n_below + ((double)n_equal + 1) / 2;
    }
}

void wn_resampling_destroy(struct wn_resampling *resampling)
{
    if (!resampling)
        return;
    wn_free(resampling->counts);
    wn_free(resampling->found);
    wn_free(resampling->sorted);
    wn_free(resampling->order);
    wn_free(resampling->last);
    wn_free(resampling);
}

enum wn_status wn_resampling_create(size_t n,
                                    uint64_t seed,
                                    uint64_t subject,
                                    struct wn_resampling **out,
                                    struct wn_error *err)
{
    struct wn_resampling *made = wn_alloc(sizeof *made);
    struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_BOOTSTRAP, subject);

    WN_ASSERT(n > 0 && n <= WN_RESAMPLED_MOST);
    if (made) {
        made->n = n;
        made->counts = wn_alloc_array(n * WN_RESAMPLES, sizeof *made->counts);
        made->found = wn_alloc_array(WN_RESAMPLES, sizeof *made->found);
        made->sorted = wn_alloc_array(n, sizeof *made->sorted);
        made->order = wn_alloc_array(n, sizeof *made->order);
        made->last = wn_alloc_array(n, sizeof *made->last);
        made->last_statistic = -1;
    }
    if (!made || !made->counts || !made->found || !made->sorted || !made->order ||
        !made->last) {
        wn_resampling_destroy(made);
        return wn_fail(err, WN_ENOMEM, "no memory for intervals");
    }
    for (size_t b = 0; b < WN_RESAMPLES; b++)
        for (size_t i = 0; i < n; i++)
            made->counts[b * n + wn_rng_below(&rng, n)]++;
    *out = made;
    return WN_OK;
}

/* The sum of the drawn values from the `from`-th to before the `to`-th smallest. */
static double sum_between(const struct wn_resampling *r,
                          const uint16_t *counts,
                          size_t from,
                          size_t to)
{
    size_t at = 0;
    double sum = 0;

    for (size_t i = 0; i < r->n && at < to; i++) {
        size_t end = at + counts[r->order[i]];
        size_t low = at > from ? at : from, high = end < to ? end : to;

        if (high > low)
            sum += (double)(high - low) * r->sorted[i];
        at = end;
    }
    return sum;
}

/* Insertion: what comes is mostly sorted, for it was so a moment before. */
static void sort_values(struct wn_resampling *r, const double *values)
{
    for (size_t i = 0; i < r->n; i++) {
        size_t at = i;

        for (; at > 0 && r->sorted[at - 1] > values[i]; at--) {
            r->sorted[at] = r->sorted[at - 1];
            r->order[at] = r->order[at - 1];
        }
        r->sorted[at] = values[i];
        r->order[at] = i;
    }
}

static struct wn_summary summarise(struct wn_resampling *r,
                                   enum wn_statistic statistic,
                                   const double *values)
{
    size_t cut = statistic == WN_STATISTIC_IQM ? r->n / 4 : 0;
    struct wn_summary out;

    sort_values(r, values);
    if (statistic == WN_STATISTIC_MEDIAN)
        return (struct wn_summary){.middle = wn_quantile(r->sorted, r->n, 0.5),
                                   .low = wn_quantile(r->sorted, r->n, 0.25),
                                   .high = wn_quantile(r->sorted, r->n, 0.75)};
    out.middle = wn_mean(r->sorted + cut, r->n - 2 * cut);
    for (size_t b = 0; b < WN_RESAMPLES; b++)
        r->found[b] = sum_between(r, &r->counts[b * r->n], cut, r->n - cut) /
                      (double)(r->n - 2 * cut);
    qsort(r->found, WN_RESAMPLES, sizeof *r->found, by_value);
    out.low = wn_quantile(r->found, WN_RESAMPLES, INTERVAL_LOW);
    out.high = wn_quantile(r->found, WN_RESAMPLES, INTERVAL_HIGH);
    return out;
}

struct wn_summary wn_summarise(struct wn_resampling *r,
                               enum wn_statistic statistic,
                               const double *values)
{
    if (r->last_statistic != (int)statistic ||
        memcmp(r->last, values, r->n * sizeof *values) != 0) {
        memcpy(r->last, values, r->n * sizeof *values);
        r->last_statistic = (int)statistic;
        r->last_summary = summarise(r, statistic, values);
    }
    return r->last_summary;
}

double wn_resampled_mean(const struct wn_resampling *r,
                         size_t resample,
                         const double *values)
{
    const uint16_t *counts = &r->counts[resample * r->n];
    double sum = 0;

    for (size_t i = 0; i < r->n; i++)
        if (counts[i])
            sum += counts[i] * values[i];
    return sum / (double)r->n;
}
