/* support_check.c - see support_check.h. */
#include "support_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "journal/journal.h"
#include "runner/function.h"

void check_failed(const struct study_check *check, const char *what)
{
    fail_msg("%s, seed %llu, at %.1f s: %s", check->name, (unsigned long long)check->seed,
             check->now_us ? (double)*check->now_us / 1e6 : 0, what);
    abort(); /* fail_msg() does not return, but does not say so */
}

void check_ok(const struct study_check *check,
              enum wn_status rc,
              const struct wn_error *err)
{
    if (rc != WN_OK)
        check_failed(check, err->text);
}

void check_rebuild(const struct study_check *check,
                   bool is_replay,
                   struct wn_rebuild *out)
{
    struct wn_journal_summary summary;
    struct wn_error err = {0};

    *out = (struct wn_rebuild){.is_replay = is_replay};
    check_ok(check,
             wn_journal_read(check->journal, wn_rebuild_event, out, &summary, &err),
             &err);
}

uint64_t check_digest(const struct study_check *check)
{
    struct wn_rebuild now;
    uint64_t digest;

    check_rebuild(check, false, &now);
    digest = now.study ? wn_study_digest(now.study) : 0;
    wn_rebuild_release(&now);
    return digest;
}

static bool is_spoilt(const struct study_check *check, struct wn_generation gen)
{
    for (size_t i = 0; i < check->n_spoilt; i++)
        if (wn_generation_equal(check->spoilt[i], gen))
            return true;
    return false;
}

static void check_generation(const struct study_check *check, struct wn_generation gen)
{
    struct wn_error err = {0};

    if (gen.resource && !is_spoilt(check, gen))
        check_ok(check, wn_store_verify(check->store, gen, true, &err), &err);
}

void check_checkpoints(const struct study_check *check, const struct wn_study *study)
{
    for (uint32_t i = 0; i < wn_history_n_trials(wn_study_history(study)); i++) {
        struct wn_start start;

        wn_study_start(study, i, &start);
        check_generation(check, start.source);
        check_generation(check, wn_study_newest(study, i));
        check_generation(check, wn_history_trial(wn_study_history(study), i)->newest);
    }
}

/* State of a trial after `resource` units when nothing ever went wrong, but that forks whose
 * sources were damaged began from nothing. */
static double undisturbed(const struct wn_rebuild *end,
                          uint32_t number,
                          int64_t resource,
                          double *state)
{
    const struct wn_function_ops *storm_fn = wn_function_find("storm");
    const struct wn_space *space = end->job->space;
    const struct wn_trial *trial = wn_history_trial(wn_study_history(end->study), number);
    double cube[16], loss = 0;
    struct wn_function_task task = {.space = space,
                                    .cells = trial->cells,
                                    .cube = cube,
                                    .n_dims = wn_space_n_dims(space),
                                    .config = wn_config_hash(space, trial->cells),
                                    .seed = end->job->seed,
                                    .trial = number};

    struct wn_generation source =
        wn_history_source_at(wn_study_history(end->study), number, resource);

    wn_config_encode(space, trial->cells, cube);
    if (source.resource)
        (void)undisturbed(end, source.trial, source.resource, state);
    else
        storm_fn->begin(&task, state);
    for (int64_t r = source.resource + 1; r <= resource; r++)
        storm_fn->unit(&task, state, r, &loss);
    return loss;
}

static void check_loss(const struct study_check *check,
                       const struct wn_rebuild *end,
                       uint32_t number,
                       const struct wn_report *report)
{
    double state[WN_FUNCTION_STATE_MAX / sizeof(double)];
    double loss = undisturbed(end, number, report->resource, state);
    char text[160];

    if (report->loss == loss)
        return;
    (void)snprintf(text, sizeof text,
                   "trial %u at %lld has loss %.17g, undisturbed %.17g", number,
                   (long long)report->resource, report->loss, loss);
    check_failed(check, text);
}

static void check_trial(const struct study_check *check,
                        const struct wn_rebuild *end,
                        uint32_t number,
                        bool is_stopped)
{
    const struct wn_trial *trial = wn_history_trial(wn_study_history(end->study), number);
    char text[160];

    if (trial->state == WN_TRIAL_LIVE && !is_stopped) {
        (void)snprintf(text, sizeof text, "trial %u is live at the end", number);
        check_failed(check, text);
    }
    for (uint32_t i = 0; trial->cells && i < trial->n_reports; i++) {
        const struct wn_report *report = &trial->reports[i];
        if (report->resource != trial->source.resource + (int64_t)i + 1) {
            (void)snprintf(text, sizeof text, "trial %u: report %u is of resource %lld",
                           number, i, (long long)report->resource);
            check_failed(check, text);
        }
        check_loss(check, end, number, report);
    }
}

struct seen {
    struct study_check *check;
    struct wn_rebuild rebuild;
};

/* What a fork may name of a trial that lives or is worth something is not collected. */
static bool may_go(const struct wn_study *study, struct wn_generation gen)
{
    const struct wn_trial *trial = wn_history_trial(wn_study_history(study), gen.trial);

    if (!wn_generation_equal(trial->newest, gen))
        return true;
    return trial->state != WN_TRIAL_LIVE && !(wn_study_configuration(study)->sched->worth(
                                                  wn_study_sched(study), gen.trial) > 0);
}

/* Of the events that matter here, before each takes effect. */
static enum wn_status see(void *arg, const struct wn_event *event, struct wn_error *err)
{
    struct seen *seen = arg;
    struct study_check *check = seen->check;

    if (event->kind == WN_EVENT_RETURNED && event->returned.why == WN_RETURN_DAMAGED) {
        check->n_damaged++;
        if (!is_spoilt(check, wn_study_placed(seen->rebuild.study, event->trial).source))
            check_failed(check, "a checkpoint was lost: it is called damaged");
    }
    if (event->kind == WN_EVENT_COLLECTED &&
        !may_go(seen->rebuild.study, event->collected.generation))
        check_failed(check, "a checkpoint that a fork may name is collected");
    if (event->kind == WN_EVENT_PLANNED && event->planned.source.resource) {
        uint32_t parent = event->planned.source.trial;
        uint8_t state =
            wn_history_trial(wn_study_history(seen->rebuild.study), parent)->state;
        check->n_forks_of_ended += state != WN_TRIAL_LIVE && state != WN_TRIAL_PAUSED;
    }
    return wn_rebuild_event(&seen->rebuild, event, err);
}

void check_end(struct study_check *check, bool is_stopped)
{
    struct seen seen = {.check = check};
    struct wn_rebuild end;
    struct wn_journal_summary summary;
    const struct wn_history *history;
    struct wn_error err = {0};

    check_ok(check, wn_journal_read(check->journal, see, &seen, &summary, &err), &err);
    wn_rebuild_release(&seen.rebuild);
    check_events(check, &end);
    history = wn_study_history(end.study);
    if (wn_history_totals(history).n_configured > check->most_trials)
        check_failed(check, "more trials than stop.trials_started");
    if (check->most_resource &&
        wn_history_totals(history).resource > check->most_resource)
        check_failed(check, "more resource than the budget");
    for (uint32_t i = 0; i < wn_history_n_trials(history); i++)
        check_trial(check, &end, i, is_stopped);
    check_checkpoints(check, end.study);
    wn_rebuild_release(&end);
}
