/* span.c - the parts of [0, 1] that decode to one value.
 *
 * For densities over values: what a value of a finite parameter weighs is the mass of its
 * part. The borders are those of wn_param_at() (param.c): ends of equal parts where values
 * lie in the middle of such; on a log scale half a unit above the last integer that goes to
 * the lower of two values, or the middle between two floats; between two ordinals by value
 * the middle of their places.
 */
#include "space/space_internal.h"

#include <math.h>

#include "base/assert.h"

/* Place between `low` and the border above the value `below`, on the parameter's scale. */
static double scaled_border(const struct wn_param *param,
                            union wn_cell below,
                            union wn_cell above)
{
    double width = param->high - param->low, distance;
    int64_t n_more; /* integers above `below` that go to it */

    if (param->type != WN_PARAM_INT) {
        distance = (below.f - param->low) + (above.f - below.f) / 2;
        return wn_scale_place(param->scale, param->low, width, distance);
    }
    n_more = (above.i - below.i) / 2;
    distance = (double)(below.i - (int64_t)param->low + n_more) + 1;
    return wn_scale_place(param->scale, param->low - 0.5, width + 1, distance);
}

/* Whether a value lies in the middle of the index-th of `count` equal parts. */
static bool is_even(const struct wn_param *param,
                    union wn_cell cell,
                    double index,
                    double count)
{
    double from_middle = wn_param_place(param, cell) * count - (index + 0.5);

    return fabs(from_middle) < 1e-9 + 4e-16 * count;
}

/* Between values index - 1 and index. */
static double border(const struct wn_param *param, uint64_t index, uint64_t count)
{
    union wn_cell below = wn_param_cell(param, index - 1);
    union wn_cell above = wn_param_cell(param, index);
    double i = (double)index, n = (double)count;

    if (is_even(param, below, i - 1, n) && is_even(param, above, i, n))
        return i / n;
    if (param->type == WN_PARAM_ORDINAL)
        return (wn_param_place(param, below) + wn_param_place(param, above)) / 2;
    return scaled_border(param, below, above);
}

bool wn_param_span(const struct wn_param *param, double place, double *from, double *to)
{
    uint64_t count = wn_param_count(param), index = 0;

    if (!count || param->type == WN_PARAM_CATEGORICAL)
        return false;
    WN_ASSERT(wn_param_index(param, wn_param_at(param, place), &index));
    *from = index > 0 ? border(param, index, count) : 0;
    *to = index + 1 < count ? border(param, index + 1, count) : 1;
    return true;
}
