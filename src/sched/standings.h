/* sched/standings.h - who stands where, of members whose results come, change and leave.
 *
 * A ranking (ranking.h) only grows and knows one border. Here every place has at most one
 * entry, which may be replaced or taken away, and any position may be asked for; some of
 * the entries are marked, and the marked ones can be counted and found on their own. Best
 * first: the smaller loss, of equal ones the smaller trial number.
 *
 * A treap over the places (Seidel and Aragon: Randomized Search Trees, Algorithmica 16
 * (1996)) with the sizes of its subtrees. Priorities are hashes of the places, so its shape
 * depends on nothing but what is in it. Room is made once: no later call can fail. All are
 * O(log n), expected; wn_standings_clear() is O(1).
 */
#ifndef WN_SCHED_STANDINGS_H
#define WN_SCHED_STANDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/ranking.h" /* wn_ranked */

#define WN_PLACE_NONE UINT32_MAX

struct wn_standing {
    struct wn_ranked entry;
    uint64_t round; /* in, if it is that of the standings */
    uint32_t left, right, priority;
    uint32_t n, n_marked; /* of the subtree */
    bool is_marked;
};

struct wn_standings {
    struct wn_standing *at; /* by place */
    size_t n_places;
    uint64_t round;
    uint32_t root;
};

bool wn_standings_init(struct wn_standings *standings,
                       uint32_t n_places); /* false: no memory */
void wn_standings_release(struct wn_standings *standings);
void wn_standings_clear(struct wn_standings *standings);

/* Enter the place, or move it if it is in. */
void wn_standings_put(struct wn_standings *standings,
                      uint32_t place,
                      struct wn_ranked entry,
                      bool is_marked);
void wn_standings_remove(struct wn_standings *standings,
                         uint32_t place); /* if it is in */

bool wn_standings_has(const struct wn_standings *standings, uint32_t place);
size_t wn_standings_size(const struct wn_standings *standings);
/* How many stand before this entry, which need not be in. */
size_t wn_standings_before(const struct wn_standings *standings, struct wn_ranked entry);
/* The place at a position, from 0; WN_PLACE_NONE behind the last. */
uint32_t wn_standings_at(const struct wn_standings *standings, size_t position);
/* How many of the first `n` are marked; and the k-th marked of all, from 0. */
size_t wn_standings_n_marked(const struct wn_standings *standings, size_t n);
uint32_t wn_standings_marked_at(const struct wn_standings *standings, size_t k);

#endif /* WN_SCHED_STANDINGS_H */
