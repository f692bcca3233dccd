/* model/normal.h - masses of the normal distribution, to full precision, and draws. */
#ifndef WN_MODEL_NORMAL_H
#define WN_MODEL_NORMAL_H

#include <stddef.h>

#include "base/rng.h"

#define WN_LOG_SQRT_2PI 0.91893853320467274178

/* Logarithm of what normal(mean, sd) has between `from` and `to` (from < to, sd > 0). Its
 * error is below 1e-13, and 2e-15 of its own size, however far out or narrow: a mass that
 * counts is right to 13 digits. */
double wn_normal_log_mass(double mean, double sd, double from, double to);
/* Of many normals at once, out[i] that of means[i] and sds[i], as exactly; minus infinity where
 * the density has fallen to e^-cut of its height at the nearer of `from` and `to`. */
void wn_normal_log_masses(const double *means,
                          const double *sds,
                          size_t n,
                          double from,
                          double to,
                          double cut,
                          double *out);
/* The same of [0, 1] for a mean in it. */
double wn_normal_log_unit(double mean, double sd);
/* A draw from normal(mean, sd) held to [0, 1], for a mean in it. */
double wn_normal_draw_unit(struct wn_rng *rng, double mean, double sd);

#endif /* WN_MODEL_NORMAL_H */
