/* dehb_state.c - what the dehb scheduler makes of events. See dehb.c. */
#include "sched/dehb_internal.h"

#include <math.h>

#include "base/assert.h"
#include "trial/history.h"
#include "trial/population.h"

/* --- brackets --- */

/* The shape of a bracket, which is also the level it begins at. */
uint32_t wn_dehb_shape(const struct wn_sched *self, uint32_t bracket)
{
    return bracket % (uint32_t)self->sizes.n_brackets;
}

bool wn_dehb_is_top(const struct wn_sched *self, uint32_t level)
{
    return level + 1 == self->sizes.n_levels;
}

uint64_t wn_dehb_size(const struct wn_sched *self, uint32_t bracket, uint32_t level)
{
    return wn_bracket_size(&self->sizes, wn_dehb_shape(self, bracket), level);
}

/* Entries of the rung above the one that is handed out, if that began now. */
uint64_t wn_dehb_next_limit(const struct wn_sched *self, const struct bracket *bracket)
{
    uint64_t whole, part = bracket->n_given / self->eta;

    if (wn_dehb_is_top(self, bracket->level) || !bracket->n_given)
        return 0;
    whole = wn_dehb_size(self, bracket->head.number, bracket->level + 1);
    if (bracket->n_given >= wn_dehb_size(self, bracket->head.number, bracket->level))
        return whole;
    part = part ? part : 1;
    return part < whole ? part : whole;
}

/* Whether a bracket of the first iteration has promotions out of a level left to give. */
static bool may_still_promote(const struct wn_sched *self,
                              uint32_t number,
                              uint32_t level)
{
    const struct bracket *bracket;

    if (number >= self->brackets.n_opened)
        return true;
    bracket = (const struct bracket *)wn_sync_find(&self->brackets, number);
    if (!bracket || bracket->level > level + 1)
        return false;
    return bracket->level <= level || bracket->n_given < bracket->limit;
}

/* O(number of levels): the brackets that begin at or below the level. */
bool wn_dehb_has_promotions(const struct wn_sched *self, uint32_t level)
{
    if (wn_dehb_is_top(self, level))
        return false;
    for (uint32_t b = 0; b <= level && b < self->sizes.n_brackets; b++)
        if (may_still_promote(self, b, level))
            return true;
    return false;
}

/* Paused where it was judged, and still in its place there. */
bool wn_dehb_is_candidate(const struct wn_sched *self, uint32_t number)
{
    const struct trial *trial = &self->trials.at[number];

    return trial->state == PAUSED &&
           self->levels[trial->level].places.at[trial->member].trial == number;
}

/* --- applying --- */

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for a trial of the dehb scheduler");
}

/* Drop from the top of a level's heap whoever cannot be promoted any more. */
static void refresh(struct wn_sched *self, uint32_t level)
{
    struct wn_rank_heap *paused = &self->levels[level].paused;
    const struct wn_ranked *best;

    while ((best = wn_rank_heap_first(paused)) &&
           (self->trials.at[best->trial].level != level ||
            !wn_dehb_is_candidate(self, best->trial)))
        (void)wn_rank_heap_pop(paused);
}

/* Say what a bracket has to offer, and forget it when it is through. */
static enum wn_status settle(struct wn_sched *self,
                             struct bracket *bracket,
                             struct wn_error *err)
{
    bool has_more = bracket->n_given < bracket->limit;
    bool is_last = wn_dehb_is_top(self, bracket->level);

    if (!wn_sync_offer(&self->brackets, &bracket->head,
                       has_more || (!bracket->n_pending && !is_last)))
        return no_memory(err);
    if (has_more || bracket->n_pending || !is_last)
        return WN_OK;
    wn_sync_close(&self->brackets, &bracket->head);
    wn_free(bracket);
    return WN_OK;
}

/* The bracket of a plan, opened or moved to the plan's rung; NULL with *rc set. */
static struct bracket *bracket_for(struct wn_sched *self,
                                   const struct wn_event *event,
                                   const struct wn_population_plan *plan,
                                   enum wn_status *rc,
                                   struct wn_error *err)
{
    struct bracket *bracket;

