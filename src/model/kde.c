/* kde.c - multivariate kernel density estimators with one bandwidth an axis. */
#include "model/kde.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "model/mixture.h"
#include "model/normal.h"

enum { BATCH = 32 /* points scored at a time */, FIRST_ROOM = 32 /* rows */ };

#define LOG_2 0.69314718055994530942

struct column {
    struct wn_kde_axis axis;
    double bandwidth;
    double log_height;                   /* NORMAL: of a kernel at its center */
    bool has_gaps;                       /* some rows have no value here */
    double *center, *precision, *offset; /* NORMAL: of each row; the last two for gaps */
    uint32_t *code;  /* others: of each row: 0 for a gap, else 1 + category or position */
    double *log_sum; /* ORDER: of each position */
    double *table;   /* others: gains of BATCH points */
    double *counts;  /* others */
};

struct wn_kde {
    struct column *columns;
    struct wn_mixture_axis *mixture_axes;
    size_t n_axes, n, room;
    struct wn_mixture_point points[BATCH];
    const double **gains;    /* BATCH times n_axes */
    struct wn_arena fixed;   /* what goes with the axes */
    struct wn_arena per_row; /* made anew when room is made, since every fit fills it */
    double *weight;          /* 1 of each row */
};

void wn_kde_destroy(struct wn_kde *kde)
{
    if (!kde)
        return;
    wn_arena_release(&kde->fixed);
    wn_arena_release(&kde->per_row);
    wn_free(kde);
}

static void *take(struct wn_arena *arena, size_t n, size_t size_bytes)
{
    return n <= SIZE_MAX / size_bytes ? wn_arena_alloc(arena, n * size_bytes) : NULL;
}

static bool create_column(struct wn_kde *kde, struct column *column)
{
    size_t n = column->axis.n_values;

    if (column->axis.kind == WN_KDE_NORMAL)
        return true;
    column->table = take(&kde->fixed, BATCH * (n + 1), sizeof *column->table);
    column->log_sum = take(&kde->fixed, n + 1, sizeof *column->log_sum);
    column->counts = take(&kde->fixed, n + 1, sizeof *column->counts);
    return column->table && column->log_sum && column->counts;
}

enum wn_status wn_kde_create(const struct wn_kde_axis *axes,
                             size_t n_axes,
                             struct wn_kde **out,
                             struct wn_error *err)
{
    struct wn_kde *kde = wn_alloc(sizeof *kde);
    bool is_made = false;

    if (kde) {
        kde->n_axes = n_axes;
        kde->columns = take(&kde->fixed, n_axes, sizeof *kde->columns);
        kde->mixture_axes = take(&kde->fixed, n_axes, sizeof *kde->mixture_axes);
        kde->gains = take(&kde->fixed, BATCH * n_axes, sizeof *kde->gains);
        is_made = kde->columns && kde->mixture_axes && kde->gains;
    }
    for (size_t i = 0; is_made && i < n_axes; i++) {
        kde->columns[i].axis = axes[i];
        is_made = create_column(kde, &kde->columns[i]);
    }
    if (!is_made) {
        wn_kde_destroy(kde);
        return wn_fail(err, WN_ENOMEM, "no memory for a density estimator");
    }
    for (size_t i = 0; i < BATCH; i++)
        kde->points[i].gain = kde->gains + i * n_axes;
    *out = kde;
    return WN_OK;
}

static bool reserve_column(struct wn_kde *kde, struct column *column, size_t room)
{
    if (column->axis.kind != WN_KDE_NORMAL) {
        column->code = take(&kde->per_row, room, sizeof *column->code);
        return column->code;
    }
    column->center = take(&kde->per_row, room, sizeof *column->center);
    column->precision = take(&kde->per_row, room, sizeof *column->precision);
    column->offset = take(&kde->per_row, room, sizeof *column->offset);
    return column->center && column->precision && column->offset;
}

