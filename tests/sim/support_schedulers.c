/* support_schedulers.c - two schedulers that only the simulations know.
 *
 * "fuzz" takes random legal decisions, recalls among them; "fork" is a small population
 * that replaces its losers by forks under leases: half of them from members that live, half
 * from losers that have ended, the one that is replaced among them, whose worth ends with
 * the decision. They put the study's rules under stress that the shipped schedulers do not
 * yet make. This file stands in for the registry: the shipped ones and these two.
 */
#include <string.h>

#include "base/mem.h"
#include "base/registry.h"
#include "sched/sched.h"
#include "trial/history.h"

#define MEMBERS  6
#define INTERVAL 2
#define RECALLS  20

struct wn_sched {
    struct wn_sched_config cfg;
    uint32_t n_live, n_recalls;
    uint64_t n_reported;      /* sum over reports: makes equal decisions differ in time */
    WN_VEC(uint8_t) recalled; /* per trial */
    uint32_t member[MEMBERS]; /* fork: its trial + 1, 0: not begun */
    bool is_vacant[MEMBERS];
};

static enum wn_status create(const struct wn_sched_config *cfg,
                             struct wn_sched **out,
                             struct wn_error *err)
{
    struct wn_sched *self = wn_alloc(sizeof *self);

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory");
    self->cfg = *cfg;
    *out = self;
    return WN_OK;
}

static void destroy(struct wn_sched *self)
{
    if (self)
        wn_vec_release(&self->recalled);
    wn_free(self);
}

static const struct wn_trial *trial_of(const struct wn_sched *self, uint32_t trial)
{
    return wn_history_trial(self->cfg.history, trial);
}

static int64_t resource_of(const struct wn_sched *self, uint32_t trial)
{
    return wn_history_resource(self->cfg.history, trial);
}

static struct wn_decision wait_or_done(const struct wn_sched *self)
{
    return (struct wn_decision){.act = self->n_live ? WN_ACT_WAIT : WN_ACT_DONE};
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The k-th trial of which `is` holds, k drawn from all of them; NONE if there is none. */
static uint32_t pick(const struct wn_sched *self,
                     struct wn_rng *rng,
                     bool (*is)(const struct wn_sched *self, uint32_t trial))
{
    uint32_t n = wn_history_n_trials(self->cfg.history), n_is = 0;
    uint64_t k;

    for (uint32_t i = 0; i < n; i++)
        n_is += is(self, i);
    if (!n_is)
        return WN_TRIAL_NONE;
    k = wn_rng_below(rng, n_is);
    for (uint32_t i = 0; i < n; i++)
        if (is(self, i) && k-- == 0)
            return i;
    return WN_TRIAL_NONE;
}

static bool is_paused(const struct wn_sched *self, uint32_t trial)
{
    return trial_of(self, trial)->state == WN_TRIAL_PAUSED;
}

static bool can_be_recalled(const struct wn_sched *self, uint32_t trial)
{
    const struct wn_trial *record = trial_of(self, trial);

    return record->state == WN_TRIAL_LIVE && record->cells &&
           (trial >= self->recalled.n || !self->recalled.at[trial]);
}

static struct wn_decision start(int64_t milestone)
{
    return (struct wn_decision){
        .act = WN_ACT_START, .milestone = milestone, .parent = WN_TRIAL_NONE};
}

static struct wn_decision fuzz_decide(const struct wn_sched *self,
                                      bool has_room,
                                      struct wn_rng rng)
{
    struct wn_rng when = wn_rng_keyed(wn_rng_u64(&rng), WN_STREAM_TEST, self->n_reported);
    bool is_exhausted = wn_history_is_exhausted(self->cfg.history);
    uint32_t trial = pick(self, &rng, can_be_recalled);

    if (trial != WN_TRIAL_NONE && self->n_recalls < RECALLS && wn_rng_unit(&when) < 0.25)
        return (struct wn_decision){.act = WN_ACT_RECALL,
                                    .trial = trial,
                                    .recall = wn_rng_unit(&rng) < 0.7 ? WN_RECALL_PAUSE
                                                                      : WN_RECALL_STOP};
    if (!has_room)
        return (struct wn_decision){.act = WN_ACT_WAIT};
    trial = pick(self, &rng, is_paused);
    if (trial != WN_TRIAL_NONE && (is_exhausted || wn_rng_unit(&rng) < 0.5))
        return (struct wn_decision){
            .act = WN_ACT_RESUME,
            .trial = trial,
            .milestone =
                least(self->cfg.max_resource,
                      resource_of(self, trial) + 1 + (int64_t)wn_rng_below(&rng, 4))};
    if (is_exhausted)
        return wait_or_done(self);
    return start(1 + (int64_t)wn_rng_below(&rng, (uint64_t)self->cfg.max_resource));
}

static struct wn_verdict fuzz_answer(const struct wn_sched *self,
                                     const struct wn_report *report,
                                     struct wn_rng rng)
{
    double x = wn_rng_unit(&rng);

