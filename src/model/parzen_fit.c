/* parzen_fit.c - a Parzen estimator fitted to its members.
 *
 * What a fit computes of a kernel (two erf, two logarithms) goes with its place on the axis and
 * serves until its width changes, which the next fit finds for few: the widths of most of
 * many members are clipped, and a new one moves those of its neighbours. A fit to few of many
 * observations does not go through all of them, and remembers nothing.
 */
#include "model/parzen_internal.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "model/normal.h"

enum { FEW = 16 }; /* one in so many observations is sorted anew; more are filtered */

#define LOG_2 0.69314718055994530942

/* A kernel is highest at an end, where half of it is cut off: 100 / (sqrt(2 pi) / 2) = 79.8; the
 * prior is lowest there too: 0.919. */
#define LOG_RATIO 4.5

static bool is_few(const struct wn_parzen *parzen, const struct wn_axis *axis)
{
    return parzen->n_members < axis->places.n / FEW;
}

/* The members along an axis in the order of their places, and their widths. */
static void gather(struct wn_parzen *parzen,
                   const struct wn_sorted_item *items,
                   size_t n_items)
{
    size_t n = 0;

    for (size_t i = 0; i < n_items; i++)
        if (parzen->rank[items[i].id]) {
            parzen->near[n] = items[i].key;
            parzen->id[n] = items[i].id;
            parzen->item[n++] = (uint32_t)i;
        }
    WN_ASSERT(n == parzen->n_members);
    wn_parzen_widths(parzen->near, n, parzen->width);
}

static struct wn_axis_kernel make_kernel(const struct wn_axis *axis,
                                         double center,
                                         double width)
{
    struct wn_axis_kernel kernel = {.precision = 0.5 / (width * width),
                                    .log_norm = wn_normal_log_unit(center, width)};

    if (axis->kind == WN_AXIS_PLACE)
        kernel.log_norm += WN_LOG_SQRT_2PI + log(width);
    return kernel;
}

/* Few are sorted anew, and their kernels made anew. */
static void prepare_few(struct wn_parzen *parzen,
                        const struct wn_axis *axis,
                        const uint32_t *members)
{
    for (size_t i = 0; i < parzen->n_members; i++)
        parzen->few[i] =
            (struct wn_sorted_item){.key = axis->values.at[members[i]], .id = members[i]};
    wn_sorted_items(parzen->few, parzen->n_members);
    gather(parzen, parzen->few, parzen->n_members);
    for (size_t i = 0; i < parzen->n_members; i++) {
        struct wn_axis_kernel kernel =
            make_kernel(axis, parzen->near[i], parzen->width[i]);

        parzen->norm[i] = kernel.log_norm;
        parzen->few_kernels[parzen->rank[parzen->id[i]] - 1] = kernel;
    }
}

/* Of many only a few widths differ from those of the last fit, and a kernel takes two erf
 * and two logarithms. */
static void prepare_many(struct wn_parzen *parzen, struct wn_axis *axis)
{
    struct wn_sorted_item *items = wn_sorted_look(&axis->places);

    gather(parzen, items, axis->places.n);
    for (size_t i = 0; i < parzen->n_members; i++) {
        struct wn_sorted_item *item = &items[parzen->item[i]];
        double width = parzen->width[i];

        if (!(item->memo[0] >= width && item->memo[0] <= width)) {
            struct wn_axis_kernel kernel = make_kernel(axis, item->key, width);

            item->memo[0] = width;
            item->memo[1] = kernel.log_norm;
            axis->kernels.at[item->id] = kernel;
        }
        parzen->norm[i] = item->memo[1];
    }
}

/* Members in their order. */
static void fit_places(struct wn_parzen *parzen,
                       struct wn_parzen_column *column,
                       const uint32_t *members)
{
    const struct wn_axis *axis = column->axis;
    bool few = is_few(parzen, axis);

    for (size_t i = 0; i < parzen->n_members; i++) {
        const struct wn_axis_kernel *kernel =
            few ? &parzen->few_kernels[i] : &axis->kernels.at[members[i]];

        column->center[i + 1] = axis->values.at[members[i]];
        column->precision[i + 1] = kernel->precision;
        parzen->base[i + 1] -= kernel->log_norm;
    }
}

/* An axis that is alone: in the order of places. */
static void fit_places_alone(struct wn_parzen *parzen, struct wn_parzen_column *column)
{
    for (size_t i = 0; i < parzen->n_members; i++) {
        column->center[i + 1] = parzen->near[i];
        column->precision[i + 1] = 0.5 / (parzen->width[i] * parzen->width[i]);
        parzen->base[i + 1] = -parzen->norm[i];
        parzen->weight[i + 1] = parzen->ranked[parzen->rank[parzen->id[i]] - 1];
    }
}

static void fit_place_prior(struct wn_parzen *parzen, struct wn_parzen_column *column)
{
    column->center[0] = 0.5;
    column->precision[0] = 0.5;
    parzen->base[0] -= WN_LOG_SQRT_2PI + parzen->log_wide_unit;
}

/* The code of a kernel; those of one place stand together and differ in width. */
static size_t find_code(struct wn_parzen_column *column, double center, double width)
{
    size_t n = column->n_codes;

    for (size_t i = n; i > 1 && !(column->code_center[i - 1] < center); i--)
        if (column->code_width[i - 1] >= width && column->code_width[i - 1] <= width)
            return i - 1;
    column->code_center[n] = center;
    column->code_width[n] = width;
    return column->n_codes++;
}