bool wn_kde_reserve(struct wn_kde *kde, size_t n_rows)
{
    size_t room = kde->room ? kde->room : FIRST_ROOM;

    if (n_rows <= kde->room)
        return true;
    while (room < n_rows)
        room *= 2;
    kde->room = 0;
    wn_arena_release(&kde->per_row);
    kde->weight = take(&kde->per_row, room, sizeof *kde->weight);
    if (!kde->weight)
        return false;
    for (size_t k = 0; k < room; k++)
        kde->weight[k] = 1;
    for (size_t i = 0; i < kde->n_axes; i++)
        if (!reserve_column(kde, &kde->columns[i], room))
            return false;
    kde->room = room;
    return true;
}

/* --- fit --- */

static double held(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* A gap is NaN along an axis of places for now, and code 0 along others. */
static void gather(struct wn_kde *kde, const double *rows, const uint32_t *which)
{
    for (size_t i = 0; i < kde->n_axes; i++)
        kde->columns[i].has_gaps = false;
    for (size_t k = 0; k < kde->n; k++) {
        const double *row = rows + which[k] * kde->n_axes;

        for (size_t i = 0; i < kde->n_axes; i++) {
            struct column *column = &kde->columns[i];
            bool is_gap = isnan(row[i]);

            column->has_gaps |= is_gap;
            if (column->axis.kind == WN_KDE_NORMAL)
                column->center[k] = row[i];
            else
                column->code[k] = is_gap ? 0 : (uint32_t)row[i] + 1;
        }
    }
}

/* Sum over places without gaps of x - mean, or of its square. Four sums, so that one addition
 * need not wait for the other. */
static double sum_places(const double *x, size_t n, double mean, bool is_square)
{
    double a = 0, b = 0, c = 0, d = 0;
    size_t k = 0;

    for (; k + 3 < n; k += 4) {
        double u = x[k] - mean, v = x[k + 1] - mean;
        double w = x[k + 2] - mean, z = x[k + 3] - mean;

        a += is_square ? u * u : u;
        b += is_square ? v * v : v;
        c += is_square ? w * w : w;
        d += is_square ? z * z : z;
    }
    for (; k < n; k++)
        a += is_square ? (x[k] - mean) * (x[k] - mean) : x[k] - mean;
    return (a + b) + (c + d);
}

/* Standard deviation of the places that are no gaps; how many these are. */
static double deviation(const struct column *column, size_t n, size_t *n_values)
{
    const double *x = column->center;
    double mean, squares = 0;

    *n_values = n;
    if (!column->has_gaps) {
        mean = sum_places(x, n, 0, false) / (double)n;
        return sqrt(sum_places(x, n, mean, true) / (double)n);
    }
    mean = 0;
    for (size_t k = 0; k < n; k++) {
        *n_values -= isnan(x[k]) != 0;
        mean += isnan(x[k]) ? 0 : x[k];
    }
    if (!*n_values)
        return 0;
    mean /= (double)*n_values;
    for (size_t k = 0; k < n; k++)
        squares += isnan(x[k]) ? 0 : (x[k] - mean) * (x[k] - mean);
    return sqrt(squares / (double)*n_values);
}

static size_t count(struct column *column, size_t n)
{
    memset(column->counts, 0, (column->axis.n_values + 1) * sizeof *column->counts);
    for (size_t k = 0; k < n; k++)
        column->counts[column->code[k]]++;
    return n - (size_t)column->counts[0];
}

/* Standard deviation of positions, of which there are n. */
static double position_deviation(const struct column *column, size_t n)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < column->axis.n_values; i++)
        sum += (double)i * column->counts[i + 1];
    for (size_t i = 0; n && i < column->axis.n_values; i++)
        squares += ((double)i - sum / (double)n) * ((double)i - sum / (double)n) *
                   column->counts[i + 1];
    return n ? sqrt(squares / (double)n) : 0;
}

