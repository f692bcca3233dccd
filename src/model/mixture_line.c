/* mixture_line.c - the same sums along one axis, where most kernels need not be looked at.
 *
 * Kernels stand in the order of their centers, so a block of them lies in a short interval, and
 * the exponent of none of them is above that of the highest kernel of the block with the
 * block's least precision at the interval's near end. One that is too far is passed over
 * before anything of it is computed. Exponents are taken from one number that none is above,
 * so nobody searches for the largest.
 */
#include "model/mixture.h"

#include <math.h>
#include <stdbool.h>

#include "base/assert.h"
#include "model/exp.h"
#include "model/reduce_internal.h"
#include "model/wide_internal.h"

enum { BLOCK = 128 };

struct block {
    const double *weight, *base, *center, *precision;
    double from, to, base_most, precision_least;
    size_t n;
};

static struct block block_at(const struct wn_mixture *mixture, size_t begin)
{
    const struct wn_mixture_axis *axis = &mixture->axes[0];
    struct block block = {.weight = mixture->weight + begin,
                          .base = mixture->base + begin,
                          .center = axis->center + begin,
                          .precision = axis->precision + begin,
                          .n = mixture->n - begin < BLOCK ? mixture->n - begin : BLOCK};

    block.from = block.center[0];
    block.to = block.center[block.n - 1];
    block.base_most = wn_largest_of(block.base, block.n);
    block.precision_least = wn_least_of(block.precision, block.n);
    return block;
}

/* Exponent of kernel k of a block. */
static double exponent(const struct block *block, size_t k, double x)
{
    double distance = x - block->center[k];

    return block->base[k] - distance * distance * block->precision[k];
}

static bool is_far(const struct block *block, double x, double below)
{
    double apart = x < block->from ? block->from - x : x > block->to ? x - block->to : 0;

    return block->base_most - apart * apart * block->precision_least < below;
}

WN_WIDE static void exponentiate(double *restrict e,
                                 const double *restrict weight,
                                 const double *restrict base,
                                 const double *restrict center,
                                 const double *restrict precision,
                                 double x,
                                 double top,
                                 size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double distance = x - center[i];
        double exponent = base[i] - distance * distance * precision[i];

        e[i] = weight[i] * wn_exp_down(exponent - top);
    }
}

/* peak: the highest exponent met so far, among some that are cheap to know. */
static void add_block(const struct block *block,
                      double top,
                      double cut,
                      struct wn_mixture_point *point)
{
    double e[BLOCK], x = point->x[0], ends[2];

    if (is_far(block, x, point->peak - cut))
        return;
    exponentiate(e, block->weight, block->base, block->center, block->precision, x, top,
                 block->n);
    point->sum += wn_sum_of(e, block->n);
    ends[0] = exponent(block, 0, x);
    ends[1] = exponent(block, block->n - 1, x);
    for (size_t i = 0; i < 2; i++)
        if (ends[i] > point->peak)
            point->peak = ends[i];
}

void wn_mixture_look_line(const struct wn_mixture *mixture,
                          struct wn_mixture_point *points,
                          size_t n_points)
{
    double top = wn_largest_of(mixture->base, mixture->n);
    struct wn_mixture prior = *mixture;
    struct block first;

    prior.n = 1;
    first = block_at(&prior, 0);
    for (size_t i = 0; i < n_points; i++) {
        points[i].peak = exponent(&first, 0, points[i].x[0]);
        points[i].sum = mixture->weight[0] * wn_exp_down(points[i].peak - top);
        WN_DCHECK(top - points[i].peak < 700);
    }
    for (size_t begin = 1; begin < mixture->n; begin += BLOCK) {
        struct block block = block_at(mixture, begin);

        for (size_t i = 0; i < n_points; i++)
            add_block(&block, top, mixture->cut, &points[i]);
    }
    for (size_t i = 0; i < n_points; i++)
        points[i].log_density = top + log(points[i].sum);
}
