/* pbt_members.c - what events make of the members of a population. See pbt.c.
 *
 * Nothing is decided here: who loses its place is read off the tag of its pause, who takes
 * it off the plan. Only where the standings of a synchronous round are cut is worked out
 * when the round is over; it is there for decide(), and a plan for any other member is taken
 * as well.
 *
 * The place changes hands when the new trial is configured, not when it is planned: a plan
 * may be withdrawn, and then the member is what it was.
 */
#include "sched/pbt_internal.h"

#include <math.h>

#include "base/assert.h"
#include "trial/member.h"

/* Units that a trial trained itself. */
static int64_t trained(const struct wn_sched *self, uint32_t trial)
{
    if (trial == WN_TRIAL_NONE)
        return 0;
    return wn_history_resource(self->history, trial) -
           wn_history_trial(self->history, trial)->source.resource;
}

int64_t wn_pbt_spent(const struct wn_sched *self, const struct wn_pbt_member *member)
{
    return member->spent + trained(self, member->previous) + trained(self, member->trial);
}

bool wn_pbt_is_usable(const struct wn_sched *self, uint32_t trial)
{
    int64_t resource;

    if (trial >= self->trials.n || !self->trials.at[trial].n_refs)
        return false;
    resource = wn_history_trial(self->history, trial)->newest.resource;
    return resource > 0 && resource < self->max_resource;
}

size_t wn_pbt_quota(const struct wn_sched *self, size_t n)
{
    /* 0.07 of 100 is 7, though the product of the doubles is a little more. */
    double share = ceil((double)n * self->quantile - 1e-9);
    size_t quota = share > 0 ? (size_t)share : 0;

    return quota < n / 2 ? quota : n / 2;
}

static uint32_t number_of(const struct wn_sched *self, const struct wn_pbt_member *member)
{
    return (uint32_t)(member - self->members);
}

/* One reference less; with the last one goes the trial's own to what it was forked from. */
static void forget(struct wn_sched *self, uint32_t trial)
{
    while (trial != WN_TRIAL_NONE) {
        struct wn_pbt_trial *entry = &self->trials.at[trial];
        bool holds_source;

        WN_ASSERT(entry->n_refs > 0);
        holds_source = --entry->n_refs == 0 && entry->holds_source;
        if (holds_source)
            entry->holds_source = false;
        trial = holds_source ? wn_history_trial(self->history, trial)->source.trial
                             : WN_TRIAL_NONE;
    }
}

static void leave_heaps(struct wn_sched *self, uint32_t number)
{
    wn_heap_remove(&self->vacant, number);
    wn_heap_remove(&self->paused, number);
    wn_heap_remove(&self->losers, number);
    wn_heap_remove(&self->arrived, number);
    if (self->is_synchronous) {
        wn_order_remove(&self->at_rest, number);
        wn_order_remove(&self->arriving, number);
    }
}

static void leave_standings(struct wn_sched *self, uint32_t number)
{
    wn_order_remove(&self->standings, number);
    if (self->is_synchronous)
        wn_order_remove(&self->round, number);
}

/* What the last report of its trial is among others. */
static struct wn_ranked last_score(const struct wn_sched *self,
                                   const struct wn_pbt_member *member)
{
    const struct wn_trial *record = wn_history_trial(self->history, member->trial);

    return (struct wn_ranked){record->reports[record->n_reports - 1].loss, member->trial};
}

static void score(struct wn_sched *self, const struct wn_pbt_member *member)
{
    struct wn_ranked entry = last_score(self, member);

    wn_order_put(self->is_synchronous ? &self->round : &self->standings,
                 number_of(self, member), entry,
                 wn_pbt_is_usable(self, member->trial) && entry.loss < HUGE_VAL);
}

static void await_trial(struct wn_sched *self, const struct wn_pbt_member *member)
{
    uint32_t number = number_of(self, member);

    wn_heap_put(&self->vacant, number,
                member->state == WN_PBT_UNBEGUN ? WN_PBT_BEGINS + number
                                                : self->n_vacated++);
}

static void await_slot(struct wn_sched *self, const struct wn_pbt_member *member)
{
    uint32_t number = number_of(self, member);
    int64_t resource = wn_history_resource(self->history, member->trial);

    if (!self->is_synchronous) {
        wn_heap_put(&self->paused, number, resource);
        return;
    }
    wn_heap_put(&self->arrived, number, resource);
    if (resource >= self->burn_in)
        wn_order_put(&self->arriving, number, last_score(self, member), 0);
}

/* --- planned, configured --- */

static void note_start(struct wn_sched *self, enum wn_member_start start)
{
    self->n_exploits += start == WN_MEMBER_EXPLOIT;
    self->n_explores += start == WN_MEMBER_EXPLORE;
    self->n_restarts += start == WN_MEMBER_RESTART;
}

