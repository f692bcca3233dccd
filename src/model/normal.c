/* normal.c - masses of the normal distribution, to full precision, and draws.
 *
 * Phi(b) - Phi(a) loses its digits when both are near 1, near 0 or near each other. So the
 * side of the larger tail is turned to the left; where the ends lie on both sides of the
 * mean, two parts are added; where e^(-t^2/2) changes little in between, it is integrated as a
 * series about the middle; else the difference of two tails is at least a third of the
 * larger one; and far out, where the tails are no doubles any more, they are taken from the
 * asymptotic series (Abramowitz, Stegun: Handbook of Mathematical Functions, 26.2.12).
 */
#include "model/normal.h"

#include <math.h>
#include <stdbool.h>

#include "base/assert.h"
#include "model/exp.h"
#include "model/wide_internal.h"

enum { TERMS = 12, BLOCK = 128 };

#define SQRT_HALF 0.70710678118654752440
#define FAR_OUT   37.0 /* erfc(37 / sqrt 2) is still a normal double */

/* Whether the series below has come to its last digit after TERMS terms: with d = 1 and m = 2
 * the next one is below 1e-19, and all are smaller for smaller d and m d. */
static bool is_narrow(double m, double d)
{
    return d < 1 && fabs(m) * d < 2;
}

/* The integral over t in [-d/2, d/2] of e^(-(m + t)^2 / 2) is d e^(-m^2/2) (1 + sum), where sum is
 * over k > 0 of He_2k(m) (d/2)^2k / (2k + 1)!, He being Hermite's polynomials. m and d are
 * those of [from, to] in normals; what comes out where they are not narrow is of no use. */
WN_WIDE static void add_series(const double *restrict means,
                               const double *restrict sds,
                               size_t n,
                               double from,
                               double to,
                               double *restrict sums)
{
    for (size_t i = 0; i < n; i++) {
        double scale = 1 / sds[i], d = (to - from) * scale;
        double m = ((from - means[i]) + (to - means[i])) * (0.5 * scale);
        double square = 0.25 * d * d, factor = 1, before = 1, he = m, sum = 0;

        for (int k = 1; k <= TERMS; k++) {
            double even = m * he - (2 * k - 1) * before;

            he = m * even - 2 * k * he;
            before = even;
            factor *= square * (1.0 / (2 * k * (2 * k + 1)));
            sum += even * factor;
        }
        sums[i] = sum;
    }
}

static double log_narrow(double m, double d, double sum)
{
    return -0.5 * m * m - WN_LOG_SQRT_2PI + log(d * (1 + sum));
}

/* log Phi(x) for x <= 0. */
static double log_tail(double x)
{
    double square = 1 / (x * x), sum = 0, term = 1;

    if (x > -FAR_OUT)
        return log(0.5 * erfc(-x * SQRT_HALF));
    for (int k = 1; k <= 8; k++) {
        term *= -(2 * k - 1) * square;
        sum += term;
    }
    return -0.5 * x * x - log(-x) - WN_LOG_SQRT_2PI + log1p(sum);
}

/* What is not narrow. */
static double log_wide(double mean, double sd, double from, double to)
{
    double a = (from - mean) / sd, b = (to - mean) / sd;

    if (a <= 0 && b >= 0)
        return log(0.5 * (erf(b * SQRT_HALF) + erf(-a * SQRT_HALF)));
    if (a > 0) { /* to the left */
        double right = b;
        b = -a;
        a = -right;
    }
    if (b > -FAR_OUT)
        return log(0.5 * (erfc(-b * SQRT_HALF) - erfc(-a * SQRT_HALF)));
    return log_tail(b) + log1p(-exp(log_tail(a) - log_tail(b)));
}

static double log_mass(double mean, double sd, double from, double to, double sum)
{
    double d = (to - from) / sd, m = ((from - mean) + (to - mean)) / (2 * sd);

    WN_DCHECK(from < to && sd > 0);
    return is_narrow(m, d) ? log_narrow(m, d, sum) : log_wide(mean, sd, from, to);
}

double wn_normal_log_mass(double mean, double sd, double from, double to)
{
    double sum;

    add_series(&mean, &sd, 1, from, to, &sum);
    return log_mass(mean, sd, from, to, sum);
}

/* Normals that are not too far out, as many as are worked on at once. */
struct near {
    double means[BLOCK], sds[BLOCK], sums[BLOCK];
    size_t at[BLOCK], n;
};

static void finish(struct near *near, double from, double to, double *out)
{
    add_series(near->means, near->sds, near->n, from, to, near->sums);
    for (size_t k = 0; k < near->n; k++)
        out[near->at[k]] =
            log_mass(near->means[k], near->sds[k], from, to, near->sums[k]);
    near->n = 0;
}

void wn_normal_log_masses(const double *means,
                          const double *sds,
                          size_t n,
                          double from,
                          double to,
                          double cut,
                          double *out)
{
    struct near near = {.n = 0};

    for (size_t i = 0; i < n; i++) {
        double mean = means[i], sd = sds[i];
        double apart = mean < from ? from - mean : mean > to ? mean - to : 0;

        out[i] = -(double)INFINITY;
        if (0.5 * apart * apart > cut * sd * sd)
            continue;
        near.means[near.n] = mean;
        near.sds[near.n] = sd;
        near.at[near.n++] = i;
        if (near.n == BLOCK)
            finish(&near, from, to, out);
    }
    finish(&near, from, to, out);
}

double wn_normal_log_unit(double mean, double sd)
{
    double scale = SQRT_HALF / sd;

    return log(0.5 * (erf(mean * scale) + erf((1 - mean) * scale)));
}

/* Refused draws: at least a third of a normal narrower than [0, 1] lies within; a wider one
 * is nowhere in it below e^-1/2 of its height. */
double wn_normal_draw_unit(struct wn_rng *rng, double mean, double sd)
{
    double x, z;

    WN_DCHECK(mean >= 0 && mean <= 1 && sd > 0);
    if (sd < 1) {
        do
            x = mean + sd * wn_rng_normal(rng);
        while (!(x >= 0 && x <= 1));
        return x;
    }
    do {
        x = wn_rng_unit(rng);
        z = (x - mean) / sd;
    } while (wn_rng_unit(rng) >= wn_exp_down(-0.5 * z * z));
    return x;
}
