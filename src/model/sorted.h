/* model/sorted.h - numbers kept in order, which is made when somebody looks.
 *
 * Adding is O(1), so that it may stand in a searcher's apply(); a look sorts what was added
 * since the last one and merges it in: O(n + k log k) for k new ones, and it needs no
 * memory. Order: by key, then by id. An item has two numbers for its owner's use, which
 * move with it.
 */
#ifndef WN_MODEL_SORTED_H
#define WN_MODEL_SORTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wn_sorted_item {
    double key;     /* never NaN */
    double memo[2]; /* 0 at first */
    uint32_t id;
};

/* {0} is empty. */
struct wn_sorted {
    struct wn_sorted_item *at, *spare;
    size_t n, room, spare_room;
    size_t n_ordered; /* the first so many are in order */
};

void wn_sorted_release(struct wn_sorted *sorted);
/* False: no memory. */
bool wn_sorted_add(struct wn_sorted *sorted, double key, uint32_t id);
/* All n items in order; until the next add. */
struct wn_sorted_item *wn_sorted_look(struct wn_sorted *sorted);
/* The same order for a few items of one's own. */
void wn_sorted_items(struct wn_sorted_item *items, size_t n);

#endif /* WN_MODEL_SORTED_H */
