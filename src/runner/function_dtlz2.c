/* function_dtlz2.c - DTLZ2 with three objectives, whose front is a piece of a sphere.
 *
 * Deb, Thiele, Laumanns, Zitzler: Scalable Multi-Objective Optimization Test Problems, CEC
 * 2002, with M = 3 (there 12 dimensions). With x in the unit cube, all to be minimised:
 *     g = sum_{i>=3} (x_i - 0.5)^2
 *     f1 = (1 + g) cos(x_1 pi/2) cos(x_2 pi/2)
 *     f2 = (1 + g) cos(x_1 pi/2) sin(x_2 pi/2)
 *     f3 = (1 + g) sin(x_1 pi/2)
 * So f1^2 + f2^2 + f3^2 = (1 + g)^2, and the front is where g = 0: x_3 = ... = x_n = 0.5.
 * The least of each is 0.
 *
 * How the fidelity z = resource / units of a full training bends it is our own: it moves
 * the 0.5 to 0.5 + 0.1 (1 - z) and adds 1 - z to g. So the front of a partial training lies
 * behind the full one, and a little beside it.
 *
 * The coordinates of the unit cube are x, whatever the parameters are called.
 */
#include <math.h>

#include "runner/function.h"

#define PI          3.14159265358979323846
#define N_POSITIONS 2 /* objectives less one: the dimensions along the front */

static const char *const metrics[] = {"f1", "f2", "f3", NULL};

static const char *dtlz2_wants(const struct wn_space *space)
{
    return wn_space_n_dims(space) > N_POSITIONS ? NULL
                                                : "three numeric parameters or more";
}

static void dtlz2_begin(const struct wn_function_task *task, void *state)
{
    (void)task, (void)state; /* nothing is learnt: all depends on the unit alone */
}

static void dtlz2_unit(const struct wn_function_task *task,
                       void *state,
                       int64_t resource,
                       double *values)
{
    double missing = wn_function_missing(task, resource), radius = 1 + missing;
    double up = task->cube[0] * PI / 2, around = task->cube[1] * PI / 2;

    (void)state;
    for (size_t i = N_POSITIONS; i < task->n_dims; i++) {
        double off = task->cube[i] - 0.5 - 0.1 * missing;

        radius += off * off;
    }
    values[0] = radius * cos(up) * cos(around);
    values[1] = radius * cos(up) * sin(around);
    values[2] = radius * sin(up);
}

const struct wn_function_ops wn_function_dtlz2 = {
    .name = "dtlz2",
    .summary = "three objectives, f1 to f3, whose front is a piece of a sphere",
    .metrics = metrics,
    .wants = dtlz2_wants,
    .begin = dtlz2_begin,
    .unit = dtlz2_unit,
};
