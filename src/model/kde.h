/* model/kde.h - multivariate kernel density estimators with one bandwidth an axis.
 *
 * What BOHB fits (Falkner, Klein, Hutter, ICML 2018, arXiv 1807.01774) through statsmodels'
 * KDEMultivariate: the mean of product kernels
 *
 *   NORMAL     normal about the place in [0, 1], not cut off at its ends; bandwidth
 *              h = 1.06 s n^(-1/(4 + d)), s the standard deviation, d the number of axes
 *              ("normal reference rule"): floats, ints and steps
 *   CATEGORY   Aitchison, Aitken (Biometrika 63, 1976): 1 - h for the own category, h / (c - 1)
 *              for each other of the c
 *   ORDER      Wang, van Ryzin (Biometrika 68, 1981): h^|i - j| / 2, and 1 for the own position,
 *              over their sum
 *
 * Bandwidths are at least `min_bandwidth`. Where statsmodels gives no distribution this
 * one differs: for categories s is that of a two-valued variable of the same impurity,
 * sqrt((1 - sum of p^2) / 2), which is the rule's own for two and does not depend on how
 * categories are numbered, and h is at most (c - 1)/c, where all are alike; for positions h
 * is at most 1, and kernels sum to 1 over the positions there are.
 *
 * A row without a value on an axis (NaN: the parameter was inactive) has the uniform
 * kernel there, for it says nothing of it, and takes no part in the bandwidth; a point
 * without one leaves the axis out. BOHB fills the gaps with values drawn from other rows
 * instead, so that its densities change from one fit to the next.
 */
#ifndef WN_MODEL_KDE_H
#define WN_MODEL_KDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rng.h"

enum wn_kde_kind { WN_KDE_NORMAL = 1, WN_KDE_CATEGORY = 2, WN_KDE_ORDER = 3 };

struct wn_kde_axis {
    enum wn_kde_kind kind;
    size_t n_values; /* CATEGORY, ORDER */
};

struct wn_kde;

enum wn_status wn_kde_create(const struct wn_kde_axis *axes,
                             size_t n_axes,
                             struct wn_kde **out,
                             struct wn_error *err) WN_MUST_CHECK; /* copies the axes */
void wn_kde_destroy(struct wn_kde *kde);                          /* NULL is allowed */
/* Make room for so many rows, so that no other call needs memory; the last fit is
 * forgotten. False: no memory. */
bool wn_kde_reserve(struct wn_kde *kde, size_t n_rows);

/* To rows which[0] ... which[n - 1] of `rows` (n_axes numbers each: places, categories,
 * positions); n > 0. */
void wn_kde_fit(struct wn_kde *kde,
                const double *rows,
                const uint32_t *which,
                size_t n,
                double min_bandwidth);
double wn_kde_bandwidth(const struct wn_kde *kde, size_t axis); /* of the last fit */
/* BOHB's draw from one of the rows: normals are `factor` bandwidths wide and held to [0, 1], a
 * category is kept with chance 1 - h and else any, a position is drawn from its kernel. */
void wn_kde_draw(const struct wn_kde *kde, double factor, struct wn_rng *rng, double *x);
/* Logarithms of the density at `n_points` points, each n_axes numbers in x. */
void wn_kde_score(struct wn_kde *kde,
                  const double *x,
                  size_t n_points,
                  double *log_density);

#endif /* WN_MODEL_KDE_H */
