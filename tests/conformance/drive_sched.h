/* drive_sched.h - the study loop around a scheduler. See drive.h.
 *
 * Reports at milestones have a checkpoint, but not all of them. What a scheduler says is
 * worth nothing is collected at once, as the study may do, and must not be asked for again.
 */
#ifndef TESTS_CONFORMANCE_DRIVE_SCHED_H
#define TESTS_CONFORMANCE_DRIVE_SCHED_H

#include "drive.h"

#include "sched/sched.h"

struct drive_run {
    uint32_t trial;
    int64_t milestone;
};

struct drive {
    const struct wn_sched_ops *ops;
    const struct wn_values *values;
    const struct wn_space *space;
    int64_t max_resource;
    uint64_t seed;
    uint32_t limit;     /* trials before the study is exhausted */
    uint32_t n_initial; /* the first so many are configurations of the user */
    bool was_checked;   /* as in struct wn_sched_config */
    uint32_t n_slots;
    size_t swap_every; /* events after which a replayed instance takes over; 0: never */

    struct wn_history *history;
    struct wn_sched *sched;
    struct drive_log log;
    struct wn_rng rng;
    WN_VEC(struct drive_run) running;
    WN_VEC(bool) collected; /* by trial: its checkpoints */
    uint64_t n_decisions, n_forks;
    int64_t time_ms;
    size_t swap_at;
    bool is_done;
};

static inline enum wn_status drive_make(const struct drive *d,
                                        struct wn_history **history,
                                        struct wn_sched **sched,
                                        struct wn_error *err)
{
    struct wn_history_config past = {
        .space = d->space, .metric = "loss", .max_resource = d->max_resource};
    struct wn_sched_config cfg = {.max_resource = d->max_resource,
                                  .options = d->values,
                                  .n_initial = d->n_initial,
                                  .was_checked = d->was_checked};
    enum wn_status rc = wn_history_create(&past, history, err);

    if (rc != WN_OK)
        return rc;
    cfg.history = *history;
    rc = d->ops->create(&cfg, sched, err);
    if (rc != WN_OK) {
        wn_history_destroy(*history);
        *history = NULL;
    }
    return rc;
}

static inline enum wn_status drive_begin(struct drive *d, struct wn_error *err)
{
    d->rng = wn_rng_keyed(d->seed, WN_STREAM_TEST, 0);
    d->swap_at = d->swap_every;
    return drive_make(d, &d->history, &d->sched, err);
}

static inline void drive_end(struct drive *d)
{
    d->ops->destroy(d->sched);
    wn_history_destroy(d->history);
    drive_log_release(&d->log);
    wn_vec_release(&d->running);
    wn_vec_release(&d->collected);
    d->sched = NULL;
    d->history = NULL;
}

static inline enum wn_status drive_collect(struct drive *d)
{
    uint32_t n = wn_history_n_trials(d->history);

    while (d->collected.n < n) {
        bool *item = wn_vec_push(&d->collected);

        if (!item)
            return WN_ENOMEM;
    }
    for (uint32_t i = 0; i < n; i++)
        if (wn_history_trial(d->history, i)->state != WN_TRIAL_LIVE &&
            !(d->ops->worth(d->sched, i) > 0))
            d->collected.at[i] = true;
    return WN_OK;
}

static inline enum wn_status drive_emit(struct drive *d,
                                        struct wn_event event,
                                        struct wn_error *err)
{
    const struct wn_event *kept;
    enum wn_status rc;

    event.time_ms = d->time_ms;
    kept = drive_log_add(&d->log, &event);
    if (!kept)
        return WN_ENOMEM;
    rc = wn_history_apply(d->history, kept, err);
    DRIVE_CHECK(rc == WN_OK || rc == WN_ENOMEM, "history: %s", err->text);
    if (rc == WN_OK)
        rc = d->ops->apply(d->sched, kept, err);
    DRIVE_CHECK(rc == WN_OK || rc == WN_ENOMEM, "%s: %s", d->ops->name, err->text);
    return rc == WN_OK ? drive_collect(d) : rc;
}

static inline bool drive_is_finite(const struct drive *d)
{
    return wn_sched_deciding(d->ops, d->values)->is_finite;
}

static inline struct wn_decision drive_look(const struct drive *d,
                                            const struct wn_sched *sched,
                                            bool has_room)
{
    return d->ops->decide(sched, has_room,
                          wn_rng_keyed(d->seed, WN_STREAM_DECIDE, d->n_decisions));
}

