/* results/benchmark.h - tables of trainings that somebody measured, to simulate with.
 *
 * A benchmark is a file with one or more tasks (data sets, workloads). A task is a list of
 * configurations and, for each of them, what its trainings reported: metrics after every
 * fidelity (resource unit that was measured), for one or more seeds, and the time it took.
 * FORMAT.md says how that stands in HDF5. wn_benchmark_open() reads one task whole, checks
 * it, and says what is wrong and where; from then on nothing here fails but for want of
 * memory.
 *
 * NaN in a metric: the training diverged, or was not measured. NaN in the times up to the
 * end: it had ended before (one in between is filled with the time before it).
 */
#ifndef WN_RESULTS_BENCHMARK_H
#define WN_RESULTS_BENCHMARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"
#include "space/space.h"

enum wn_benchmark_mode {
    WN_BENCHMARK_MIN,
    WN_BENCHMARK_MAX,
    WN_BENCHMARK_COST, /* grows along the training: time, energy */
    WN_BENCHMARK_AUX
};

struct wn_benchmark_metric {
    const char *name, *unit; /* unit "": not said */
    enum wn_benchmark_mode mode;
    bool is_synthetic; /* put in by whoever made the file, not measured */
    float *at;         /* [configuration][seed][fidelity] */
};

struct wn_benchmark {
    const char *name, *title, *kind, *license, *provenance, *url,
        *citation; /* "": none */
    const char *task;
    const char *const *tasks; /* of the file */
    size_t n_tasks;
    const struct wn_json *params; /* the list of hyperparameters, as in the file */
    size_t n_params;
    const double *configs; /* [n_configs][n_params]; categorical: an index */
    size_t n_configs, n_seeds, n_fidelities;
    const double *fidelity; /* increasing, above 0 */
    const char *resource, *resource_unit;
    const struct wn_benchmark_metric *metrics;
    size_t n_metrics;
    const struct wn_benchmark_metric
        *elapsed; /* seconds since the training began; NULL */
    /* Of each configuration, the first fidelity that was not recorded: what stands from there
     * on is made up (benchmark_past.c). NULL: everything was recorded. */
    const uint32_t *n_recorded;
};

/* Read `task` (NULL: the file's default) of the file. The folder of a study is a benchmark
 * too, of what its trials reported (benchmark_past.c). The caller owns *out. WN_EIO: it
 * cannot be read. WN_EINVAL: there is no such task. WN_ECORRUPT: damaged, cut short or
 * contradictory; the text says what and where. WN_EVERSION: a layout that this program
 * does not know. */
enum wn_status wn_benchmark_open(const char *path,
                                 const char *task,
                                 struct wn_benchmark **out,
                                 struct wn_error *err) WN_MUST_CHECK;
void wn_benchmark_destroy(struct wn_benchmark *benchmark);

/* Write a file with these tasks (one at least), which have the same hyperparameters; the
 * first one's texts and task are the file's own. The file is there whole or not at all. */
enum wn_status wn_benchmark_write(const struct wn_benchmark *const *tasks,
                                  size_t n_tasks,
                                  const char *path,
                                  struct wn_error *err) WN_MUST_CHECK;

/* Whether wn_benchmark_write() made the file: it has our mark behind its HDF5 part. What it
 * holds is not looked at. */
enum wn_status wn_benchmark_is_ours(const char *path,
                                    bool *is_ours,
                                    struct wn_error *err) WN_MUST_CHECK;

/* A metric by its name; NULL if there is none. */
const struct wn_benchmark_metric *wn_benchmark_metric(
    const struct wn_benchmark *benchmark,
    const char *name);
double wn_benchmark_at(const struct wn_benchmark *benchmark,
                       const struct wn_benchmark_metric *metric,
                       size_t config,
                       size_t seed,
                       size_t fidelity);

/* --- its configurations in a space --- */

/* The space of the benchmark as a job's "space"; the caller owns it. A benchmark whose
 * hyperparameters are missing in some configurations, or have no bounds, is a list rather
 * than a box: then it is one integer, `row`. */
enum wn_status wn_benchmark_space(const struct wn_benchmark *benchmark,
                                  struct wn_json **out,
                                  struct wn_error *err) WN_MUST_CHECK;
/* Whether it is such a list. */
bool wn_benchmark_is_list(const struct wn_benchmark *benchmark);
/* One configuration as {"lr": 0.1, ...}, or {"row": 3}; the caller owns it; NULL without
 * memory. */
struct wn_json *wn_benchmark_config(const struct wn_benchmark *benchmark, size_t row);

struct wn_benchmark_rows;
/* The configurations of the benchmark that are in `space` (borrowed, as is the benchmark).
 * A space may be narrower than the benchmark's and may fix parameters; rows that it does not
 * have are left out. WN_EINVAL: it has none, or a parameter that the benchmark has not. */
enum wn_status wn_benchmark_rows_create(const struct wn_benchmark *benchmark,
                                        const struct wn_space *space,
                                        struct wn_benchmark_rows **out,
                                        struct wn_error *err) WN_MUST_CHECK;
void wn_benchmark_rows_destroy(struct wn_benchmark_rows *rows);
/* Whether a configuration is among them. */
bool wn_benchmark_rows_have(const struct wn_benchmark_rows *rows,
                            const union wn_cell *cells);
size_t wn_benchmark_rows_n(const struct wn_benchmark_rows *rows);
/* Whether every configuration of the space is in the benchmark: a complete grid. */
bool wn_benchmark_rows_are_all(const struct wn_benchmark_rows *rows);
/* The row of a configuration, else that of the nearest in the unit cube (the first of
 * several): *is_exact says which. */
size_t wn_benchmark_rows_find(const struct wn_benchmark_rows *rows,
                              const union wn_cell *cells,
                              bool *is_exact);

#endif /* WN_RESULTS_BENCHMARK_H */
