/* grid.c - a parameter's values for grid search, each by its number.
 *
 * No list is kept, so a value costs the same whether the grid has ten or 10^9. That the
 * values of an int rise strictly must then follow from the formula. Linear: with m values
 * over `width` = q (m - 1) + r, value k is low + k q + round(k r / (m - 1)); q is at
 * least 1 and the second term never falls. Log: the exponential g(k) from 0 to `width` is
 * convex, so where it lies above the line k it rises by 1 or more with each step, and
 * where it lies below the line the line is taken: low + max(k, round(g(k))).
 */
#include "space/space_internal.h"

#include <math.h>

#include "base/assert.h"

static bool is_sampled(const struct wn_param *param)
{
    return (param->type == WN_PARAM_FLOAT || param->type == WN_PARAM_INT) &&
           param->step <= 0 && !param->size;
}

uint64_t wn_param_grid_size(const struct wn_param *param, uint64_t n_samples)
{
    uint64_t count = wn_param_count(param);

    WN_ASSERT(n_samples > 0);
    return is_sampled(param) && (!count || n_samples < count) ? n_samples : count;
}

/* How far the k-th of 0 ... last values lies from low on the parameter's scale. */
static double way_to(const struct wn_param *param, uint64_t k, uint64_t last)
{
    return wn_scale_distance(param->scale, param->low, param->high - param->low,
                             (double)k / (double)last);
}

static int64_t int_value(const struct wn_param *param, uint64_t k, uint64_t last)
{
    uint64_t width = (uint64_t)(param->high - param->low);
    uint64_t distance;

    if (k == last) {
        distance = width;
    } else if (param->scale == WN_SCALE_LOG) {
        double way = round(way_to(param, k, last));

        distance = way > (double)k ? (uint64_t)way : k;
    } else {
        distance = k * (width / last) +
                   (uint64_t)round((double)k * (double)(width % last) / (double)last);
    }
    return (int64_t)param->low + (int64_t)distance;
}

union wn_cell wn_param_grid_cell(const struct wn_param *param,
                                 uint64_t n_samples,
                                 uint64_t index)
{
    uint64_t size = wn_param_grid_size(param, n_samples);
    union wn_cell cell = {.i = 0};

    WN_ASSERT(index < size);
    if (!is_sampled(param))
        return wn_param_cell(param, index);
    if (size == 1)
        return wn_param_middle(param);
    if (param->type == WN_PARAM_INT) {
        cell.i = int_value(param, index, size - 1);
        return cell;
    }
    cell.f = wn_param_make(param, index == size - 1
                                      ? param->high
                                      : param->low + way_to(param, index, size - 1));
    return cell;
}