static inline bool drive_same(struct wn_decision a, struct wn_decision b)
{
    return a.act == b.act && a.trial == b.trial && a.milestone == b.milestone &&
           a.parent == b.parent && a.pool == b.pool &&
           wn_generation_equal(a.source, b.source) && a.tag.n == b.tag.n &&
           memcmp(a.tag.bytes, b.tag.bytes, a.tag.n) == 0;
}

static inline void drive_check_source(const struct drive *d, struct wn_decision decision)
{
    uint32_t from = decision.source.trial;

    if (!decision.source.resource)
        return;
    DRIVE_CHECK(from < wn_history_n_trials(d->history) && decision.parent == from,
                "forked from trial %" PRIu32 ", parent %" PRIu32, from, decision.parent);
    DRIVE_CHECK(
        wn_generation_equal(decision.source, wn_history_trial(d->history, from)->newest),
        "forked from what is not the newest checkpoint of trial %" PRIu32, from);
    DRIVE_CHECK(!d->collected.at[from],
                "forked from a collected checkpoint of trial %" PRIu32, from);
    DRIVE_CHECK(decision.source.resource < decision.milestone,
                "forked at %" PRId64 " to train to %" PRId64, decision.source.resource,
                decision.milestone);
}

static inline enum wn_status drive_plan(struct drive *d,
                                        struct wn_decision decision,
                                        struct wn_error *err)
{
    DRIVE_CHECK(decision.milestone > 0 && decision.milestone <= d->max_resource,
                "%" PRId64, decision.milestone);
    drive_check_source(d, decision);
    d->n_forks += decision.source.resource > 0;
    d->n_decisions++;
    return drive_emit(d,
                      (struct wn_event){.kind = WN_EVENT_PLANNED,
                                        .trial = wn_history_n_trials(d->history),
                                        .planned = {.milestone = decision.milestone,
                                                    .parent = decision.parent,
                                                    .pool = decision.pool,
                                                    .source = decision.source,
                                                    .tag = decision.tag}},
                      err);
}

/* A planned trial gets its hyperparameters, and runs. */
static inline enum wn_status drive_configure(struct drive *d,
                                             uint32_t trial,
                                             int64_t milestone,
                                             struct wn_error *err)
{
    struct wn_rng rng = wn_rng_keyed(d->seed, WN_STREAM_PROPOSE, trial);
    union wn_cell cells[16];
    struct drive_run *run;
    enum wn_status rc;

    wn_config_sample(d->space, &rng, cells);
    rc = drive_emit(d,
                    (struct wn_event){
                        .kind = WN_EVENT_CONFIGURED,
                        .trial = trial,
                        .configured = {.origin = trial < d->n_initial ? WN_ORIGIN_USER
                                                                      : WN_ORIGIN_SEARCH,
                                       .n_cells = (uint32_t)wn_space_n_params(d->space),
                                       .cells = cells}},
                    err);
    run = rc == WN_OK ? wn_vec_push(&d->running) : NULL;
    if (!run)
        return WN_ENOMEM;
    *run = (struct drive_run){trial, milestone};
    return WN_OK;
}

static inline enum wn_status drive_start(struct drive *d,
                                         struct wn_decision decision,
                                         struct wn_error *err)
{
    uint32_t trial = wn_history_n_trials(d->history);
    enum wn_status rc = drive_plan(d, decision, err);

    return rc == WN_OK ? drive_configure(d, trial, decision.milestone, err) : rc;
}

static inline enum wn_status drive_resume(struct drive *d,
                                          struct wn_decision decision,
                                          struct wn_error *err)
{
    struct drive_run *run;

    DRIVE_CHECK(decision.trial < wn_history_n_trials(d->history), "%" PRIu32,
                decision.trial);
    DRIVE_CHECK(wn_history_trial(d->history, decision.trial)->state == WN_TRIAL_PAUSED,
                "trial %" PRIu32, decision.trial);
    DRIVE_CHECK(d->ops->worth(d->sched, decision.trial) > 0,
                "trial %" PRIu32 " was worth nothing and is resumed", decision.trial);
    DRIVE_CHECK(decision.milestone > wn_history_resource(d->history, decision.trial) &&
                    decision.milestone <= d->max_resource,
                "%" PRId64, decision.milestone);
    d->n_decisions++;
    if (drive_emit(d,
                   (struct wn_event){.kind = WN_EVENT_RESUMED,
                                     .trial = decision.trial,
                                     .resumed = {.milestone = decision.milestone,
                                                 .via = WN_TRIAL_NONE,
                                                 .tag = decision.tag}},
                   err) != WN_OK)
        return WN_ENOMEM;
    run = wn_vec_push(&d->running);
    if (!run)
        return WN_ENOMEM;
    *run = (struct drive_run){decision.trial, decision.milestone};
    return WN_OK;
}

