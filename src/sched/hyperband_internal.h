/* sched/hyperband_internal.h - the state of the hyperband scheduler (hyperband.c looks,
 * hyperband_apply.c changes it). */
#ifndef WN_SCHED_HYPERBAND_INTERNAL_H
#define WN_SCHED_HYPERBAND_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "sched/brackets.h"
#include "sched/halving_internal.h"
#include "sched/sched.h"
#include "sched/sync_brackets_internal.h"

enum state { LIVE = 1, CONDEMNED = 2 /* verdict stop */, PAUSED = 3, ENDED = 4 };

enum place {
    PENDING = 0, /* its slot is undecided */
    ENTERED = 1, /* it has an entry in its rung and may go on */
    OUT = 2      /* it has lost, failed or done all rungs: its bracket forgets it */
};

struct trial {
    uint32_t bracket; /* number */
    uint8_t rung;     /* in the bracket, from 0 */
    uint8_t state, place;
};

struct bracket {
    struct wn_sync_bracket head; /* first: the list gives it back as this */
    size_t offset;               /* level of its first rung */
    struct wn_halving halving;
};

struct total {
    uint64_t n_entered, n_promoted;
};

struct wn_sched {
    const struct wn_history *history;
    struct wn_brackets plan;
    uint64_t eta;
    enum wn_bracket_sizes sizes;
    struct wn_sync_brackets brackets;
    struct total *totals; /* n_brackets x n_levels, of all brackets that ever were */
    uint32_t n_live;
    WN_VEC(struct trial) trials;
};

enum wn_status wn_hyperband_apply(struct wn_sched *self,
                                  const struct wn_event *event,
                                  struct wn_error *err);
void wn_hyperband_free_bracket(struct bracket *bracket);

/* NULL gives NULL: head is the first member. */
static inline struct bracket *bracket_of(struct wn_sync_bracket *head)
{
    return (struct bracket *)head;
}

static inline int64_t level_of(const struct wn_sched *self,
                               const struct bracket *bracket,
                               size_t rung)
{
    return self->plan.levels[bracket->offset + rung];
}

/* The highest rung of a bracket from which a trial may go on now; n_rungs: none. */
static inline size_t top_ready(const struct bracket *bracket)
{
    for (size_t rung = bracket->halving.n_rungs; rung-- > 0;)
        if (wn_halving_next(&bracket->halving, rung))
            return rung;
    return bracket->halving.n_rungs;
}

#endif /* WN_SCHED_HYPERBAND_INTERNAL_H */
