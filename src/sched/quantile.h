/* sched/quantile.h - a quantile of a growing list of numbers.
 *
 * With n numbers x[0] <= ... <= x[n - 1] and h = (n - 1) q, the quantile q is x[floor h]
 * + (h - floor h) (x[floor h + 1] - x[floor h]): the median for q = 0.5, and what most
 * libraries call linear interpolation. Two heaps hold the list on both sides of it, whose
 * border moves by one place at most with every number: adding is O(log n), asking O(1).
 */
#ifndef WN_SCHED_QUANTILE_H
#define WN_SCHED_QUANTILE_H

#include <stdbool.h>
#include <stddef.h>

#include "sched/ranking.h"

struct wn_quantile {
    struct wn_rank_heap below, above; /* below holds floor(h) + 1 of them, or none */
    double q;                         /* 0..1 */
};

void wn_quantile_init(struct wn_quantile *quantile, double q);
void wn_quantile_release(struct wn_quantile *quantile);
void wn_quantile_clear(struct wn_quantile *quantile); /* forget all numbers */
size_t wn_quantile_size(const struct wn_quantile *quantile);
/* Not NaN, may be infinite; false: no memory. */
bool wn_quantile_add(struct wn_quantile *quantile, double value);
double wn_quantile_get(const struct wn_quantile *quantile); /* size > 0 */

#endif /* WN_SCHED_QUANTILE_H */
