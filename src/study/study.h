/* study/study.h - the pure loop: a study is a function of its events.
 *
 * No clock, no file, no MPI, no global random state: the same code runs under MPI, in one
 * process, in virtual time and in replay. A driver (the coordinator) does this:
 *
 *     a message arrives  -> wn_study_judge() or wn_study_judge_end() -> an event
 *     for ever           -> wn_study_next() says which event the state asks for, or none
 *     every event        -> journal it, wn_study_apply() it, then carry out its effect
 *
 * next() and judge() only look (but next() may ask a slow searcher, whose reply comes
 * later); apply() is the only mutator. Follow-ups (ending a stopped
 * trial, collecting a checkpoint, closing) are derived from the state, never from the
 * message that caused them, so recovery emits them too (rule 1). The rules are numbered
 * in src/README.md and cited beside the code.
 */
#ifndef WN_STUDY_STUDY_H
#define WN_STUDY_STUDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/option.h"
#include "sched/sched.h"
#include "search/search.h"
#include "space/space.h"
#include "trial/event.h"
#include "trial/history.h"
#include "trial/rung.h"

struct wn_study;

/* What may change when a study is opened again (`amended`). */
struct wn_study_limits {
    const struct wn_values *stop; /* of wn_stop_options; borrowed until the next limits */
    int64_t retries;              /* failures of a trial that are tried again */
    int64_t max_losses;           /* lost workers in a row without progress (rule 9) */
    bool keeps_all;               /* checkpoint.keep = all: nothing is collected */
};

struct wn_study_config {
    const struct wn_space *space; /* borrowed, like all pointers here */
    const char *metric;
    bool is_maximised;
    int64_t max_resource; /* INT64_MAX: open */
    const struct wn_sched_ops *sched;
    const struct wn_values *sched_options;
    const struct wn_search_ops *search;
    const struct wn_values *search_options;
    uint64_t n_initial; /* configurations that are enqueued when the study first opens */
    uint64_t seed;
    int64_t batch;   /* 0: ask whenever there is room; n: only for whole batches of n */
    bool has_thread; /* a slow searcher thinks on its own, else within next() (rule 14) */
    struct wn_study_limits limits;
};

enum wn_status wn_study_create(const struct wn_study_config *cfg,
                               struct wn_study **out,
                               struct wn_error *err) WN_MUST_CHECK;
void wn_study_destroy(struct wn_study *study);
/* Absorb one journaled event. WN_ECORRUPT when it contradicts the state, WN_ENOMEM: the
 * study is then undefined and must be built anew from the journal. JOB is accepted and
 * ignored; for AMENDED the caller calls wn_study_set_limits() first. */
enum wn_status wn_study_apply(struct wn_study *study,
                              const struct wn_event *event,
                              struct wn_error *err) WN_MUST_CHECK;
void wn_study_set_limits(struct wn_study *study, const struct wn_study_limits *limits);

/* --- what should happen next --- */

/* The event that the state asks for, or false: nothing until something arrives. `n_idle`:
 * slots without a trial. time_ms is left to the driver. Cells and tags it points to are
 * the study's until the next call. DISPATCHED leaves worker and slot to the driver. */
bool wn_study_next(struct wn_study *study, size_t n_idle, struct wn_event *out);
/* Where a slow searcher has a thread: a descriptor that is readable when next(), which
 * makes it silent, or check() has news without an event. -1: there is none. */
int wn_study_fd(const struct wn_study *study);
/* What went wrong on that thread: as if apply() had failed. */
enum wn_status wn_study_check(struct wn_study *study, struct wn_error *err) WN_MUST_CHECK;
/* Study time at which next() wants to be asked again through a TIMER event; INT64_MAX: none. */
int64_t wn_study_deadline_ms(const struct wn_study *study);

/* --- messages into events --- */

/* The running trial that owns a dispatch number, or WN_TRIAL_NONE: the message is stale
 * and answered `abandon` (rule 8). O(1) given the trial the message names. */
uint32_t wn_study_find(const struct wn_study *study,
                       uint32_t trial,
                       struct wn_dispatch dispatch);

struct wn_arrival {
    uint32_t trial; /* running: from wn_study_find() */
    int64_t resource, elapsed_ms, cost_ms;
    const struct wn_metric *metrics;
    uint32_t n_metrics;
    bool has_checkpoint, waits;
};

struct wn_judgement {
    struct wn_event event;
    /* What to tell a program that waits; also sent when it does not wait and must end. */
    bool has_answer;
    enum wn_verdict_kind verdict;
    int64_t milestone;
    bool
        drains; /* after the event a `returned` (drained) follows: wn_study_drain_event() */
    bool abandons; /* the program has to end although it does not wait */
};

/* A report of a running trial (rules 5, 6, 7). A bad one (no metric, not a number) gives
 * the failure's event. `out->event` borrows the arrival and the study. */
