/* asha_events.c - what an event changes; the rules are in asha.c. */
#include <math.h>

#include "sched/asha_internal.h"
#include "sched/rungs.h"
#include "trial/history.h"
#include "trial/tag.h"

struct wn_asha_ladder *wn_asha_ladder_of(const struct wn_sched *self, size_t bracket)
{
    return &self->ladders[self->n_ladders > 1 ? bracket : 0];
}

/* Whether a trial is paused at a rung and has not been above it. */
static bool is_candidate(const struct wn_sched *self, uint32_t trial, size_t rung)
{
    return self->trials.at[trial].state == WN_ASHA_PAUSED &&
           self->trials.at[trial].n_rungs == rung + 1;
}

/* Drop candidates that left from the tops of a rung's heaps and set the rung's bit. */
static void refresh(struct wn_sched *self, struct wn_asha_ladder *ladder, size_t rung)
{
    uint64_t bit = UINT64_C(1) << rung % 64;

    for (int i = 0; i < 2; i++) {
        struct wn_rank_heap *paused = &ladder->rungs[rung].paused[i];
        const struct wn_ranked *best;

        while ((best = wn_rank_heap_first(paused)) &&
               !is_candidate(self, best->trial, rung))
            (void)wn_rank_heap_pop(paused);
    }
    if (self->pauses && wn_asha_rung_best(&ladder->rungs[rung]))
        ladder->ready[rung / 64] |= bit;
    else
        ladder->ready[rung / 64] &= ~bit;
}

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the entries of a rung");
}

bool wn_asha_last_rung(const struct wn_sched *self,
                       const struct wn_asha_trial *trial,
                       size_t *rung)
{
    if (trial->n_rungs <= trial->bracket || trial->n_rungs > self->n_levels)
        return false;
    *rung = trial->n_rungs - 1;
    return true;
}

/* --- one function per kind --- */

/* Where there is one bracket no tag was written, and never was. */
static bool read_bracket(const struct wn_sched *self,
                         const struct wn_tag *tag,
                         uint16_t *bracket)
{
    struct wn_tag_reader reader = {.tag = tag};

    *bracket = 0;
    if (!tag->n)
        return true;
    *bracket = (uint16_t)wn_tag_get(&reader, 2);
    return wn_tag_is_read(&reader) && *bracket < self->n_brackets;
}

static enum wn_status apply_planned(struct wn_sched *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct wn_asha_trial *trial;
    uint16_t bracket;
    size_t above =
        wn_rungs_above(self->levels, self->n_levels, event->planned.source.resource);

    if (event->trial != self->trials.n ||
        !read_bracket(self, &event->planned.tag, &bracket))
        return wn_event_contradicts(event, err);
    trial = wn_vec_push(&self->trials);
    if (!trial)
        return wn_fail(err, WN_ENOMEM, "no memory for a trial of the asha scheduler");
    trial->state = WN_ASHA_LIVE;
    trial->bracket = bracket;
    trial->n_rungs = (uint32_t)(above > bracket ? above : bracket);
    self->n_live++;
    return WN_OK;
}

static enum wn_status apply_configured(struct wn_sched *self,
                                       const struct wn_event *event,
                                       struct wn_error *err)
{
    struct wn_asha_trial *trial = wn_vec_get(&self->trials, event->trial);

    if (!trial)
        return wn_event_contradicts(event, err);
    if (event->configured.origin == WN_ORIGIN_USER &&
        self->n_candidates < self->n_thresholds) {
        trial->sets_threshold = true;
        self->n_candidates++;
    }
    return WN_OK;
}

static enum wn_status apply_pause(struct wn_sched *self,
                                  struct wn_asha_trial *trial,
                                  uint32_t number,
                                  struct wn_error *err)
{
    struct wn_asha_ladder *ladder = wn_asha_ladder_of(self, trial->bracket);
    size_t rung;

    trial->state = WN_ASHA_PAUSED;
    self->n_live--;
    if (self->pauses && wn_asha_last_rung(self, trial, &rung)) {
        struct wn_ranked entry = {
            wn_asha_loss_at(self->history, number, self->levels[rung]), number};

        if (!wn_rank_heap_push(&ladder->rungs[rung].paused[trial->sets_threshold], entry))
            return no_memory(err);
        refresh(self, ladder, rung);
    }
    return WN_OK;
}

/* Enter a report in every rung that it reaches or jumps. Who is told to stop below the
 * maximum failed at one of them: it sets no threshold. */
static enum wn_status enter_report(struct wn_sched *self,
                                   struct wn_asha_trial *trial,
                                   const struct wn_event *event,
                                   const struct wn_report *report,
                                   struct wn_error *err)
{
    struct wn_asha_ladder *ladder = wn_asha_ladder_of(self, trial->bracket);
    size_t above = wn_rungs_above(self->levels, self->n_levels, report->resource);
    enum wn_verdict_kind verdict = event->reported.verdict;
    bool is_full = report->resource >= self->max_resource;

