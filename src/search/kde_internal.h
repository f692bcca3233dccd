/* search/kde_internal.h - what the kde searcher learns from trials: losses at levels.
 *
 * A level is a milestone; on it stand the trials that reached it, each once:
 *
 *     trial                                      on the level of the milestone it ran to
 *     reported at or past it                     that report's loss
 *     completed before it (program ended early)  the loss of its last report
 *     failed on the way                          infinite: the worst there is
 *     stopped or paused on the way               not there; it stays on the levels before
 *
 * so a trial that goes on keeps its losses on lower levels. A trial that is live and not on
 * a level is pending there, wherever it runs to. A configured trial is numbered in the
 * order of configuration: that is its row. That what failed counts as a trial of its level, with
 * an infinite loss, is as in BOHB's code; TPE, after Optuna, does not count it.
 */
#ifndef WN_SEARCH_KDE_INTERNAL_H
#define WN_SEARCH_KDE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/sorted.h"
#include "trial/event.h"

struct wn_history;

struct wn_kde_level {
    int64_t milestone;
    struct wn_sorted losses; /* id: row */
    size_t n_finite;
};

struct wn_kde_run {
    int64_t milestone; /* it runs to; 0: to none */
    uint32_t row;      /* UINT32_MAX until configured */
    uint32_t at_live;  /* place in `live`, or UINT32_MAX */
};

struct wn_kde_trials {
    WN_VEC(struct wn_kde_level) levels; /* by rising milestone */
    WN_VEC(struct wn_kde_run) runs;     /* of each trial */
    WN_VEC(uint32_t) live;              /* rows of configured trials that run */
    WN_VEC(uint32_t) trial_of_row;
};

void wn_kde_trials_release(struct wn_kde_trials *trials);
/* Any logical event that history has applied; O(log n) and the number of levels when a new
 * one appears. */
enum wn_status wn_kde_trials_apply(struct wn_kde_trials *trials,
                                   const struct wn_history *history,
                                   const struct wn_event *event,
                                   struct wn_error *err) WN_MUST_CHECK;
/* The highest level with enough trials, or NULL: the best `percent` of them, rounded down,
 * but at least `least`, are good and have finite losses, and `least` or more are left. */
struct wn_kde_level *wn_kde_choose_level(struct wn_kde_trials *trials,
                                         size_t percent,
                                         size_t least,
                                         size_t *n_good);

#endif /* WN_SEARCH_KDE_INTERNAL_H */
