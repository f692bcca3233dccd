/* de_vector.c - the arithmetic of differential evolution, and its vectors. */
#include "search/de_internal.h"

#include <string.h>

static bool is_inside(double x)
{
    return x >= 0 && x <= 1;
}

void wn_de_child(const struct wn_de_rule *rule,
                 size_t n,
                 const double *target,
                 const double *const parents[3],
                 struct wn_rng *rng,
                 double *child)
{
    size_t sure = (size_t)wn_rng_below(rng, n);

    for (size_t i = 0; i < n; i++) {
        bool is_mutated = wn_rng_unit(rng) < rule->probability || i == sure;

        child[i] = target[i];
        if (!is_mutated)
            continue;
        child[i] = parents[0][i] + rule->factor * (parents[1][i] - parents[2][i]);
        if (!is_inside(child[i]))
            child[i] = wn_rng_unit(rng);
    }
}

void wn_de_decode(const struct wn_space *space,
                  const double *vector,
                  double *cube,
                  union wn_cell *cells)
{
    for (size_t i = 0; i < wn_space_n_params(space); i++) {
        const struct wn_param *param = wn_space_param(space, i);
        size_t part;

        if (param->type != WN_PARAM_CATEGORICAL) {
            cube[param->dim] = vector[i];
            continue;
        }
        memset(cube + param->dim, 0, param->n_dims * sizeof *cube);
        part = (size_t)(vector[i] * (double)param->n_values);
        cube[param->dim + (part < param->n_values ? part : param->n_values - 1)] = 1;
    }
    wn_config_decode(space, cube, cells);
}

void wn_de_encode(const struct wn_space *space,
                  const union wn_cell *cells,
                  double *cube,
                  double *vector)
{
    wn_config_encode(space, cells, cube);
    for (size_t i = 0; i < wn_space_n_params(space); i++) {
        const struct wn_param *param = wn_space_param(space, i);

        if (param->type != WN_PARAM_CATEGORICAL)
            vector[i] = cube[param->dim];
        else if (cells[i].i == WN_CELL_OFF)
            vector[i] = 0.5;
        else
            vector[i] = ((double)cells[i].i + 0.5) / (double)param->n_values;
    }
}
