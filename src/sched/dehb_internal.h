/* sched/dehb_internal.h - the state of the dehb scheduler, and what may be asked of it.
 *
 * dehb.c says what it is and what happens next; dehb_state.c takes in what happened. A
 * state holds the holders of every place, a heap a level of the trials paused there (those
 * that cannot be promoted are dropped when they come to its top), and the open brackets.
 */
#ifndef WN_SCHED_DEHB_INTERNAL_H
#define WN_SCHED_DEHB_INTERNAL_H

#include "sched/sched.h"

#include "base/mem.h"
#include "sched/brackets.h"
#include "sched/ranking.h"
#include "sched/sync_brackets_internal.h"

enum state { LIVE = 1, CONDEMNED = 2 /* verdict stop */, PAUSED = 3, ENDED = 4 };

struct place {
    uint32_t trial; /* WN_TRIAL_NONE: empty */
    double loss;
};

struct level {
    WN_VEC(struct place) places; /* those whose turn has come at least once */
    uint64_t n_places;           /* of the sub-population */
    uint32_t next;               /* whose turn it is */
    struct wn_rank_heap paused;  /* candidates for promotion, some of them gone */
    uint64_t n_entered, n_promoted, n_held;
};

struct bracket {
    struct wn_sync_bracket head;
    uint32_t level; /* of the rung that is handed out */
    uint64_t n_given, n_pending, limit;
};

struct trial {
    uint32_t bracket, member; /* of its last job */
    uint8_t level, state;
    bool is_open; /* awaits its configuration, which may be a user's */
};

struct wn_sched {
    const struct wn_history *history;
    struct wn_brackets sizes;
    struct level *levels;
    struct wn_sync_brackets brackets;
    WN_VEC(struct trial) trials;
    int64_t max_resource;
    enum wn_bracket_sizes rule; /* of the sizes */
    uint64_t eta;
    uint32_t n_live;
    uint64_t n_wishes, n_open; /* configurations asked for; trials that may get them */
};

/* The shape of a bracket, which is also the level it begins at. */
uint32_t wn_dehb_shape(const struct wn_sched *self, uint32_t bracket);
bool wn_dehb_is_top(const struct wn_sched *self, uint32_t level);
uint64_t wn_dehb_size(const struct wn_sched *self, uint32_t bracket, uint32_t level);
/* Entries of the rung above the one that is handed out, if that began now; 0: none. */
uint64_t wn_dehb_next_limit(const struct wn_sched *self, const struct bracket *bracket);
/* Whether some bracket of the first iteration will still promote out of the level. */
bool wn_dehb_has_promotions(const struct wn_sched *self, uint32_t level);
/* Paused where it was judged, and still in its place there. */
bool wn_dehb_is_candidate(const struct wn_sched *self, uint32_t trial);

enum wn_status wn_dehb_apply(struct wn_sched *self,
                             const struct wn_event *event,
                             struct wn_error *err);

#endif /* WN_SCHED_DEHB_INTERNAL_H */
