/* simulate/plan.h - what a study will need, from a few simulated runs of it.
 *
 * wn_plan_job() makes the job that is simulated: trials that are programs become a function
 * with a pace, or rows of a benchmark. wn_plan_run() runs it once and keeps the figures;
 * the caller runs it with several seeds (wn_job_reseed), and mean and range say what to expect.
 */
#ifndef WN_SIMULATE_PLAN_H
#define WN_SIMULATE_PLAN_H

#include "base/mem.h"
#include "simulate/campaign.h"

/* What stands for trials. */
struct wn_plan_trials {
    const char *benchmark; /* file or folder of a study, absolute; NULL: a function */
    const char *task;      /* of the benchmark; NULL: its default */
    double unit_seconds, spread;
    int64_t units; /* of a training under an open maximum; 0: not said */
};

/* `job` as it was checked with, where its runner takes real time or a benchmark
 * is given, other trials. A stop at a value of the metric is dropped where values are made
 * up. As wn_job_parse(). It lives no longer than `job`. */
enum wn_status wn_plan_job(const struct wn_job *job,
                           const struct wn_plan_trials *trials,
                           struct wn_problems *problems,
                           struct wn_job **out,
                           struct wn_error *err) WN_MUST_CHECK;

enum wn_plan_figure {
    WN_PLAN_STARTED, /* trials */
    WN_PLAN_COMPLETED,
    WN_PLAN_STOPPED,
    WN_PLAN_FAILED,
    WN_PLAN_PAUSED,
    WN_PLAN_REPORTS,
    WN_PLAN_UNITS,  /* of resource that count */
    WN_PLAN_WASTED, /* trained in vain or again */
    WN_PLAN_SAVED,  /* checkpoints written */
    WN_PLAN_KEPT,   /* at most at a time */
    WN_PLAN_JOBS,
    WN_PLAN_LOSSES,
    WN_PLAN_BUSY,  /* core-hours that trials trained */
    WN_PLAN_CORES, /* core-hours of all slots, while a job ran */
    WN_PLAN_IDLE,  /* share of the slots' time, 0 to 1 */
    WN_PLAN_END, /* seconds of virtual time, until the study closed or was looked at last */
    WN_PLAN_N
};

struct wn_plan_result {
    double at[WN_PLAN_N];
    bool is_closed;             /* the study came to its end */
    enum wn_stop_reason reason; /* then: why; criterion: its name, static */
    const char *criterion;
    double
        progress; /* by the stop criterion nearest to its limit; negative: nothing bounds
                      * it */
    WN_VEC(struct wn_rung) rungs;
};

/* One run. cfg->sim.store must be empty, and in memory. */
enum wn_status wn_plan_run(const struct wn_campaign_config *cfg,
                           struct wn_plan_result *out,
                           struct wn_error *err) WN_MUST_CHECK;
void wn_plan_release(struct wn_plan_result *result);

#endif /* WN_SIMULATE_PLAN_H */
