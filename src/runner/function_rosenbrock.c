/* function_rosenbrock.c - the Rosenbrock function of two or more dimensions, with a fidelity.
 *
 * f(x) = sum_i 100 (x_{i+1} - x_i^2)^2 + (x_i - 1)^2 on [-5, 10]^d (Rosenbrock: An Automatic
 * Method for Finding the Greatest or Least Value of a Function, The Computer Journal 3,
 * 1960), minimum 0 at x = (1, ..., 1): a bent valley with a flat floor. The fidelity is that
 * of the augmented function of Wu, Toscano-Palmerin, Frazier, Wilson: Practical
 * Multi-fidelity Bayesian Optimization for Hyperparameter Tuning, UAI 2019, with both of
 * their fidelities z = resource / units of a full training:
 * 100 (x_{i+1} - x_i^2 + 0.1 (1 - z))^2 + (x_i - 1 + 0.1 (1 - z)^2)^2. So a low fidelity
 * sees the valley a little beside its place.
 *
 * The coordinates of the unit cube are x, whatever the parameters are called.
 */
#include "runner/function.h"

static const char *rosenbrock_wants(const struct wn_space *space)
{
    return wn_space_n_dims(space) >= 2 ? NULL : "two numeric parameters or more";
}

static void rosenbrock_begin(const struct wn_function_task *task, void *state)
{
    (void)task, (void)state; /* nothing is learnt: the loss depends on the unit alone */
}

static void rosenbrock_unit(const struct wn_function_task *task,
                            void *state,
                            int64_t resource,
                            double *values)
{
    double missing = wn_function_missing(task, resource), sum = 0;

    (void)state;
    for (size_t i = 0; i + 1 < task->n_dims; i++) {
        double x = -5 + 15 * task->cube[i], y = -5 + 15 * task->cube[i + 1];
        double off = y - x * x + 0.1 * missing;
        double along = x - 1 + 0.1 * missing * missing;

        sum += 100 * off * off + along * along;
    }
    values[0] = sum;
}

const struct wn_function_ops wn_function_rosenbrock = {
    .name = "rosenbrock",
    .summary =
        "Rosenbrock's function of two or more dimensions, with a fidelity; minimum 0",
    .wants = rosenbrock_wants,
    .begin = rosenbrock_begin,
    .unit = rosenbrock_unit,
};