    while (trial->n_rungs < above) {
        size_t rung = trial->n_rungs++;
        bool goes_past =
            trial->n_rungs < above || is_full || verdict == WN_VERDICT_CONTINUE;

        if (goes_past)
            wn_asha_rung_pass(&ladder->rungs[rung], report->loss,
                              trial->sets_threshold &&
                                  (is_full || verdict != WN_VERDICT_STOP));
        if (!wn_asha_rung_enter(&ladder->rungs[rung],
                                (struct wn_ranked){report->loss, event->trial},
                                report->elapsed_ms))
            return no_memory(err);
        refresh(self, ladder, rung);
        if (self->pasha && !wn_pasha_reach(self->pasha, rung, event->trial))
            return no_memory(err);
    }
    if (is_full && trial->n_rungs == self->n_levels) {
        trial->n_rungs++;
        ladder->n_full++;
    }
    return WN_OK;
}

static enum wn_status apply_reported(struct wn_sched *self,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    struct wn_asha_trial *trial = wn_vec_get(&self->trials, event->trial);
    const struct wn_trial *record;

    if (!trial || trial->state != WN_ASHA_LIVE)
        return wn_event_contradicts(event, err);
    record = wn_history_trial(self->history, event->trial);
    if (!record->n_reports ||
        record->reports[record->n_reports - 1].resource != event->reported.resource)
        return wn_event_contradicts(event, err);
    if (enter_report(self, trial, event, &record->reports[record->n_reports - 1], err) !=
        WN_OK)
        return WN_ENOMEM;
    if (event->reported.verdict == WN_VERDICT_PAUSE)
        return apply_pause(self, trial, event->trial, err);
    if (event->reported.verdict == WN_VERDICT_STOP)
        trial->state = WN_ASHA_CONDEMNED;
    return WN_OK;
}

static enum wn_status apply_resumed(struct wn_sched *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct wn_asha_trial *trial = wn_vec_get(&self->trials, event->trial);
    uint32_t via = event->resumed.via;
    size_t rung;

    if (!trial || trial->state != WN_ASHA_PAUSED)
        return wn_event_contradicts(event, err);
    if (via != WN_TRIAL_NONE) {
        struct wn_asha_trial *replaced = wn_vec_get(&self->trials, via);
        if (!replaced || replaced->state != WN_ASHA_LIVE)
            return wn_event_contradicts(event, err);
        replaced->state = WN_ASHA_ENDED;
        self->n_live--;
    }
    trial->state = WN_ASHA_LIVE;
    self->n_live++;
    if (wn_asha_last_rung(self, trial, &rung)) {
        struct wn_asha_ladder *ladder = wn_asha_ladder_of(self, trial->bracket);

        wn_asha_rung_pass(
            &ladder->rungs[rung],
            wn_asha_loss_at(self->history, event->trial, self->levels[rung]),
            trial->sets_threshold);
        refresh(self, ladder, rung);
    }
    return WN_OK;
}

static enum wn_status apply_ended(struct wn_sched *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    struct wn_asha_trial *trial = wn_vec_get(&self->trials, event->trial);
    struct wn_asha_ladder *ladder;
    const struct wn_trial *record;
    struct wn_ranked entry = {HUGE_VAL, event->trial};
    uint8_t before;
    size_t rung;

    if (!trial || trial->state == WN_ASHA_ENDED)
        return wn_event_contradicts(event, err);
    ladder = wn_asha_ladder_of(self, trial->bracket);
    before = trial->state;
    trial->state = WN_ASHA_ENDED;
    self->n_live -= before != WN_ASHA_PAUSED;
    if (before == WN_ASHA_PAUSED && wn_asha_last_rung(self, trial, &rung))
        refresh(self, ladder, rung);
    if (before != WN_ASHA_LIVE || trial->n_rungs >= self->n_levels)
        return WN_OK;
    record = wn_history_trial(self->history, event->trial);
    if (event->ended.how == WN_END_COMPLETED && record->n_reports)
        entry.loss = record->reports[record->n_reports - 1].loss;
    else if (event->ended.how != WN_END_FAILED)
        return WN_OK;
    rung = trial->n_rungs;
    if (!wn_asha_rung_enter(&ladder->rungs[rung], entry, record->run_ms))
        return no_memory(err);
    refresh(self, ladder, rung);
    return WN_OK;
}

enum wn_status wn_asha_apply(struct wn_sched *self,
                             const struct wn_event *event,
                             struct wn_error *err)
{
    switch (event->kind) {
    case WN_EVENT_PLANNED: return apply_planned(self, event, err);
    case WN_EVENT_CONFIGURED: return apply_configured(self, event, err);
    case WN_EVENT_REPORTED: return apply_reported(self, event, err);
    case WN_EVENT_RESUMED: return apply_resumed(self, event, err);
    case WN_EVENT_ENDED: return apply_ended(self, event, err);
    case WN_EVENT_RECALLED:
    case WN_EVENT_EXHAUSTED:
    case WN_EVENT_ENQUEUED:
    case WN_EVENT_IMPORTED:
    case WN_EVENT_AMENDED:
    case WN_EVENT_NOTED:
    case WN_EVENT_NOT_LOGICAL: break;
    }
    return WN_OK;
}
