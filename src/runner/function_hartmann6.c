/* function_hartmann6.c - the Hartmann function of six dimensions, with a fidelity.
 *
 * f(x) = -sum_i alpha_i exp(-sum_j A_ij (x_j - P_ij)^2) on the unit cube, minimum -3.32237
 * (Dixon, Szegoe, 1978). The fidelity z = resource / units of a full training lowers every
 * alpha_i by 0.1 (1 - z), as in Kandasamy, Dasarathy, Schneider, Poczos, ICML 2017
 * (appendix on synthetic functions).
 */
#include <math.h>

#include "runner/function.h"

static const double alpha[4] = {1.0, 1.2, 3.0, 3.2};
static const double a[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                               {0.05, 10, 17, 0.1, 8, 14},
                               {3, 3.5, 1.7, 10, 17, 8},
                               {17, 8, 0.05, 10, 0.1, 14}};
static const double p[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                               {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                               {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                               {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};

static const char *hartmann6_wants(const struct wn_space *space)
{
    return wn_space_n_dims(space) == 6 ? NULL : "six numeric parameters";
}

static void hartmann6_begin(const struct wn_function_task *task, void *state)
{
    (void)task, (void)state; /* nothing is learnt: the loss depends on the unit alone */
}

static double hartmann6_unit(const struct wn_function_task *task,
                             void *state,
                             int64_t resource)
{
    double missing = 1 - fmin(1, (double)resource / (double)task->units), sum = 0;

    (void)state;
    for (int i = 0; i < 4; i++) {
        double inner = 0;

        for (int j = 0; j < 6; j++)
            inner += a[i][j] * (task->cube[j] - p[i][j]) * (task->cube[j] - p[i][j]);
        sum += (alpha[i] - 0.1 * missing) * exp(-inner);
    }
    return -sum;
}

const struct wn_function_ops wn_function_hartmann6 = {
    .name = "hartmann6",
    .summary = "Hartmann's function of six dimensions, with a fidelity; minimum -3.32237",
    .wants = hartmann6_wants,
    .begin = hartmann6_begin,
    .unit = hartmann6_unit,
};
