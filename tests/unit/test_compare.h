/* test_compare.h - comparisons made by hand, for the tests of compare and results. */
#ifndef WN_TESTS_UNIT_TEST_COMPARE_H
#define WN_TESTS_UNIT_TEST_COMPARE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/comparison.h"

#define NONE ((double)NAN)

static inline struct wn_comparison_study study_of(const char *method,
                                                  const char *benchmark,
                                                  int64_t n_seeds)
{
    return (struct wn_comparison_study){.method = method,
                                        .benchmark = benchmark,
                                        .n_workers = 4,
                                        .job = "{\"name\": \"x\"}",
                                        .metric = "loss",
                                        .metric_unit = "",
                                        .resource = "epoch",
                                        .budget_s = 100,
                                        .best = 0.5,
                                        .n_seeds = n_seeds};
}

static inline size_t add_study(struct wn_comparison *to, struct wn_comparison_study study)
{
    struct wn_error err;
    size_t index;

    if (wn_comparison_add_study(to, &study, &index, &err) != WN_OK)
        fail_msg("%s", err.text);
    return index;
}

/* A run whose best value is values[i] from 10 * (i + 1) seconds on, up to the first 0. */
static inline void add_run(struct wn_comparison *to,
                           size_t study,
                           int64_t number,
                           const double *values)
{
    struct wn_comparison_point points[16];
    struct wn_comparison_cell cell = {.study = study,
                                      .number = number,
                                      .seed = (uint64_t)(1000 + number),
                                      .end_s = 100,
                                      .resource = 50,
                                      .n_trials = 7,
                                      .n_reports = 20,
                                      .end = "complete: stop.time was reached",
                                      .points = points};
    struct wn_error err;

    for (size_t i = 0; values[i] < 0 || values[i] > 0; i++)
        points[cell.n_points++] =
            (struct wn_comparison_point){.time_s = 10 * (double)(i + 1),
                                         .value = values[i],
                                         .resource = (int64_t)i + 1,
                                         .n_trials = 1,
                                         .n_reports = (int64_t)i + 1};
    if (wn_comparison_add(to, &cell, &err) != WN_OK)
        fail_msg("%s", err.text);
}
#define RUN(to, study, number, ...) \
    add_run(to, study, number, (const double[]){__VA_ARGS__, 0})

#endif /* WN_TESTS_UNIT_TEST_COMPARE_H */
