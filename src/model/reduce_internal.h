/* model/reduce_internal.h - sums and largest of many numbers, four at a time.
 *
 * So one operation need not wait for the other, and the order of additions is the same on
 * every processor. n > 0.
 */
#ifndef WN_MODEL_REDUCE_INTERNAL_H
#define WN_MODEL_REDUCE_INTERNAL_H

#include <stddef.h>

static inline double wn_sum_of(const double *x, size_t n)
{
    double a = 0, b = 0, c = 0, d = 0;
    size_t i = 0;

    for (; i + 3 < n; i += 4) {
        a += x[i];
        b += x[i + 1];
        c += x[i + 2];
        d += x[i + 3];
    }
    for (; i < n; i++)
        a += x[i];
    return (a + b) + (c + d);
}

static inline double wn_largest_of(const double *x, size_t n)
{
    double a = x[0], b = a, c = a, d = a;
    size_t i = 0;

    for (; i + 3 < n; i += 4) {
        a = x[i] > a ? x[i] : a;
        b = x[i + 1] > b ? x[i + 1] : b;
        c = x[i + 2] > c ? x[i + 2] : c;
        d = x[i + 3] > d ? x[i + 3] : d;
    }
    for (; i < n; i++)
        a = x[i] > a ? x[i] : a;
    a = a > b ? a : b;
    c = c > d ? c : d;
    return a > c ? a : c;
}

static inline double wn_least_of(const double *x, size_t n)
{
    double a = x[0], b = a, c = a, d = a;
    size_t i = 0;

    for (; i + 3 < n; i += 4) {
        a = x[i] < a ? x[i] : a;
        b = x[i + 1] < b ? x[i + 1] : b;
        c = x[i + 2] < c ? x[i + 2] : c;
        d = x[i + 3] < d ? x[i + 3] : d;
    }
    for (; i < n; i++)
        a = x[i] < a ? x[i] : a;
    a = a < b ? a : b;
    c = c < d ? c : d;
    return a < c ? a : c;
}

#endif /* WN_MODEL_REDUCE_INTERNAL_H */
