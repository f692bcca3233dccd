/* runner/function.h - C functions that stand in for a training, for virtual time.
 *
 * A function has a state, small and plain, that is saved in checkpoints. begin() makes the
 * state of an untrained trial; each unit() trains one resource unit and says what is
 * measured after it: one value, called as the job's metric is, or several under names of
 * their own, all of which are reported while the job's metric.name picks the one that is
 * optimised. Both depend on nothing but their arguments, so an undisturbed run can be computed
 * beside a study and compared with what the study says.
 *
 * To add one: write src/runner/function_<name>.c defining `wn_function_<name>`, and add
 * the line WN_FUNCTION(<name>) to src/runner/functions.def. Nothing else changes.
 */
#ifndef WN_RUNNER_FUNCTION_H
#define WN_RUNNER_FUNCTION_H

#include <stddef.h>
#include <stdint.h>

#include "space/space.h"

#define WN_FUNCTION_STATE_MAX   64
#define WN_FUNCTION_METRICS_MAX 4

/* One trial as a function sees it. Borrowed for the call. */
struct wn_function_task {
    const struct wn_space *space;
    const union wn_cell *cells;
    const double *cube; /* the same in the unit cube */
    size_t n_dims;
    uint64_t config; /* wn_config_hash(): equal configurations, equal numbers */
    uint64_t seed;   /* of the study */
    uint32_t trial;
    int64_t units; /* of a full training: resource.max, or trial.units */
    double noise;  /* trial.noise */
};

/* What of the full training is missing after a resource: 1 - z, where the fidelity z is the
 * resource over the units of a full training. */
static inline double wn_function_missing(const struct wn_function_task *task,
                                         int64_t resource)
{
    double done = (double)resource / (double)task->units;

    return done < 1 ? 1 - done : 0;
}

struct wn_function_ops {
    const char *name, *summary;
    /* Names of what unit() says, NULL behind the last, at most WN_FUNCTION_METRICS_MAX. A
     * NULL member: one value, under the name of the job's metric. */
    const char *const *metrics;
    size_t state_size; /* at most WN_FUNCTION_STATE_MAX; bytes that may be copied */
    /* Which space the function wants, if not this one ("two dimensions"); NULL: this one
     * will do. A NULL member: any space will. */
    const char *(*wants)(const struct wn_space *space);
    void (*begin)(const struct wn_function_task *task, void *state);
    /* Fills in `values`, one for each of the metrics. */
    void (*unit)(const struct wn_function_task *task,
                 void *state,
                 int64_t resource,
                 double *values);
};

const struct wn_function_ops *wn_function_find(
    const char *name); /* NULL if there is none */
const struct wn_function_ops *wn_function_at(size_t index);

#endif /* WN_RUNNER_FUNCTION_H */
