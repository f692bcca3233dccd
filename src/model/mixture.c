/* mixture.c - the density of a mixture of product kernels, at many points. */
#include "model/mixture.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "model/exp.h"
#include "model/reduce_internal.h"
#include "model/wide_internal.h"

enum {
    BLOCK = 256
}; /* kernels at a time: what is known of them stays in the nearest cache */

/* Normal axes are added up to four at a time, so that exponents are loaded and stored less
 * often. Those that are missing have precision 0. */
enum { LANES = 4 };

struct lanes {
    const double *center[LANES], *precision[LANES];
    double common[LANES], x[LANES];
    size_t n;
};

WN_WIDE static void add_one(double *restrict e,
                            const double *restrict center,
                            const double *restrict precision,
                            double x,
                            size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double distance = x - center[i];
        e[i] -= distance * distance * precision[i];
    }
}

WN_WIDE static void add_four(double *restrict e, const struct lanes *lanes, size_t n)
{
    const double *restrict a = lanes->center[0], *restrict b = lanes->center[1];
    const double *restrict c = lanes->center[2], *restrict d = lanes->center[3];
    const double *restrict pa = lanes->precision[0], *restrict pb = lanes->precision[1];
    const double *restrict pc = lanes->precision[2], *restrict pd = lanes->precision[3];
    double xa = lanes->x[0], xb = lanes->x[1], xc = lanes->x[2], xd = lanes->x[3];

    for (size_t i = 0; i < n; i++) {
        double u = xa - a[i], v = xb - b[i], w = xc - c[i], z = xd - d[i];
        e[i] -= (u * u * pa[i] + v * v * pb[i]) + (w * w * pc[i] + z * z * pd[i]);
    }
}

WN_WIDE static void add_four_common(double *restrict e,
                                    const struct lanes *lanes,
                                    size_t n)
{
    const double *restrict a = lanes->center[0], *restrict b = lanes->center[1];
    const double *restrict c = lanes->center[2], *restrict d = lanes->center[3];
    double xa = lanes->x[0], xb = lanes->x[1], xc = lanes->x[2], xd = lanes->x[3];
    double pa = lanes->common[0], pb = lanes->common[1];
    double pc = lanes->common[2], pd = lanes->common[3];

    for (size_t i = 0; i < n; i++) {
        double u = xa - a[i], v = xb - b[i], w = xc - c[i], z = xd - d[i];
        e[i] -= (u * u * pa + v * v * pb) + (w * w * pc + z * z * pd);
    }
}

WN_WIDE static void add(double *restrict e, const double *restrict what, size_t n)
{
    for (size_t i = 0; i < n; i++)
        e[i] += what[i];
}

static void add_codes(double *restrict e,
                      const uint32_t *restrict code,
                      const double *restrict gain,
                      size_t n)
{
    for (size_t i = 0; i < n; i++)
        e[i] += gain[code[i]];
}

/* e[i] becomes weight[i] e^(e[i] - peak). */
WN_WIDE static void exponentiate(double *restrict e,
                                 const double *restrict weight,
                                 double peak,
                                 size_t n)
{
    for (size_t i = 0; i < n; i++)
        e[i] = weight[i] * wn_exp_down(e[i] - peak);
}

static const double zeros[BLOCK];

static void flush(struct lanes *lanes, bool is_common, double *e, size_t n)
{
    if (!lanes->n)
        return;
    if (lanes->n == 1 && !is_common) {
        add_one(e, lanes->center[0], lanes->precision[0], lanes->x[0], n);
        lanes->n = 0;
        return;
    }
    for (size_t i = lanes->n; i < LANES; i++) {
        lanes->center[i] = lanes->precision[i] = zeros;
        lanes->x[i] = lanes->common[i] = 0;
    }
    lanes->n = 0;
    if (is_common)
        add_four_common(e, lanes, n);
    else
        add_four(e, lanes, n);
}

static void push(struct lanes *lanes,
                 const struct wn_mixture_axis *axis,
                 size_t begin,
                 double x)
{
    lanes->center[lanes->n] = axis->center + begin;
    lanes->precision[lanes->n] = axis->precision ? axis->precision + begin : NULL;
    lanes->common[lanes->n] = axis->common;
    lanes->x[lanes->n++] = x;
}

/* The exponents of kernels begin ... begin + n - 1 at a point. */
static void fill(const struct wn_mixture *mixture,
                 const struct wn_mixture_point *point,
                 size_t begin,
                 size_t n,
                 double *e)
{
    struct lanes own, common; /* as far as n says */

    own.n = common.n = 0;
    if (mixture->base)
        memcpy(e, mixture->base + begin, n * sizeof *e);
    else
        memset(e, 0, n * sizeof *e);
    for (size_t i = 0; i < mixture->n_axes; i++) {
        const struct wn_mixture_axis *axis = &mixture->axes[i];
        struct lanes *lanes = axis->precision ? &own : &common;

        if (!axis->center) {
            if (point->gain[i])
                add_codes(e, axis->code + begin, point->gain[i], n);
            continue;
        }
        if (isnan(point->x[i]))
            continue;
        if (axis->offset)
            add(e, axis->offset + begin, n);
        push(lanes, axis, begin, point->x[i]);
        if (lanes->n == LANES)
            flush(lanes, !axis->precision, e, n);
    }
    flush(&own, false, e, n);
    flush(&common, true, e, n);
}

static void add_block(const struct wn_mixture *mixture,
                      struct wn_mixture_point *point,
                      size_t begin,
                      size_t n)
{
    double e[BLOCK], top;

    fill(mixture, point, begin, n, e);
    top = wn_largest_of(e, n);
    if (begin && top < point->peak - mixture->cut)
        return;
    if (!begin || top > point->peak) {
        point->sum = begin ? point->sum * exp(point->peak - top) : 0;
        point->peak = top;
    }
    exponentiate(e, mixture->weight + begin, point->peak, n);
    point->sum += wn_sum_of(e, n);
}

void wn_mixture_look(const struct wn_mixture *mixture,
                     struct wn_mixture_point *points,
                     size_t n_points)
{
    for (size_t begin = 0; begin < mixture->n; begin += BLOCK) {
        size_t n = mixture->n - begin < BLOCK ? mixture->n - begin : BLOCK;

        for (size_t i = 0; i < n_points; i++)
            add_block(mixture, &points[i], begin, n);
    }
    for (size_t i = 0; i < n_points; i++)
        points[i].log_density = points[i].peak + log(points[i].sum);
}
