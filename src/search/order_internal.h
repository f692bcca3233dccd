/* search/order_internal.h - members of a population in order: who is the k-th best.
 *
 * A member has a number (its id) and is in at most once, with a loss and its trial. The
 * order is by loss, then by trial, so it is total and does not depend on who came first.
 *
 * A binary search tree whose subtrees know their sizes and are balanced by them (Nievergelt
 * and Reingold 1973, with the parameters (3, 2) of Hirai and Yamamoto, JFP 21 (2011)):
 * no subtree weighs more than three times its sibling. Every call is O(log n), and none but
 * wn_order_reserve() allocates.
 */
#ifndef WN_SEARCH_ORDER_INTERNAL_H
#define WN_SEARCH_ORDER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WN_ORDER_NONE UINT32_MAX

struct wn_order_node {
    double loss; /* never NaN */
    uint32_t trial;
    uint32_t left, right, size; /* ids; members below it, itself included; 0: not in */
};

/* {0} is empty. */
struct wn_order {
    struct wn_order_node *at; /* by id */
    size_t n_ids, room;
    uint32_t root;
};

void wn_order_release(struct wn_order *order);
/* Make the ids 0..n_ids-1 usable; false without memory. Never fewer than before. */
bool wn_order_reserve(struct wn_order *order, uint32_t n_ids);
/* Put a member, or move it if it is in. */
void wn_order_put(struct wn_order *order, uint32_t id, double loss, uint32_t trial);
void wn_order_remove(struct wn_order *order, uint32_t id); /* or nothing */
uint32_t wn_order_size(const struct wn_order *order);
/* Id of the member that `rank` others are better than; rank < size. */
uint32_t wn_order_at(const struct wn_order *order, uint32_t rank);

#endif /* WN_SEARCH_ORDER_INTERNAL_H */
