/* numbers.c - configurations as densities take them: a number a parameter. */
#include "search/numbers_internal.h"

#include <math.h>
#include <string.h>

void wn_numbers_of(const struct wn_space *space,
                   const union wn_cell *cells,
                   double *cube,
                   double *numbers)
{
    wn_config_encode(space, cells, cube);
    for (size_t i = 0; i < wn_space_n_params(space); i++) {
        const struct wn_param *param = wn_space_param(space, i);

        if (cells[i].i == WN_CELL_OFF)
            numbers[i] = (double)NAN;
        else if (param->type == WN_PARAM_CATEGORICAL)
            numbers[i] = (double)cells[i].i;
        else
            numbers[i] = cube[param->dim];
    }
}

void wn_numbers_cells(const struct wn_space *space,
                      const double *numbers,
                      double *cube,
                      union wn_cell *cells)
{
    memset(cube, 0, wn_space_n_dims(space) * sizeof *cube);
    for (size_t i = 0; i < wn_space_n_params(space); i++) {
        const struct wn_param *param = wn_space_param(space, i);

        if (param->type != WN_PARAM_CATEGORICAL)
            cube[param->dim] = numbers[i];
        else if (!isnan(numbers[i]))
            cube[param->dim + (size_t)numbers[i]] = 1;
    }
    wn_config_decode(space, cube, cells);
}