    if (report->resource >= self->cfg.max_resource || x > 0.8)
        return (struct wn_verdict){.kind = WN_VERDICT_STOP};
    if (x > 0.4)
        return (struct wn_verdict){.kind = WN_VERDICT_PAUSE};
    return (struct wn_verdict){
        .kind = WN_VERDICT_CONTINUE,
        .milestone = least(self->cfg.max_resource,
                           report->resource + 1 + (int64_t)wn_rng_below(&rng, 3))};
}

/* --- fork --- */

static double last_loss(const struct wn_trial *trial)
{
    return trial->reports[trial->n_reports - 1].loss;
}

static bool is_donor(const struct wn_sched *self, uint32_t trial)
{
    const struct wn_trial *record = trial_of(self, trial);

    return (record->state == WN_TRIAL_LIVE || record->state == WN_TRIAL_PAUSED) &&
           record->n_reports && record->newest.resource &&
           record->newest.resource < self->cfg.max_resource;
}

/* It has ended, nothing stands in its place yet, and it left something. */
static bool is_loser(const struct wn_sched *self, uint32_t trial)
{
    const struct wn_trial *record = trial_of(self, trial);
    bool is_replaced = true;

    for (uint8_t i = 0; i < MEMBERS; i++)
        if (self->member[i] == trial + 1 && self->is_vacant[i])
            is_replaced = false;
    return !is_replaced && record->newest.resource &&
           record->newest.resource < self->cfg.max_resource;
}

static struct wn_decision refill(const struct wn_sched *self,
                                 uint8_t member,
                                 struct wn_rng *rng)
{
    bool is_of_loser = wn_rng_unit(rng) < 0.5;
    uint32_t donor = pick(self, rng, is_of_loser ? is_loser : is_donor);
    struct wn_decision decision = start(INTERVAL);

    decision.tag = (struct wn_tag){.n = 1, .bytes = {member}};
    if (donor == WN_TRIAL_NONE)
        return decision;
    decision.parent = donor;
    decision.source = trial_of(self, donor)->newest;
    decision.milestone =
        least(self->cfg.max_resource, decision.source.resource + INTERVAL);
    return decision;
}

static struct wn_decision fork_decide(const struct wn_sched *self,
                                      bool has_room,
                                      struct wn_rng rng)
{
    bool is_exhausted = wn_history_is_exhausted(self->cfg.history);
    uint32_t next = WN_TRIAL_NONE;

    if (!has_room)
        return (struct wn_decision){.act = WN_ACT_WAIT};
    for (uint8_t i = 0; i < MEMBERS && !is_exhausted; i++)
        if (self->is_vacant[i] || !self->member[i])
            return refill(self, i, &rng);
    for (uint8_t i = 0; i < MEMBERS; i++) {
        uint32_t trial = self->member[i] - 1;
        if (!self->member[i] || !is_paused(self, trial))
            continue;
        if (next == WN_TRIAL_NONE || resource_of(self, trial) < resource_of(self, next))
            next = trial;
    }
    if (next == WN_TRIAL_NONE)
        return wait_or_done(self);
    return (struct wn_decision){
        .act = WN_ACT_RESUME,
        .trial = next,
        .milestone = least(self->cfg.max_resource, resource_of(self, next) + INTERVAL)};
}

static struct wn_verdict fork_answer(const struct wn_sched *self,
                                     const struct wn_report *report,
                                     struct wn_rng rng)
{
    unsigned n = 0, n_worse = 0;

