/* parzen.c - Parzen estimators of the tree-structured kind: observations, memory, rules. */
#include "model/parzen_internal.h"

#include <limits.h>
#include <math.h>

#include "base/assert.h"
#include "model/normal.h"

enum {
    FLAT = 25,        /* so many of the newest weigh 1 */
    CLIP = 100,       /* the narrowest kernel is 1 / CLIP wide */
    TABLES = 1 << 15, /* room for gains of points, at least */
    FIRST_ROOM = 32   /* kernels */
};

/* --- observations --- */

void wn_axis_init(struct wn_axis *axis, const struct wn_param *param)
{
    double from, to;

    *axis = (struct wn_axis){.param = param, .kind = WN_AXIS_PLACE};
    if (param->type == WN_PARAM_CATEGORICAL)
        axis->kind = WN_AXIS_CATEGORY;
    else if (wn_param_span(param, 0, &from, &to))
        axis->kind = WN_AXIS_PART;
}

void wn_axis_release(struct wn_axis *axis)
{
    wn_vec_release(&axis->values);
    wn_vec_release(&axis->kernels);
    wn_sorted_release(&axis->places);
}

bool wn_axis_add(struct wn_axis *axis, double value)
{
    double *at = wn_vec_push(&axis->values);
    const struct wn_axis_kernel *kernel;

    if (!at)
        return false;
    *at = value;
    if (axis->kind == WN_AXIS_CATEGORY)
        return true;
    kernel = wn_vec_push(&axis->kernels);
    if (!kernel || isnan(value))
        return kernel;
    return wn_sorted_add(&axis->places, value, (uint32_t)(axis->values.n - 1));
}

/* --- memory --- */

void wn_parzen_destroy(struct wn_parzen *parzen)
{
    if (!parzen)
        return;
    wn_arena_release(&parzen->arena);
    wn_free(parzen->columns);
    wn_free(parzen->mixture_axes);
    wn_free(parzen->gains);
    wn_free(parzen->from);
    wn_free(parzen->rank);
    wn_free(parzen);
}

enum wn_status wn_parzen_create(struct wn_axis *const *axes,
                                size_t n_axes,
                                struct wn_parzen **out,
                                struct wn_error *err)
{
    struct wn_parzen *parzen = wn_alloc(sizeof *parzen);

    if (parzen) {
        parzen->n_axes = n_axes;
        parzen->log_wide_unit = wn_normal_log_unit(0.5, 1);
        parzen->columns = wn_alloc_array(n_axes, sizeof *parzen->columns);
        parzen->mixture_axes = wn_alloc_array(n_axes, sizeof *parzen->mixture_axes);
        parzen->gains = wn_alloc_array(WN_PARZEN_BATCH * n_axes, sizeof *parzen->gains);
        parzen->from = wn_alloc_array(WN_PARZEN_BATCH * n_axes, sizeof *parzen->from);
    }
    if (!parzen || !parzen->columns || !parzen->mixture_axes || !parzen->gains ||
        !parzen->from) {
        wn_parzen_destroy(parzen);
        return wn_fail(err, WN_ENOMEM, "no memory for a Parzen estimator");
    }
    for (size_t i = 0; i < n_axes; i++)
        parzen->columns[i].axis = axes[i];
    for (size_t i = 0; i < WN_PARZEN_BATCH; i++)
        parzen->points[i].gain = parzen->gains + i * n_axes;
    *out = parzen;
    return WN_OK;
}

static size_t most_codes(const struct wn_parzen_column *column, size_t n_kernels)
{
    switch (column->axis->kind) {
    case WN_AXIS_PLACE: return 0;
    case WN_AXIS_PART: return n_kernels;
    case WN_AXIS_CATEGORY: return column->axis->param->n_values + 1;
    }
    return 0;
}

static double *take(struct wn_parzen *parzen, size_t n)
{
    return n <= SIZE_MAX / sizeof(double)
               ? wn_arena_alloc(&parzen->arena, n * sizeof(double))
               : NULL;
}

