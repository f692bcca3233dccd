/* tpe_trials.c - what TPE learns from trials, and which of them are good. */
#include "search/tpe_internal.h"

#include <math.h>

#include "trial/history.h"

#define NOT_SEEN UINT32_MAX

void wn_tpe_trials_release(struct wn_tpe_trials *trials)
{
    wn_vec_release(&trials->seen);
    wn_vec_release(&trials->of_trial);
    wn_vec_release(&trials->best);
}

static enum wn_status configure(struct wn_tpe_trials *trials,
                                uint32_t trial,
                                struct wn_error *err)
{
    struct wn_tpe_observation *seen;
    const uint32_t *best;

    while (trials->of_trial.n <= trial) {
        uint32_t *at = wn_vec_push(&trials->of_trial);

        if (!at)
            return wn_fail(err, WN_ENOMEM, "no memory for the trials of a searcher");
        *at = NOT_SEEN;
    }
    if (trials->of_trial.at[trial] != NOT_SEEN)
        return wn_fail(err, WN_ECORRUPT, "trial %u is configured twice", trial);
    seen = wn_vec_push(&trials->seen);
    best = wn_vec_push(&trials->best);
    if (!seen || !best)
        return wn_fail(err, WN_ENOMEM, "no memory for the trials of a searcher");
    seen->state = WN_TPE_RUNNING;
    trials->of_trial.at[trial] = (uint32_t)(trials->seen.n - 1);
    return WN_OK;
}

/* What a trial in this state, if its last report says nothing else, is worth. */
static void take_value(struct wn_tpe_observation *seen,
                       const struct wn_history *history,
                       const struct wn_trial *past,
                       enum wn_tpe_state state)
{
    seen->state = state == WN_TPE_FAILED ? WN_TPE_FAILED : WN_TPE_WORST;
    if (state == WN_TPE_FAILED || !past->n_reports)
        return;
    seen->loss = past->reports[past->n_reports - 1].loss;
    seen->resource = past->reports[past->n_reports - 1].resource;
    if (isfinite(seen->loss))
        seen->state =
            seen->resource >= wn_history_max_resource(history) ? WN_TPE_COMPLETE : state;
}

/* Its last report is its value; without one it is among the worst. */
static void value(struct wn_tpe_trials *trials,
                  const struct wn_history *history,
                  uint32_t trial,
                  enum wn_tpe_state state)
{
    struct wn_tpe_observation *seen;

    if (trial >= trials->of_trial.n || trials->of_trial.at[trial] == NOT_SEEN)
        return; /* withdrawn before it was configured */
    seen = &trials->seen.at[trials->of_trial.at[trial]];
    trials->n_valued -= seen->state <= WN_TPE_WORST;
    take_value(seen, history, wn_history_trial(history, trial), state);
    trials->n_valued += seen->state <= WN_TPE_WORST;
}

enum wn_status wn_tpe_trials_apply(struct wn_tpe_trials *trials,
                                   const struct wn_history *history,
                                   const struct wn_event *event,
                                   struct wn_error *err)
{
    if (event->kind == WN_EVENT_CONFIGURED)
        return configure(trials, event->trial, err);
    if (event->kind == WN_EVENT_REPORTED && event->reported.is_milestone)
        value(trials, history, event->trial, WN_TPE_PARTIAL);
    if (event->kind != WN_EVENT_ENDED)
        return WN_OK;
    switch (event->ended.how) {
    case WN_END_COMPLETED: value(trials, history, event->trial, WN_TPE_COMPLETE); break;
    case WN_END_STOPPED: value(trials, history, event->trial, WN_TPE_PARTIAL); break;
    case WN_END_FAILED: value(trials, history, event->trial, WN_TPE_FAILED); break;
    case WN_END_WITHDRAWN: break;
    }
    return WN_OK;
}

/* --- the best --- */

size_t wn_tpe_n_good(size_t n_valued, double gamma, size_t most)
{
    double n = ceil(gamma * (double)n_valued);

    return n < (double)most ? (size_t)n : most;
}

static bool is_better(const struct wn_tpe_trials *trials, uint32_t a, uint32_t b)
{
    const struct wn_tpe_observation *x = &trials->seen.at[a], *y = &trials->seen.at[b];

    if (x->state != y->state)
        return x->state < y->state;
    if (x->state == WN_TPE_PARTIAL && x->resource != y->resource)
        return x->resource > y->resource;
    if (x->loss < y->loss || x->loss > y->loss)
        return x->loss < y->loss;
    return a < b;
}

/* best[0 ... n - 1] is a heap with the worst in front, but for best[i]: move it down. */
static void sink(struct wn_tpe_trials *trials, size_t i, size_t n)
{
    uint32_t *best = trials->best.at, moved = best[i];

    for (size_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && is_better(trials, best[child], best[child + 1]))
            child++;
        if (!is_better(trials, moved, best[child]))
            break;
        best[i] = best[child];
        i = child;
    }
    best[i] = moved;
}

void wn_tpe_choose(struct wn_tpe_trials *trials, size_t n_good)
{
    uint32_t *best = trials->best.at;
    size_t n = 0;

    for (uint32_t i = 0; i < trials->seen.n; i++) {
        trials->seen.at[i].is_good = false;
        if (trials->seen.at[i].state > WN_TPE_PARTIAL || !n_good)
            continue;
        if (n < n_good) {
            best[n++] = i;
            for (size_t k = n / 2; n == n_good && k-- > 0;)
                sink(trials, k, n);
        } else if (is_better(trials, i, best[0])) {
            best[0] = i;
            sink(trials, 0, n);
        }
    }
    for (size_t i = 0; i < n; i++)
        trials->seen.at[best[i]].is_good = true;
}
