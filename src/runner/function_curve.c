/* function_curve.c - a learning curve: the loss falls with the resource as a power law.
 *
 * Level and speed depend on where the configuration lies in the unit cube, whatever the
 * parameters are called; the untrained network is unit 0, so the first report tells them
 * apart already. Curves of different configurations cross: a slow learner may
 * end below a fast one. The best configuration has every coordinate at 0.37.
 */
#include <math.h>

#include "base/rng.h"
#include "runner/function.h"

#define OPTIMUM 0.37
#define START   2.3 /* loss of a guess among ten classes */

struct curve {
    double level, speed;
};

static void curve_begin(const struct wn_function_task *task, void *state)
{
    struct wn_rng rng = wn_rng_keyed(task->seed, WN_STREAM_FUNCTION, task->config);
    struct curve *curve = state;
    double sum = 0;

    for (size_t i = 0; i < task->n_dims; i++)
        sum += (task->cube[i] - OPTIMUM) * (task->cube[i] - OPTIMUM);
    curve->level = 0.05 + (task->n_dims ? sum / (double)task->n_dims : 0);
    curve->speed = wn_rng_uniform(&rng, 0.3, 1.0);
}

static void curve_unit(const struct wn_function_task *task,
                       void *state,
                       int64_t resource,
                       double *values)
{
    const struct curve *curve = state;
    double loss =
        curve->level + (START - curve->level) * pow((double)resource + 1, -curve->speed);

    if (task->noise > 0) {
        uint64_t subject = wn_rng_pair(task->config, (uint64_t)resource);
        struct wn_rng rng = wn_rng_keyed(task->seed, WN_STREAM_FUNCTION, subject);

        loss += task->noise * wn_rng_normal(&rng);
    }
    values[0] = loss;
}

const struct wn_function_ops wn_function_curve = {
    .name = "curve",
    .summary =
        "a power-law learning curve; the best configuration is at 0.37 of every range",
    .state_size = sizeof(struct curve),
    .begin = curve_begin,
    .unit = curve_unit,
};
