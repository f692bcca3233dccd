/* schedule.c - trainings whose hyperparameters change on the way: a schedule, replayed.
 *
 * What population based training found is less a configuration than a schedule of
 * configurations. `winnow best --schedule` writes it as a job of this scheduler and its
 * searcher of the same name: segment k runs to resource until[k] with the k-th of the
 * searcher's configurations, from the checkpoint that segment k - 1 left. A segment is a
 * trial, forked from the one before it (planned.pool is k); there is never more than one
 * at a time. Without `until` a training is one segment to resource.max.
 *
 * A program that ends by itself before `until` hands on what it saved. When the last
 * segment has ended, or one failed or saved no checkpoint, so that nothing can go on from
 * it, a new training begins: as long as the study starts trials.
 */
#include "sched/sched.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "trial/history.h"

struct wn_sched {
    const struct wn_history *history;
    int64_t *until;
    size_t n_segments;
    size_t next; /* segment after `last` */
    uint32_t
        last; /* the trial that can be gone on from, or lives; NONE: a new training */
    bool is_live;
};

static const struct wn_option options[] = {
    {.name = "until",
     .type = WN_OPTION_INTS,
     .low = 1,
     .high = WN_JSON_EXACT_MOST,
     .help =
         "the resource at which each segment ends, increasing; default one segment to "
         "resource.max"},
    {0}};

static void schedule_destroy(struct wn_sched *self)
{
    if (!self)
        return;
    wn_free(self->until);
    wn_free(self);
}

static enum wn_status check_until(const int64_t *until,
                                  size_t n,
                                  int64_t max,
                                  struct wn_error *err)
{
    if (max <= 0)
        return wn_fail(err, WN_EINVAL, "resource.max must be positive, not %" PRId64,
                       max);
    for (size_t i = 0; i < n; i++) {
        if (until[i] > max)
            return wn_fail(err, WN_EINVAL,
                           "scheduler.until[%zu] must be at most resource.max (%" PRId64
                           "), not %" PRId64,
                           i, max, until[i]);
        if (i && until[i] <= until[i - 1])
            return wn_fail(err, WN_EINVAL,
                           "scheduler.until must increase, but %" PRId64
                           " follows %" PRId64,
                           until[i], until[i - 1]);
    }
    return WN_OK;
}

/* A segment has the configuration listed for it, and no other. */
static enum wn_status check_meaning(const struct wn_sched_config *cfg,
                                    struct wn_error *err)
{
    if (!cfg->n_initial || cfg->was_checked)
        return WN_OK;
    return wn_fail(err, WN_EINVAL,
                   "initial must be [] under the scheduler schedule, whose segments have "
                   "the configurations of the searcher");
}

static enum wn_status schedule_create(const struct wn_sched_config *cfg,
                                      struct wn_sched **out,
                                      struct wn_error *err)
{
    size_t n = 0;
    const int64_t *until = wn_values_ints(cfg->options, "until", &n);
    enum wn_status rc = check_until(until, n, cfg->max_resource, err);
    struct wn_sched *self;

    if (rc == WN_OK)
        rc = check_meaning(cfg, err);
    if (rc != WN_OK)
        return rc;
    if (!n) {
        until = &cfg->max_resource;
        n = 1;
    }
    self = wn_alloc(sizeof *self);
    if (self)
        self->until = wn_alloc_array(n, sizeof *until);
    if (!self || !self->until) {
        schedule_destroy(self);
        return wn_fail(err, WN_ENOMEM, "no memory for the schedule");
    }
    memcpy(self->until, until, n * sizeof *until);
    self->history = cfg->history;
    self->n_segments = n;
    self->last = WN_TRIAL_NONE;
    *out = self;
    return WN_OK;
}

static struct wn_decision schedule_decide(const struct wn_sched *self,
                                          bool has_room,
                                          struct wn_rng rng)
{
    struct wn_decision decision = {.act = WN_ACT_WAIT, .parent = WN_TRIAL_NONE};
    struct wn_generation left = {0};

