/* sched/weighted.h - what the better entries of a growing list weigh together.
 *
 * Entries are ordered as in ranking.h, by loss and then by trial number; each has a
 * weight. A list takes entries and never loses one. With weights of 1 wn_weighted_up_to()
 * is the rank of an entry, counted from 1.
 *
 * A treap: a binary search tree by order and a heap by a hash of the trial number, so its
 * shape is that of random insertions whatever comes, and the same in every run (Seidel and
 * Aragon, Algorithmica 16, 1996). Each node has the sum of its subtree. Adding and asking
 * are O(log n).
 */
#ifndef WN_SCHED_WEIGHTED_H
#define WN_SCHED_WEIGHTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "sched/ranking.h"

struct wn_weighted_node {
    struct wn_ranked item;
    uint64_t sum;           /* of the weights of this node and all below it */
    uint32_t better, worse; /* 1 + index of a child; 0: none */
};

struct wn_weighted { /* {0} is empty */
    WN_VEC(struct wn_weighted_node) nodes;
    uint32_t root; /* 1 + index; 0: none */
};

void wn_weighted_release(struct wn_weighted *list);
/* Each trial at most once; the sum of all weights must fit. False: no memory. */
bool wn_weighted_add(struct wn_weighted *list, struct wn_ranked item, uint64_t weight);
uint64_t wn_weighted_total(const struct wn_weighted *list);
/* Weight of all entries that are not worse than `item`, itself included if it is one. */
uint64_t wn_weighted_up_to(const struct wn_weighted *list, struct wn_ranked item);

#endif /* WN_SCHED_WEIGHTED_H */
