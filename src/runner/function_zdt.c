/* function_zdt.c - ZDT1, ZDT2 and ZDT3: two objectives at odds, with a fidelity.
 *
 * Zitzler, Deb, Thiele: Comparison of Multiobjective Evolutionary Algorithms: Empirical
 * Results, Evolutionary Computation 8(2), 2000, definition 4, T1 to T3 (there 30
 * dimensions). With x in the unit cube, both to be minimised:
 *     f1 = x_1,  f2 = g h(f1, g),  g = 1 + 9 sum_{i>=2} x_i / (n - 1)
 *     zdt1: h = 1 - sqrt(f1 / g)           a convex front
 *     zdt2: h = 1 - (f1 / g)^2             a concave one
 *     zdt3: h = 1 - sqrt(f1 / g) - (f1 / g) sin(10 pi f1)   one in five pieces
 * The front is where g = 1: x_2 = ... = x_n = 0. The least f1 is 0, the least f2 0, 0 and
 * -0.773369 (at f1 = 0.8518).
 *
 * How the fidelity z = resource / units of a full training bends them is our own: it adds
 * 1 - z to g. So the front of a partial training lies behind the full one and, h depending
 * on f1 / g, has another shape.
 *
 * The coordinates of the unit cube are x, whatever the parameters are called.
 */
#include <math.h>

#include "runner/function.h"

#define PI 3.14159265358979323846

static const char *const metrics[] = {"f1", "f2", NULL};

static const char *zdt_wants(const struct wn_space *space)
{
    return wn_space_n_dims(space) >= 2 ? NULL : "two numeric parameters or more";
}

static void zdt_begin(const struct wn_function_task *task, void *state)
{
    (void)task, (void)state; /* nothing is learnt: all depends on the unit alone */
}

static double g_of(const struct wn_function_task *task, int64_t resource)
{
    double sum = 0;

    for (size_t i = 1; i < task->n_dims; i++)
        sum += task->cube[i];
    return 1 + 9 * sum / (double)(task->n_dims - 1) + wn_function_missing(task, resource);
}

static void zdt1_unit(const struct wn_function_task *task,
                      void *state,
                      int64_t resource,
                      double *values)
{
    double g = g_of(task, resource), x = task->cube[0];

    (void)state;
    values[0] = x;
    values[1] = g * (1 - sqrt(x / g));
}

static void zdt2_unit(const struct wn_function_task *task,
                      void *state,
                      int64_t resource,
                      double *values)
{
    double g = g_of(task, resource), x = task->cube[0];

    (void)state;
    values[0] = x;
    values[1] = g * (1 - x / g * (x / g));
}

static void zdt3_unit(const struct wn_function_task *task,
                      void *state,
                      int64_t resource,
                      double *values)
{
    double g = g_of(task, resource), x = task->cube[0];

    (void)state;
    values[0] = x;
    values[1] = g * (1 - sqrt(x / g) - x / g * sin(10 * PI * x));
}

const struct wn_function_ops wn_function_zdt1 = {
    .name = "zdt1",
    .summary = "two objectives, f1 and f2, with a convex front",
    .metrics = metrics,
    .wants = zdt_wants,
    .begin = zdt_begin,
    .unit = zdt1_unit,
};

const struct wn_function_ops wn_function_zdt2 = {
    .name = "zdt2",
    .summary = "two objectives, f1 and f2, with a concave front",
    .metrics = metrics,
    .wants = zdt_wants,
    .begin = zdt_begin,
    .unit = zdt2_unit,
};

const struct wn_function_ops wn_function_zdt3 = {
    .name = "zdt3",
    .summary = "two objectives, f1 and f2, with a front in five pieces",
    .metrics = metrics,
    .wants = zdt_wants,
    .begin = zdt_begin,
    .unit = zdt3_unit,
};
