/* replay.c - the journal's decisions beside those taken now. */
#include "study/replay.h"

#include <math.h>
#include <string.h>

#include "study/study_internal.h"
#include "trial/tag.h"

/* What the journal says and what would be said now, for a difference. */
static enum wn_status differs(const struct wn_event *event,
                              const char *what,
                              long long was,
                              long long now,
                              struct wn_error *err)
{
    return wn_fail(
        err, WN_ECORRUPT,
        "event %s of trial %u at %lld ms: the journal has %s %lld, now it would be %lld",
        wn_event_name(event->kind), event->trial, (long long)event->time_ms, what, was,
        now);
}

static bool is_same_decision(const struct wn_event *event, const struct wn_decision *now)
{
    switch (now->act) {
    case WN_ACT_START:
        return event->kind == WN_EVENT_PLANNED &&
               event->planned.milestone == now->milestone &&
               event->planned.parent == now->parent && event->planned.pool == now->pool &&
               wn_generation_equal(event->planned.source, now->source) &&
               wn_tag_equal(&event->planned.tag, &now->tag);
    case WN_ACT_RESUME:
        return event->kind == WN_EVENT_RESUMED && event->trial == now->trial &&
               event->resumed.milestone == now->milestone &&
               wn_tag_equal(&event->resumed.tag, &now->tag);
    case WN_ACT_RECALL:
        return event->kind == WN_EVENT_RECALLED && event->trial == now->trial &&
               event->recalled.how == now->recall;
    case WN_ACT_END:
        return event->kind == WN_EVENT_ENDED && event->trial == now->trial &&
               event->ended.how == WN_END_STOPPED;
    case WN_ACT_WAIT:
    case WN_ACT_DONE: return false;
    }
    return false;
}

/* Room is no event, so a decision is right if either answer gives it. */
static enum wn_status check_decision(const struct wn_study *study,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    struct wn_decision now = {0};

    for (int room = 1; room >= 0; room--) {
        now = study->cfg.sched->decide(
            study->sched, room,
            wn_rng_keyed(study->cfg.seed, WN_STREAM_DECIDE, study->n_decisions));
        if (is_same_decision(event, &now))
            return WN_OK;
    }
    return wn_fail(
        err, WN_ECORRUPT,
        "event %s of trial %u at %lld ms: now the scheduler would decide otherwise "
        "(act %d, trial %u, milestone %lld)",
        wn_event_name(event->kind), event->trial, (long long)event->time_ms, (int)now.act,
        now.trial, (long long)now.milestone);
}

static enum wn_status check_answer(struct wn_study *study,
                                   const struct wn_event *event,
                                   struct wn_error *err)
{
    struct wn_arrival in = {.trial = event->trial,
                            .resource = event->reported.resource,
                            .elapsed_ms = event->reported.elapsed_ms,
                            .cost_ms = event->reported.cost_ms,
                            .metrics = event->reported.metrics,
                            .n_metrics = event->reported.n_metrics,
                            .waits = true};
    struct wn_judgement now;

    wn_study_judge(study, &in, &now);
    if (now.event.kind != WN_EVENT_REPORTED)
        return differs(event, "event kind", event->kind, now.event.kind, err);
    if (now.event.reported.verdict != event->reported.verdict)
        return differs(event, "verdict", event->reported.verdict,
                       now.event.reported.verdict, err);
    if (now.event.reported.milestone != event->reported.milestone)
        return differs(event, "milestone", event->reported.milestone,
                       now.event.reported.milestone, err);
    if (!wn_tag_equal(&now.event.reported.tag, &event->reported.tag))
        return differs(event, "tag of length", event->reported.tag.n,
                       now.event.reported.tag.n, err);
    return WN_OK;
}

/* What is proposed now was thought where the ask began (ask.c), maybe many events ago. */
static enum wn_status check_proposal(struct wn_study *study,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    const struct run *run = wn_study_run(study, event->trial);
    struct wn_reply reply = {0};
    enum wn_status rc;

    if (!run || run->state != WN_RUN_STATE_AWAITING)
        return WN_OK; /* apply() will refuse it */
    if (event->trial == wn_ask_first(study))
        reply = wn_ask_reply(study);
    rc = wn_study_check(study, err);
    if (rc)
        return rc;
    if (reply.kind != WN_REPLY_CONFIGURE ||
        event->configured.n_cells != wn_space_n_params(study->cfg.space) ||
        !wn_config_equal(study->cfg.space, study->scratch, event->configured.cells))
        return wn_fail(
            err, WN_ECORRUPT,
            "event configured of trial %u at %lld ms: now the searcher would propose "
            "another configuration",
            event->trial, (long long)event->time_ms);
    return WN_OK;
}

static bool is_decision(const struct wn_study *study, const struct wn_event *event)
{
    const struct run *run = wn_study_run(study, event->trial);

    return event->kind == WN_EVENT_PLANNED || event->kind == WN_EVENT_RECALLED ||
           (event->kind == WN_EVENT_RESUMED && event->resumed.via == WN_TRIAL_NONE) ||
           (event->kind == WN_EVENT_ENDED && run && run->state == WN_RUN_STATE_PAUSED);
}

static enum wn_status check(struct wn_replay *replay,
                            const struct wn_event *event,
                            struct wn_error *err)
{
    if (is_decision(replay->study, event)) {
        replay->n_checked++;
        return check_decision(replay->study, event, err);
    }
    if (event->kind == WN_EVENT_REPORTED && event->reported.is_milestone) {
        replay->n_checked++;
        return check_answer(replay->study, event, err);
    }
    if (event->kind == WN_EVENT_CONFIGURED &&
        event->configured.origin == WN_ORIGIN_SEARCH) {
        replay->n_checked++;
        return check_proposal(replay->study, event, err);
    }
    return WN_OK;
}

enum wn_status wn_replay_event(struct wn_replay *replay,
                               const struct wn_event *event,
                               struct wn_error *err)
{
    enum wn_status rc;

    replay->study->is_driven = true;
    rc = check(replay, event, err);
    return rc ? rc : wn_study_apply(replay->study, event, err);
}
