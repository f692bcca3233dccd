/* kde_trials.c - what the kde searcher learns from trials: losses at levels. */
#include "search/kde_internal.h"

#include <math.h>
#include <string.h>

#include "trial/history.h"

#define NONE UINT32_MAX

void wn_kde_trials_release(struct wn_kde_trials *trials)
{
    for (size_t i = 0; i < trials->levels.n; i++)
        wn_sorted_release(&trials->levels.at[i].losses);
    wn_vec_release(&trials->levels);
    wn_vec_release(&trials->runs);
    wn_vec_release(&trials->live);
    wn_vec_release(&trials->trial_of_row);
}

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the trials of a searcher");
}

static enum wn_status plan(struct wn_kde_trials *trials,
                           const struct wn_event *event,
                           struct wn_error *err)
{
    struct wn_kde_run *run = wn_vec_push(&trials->runs);

    if (!run)
        return no_memory(err);
    *run = (struct wn_kde_run){
        .milestone = event->planned.milestone, .row = NONE, .at_live = NONE};
    return WN_OK;
}

static enum wn_status begin(struct wn_kde_trials *trials,
                            struct wn_kde_run *run,
                            struct wn_error *err)
{
    uint32_t *at = wn_vec_push(&trials->live);

    if (!at)
        return no_memory(err);
    *at = run->row;
    run->at_live = (uint32_t)(trials->live.n - 1);
    return WN_OK;
}

static void leave(struct wn_kde_trials *trials, struct wn_kde_run *run)
{
    uint32_t last;

    run->milestone = 0;
    if (run->at_live == NONE)
        return;
    last = trials->live.at[--trials->live.n];
    trials->live.at[run->at_live] = last;
    trials->runs.at[trials->trial_of_row.at[last]].at_live = run->at_live;
    run->at_live = NONE;
}

static enum wn_status configure(struct wn_kde_trials *trials,
                                struct wn_kde_run *run,
                                uint32_t trial,
                                struct wn_error *err)
{
    uint32_t *at;

    if (run->row != NONE)
        return wn_fail(err, WN_ECORRUPT, "trial %u is configured twice", trial);
    at = wn_vec_push(&trials->trial_of_row);
    if (!at)
        return no_memory(err);
    *at = trial;
    run->row = (uint32_t)(trials->trial_of_row.n - 1);
    return begin(trials, run, err);
}

/* The level of a milestone, a new one if need be; NULL without memory. */
static struct wn_kde_level *find_level(struct wn_kde_trials *trials, int64_t milestone)
{
    size_t low = 0, high = trials->levels.n;
    struct wn_kde_level *at;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (trials->levels.at[middle].milestone < milestone)
            low = middle + 1;
        else
            high = middle;
    }
    at = trials->levels.at + low;
    if (low < trials->levels.n && at->milestone == milestone)
        return at;
    at = wn_vec_push(&trials->levels);
    if (!at)
        return NULL;
    at = trials->levels.at + low;
    memmove(at + 1, at, (trials->levels.n - 1 - low) * sizeof *at);
    *at = (struct wn_kde_level){.milestone = milestone};
    return at;
}

/* The trial stands on the level of its milestone from now on. */
static enum wn_status enter(struct wn_kde_trials *trials,
                            struct wn_kde_run *run,
                            double loss,
                            struct wn_error *err)
{
    struct wn_kde_level *level;

    if (run->row == NONE || !run->milestone)
        return WN_OK;
    level = find_level(trials, run->milestone);
    if (!level || !wn_sorted_add(&level->losses, loss, run->row))
        return no_memory(err);
    level->n_finite += isfinite(loss) != 0;
    run->milestone = 0;
    return WN_OK;
}

static double last_loss(const struct wn_history *history, uint32_t trial)
{
    const struct wn_trial *past = wn_history_trial(history, trial);

    return past->n_reports ? past->reports[past->n_reports - 1].loss : (double)INFINITY;
}

static enum wn_status report(struct wn_kde_trials *trials,
                             const struct wn_history *history,
                             struct wn_kde_run *run,
                             const struct wn_event *event,
                             struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    if (!event->reported.is_milestone)
        return WN_OK;
    if (event->reported.resource >= run->milestone)
        rc = enter(trials, run, last_loss(history, event->trial), err);
    if (event->reported.verdict == WN_VERDICT_CONTINUE)
        run->milestone = event->reported.milestone;
    else
        leave(trials, run);
    return rc;
}

static enum wn_status end(struct wn_kde_trials *trials,
                          const struct wn_history *history,
                          struct wn_kde_run *run,
                          const struct wn_event *event,
                          struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    if (event->ended.how == WN_END_COMPLETED)
        rc = enter(trials, run, last_loss(history, event->trial), err);
    else if (event->ended.how == WN_END_FAILED)
        rc = enter(trials, run, (double)INFINITY, err);
    leave(trials, run);
    return rc;
}

enum wn_status wn_kde_trials_apply(struct wn_kde_trials *trials,
                                   const struct wn_history *history,
                                   const struct wn_event *event,
                                   struct wn_error *err)
{
    struct wn_kde_run *run = NULL;

    if (event->kind == WN_EVENT_PLANNED)
        return plan(trials, event, err);
    if (event->trial < trials->runs.n)
        run = &trials->runs.at[event->trial];
    if (!run)
        return WN_OK;
    if (event->kind == WN_EVENT_CONFIGURED)
        return configure(trials, run, event->trial, err);
    if (event->kind == WN_EVENT_REPORTED)
        return report(trials, history, run, event, err);
    if (event->kind == WN_EVENT_ENDED)
        return end(trials, history, run, event, err);
    if (event->kind != WN_EVENT_RESUMED)
        return WN_OK;
    run->milestone = event->resumed.milestone;
    return begin(trials, run, err);
}

struct wn_kde_level *wn_kde_choose_level(struct wn_kde_trials *trials,
                                         size_t percent,
                                         size_t least,
                                         size_t *n_good)
{
    for (size_t i = trials->levels.n; i-- > 0;) {
        struct wn_kde_level *level = &trials->levels.at[i];
        size_t n = percent * level->losses.n / 100;

        *n_good = n > least ? n : least;
        if (*n_good <= level->n_finite && *n_good + least <= level->losses.n)
            return level;
    }
    return NULL;
}
