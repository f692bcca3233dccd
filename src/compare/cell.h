/* compare/cell.h - one run of a comparison: a study, as a rule in virtual time, and its find. */
#ifndef WN_COMPARE_CELL_H
#define WN_COMPARE_CELL_H

#include "compare/plan.h"
#include "results/comparison.h"
#include "study/study.h"

/* How a study that trains for real is run: all of `out` but study, number and seed is set. */
typedef enum wn_status wn_compare_train_fn(void *arg,
                                           const struct wn_compare_plan *plan,
                                           size_t index,
                                           int64_t number,
                                           struct wn_arena *arena,
                                           struct wn_comparison_cell *out,
                                           struct wn_error *err);

/* What one run leaves for the next of the same study: its job, loaded. {0} at first. */
struct wn_compare_bench {
    const struct wn_compare_study *study;
    wn_compare_train_fn *train; /* set by the caller; NULL: nothing trains for real */
    void *arg;
};
void wn_compare_bench_release(struct wn_compare_bench *bench);

/* Run the cell of the plan's study `index` with a seed number. `out` has texts and points in
 * the arena; out->study is `index`. */
enum wn_status wn_compare_run_cell(const struct wn_compare_plan *plan,
                                   struct wn_compare_bench *bench,
                                   size_t index,
                                   int64_t number,
                                   struct wn_arena *arena,
                                   struct wn_comparison_cell *out,
                                   struct wn_error *err) WN_MUST_CHECK;

/* The job of that cell: the study's with the cell's seed, as wn_job_reseed(). */
enum wn_status wn_compare_cell_job(const struct wn_compare_plan *plan,
                                   size_t index,
                                   int64_t number,
                                   struct wn_job **out,
                                   struct wn_error *err) WN_MUST_CHECK;

/* The trajectory of a study: when its best value changed. Reports of one millisecond are one
 * moment. All but study, number and seed of *out is set. */
enum wn_status wn_compare_trajectory(const struct wn_study *study,
                                     struct wn_arena *arena,
                                     struct wn_comparison_cell *out,
                                     struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_COMPARE_CELL_H */
