/* function_mlp_curve.c - the learning curve of a toy network: wider is better, and sooner.
 *
 * The loss after `step` is 100 / (10 + width * step) + 0.1 * height, the toy that the
 * tutorials of Ray Tune and Syne Tune run; width and height are parameters of those names
 * (there width 0 to 20, height -100 to 100), at their values, not their places in the
 * ranges. step is the resource, so the first report has width in it already; the tutorials
 * count from 0, where it says nothing of width. height moves whole curves, width bends
 * them, and they cross: at first height decides alone.
 *
 * No minimum but that of the ranges: with width 20 and height -100 it is
 * 100 / (10 + 20 step) - 10.
 */
#include "runner/function.h"

static const char *const names[] = {"width", "height"};
enum { WIDTH, HEIGHT, N_NAMES };

static const char *mlp_curve_wants(const struct wn_space *space)
{
    for (size_t i = 0; i < N_NAMES; i++) {
        size_t at = wn_space_find(space, names[i]);
        enum wn_param_type type =
            at == SIZE_MAX ? WN_PARAM_CATEGORICAL : wn_space_param(space, at)->type;

        if ((type != WN_PARAM_FLOAT && type != WN_PARAM_INT) ||
            (i == WIDTH && wn_space_param(space, at)->low < 0))
            return "numbers width (0 or more) and height";
    }
    return NULL;
}

static void mlp_curve_begin(const struct wn_function_task *task, void *state)
{
    (void)task, (void)state; /* nothing is learnt: the loss depends on the unit alone */
}

/* An inactive one is 0. */
static double value_of(const struct wn_function_task *task, size_t name)
{
    size_t at = wn_space_find(task->space, names[name]);

    if (task->cells[at].i == WN_CELL_OFF)
        return 0;
    return wn_space_param(task->space, at)->type == WN_PARAM_FLOAT
               ? task->cells[at].f
               : (double)task->cells[at].i;
}

static void mlp_curve_unit(const struct wn_function_task *task,
                           void *state,
                           int64_t resource,
                           double *values)
{
    (void)state;
    values[0] = 100 / (10 + value_of(task, WIDTH) * (double)resource) +
                0.1 * value_of(task, HEIGHT);
}

const struct wn_function_ops wn_function_mlp_curve = {
    .name = "mlp_curve",
    .summary =
        "100 / (10 + width * step) + 0.1 * height, the learning curve of tutorials",
    .wants = mlp_curve_wants,
    .begin = mlp_curve_begin,
    .unit = mlp_curve_unit,
};