/* A paused trial is ended: by its scheduler, or as a user may. */
static inline enum wn_status drive_drop(struct drive *d,
                                        uint32_t trial,
                                        struct wn_error *err)
{
    DRIVE_CHECK(trial < wn_history_n_trials(d->history) &&
                    wn_history_trial(d->history, trial)->state == WN_TRIAL_PAUSED,
                "trial %" PRIu32 " is not paused and is to be ended", trial);
    d->n_decisions++;
    return drive_emit(d, drive_ended(trial, WN_END_STOPPED), err);
}

/* Do as the scheduler says until it waits or is done. */
static inline enum wn_status drive_obey(struct drive *d, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    while (rc == WN_OK) {
        bool has_room = d->running.n < d->n_slots;
        struct wn_decision decision = drive_look(d, d->sched, has_room);

        DRIVE_CHECK(drive_same(decision, drive_look(d, d->sched, has_room)),
                    "two looks differ");
        DRIVE_CHECK(has_room || decision.act == WN_ACT_WAIT ||
                        decision.act == WN_ACT_END || decision.act == WN_ACT_DONE,
                    "act %d without room", (int)decision.act);
        switch (decision.act) {
        case WN_ACT_WAIT:
            DRIVE_CHECK(d->running.n > 0, "waits and nothing runs");
            return WN_OK;
        case WN_ACT_DONE:
            DRIVE_CHECK(d->running.n == 0, "done while %zu run", d->running.n);
            DRIVE_CHECK(wn_history_is_exhausted(d->history) || drive_is_finite(d),
                        "done before exhausted");
            d->is_done = true;
            return WN_OK;
        case WN_ACT_START:
            DRIVE_CHECK(!wn_history_is_exhausted(d->history), "starts when exhausted");
            if (wn_history_n_trials(d->history) < d->limit)
                rc = drive_start(d, decision, err);
            else
                rc = drive_emit(
                    d,
                    (struct wn_event){.kind = WN_EVENT_EXHAUSTED, .trial = WN_TRIAL_NONE},
                    err);
            break;
        case WN_ACT_RESUME: rc = drive_resume(d, decision, err); break;
        case WN_ACT_END: rc = drive_drop(d, decision.trial, err); break;
        case WN_ACT_RECALL: DRIVE_CHECK(false, "a recall is not expected"); break;
        }
    }
    return rc;
}

static inline enum wn_status drive_finish(struct drive *d,
                                          size_t index,
                                          enum wn_end how,
                                          struct wn_error *err)
{
    uint32_t trial = d->running.at[index].trial;

    d->running.at[index] = d->running.at[--d->running.n];
    return drive_emit(d, drive_ended(trial, how), err);
}

static inline enum wn_status drive_report(struct drive *d,
                                          size_t index,
                                          int64_t resource,
                                          double loss,
                                          struct wn_error *err)
{
    struct drive_run *run = &d->running.at[index];
    struct wn_metric metric = {"loss", loss};
    struct wn_event event = {
        .kind = WN_EVENT_REPORTED,
        .trial = run->trial,
        .reported = {.resource = resource,
                     .elapsed_ms = 10 * resource * (1 + run->trial % 7),
                     .n_metrics = 1,
                     .metrics = &metric}};
    enum wn_status rc;

