/* trial/order.h - results in order, of which any position and any sum may be asked.
 *
 * A place, numbered from 0, has at most one result (ranked.h), which may be replaced or taken
 * away; each has a weight. Asked for are who is at a position, how many stand before a
 * result, and what the better ones weigh together. With weights of 1 and 0 these are marks:
 * the marked ones can be counted and found on their own.
 *
 * A binary search tree whose subtrees know their sizes and sums and are balanced by size
 * (Nievergelt and Reingold 1973, with the parameters (3, 2) of Hirai and Yamamoto, JFP 21
 * (2011)): no subtree has more than three times its sibling. Every call is O(log n);
 * wn_order_clear() is O(1), and none but wn_order_reserve() can fail.
 */
#ifndef WN_TRIAL_ORDER_H
#define WN_TRIAL_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trial/ranked.h"

#define WN_PLACE_NONE UINT32_MAX

struct wn_order_node {
    struct wn_ranked entry;
    uint64_t weight, sum; /* its own; of its subtree */
    uint32_t child[2];    /* of the better and of the worse ones; 0: none */
    uint32_t n;           /* nodes of its subtree; 0: the place is empty */
    uint32_t round;       /* in, if it is that of the order */
};

/* {0} is empty and has no places. */
struct wn_order {
    struct wn_order_node *at; /* a place's node is at[1 + place]; at[0] is nobody */
    size_t n_places, room;
    uint32_t root, round;
};

void wn_order_release(struct wn_order *order);
/* Make the places 0..n_places-1 usable; false without memory. Never fewer than before. */
bool wn_order_reserve(struct wn_order *order, size_t n_places);
void wn_order_clear(struct wn_order *order);

/* Put a result into its place, or move it if the place has one. */
void wn_order_put(struct wn_order *order,
                  uint32_t place,
                  struct wn_ranked entry,
                  uint64_t weight);
void wn_order_remove(struct wn_order *order, uint32_t place); /* or nothing */
/* What the place has, or NULL; borrowed until the next change. */
const struct wn_order_node *wn_order_get(const struct wn_order *order, uint32_t place);

size_t wn_order_size(const struct wn_order *order);
/* Place of the result that `position` others stand before; NONE if there are not so many. */
uint32_t wn_order_at(const struct wn_order *order, size_t position);
/* How many stand before the entry, which may be in or not. */
size_t wn_order_before(const struct wn_order *order, struct wn_ranked entry);

/* Sums of weights must fit. Of the first `n`; all, if there are not so many. */
uint64_t wn_order_weight(const struct wn_order *order, size_t n);
/* Of all that do not stand behind the entry: of itself too, if it is in. */
uint64_t wn_order_weight_to(const struct wn_order *order, struct wn_ranked entry);
/* Place of the first result that makes the sum from the best on exceed `weight`; NONE if all
 * do not. Marked ones weigh 1, others 0: the marked one that `weight` others stand before. */
uint32_t wn_order_at_weight(const struct wn_order *order, uint64_t weight);

#endif /* WN_TRIAL_ORDER_H */