/* An axis of finitely many values that is alone has one kernel for each code. */
static bool is_joined(const struct wn_parzen *parzen)
{
    return parzen->n_axes == 1 && parzen->columns[0].axis->kind != WN_AXIS_PLACE;
}

static void add_kernel(struct wn_parzen *parzen,
                       struct wn_parzen_column *column,
                       size_t code,
                       double weight)
{
    column->code[parzen->n_kernels] = (uint32_t)code;
    parzen->weight[parzen->n_kernels++] = weight;
}

static void fit_parts(struct wn_parzen *parzen, struct wn_parzen_column *column)
{
    column->code[0] = 0;
    column->code_center[0] = 0.5;
    column->code_width[0] = 1;
    column->code_log_unit[0] = parzen->log_wide_unit;
    column->n_codes = 1;
    for (size_t i = 0; i < parzen->n_members; i++) {
        size_t rank = parzen->rank[parzen->id[i]], n_codes = column->n_codes;
        size_t code = find_code(column, parzen->near[i], parzen->width[i]);

        if (code == n_codes)
            column->code_log_unit[code] = parzen->norm[i];
        if (!is_joined(parzen)) {
            column->code[rank] = (uint32_t)code;
            continue;
        }
        if (code == parzen->n_kernels)
            add_kernel(parzen, column, code, 0);
        parzen->weight[code] += parzen->ranked[rank - 1];
    }
}

/* Code 0 is the prior, code c + 1 an observation of category c. */
static void fit_categories(struct wn_parzen *parzen,
                           struct wn_parzen_column *column,
                           const uint32_t *members)
{
    const double *values = column->axis->values.at;
    double *sums = parzen->tables; /* free until points are scored */

    column->n_codes = column->axis->param->n_values + 1;
    column->code[0] = 0;
    memset(sums, 0, column->n_codes * sizeof *sums);
    for (size_t i = 0; i < parzen->n_members; i++) {
        size_t code = (size_t)values[members[i]] + 1;

        if (is_joined(parzen))
            sums[code] += parzen->ranked[i];
        else
            column->code[i + 1] = (uint32_t)code;
    }
    for (size_t code = 1; is_joined(parzen) && code < column->n_codes; code++)
        if (sums[code] > 0)
            add_kernel(parzen, column, code, sums[code]);
}

static void fit_column(struct wn_parzen *parzen,
                       struct wn_parzen_column *column,
                       const uint32_t *members)
{
    if (column->axis->kind == WN_AXIS_CATEGORY) {
        fit_categories(parzen, column, members);
        return;
    }
    if (is_few(parzen, column->axis))
        prepare_few(parzen, column->axis, members);
    else
        prepare_many(parzen, column->axis);
    if (column->axis->kind == WN_AXIS_PART) {
        fit_parts(parzen, column);
        return;
    }
    fit_place_prior(parzen, column);
    if (parzen->n_axes > 1)
        fit_places(parzen, column, members);
    else
        fit_places_alone(parzen, column);
}

/* What could not change a sum: `cut` as mixture.h says; and along an axis of parts a kernel
 * is at most e^LOG_RATIO times as high as the prior (its width is at least 1/100), along one of
 * categories as many times as there are. So one whose exponent along one axis lies further
 * below 0 than all of these and `cut` vanishes beside the prior. */
static void set_cuts(struct wn_parzen *parzen)
{
    double n = (double)parzen->n_members + 1;

    parzen->cut = 54 * LOG_2 + 2 * log(n); /* weights lie between 1/n and n */
    parzen->code_cut = parzen->cut;
    for (size_t i = 0; i < parzen->n_axes; i++) {
        const struct wn_axis *axis = parzen->columns[i].axis;

        parzen->code_cut += axis->kind == WN_AXIS_CATEGORY
                                ? log((double)axis->param->n_values)
                                : LOG_RATIO;
    }
}

void wn_parzen_fit(struct wn_parzen *parzen, const uint32_t *members, size_t n)
{
    WN_ASSERT(n < parzen->room);
    for (size_t i = 0; i < n; i++) {
        WN_ASSERT(members[i] < parzen->rank_room);
        parzen->rank[members[i]] = (uint32_t)i + 1;
    }
    parzen->n_members = n;
    parzen->n_kernels = is_joined(parzen) ? 1 : n + 1;
    memset(parzen->base, 0, (n + 1) * sizeof *parzen->base);
    parzen->weight[0] = 1;
    wn_parzen_weights(n, parzen->ranked);
    if (parzen->n_axes > 1)
        memcpy(parzen->weight + 1, parzen->ranked, n * sizeof *parzen->weight);
    for (size_t i = 0; i < parzen->n_axes; i++) {
        struct wn_parzen_column *column = &parzen->columns[i];

        fit_column(parzen, column, members);
        parzen->mixture_axes[i] = (struct wn_mixture_axis){.center = column->center,
                                                           .precision = column->precision,
                                                           .code = column->code};
    }
    for (size_t i = 0; i < n; i++)
        parzen->rank[members[i]] = 0;
    parzen->sum_weights = 0;
    for (size_t k = 0; k < parzen->n_kernels; k++)
        parzen->sum_weights += parzen->weight[k];
    set_cuts(parzen);
}