    if (plan->generation == self->brackets.n_opened &&
        plan->level == wn_dehb_shape(self, plan->generation)) {
        bracket = wn_alloc(sizeof *bracket);
        if (!bracket || !wn_sync_open(&self->brackets, &bracket->head)) {
            wn_free(bracket);
            *rc = no_memory(err);
            return NULL;
        }
        bracket->level = plan->level;
        bracket->limit = wn_dehb_size(self, plan->generation, plan->level);
        return bracket;
    }
    bracket = (struct bracket *)wn_sync_find(&self->brackets, plan->generation);
    if (!bracket || plan->level < bracket->level || plan->level > bracket->level + 1) {
        *rc = wn_event_contradicts(event, err);
        return NULL;
    }
    if (plan->level > bracket->level) {
        bracket->limit = wn_dehb_next_limit(self, bracket);
        bracket->level = plan->level;
        bracket->n_given = 0;
    }
    return bracket;
}

/* A trial gets a job: its place in a sub-population, and in a rung of a bracket. */
static enum wn_status give(struct wn_sched *self,
                           const struct wn_event *event,
                           const struct wn_tag *tag,
                           struct wn_error *err)
{
    struct wn_population_plan plan;
    struct bracket *bracket;
    struct level *level;
    enum wn_status rc = WN_OK;

    if (!wn_population_plan_read(tag, &plan) || plan.level >= self->sizes.n_levels)
        return wn_event_contradicts(event, err);
    level = &self->levels[plan.level];
    if (plan.member > level->places.n || plan.member >= level->n_places)
        return wn_event_contradicts(event, err);
    bracket = bracket_for(self, event, &plan, &rc, err);
    if (!bracket)
        return rc;
    if (plan.member == level->places.n) {
        struct place *place = wn_vec_push(&level->places);
        if (!place)
            return no_memory(err);
        place->trial = WN_TRIAL_NONE;
    }
    level->next = plan.member + 1 < level->n_places ? plan.member + 1 : 0;
    self->trials.at[event->trial].bracket = plan.generation;
    self->trials.at[event->trial].member = plan.member;
    self->trials.at[event->trial].level = plan.level;
    self->trials.at[event->trial].state = LIVE;
    self->n_live++;
    bracket->n_given++;
    bracket->n_pending++;
    return settle(self, bracket, err);
}

static enum wn_status apply_planned(struct wn_sched *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct trial *trial;

    if (event->trial != self->trials.n)
        return wn_event_contradicts(event, err);
    trial = wn_vec_push(&self->trials);
    if (!trial)
        return no_memory(err);
    trial->is_open = event->planned.parent == WN_TRIAL_NONE;
    self->n_open += trial->is_open;
    return give(self, event, &event->planned.tag, err);
}

static void close_wish(struct wn_sched *self, struct trial *trial)
{
    self->n_open -= trial->is_open;
    trial->is_open = false;
}

static enum wn_status apply_configured(struct wn_sched *self,
                                       const struct wn_event *event,
                                       struct wn_error *err)
{
    struct trial *trial = wn_vec_get(&self->trials, event->trial);

    if (!trial)
        return wn_event_contradicts(event, err);
    close_wish(self, trial);
    if (event->configured.origin == WN_ORIGIN_USER && self->n_wishes)
        self->n_wishes--;
    return WN_OK;
}

/* The result of a job is in, whatever it is. */
static enum wn_status finish_job(struct wn_sched *self,
                                 const struct trial *trial,
                                 struct wn_error *err)
{
    struct bracket *bracket =
        (struct bracket *)wn_sync_find(&self->brackets, trial->bracket);

    WN_ASSERT(bracket && bracket->n_pending);
    bracket->n_pending--;
    return settle(self, bracket, err);
}

static void enter(struct wn_sched *self, uint32_t number, bool wins, double loss)
{
    const struct trial *trial = &self->trials.at[number];
    struct level *level = &self->levels[trial->level];
    struct place *place = &level->places.at[trial->member];

    level->n_entered++;
    if (!wins)
        return;
    level->n_held += place->trial == WN_TRIAL_NONE;
    *place = (struct place){number, loss};
    refresh(self, trial->level);
}