static bool reserve_column(struct wn_parzen *parzen,
                           struct wn_parzen_column *column,
                           size_t room)
{
    bool is_place = column->axis->kind == WN_AXIS_PLACE;

    if (is_place) {
        column->center = take(parzen, room);
        column->precision = take(parzen, room);
        return column->center && column->precision;
    }
    column->code = wn_arena_alloc(&parzen->arena, room * sizeof *column->code);
    if (column->axis->kind == WN_AXIS_CATEGORY)
        return column->code;
    column->code_center = take(parzen, room);
    column->code_width = take(parzen, room);
    column->code_log_unit = take(parzen, room);
    return column->code && column->code_center && column->code_width &&
           column->code_log_unit;
}

static bool reserve_rows(struct wn_parzen *parzen, size_t room)
{
    parzen->weight = take(parzen, room);
    parzen->base = take(parzen, room);
    parzen->ranked = take(parzen, room);
    parzen->near = take(parzen, room);
    parzen->width = take(parzen, room);
    parzen->norm = take(parzen, room);
    parzen->id = wn_arena_alloc(&parzen->arena, room * sizeof *parzen->id);
    parzen->item = wn_arena_alloc(&parzen->arena, room * sizeof *parzen->item);
    parzen->few = wn_arena_alloc(&parzen->arena, room * sizeof *parzen->few);
    parzen->few_kernels =
        wn_arena_alloc(&parzen->arena, room * sizeof *parzen->few_kernels);
    parzen->tables = take(parzen, parzen->tables_room);
    return parzen->weight && parzen->base && parzen->ranked && parzen->near &&
           parzen->width && parzen->norm && parzen->id && parzen->item && parzen->few &&
           parzen->few_kernels && parzen->tables;
}

static bool reserve_rank(struct wn_parzen *parzen, size_t n_observations)
{
    size_t room = parzen->rank_room ? parzen->rank_room : FIRST_ROOM;
    uint32_t *rank;

    if (n_observations <= parzen->rank_room)
        return true;
    while (room < n_observations)
        room *= 2;
    rank = wn_alloc_array(room, sizeof *rank); /* between fits all are 0 */
    if (!rank)
        return false;
    wn_free(parzen->rank);
    parzen->rank = rank;
    parzen->rank_room = room;
    return true;
}

bool wn_parzen_reserve(struct wn_parzen *parzen, size_t n_members, size_t n_observations)
{
    size_t room = parzen->room ? parzen->room : FIRST_ROOM, n_codes = 0;

    if (!reserve_rank(parzen, n_observations))
        return false;
    if (n_members < parzen->room)
        return true;
    while (room <= n_members)
        room *= 2;
    parzen->room = 0;
    wn_arena_release(&parzen->arena);
    for (size_t i = 0; i < parzen->n_axes; i++) {
        n_codes += most_codes(&parzen->columns[i], room);
        if (!reserve_column(parzen, &parzen->columns[i], room))
            return false;
    }
    parzen->tables_room = n_codes > TABLES ? n_codes : TABLES;
    if (!reserve_rows(parzen, room))
        return false;
    parzen->room = room;
    return true;
}

/* --- rules --- */

/* Optuna's default weights, Hyperopt's "linear forgetting". */
void wn_parzen_weights(size_t n_members, double *weights)
{
    int n = (int)n_members, n_rising = n > FLAT ? n - FLAT : 0;
    double n_steps = n_rising > 1 ? n_rising - 1 : 1, least = 1 / (double)n_members;

    WN_ASSERT(n_members < INT_MAX); /* int, since vectors of it become doubles */
    for (int i = 0; i < n_rising; i++)
        weights[i] = least + (1 - least) * i / n_steps;
    for (int i = n_rising; i < n; i++)
        weights[i] = 1;
}

void wn_parzen_widths(const double *places, size_t n, double *widths)
{
    double least = 1 / (n + 2 < CLIP ? (double)(n + 2) : CLIP);

    for (size_t i = 0; i < n; i++) {
        double left = i ? places[i] - places[i - 1] : 0;
        double right = i + 1 < n ? places[i + 1] - places[i] : 0;
        double wider = left > right ? left : right;

        if (n == 1)
            wider = places[0] > 0.5 ? places[0] : 1 - places[0];
        widths[i] = wider > least ? wider : least;
    }
}
