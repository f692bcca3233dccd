/* function_storm.c - a training whose every unit leaves its mark.
 *
 * The state is a sum and a chain of hashes over all units trained so far, begun anew in
 * each trial. So the loss at a resource tells whether every unit before it was trained
 * once, in order, with the right configuration: a restore from a wrong checkpoint, a unit
 * left out or one trained twice all show. The tests of trouble stand on this.
 */
#include <math.h>

#include "base/rng.h"
#include "runner/function.h"

struct storm {
    double sum;
    uint64_t chain;
};

static void storm_begin(const struct wn_function_task *task, void *state)
{
    struct storm *storm = state;

    storm->sum = 0;
    storm->chain = wn_rng_pair(0x73746f726dU, task->trial);
}

static void storm_unit(const struct wn_function_task *task,
                       void *state,
                       int64_t resource,
                       double *values)
{
    struct storm *storm = state;
    double x = task->n_dims ? task->cube[0] : 0;

    storm->sum += fabs(x - 0.3);
    storm->chain = wn_rng_pair(storm->chain, task->config);
    values[0] =
        storm->sum / (double)resource + 0.05 * ((double)(storm->chain >> 11) * 0x1p-53);
}

const struct wn_function_ops wn_function_storm = {
    .name = "storm",
    .summary = "a chain over all units trained: any wrong restore shows in the loss",
    .state_size = sizeof(struct storm),
    .begin = storm_begin,
    .unit = storm_unit,
};
