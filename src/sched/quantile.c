/* quantile.c - two heaps and the border between them. */
#include "sched/quantile.h"

#include <math.h>

#include "base/assert.h"

void wn_quantile_init(struct wn_quantile *quantile, double q)
{
    WN_ASSERT(q >= 0 && q <= 1);
    *quantile = (struct wn_quantile){.below = {.worst_first = true}, .q = q};
}

void wn_quantile_release(struct wn_quantile *quantile)
{
    wn_rank_heap_release(&quantile->below);
    wn_rank_heap_release(&quantile->above);
}

void wn_quantile_clear(struct wn_quantile *quantile)
{
    quantile->below.items.n = quantile->above.items.n = 0;
}

size_t wn_quantile_size(const struct wn_quantile *quantile)
{
    return quantile->below.items.n + quantile->above.items.n;
}

bool wn_quantile_add(struct wn_quantile *quantile, double value)
{
    size_t n = wn_quantile_size(quantile);
    size_t n_below = (size_t)floor((double)n * quantile->q) + 1; /* (n + 1) - 1 = n */
    struct wn_ranked item = {value, (uint32_t)n};

    if (n_below > quantile->below.items.n) /* the lower side grows by one */
        return wn_rank_heap_push(&quantile->above, item) &&
               wn_rank_heap_push(&quantile->below, wn_rank_heap_pop(&quantile->above));
    return wn_rank_heap_push(&quantile->below, item) &&
           wn_rank_heap_push(&quantile->above, wn_rank_heap_pop(&quantile->below));
}

double wn_quantile_get(const struct wn_quantile *quantile)
{
    const struct wn_ranked *low = wn_rank_heap_first(&quantile->below);
    const struct wn_ranked *high = wn_rank_heap_first(&quantile->above);
    double h = (double)(wn_quantile_size(quantile) - 1) * quantile->q;
    double part = h - floor(h);

    WN_ASSERT(low);
    if (!high || part <= 0 || low->loss >= high->loss)
        return low->loss;
    return isinf(low->loss) ? low->loss : low->loss + part * (high->loss - low->loss);
}
