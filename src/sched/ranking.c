/* ranking.c - two heaps and the border between them. */
#include "sched/ranking.h"

#include "base/assert.h"

bool wn_ranked_before(struct wn_ranked a, struct wn_ranked b)
{
    return a.loss != b.loss ? a.loss < b.loss : a.trial < b.trial;
}

static bool goes_first(struct wn_rank_heap *heap, struct wn_ranked a, struct wn_ranked b)
{
    heap->n_compared++;
    return heap->worst_first ? wn_ranked_before(b, a) : wn_ranked_before(a, b);
}

const struct wn_ranked *wn_rank_heap_first(const struct wn_rank_heap *heap)
{
    return heap->items.n ? &heap->items.at[0] : NULL;
}

bool wn_rank_heap_push(struct wn_rank_heap *heap, struct wn_ranked item)
{
    struct wn_ranked *at = wn_vec_push(&heap->items);
    size_t i;

    if (!at)
        return false;
    at = heap->items.at;
    for (i = heap->items.n - 1; i > 0; i = (i - 1) / 2) {
        if (!goes_first(heap, item, at[(i - 1) / 2]))
            break;
        at[i] = at[(i - 1) / 2];
    }
    at[i] = item;
    return true;
}

struct wn_ranked wn_rank_heap_pop(struct wn_rank_heap *heap)
{
    struct wn_ranked *at = heap->items.at, first, last;
    size_t n, i = 0;

    WN_ASSERT(heap->items.n > 0);
    n = --heap->items.n;
    first = at[0];
    last = at[n];
    for (size_t child = 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && goes_first(heap, at[child + 1], at[child]))
            child++;
        if (!goes_first(heap, at[child], last))
            break;
        at[i] = at[child];
        i = child;
    }
    at[i] = last;
    return first;
}

void wn_rank_heap_release(struct wn_rank_heap *heap)
{
    wn_vec_release(&heap->items);
}

void wn_ranking_init(struct wn_ranking *ranking, uint64_t eta)
{
    WN_ASSERT(eta >= 2);
    *ranking = (struct wn_ranking){.top = {.worst_first = true}, .eta = eta};
}

void wn_ranking_release(struct wn_ranking *ranking)
{
    wn_rank_heap_release(&ranking->top);
    wn_rank_heap_release(&ranking->rest);
}

uint64_t wn_ranking_size(const struct wn_ranking *ranking)
{
    return (uint64_t)ranking->top.items.n + ranking->rest.items.n;
}

bool wn_ranking_add(struct wn_ranking *ranking, struct wn_ranked item)
{
    size_t n_top = ranking->top.items.n;

    if ((wn_ranking_size(ranking) + 1) / ranking->eta > n_top)
        return wn_rank_heap_push(&ranking->rest, item) &&
               wn_rank_heap_push(&ranking->top, wn_rank_heap_pop(&ranking->rest));
    if (n_top && wn_ranked_before(item, *wn_rank_heap_first(&ranking->top)))
        return wn_rank_heap_push(&ranking->rest, wn_rank_heap_pop(&ranking->top)) &&
               wn_rank_heap_push(&ranking->top, item);
    return wn_rank_heap_push(&ranking->rest, item);
}

bool wn_ranking_is_top(const struct wn_ranking *ranking, struct wn_ranked item)
{
    const struct wn_ranked *worst = wn_rank_heap_first(&ranking->top);

    return worst && !wn_ranked_before(*worst, item);
}

bool wn_ranking_would_be_top(const struct wn_ranking *ranking, struct wn_ranked item)
{
    const struct wn_ranked *border = wn_rank_heap_first(&ranking->top);

    if ((wn_ranking_size(ranking) + 1) / ranking->eta > ranking->top.items.n) {
        border = wn_rank_heap_first(&ranking->rest); /* the top grows by one place */
        return !border || wn_ranked_before(item, *border);
    }
    return border && wn_ranked_before(item, *border);
}
