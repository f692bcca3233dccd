/* parzen_score.c - draws from a Parzen estimator, and its density at points.
 *
 * Masses of parts would be most of the work. They are computed once for every code and every
 * different value among the points, and not for codes so far away that they change no sum.
 */
#include "model/parzen_internal.h"

#include <math.h>

#include "base/assert.h"
#include "model/normal.h"

/* --- draws --- */

static double draw_category(const struct wn_parzen *parzen,
                            const struct wn_parzen_column *column,
                            uint32_t code,
                            struct wn_rng *rng)
{
    uint64_t n_categories = column->n_codes - 1, n = parzen->n_members + 1, drawn;

    if (!code)
        return (double)wn_rng_below(rng, n_categories);
    drawn = wn_rng_below(rng, n + n_categories);
    return (double)(drawn < n ? code - 1 : drawn - n);
}

void wn_parzen_draw(const struct wn_parzen *parzen, struct wn_rng *rng, double *x)
{
    double left = wn_rng_unit(rng) * parzen->sum_weights;
    size_t k = 0;

    while (k + 1 < parzen->n_kernels && left >= parzen->weight[k])
        left -= parzen->weight[k++];
    for (size_t i = 0; i < parzen->n_axes; i++) {
        const struct wn_parzen_column *column = &parzen->columns[i];

        switch (column->axis->kind) {
        case WN_AXIS_PLACE:
            x[i] = wn_normal_draw_unit(rng, column->center[k],
                                       sqrt(0.5 / column->precision[k]));
            break;
        case WN_AXIS_PART:
            x[i] = wn_normal_draw_unit(rng, column->code_center[column->code[k]],
                                       column->code_width[column->code[k]]);
            break;
        case WN_AXIS_CATEGORY:
            x[i] = draw_category(parzen, column, column->code[k], rng);
            break;
        }
    }
}

/* --- densities --- */

static void weigh_categories(const struct wn_parzen *parzen,
                             const struct wn_parzen_column *column,
                             double x,
                             double *gain)
{
    double n_categories = (double)(column->n_codes - 1);
    double n = (double)parzen->n_members + 1, all = log(n + n_categories);

    gain[0] = -log(n_categories);
    for (size_t code = 1; code < column->n_codes; code++)
        gain[code] = -all;
    gain[(size_t)x + 1] = log(n + 1) - all;
}

static void weigh_parts(const struct wn_parzen *parzen,
                        const struct wn_parzen_column *column,
                        double from,
                        double to,
                        double *gain)
{
    wn_normal_log_masses(column->code_center, column->code_width, column->n_codes, from,
                         to, parzen->code_cut, gain);
    for (size_t code = 0; code < column->n_codes; code++)
        gain[code] =
            isinf(gain[code]) ? WN_GAIN_NONE : gain[code] - column->code_log_unit[code];
}

/* The gains of an earlier point of the batch whose part begins there too; NULL: none. */
static const double *find_gains(const struct wn_parzen *parzen, size_t at, double from)
{
    for (size_t i = at % parzen->n_axes; i < at; i += parzen->n_axes)
        if (parzen->from[i] >= from && parzen->from[i] <= from)
            return parzen->gains[i];
    return NULL;
}

/* The gains of a point, new ones in `table`; returns what is left of it. */
static double *weigh(struct wn_parzen *parzen, size_t point, double *table)
{
    for (size_t i = 0; i < parzen->n_axes; i++) {
        const struct wn_parzen_column *column = &parzen->columns[i];
        size_t at = point * parzen->n_axes + i;
        double x = parzen->points[point].x[i], to;

        if (column->axis->kind == WN_AXIS_PLACE)
            continue;
        parzen->from[at] = x;
        if (column->axis->kind == WN_AXIS_PART)
            WN_ASSERT(wn_param_span(column->axis->param, x, &parzen->from[at], &to));
        parzen->gains[at] = find_gains(parzen, at, parzen->from[at]);
        if (parzen->gains[at])
            continue;
        if (column->axis->kind == WN_AXIS_PART)
            weigh_parts(parzen, column, parzen->from[at], to, table);
        else
            weigh_categories(parzen, column, x, table);
        parzen->gains[at] = table;
        table += column->n_codes;
    }
    return table;
}

/* How many points' gains there is room for. */
static size_t batch_size(const struct wn_parzen *parzen)
{
    size_t n_codes = 1;

    for (size_t i = 0; i < parzen->n_axes; i++)
        n_codes += parzen->columns[i].n_codes;
    return n_codes > parzen->tables_room ? 1
           : parzen->tables_room / n_codes > WN_PARZEN_BATCH
               ? WN_PARZEN_BATCH
               : parzen->tables_room / n_codes;
}

void wn_parzen_score(struct wn_parzen *parzen,
                     const double *x,
                     size_t n_points,
                     double *log_density)
{
    struct wn_mixture mixture = {.n = parzen->n_kernels,
                                 .n_axes = parzen->n_axes,
                                 .weight = parzen->weight,
                                 .base = parzen->base,
                                 .axes = parzen->mixture_axes,
                                 .cut = parzen->cut};
    bool is_line = parzen->n_axes == 1 && parzen->columns[0].axis->kind == WN_AXIS_PLACE;
    size_t most = batch_size(parzen);

    for (size_t begin = 0; begin < n_points; begin += most) {
        size_t n = n_points - begin < most ? n_points - begin : most;
        double *table = parzen->tables;

        for (size_t i = 0; i < n; i++) {
            parzen->points[i].x = x + (begin + i) * parzen->n_axes;
            table = weigh(parzen, i, table);
        }
        if (is_line)
            wn_mixture_look_line(&mixture, parzen->points, n);
        else
            wn_mixture_look(&mixture, parzen->points, n);
        for (size_t i = 0; i < n; i++)
            log_density[begin + i] =
                parzen->points[i].log_density - log(parzen->sum_weights);
    }
}
