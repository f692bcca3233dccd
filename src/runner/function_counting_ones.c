/* function_counting_ones.c - counting ones: as many categories and probabilities as wished.
 *
 * Falkner, Klein, Hutter: BOHB, ICML 2018, section 5.1: maximise the number of categorical
 * parameters that are 1 plus the sum of the probabilities p of the continuous ones, of
 * which only the mean of Bernoulli(p) draws is seen: one draw of each per resource unit,
 * so the noise falls with the resource. The loss is minus that sum divided by the number
 * of parameters: -1 at best, where everything is 1.
 *
 * A categorical or ordinal parameter is 1 at its last value and 0 elsewhere; the place of
 * a number between its bounds is its p; what is inactive counts 0. The draws belong to the
 * trial, so equal configurations in two trials see different noise, as trainings do.
 */
#include <math.h>

#include "base/rng.h"
#include "runner/function.h"

struct counts {
    double n_units, n_ones; /* draws of all continuous parameters that were 1 */
};

static void counting_ones_begin(const struct wn_function_task *task, void *state)
{
    struct counts *counts = state;

    (void)task;
    *counts = (struct counts){0, 0};
}

static bool is_listed(const struct wn_param *param)
{
    return param->type == WN_PARAM_CATEGORICAL || param->type == WN_PARAM_ORDINAL;
}

static void counting_ones_unit(const struct wn_function_task *task,
                               void *state,
                               int64_t resource,
                               double *values)
{
    uint64_t subject = wn_rng_pair(task->trial, (uint64_t)resource);
    struct wn_rng rng = wn_rng_keyed(task->seed, WN_STREAM_FUNCTION, subject);
    size_t n_params = wn_space_n_params(task->space);
    struct counts *counts = state;
    double n_last = 0;

    counts->n_units++;
    for (size_t i = 0; i < n_params; i++) {
        const struct wn_param *param = wn_space_param(task->space, i);

        if (task->cells[i].i == WN_CELL_OFF)
            continue;
        if (is_listed(param))
            n_last += (size_t)task->cells[i].i + 1 == param->n_values;
        else
            counts->n_ones += wn_rng_unit(&rng) < task->cube[param->dim];
    }
    values[0] =
        n_params ? -(n_last + counts->n_ones / counts->n_units) / (double)n_params : 0;
}

const struct wn_function_ops wn_function_counting_ones = {
    .name = "counting_ones",
    .summary = "categories that are 1 and means of Bernoulli draws; minimum -1",
    .state_size = sizeof(struct counts),
    .begin = counting_ones_begin,
    .unit = counting_ones_unit,
};
