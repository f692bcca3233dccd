/* function_mixed.c - a made-up choice of models: mixed, conditional hyperparameters.
 *
 * Three families with parameters of their own, as when linear models, trees and networks
 * are tuned together:
 *
 *     model      categorical   linear, tree, net
 *     reg        float, log    every model
 *     depth      int           tree
 *     lr         float, log    linear, net
 *     width      int, log      net
 *
 * Each family is a bowl around its best setting on the parameters' own scales (the unit
 * cube), at a level of its own; the best, 0.1, is the net with lr, width and reg at 0.6,
 * 0.7 and 0.3 of their ranges. Less than a full training, z of it, adds (1 - z)^2 times
 * 0.1, 0.15 or 0.3: most for the nets, so low fidelities mislead a little.
 */
#include <math.h>
#include <string.h>

#include "runner/function.h"

static const char *const names[] = {"model", "reg", "depth", "lr", "width"};
enum { MODEL, REG, DEPTH, LR, WIDTH, N_NAMES };
enum { LINEAR, TREE, NET, N_MODELS };

static const char *mixed_wants(const struct wn_space *space)
{
    static const char wanted[] =
        "model (categorical: linear, tree, net), reg, depth, lr and width";
    size_t model = wn_space_find(space, names[MODEL]);

    for (size_t i = 0; i < N_NAMES; i++) {
        size_t at = wn_space_find(space, names[i]);

        if (at == SIZE_MAX ||
            (wn_space_param(space, at)->type == WN_PARAM_CATEGORICAL) != (i == MODEL))
            return wanted;
    }
    return wn_space_param(space, model)->n_values == N_MODELS ? NULL : wanted;
}

static void mixed_begin(const struct wn_function_task *task, void *state)
{
    (void)task, (void)state; /* nothing is learnt: the loss depends on the unit alone */
}

/* Squared distance of a parameter from its best place; an inactive one is at its best. */
static double off(const struct wn_function_task *task, size_t name, double best)
{
    size_t at = wn_space_find(task->space, names[name]);
    double place = task->cube[wn_space_param(task->space, at)->dim];

    if (task->cells[at].i == WN_CELL_OFF)
        return 0;
    return (place - best) * (place - best);
}

static double loss_of(const struct wn_function_task *task, int64_t resource)
{
    double missing = wn_function_missing(task, resource);
    int64_t model = task->cells[wn_space_find(task->space, names[MODEL])].i;

    missing *= missing;
    if (model == LINEAR)
        return 0.35 + off(task, REG, 0.5) + off(task, LR, 0.4) + 0.1 * missing;
    if (model == TREE)
        return 0.2 + off(task, REG, 0.7) + 2 * off(task, DEPTH, 0.35) + 0.15 * missing;
    return 0.1 + off(task, REG, 0.3) + 3 * off(task, LR, 0.6) + off(task, WIDTH, 0.7) +
           0.3 * missing;
}

static void mixed_unit(const struct wn_function_task *task,
                       void *state,
                       int64_t resource,
                       double *values)
{
    (void)state;
    values[0] = loss_of(task, resource);
}

const struct wn_function_ops wn_function_mixed = {
    .name = "mixed",
    .summary = "three families of models with conditional parameters; minimum 0.1",
    .wants = mixed_wants,
    .begin = mixed_begin,
    .unit = mixed_unit,
};