static enum wn_status apply_planned(struct wn_sched *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    const struct wn_generation *source = &event->planned.source;
    struct wn_member tag;
    struct wn_pbt_member *member;
    struct wn_pbt_trial *trial;

    if (event->trial != self->trials.n || !wn_member_read(&event->planned.tag, &tag) ||
        tag.number >= self->population)
        return wn_event_contradicts(event, err);
    member = &self->members[tag.number];
    if (member->state == WN_PBT_LIVE || member->state == WN_PBT_FINISHED)
        return wn_event_contradicts(event, err);
    trial = wn_vec_push(&self->trials);
    if (!trial)
        return wn_fail(err, WN_ENOMEM, "no memory for a trial of the pbt scheduler");
    *trial =
        (struct wn_pbt_trial){.member = tag.number, .n_refs = 1, .state = WN_TRIAL_LIVE};
    if (source->resource) {
        trial->holds_source = true;
        self->trials.at[source->trial].n_refs++;
    }
    member->previous = member->trial;
    member->trial = event->trial;
    member->was = member->state;
    member->state = WN_PBT_LIVE;
    leave_heaps(self, tag.number);
    leave_standings(self, tag.number);
    self->n_live++;
    note_start(self, tag.start);
    return WN_OK;
}

static enum wn_status apply_configured(struct wn_sched *self,
                                       const struct wn_event *event,
                                       struct wn_error *err)
{
    struct wn_pbt_trial *trial = wn_vec_get(&self->trials, event->trial), *before;
    struct wn_pbt_member *member;
    uint32_t previous, *item;

    if (!trial || trial->state != WN_TRIAL_LIVE)
        return wn_event_contradicts(event, err);
    if (trial->is_configured)
        return WN_OK;
    trial->is_configured = true;
    member = &self->members[trial->member];
    previous = member->previous;
    if (previous == WN_TRIAL_NONE)
        return WN_OK;
    before = &self->trials.at[previous];
    if (before->state == WN_TRIAL_PAUSED) {
        item = wn_vec_push(&self->dropped);
        if (!item)
            return wn_fail(err, WN_ENOMEM, "no memory for a trial that lost its place");
        *item = previous;
        before->is_dropped = true;
    }
    member->spent += trained(self, previous);
    member->previous = WN_TRIAL_NONE;
    forget(self, previous);
    return WN_OK;
}

/* --- reported, resumed --- */

static void pause(struct wn_sched *self,
                  struct wn_pbt_trial *trial,
                  const struct wn_event *event)
{
    struct wn_pbt_member *member = &self->members[trial->member];
    const struct wn_tag *tag = &event->reported.tag;

    trial->state = WN_TRIAL_PAUSED;
    member->state = WN_PBT_PAUSED;
    self->n_live--;
    await_slot(self, member);
    if (!self->is_synchronous && tag->n == 1 && tag->bytes[0] == WN_PBT_LOSES)
        wn_heap_put(&self->losers, trial->member, 0);
}

static enum wn_status apply_reported(struct wn_sched *self,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    struct wn_pbt_trial *trial = wn_vec_get(&self->trials, event->trial);
    const struct wn_trial *record;
    struct wn_pbt_member *member;

    if (!trial || trial->state != WN_TRIAL_LIVE || !trial->is_configured)
        return wn_event_contradicts(event, err);
    member = &self->members[trial->member];
    record = wn_history_trial(self->history, event->trial);
    if (trial->holds_source && record->newest.resource) {
        trial->holds_source = false;
        forget(self, record->source.trial);
    }
    if (!event->reported.is_milestone)
        return WN_OK;
    member->n_failed = 0;
    switch (event->reported.verdict) {
    case WN_VERDICT_CONTINUE: score(self, member); break;
    case WN_VERDICT_PAUSE:
        score(self, member);
        pause(self, trial, event);
        break;
    case WN_VERDICT_STOP: leave_standings(self, trial->member); break;
    }
    return WN_OK;
}

static enum wn_status apply_resumed(struct wn_sched *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct wn_pbt_trial *trial = wn_vec_get(&self->trials, event->trial);
    struct wn_pbt_member *member;

    if (!trial || trial->state != WN_TRIAL_PAUSED || event->resumed.via != WN_TRIAL_NONE)
        return wn_event_contradicts(event, err);
    member = &self->members[trial->member];
    if (member->trial != event->trial)
        return wn_event_contradicts(event, err); /* another has its place */
    leave_heaps(self, trial->member);
    trial->state = WN_TRIAL_LIVE;
    member->state = WN_PBT_LIVE;
    self->n_live++;
    return WN_OK;
}

/* --- ended --- */