    if (resource >= run->milestone) {
        struct wn_report report = {
            .resource = resource, .loss = loss, .trial = run->trial};
        struct wn_rng rng = wn_rng_keyed(
            d->seed, WN_STREAM_ANSWER, wn_rng_pair(run->trial, (uint64_t)run->milestone));
        struct wn_verdict verdict = d->ops->answer(d->sched, &report, rng);
        struct wn_verdict again = d->ops->answer(d->sched, &report, rng);

        DRIVE_CHECK(verdict.kind == again.kind && verdict.milestone == again.milestone,
                    "two answers differ");
        DRIVE_CHECK(verdict.kind != WN_VERDICT_PAUSE || d->ops->pauses, "a pause");
        DRIVE_CHECK(resource < d->max_resource || verdict.kind == WN_VERDICT_STOP,
                    "goes on at the maximum");
        DRIVE_CHECK(
            verdict.kind != WN_VERDICT_CONTINUE ||
                (verdict.milestone > resource && verdict.milestone <= d->max_resource),
            "continue from %" PRId64 " to %" PRId64, resource, verdict.milestone);
        event.reported.is_milestone = true;
        event.reported.verdict = verdict.kind;
        event.reported.milestone = verdict.milestone;
        event.reported.tag = verdict.tag;
        if (wn_rng_below(&d->rng, 4))
            event.reported.checkpoint =
                (struct wn_generation){.resource = resource,
                                       .trial = run->trial,
                                       .dispatch = {1, (uint32_t)d->log.events.n}};
        if (verdict.kind == WN_VERDICT_CONTINUE)
            run->milestone = verdict.milestone;
    }
    rc = drive_emit(d, event, err);
    if (rc == WN_OK && event.reported.verdict == WN_VERDICT_PAUSE)
        d->running.at[index] = d->running.at[--d->running.n];
    else if (rc == WN_OK && event.reported.verdict == WN_VERDICT_STOP)
        rc = drive_finish(d, index,
                          resource >= d->max_resource ? WN_END_COMPLETED : WN_END_STOPPED,
                          err);
    return rc;
}

/* A user stops a paused trial, if the one drawn is paused. */
static inline enum wn_status drive_disturb(struct drive *d, struct wn_error *err)
{
    uint32_t trial = (uint32_t)wn_rng_below(&d->rng, wn_history_n_trials(d->history));

    if (wn_history_trial(d->history, trial)->state != WN_TRIAL_PAUSED)
        return WN_OK;
    return drive_drop(d, trial, err);
}

/* One thing happens to one running trial. Losses are few, so that there are ties. */
static inline enum wn_status drive_happen(struct drive *d, struct wn_error *err)
{
    size_t index = (size_t)wn_rng_below(&d->rng, d->running.n);
    struct drive_run run = d->running.at[index];
    int64_t recorded = wn_history_resource(d->history, run.trial);
    uint64_t what = wn_rng_below(&d->rng, 100);
    double loss = (double)wn_rng_below(&d->rng, 12) / 8;

    d->time_ms++;
    if (what < 5)
        return drive_finish(d, index, WN_END_FAILED, err);
    if (what < 10 && wn_history_trial(d->history, run.trial)->n_reports)
        return drive_finish(d, index, WN_END_COMPLETED, err);
    if (what < 13)
        return drive_disturb(d, err);
    if (what < 15)
        loss = HUGE_VAL;
    if (what < 40 && recorded + 1 < run.milestone)
        return drive_report(
            d, index, wn_rng_int(&d->rng, recorded + 1, run.milestone - 1), loss, err);
    if (what < 85)
        return drive_report(d, index, run.milestone, loss, err);
    return drive_report(d, index, wn_rng_int(&d->rng, run.milestone, d->max_resource + 3),
                        loss, err);
}

static inline void drive_compare(const struct drive *d, const struct wn_sched *other)
{
    struct wn_buf a = {0}, b = {0};
    struct wn_rung rungs[2][64];
    size_t n = d->ops->rungs(d->sched, rungs[0], 64);

    for (int has_room = 0; has_room < 2; has_room++)
        DRIVE_CHECK(
            drive_same(drive_look(d, d->sched, has_room), drive_look(d, other, has_room)),
            "after %zu events a replayed scheduler decides differently", d->log.events.n);
    for (uint32_t i = 0; i < wn_history_n_trials(d->history); i++) {
        double worth = d->ops->worth(d->sched, i);
        uint8_t state = wn_history_trial(d->history, i)->state;

        DRIVE_CHECK(worth == d->ops->worth(other, i), "worth of trial %" PRIu32, i);
        DRIVE_CHECK(worth >= 0 && isfinite(worth), "worth %g", worth);
        DRIVE_CHECK(worth == 0 || state == WN_TRIAL_LIVE || state == WN_TRIAL_PAUSED ||
                        wn_history_trial(d->history, i)->newest.resource,
                    "trial %" PRIu32 " left no checkpoint and is worth %g", i, worth);
    }
    assert_int_equal(n, d->ops->rungs(other, rungs[1], 64));
    for (size_t i = 0; i < n && i < 64; i++) {
        DRIVE_CHECK(rungs[0][i].resource == rungs[1][i].resource &&
                        rungs[0][i].n_entered == rungs[1][i].n_entered &&
                        rungs[0][i].n_promoted == rungs[1][i].n_promoted,
                    "rung %zu differs", i);
        DRIVE_CHECK(rungs[0][i].n_promoted <= rungs[0][i].n_entered,
                    "rung %zu has promoted more than entered", i);
    }
    d->ops->describe(d->sched, &a);
    d->ops->describe(other, &b);
    assert_string_equal(wn_buf_text(&a), wn_buf_text(&b));
    wn_buf_release(&a);
    wn_buf_release(&b);
}

