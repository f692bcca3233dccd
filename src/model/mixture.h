/* model/mixture.h - the density of a mixture of product kernels, at many points.
 *
 *     p(x) = sum over kernels k of weight_k e^(base_k + sum over axes of gain_k,axis(x))
 *
 * An axis is either one of normal kernels, whose gain is offset - precision (x - center)^2,
 * or one of codes: kernels that have the same density along it share a code, and a point
 * brings the gain of each code. A point may leave an axis out.
 *
 * Sums are made in the logarithm, block by block over kernels for all points at once,
 * with the largest exponent taken out; what could not change a sum is not added up. So the
 * result is exact to a few units of the last place of its exponents, 1e-13 for exponents
 * below 500. The same bits come out on every processor of a kind, wide or narrow: no
 * operation depends on how many are done at once.
 */
#ifndef WN_MODEL_MIXTURE_H
#define WN_MODEL_MIXTURE_H

#include <stddef.h>
#include <stdint.h>

#define WN_GAIN_NONE (-1e6) /* of a kernel that has nothing there */

struct wn_mixture_axis {
    const double *center;    /* of each kernel; NULL: an axis of codes */
    const double *precision; /* of each kernel: 1 / (2 sd^2); NULL: `common` is of all */
    const double *offset;    /* of each kernel; NULL: 0 */
    double common;
    const uint32_t *code; /* of each kernel; on an axis of codes */
};

struct wn_mixture {
    size_t n, n_axes; /* n > 0 */
    const double *weight;
    const double *base; /* NULL: 0 */
    const struct wn_mixture_axis *axes;
    /* A kernel whose exponent lies this far below another's changes no sum:
     * log(2^54 * sum of weights / smallest weight). */
    double cut;
};

struct wn_mixture_point {
    const double *x; /* n_axes; NaN leaves a normal axis out */
    const double *const
        *gain;          /* n_axes; of each code; NULL leaves an axis of codes out */
    double log_density; /* the result */
    double peak, sum;   /* while at work */
};

/* Fills log_density. */
void wn_mixture_look(const struct wn_mixture *mixture,
                     struct wn_mixture_point *points,
                     size_t n_points);
/* The same for one axis of normals with precisions of their own and a base, no offset; quicker
 * if kernels from number 1 on go by rising centers, as they must. Kernel 0 is wide: at
 * no point its exponent is 700 or more below the largest base. */
void wn_mixture_look_line(const struct wn_mixture *mixture,
                          struct wn_mixture_point *points,
                          size_t n_points);

#endif /* WN_MODEL_MIXTURE_H */
