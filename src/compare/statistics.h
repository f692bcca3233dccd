/* compare/statistics.h - what many runs come to, with an interval.
 *
 * Interquartile mean (IQM): the mean of the middle half of the runs; of n sorted values the
 * floor(n / 4) smallest and largest are left out. Agarwal, Schwarzer, Castro, Courville,
 * Bellemare: Deep Reinforcement Learning at the Edge of the Statistical Precipice, NeurIPS
 * 2021, section 4.3 and appendix; that the cut is rounded down is how their library computes it.
 *
 * Interval: percentile bootstrap (Efron: Bootstrap Methods: Another Look at the Jackknife,
 * Annals of Statistics 7 (1979); Efron and Tibshirani: An Introduction to the Bootstrap, 1993,
 * section 13.3): the statistic of n runs drawn with replacement, WN_RESAMPLES times; its 2.5 %
 * and 97.5 % quantiles. Over several benchmarks the runs of each are drawn apart (stratified,
 * Agarwal et al., section 4.2).
 *
 * Quantiles are those of definition 7 in Hyndman and Fan: Sample Quantiles in Statistical
 * Packages, The American Statistician 50 (1996): linear between the order statistics, the
 * smallest at 0 and the largest at 1.
 *
 * Values are losses, smaller is better; infinite is a run that has nothing yet, and counts as
 * worse than any that has. NaN is not allowed.
 */
#ifndef WN_COMPARE_STATISTICS_H
#define WN_COMPARE_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { WN_RESAMPLES = 2000, WN_RESAMPLED_MOST = 60000 };

enum wn_statistic {
    WN_STATISTIC_IQM = 0,   /* with a bootstrap interval of 95 % */
    WN_STATISTIC_MEAN = 1,  /* the same */
    WN_STATISTIC_MEDIAN = 2 /* with the quartiles */
};
extern const char *const wn_statistic_names[]; /* "iqm", ...; ends with NULL */

struct wn_summary {
    double middle, low, high;
};

double wn_quantile(const double *sorted, size_t n, double q);
double wn_iqm(const double *sorted, size_t n);
double wn_mean(const double *values, size_t n);
/* Rank of every value, the smallest first from 1; equal ones share the mean of theirs. */
void wn_ranks(const double *values, size_t n, double *ranks);

/* How often each of n runs was drawn in every resample: the same for all that is asked of
 * them, so that methods and times are compared over the same draws. */
struct wn_resampling {
    size_t n;
    uint16_t *counts; /* [WN_RESAMPLES][n] */
    double *found;    /* room for the statistics of the resamples */
    double *sorted;   /* room for n values */
    size_t *order;    /* room for n numbers */
    double *last; /* the values that were summarised last; a curve often repeats them */
    struct wn_summary last_summary;
    int last_statistic; /* -1: none yet */
};
/* `subject` tells resamplings of one seed apart. n from 1 to WN_RESAMPLED_MOST. */
enum wn_status wn_resampling_create(size_t n,
                                    uint64_t seed,
                                    uint64_t subject,
                                    struct wn_resampling **out,
                                    struct wn_error *err) WN_MUST_CHECK;
void wn_resampling_destroy(struct wn_resampling *resampling);
/* Of resampling->n values, in the order of the runs. */
struct wn_summary wn_summarise(struct wn_resampling *resampling,
                               enum wn_statistic statistic,
                               const double *values);
/* The mean of one resample, for what is a mean of means: over strata. */
double wn_resampled_mean(const struct wn_resampling *resampling,
                         size_t resample,
                         const double *values);

#endif /* WN_COMPARE_STATISTICS_H */