/* Recover: create and apply of every event, then put the new ones in the old ones' place. */
static inline void drive_swap(struct drive *d)
{
    struct wn_history *history = NULL;
    struct wn_sched *sched = NULL;
    struct wn_error err = {0};

    DRIVE_CHECK(drive_make(d, &history, &sched, &err) == WN_OK, "%s", err.text);
    for (size_t i = 0; i < d->log.events.n; i++) {
        DRIVE_CHECK(wn_history_apply(history, &d->log.events.at[i], &err) == WN_OK, "%s",
                    err.text);
        DRIVE_CHECK(d->ops->apply(sched, &d->log.events.at[i], &err) == WN_OK, "%s",
                    err.text);
    }
    drive_compare(d, sched);
    d->ops->destroy(d->sched);
    wn_history_destroy(d->history);
    d->history = history;
    d->sched = sched;
}

/* The whole study. More than 400 happenings a trial mean that it does not end. */
static inline enum wn_status drive_all(struct drive *d, struct wn_error *err)
{
    enum wn_status rc = drive_obey(d, err);

    for (uint64_t i = 0; rc == WN_OK && !d->is_done; i++) {
        DRIVE_CHECK(i < 400 * ((uint64_t)d->limit + 1), "%s does not end", d->ops->name);
        rc = drive_happen(d, err);
        if (rc == WN_OK && d->swap_every && d->log.events.n >= d->swap_at) {
            drive_swap(d);
            d->swap_at = d->log.events.n + d->swap_every;
        }
        if (rc == WN_OK)
            rc = drive_obey(d, err);
    }
    return rc;
}

/* The whole study as the text of its log, which the caller releases. */
static inline struct wn_buf drive_told(struct drive d)
{
    struct wn_error err = {0};
    struct wn_buf text = {0};

    DRIVE_CHECK(drive_begin(&d, &err) == WN_OK, "%s", err.text);
    DRIVE_CHECK(drive_all(&d, &err) == WN_OK, "%s", err.text);
    if (!drive_is_finite(&d) || wn_history_is_exhausted(d.history))
        assert_int_equal(wn_history_n_trials(d.history), d.limit);
    drive_print_all(&d.log, &text);
    drive_end(&d);
    assert_false(text.failed);
    return text;
}

/* The whole study with the n-th allocation failing, for each n that there is. */
static inline uint64_t drive_survive(struct drive d)
{
    enum wn_status rc = WN_ENOMEM;
    uint64_t n = 0;

    while (rc != WN_OK) {
        struct drive fresh = d;
        struct wn_error err = {0};

        wn_mem_fail_after(++n);
        rc = drive_begin(&fresh, &err);
        if (rc == WN_OK)
            rc = drive_all(&fresh, &err);
        wn_mem_fail_after(0);
        drive_end(&fresh);
        DRIVE_CHECK(rc == WN_OK || rc == WN_ENOMEM, "allocation %" PRIu64 ": %s", n,
                    err.text);
        DRIVE_CHECK(n < 5000, "no end of allocations");
    }
    return n;
}

/* Options that a scheduler's table takes and create() does not, with a text that begins so. */
static inline void drive_refuses(const struct wn_sched_ops *ops,
                                 const char *options,
                                 int64_t max_resource,
                                 uint32_t n_initial,
                                 const char *text)
{
    struct wn_values *values = drive_values(ops->options, options);
    struct wn_space *space = drive_small_space();
    struct drive d = {.ops = ops,
                      .values = values,
                      .space = space,
                      .max_resource = max_resource,
                      .n_initial = n_initial};
    struct wn_error err = {0};

    DRIVE_CHECK(values, "%s is no matter of create()", options);
    assert_int_equal(drive_begin(&d, &err), WN_EINVAL);
    DRIVE_CHECK(strncmp(err.text, text, strlen(text)) == 0, "%s: %s", options, err.text);
    assert_null(d.sched);
    wn_values_destroy(values);
    wn_space_destroy(space);
}

#endif /* TESTS_CONFORMANCE_DRIVE_SCHED_H */
