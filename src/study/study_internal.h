/* study_internal.h - the state behind study.h; seen only in this folder.
 *
 * Everything here is a function of the events applied. Queues are threaded through the
 * trials by index, so every step is O(1) but for the scheduler's and searcher's own.
 */
#ifndef WN_STUDY_INTERNAL_H
#define WN_STUDY_INTERNAL_H

#include "base/mem.h"
#include "search/thinker.h"
#include "study/study.h"

#define RUNG_ROOM 256 /* rungs looked at for the table of rung sizes */

/* One checkpoint the journal names. */
struct kept {
    int64_t resource;
    struct wn_dispatch dispatch;
    uint32_t n_leases; /* children forked from it that have none of their own yet */
};

enum queue_id { QUEUE_NONE = 0, QUEUE_AWAITING, QUEUE_READY, QUEUE_STOPPING, QUEUE_N };

struct queue {
    uint32_t head, tail, n;
};

struct run {
    int64_t milestone, since_ms;
    struct wn_generation
        lease; /* the generation it was forked from, until its own first */
    struct wn_generation source; /* while it runs: what its program began from, or under
                                  * the same dispatch would begin again from */
    struct wn_dispatch dispatch;
    uint32_t worker, slot;
    struct kept *kept; /* ascending by (resource, dispatch) */
    uint32_t n_kept, room_kept;
    uint32_t parent, pool;
    uint32_t n_failures, n_losses;
    uint32_t previous, next; /* in its queue */
    uint32_t at_running;     /* index into `running`, while it runs */
    uint32_t at_holder;      /* index into `holders`, while n_kept > 0 */
    uint8_t state;           /* enum wn_run_state */
    uint8_t queue;           /* enum queue_id */
    uint8_t recall;          /* enum wn_recall */
    bool offers;
    bool is_collectable; /* listed in `collectable` */
};

#define STOP_CRITERIA 8 /* rows of the table in stop.c */

struct stop_limits {
    double most[STOP_CRITERIA]; /* NAN: none, like the next */
    double loss;                /* of the metric */
    int64_t time_ms;            /* INT64_MAX: none */
    uint64_t trials_started;    /* UINT64_MAX: none */
};

struct wn_study {
    struct wn_study_config cfg;
    struct stop_limits stop_limits;
    struct wn_history *history;
    struct wn_sched *sched;
    struct wn_thinker *thinker; /* the searcher, asked as ask.c says */

    WN_VEC(struct run) runs;
    struct queue queues[QUEUE_N];
    WN_VEC(uint32_t) running;
    WN_VEC(uint32_t) holders;     /* trials that keep a checkpoint */
    WN_VEC(uint32_t) collectable; /* trials with one that may go */
    size_t sweep;                 /* next holder to look at again */

    WN_VEC(union wn_cell *) enqueued; /* asked for by the user, not yet given out */
    size_t n_given;                   /* of them, already given */

    uint64_t n_decisions; /* of the scheduler: keys its random numbers */
    int64_t n_batch;      /* decisions of the batch that is open */
    uint32_t incarnation, n_dispatched;
    int64_t time_ms;
    enum wn_stop_reason stop;
    const char *criterion; /* static name, "" unless CRITERION */
    bool is_closed;

    uint32_t incumbent; /* trial of the best report, or NONE */
    WN_VEC(struct wn_rung_row) rungs;
    size_t rung_rows[RUNG_ROOM]; /* 1 + index of a rung's last row; 0: it has none */
    union wn_cell *scratch;      /* n_params cells for a proposal */
    bool is_driven; /* next() or a replay is at work: asks begin where they are due */
};

struct run *wn_study_run(const struct wn_study *study,
                         uint32_t trial); /* NULL: no such */

/* queue.c */
void wn_queue_push(struct wn_study *study, enum queue_id id, uint32_t trial);
void wn_queue_remove(struct wn_study *study,
                     uint32_t trial); /* from whichever it is in */

/* ask.c: what the searcher is asked, and when (rule 14) */
/* The trial that awaits its configuration first, or WN_TRIAL_NONE. */
uint32_t wn_ask_first(const struct wn_study *study);
/* It gets a configuration that the user asked for: the searcher is not asked. */
bool wn_ask_is_users(const struct wn_study *study);
/* Before an event changes anything: an ask that is due begins at the latest here. */
void wn_ask_begin_due(struct wn_study *study);
/* What the searcher says for the first one, which there is; cells in study->scratch. */
struct wn_reply wn_ask_reply(struct wn_study *study);
/* After an event: the ask is over if `first`, the first one before it, is not any more. */
void wn_ask_settle(struct wn_study *study, const struct wn_event *event, uint32_t first);

/* keep.c: which checkpoints exist and which may go (rule 10) */
enum wn_status wn_keep_add(struct wn_study *study,
                           struct wn_generation gen,
                           struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_keep_drop(struct wn_study *study,
                            struct wn_generation gen,
                            struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_keep_lease(struct wn_study *study,
                             uint32_t child,
                             struct wn_generation gen,
                             struct wn_error *err) WN_MUST_CHECK;
void wn_keep_release(struct wn_study *study,
                     uint32_t child); /* its lease, if it has one */
/* Look again at one trial, and at a few others in turn: a scheduler's worth() changes
 * without an event of the trial. */
enum wn_status wn_keep_review(struct wn_study *study,
                              uint32_t trial,
                              struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_keep_sweep(struct wn_study *study, struct wn_error *err) WN_MUST_CHECK;
/* A generation that may be deleted now, or resource 0. */
struct wn_generation wn_keep_next(const struct wn_study *study);
/* Where a trial would go on from; resource 0: from the start. */
struct wn_generation wn_keep_source(const struct wn_study *study, uint32_t trial);

/* stop.c */
/* Name of a criterion that is met, or NULL. */
const char *wn_stop_met(const struct wn_study *study);
/* Read them from cfg.limits: they are compared with at every step. */
void wn_stop_take_limits(struct wn_study *study);
const char *wn_stop_name(
    const char *name); /* the static name equal to `name`, "" if none */

static inline bool wn_run_is_live(const struct run *run)
{
    return run->state != WN_RUN_STATE_PAUSED && run->state != WN_RUN_STATE_ENDED;
}

#endif /* WN_STUDY_INTERNAL_H */
