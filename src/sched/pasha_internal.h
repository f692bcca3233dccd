/* pasha_internal.h - how far trials may go while their ranking is settled.
 *
 * Bohdal, Balles, Wistuba, Ermis, Archambeau, Zappella: PASHA: Efficient HPO and NAS with
 * Progressive Resource Allocation, ICLR 2023 (arXiv 2207.06940), Algorithm 1, with the soft
 * ranking and the automatic epsilon of its section 4. It is asynchronous successive halving
 * under a maximum resource that grows: at first only the two lowest levels are open; one
 * more is opened whenever a trial reaches the top open level and the ranking of the trials
 * there is not the ranking that the same trials had at the level below.
 *
 * Two rankings are the same if at each place of the upper one stands a trial whose loss at
 * the lower level is within epsilon of the loss of the trial that has this place in the
 * lower one. (The groups of the paper: equal to the trial of a place are all within epsilon
 * of it.) A tie at the upper level is in the order of the lower one.
 *
 * Epsilon is the 90th percentile, interpolated, of |difference of the losses| over the pairs
 * of trials that criss-crossed: from the highest resource that both reported downwards their
 * order is found reversed, and further down found again; the difference is that at the
 * highest. Reports between levels count. It is 0 until there is a pair, and stays as it is
 * when a level opens, until there are pairs at the new one.
 *
 * Trials that failed or ended before a level have no place there. A report that jumps levels
 * has the same loss in each.
 *
 * What bounds the work of a report, where the paper has all trials: compared are the best
 * WN_PASHA_COMPARED of the top level; pairs are those of the first so many that reached it,
 * looked at along their last WN_PASHA_STEPS reports. Up to that many trials at a level (the
 * paper's studies have 85 at most) nothing is left out.
 */
#ifndef WN_SCHED_PASHA_INTERNAL_H
#define WN_SCHED_PASHA_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "sched/quantile.h"

#define WN_PASHA_COMPARED 96
#define WN_PASHA_STEPS    128

struct wn_history;

struct wn_pasha_place {
    double upper, lower; /* losses at the top level and the one below */
    uint32_t trial;
};

struct wn_pasha {
    const struct wn_history *history;
    const int64_t *levels; /* n_levels, borrowed; the maximum is one more */
    size_t n_levels;
    size_t top;     /* index of the top open level; n_levels: everything is open */
    double epsilon; /* of losses */
    struct wn_pasha_place best[WN_PASHA_COMPARED]; /* by their order at the top level */
    double lower[WN_PASHA_COMPARED];               /* their lower losses, sorted */
    size_t n_best;
    uint32_t first[WN_PASHA_COMPARED]; /* trials in the order they came */
    size_t n_first;
    struct wn_quantile differences;
    WN_VEC(uint32_t) ahead; /* trials that jumped over the top level */
};

/* `n_levels` is at least 2. NULL without memory; destroy takes NULL. */
struct wn_pasha *wn_pasha_create(const struct wn_history *history,
                                 const int64_t *levels,
                                 size_t n_levels);
void wn_pasha_destroy(struct wn_pasha *pasha);
/* A report of the trial, in history already, is its first at or past a level; of one that
 * jumped, level by level upwards. It may open more. False: no memory. */
bool wn_pasha_reach(struct wn_pasha *pasha, size_t level, uint32_t trial);

#endif /* WN_SCHED_PASHA_INTERNAL_H */