void wn_study_judge(struct wn_study *study,
                    const struct wn_arrival *in,
                    struct wn_judgement *out);
/* A program that ended by itself or failed: the `ended` or `returned` event (rules 3, 4). */
void wn_study_judge_end(const struct wn_study *study,
                        uint32_t trial,
                        enum wn_failure failure,
                        int64_t cost_ms,
                        const char *text,
                        struct wn_event *out);
/* A worker that was lost or freed the slot of a running trial (rules 3, 9). */
void wn_study_judge_loss(const struct wn_study *study,
                         uint32_t trial,
                         struct wn_event *out);
/* The waiting trial is given back because the study drains (rule 6). */
void wn_study_drain_event(const struct wn_study *study,
                          uint32_t trial,
                          struct wn_event *out);
/* A generation that did not verify: the trial is returned (rule 10). False: what runs of it
 * did not begin from that and would not begin again from it, so it has nothing to say. */
bool wn_study_damage_event(const struct wn_study *study,
                           uint32_t trial,
                           struct wn_generation generation,
                           struct wn_event *out);

/* What a dispatched trial needs. */
struct wn_start {
    int64_t milestone, recorded;
    struct wn_generation source;
    bool waits_next; /* a recall is pending */
    const union wn_cell *cells;
};
void wn_study_start(const struct wn_study *study, uint32_t trial, struct wn_start *out);

/* --- looks --- */

enum wn_run_state { /* of a trial, for status and tests */
                    WN_RUN_STATE_AWAITING = 1,
                    WN_RUN_STATE_READY = 2,
                    WN_RUN_STATE_RUNNING = 3,
                    WN_RUN_STATE_STOPPING = 4,
                    WN_RUN_STATE_PAUSED = 5,
                    WN_RUN_STATE_ENDED = 6
};

struct wn_placed {
    enum wn_run_state state;
    struct wn_dispatch dispatch; /* while running, as is the next: */
    struct wn_generation source; /* it began from this or would begin again from it */
    uint32_t worker, slot;
    int64_t milestone;
    enum wn_recall recall;
    uint32_t n_failures, n_losses;
    int64_t since_ms; /* study time of its last dispatch */
};

const struct wn_history *wn_study_history(const struct wn_study *study);
const struct wn_sched *wn_study_sched(const struct wn_study *study);
const struct wn_study_config *wn_study_configuration(const struct wn_study *study);
struct wn_placed wn_study_placed(const struct wn_study *study, uint32_t trial);
/* A slow searcher has been asked for the trial that waits first, and thinks. */
bool wn_study_is_thinking(const struct wn_study *study);
uint32_t wn_study_n_running(const struct wn_study *study);
uint32_t wn_study_n_ready(const struct wn_study *study);
uint32_t wn_study_incarnation(const struct wn_study *study);
/* Configurations the user asked for so far, given out or not. */
size_t wn_study_n_enqueued(const struct wn_study *study);
/* The k-th running trial, in no particular order. */
uint32_t wn_study_running_at(const struct wn_study *study, uint32_t k);
int64_t wn_study_time_ms(const struct wn_study *study); /* of the last event */
enum wn_stop_reason wn_study_stop_reason(const struct wn_study *study,
                                         const char **criterion);
bool wn_study_is_closed(const struct wn_study *study);
/* Is this generation named by the journal and not collected? For the sweep at opening. */
bool wn_study_knows(const struct wn_study *study, struct wn_generation generation);
/* The newest generation kept of a trial; resource 0: none. */
struct wn_generation wn_study_newest(const struct wn_study *study, uint32_t trial);
/* How far the study is, by the stop criterion nearest to its limit: 0..1; negative when
 * nothing bounds it. */
double wn_study_progress(const struct wn_study *study);
/* Rung sizes over study time, thinned to one row a rung and second (results.h5). */
const struct wn_rung_row *wn_study_rung_changes(const struct wn_study *study, size_t *n);
/* A hash of everything apply() maintains: equal for live and recovered studies. */
uint64_t wn_study_digest(const struct wn_study *study);

/* Why a slot that is idle now has nothing to do. */
enum wn_idle {
    WN_IDLE_SCHEDULER = 0, /* the scheduler waits for trials that run */
    WN_IDLE_SEARCHER = 1,  /* a planned trial waits for its configuration */
    WN_IDLE_SUPPLY = 2, /* nothing is left to start: exhausted, or the limit on trials */
    WN_IDLE_STOPPING = 3, /* the study stops */
    WN_IDLE_N = 4
};
enum wn_idle wn_study_idle(const struct wn_study *study);
const char *wn_idle_text(enum wn_idle why); /* "the scheduler waited ..." */

/* --- stop criteria --- */

/* The keys of the job's "stop" section, one per criterion (stop.c). */
extern const struct wn_option wn_stop_options[];

#endif /* WN_STUDY_STUDY_H */