/* A trial whose place went to another. The last one is the one decide() names. */
static void end_dropped(struct wn_sched *self, uint32_t trial)
{
    size_t i = self->dropped.n;

    while (i > 0 && self->dropped.at[i - 1] != trial)
        i--;
    WN_ASSERT(i > 0);
    self->dropped.at[i - 1] = self->dropped.at[self->dropped.n - 1];
    self->dropped.n--;
}

/* Nobody wants the trial to be gone on from: the next one begins elsewhere. */
static void give_up_trial(struct wn_sched *self, struct wn_pbt_member *member)
{
    uint32_t trial = member->trial;

    member->spent += trained(self, trial);
    member->trial = WN_TRIAL_NONE;
    forget(self, trial);
}

/* The plan is withdrawn: the member is what it was. */
static void withdraw(struct wn_sched *self, struct wn_pbt_member *member)
{
    uint32_t planned = member->trial;

    member->trial = member->previous;
    member->previous = WN_TRIAL_NONE;
    member->state = member->was;
    forget(self, planned);
    if (member->state == WN_PBT_PAUSED &&
        self->trials.at[member->trial].state != WN_TRIAL_PAUSED) {
        member->state = WN_PBT_VACANT; /* it was ended while the plan waited */
        give_up_trial(self, member);
    }
    if (member->state != WN_PBT_PAUSED) {
        await_trial(self, member);
        return;
    }
    score(self, member);
    await_slot(self, member);
}

static bool is_finished(const struct wn_sched *self,
                        const struct wn_pbt_member *member,
                        enum wn_end how)
{
    return how == WN_END_COMPLETED ||
           wn_history_resource(self->history, member->trial) >= self->max_resource ||
           wn_pbt_spent(self, member) >= self->max_resource ||
           (how == WN_END_FAILED && member->n_failed > self->restarts);
}

static void vacate(struct wn_sched *self, struct wn_pbt_member *member, enum wn_end how)
{
    uint32_t number = number_of(self, member);

    leave_heaps(self, number);
    leave_standings(self, number);
    member->n_failed += how == WN_END_FAILED;
    if (is_finished(self, member, how)) {
        give_up_trial(self, member);
        member->state = WN_PBT_FINISHED;
        self->n_finished++;
        return;
    }
    if (how != WN_END_FAILED)
        give_up_trial(self, member);
    member->state = WN_PBT_VACANT;
    await_trial(self, member);
}

static enum wn_status apply_ended(struct wn_sched *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    struct wn_pbt_trial *trial = wn_vec_get(&self->trials, event->trial);
    struct wn_pbt_member *member;

    if (!trial || (trial->state != WN_TRIAL_LIVE && trial->state != WN_TRIAL_PAUSED))
        return wn_event_contradicts(event, err);
    self->n_live -= trial->state == WN_TRIAL_LIVE;
    trial->state = WN_TRIAL_STOPPED;
    member = &self->members[trial->member];
    if (trial->is_dropped)
        end_dropped(self, event->trial);
    else if (member->trial == event->trial && trial->is_configured)
        vacate(self, member, event->ended.how);
    else if (member->trial == event->trial)
        withdraw(self, member);
    return WN_OK; /* else a plan for its place waits; apply_configured() does the rest */
}

/* --- rounds --- */

/* The best of those that lost their places; nobody stands behind {inf, NONE}. */
static void cut_standings(struct wn_sched *self)
{
    size_t n = wn_order_size(&self->standings);
    size_t n_losers = self->exploit == WN_PBT_TRUNCATION ? wn_pbt_quota(self, n) : n;

    self->cut = (struct wn_ranked){HUGE_VAL, WN_TRIAL_NONE};
    if (n_losers)
        self->cut =
            wn_order_get(&self->standings, wn_order_at(&self->standings, n - n_losers))
                ->entry;
}

static void swap(struct wn_order *a, struct wn_order *b)
{
    struct wn_order was = *a;

    *a = *b;
    *b = was;
}

/* A round is over when all that can take part in it have done it. */
static void close_round(struct wn_sched *self)
{
    struct wn_heap paused = self->paused;

    if (self->n_live || self->paused.n || !self->arrived.n ||
        (self->vacant.n && !wn_history_is_exhausted(self->history)))
        return;
    self->paused = self->arrived;
    self->arrived = paused;
    swap(&self->at_rest,
         &self->arriving); /* which leaves an empty one, as of the heaps */
    swap(&self->standings, &self->round);
    wn_order_clear(&self->round);
    cut_standings(self);
}

static enum wn_status apply(struct wn_sched *self,
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

enum wn_status wn_pbt_apply(struct wn_sched *self,
                            const struct wn_event *event,
                            struct wn_error *err)
{
    enum wn_status rc = apply(self, event, err);

    if (rc == WN_OK && self->is_synchronous)
        close_round(self);
    return rc;
}
