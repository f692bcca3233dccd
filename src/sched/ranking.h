/* sched/ranking.h - who is among the best n/eta of a growing list.
 *
 * A ranking takes entries and never loses one; its top is the best floor(n / eta) of the n
 * it has. Two heaps hold it, the top with its worst entry first and the rest with its best
 * one first: an entry moves the border by one place at most. Adding is O(log n), asking is
 * O(1). Where any position may be asked for, see trial/order.h.
 */
#ifndef WN_SCHED_RANKING_H
#define WN_SCHED_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "trial/ranked.h"

/* A binary heap; {0} with `worst_first` set as wished is empty. */
struct wn_rank_heap {
    WN_VEC(struct wn_ranked) items;
    bool worst_first;
    uint64_t n_compared; /* so that a test can count work instead of time */
};

const struct wn_ranked *wn_rank_heap_first(
    const struct wn_rank_heap *heap); /* NULL when empty */
bool wn_rank_heap_push(struct wn_rank_heap *heap,
                       struct wn_ranked item);                /* false: no memory */
struct wn_ranked wn_rank_heap_pop(struct wn_rank_heap *heap); /* not when empty */
/* The item of a trial; false if there is none. O(n), but O(log n) for the first. */
bool wn_rank_heap_remove(struct wn_rank_heap *heap, uint32_t trial);
void wn_rank_heap_release(struct wn_rank_heap *heap);

struct wn_ranking {
    struct wn_rank_heap top, rest;
    uint64_t eta; /* >= 2 */
};

void wn_ranking_init(struct wn_ranking *ranking, uint64_t eta);
void wn_ranking_release(struct wn_ranking *ranking);
uint64_t wn_ranking_size(const struct wn_ranking *ranking);
bool wn_ranking_add(struct wn_ranking *ranking,
                    struct wn_ranked item); /* false: no memory */
/* Whether an entry that was added is in the top. */
bool wn_ranking_is_top(const struct wn_ranking *ranking, struct wn_ranked item);
/* Whether an entry that was not added would be in the top once it is. */
bool wn_ranking_would_be_top(const struct wn_ranking *ranking, struct wn_ranked item);

#endif /* WN_SCHED_RANKING_H */
