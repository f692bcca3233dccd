/* model/parzen.h - Parzen estimators of the tree-structured kind (TPE).
 *
 * Bergstra, Bardenet, Bengio, Kegl: Algorithms for Hyper-Parameter Optimization, NIPS 2011;
 * Watanabe: Tree-Structured Parzen Estimator, arXiv 2304.11127 (2023), section 3. All rules and
 * constants are those of Optuna 5.0, and the densities agree with its to 1e-12.
 *
 * Everything lives in the unit cube of space.h: an axis is one parameter, its values are
 * places in [0, 1] on the parameter's scale, or numbers of categories. Observations are
 * numbered in the order in which they came; an axis knows those in which its parameter was
 * active. An estimator is fitted to some of them, its members; kernels are theirs and one
 * more, the prior.
 *
 *   weight of a kernel   1 for the newest 25 members; the older ones rise from 1/n by equal steps
 *                        to 1; the prior 1
 *   float                normal held to [0, 1] about the place; its width is the larger of the
 *                        distances to the members on both sides, in the order of places (ties:
 *                        in the order of observations); the ends of [0, 1] are neighbours only
 *                        when there is one member; held between 1 / min(100, n + 2) ("magic
 *                        clip") and 1. Prior: middle 0.5, width 1
 *   int, step, ordinal   the same, and a value has the mass of its part (wn_param_span)
 *   categorical          the observed category has (n + 2) / (n + 1 + c), others of the c have
 *                        1 / (n + 1 + c) each; prior: 1/c each
 *
 * Over several axes kernels are products. Densities over floats are with respect to the
 * place, so that they differ from those over values by a factor that no ratio sees.
 */
#ifndef WN_MODEL_PARZEN_H
#define WN_MODEL_PARZEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "model/sorted.h"
#include "space/space.h"

enum wn_axis_kind {
    WN_AXIS_PLACE = 1, /* a float without a step: a density */
    WN_AXIS_PART = 2,  /* finitely many values in an order: masses */
    WN_AXIS_CATEGORY = 3
};

/* What was computed of a kernel; its width and log_norm are the memo of its place. */
struct wn_axis_kernel {
    double precision, log_norm;
};

/* One parameter and its values in all observations. */
struct wn_axis {
    const struct wn_param *param; /* borrowed */
    enum wn_axis_kind kind;
    WN_VEC(double) values; /* of each observation: place or category; NaN: inactive */
    WN_VEC(struct wn_axis_kernel) kernels; /* of each observation; not for categories */
    struct wn_sorted places; /* PLACE, PART: of the observations in which it was active */
};

void wn_axis_init(struct wn_axis *axis, const struct wn_param *param);
void wn_axis_release(struct wn_axis *axis);
/* The next observation; NaN if the parameter is inactive in it. O(1). False: no memory. */
bool wn_axis_add(struct wn_axis *axis, double value);

struct wn_parzen;

/* Of parameters that are active together: an observation has values on all axes or on none.
 * Axes are borrowed. */
enum wn_status wn_parzen_create(struct wn_axis *const *axes,
                                size_t n_axes,
                                struct wn_parzen **out,
                                struct wn_error *err) WN_MUST_CHECK;
void wn_parzen_destroy(struct wn_parzen *parzen); /* NULL is allowed */
/* Make room for so many of so many observations, so that no other call needs memory; the
 * last fit is forgotten. False: no memory. */
bool wn_parzen_reserve(struct wn_parzen *parzen, size_t n_members, size_t n_observations);

/* To these observations, in rising order, which have values on the axes. O(observations), and
 * O(n log n) if n are few among them. */
void wn_parzen_fit(struct wn_parzen *parzen, const uint32_t *members, size_t n);
/* A draw from the last fit: n_axes places or categories. */
void wn_parzen_draw(const struct wn_parzen *parzen, struct wn_rng *rng, double *x);
/* Logarithms of the density at `n_points` points, each n_axes numbers in x. */
void wn_parzen_score(struct wn_parzen *parzen,
                     const double *x,
                     size_t n_points,
                     double *log_density);

/* The rules by themselves. */
double wn_parzen_weight(size_t rank, size_t n_members);    /* rank 1 ... n_members */
void wn_parzen_weights(size_t n_members, double *weights); /* the oldest first */
void wn_parzen_widths(const double *places, size_t n, double *widths); /* in order */

#endif /* WN_MODEL_PARZEN_H */
