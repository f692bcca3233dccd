/* asha_internal.h - what asha.c (options, looks), asha_events.c (events), asha_rung.c (one
 * rung) and asha_describe.c (people) share. The rules are in asha.c.
 *
 * State: for each rung its entries in order and a heap of the trials paused there (those
 * that left are dropped when they come to its top), a bit a rung for "somebody paused here
 * may go on", and eight bytes a trial. The maximum resource is one more level, where nothing
 * is decided.
 */
#ifndef WN_SCHED_ASHA_INTERNAL_H
#define WN_SCHED_ASHA_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "sched/pasha_internal.h"
#include "sched/ranking.h"
#include "sched/sched.h"
#include "trial/order.h"

/* --- one rung --- */

struct wn_asha_rung {
    struct wn_ranking ranking;     /* its entries; empty where costs count */
    struct wn_order costs;         /* the same where they do */
    struct wn_rank_heap paused[2]; /* [1]: threshold candidates; some of them gone */
    double threshold;              /* of the threshold candidates that went on */
    uint64_t n_promoted;
    bool by_cost;
};

void wn_asha_rung_init(struct wn_asha_rung *rung, uint64_t eta, bool by_cost);
void wn_asha_rung_release(struct wn_asha_rung *rung);
uint64_t wn_asha_rung_size(const struct wn_asha_rung *rung);
/* False: no memory. `run_ms`: what the trial took up to here. */
bool wn_asha_rung_enter(struct wn_asha_rung *rung,
                        struct wn_ranked entry,
                        int64_t run_ms);
/* A trial passes the rung, whatever let it pass. */
void wn_asha_rung_pass(struct wn_asha_rung *rung, double loss, bool sets_threshold);
/* Stopping: whether a trial that is entered now goes on. */
bool wn_asha_rung_lets_on(const struct wn_asha_rung *rung,
                          struct wn_ranked entry,
                          bool sets_threshold);
/* Promotion: the best of the paused that may go on, or NULL; none of the heaps' first may
 * be gone. */
const struct wn_ranked *wn_asha_rung_best(const struct wn_asha_rung *rung);

/* Loss of a trial at a level: of its first report at or past it, which there must be. */
double wn_asha_loss_at(const struct wn_history *history, uint32_t trial, int64_t level);

/* --- the scheduler --- */

enum wn_asha_state {
    WN_ASHA_UNKNOWN = 0,
    WN_ASHA_LIVE = 1,
    WN_ASHA_CONDEMNED = 2, /* verdict stop */
    WN_ASHA_PAUSED = 3,
    WN_ASHA_ENDED = 4
};

struct wn_asha_trial {
    uint32_t n_rungs; /* the next level it can enter; an early end is not counted */
    uint16_t bracket; /* its first level */
    uint8_t state;    /* enum wn_asha_state */
    bool sets_threshold;
};

/* Where trials compete: one for all, or one for each bracket. */
struct wn_asha_ladder {
    struct wn_asha_rung *rungs; /* n_levels */
    uint64_t *ready;            /* a bit a rung: somebody may go on */
    uint64_t n_full;            /* trials that reached the maximum */
};

struct wn_sched {
    const struct wn_history *history;
    int64_t *levels; /* n_levels decision levels */
    size_t n_levels;
    int64_t max_resource;
    uint64_t eta;
    struct wn_asha_ladder *ladders; /* n_ladders: 1 or n_brackets */
    size_t n_ladders, n_brackets;
    double *shares;         /* n_brackets, summed up: how new trials are spread */
    struct wn_pasha *pasha; /* NULL: everything is open */
    uint64_t n_thresholds, n_candidates; /* threshold candidates wanted, and there */
    uint32_t n_live;
    bool pauses;  /* promotion */
    bool by_cost; /* what goes on is counted by */
    WN_VEC(struct wn_asha_trial) trials;
};

struct wn_asha_ladder *wn_asha_ladder_of(const struct wn_sched *self, size_t bracket);
/* The rung where a trial waits or waited last; false: it has entered none. */
bool wn_asha_last_rung(const struct wn_sched *self,
                       const struct wn_asha_trial *trial,
                       size_t *rung);
/* The milestone after a resource for a trial that has entered all levels below `least`. */
int64_t wn_asha_milestone(const struct wn_sched *self, int64_t resource, size_t least);

enum wn_status wn_asha_apply(struct wn_sched *self,
                             const struct wn_event *event,
                             struct wn_error *err);
size_t wn_asha_rungs(const struct wn_sched *self, struct wn_rung *out, size_t room);
void wn_asha_describe(const struct wn_sched *self, struct wn_buf *out);

#endif /* WN_SCHED_ASHA_INTERNAL_H */
