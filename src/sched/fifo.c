/* fifo.c - run every configuration once, in order, to the full resource.
 *
 * The baseline the others are measured against, and the smallest complete
 * scheduler: copy it to start a new one. All calls are O(1). How many
 * configurations there are is the business of searcher and stop criteria: history
 * says when there are no more, and may change its mind when a study is extended.
 *
 * The maximum resource may be open (INT64_MAX): then a trial runs until its program ends
 * of itself, and no report ever reaches a milestone.
 *
 * An early exit and a failure are ends like any other. Nothing is ever paused, so an
 * event that says so contradicts the study.
 */
#include "sched/sched.h"

#include <inttypes.h>

#include "base/mem.h"
#include "trial/history.h"

struct wn_sched {
    struct wn_sched_config cfg;
    uint32_t n_live; /* planned and not ended */
};

static void fifo_destroy(struct wn_sched *self)
{
    wn_free(self);
}

static enum wn_status fifo_create(const struct wn_sched_config *cfg,
                                  struct wn_sched **out,
                                  struct wn_error *err)
{
    struct wn_sched *self;

    if (cfg->max_resource <= 0)
        return wn_fail(err, WN_EINVAL, "resource.max must be positive, not %" PRId64,
                       cfg->max_resource);
    self = wn_alloc(sizeof *self);
    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the fifo scheduler");
    self->cfg = *cfg;
    *out = self;
    return WN_OK;
}

static struct wn_decision fifo_decide(const struct wn_sched *self,
                                      bool has_room,
                                      struct wn_rng rng)
{
    (void)rng;
    if (wn_history_is_exhausted(self->cfg.history))
        return (struct wn_decision){.act = self->n_live ? WN_ACT_WAIT : WN_ACT_DONE};
    if (!has_room)
        return (struct wn_decision){.act = WN_ACT_WAIT};
    return (struct wn_decision){.act = WN_ACT_START,
                                .milestone = self->cfg.max_resource,
                                .parent = WN_TRIAL_NONE};
}

static struct wn_verdict fifo_answer(const struct wn_sched *self,
                                     const struct wn_report *report,
                                     struct wn_rng rng)
{
    (void)self, (void)report, (void)rng; /* the only milestone is the last one */
    return (struct wn_verdict){.kind = WN_VERDICT_STOP};
}

static double fifo_worth(const struct wn_sched *self, uint32_t trial)
{
    (void)self, (void)trial;
    return 0; /* nothing is ever resumed: a returned trial is the study's business */
}

static enum wn_status fifo_apply(struct wn_sched *self,
                                 const struct wn_event *event,
                                 struct wn_error *err)
{
    if (event->kind == WN_EVENT_PLANNED) {
        self->n_live++;
    } else if (event->kind == WN_EVENT_ENDED) {
        if (!self->n_live)
            return wn_fail(err, WN_ECORRUPT, "trial %" PRIu32 " ended but none is live",
                           event->trial);
        self->n_live--;
    } else if (event->kind == WN_EVENT_RESUMED ||
               (event->kind == WN_EVENT_REPORTED &&
                event->reported.verdict == WN_VERDICT_PAUSE)) {
        return wn_fail(err, WN_ECORRUPT,
                       "trial %" PRIu32 " was %s, but fifo pauses no trial", event->trial,
                       event->kind == WN_EVENT_RESUMED ? "resumed" : "paused");
    }
    return WN_OK;
}

static void fifo_describe(const struct wn_sched *self, struct wn_buf *out)
{
    if (self->cfg.max_resource == INT64_MAX)
        wn_buf_adds(out, "every trial runs until its program ends\n");
    else
        wn_buf_addf(out, "every trial runs to resource %" PRId64 "\n",
                    self->cfg.max_resource);
}

static size_t fifo_rungs(const struct wn_sched *self, struct wn_rung *out, size_t room)
{
    (void)self, (void)out, (void)room;
    return 0;
}

const struct wn_sched_ops wn_sched_fifo = {
    .name = "fifo",
    .summary = "every configuration once, full resource",
    .reference = "",
    .needs_max = false,
    .options = wn_no_options,
    .pauses = wn_sched_pauses_never,
    .create = fifo_create,
    .destroy = fifo_destroy,
    .decide = fifo_decide,
    .answer = fifo_answer,
    .worth = fifo_worth,
    .apply = fifo_apply,
    .describe = fifo_describe,
    .rungs = fifo_rungs,
};
