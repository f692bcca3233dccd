/* cube.c - configurations drawn at random, and to and from the unit cube.
 *
 * Every parameter takes part in both, active or not, and what is inactive is switched
 * off at the end: so a parameter draws the same numbers whatever the others became. In a
 * space that is restricted to a list, configurations are drawn and found there (restrict.c).
 */
#include "space/space_internal.h"

void wn_config_sample(const struct wn_space *space,
                      struct wn_rng *rng,
                      union wn_cell *cells)
{
    if (space->restriction) {
        wn_restriction_draw(space, rng, cells);
        return;
    }
    for (size_t i = 0; i < space->n_params; i++)
        cells[i] = wn_param_sample(&space->params[i], rng);
    wn_config_settle(space, cells);
}

static void encode_param(const struct wn_param *param, union wn_cell cell, double *at)
{
    bool is_off = cell.i == WN_CELL_OFF;

    if (param->type == WN_PARAM_CATEGORICAL)
        for (size_t i = 0; i < param->n_dims; i++)
            at[i] = !is_off && (int64_t)i == cell.i ? 1 : 0;
    else
        at[0] = is_off ? 0.5 : wn_param_place(param, cell);
}

void wn_config_encode(const struct wn_space *space,
                      const union wn_cell *cells,
                      double *cube)
{
    for (size_t i = 0; i < space->n_params; i++)
        encode_param(&space->params[i], cells[i], cube + space->params[i].dim);
}

static union wn_cell decode_param(const struct wn_param *param, const double *at)
{
    union wn_cell cell = {.i = 0};
    double largest = at[0] > 0 ? at[0] : 0; /* NaN is 0 */

    if (param->type != WN_PARAM_CATEGORICAL)
        return wn_param_at(param, at[0]);
    for (size_t i = 1; i < param->n_dims && largest < 1; i++) {
        if (at[i] > largest) {
            largest = at[i];
            cell.i = (int64_t)i;
        }
    }
    return cell;
}

void wn_config_decode(const struct wn_space *space,
                      const double *cube,
                      union wn_cell *cells)
{
    if (space->restriction) {
        wn_restriction_decode(space, cube, cells);
        return;
    }
    for (size_t i = 0; i < space->n_params; i++)
        cells[i] = decode_param(&space->params[i], cube + space->params[i].dim);
    wn_config_settle(space, cells);
}
