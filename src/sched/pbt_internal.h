/* sched/pbt_internal.h - the state of population based training: members and trials.
 *
 * pbt.c looks and decides; pbt_members.c applies events. Indexed by member: two heaps of
 * what waits (for a trial, to go on), one of those that lost their places, and the
 * standings of what they last scored. In a synchronous population what members have done in
 * the present round is gathered beside what stands from the round before, and the two change
 * places when the round is over: O(1), however large the population. So its losers are not
 * listed: they are those at rest that do not stand before where the standings were cut.
 */
#ifndef WN_SCHED_PBT_INTERNAL_H
#define WN_SCHED_PBT_INTERNAL_H

#include "base/heap.h"
#include "base/mem.h"
#include "sched/sched.h"
#include "trial/history.h"
#include "trial/order.h"

#define WN_PBT_BEGINS \
    INT64_C(          \
        0x4000000000000000) /* in the heap of those without a trial: behind the others */
#define WN_PBT_LOSES \
    0xb2 /* one byte: the tag of a pause after which another takes over */

enum wn_pbt_exploit { WN_PBT_TRUNCATION = 0, WN_PBT_NO_EXPLOIT = 1 };

enum wn_pbt_state {
    WN_PBT_UNBEGUN = 0,
    WN_PBT_VACANT,  /* its trial ended before its time: it is to get another */
    WN_PBT_LIVE,    /* planned, ready or running */
    WN_PBT_PAUSED,  /* it waits for a slot, for the others, or to be replaced */
    WN_PBT_FINISHED /* at the maximum, ended by itself, spent, or given up */
};

struct wn_pbt_member {
    uint32_t trial;    /* that holds the place, or left it vacant; or NONE */
    uint32_t previous; /* whose place `trial` takes once it is configured, or NONE */
    uint32_t n_failed; /* in a row, without a milestone */
    int64_t spent;     /* by trials before `previous` and `trial` */
    uint8_t state;     /* enum wn_pbt_state */
    uint8_t was;       /* its state before a plan that is not configured */
};

/* A trial's newest checkpoint may be asked for as long as something refers to the trial: a
 * member, or a child that was forked from it and has no checkpoint of its own yet. Once
 * nothing does nothing ever will, so the study may collect it. */
struct wn_pbt_trial {
    uint32_t member, n_refs;
    uint8_t state; /* enum wn_trial_state, as far as LIVE, PAUSED and others */
    bool is_configured;
    bool is_dropped;   /* paused, its place is another's: to be ended */
    bool holds_source; /* refers to the trial it was forked from */
};

struct wn_sched {
    const struct wn_history *history;
    int64_t max_resource, interval, burn_in;
    double quantile;
    uint32_t population, restarts;
    enum wn_pbt_exploit exploit;
    bool is_synchronous;

    struct wn_pbt_member *members;
    WN_VEC(struct wn_pbt_trial) trials;
    struct wn_heap
        vacant; /* members without a trial: vacated first, then those not begun */
    struct wn_heap paused;  /* by resource: those that may go on */
    struct wn_heap losers;  /* of them those to be replaced; not when synchronous */
    struct wn_heap arrived; /* synchronous: those that have done this round */
    /* By the last milestone; those that can be copied weigh 1, others 0. */
    struct wn_order standings; /* synchronous: as the last round ended */
    struct wn_order round;     /* synchronous: of this round */
    /* Synchronous: of `paused` and of `arrived` those past burn_in, by the same scores. */
    struct wn_order at_rest, arriving;
    struct wn_ranked cut; /* synchronous: the best loser of the standings */
    WN_VEC(uint32_t) dropped;
    uint32_t n_live, n_finished;
    int64_t n_vacated;
    uint64_t n_exploits, n_explores, n_restarts;
};

/* pbt_members.c */

/* Units that the member's trials trained so far, each counted from where it began. */
int64_t wn_pbt_spent(const struct wn_sched *self, const struct wn_pbt_member *member);
/* Whether the trial's newest checkpoint can be forked: it exists, is kept, and training may
 * go on from it. */
bool wn_pbt_is_usable(const struct wn_sched *self, uint32_t trial);
/* Members in the top or bottom quantile among `n`. */
size_t wn_pbt_quota(const struct wn_sched *self, size_t n);
enum wn_status wn_pbt_apply(struct wn_sched *self,
                            const struct wn_event *event,
                            struct wn_error *err);

#endif /* WN_SCHED_PBT_INTERNAL_H */
