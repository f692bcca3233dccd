/* study.c - creating a study and applying its events.
 *
 * Order within one event: an ask that is due begins (ask.c), then history, the study's own
 * state, scheduler and searcher, then what may be collected. An event that contradicts the
 * state is refused before the study's own state changes where that is possible; a study
 * whose apply() failed must be rebuilt from the journal.
 */
#include "study/study_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/checksum.h"

struct run *wn_study_run(const struct wn_study *study, uint32_t trial)
{
    return wn_vec_get(&study->runs, trial);
}

void wn_study_destroy(struct wn_study *study)
{
    if (!study)
        return;
    if (study->sched)
        study->cfg.sched->destroy(study->sched);
    wn_thinker_destroy(study->thinker);
    wn_history_destroy(study->history);
    for (size_t i = 0; i < study->runs.n; i++)
        wn_free(study->runs.at[i].kept);
    for (size_t i = 0; i < study->enqueued.n; i++)
        wn_free(study->enqueued.at[i]);
    wn_vec_release(&study->runs);
    wn_vec_release(&study->running);
    wn_vec_release(&study->holders);
    wn_vec_release(&study->collectable);
    wn_vec_release(&study->enqueued);
    wn_vec_release(&study->rungs);
    wn_free(study->scratch);
    wn_free(study);
}

static enum wn_status create_parts(struct wn_study *study, struct wn_error *err)
{
    const struct wn_study_config *cfg = &study->cfg;
    struct wn_history_config history = {.space = cfg->space,
                                        .metric = cfg->metric,
                                        .is_maximised = cfg->is_maximised,
                                        .max_resource = cfg->max_resource};
    struct wn_sched_config sched = {.max_resource = cfg->max_resource,
                                    .options = cfg->sched_options,
                                    .n_initial = cfg->n_initial,
                                    .was_checked = true};
    struct wn_thinker_config thinker = {.ops = cfg->search,
                                        .search = {.space = cfg->space,
                                                   .options = cfg->search_options,
                                                   .seed = cfg->seed,
                                                   .was_checked = true},
                                        .history = &history,
                                        .has_thread = cfg->has_thread};
    enum wn_status rc = wn_history_create(&history, &study->history, err);

    if (rc)
        return rc;
    sched.history = thinker.search.history = study->history;
    rc = cfg->sched->create(&sched, &study->sched, err);
    if (rc)
        return rc;
    rc = wn_thinker_create(&thinker, &study->thinker, err);
    if (rc)
        return rc;
    study->scratch =
        wn_alloc_array(wn_space_n_params(cfg->space) + 1, sizeof *study->scratch);
    return study->scratch ? WN_OK : wn_fail(err, WN_ENOMEM, "no memory for a study");
}

enum wn_status wn_study_create(const struct wn_study_config *cfg,
                               struct wn_study **out,
                               struct wn_error *err)
{
    struct wn_study *study = wn_alloc(sizeof *study);
    enum wn_status rc;

    if (!study)
        return wn_fail(err, WN_ENOMEM, "no memory for a study");
    study->cfg = *cfg;
    wn_stop_take_limits(study);
    study->criterion = "";
    study->incumbent = WN_TRIAL_NONE;
    rc = create_parts(study, err);
    if (rc) {
        wn_study_destroy(study);
        return rc;
    }
    *out = study;
    return WN_OK;
}

void wn_study_set_limits(struct wn_study *study, const struct wn_study_limits *limits)
{
    study->cfg.limits = *limits;
    wn_stop_take_limits(study);
}

/* --- applying, one function per kind --- */

static enum wn_status contradiction(const struct wn_event *event,
                                    const char *why,
                                    struct wn_error *err)
{
    return wn_fail(err, WN_ECORRUPT, "event %s of trial %u contradicts the study: %s",
                   wn_event_name(event->kind), event->trial, why);
}

/* Stop counting a trial as running; it keeps no dispatch number. */
static void leave_running(struct wn_study *study, uint32_t trial)
{
    struct run *run = &study->runs.at[trial];
    uint32_t last = study->running.at[study->running.n - 1];

    study->running.at[run->at_running] = last;
    study->runs.at[last].at_running = run->at_running;
    study->running.n--;
    run->dispatch = (struct wn_dispatch){0};
    run->source = (struct wn_generation){0};
}