    (void)rng;
    if (report->resource >= self->cfg.max_resource)
        return (struct wn_verdict){.kind = WN_VERDICT_STOP};
    for (uint8_t i = 0; i < MEMBERS; i++) {
        const struct wn_trial *other =
            self->member[i] ? trial_of(self, self->member[i] - 1) : NULL;
        if (!other || self->member[i] - 1 == report->trial || !other->n_reports)
            continue;
        n++;
        n_worse += last_loss(other) > report->loss;
    }
    if (n >= 3 && !n_worse && !wn_history_is_exhausted(self->cfg.history))
        return (struct wn_verdict){.kind = WN_VERDICT_STOP};
    return (struct wn_verdict){.kind = WN_VERDICT_PAUSE};
}

static bool pauses(const struct wn_values *options)
{
    (void)options;
    return true;
}

static double worth(const struct wn_sched *self, uint32_t trial)
{
    return is_paused(self, trial) || is_loser(self, trial) ? 1 : 0;
}

/* --- both --- */

static enum wn_status note_planned(struct wn_sched *self,
                                   const struct wn_event *event,
                                   struct wn_error *err)
{
    uint8_t *item = wn_vec_push(&self->recalled);

    self->n_live++;
    if (!item)
        return wn_fail(err, WN_ENOMEM, "no memory");
    if (event->planned.tag.n == 1) {
        self->member[event->planned.tag.bytes[0]] = event->trial + 1;
        self->is_vacant[event->planned.tag.bytes[0]] = false;
    }
    return WN_OK;
}

static void note_end(struct wn_sched *self, uint32_t trial, enum wn_end how)
{
    for (uint8_t i = 0; i < MEMBERS; i++)
        if (self->member[i] == trial + 1 &&
            resource_of(self, trial) < self->cfg.max_resource &&
            (how == WN_END_STOPPED || how == WN_END_FAILED))
            self->is_vacant[i] = true;
}

static enum wn_status apply(struct wn_sched *self,
                            const struct wn_event *event,
                            struct wn_error *err)
{
    switch ((int)event->kind) {
    case WN_EVENT_PLANNED: return note_planned(self, event, err);
    case WN_EVENT_RESUMED: self->n_live++; break;
    case WN_EVENT_RECALLED:
        self->recalled.at[event->trial] = 1;
        self->n_recalls++;
        break;
    case WN_EVENT_REPORTED:
        self->n_reported += (uint64_t)event->reported.resource;
        if (event->reported.verdict != WN_VERDICT_CONTINUE)
            self->recalled.at[event->trial] = 0;
        if (event->reported.verdict == WN_VERDICT_PAUSE)
            self->n_live--;
        break;
    case WN_EVENT_ENDED:
        self->n_live--;
        note_end(self, event->trial, event->ended.how);
        break;
    default: break;
    }
    return WN_OK;
}

static void describe(const struct wn_sched *self, struct wn_buf *out)
{
    wn_buf_addf(out, "%u live, %u recalls, %llu", self->n_live, self->n_recalls,
                (unsigned long long)self->n_reported);
    for (int i = 0; i < MEMBERS; i++)
        wn_buf_addf(out, " %u%s", self->member[i], self->is_vacant[i] ? "v" : "");
}

static size_t rungs(const struct wn_sched *self, struct wn_rung *out, size_t room)
{
    (void)self, (void)out, (void)room;
    return 0;
}

static const struct wn_sched_ops fuzz = {.name = "fuzz",
                                         .summary = "random legal decisions",
                                         .reference = "",
                                         .needs_max = true,
                                         .pauses = pauses,
                                         .options = wn_no_options,
                                         .create = create,
                                         .destroy = destroy,
                                         .decide = fuzz_decide,
                                         .answer = fuzz_answer,
                                         .worth = worth,
                                         .apply = apply,
                                         .describe = describe,
                                         .rungs = rungs};

static const struct wn_sched_ops fork_ops = {.name = "fork",
                                             .summary = "a population that forks",
                                             .reference = "",
                                             .needs_max = true,
                                             .pauses = pauses,
                                             .options = wn_no_options,
                                             .create = create,
                                             .destroy = destroy,
                                             .decide = fork_decide,
                                             .answer = fork_answer,
                                             .worth = worth,
                                             .apply = apply,
                                             .describe = describe,
                                             .rungs = rungs};

#define WN_SCHED(name) extern const struct wn_sched_ops wn_sched_##name;
#include "sched/schedulers.def"
#undef WN_SCHED

static const struct wn_sched_ops *const table[] = {
#define WN_SCHED(name) &wn_sched_##name,
#include "sched/schedulers.def"
#undef WN_SCHED
    &fuzz, &fork_ops, NULL};

WN_REGISTRY(struct wn_sched_ops, wn_sched, table)
