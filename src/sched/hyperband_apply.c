/* hyperband_apply.c - what an event changes in the brackets of hyperband.c.
 *
 * Every event of a trial decides at most one slot of one bracket; settle() then does what
 * follows from it in that bracket, from the lowest rung up, and leaves it so that next
 * and free slots are what decide() offers. What follows is bounded by what came before:
 * each trial enters, goes on and loses once a rung.
 */
#include "sched/hyperband_internal.h"

#include "base/assert.h"
#include "trial/history.h"
#include "trial/tag.h"

struct tag {
    uint32_t bracket, rung, slot;
};

static bool read_tag(const struct wn_tag *from, struct tag *out)
{
    struct wn_tag_reader reader = {.tag = from};

    out->bracket = (uint32_t)wn_tag_get(&reader, 4);
    out->rung = (uint32_t)wn_tag_get(&reader, 1);
    out->slot = (uint32_t)wn_tag_get(&reader, 4);
    return wn_tag_is_read(&reader);
}

void wn_hyperband_free_bracket(struct bracket *bracket)
{
    wn_halving_release(&bracket->halving);
    wn_free(bracket);
}

/* --- slots --- */

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for a bracket of the hyperband scheduler");
}

static struct total *total_of(struct wn_sched *self,
                              const struct bracket *bracket,
                              size_t rung)
{
    return &self->totals[bracket->offset * self->plan.n_levels + bracket->offset + rung];
}

static enum wn_status enter(struct wn_sched *self,
                            struct bracket *bracket,
                            size_t rung,
                            struct wn_ranked entry,
                            struct wn_error *err)
{
    struct trial *trial = &self->trials.at[entry.trial];

    trial->rung = (uint8_t)rung;
    trial->place = rung + 1 < bracket->halving.n_rungs ? ENTERED : OUT;
    total_of(self, bracket, rung)->n_entered++;
    return wn_halving_enter(&bracket->halving, rung, entry) ? WN_OK : no_memory(err);
}

static void fail(struct wn_sched *self,
                 struct bracket *bracket,
                 size_t rung,
                 uint32_t trial)
{
    self->trials.at[trial].place = OUT;
    total_of(self, bracket, rung)->n_entered++;
    wn_halving_fail(&bracket->halving, rung);
}

/* false: it has no entry there. */
static bool go_on(struct wn_sched *self,
                  struct bracket *bracket,
                  size_t rung,
                  uint32_t trial)
{
    self->trials.at[trial].rung = (uint8_t)(rung + 1);
    self->trials.at[trial].place = PENDING;
    total_of(self, bracket, rung)->n_promoted++;
    return wn_halving_go_on(&bracket->halving, rung, trial);
}

/* Entries with too many better ones have lost. Those of the best that cannot run for the
 * next rung, or have its value already, take their slot of it at once. */
static enum wn_status settle_rung(struct wn_sched *self,
                                  struct bracket *bracket,
                                  size_t rung,
                                  struct wn_error *err)
{
    const struct wn_ranked *next;
    enum wn_status rc = WN_OK;
    uint32_t lost;

    while ((lost = wn_halving_drop(&bracket->halving, rung)) != UINT32_MAX)
        if (self->trials.at[lost].place == ENTERED && self->trials.at[lost].rung == rung)
            self->trials.at[lost].place = OUT;
    while (rc == WN_OK && (next = wn_halving_next(&bracket->halving, rung))) {
        struct wn_ranked entry = *next;
        bool has_value = wn_history_resource(self->history, entry.trial) >=
                         level_of(self, bracket, rung + 1);
        bool has_gone;

        if (self->trials.at[entry.trial].state == PAUSED && !has_value)
            break; /* decide() will resume it */
        has_gone = go_on(self, bracket, rung, entry.trial);
        WN_ASSERT(has_gone);
        if (has_value)
            rc = enter(self, bracket, rung + 1, entry, err);
        else
            fail(self, bracket, rung + 1, entry.trial);
    }
    return rc;
}

/* After a change of a bracket: what follows from it, its end or what it offers. */
static enum wn_status settle(struct wn_sched *self,
                             struct bracket *bracket,
                             struct wn_error *err)
{
    enum wn_status rc = WN_OK;
    bool has_offer;