static void make_ready(struct wn_study *study, uint32_t trial)
{
    study->runs.at[trial].state = WN_RUN_STATE_READY;
    wn_queue_push(study, QUEUE_READY, trial);
}

static int compare_trials(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Everything that ran is returned, in trial order (rule 3). */
static enum wn_status apply_opened(struct wn_study *study,
                                   const struct wn_event *event,
                                   struct wn_error *err)
{
    if (event->opened.incarnation <= study->incarnation)
        return contradiction(event, "the incarnation does not grow", err);
    study->incarnation = event->opened.incarnation;
    study->n_dispatched = 0;
    study->is_closed = false;
    if (study->stop == WN_STOP_DRAIN)
        study->stop = WN_STOP_NONE;
    if (study->running.n)
        qsort(study->running.at, study->running.n, sizeof *study->running.at,
              compare_trials);
    for (size_t i = 0; i < study->running.n; i++) {
        struct run *run = &study->runs.at[study->running.at[i]];
        run->dispatch = (struct wn_dispatch){0};
        run->source = (struct wn_generation){0};
        make_ready(study, study->running.at[i]);
    }
    study->running.n = 0;
    return WN_OK;
}

static enum wn_status apply_planned(struct wn_study *study,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct run *run;

    if (event->trial != study->runs.n)
        return contradiction(event, "trials are numbered in order", err);
    run = wn_vec_push(&study->runs);
    if (!run)
        return wn_fail(err, WN_ENOMEM, "no memory for a trial");
    run->state = WN_RUN_STATE_AWAITING;
    run->milestone = event->planned.milestone;
    run->parent = event->planned.parent;
    run->pool = event->planned.pool;
    run->offers = event->planned.offers;
    wn_queue_push(study, QUEUE_AWAITING, event->trial);
    study->n_decisions++;
    study->n_batch++;
    if (event->planned.source.resource)
        return wn_keep_lease(study, event->trial, event->planned.source, err);
    return WN_OK;
}

static enum wn_status apply_configured(struct wn_study *study,
                                       const struct wn_event *event,
                                       struct wn_error *err)
{
    struct run *run = wn_study_run(study, event->trial);

    if (!run || run->state != WN_RUN_STATE_AWAITING)
        return contradiction(event, "it does not await a configuration", err);
    if (wn_config_check(study->cfg.space, event->configured.cells, err) != WN_OK)
        return contradiction(event, "its configuration is not of this space", err);
    if (event->configured.origin == WN_ORIGIN_USER) {
        if (study->n_given == study->enqueued.n)
            return contradiction(event, "the user asked for no further configuration",
                                 err);
        study->n_given++;
    }
    wn_queue_remove(study, event->trial);
    make_ready(study, event->trial);
    return WN_OK;
}

static enum wn_status apply_dispatched(struct wn_study *study,
                                       const struct wn_event *event,
                                       struct wn_error *err)
{
    struct run *run = wn_study_run(study, event->trial);
    uint32_t *item;

    if (!run || run->state != WN_RUN_STATE_READY)
        return contradiction(event, "it is not ready", err);
    item = wn_vec_push(&study->running);
    if (!item)
        return wn_fail(err, WN_ENOMEM, "no memory for a running trial");
    *item = event->trial;
    wn_queue_remove(study, event->trial);
    run->at_running = (uint32_t)study->running.n - 1;
    run->state = WN_RUN_STATE_RUNNING;
    run->dispatch = event->dispatched.dispatch;
    run->source = wn_keep_source(study, event->trial);
    if (!run->source.resource)
        wn_history_begin_afresh(study->history, event->trial);
    run->worker = event->dispatched.worker;
    run->slot = event->dispatched.slot;
    run->since_ms = event->time_ms;
    study->n_dispatched = event->dispatched.dispatch.count;
    return WN_OK;
}

/* A checkpoint that a running trial committed under its dispatch. */
static enum wn_status note_checkpoint(struct wn_study *study,
                                      uint32_t trial,
                                      struct wn_generation gen,
                                      struct wn_error *err)
{
    enum wn_status rc = wn_keep_add(study, gen, err);
    struct run *run = &study->runs.at[trial];

    if (rc)
        return rc;
    wn_keep_release(study, trial);
    if (gen.resource > run->source.resource)
        run->source = gen;
    return WN_OK;
}

static enum wn_status apply_reported(struct wn_study *study,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    struct run *run = wn_study_run(study, event->trial);
    enum wn_status rc = WN_OK;

    if (!run || run->state != WN_RUN_STATE_RUNNING)
        return contradiction(event, "it does not run", err);
    run->n_losses = 0;
    if (event->reported.checkpoint.resource)
        rc = note_checkpoint(study, event->trial, event->reported.checkpoint, err);
    switch (event->reported.verdict) {
    case WN_VERDICT_CONTINUE:
        if (event->reported.milestone)
            run->milestone = event->reported.milestone;
        break;
    case WN_VERDICT_PAUSE:
        leave_running(study, event->trial);
        run->state = WN_RUN_STATE_PAUSED;
        run->recall = WN_RECALL_NONE;
        break;
    case WN_VERDICT_STOP:
        leave_running(study, event->trial);
        run->state = WN_RUN_STATE_STOPPING;
        run->recall = WN_RECALL_NONE;
        wn_queue_push(study, QUEUE_STOPPING, event->trial);
        break;
    }
    return rc;
}

static enum wn_status apply_repeated(struct wn_study *study,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    struct run *run = wn_study_run(study, event->trial);

    if (!run || run->state != WN_RUN_STATE_RUNNING)
        return contradiction(event, "it does not run", err);
    if (!event->repeated.checkpoint.resource)
        return WN_OK;
    return note_checkpoint(study, event->trial, event->repeated.checkpoint, err);
}

/* `returned` does not name what was damaged: both histories are told in its old form. */
static enum wn_status forget_damaged(struct wn_study *study,
                                     struct wn_generation bad,
                                     struct wn_error *err)
{
    const struct wn_event damaged = {.kind = WN_EVENT_DAMAGED,
                                     .time_ms = study->time_ms,
                                     .trial = bad.trial,
                                     .collected.generation = bad};

    wn_history_follow(study->history, &damaged);
    return wn_thinker_apply(study->thinker, &damaged, err);
}

/* What a running trial began from does not verify. It goes on from the generation before; a
 * fork without another starts afresh. */
static enum wn_status return_damaged(struct wn_study *study,
                                     uint32_t trial,
                                     struct wn_generation bad,
                                     struct wn_error *err)
{
    enum wn_status rc;

    if (wn_generation_equal(study->runs.at[trial].lease, bad))
        wn_keep_release(study, trial);
    leave_running(study, trial);
    make_ready(study, trial);
    if (!wn_study_knows(study, bad))
        return WN_OK; /* others that began from it have said so before */
    rc = forget_damaged(study, bad, err);
    if (!rc)
        rc = wn_keep_drop(study, bad, err);
    return rc ? rc : wn_keep_review(study, bad.trial, err);
}

static enum wn_status apply_returned(struct wn_study *study,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    struct run *run = wn_study_run(study, event->trial);
    bool is_damaged = event->returned.why == WN_RETURN_DAMAGED;

    if (!run || run->state != WN_RUN_STATE_RUNNING)
        return contradiction(event, "it does not run", err);
    if (is_damaged && !run->source.resource)
        return contradiction(event, "it began from no checkpoint", err);
    if (event->returned.why == WN_RETURN_FAILED)
        run->n_failures++;
    if (event->returned.why == WN_RETURN_LOST)
        run->n_losses++;
    if (is_damaged)
        return return_damaged(study, event->trial, run->source, err);
    leave_running(study, event->trial);
    make_ready(study, event->trial);
    return WN_OK;
}

/* What 0.1.0 wrote. It names the generation and not who found it damaged; but its schedulers
 * had no more than one trial that ran from it. */
static enum wn_status apply_damaged(struct wn_study *study,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct wn_generation bad = event->collected.generation;
    uint32_t trial = bad.trial;

    if (!wn_study_knows(study, bad))
        return contradiction(event, "the checkpoint is not known", err);
    for (size_t i = 0; i < study->running.n; i++)
        if (wn_generation_equal(study->runs.at[study->running.at[i]].source, bad))
            trial = study->running.at[i];
    if (study->runs.at[trial].state != WN_RUN_STATE_RUNNING)
        return contradiction(event, "nothing that runs began from the checkpoint", err);
    return return_damaged(study, trial, bad, err);
}

static enum wn_status apply_resumed(struct wn_study *study,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct run *run = wn_study_run(study, event->trial);
    uint32_t via = event->resumed.via;

    if (!run || run->state != WN_RUN_STATE_PAUSED)
        return contradiction(event, "it is not paused", err);
    if (via != WN_TRIAL_NONE) {
        struct run *planned = wn_study_run(study, via);
        if (!planned || planned->state != WN_RUN_STATE_AWAITING)
            return contradiction(event, "the planned trial it replaces does not wait",
                                 err);
        wn_queue_remove(study, via);
        planned->state = WN_RUN_STATE_ENDED;
    } else {
        study->n_decisions++;
        study->n_batch++;
    }
    run->milestone = event->resumed.milestone;
    make_ready(study, event->trial);
    return WN_OK;
}

static enum wn_status apply_recalled(struct wn_study *study,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    struct run *run = wn_study_run(study, event->trial);

    if (!run ||
        (run->state != WN_RUN_STATE_RUNNING && run->state != WN_RUN_STATE_READY) ||
        run->recall)
        return contradiction(event, "it cannot be recalled", err);
    run->recall = (uint8_t)event->recalled.how;
    study->n_decisions++;
    return WN_OK;
}

static enum wn_status apply_ended(struct wn_study *study,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    struct run *run = wn_study_run(study, event->trial);

    if (!run || run->state == WN_RUN_STATE_ENDED)
        return contradiction(event, "it has ended", err);
    if (run->state == WN_RUN_STATE_RUNNING)
        leave_running(study, event->trial);
    if (run->state == WN_RUN_STATE_PAUSED)
        study->n_decisions++; /* only its scheduler ends a paused one */
    wn_queue_remove(study, event->trial);
    wn_keep_release(study, event->trial);
    run->state = WN_RUN_STATE_ENDED;
    return WN_OK;
}

static enum wn_status apply_enqueued(struct wn_study *study,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    size_t n_bytes = event->configured.n_cells * sizeof(union wn_cell);
    union wn_cell *copy, **item;

    if (event->configured.n_cells != wn_space_n_params(study->cfg.space) ||
        wn_config_check(study->cfg.space, event->configured.cells, err) != WN_OK)
        return contradiction(event, "the configuration is not of this space", err);
    copy = wn_alloc(n_bytes);
    item = copy ? wn_vec_push(&study->enqueued) : NULL;
    if (!item) {
        wn_free(copy);
        return wn_fail(err, WN_ENOMEM, "no memory for a configuration asked for");
    }
    if (n_bytes)
        memcpy(copy, event->configured.cells, n_bytes);
    *item = copy;
    return WN_OK;
}

static enum wn_status apply_collected(struct wn_study *study,
                                      const struct wn_event *event,
                                      struct wn_error *err)
{
    return wn_keep_drop(study, event->collected.generation, err);
}

static enum wn_status apply_own(struct wn_study *study,
                                const struct wn_event *event,
                                struct wn_error *err)
{
    switch (event->kind) {
    case WN_EVENT_OPENED: return apply_opened(study, event, err);
    case WN_EVENT_PLANNED: return apply_planned(study, event, err);
    case WN_EVENT_CONFIGURED: return apply_configured(study, event, err);
    case WN_EVENT_DISPATCHED: return apply_dispatched(study, event, err);
    case WN_EVENT_REPORTED: return apply_reported(study, event, err);
    case WN_EVENT_REPEATED: return apply_repeated(study, event, err);
    case WN_EVENT_RETURNED: return apply_returned(study, event, err);
    case WN_EVENT_RESUMED: return apply_resumed(study, event, err);
    case WN_EVENT_RECALLED: return apply_recalled(study, event, err);
    case WN_EVENT_ENDED: return apply_ended(study, event, err);
    case WN_EVENT_ENQUEUED: return apply_enqueued(study, event, err);
    case WN_EVENT_COLLECTED: return apply_collected(study, event, err);
    case WN_EVENT_DAMAGED: return apply_damaged(study, event, err);
    case WN_EVENT_STOPPING:
        study->stop = event->stopping.reason;
        study->criterion = wn_stop_name(event->stopping.criterion);
        return WN_OK;
    case WN_EVENT_AMENDED:
        study->stop = WN_STOP_NONE;
        study->criterion = "";
        return WN_OK;
    case WN_EVENT_CLOSED: study->is_closed = true; return WN_OK;
    case WN_EVENT_JOB:
    case WN_EVENT_EXHAUSTED:
    case WN_EVENT_TIMER: return WN_OK;
    case WN_EVENT_IMPORTED:
    case WN_EVENT_NOTED:
    case WN_EVENT_LEASE:
    case WN_EVENT_N: break;
    }
    return wn_fail(err, WN_EVERSION, "event %d is of a newer Winnow", (int)event->kind);
}

/* --- after the event --- */

static enum wn_status note_rungs(struct wn_study *study, struct wn_error *err)
{
    struct wn_rung rungs[RUNG_ROOM];
    size_t n = study->cfg.sched->rungs(study->sched, rungs, RUNG_ROOM);

    if (n > RUNG_ROOM)
        n = RUNG_ROOM;
    for (size_t i = 0; i < n; i++) {
        size_t *at = &study->rung_rows[i];
        struct wn_rung_row *last = *at ? &study->rungs.at[*at - 1] : NULL, *item;

        if (last ? last->n_entered == rungs[i].n_entered &&
                       last->n_promoted == rungs[i].n_promoted
                 : rungs[i].n_entered == 0)
            continue;
        if (last && study->time_ms - last->time_ms < 1000) {
            last->n_entered = rungs[i].n_entered;
            last->n_promoted = rungs[i].n_promoted;
            continue;
        }
        item = wn_vec_push(&study->rungs);
        if (!item)
            return wn_fail(err, WN_ENOMEM, "no memory for the sizes of rungs");
        *at = study->rungs.n;
        *item = (struct wn_rung_row){.time_ms = study->time_ms,
                                     .resource = rungs[i].resource,
                                     .n_entered = rungs[i].n_entered,
                                     .n_promoted = rungs[i].n_promoted,
                                     .bracket = rungs[i].bracket};
    }
    return WN_OK;
}

/* The incumbent's newest checkpoint is kept; the one before is looked at again. */
static enum wn_status follow_incumbent(struct wn_study *study, struct wn_error *err)
{
    const struct wn_report *best = wn_history_best(study->history, false);
    uint32_t was = study->incumbent;

    if (!best || best->trial == was)
        return WN_OK;
    study->incumbent = best->trial;
    return was == WN_TRIAL_NONE ? WN_OK : wn_keep_review(study, was, err);
}

static enum wn_status after(struct wn_study *study,
                            const struct wn_event *event,
                            struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    if (!study->queues[QUEUE_AWAITING].n && !study->queues[QUEUE_READY].n &&
        !study->running.n && !study->queues[QUEUE_STOPPING].n)
        study->n_batch = 0; /* the batch is done: the next one may be asked for */
    if (event->kind == WN_EVENT_REPORTED) {
        rc = follow_incumbent(study, err);
        if (!rc && event->reported.is_milestone)
            rc = note_rungs(study, err);
    }
    if (!rc && event->kind == WN_EVENT_RESUMED)
        rc = note_rungs(study, err);
    if (!rc && event->trial != WN_TRIAL_NONE && event->trial < study->runs.n) {
        const struct run *run = &study->runs.at[event->trial];
        if (run->parent < study->runs.n && !run->lease.resource)
            rc = wn_keep_review(study, run->parent, err); /* its lease may have ended */
        if (!rc)
            rc = wn_keep_review(study, event->trial, err);
    }
    return rc ? rc : wn_keep_sweep(study, err);
}

enum wn_status wn_study_apply(struct wn_study *study,
                              const struct wn_event *event,
                              struct wn_error *err)
{
    bool is_logical = wn_event_is_logical(event->kind);
    uint32_t first = wn_ask_first(study);
    enum wn_status rc = WN_OK;

    if (study->is_closed && event->kind != WN_EVENT_OPENED)
        return contradiction(event, "the study was closed", err);
    wn_ask_begin_due(study);
    if (event->time_ms > study->time_ms)
        study->time_ms = event->time_ms;
    if (is_logical)
        rc = wn_history_apply(study->history, event, err);
    if (!rc)
        rc = apply_own(study, event, err);
    if (!rc && !is_logical)
        wn_history_follow(study->history, event);
    if (!rc && is_logical)
        rc = study->cfg.sched->apply(study->sched, event, err);
    if (!rc)
        rc = wn_thinker_apply(study->thinker, event, err);
    if (rc)
        return rc;
    wn_ask_settle(study, event, first);
    return after(study, event, err);
}
