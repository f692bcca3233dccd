/* function_branin.c - the Branin function of two dimensions, with a fidelity.
 *
 * f(x1, x2) = a (x2 - b x1^2 + c x1 - r)^2 + s (1 - t) cos(x1) + s on [-5, 10] x [0, 15],
 * minimum 0.397887 at three points. The fidelity z = resource / units of a full training
 * bends three coefficients as in Kandasamy, Dasarathy, Schneider, Poczos: Multi-fidelity
 * Bayesian Optimisation with Continuous Approximations, ICML 2017 (appendix on synthetic
 * functions): b - 0.01 (1 - z), c - 0.1 (1 - z), t + 0.05 (1 - z). So low fidelities order
 * configurations much as the full one, but not quite.
 *
 * The first two coordinates of the unit cube are x1 and x2, whatever they are called.
 */
#include <math.h>

#include "runner/function.h"

#define PI 3.14159265358979323846

static const char *branin_wants(const struct wn_space *space)
{
    return wn_space_n_dims(space) == 2 ? NULL : "two numeric parameters";
}

static void branin_begin(const struct wn_function_task *task, void *state)
{
    (void)task, (void)state; /* nothing is learnt: the loss depends on the unit alone */
}

static void branin_unit(const struct wn_function_task *task,
                        void *state,
                        int64_t resource,
                        double *values)
{
    double missing = wn_function_missing(task, resource);
    double x1 = -5 + 15 * task->cube[0], x2 = 15 * task->cube[1];
    double b = 5.1 / (4 * PI * PI) - 0.01 * missing, c = 5 / PI - 0.1 * missing;
    double t = 1 / (8 * PI) + 0.05 * missing;
    double bow = x2 - b * x1 * x1 + c * x1 - 6;

    (void)state;
    values[0] = bow * bow + 10 * (1 - t) * cos(x1) + 10;
}

const struct wn_function_ops wn_function_branin = {
    .name = "branin",
    .summary = "Branin's function of two dimensions, with a fidelity; minimum 0.397887",
    .wants = branin_wants,
    .begin = branin_begin,
    .unit = branin_unit,
};