/* What the deviation is for two categories, for any number of them. */
static double impurity(const struct column *column, size_t n)
{
    double squares = 0;

    for (size_t code = 1; code <= column->axis.n_values; code++)
        squares += column->counts[code] * column->counts[code];
    return n ? sqrt(held(1 - squares / ((double)n * (double)n), 0, 1) / 2) : 0;
}

static double spread(const struct wn_kde *kde, struct column *column, size_t *n)
{
    if (column->axis.kind == WN_KDE_NORMAL)
        return deviation(column, kde->n, n);
    *n = count(column, kde->n);
    return column->axis.kind == WN_KDE_CATEGORY ? impurity(column, *n)
                                                : position_deviation(column, *n);
}

static double most_bandwidth(const struct wn_kde_axis *axis)
{
    switch (axis->kind) {
    case WN_KDE_NORMAL: return (double)INFINITY;
    case WN_KDE_CATEGORY: return 1 - 1 / (double)axis->n_values;
    case WN_KDE_ORDER: return 1;
    }
    return 0;
}

static void set_bandwidth(const struct wn_kde *kde, struct column *column, double least)
{
    size_t n = 0;
    double s = spread(kde, column, &n), most = most_bandwidth(&column->axis);
    double h = n ? 1.06 * s * pow((double)n, -1 / (4 + (double)kde->n_axes)) : 0;

    column->bandwidth = held(h, least < most ? least : most, most);
}

static void finish_normal(struct column *column, size_t n)
{
    double precision = 0.5 / (column->bandwidth * column->bandwidth);

    column->log_height = -log(column->bandwidth) - WN_LOG_SQRT_2PI;
    for (size_t k = 0; column->has_gaps && k < n; k++) {
        bool is_gap = isnan(column->center[k]);

        column->center[k] = is_gap ? 0 : column->center[k];
        column->precision[k] = is_gap ? 0 : precision;
        column->offset[k] = is_gap ? 0 : column->log_height;
    }
}

/* A kernel of positions sums to 1 + (h + ... + h^i)/2 + (h + ... + h^(c - 1 - i))/2. */
static void finish_order(struct column *column)
{
    size_t n = column->axis.n_values;
    double power = 1, sum = 0;

    for (size_t i = 0; i < n; i++)
        column->log_sum[i] = 1;
    for (size_t i = 0; i < n; i++) {
        column->log_sum[i] += sum / 2;
        column->log_sum[n - 1 - i] += sum / 2;
        power *= column->bandwidth;
        sum += power;
    }
    for (size_t i = 0; i < n; i++)
        column->log_sum[i] = log(column->log_sum[i]);
}

void wn_kde_fit(struct wn_kde *kde,
                const double *rows,
                const uint32_t *which,
                size_t n,
                double min_bandwidth)
{
    WN_ASSERT(n > 0 && n <= kde->room);
    kde->n = n;
    gather(kde, rows, which);
    for (size_t i = 0; i < kde->n_axes; i++) {
        struct column *column = &kde->columns[i];
        struct wn_mixture_axis *axis = &kde->mixture_axes[i];

        set_bandwidth(kde, column, min_bandwidth);
        *axis = (struct wn_mixture_axis){.center = column->center, .code = column->code};
        if (column->axis.kind == WN_KDE_NORMAL)
            finish_normal(column, n);
        else if (column->axis.kind == WN_KDE_ORDER)
            finish_order(column);
        axis->common = 0.5 / (column->bandwidth * column->bandwidth);
        axis->precision = column->has_gaps ? column->precision : NULL;
        axis->offset = column->has_gaps ? column->offset : NULL;
    }
}

double wn_kde_bandwidth(const struct wn_kde *kde, size_t axis)
{
    return kde->columns[axis].bandwidth;
}

/* --- draws --- */

