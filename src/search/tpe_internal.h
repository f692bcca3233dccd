/* search/tpe_internal.h - what TPE learns from trials, and which of them are good.
 *
 * Every configured trial is an observation, numbered in the order of configuration. Its
 * value is
 *
 *     trial                                      value
 *     completed, or at the maximum resource      the loss of its last report
 *     stopped, paused, or live after a verdict   the loss of its last report with a verdict at a
 *                                                milestone (a stopped one: of its last report)
 *     ended without a report, or with an infinite loss: the worst there is
 *     failed                                     none: it is bad, and counts nowhere
 *     live without a verdict                     none: it runs
 *
 * so a trial that a rung let pass keeps its rank while it runs on, and under a scheduler
 * without rungs a trial has no value before it ends. Good are the best n, in this order:
 * completed ones by loss; then the others with a loss, first those that got farthest, among
 * equal resources by loss; ties by the order of configuration. The worst are never good.
 *
 * Optuna ranks pruned trials in the same way, and counts for start-up and for gamma what has a
 * value, completed or pruned. Failed trials it leaves out of its densities too; here they are
 * bad, so that what cannot run keeps proposals away.
 */
#ifndef WN_SEARCH_TPE_INTERNAL_H
#define WN_SEARCH_TPE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "trial/event.h"

struct wn_history;

/* The better the smaller. */
enum wn_tpe_state {
    WN_TPE_COMPLETE = 0,
    WN_TPE_PARTIAL = 1,
    WN_TPE_WORST = 2,
    WN_TPE_FAILED = 3,
    WN_TPE_RUNNING = 4
};

struct wn_tpe_observation {
    double loss; /* COMPLETE, PARTIAL: finite */
    int64_t resource;
    enum wn_tpe_state state;
    bool is_good; /* as wn_tpe_choose() left it */
};

struct wn_tpe_trials {
    WN_VEC(struct wn_tpe_observation) seen;
    WN_VEC(uint32_t) of_trial; /* observation of each trial, or UINT32_MAX */
    WN_VEC(uint32_t) best;     /* room for choosing */
    size_t n_valued;           /* observations with one: up to WN_TPE_WORST */
};

void wn_tpe_trials_release(struct wn_tpe_trials *trials);
/* Any logical event that history has applied; O(1). */
enum wn_status wn_tpe_trials_apply(struct wn_tpe_trials *trials,
                                   const struct wn_history *history,
                                   const struct wn_event *event,
                                   struct wn_error *err) WN_MUST_CHECK;
/* min(ceil(gamma n), most) */
size_t wn_tpe_n_good(size_t n_valued, double gamma, size_t most);
/* Mark the best `n_good`, or as many as there are. O(n log n_good), mostly O(n). */
void wn_tpe_choose(struct wn_tpe_trials *trials, size_t n_good);

#endif /* WN_SEARCH_TPE_INTERNAL_H */
