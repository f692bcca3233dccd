/* simulate/past.h - the job that replays a study: its own, over what its trials reported.
 *
 * Scheduler, searcher, metric, resource, seed and limits are the study's; trials come out of
 * the study's folder as a benchmark (results/benchmark.h), and only configurations that
 * were tried may be proposed, unless trial.surrogate says otherwise.
 */
#ifndef WN_SIMULATE_PAST_H
#define WN_SIMULATE_PAST_H

#include "job/job.h"
#include "study/study.h"

struct wn_past {
    const char *dir; /* absolute */
    const struct wn_job *job;
    const struct wn_study *study;
    uint32_t n_slots; /* it had; 0: not known */
};

/* The job, with `sets` as of --set; one that sets method, scheduler.type or searcher.type
 * drops the study's options of what it replaces. As wn_job_parse(). */
enum wn_status wn_past_job(const struct wn_past *past,
                           const char *const *sets,
                           size_t n_sets,
                           struct wn_problems *problems,
                           struct wn_job **out,
                           struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_SIMULATE_PAST_H */