static enum wn_status apply_reported(struct wn_sched *self,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    struct trial *trial = wn_vec_get(&self->trials, event->trial);
    struct wn_population_outcome outcome = {0};
    struct wn_ranked candidate = {.trial = event->trial};

    if (!trial || trial->state != LIVE)
        return wn_event_contradicts(event, err);
    candidate.loss = wn_population_loss(self->history, event->trial);
    /* A recall's verdict has no tag: it was not judged, and is in no place. */
    if (wn_population_outcome_read(&event->reported.tag, &outcome)) {
        if (outcome.level != trial->level || outcome.member != trial->member)
            return wn_event_contradicts(event, err);
        enter(self, event->trial, outcome.wins, candidate.loss);
    }
    switch (event->reported.verdict) {
    case WN_VERDICT_CONTINUE: return WN_OK;
    case WN_VERDICT_STOP: trial->state = CONDEMNED; break;
    case WN_VERDICT_PAUSE:
        trial->state = PAUSED;
        self->n_live--;
        if (outcome.wins &&
            !wn_rank_heap_push(&self->levels[trial->level].paused, candidate))
            return no_memory(err);
        break;
    }
    return finish_job(self, trial, err);
}

static enum wn_status apply_resumed(struct wn_sched *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct trial *trial = wn_vec_get(&self->trials, event->trial);
    uint32_t level;
    enum wn_status rc;

    if (!trial || trial->state != PAUSED || event->resumed.via != WN_TRIAL_NONE)
        return wn_event_contradicts(event, err);
    level = trial->level;
    rc = give(self, event, &event->resumed.tag, err);
    self->levels[level].n_promoted += rc == WN_OK;
    refresh(self, level);
    return rc;
}

static enum wn_status apply_ended(struct wn_sched *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    struct trial *trial = wn_vec_get(&self->trials, event->trial);
    uint8_t before;
    double loss;

    if (!trial || trial->state == ENDED)
        return wn_event_contradicts(event, err);
    before = trial->state;
    trial->state = ENDED;
    self->n_live -= before != PAUSED;
    close_wish(self, trial);
    if (before == PAUSED)
        refresh(self, trial->level);
    if (before != LIVE)
        return WN_OK;
    loss = event->ended.how == WN_END_COMPLETED
               ? wn_population_loss(self->history, event->trial)
               : HUGE_VAL;
    if (event->ended.how == WN_END_COMPLETED || event->ended.how == WN_END_FAILED) {
        const struct place *place = &self->levels[trial->level].places.at[trial->member];
        enter(self, event->trial,
              wn_population_wins(place->trial == WN_TRIAL_NONE, place->loss, loss), loss);
    }
    if (event->ended.how ==
        WN_END_WITHDRAWN) /* nothing was run: the entry is free again */
        ((struct bracket *)wn_sync_find(&self->brackets, trial->bracket))->n_given--;
    return finish_job(self, trial, err);
}

enum wn_status wn_dehb_apply(struct wn_sched *self,
                             const struct wn_event *event,
                             struct wn_error *err)
{
    switch (event->kind) {
    case WN_EVENT_PLANNED: return apply_planned(self, event, err);
    case WN_EVENT_CONFIGURED: return apply_configured(self, event, err);
    case WN_EVENT_REPORTED: return apply_reported(self, event, err);
    case WN_EVENT_RESUMED: return apply_resumed(self, event, err);
    case WN_EVENT_ENDED: return apply_ended(self, event, err);
    case WN_EVENT_ENQUEUED: self->n_wishes++; break;
    case WN_EVENT_RECALLED:
    case WN_EVENT_EXHAUSTED:
    case WN_EVENT_IMPORTED:
    case WN_EVENT_AMENDED:
    case WN_EVENT_NOTED:
    case WN_EVENT_NOT_LOGICAL: break;
    }
    return WN_OK;
}
