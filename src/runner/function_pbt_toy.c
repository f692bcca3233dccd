/* function_pbt_toy.c - the toy of population based training: a surrogate climbed for another.
 *
 * Jaderberg et al.: Population Based Training of Neural Networks, 2017 (arXiv 1711.09846),
 * figure 2. To be maximised is Q = 1.2 - (t0^2 + t1^2), but what a unit climbs, by one step of
 * the gradient (0.01 times it, the same for all), is 1.2 - (h0 t0^2 + h1 t1^2), from t = (0.9,
 * 0.9). h0 and h1 are the first two coordinates of the unit cube, whatever the parameters are
 * called; on linear ranges from 0 to 1 they are the values. With (1, 0) or (0, 1), the two
 * points of the paper's grid, one of t0, t1 never moves and Q ends near 0.4.
 *
 * The reported value is Q itself: the job's metric has the mode max.
 */
#include "runner/function.h"

#define START 0.9
#define STEP  0.01
#define BEST  1.2

struct toy {
    double t[2];
};

static void toy_begin(const struct wn_function_task *task, void *state)
{
    struct toy *toy = state;

    (void)task;
    toy->t[0] = toy->t[1] = START;
}

static void toy_unit(const struct wn_function_task *task,
                     void *state,
                     int64_t resource,
                     double *values)
{
    struct toy *toy = state;
    double q = BEST;

    (void)resource;
    for (size_t i = 0; i < 2; i++) {
        double h = i < task->n_dims ? task->cube[i] : 0;

        toy->t[i] -= STEP * 2 * h * toy->t[i];
        q -= toy->t[i] * toy->t[i];
    }
    values[0] = q;
}

const struct wn_function_ops wn_function_pbt_toy = {
    .name = "pbt_toy",
    .summary = "figure 2 of the PBT paper, to be maximised: h0, h1 shape the surrogate",
    .state_size = sizeof(struct toy),
    .begin = toy_begin,
    .unit = toy_unit,
};
