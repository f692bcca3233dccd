/* compare/plan_internal.h - what the files of the plan share. */
#ifndef WN_COMPARE_PLAN_INTERNAL_H
#define WN_COMPARE_PLAN_INTERNAL_H

#include "compare/plan.h"

/* facts.c: what a table says of trainings up to `max_resource` (INT64_MAX: to its end). */
struct wn_benchmark;

/* The last answer: the studies of a benchmark follow one another. Starts as {0}; `which` is
 * freed by its owner. */
struct wn_compare_timing {
    char *which;
    double seconds;
};

/* Mean seconds of a training over the table that trial.benchmark and trial.task of a job
 * name, over all configurations and seeds; one that ended early counts as long as it lasted.
 * NaN: no training is as long as one fidelity. WN_EINVAL if `trial` does not say which. */
enum wn_status wn_compare_full_time(struct wn_compare_timing *timing,
                                    const struct wn_json *trial,
                                    const char *job_dir,
                                    int64_t max_resource,
                                    double *out,
                                    struct wn_error *err) WN_MUST_CHECK;
/* The best value of a metric over everything in the table up to there; NaN: it has none. */
double wn_compare_best(const struct wn_benchmark *benchmark,
                       const char *metric,
                       bool is_maximised,
                       int64_t max_resource);
/* The unit of a metric; "": it does not say. */
const char *wn_compare_unit(const struct wn_benchmark *benchmark, const char *metric);

#endif /* WN_COMPARE_PLAN_INTERNAL_H */
