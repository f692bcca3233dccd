/* search/search.h - what a searcher is and how the study finds one.
 *
 * A searcher says with which hyperparameters a planned trial runs. propose() only looks,
 * apply() is the only mutator; recovery is create() and apply() of every event. Random
 * numbers are keyed by the trial's number. Perturbing a parent (PBT), mutation and
 * crossover (DEHB, evolution) are searchers like any other: the ask names parent and pool.
 *
 * A searcher that declares itself slow is asked on a thread of its own, with a history of
 * its own, and the coordinator never waits for it (thinker.h, rule 14). It does not see
 * that: the same code thinks in virtual time and in replay. Only its propose() may take
 * long (seconds, not minutes: closing waits for it); apply() is as quick as anybody's.
 *
 * To add one: write src/search/<name>.c defining `wn_search_<name>`, and add the line
 * WN_SEARCH(<name>) to src/search/searchers.def. Nothing else changes.
 */
#ifndef WN_SEARCH_SEARCH_H
#define WN_SEARCH_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/option.h"
#include "base/rng.h"
#include "space/space.h"
#include "trial/event.h"

struct wn_history;
struct wn_search;

struct wn_search_config {
    const struct wn_space *space; /* borrowed; outlives the searcher */
    const struct wn_values
        *partner; /* options of the scheduler it works under, if that is
                                       * its only one; borrowed by create() only; NULL: not asked */
    const struct wn_values *options;  /* borrowed */
    const struct wn_history *history; /* borrowed */
    uint64_t seed;                    /* for what is fixed once: WN_STREAM_SEARCH */
    bool
        was_checked; /* as in struct wn_sched_config: what only means nothing is let be */
};

struct wn_ask {
    uint32_t trial;
    int64_t milestone;
    uint32_t parent, pool;   /* as planned */
    const uint32_t *offered; /* paused trials it may resume instead */
    size_t n_offered;
};

enum wn_reply_kind {
    WN_REPLY_CONFIGURE = 1,
    WN_REPLY_RESUME = 2,
    WN_REPLY_EXHAUSTED = 3,
    WN_REPLY_THINKING =
        4 /* not yet: what thinker.h says of a slow one, no searcher itself */
};

struct wn_reply {
    enum wn_reply_kind kind;
    uint32_t trial;     /* RESUME: one of the offered */
    struct wn_blob tag; /* CONFIGURE: borrowed from the searcher until its next call */
};

/* Every member is required. Calls come one at a time, but not from one thread. */
struct wn_search_ops {
    const char *name, *summary, *reference;
    const char *scheduler; /* the only one it works under; NULL: any */
    bool is_slow;          /* propose() takes more than some microseconds */
    bool
        is_listed; /* the job lists all it proposes: no `initial` one unless it says so */
    bool repeats; /* proposes what was tried rather than nothing: it is never exhausted */
    const struct wn_option *options;
    /* WN_EINVAL: the text begins with the offending field ("searcher.num_samples"). What is
     * refused, and what is not any more when `was_checked`: as in sched.h. */
    enum wn_status (*create)(const struct wn_search_config *cfg,
                             struct wn_search **out,
                             struct wn_error *err);
    void (*destroy)(struct wn_search *self);
    /* Fills `cells` (n_params of the space) when it configures. */
    struct wn_reply (*propose)(const struct wn_search *self,
                               const struct wn_ask *ask,
                               struct wn_rng rng,
                               union wn_cell *cells);
    enum wn_status (*apply)(struct wn_search *self,
                            const struct wn_event *event,
                            struct wn_error *err);
    /* How many configurations it can propose, tried or not; false if it does not run
     * out, or nobody can say when. Of what it was made with: events change nothing. */
    bool (*size)(const struct wn_search *self, uint64_t *out);
};

const struct wn_search_ops *wn_search_find(const char *name);
const struct wn_search_ops *wn_search_at(size_t index);

#endif /* WN_SEARCH_SEARCH_H */