/* log of the kernel of position j at i, before it is divided by its sum */
static double log_order(const struct column *column, size_t i, size_t j)
{
    double apart = i > j ? (double)(i - j) : (double)(j - i);

    return i == j ? 0 : apart * log(column->bandwidth) - LOG_2;
}

static double draw_position(const struct column *column,
                            size_t center,
                            struct wn_rng *rng)
{
    double left = wn_rng_unit(rng) * exp(column->log_sum[center]);
    size_t i = 0;

    for (; i + 1 < column->axis.n_values; i++) {
        left -= exp(log_order(column, i, center));
        if (left < 0)
            break;
    }
    return (double)i;
}

static double draw_value(const struct column *column,
                         size_t k,
                         double factor,
                         struct wn_rng *rng)
{
    uint64_t n = column->axis.n_values;

    if (column->axis.kind == WN_KDE_NORMAL) {
        if (column->has_gaps && column->precision[k] <= 0)
            return wn_rng_unit(rng);
        return wn_normal_draw_unit(rng, column->center[k], factor * column->bandwidth);
    }
    if (!column->code[k])
        return (double)wn_rng_below(rng, n);
    if (column->axis.kind == WN_KDE_ORDER)
        return draw_position(column, column->code[k] - 1, rng);
    if (wn_rng_unit(rng) < 1 - column->bandwidth)
        return column->code[k] - 1.0;
    return (double)wn_rng_below(rng, n);
}

void wn_kde_draw(const struct wn_kde *kde, double factor, struct wn_rng *rng, double *x)
{
    size_t k = wn_rng_below(rng, kde->n);

    for (size_t i = 0; i < kde->n_axes; i++)
        x[i] = draw_value(&kde->columns[i], k, factor, rng);
}

/* --- densities --- */

static void weigh(const struct column *column, size_t value, double *gain)
{
    double n = (double)column->axis.n_values, h = column->bandwidth;

    gain[0] = -log(n);
    if (column->axis.kind == WN_KDE_ORDER) {
        for (size_t i = 0; i < column->axis.n_values; i++)
            gain[i + 1] = log_order(column, value, i) - column->log_sum[i];
        return;
    }
    for (size_t i = 0; i < column->axis.n_values; i++)
        gain[i + 1] = log(h / (n - 1));
    gain[value + 1] = log1p(-h);
}

/* What a point needs beside its numbers; returns what all its kernels have in common. */
static double prepare(struct wn_kde *kde, size_t point)
{
    double common = -log((double)kde->n);

    for (size_t i = 0; i < kde->n_axes; i++) {
        const struct column *column = &kde->columns[i];
        double x = kde->points[point].x[i];
        double *table = column->table;

        if (column->axis.kind == WN_KDE_NORMAL) {
            common += isnan(x) || column->has_gaps ? 0 : column->log_height;
            continue;
        }
        table += point * (column->axis.n_values + 1);
        if (!isnan(x))
            weigh(column, (size_t)x, table);
        kde->gains[point * kde->n_axes + i] = isnan(x) ? NULL : table;
    }
    return common;
}

void wn_kde_score(struct wn_kde *kde,
                  const double *x,
                  size_t n_points,
                  double *log_density)
{
    struct wn_mixture mixture = {.n = kde->n,
                                 .n_axes = kde->n_axes,
                                 .weight = kde->weight,
                                 .axes = kde->mixture_axes,
                                 .cut = 54 * LOG_2 + log((double)kde->n)};

    for (size_t begin = 0; begin < n_points; begin += BATCH) {
        size_t n = n_points - begin < BATCH ? n_points - begin : BATCH;

        for (size_t i = 0; i < n; i++) {
            kde->points[i].x = x + (begin + i) * kde->n_axes;
            log_density[begin + i] = prepare(kde, i);
        }
        wn_mixture_look(&mixture, kde->points, n);
        for (size_t i = 0; i < n; i++)
            log_density[begin + i] += kde->points[i].log_density;
    }
}
