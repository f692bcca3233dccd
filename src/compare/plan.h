/* compare/plan.h - the comparison file: which studies are compared, over which seeds.
 *
 *     {"name": "...",
 *      "job": {...},                        what all studies share, a partial job
 *      "benchmarks": {NAME: {...}, ...},    partial jobs
 *      "methods": {NAME: {...}, ...},       partial jobs; one that has neither method nor
 *                                           scheduler.type nor searcher.type is the named
 *                                           method NAME with these options
 *      "overrides": {METHOD: {BENCHMARK: {...}}},
 *      "workers": 8 or [1, 8, 64],          trials at a time
 *      "seeds": 30, "first_seed": 0,        seed numbers
 *      "seed": 1,                           what the seeds of the jobs are made from
 *      "ranks": 1}                          of every run that trains for real
 *
 * A study is a method on a benchmark with a number of workers. Its job is `job`, over it the
 * benchmark, the method and the override, in this order (merge.h), and is read by the parser
 * of all jobs. Two keys are taken out before:
 *
 *     "budget": {"full_trainings": 50}     stop.time becomes 50 times the mean time of a full
 *                                          training over the table, divided by the workers
 *     "best": 0.93                         the best value there is, for regrets; of a table
 *                                          it is looked up
 *
 * The seed of a cell depends on `seed` and the seed number alone, so that the runs of one
 * number are paired over all methods.
 */
#ifndef WN_COMPARE_PLAN_H
#define WN_COMPARE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/problems.h"
#include "job/job.h"
#include "results/comparison.h"

struct wn_compare_study {
    const char *method, *benchmark; /* the plan's */
    int64_t n_workers;
    struct wn_job *job;      /* with seed 0 */
    double budget_s;         /* NaN: no stop.time */
    double best;             /* NaN: not known */
    const char *metric_unit; /* the plan's; "": not known */
};

struct wn_compare_plan {
    const char *name;
    const char *job_dir; /* absolute: relative paths of the jobs start there */
    uint64_t seed;
    int64_t first_seed, n_seeds;
    int64_t n_ranks; /* of a run that trains for real: one coordinates, the others work */
    bool trains;     /* one of the jobs does not work in virtual time */
    WN_VEC(struct wn_compare_study) studies; /* by benchmark, workers, method */
    struct wn_arena arena;
};

struct wn_compare_source {
    const char *path;
    const char *tables; /* folder that relative paths start in; NULL: that of the file */
    const char *const *sets; /* n_sets "path=value" overrides of the file, as of a job */
    size_t n_sets;
};

/* WN_EINVAL with everything that is wrong in `problems`, or without a problem if there is no
 * such file. */
enum wn_status wn_compare_plan_read(const struct wn_compare_source *source,
                                    struct wn_problems *problems,
                                    struct wn_compare_plan **out,
                                    struct wn_error *err) WN_MUST_CHECK;
/* The same from text; job_dir is the folder that relative paths start in. */
enum wn_status wn_compare_plan_parse(const char *text,
                                     size_t n,
                                     const char *job_dir,
                                     struct wn_problems *problems,
                                     struct wn_compare_plan **out,
                                     struct wn_error *err) WN_MUST_CHECK;
void wn_compare_plan_destroy(struct wn_compare_plan *plan);

/* The seed of the job of every cell with this number: a function of (seed, number). */
uint64_t wn_compare_seed(uint64_t seed, int64_t number);

/* Put the plan's studies into a comparison: what is asked for is what the plan asks for.
 * index[i] is the place of its i-th study; room for all. WN_EINVAL with problems: it holds a
 * study of that name with another job. */
enum wn_status wn_compare_plan_enter(const struct wn_compare_plan *plan,
                                     struct wn_comparison *comparison,
                                     size_t *index,
                                     struct wn_problems *problems,
                                     struct wn_error *err) WN_MUST_CHECK;

/* For other ranks: a checked plan as bytes. */
void wn_compare_plan_encode(const struct wn_compare_plan *plan, struct wn_buf *out);
enum wn_status wn_compare_plan_decode(const void *bytes,
                                      size_t n,
                                      struct wn_compare_plan **out,
                                      struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_COMPARE_PLAN_H */