    (void)rng;
    if (self->last != WN_TRIAL_NONE)
        left = wn_history_trial(self->history, self->last)->newest;
    if (self->is_live)
        return decision;
    if (wn_history_is_exhausted(self->history)) {
        decision.act = WN_ACT_DONE;
    } else if (has_room) {
        decision.act = WN_ACT_START;
        if (left.resource) { /* not so if it turned out to be damaged */
            decision.parent = self->last;
            decision.source = left;
            decision.pool = (uint32_t)self->next;
        }
        decision.milestone = self->until[decision.pool];
    }
    return decision;
}

static struct wn_verdict schedule_answer(const struct wn_sched *self,
                                         const struct wn_report *report,
                                         struct wn_rng rng)
{
    (void)self, (void)report, (void)rng; /* a segment's only milestone is its end */
    return (struct wn_verdict){.kind = WN_VERDICT_STOP};
}

static double schedule_worth(const struct wn_sched *self, uint32_t trial)
{
    return trial == self->last ? (double)wn_history_resource(self->history, trial) : 0;
}

static enum wn_status contradiction(const struct wn_event *event, struct wn_error *err)
{
    return wn_fail(err, WN_ECORRUPT,
                   "trial %" PRIu32 " was %s, but the schedule is not there",
                   event->trial, wn_event_name(event->kind));
}

/* Can the next segment, if there is one, go on from what this trial left? */
static bool can_go_on(const struct wn_sched *self, const struct wn_event *end)
{
    const struct wn_generation *newest =
        &wn_history_trial(self->history, end->trial)->newest;

    return end->ended.how != WN_END_FAILED && self->next < self->n_segments &&
           newest->resource > 0 && newest->resource < self->until[self->next];
}

static enum wn_status schedule_apply(struct wn_sched *self,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    if (event->kind == WN_EVENT_PLANNED) {
        if (self->is_live || event->planned.pool >= self->n_segments)
            return contradiction(event, err);
        self->next = (size_t)event->planned.pool + 1;
        self->last = event->trial;
        self->is_live = true;
    } else if (event->kind == WN_EVENT_ENDED) {
        if (!self->is_live || event->trial != self->last)
            return contradiction(event, err);
        self->is_live = false;
        if (!can_go_on(self, event))
            self->last = WN_TRIAL_NONE;
    } else if (event->kind == WN_EVENT_RESUMED ||
               (event->kind == WN_EVENT_REPORTED &&
                event->reported.verdict == WN_VERDICT_PAUSE)) {
        return contradiction(event, err); /* nothing is ever paused */
    }
    return WN_OK;
}

static void schedule_describe(const struct wn_sched *self, struct wn_buf *out)
{
    wn_buf_addf(out, "schedule: trainings of %zu segment%s\n", self->n_segments,
                self->n_segments == 1 ? "" : "s");
    if (self->is_live)
        wn_buf_addf(out, "segment %zu runs in trial %" PRIu32 "\n", self->next - 1,
                    self->last);
    for (size_t i = 0; i < self->n_segments; i++)
        if (self->until[i] != INT64_MAX)
            wn_buf_addf(out, "segment %zu: to resource %" PRId64 "\n", i, self->until[i]);
}

static size_t schedule_rungs(const struct wn_sched *self,
                             struct wn_rung *out,
                             size_t room)
{
    (void)self, (void)out, (void)room;
    return 0;
}

const struct wn_sched_ops wn_sched_schedule = {
    .name = "schedule",
    .summary = "trainings whose hyperparameters change on the way, as listed",
    .reference = "",
    .needs_max = false,
    .needs_checkpoints = true,
    .searcher = "schedule",
    .options = options,
    .pauses = wn_sched_pauses_always,
    .create = schedule_create,
    .destroy = schedule_destroy,
    .decide = schedule_decide,
    .answer = schedule_answer,
    .worth = schedule_worth,
    .apply = schedule_apply,
    .describe = schedule_describe,
    .rungs = schedule_rungs,
};