    for (size_t rung = 0; rc == WN_OK && rung + 1 < bracket->halving.n_rungs; rung++)
        rc = settle_rung(self, bracket, rung, err);
    if (rc != WN_OK)
        return rc;
    if (wn_halving_tidy(&bracket->halving)) {
        wn_sync_close(&self->brackets, &bracket->head);
        wn_hyperband_free_bracket(bracket);
        return WN_OK;
    }
    has_offer = wn_halving_free(&bracket->halving) ||
                top_ready(bracket) < bracket->halving.n_rungs;
    return wn_sync_offer(&self->brackets, &bracket->head, has_offer) ? WN_OK
                                                                     : no_memory(err);
}

/* --- events --- */

static struct bracket *open_next(struct wn_sched *self)
{
    struct bracket *bracket = wn_alloc(sizeof *bracket);

    if (!bracket)
        return NULL;
    bracket->offset = self->brackets.n_opened % self->plan.n_brackets;
    if (wn_halving_init(&bracket->halving, self->plan.n_levels - bracket->offset,
                        wn_bracket_size(&self->plan, bracket->offset, bracket->offset),
                        self->eta) &&
        wn_sync_open(&self->brackets, &bracket->head))
        return bracket;
    wn_hyperband_free_bracket(bracket);
    return NULL;
}

static enum wn_status apply_planned(struct wn_sched *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct bracket *bracket;
    struct trial *trial;
    struct tag tag;

    if (event->trial != self->trials.n || !read_tag(&event->planned.tag, &tag) ||
        tag.rung != 0)
        return wn_event_contradicts(event, err);
    if (tag.bracket == self->brackets.n_opened) {
        bracket = open_next(self);
        if (!bracket)
            return no_memory(err);
    } else {
        bracket = bracket_of(wn_sync_find(&self->brackets, tag.bracket));
        if (!bracket || !wn_halving_free(&bracket->halving))
            return wn_event_contradicts(event, err);
    }
    trial = wn_vec_push(&self->trials);
    if (!trial)
        return wn_fail(err, WN_ENOMEM,
                       "no memory for a trial of the hyperband scheduler");
    *trial = (struct trial){.bracket = tag.bracket, .state = LIVE, .place = PENDING};
    self->n_live++;
    wn_halving_take(&bracket->halving);
    return settle(self, bracket, err);
}

/* A verdict to go on past its rung, and past those that its report jumped over. */
static enum wn_status apply_continue(struct wn_sched *self,
                                     struct bracket *bracket,
                                     const struct wn_event *event,
                                     struct wn_ranked entry,
                                     struct wn_error *err)
{
    struct trial *trial = &self->trials.at[event->trial];
    enum wn_status rc = WN_OK;
    struct tag tag;

    if (!read_tag(&event->reported.tag, &tag) || tag.bracket != trial->bracket ||
        tag.rung <= trial->rung || tag.rung >= bracket->halving.n_rungs)
        return wn_event_contradicts(event, err);
    while (rc == WN_OK && trial->rung < tag.rung) {
        rc = enter(self, bracket, trial->rung, entry, err);
        if (rc == WN_OK && !go_on(self, bracket, trial->rung, event->trial))
            rc = wn_event_contradicts(event, err);
    }
    return rc;
}

static enum wn_status apply_reported(struct wn_sched *self,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    enum wn_verdict_kind verdict = event->reported.verdict;
    struct bracket *bracket;
    const struct wn_trial *record;
    struct wn_ranked entry;
    struct trial *trial;
    enum wn_status rc;

    if (event->trial >= self->trials.n || self->trials.at[event->trial].state != LIVE)
        return wn_event_contradicts(event, err);
    trial = &self->trials.at[event->trial];
    record = wn_history_trial(self->history, event->trial);
    bracket = bracket_of(wn_sync_find(&self->brackets, trial->bracket));
    if (!bracket || !record->n_reports)
        return wn_event_contradicts(event, err);
    if (verdict != WN_VERDICT_CONTINUE)
        trial->state = verdict == WN_VERDICT_PAUSE ? PAUSED : CONDEMNED;
    self->n_live -= trial->state == PAUSED;
    if (event->reported.resource < level_of(self, bracket, trial->rung))
        return WN_OK; /* whoever pauses it here must resume it */
    entry = (struct wn_ranked){record->reports[record->n_reports - 1].loss, event->trial};
    rc = verdict == WN_VERDICT_CONTINUE ? apply_continue(self, bracket, event, entry, err)
                                        : enter(self, bracket, trial->rung, entry, err);
    return rc ? rc : settle(self, bracket, err);
}

/* A trial that never began, or that another one replaces. */
static enum wn_status give_back(struct wn_sched *self,
                                uint32_t trial,
                                struct wn_error *err)
{
    struct bracket *bracket =
        bracket_of(wn_sync_find(&self->brackets, self->trials.at[trial].bracket));

