/* report/benchmark.h - what a benchmark file holds, for people, and a job that uses it. */
#ifndef WN_REPORT_BENCHMARK_H
#define WN_REPORT_BENCHMARK_H

#include "report/report.h"
#include "results/benchmark.h"

/* Texts of the file; the task's size, space and times; tables of its hyperparameters and
 * metrics with their best values. */
enum wn_status wn_report_benchmark(const struct wn_benchmark *benchmark,
                                   struct wn_report_style style,
                                   struct wn_buf *out,
                                   struct wn_error *err) WN_MUST_CHECK;
/* The same as one JSON object; the caller owns *out. */
enum wn_status wn_report_benchmark_json(const struct wn_benchmark *benchmark,
                                        struct wn_json **out,
                                        struct wn_error *err) WN_MUST_CHECK;

/* A job that `winnow simulate` accepts as it is: `path` (of the file), the task, its space
 * written out, `metric` (NULL: the only one with a mode, else the only such whose name begins
 * with "val"), ASHA or, with one fidelity, full trainings. WN_EINVAL: there is no such metric,
 * or the task cannot be simulated. The caller owns *out. */
enum wn_status wn_report_benchmark_job(const struct wn_benchmark *benchmark,
                                       const char *path,
                                       const char *metric,
                                       struct wn_json **out,
                                       struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_REPORT_BENCHMARK_H */
