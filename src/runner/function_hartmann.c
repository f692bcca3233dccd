/* function_hartmann.c - the Hartmann functions of three and six dimensions, with a fidelity.
 *
 * f(x) = -sum_i alpha_i exp(-sum_j A_ij (x_j - P_ij)^2) on the unit cube (Dixon, Szegoe,
 * 1978). Of three dimensions: minimum -3.86278 at (0.114614, 0.555649, 0.852547); of six:
 * -3.32237 at (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573). The fidelity z =
 * resource / units of a full training lowers every alpha_i by 0.1 (1 - z), as in Kandasamy,
 * Dasarathy, Schneider, Poczos: Multi-fidelity Bayesian Optimisation with Continuous
 * Approximations, ICML 2017 (appendix on synthetic functions), who give each alpha_i of the
 * six dimensions a fidelity of its own; here all four have the same. So a low fidelity sees
 * the same dents, the shallow ones a little too shallow, and never too good a loss.
 *
 * The coordinates of the unit cube are x, whatever the parameters are called.
 */
#include <math.h>

#include "runner/function.h"

enum { N_DENTS = 4, N_DIMS_MOST = 6 };

struct hartmann {
    size_t n_dims;
    double a[N_DENTS][N_DIMS_MOST], p[N_DENTS][N_DIMS_MOST];
};

static const double alpha[N_DENTS] = {1.0, 1.2, 3.0, 3.2};

static const struct hartmann three = {
    .n_dims = 3,
    .a = {{3, 10, 30}, {0.1, 10, 35}, {3, 10, 30}, {0.1, 10, 35}},
    .p = {{0.3689, 0.1170, 0.2673},
          {0.4699, 0.4387, 0.7470},
          {0.1091, 0.8732, 0.5547},
          {0.0381, 0.5743, 0.8828}},
};

static const struct hartmann six = {
    .n_dims = 6,
    .a = {{10, 3, 17, 3.5, 1.7, 8},
          {0.05, 10, 17, 0.1, 8, 14},
          {3, 3.5, 1.7, 10, 17, 8},
          {17, 8, 0.05, 10, 0.1, 14}},
    .p = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
          {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
          {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
          {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}},
};

static const char *hartmann3_wants(const struct wn_space *space)
{
    return wn_space_n_dims(space) == three.n_dims ? NULL : "three numeric parameters";
}

static const char *hartmann6_wants(const struct wn_space *space)
{
    return wn_space_n_dims(space) == six.n_dims ? NULL : "six numeric parameters";
}

static void hartmann_begin(const struct wn_function_task *task, void *state)
{
    (void)task, (void)state; /* nothing is learnt: the loss depends on the unit alone */
}

static double depth(const struct hartmann *which, const double *x, double missing)
{
    double sum = 0;

    for (size_t i = 0; i < N_DENTS; i++) {
        double inner = 0;

        for (size_t j = 0; j < which->n_dims; j++)
            inner += which->a[i][j] * (x[j] - which->p[i][j]) * (x[j] - which->p[i][j]);
        sum += (alpha[i] - 0.1 * missing) * exp(-inner);
    }
    return sum;
}

static void hartmann3_unit(const struct wn_function_task *task,
                           void *state,
                           int64_t resource,
                           double *values)
{
    (void)state;
    values[0] = -depth(&three, task->cube, wn_function_missing(task, resource));
}

static void hartmann6_unit(const struct wn_function_task *task,
                           void *state,
                           int64_t resource,
                           double *values)
{
    (void)state;
    values[0] = -depth(&six, task->cube, wn_function_missing(task, resource));
}

const struct wn_function_ops wn_function_hartmann3 = {
    .name = "hartmann3",
    .summary =
        "Hartmann's function of three dimensions, with a fidelity; minimum -3.86278",
    .wants = hartmann3_wants,
    .begin = hartmann_begin,
    .unit = hartmann3_unit,
};

const struct wn_function_ops wn_function_hartmann6 = {
    .name = "hartmann6",
    .summary = "Hartmann's function of six dimensions, with a fidelity; minimum -3.32237",
    .wants = hartmann6_wants,
    .begin = hartmann_begin,
    .unit = hartmann6_unit,
};