    self->trials.at[trial].place = OUT;
    self->trials.at[trial].state = ENDED;
    self->n_live--;
    wn_halving_give_back(&bracket->halving);
    return settle(self, bracket, err);
}

static bool is_plan(const struct wn_sched *self, uint32_t trial)
{
    const struct trial *own = wn_vec_get(&self->trials, trial);

    return own && own->state == LIVE && own->place == PENDING && own->rung == 0 &&
           !wn_history_trial(self->history, trial)->n_reports;
}

static enum wn_status apply_resumed(struct wn_sched *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    uint32_t via = event->resumed.via;
    struct bracket *bracket;
    enum wn_status rc;
    struct trial *trial;
    struct tag tag;

    if (event->trial >= self->trials.n || self->trials.at[event->trial].state != PAUSED ||
        (via != WN_TRIAL_NONE && !is_plan(self, via)))
        return wn_event_contradicts(event, err);
    trial = &self->trials.at[event->trial];
    trial->state = LIVE;
    self->n_live++;
    if (trial->place != PENDING) { /* else it goes on below its rung */
        bracket = bracket_of(wn_sync_find(&self->brackets, trial->bracket));
        if (!bracket || !read_tag(&event->resumed.tag, &tag) ||
            tag.bracket != trial->bracket || tag.rung != trial->rung + 1U ||
            tag.rung >= bracket->halving.n_rungs ||
            !go_on(self, bracket, trial->rung, event->trial))
            return wn_event_contradicts(event, err);
        rc = settle(self, bracket, err);
        if (rc != WN_OK)
            return rc;
    }
    return via == WN_TRIAL_NONE ? WN_OK : give_back(self, via, err);
}

/* The slot of a trial that ended before its rung's level. */
static enum wn_status decide_slot(struct wn_sched *self,
                                  struct bracket *bracket,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    const struct wn_trial *record = wn_history_trial(self->history, event->trial);
    size_t rung = self->trials.at[event->trial].rung;

    if (event->ended.how == WN_END_COMPLETED && record->n_reports > 0)
        return enter(
            self, bracket, rung,
            (struct wn_ranked){record->reports[record->n_reports - 1].loss, event->trial},
            err);
    fail(self, bracket, rung, event->trial);
    return WN_OK;
}

static enum wn_status apply_ended(struct wn_sched *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    struct bracket *bracket;
    enum wn_status rc = WN_OK;
    struct trial *trial;

    if (event->trial >= self->trials.n || self->trials.at[event->trial].state == ENDED)
        return wn_event_contradicts(event, err);
    trial = &self->trials.at[event->trial];
    if (event->ended.how == WN_END_WITHDRAWN)
        return is_plan(self, event->trial) ? give_back(self, event->trial, err)
                                           : wn_event_contradicts(event, err);
    self->n_live -= trial->state != PAUSED;
    trial->state = ENDED;
    if (trial->place == OUT)
        return WN_OK;
    bracket = bracket_of(wn_sync_find(&self->brackets, trial->bracket));
    if (!bracket)
        return wn_event_contradicts(event, err);
    if (trial->place == PENDING)
        rc = decide_slot(self, bracket, event, err);
    return rc ? rc : settle(self, bracket, err);
}

/* From the last one: a bracket that ends by it leaves the list. */
static enum wn_status apply_exhausted(struct wn_sched *self, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (size_t i = self->brackets.open.n; rc == WN_OK && i-- > 0;) {
        struct bracket *bracket = bracket_of(self->brackets.open.at[i]);

        wn_halving_close(&bracket->halving);
        rc = settle(self, bracket, err);
    }
    return rc;
}

enum wn_status wn_hyperband_apply(struct wn_sched *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    switch (event->kind) {
    case WN_EVENT_PLANNED: return apply_planned(self, event, err);
    case WN_EVENT_REPORTED: return apply_reported(self, event, err);
    case WN_EVENT_RESUMED: return apply_resumed(self, event, err);
    case WN_EVENT_ENDED: return apply_ended(self, event, err);
    case WN_EVENT_EXHAUSTED: return apply_exhausted(self, err);
    case WN_EVENT_CONFIGURED:
    case WN_EVENT_RECALLED:
    case WN_EVENT_ENQUEUED:
    case WN_EVENT_IMPORTED:
    case WN_EVENT_AMENDED:
    case WN_EVENT_NOTED:
    case WN_EVENT_NOT_LOGICAL: break;
    }
    return WN_OK;
}
