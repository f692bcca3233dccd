/* move.c - from a value to another one near it, for searchers that perturb.
 *
 * A move that rounding would undo goes to the next value on its side instead, so that a
 * small change of an integer is one; at the bounds it ends. What is not active (no value)
 * is not moved.
 */
#include "space/space_internal.h"

#include "base/assert.h"

static bool is_numeric(const struct wn_param *param)
{
    return param->type == WN_PARAM_FLOAT || param->type == WN_PARAM_INT;
}

union wn_cell wn_param_beside(const struct wn_param *param, union wn_cell cell, bool up)
{
    uint64_t count = wn_param_count(param), index;

    if (!count || !wn_param_index(param, cell, &index))
        return cell;
    if (up)
        return index + 1 < count ? wn_param_cell(param, index + 1) : cell;
    return index ? wn_param_cell(param, index - 1) : cell;
}

/* Where a move ends that was to go up or down and came to `moved`. */
static union wn_cell away(const struct wn_param *param,
                          union wn_cell cell,
                          union wn_cell moved,
                          bool up)
{
    return moved.i == cell.i ? wn_param_beside(param, cell, up) : moved;
}

/* The value nearest to a number, the lower of two, whatever values there are. */
static union wn_cell nearest(const struct wn_param *param, double number)
{
    uint64_t count = wn_param_count(param), index;
    union wn_cell below, above;

    if (!count) {
        above.f = wn_param_make(param, number);
        return above;
    }
    index = wn_param_n_below(param, number, false);
    if (index == 0 || index == count)
        return wn_param_cell(param, index ? count - 1 : 0);
    below = wn_param_cell(param, index - 1);
    above = wn_param_cell(param, index);
    return wn_param_number(param, above) - number < number - wn_param_number(param, below)
               ? above
               : below;
}

union wn_cell wn_param_scaled(const struct wn_param *param,
                              union wn_cell cell,
                              double factor)
{
    double was, number;

    WN_ASSERT(is_numeric(param) && cell.i != WN_CELL_OFF);
    was = wn_param_number(param, cell);
    number = was * factor;
    if (param->scale == WN_SCALE_REVERSE_LOG)
        number = 1 - (1 - was) * factor;
    if (!(number < was) && !(number > was))
        return cell;
    return away(param, cell, nearest(param, number), number > was);
}

union wn_cell wn_param_shifted(const struct wn_param *param,
                               union wn_cell cell,
                               double part)
{
    double place;

    WN_ASSERT(is_numeric(param) && cell.i != WN_CELL_OFF);
    if (!(part < 0) && !(part > 0))
        return cell;
    place = wn_param_place(param, cell) + part;
    return away(param, cell, wn_param_at(param, place), part > 0);
}
