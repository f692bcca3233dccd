/* support_inside.h - what a scheduler inside another is told of a study's events.
 *
 * The rules of support_check.h know the events that a scheduler had itself. Where `median`
 * stands around it they read the journal through this, which does by its own account what
 * the table in src/sched/README.md says. Where nothing stands around, events are as they
 * are.
 */
#ifndef TESTS_SIM_SUPPORT_INSIDE_H
#define TESTS_SIM_SUPPORT_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "job/job.h"

struct inside {
    const struct wn_sched_ops *sched; /* that decides; NULL: the job is not read yet */
    bool is_around;                   /* median is, around that one */
    WN_VEC(int64_t) milestones;       /* its own, by trial */
};

/* `job` is NULL before the journal has told it. *is_ruled: the trial is stopped by what
 * stands around, and nobody was asked inside, or was heard. */
struct wn_event inside_event(struct inside *self,
                             const struct wn_job *job,
                             const struct wn_event *event,
                             bool *is_ruled);
/* Options of the scheduler that decides; the caller destroys them. */
struct wn_values *inside_options(const struct wn_job *job);
void inside_release(struct inside *self);

#endif /* TESTS_SIM_SUPPORT_INSIDE_H */
