/* ranking.c - two heaps and the border between them. */
#include "sched/ranking.h"

#include "base/assert.h"

static bool goes_first(struct wn_rank_heap *heap, struct wn_ranked a, struct wn_ranked b)
{
    heap->n_compared++;
    return heap->worst_first ? wn_ranked_before(b, a) : wn_ranked_before(a, b);
}

const struct wn_ranked *wn_rank_heap_first(const struct wn_rank_heap *heap)
{
    return heap->items.n ? &heap->items.at[0] : NULL;
}

/* Put an item where at[i] is vacant, or above it. */
static void sift_up(struct wn_rank_heap *heap, size_t i, struct wn_ranked item)
{
    struct wn_ranked *at = heap->items.at;

    for (; i > 0; i = (i - 1) / 2) {
        if (!goes_first(heap, item, at[(i - 1) / 2]))
            break;
        at[i] = at[(i - 1) / 2];
    }
    at[i] = item;
}

/* Or below it. */
static void sift_down(struct wn_rank_heap *heap, size_t i, struct wn_ranked item)
{
    struct wn_ranked *at = heap->items.at;
    size_t n = heap->items.n;

    for (size_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && goes_first(heap, at[child + 1], at[child]))
            child++;
        if (!goes_first(heap, at[child], item))
            break;
        at[i] = at[child];
        i = child;
    }
    at[i] = item;
}

bool wn_rank_heap_push(struct wn_rank_heap *heap, struct wn_ranked item)
{
    struct wn_ranked *last = wn_vec_push(&heap->items);

    if (!last)
        return false;
    sift_up(heap, heap->items.n - 1, item);
    return true;
}

struct wn_ranked wn_rank_heap_pop(struct wn_rank_heap *heap)
{
    struct wn_ranked first;

    WN_ASSERT(heap->items.n > 0);
    first = heap->items.at[0];
    sift_down(heap, 0, heap->items.at[--heap->items.n]);
    return first;
}

bool wn_rank_heap_remove(struct wn_rank_heap *heap, uint32_t trial)
{
    struct wn_ranked last;
    size_t i = 0;

    while (i < heap->items.n && heap->items.at[i].trial != trial)
        i++;
    if (i == heap->items.n)
        return false;
    last = heap->items.at[--heap->items.n];
    if (i > 0 && goes_first(heap, last, heap->items.at[(i - 1) / 2]))
        sift_up(heap, i, last);
    else
        sift_down(heap, i, last);
    return true;
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
