/* function_ackley.c - the Ackley function of any number of dimensions, with a fidelity.
 *
 * f(x) = -20 exp(-0.2 sqrt(mean x_i^2)) - exp(mean cos(2 pi x_i)) + 20 + e (Ackley: A
 * Connectionist Machine for Genetic Hillclimbing, 1987), minimum 0 at x = 0: a wide funnel
 * under a regular grid of dents. Every x_i goes from -5 to 10, as in Eriksson, Pearce,
 * Gardner, Turner, Poloczek: Scalable Global Optimization via Local Bayesian Optimization,
 * NeurIPS 2019, so that the minimum is not in the middle, where designs begin.
 *
 * How the fidelity z = resource / units of a full training bends it is our own, for no
 * paper says: a partial training sees the function moved by (1 - z) / 2 in every coordinate
 * and lifted by 2 (1 - z). Half a dent's width is enough for low fidelities to mistake the
 * dents, not the funnel; and the lift keeps their losses from being the best ones seen.
 *
 * The coordinates of the unit cube are x, whatever the parameters are called.
 */
#include <math.h>

#include "runner/function.h"

#define PI 3.14159265358979323846

static const char *ackley_wants(const struct wn_space *space)
{
    return wn_space_n_dims(space) >= 1 ? NULL : "one numeric parameter or more";
}

static void ackley_begin(const struct wn_function_task *task, void *state)
{
    (void)task, (void)state; /* nothing is learnt: the loss depends on the unit alone */
}

static void ackley_unit(const struct wn_function_task *task,
                        void *state,
                        int64_t resource,
                        double *values)
{
    double missing = wn_function_missing(task, resource), n = (double)task->n_dims;
    double squares = 0, waves = 0;

    (void)state;
    for (size_t i = 0; i < task->n_dims; i++) {
        double x = -5 + 15 * task->cube[i] - 0.5 * missing;

        squares += x * x / n;
        waves += cos(2 * PI * x) / n;
    }
    values[0] = 20 - 20 * exp(-0.2 * sqrt(squares)) + exp(1) - exp(waves) + 2 * missing;
}

const struct wn_function_ops wn_function_ackley = {
    .name = "ackley",
    .summary = "Ackley's function of any dimensions, with a fidelity; minimum 0",
    .wants = ackley_wants,
    .begin = ackley_begin,
    .unit = ackley_unit,
};
