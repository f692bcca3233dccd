/* trial/history.h - the one append-only record of what was tried and what came of it.
 *
 * Belongs to the study and is applied first; schedulers and searchers read it through a
 * const pointer and keep only indexes of their own. Objectives are kept as losses: the
 * job's metric, negated when it is maximised, so smaller is better everywhere behind
 * this header. NaN never enters: a NaN report fails its trial before it is an event.
 *
 * Memory: 48 bytes a report and 8 a metric; names are kept once for all reports that
 * have the same ones in the same order (of the first 4096 such lists; a report with a
 * list beyond these keeps the job's metric only). All calls are O(1) but where noted.
 * Pointers returned stay valid until the next apply().
 */
#ifndef WN_TRIAL_HISTORY_H
#define WN_TRIAL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "space/space.h"
#include "trial/event.h"

struct wn_history;

enum wn_trial_state {
    WN_TRIAL_LIVE = 1, /* planned or resumed, and neither paused nor ended */
    WN_TRIAL_PAUSED = 2,
    WN_TRIAL_COMPLETED = 3,
    WN_TRIAL_STOPPED = 4,
    WN_TRIAL_FAILED = 5,
    WN_TRIAL_WITHDRAWN = 6
};

struct wn_report {
    int64_t resource;
    double loss;     /* smaller is better; may be infinite, never NaN */
    int64_t time_ms; /* study time */
    int64_t
        elapsed_ms; /* running time of the trial up to here, over all its dispatches */
    uint32_t trial;
    uint8_t verdict; /* enum wn_verdict_kind */
    uint8_t is_milestone;
    uint16_t metric_set; /* which metrics it has: wn_history_metric_names() */
    uint32_t metric_at;  /* first of its values in the history's metric store */
    uint32_t cost_ms;    /* core-milliseconds of this report alone; saturates */
};

struct wn_trial {
    const union wn_cell *cells; /* NULL until configured */
    uint32_t parent;
    uint32_t member;             /* of a population, unless `start` is NONE (member.h) */
    struct wn_generation source; /* forked from, as planned; resource 0: not */
    int64_t afresh_at; /* what it has beyond this goes back to nothing all the same, since
                        * the source was damaged; 0: it does not */
    struct wn_generation
        newest; /* of reports with a milestone verdict; 0: none kept (rule 10) */
    int64_t planned_ms, ended_ms; /* study time; ended_ms -1 until then */
    int64_t run_ms;  /* running time up to the last report, over all dispatches */
    int64_t cost_ms; /* core-milliseconds */
    const struct wn_report *reports; /* by ascending resource */
    uint32_t n_reports, best;        /* best: index of the smallest loss (the first) */
    uint8_t state;                   /* enum wn_trial_state */
    uint8_t failure;                 /* enum wn_failure, when FAILED */
    uint8_t origin;                  /* enum wn_origin, once configured */
    uint8_t start;                   /* enum wn_member_start */
    const char *text;                /* of the failure, or "" */
};

struct wn_history_config {
    const struct wn_space *space; /* borrowed; outlives the history */
    const char *metric;           /* copied */
    bool is_maximised;
    int64_t max_resource;
};

enum wn_status wn_history_create(const struct wn_history_config *cfg,
                                 struct wn_history **out,
                                 struct wn_error *err) WN_MUST_CHECK;
void wn_history_destroy(struct wn_history *history);
/* Absorb one logical event. WN_ECORRUPT when it contradicts what is there (a trial that
 * does not exist, a resource not above the recorded one, a missing or NaN metric ...). */
enum wn_status wn_history_apply(struct wn_history *history,
                                const struct wn_event *event,
                                struct wn_error *err) WN_MUST_CHECK;

const struct wn_space *wn_history_space(const struct wn_history *history);
int64_t wn_history_max_resource(const struct wn_history *history);
bool wn_history_is_maximised(const struct wn_history *history);
uint32_t wn_history_n_trials(const struct wn_history *history);
const struct wn_trial *wn_history_trial(const struct wn_history *history, uint32_t trial);
/* Recorded resource: of the last report, else of the source, else 0. */
int64_t wn_history_resource(const struct wn_history *history, uint32_t trial);
/* The checkpoint that what a trial had at `resource` goes back to: the one it was forked from, or
 * none (resource 0), where it began from nothing. */
struct wn_generation wn_history_source_at(const struct wn_history *history,
                                          uint32_t trial,
                                          int64_t resource);
/* Last report at or below `resource`, or NULL. O(log n). */
const struct wn_report *wn_history_report_at(const struct wn_history *history,
                                             uint32_t trial,
                                             int64_t resource);
bool wn_history_is_exhausted(const struct wn_history *history);

/* The metric values of a report: names by its metric_set, in the order first seen. */
size_t wn_history_metric_names(const struct wn_history *history,
                               uint16_t set,
                               const char *const **names);
const double *wn_history_metrics(const struct wn_history *history,
                                 const struct wn_report *report);

/* Whether the trial has reports and reached the maximum resource (under an open maximum: and
 * completed). */
bool wn_history_is_full(const struct wn_history *history, uint32_t trial);
/* Best report over all trials, or over the full ones. NULL if there is none. Ties: the
 * earlier report. */
const struct wn_report *wn_history_best(const struct wn_history *history, bool full_only);
double wn_history_metric_of(const struct wn_history *history,
                            double loss); /* undo the sign */

/* Totals, for stop criteria and status. O(1). */
struct wn_totals {
    uint64_t n_configured, n_completed, n_stopped, n_failed, n_withdrawn, n_paused,
        n_reports;
    /* Reports at milestones, but for those that ended their trials; of these, how many
     * came without a checkpoint, so that nothing can go on from there. */
    uint64_t n_milestones, n_bare;
    int64_t cost_ms;  /* core-milliseconds, also of lost and repeated work */
    int64_t resource; /* units of new resource reported */
};
struct wn_totals wn_history_totals(const struct wn_history *history);
/* What placement events leave here, which wn_history_apply() does not see: cost of work
 * done again (repeated, returned); elapsed times that count from 0 again (dispatched); a
 * checkpoint that nobody may fork from any more: if it is its trial's `newest`, the trial
 * has none until its next milestone (damaged, collected). Other kinds: nothing. The study calls it
 * with events it has found right. */
void wn_history_follow(struct wn_history *history, const struct wn_event *event);
/* A trial that was dispatched begins from nothing; a fork does so when its source is gone. */
void wn_history_begin_afresh(struct wn_history *history, uint32_t trial);

#endif /* WN_TRIAL_HISTORY_H */
