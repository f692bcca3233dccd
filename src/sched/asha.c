/* asha.c - asynchronous successive halving, in two variants.
 *
 * Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht, Talwalkar: A System for
 * Massively Parallel Hyperparameter Tuning, MLSys 2020 (arXiv 1810.05934).
 *
 * "promotion" is the paper's Algorithm 2: a trial pauses at every rung. When there is
 * room, rungs are scanned from the top one down; of the best floor(n / eta) of a rung's n
 * entries the best one that is paused there goes on to the next rung; if there is none in
 * any rung, a new trial starts. floor(n / eta) also where rungs are not geometric.
 *
 * "stopping" is the variant of Syne Tune and Determined: a trial that reaches a rung is
 * judged at once, its own entry included. While the rung has fewer than eta entries it
 * goes on; after that it goes on if it is among the best floor(n / eta), else it stops.
 *
 * What is an entry, in both:
 * - The value that counts at a rung is that of the first report at or past it. A report
 *   that jumps several rungs is entered in each; to go on in "stopping" it must pass in
 *   each, and in "promotion" it is a candidate in the highest, promoted in the others.
 * - Ties: the smaller trial number is better, whoever came first. Infinite losses rank
 *   last; NaN never gets here, it fails its trial.
 * - A program that ends of itself below the maximum (completed) is entered with its last
 *   value at the next rung, and only there; it is never promoted.
 * - A running trial that fails is entered at the next rung as the worst (loss +inf), so
 *   failures count against the configuration and make no room for others to be judged
 *   mildly. A trial that is stopped from outside is not entered.
 * - A paused trial that ends in any way is no candidate any more; its entries stay.
 *
 * State: a ranking a rung, a heap a rung of the trials paused there (those that left are
 * dropped when they come to its top), a bit a rung for "the best of these is in the top
 * of the ranking", and eight bytes a trial. The maximum resource is kept as a last level,
 * where nothing is decided.
 */
#include "sched/sched.h"

#include <inttypes.h>
#include <math.h>

#include "base/assert.h"
#include "base/mem.h"
#include "sched/ranking.h"
#include "sched/rungs.h"
#include "trial/history.h"

enum variant { PROMOTION = 0, STOPPING = 1 }; /* indices into variants */

enum state {
    UNKNOWN = 0,
    LIVE = 1,
    CONDEMNED = 2 /* verdict stop */,
    PAUSED = 3,
    ENDED = 4
};

struct rung {
    struct wn_ranking ranking;
    struct wn_rank_heap paused; /* candidates, some of them gone */
    uint64_t n_promoted;
};

struct trial {
    uint32_t n_rungs; /* levels it has reached; an early end is not counted */
    uint32_t state;
};

struct wn_sched {
    const struct wn_history *history;
    int64_t *levels;    /* n_levels decision levels */
    struct rung *rungs; /* of each decision level */
    uint64_t *ready;    /* a bit a rung: it has a promotable trial */
    size_t n_levels;
    int64_t max_resource;
    uint64_t eta;
    uint64_t n_full; /* trials that reached the maximum */
    uint32_t n_live;
    bool pauses;
    WN_VEC(struct trial) trials;
};

static const char *const variants[] = {"promotion", "stopping", NULL};

static const struct wn_option options[] = {
    {.name = "variant",
     .type = WN_OPTION_CHOICE,
     .choices = variants,
     .def = "\"promotion\"",
     .help =
         "promotion: pause at every rung and resume the best; stopping: stop the others"},
    {.name = "grace_period",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = 9007199254740992.0,
     .def = "1",
     .help = "resource of the first rung"},
    {.name = "reduction_factor",
     .type = WN_OPTION_INT,
     .low = 2,
     .high = 1000000,
     .def = "3",
     .help = "one in so many goes on at a rung, and the factor between rungs"},
    {.name = "rung_increment",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = 9007199254740992.0,
     .help = "distance between rungs, in place of the factor"},
    {.name = "rung_levels",
     .type = WN_OPTION_INTS,
     .low = 1,
     .high = 9007199254740992.0,
     .help = "the rungs themselves, increasing; grace_period is then of no account"},
    {0}};

/* --- create, destroy --- */

static void asha_destroy(struct wn_sched *self)
{
    if (!self)
        return;
    for (size_t i = 0; self->rungs && i < self->n_levels; i++) {
        wn_ranking_release(&self->rungs[i].ranking);
        wn_rank_heap_release(&self->rungs[i].paused);
    }
    wn_vec_release(&self->trials);
    wn_free(self->levels);
    wn_free(self->rungs);
    wn_free(self->ready);
    wn_free(self);
}

static bool asha_pauses(const struct wn_values *values)
{
    return wn_values_choice(values, "variant") == PROMOTION;
}

static enum wn_status make_rungs(struct wn_sched *self,
                                 const struct wn_sched_config *cfg,
                                 struct wn_error *err)
{
    struct wn_rung_rule rule = {
        .max = cfg->max_resource,
        .grace = wn_values_int(cfg->options, "grace_period"),
        .eta = wn_values_int(cfg->options, "reduction_factor"),
        .increment = wn_values_int(cfg->options, "rung_increment"),
    };
    enum wn_status rc;

    rule.levels = wn_values_ints(cfg->options, "rung_levels", &rule.n_levels);
    if (cfg->max_resource == INT64_MAX)
        return wn_fail(err, WN_EINVAL,
                       "resource.max must be given for the asha scheduler");
    rc = wn_rungs_make(&rule, &self->levels, &self->n_levels, err);
    if (rc != WN_OK)
        return rc;
    self->max_resource = rule.max;
    self->eta = (uint64_t)rule.eta;
    self->rungs = wn_alloc_array(self->n_levels, sizeof *self->rungs);
    self->ready = wn_alloc_array(self->n_levels / 64 + 1, sizeof *self->ready);
    if (!self->rungs || !self->ready)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu rungs", self->n_levels);
    for (size_t i = 0; i < self->n_levels; i++)
        wn_ranking_init(&self->rungs[i].ranking, self->eta);
    return WN_OK;
}

static enum wn_status asha_create(const struct wn_sched_config *cfg,
                                  struct wn_sched **out,
                                  struct wn_error *err)
{
    struct wn_sched *self = wn_alloc(sizeof *self);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the asha scheduler");
    self->history = cfg->history;
    self->pauses = asha_pauses(cfg->options);
    rc = make_rungs(self, cfg, err);
    if (rc != WN_OK) {
        asha_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

/* --- looking --- */

/* The milestone after a recorded resource: the next level, or the maximum. */
static int64_t next_milestone(const struct wn_sched *self, int64_t resource)
{
    size_t rung = wn_rungs_above(self->levels, self->n_levels, resource);

    return rung < self->n_levels ? self->levels[rung] : self->max_resource;
}

/* The highest rung with a promotable trial; n_levels if there is none. */
static size_t top_ready(const struct wn_sched *self)
{
    for (size_t word = self->n_levels / 64 + 1; word-- > 0;)
        for (size_t bit = 64; self->ready[word] && bit-- > 0;)
            if (self->ready[word] >> bit & 1)
                return 64 * word + bit;
    return self->n_levels;
}

static struct wn_decision resume_best(const struct wn_sched *self, size_t rung)
{
    uint32_t trial = wn_rank_heap_first(&self->rungs[rung].paused)->trial;
    int64_t resource = wn_history_resource(self->history, trial);

    return (struct wn_decision){.act = WN_ACT_RESUME,
                                .trial = trial,
                                .milestone = next_milestone(self, resource),
                                .parent = WN_TRIAL_NONE};
}

static struct wn_decision asha_decide(const struct wn_sched *self,
                                      bool has_room,
                                      struct wn_rng rng)
{
    size_t rung = top_ready(self);
    bool is_exhausted = wn_history_is_exhausted(self->history);

    (void)rng;
    if (has_room && rung < self->n_levels)
        return resume_best(self, rung);
    if (has_room && !is_exhausted)
        return (struct wn_decision){.act = WN_ACT_START,
                                    .milestone = next_milestone(self, 0),
                                    .parent = WN_TRIAL_NONE};
    if (is_exhausted && !self->n_live && rung == self->n_levels)
        return (struct wn_decision){.act = WN_ACT_DONE, .parent = WN_TRIAL_NONE};
    return (struct wn_decision){.act = WN_ACT_WAIT, .parent = WN_TRIAL_NONE};
}

static bool may_go_on(const struct rung *rung, struct wn_ranked entry)
{
    return wn_ranking_size(&rung->ranking) + 1 < rung->ranking.eta ||
           wn_ranking_would_be_top(&rung->ranking, entry);
}

static struct wn_verdict asha_answer(const struct wn_sched *self,
                                     const struct wn_report *report,
                                     struct wn_rng rng)
{
    struct wn_ranked entry = {report->loss, report->trial};
    size_t above = wn_rungs_above(self->levels, self->n_levels, report->resource);
    size_t below;

    (void)rng;
    WN_ASSERT(report->trial < self->trials.n);
    below = self->trials.at[report->trial].n_rungs;
    if (report->resource >= self->max_resource)
        return (struct wn_verdict){.kind = WN_VERDICT_STOP};
    if (self->pauses && above > below)
        return (struct wn_verdict){.kind = WN_VERDICT_PAUSE};
    for (size_t rung = below; rung < above; rung++)
        if (!may_go_on(&self->rungs[rung], entry))
            return (struct wn_verdict){.kind = WN_VERDICT_STOP};
    return (struct wn_verdict){.kind = WN_VERDICT_CONTINUE,
                               .milestone = next_milestone(self, report->resource)};
}

static bool is_candidate(const struct wn_sched *self, uint32_t trial, size_t rung)
{
    return self->trials.at[trial].state == PAUSED &&
           self->trials.at[trial].n_rungs == rung + 1;
}

static double asha_worth(const struct wn_sched *self, uint32_t trial)
{
    if (!self->pauses || trial >= self->trials.n ||
        self->trials.at[trial].state != PAUSED)
        return 0;
    return (double)wn_history_resource(self->history, trial);
}

/* --- applying --- */

/* Drop candidates that left from the top of a rung's heap and set the rung's bit. */
static void refresh(struct wn_sched *self, size_t rung)
{
    struct wn_rank_heap *paused = &self->rungs[rung].paused;
    const struct wn_ranked *best;
    uint64_t bit = UINT64_C(1) << rung % 64;

    while ((best = wn_rank_heap_first(paused)) && !is_candidate(self, best->trial, rung))
        (void)wn_rank_heap_pop(paused);
    if (self->pauses && best && wn_ranking_is_top(&self->rungs[rung].ranking, *best))
        self->ready[rung / 64] |= bit;
    else
        self->ready[rung / 64] &= ~bit;
}

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the entries of a rung");
}

static enum wn_status enter(struct wn_sched *self,
                            size_t rung,
                            struct wn_ranked entry,
                            struct wn_error *err)
{
    if (!wn_ranking_add(&self->rungs[rung].ranking, entry))
        return no_memory(err);
    refresh(self, rung);
    return WN_OK;
}

static enum wn_status contradiction(struct wn_error *err, const struct wn_event *event)
{
    return wn_fail(err, WN_ECORRUPT,
                   "trial %" PRIu32 " was %s, but not in a state for it", event->trial,
                   wn_event_name(event->kind));
}

static struct trial *find(struct wn_sched *self, uint32_t trial)
{
    return trial < self->trials.n ? &self->trials.at[trial] : NULL;
}

static enum wn_status apply_planned(struct wn_sched *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct trial *trial;

    if (event->trial != self->trials.n)
        return contradiction(err, event);
    trial = wn_vec_push(&self->trials);
    if (!trial)
        return wn_fail(err, WN_ENOMEM, "no memory for a trial of the asha scheduler");
    trial->state = LIVE;
    trial->n_rungs = (uint32_t)wn_rungs_above(self->levels, self->n_levels,
                                              event->planned.source.resource);
    self->n_live++;
    return WN_OK;
}

/* The loss a trial has at a level: of its first report at or past it. */
static double loss_at(const struct wn_sched *self, uint32_t trial, int64_t level)
{
    const struct wn_report *before =
        wn_history_report_at(self->history, trial, level - 1);

    return before ? before[1].loss
                  : wn_history_trial(self->history, trial)->reports[0].loss;
}

static enum wn_status apply_pause(struct wn_sched *self,
                                  struct trial *trial,
                                  uint32_t number,
                                  struct wn_error *err)
{
    trial->state = PAUSED;
    self->n_live--;
    if (self->pauses && trial->n_rungs > 0 && trial->n_rungs <= self->n_levels) {
        size_t rung = trial->n_rungs - 1;
        struct wn_ranked entry = {loss_at(self, number, self->levels[rung]), number};

        if (!wn_rank_heap_push(&self->rungs[rung].paused, entry))
            return no_memory(err);
        refresh(self, rung);
    }
    return WN_OK;
}

static enum wn_status apply_reported(struct wn_sched *self,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    struct trial *trial = find(self, event->trial);
    int64_t resource = event->reported.resource;
    enum wn_verdict_kind verdict = event->reported.verdict;
    const struct wn_trial *record;
    struct wn_ranked entry;
    size_t above;

    if (!trial || trial->state != LIVE)
        return contradiction(err, event);
    record = wn_history_trial(self->history, event->trial);
    if (!record->n_reports)
        return contradiction(err, event);
    entry = (struct wn_ranked){record->reports[record->n_reports - 1].loss, event->trial};
    above = wn_rungs_above(self->levels, self->n_levels, resource);
    while (trial->n_rungs < above) {
        struct rung *rung = &self->rungs[trial->n_rungs++];
        bool goes_past = trial->n_rungs < above || resource >= self->max_resource ||
                         verdict == WN_VERDICT_CONTINUE;
        rung->n_promoted += goes_past;
        if (enter(self, trial->n_rungs - 1, entry, err) != WN_OK)
            return WN_ENOMEM;
    }
    if (resource >= self->max_resource && trial->n_rungs == self->n_levels) {
        trial->n_rungs++;
        self->n_full++;
    }
    if (verdict == WN_VERDICT_PAUSE)
        return apply_pause(self, trial, event->trial, err);
    if (verdict == WN_VERDICT_STOP)
        trial->state = CONDEMNED;
    return WN_OK;
}

static enum wn_status apply_resumed(struct wn_sched *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct trial *trial = find(self, event->trial);
    uint32_t via = event->resumed.via;

    if (!trial || trial->state != PAUSED)
        return contradiction(err, event);
    if (via != WN_TRIAL_NONE) {
        struct trial *replaced = find(self, via);
        if (!replaced || replaced->state != LIVE)
            return contradiction(err, event);
        replaced->state = ENDED;
        self->n_live--;
    }
    trial->state = LIVE;
    self->n_live++;
    if (trial->n_rungs > 0 && trial->n_rungs <= self->n_levels) {
        self->rungs[trial->n_rungs - 1].n_promoted++;
        refresh(self, trial->n_rungs - 1);
    }
    return WN_OK;
}

static enum wn_status apply_ended(struct wn_sched *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    struct trial *trial = find(self, event->trial);
    const struct wn_trial *record;
    uint32_t before, n_rungs;

    if (!trial || trial->state == ENDED)
        return contradiction(err, event);
    before = trial->state;
    n_rungs = trial->n_rungs;
    trial->state = ENDED;
    self->n_live -= before != PAUSED;
    if (before == PAUSED && n_rungs > 0 && n_rungs <= self->n_levels)
        refresh(self, n_rungs - 1);
    if (before != LIVE || n_rungs >= self->n_levels)
        return WN_OK;
    record = wn_history_trial(self->history, event->trial);
    if (event->ended.how == WN_END_COMPLETED && record->n_reports > 0)
        return enter(
            self, n_rungs,
            (struct wn_ranked){record->reports[record->n_reports - 1].loss, event->trial},
            err);
    if (event->ended.how == WN_END_FAILED)
        return enter(self, n_rungs, (struct wn_ranked){HUGE_VAL, event->trial}, err);
    return WN_OK;
}

static enum wn_status asha_apply(struct wn_sched *self,
                                 const struct wn_event *event,
                                 struct wn_error *err)
{
    switch (event->kind) {
    case WN_EVENT_PLANNED: return apply_planned(self, event, err);
    case WN_EVENT_REPORTED: return apply_reported(self, event, err);
    case WN_EVENT_RESUMED: return apply_resumed(self, event, err);
    case WN_EVENT_ENDED: return apply_ended(self, event, err);
    case WN_EVENT_CONFIGURED:
    case WN_EVENT_RECALLED:
    case WN_EVENT_EXHAUSTED:
    case WN_EVENT_ENQUEUED:
    case WN_EVENT_IMPORTED:
    case WN_EVENT_AMENDED:
    case WN_EVENT_NOTED:
    case WN_EVENT_JOB:
    case WN_EVENT_OPENED:
    case WN_EVENT_DISPATCHED:
    case WN_EVENT_REPEATED:
    case WN_EVENT_RETURNED:
    case WN_EVENT_LEASE:
    case WN_EVENT_COLLECTED:
    case WN_EVENT_DAMAGED:
    case WN_EVENT_TIMER:
    case WN_EVENT_STOPPING:
    case WN_EVENT_CLOSED:
    case WN_EVENT_N: break;
    }
    return WN_OK;
}

/* --- for people --- */

static size_t asha_rungs(const struct wn_sched *self, struct wn_rung *out, size_t room)
{
    for (size_t i = 0; i < self->n_levels && i < room; i++)
        out[i] = (struct wn_rung){.resource = self->levels[i],
                                  .n_entered = wn_ranking_size(&self->rungs[i].ranking),
                                  .n_promoted = self->rungs[i].n_promoted};
    if (self->n_levels < room)
        out[self->n_levels] =
            (struct wn_rung){.resource = self->max_resource, .n_entered = self->n_full};
    return self->n_levels + 1;
}

/* Of a rung that nothing has reached only where it is: so the ladder of a study to come. */
static void asha_describe(const struct wn_sched *self, struct wn_buf *out)
{
    const char *past = self->pauses ? "promoted" : "continued";

    wn_buf_addf(out, "asha, %s variant: one in %" PRIu64 " goes on at a rung\n",
                variants[self->pauses ? PROMOTION : STOPPING], self->eta);
    for (size_t i = 0; i < self->n_levels; i++) {
        uint64_t n_entered = wn_ranking_size(&self->rungs[i].ranking);

        wn_buf_addf(out, "rung %zu: resource %" PRId64, i, self->levels[i]);
        if (n_entered)
            wn_buf_addf(out, ", %" PRIu64 " entered, %" PRIu64 " %s", n_entered,
                        self->rungs[i].n_promoted, past);
        wn_buf_addc(out, '\n');
    }
    wn_buf_addf(out, "end: resource %" PRId64, self->max_resource);
    if (self->n_full)
        wn_buf_addf(out, ", %" PRIu64 " reached", self->n_full);
    wn_buf_addc(out, '\n');
}

const struct wn_sched_ops wn_sched_asha = {
    .name = "asha",
    .summary = "asynchronous successive halving: promotion or stopping at rungs",
    .reference = "Li et al., MLSys 2020, arXiv 1810.05934",
    .needs_max = true,
    .options = options,
    .pauses = asha_pauses,
    .create = asha_create,
    .destroy = asha_destroy,
    .decide = asha_decide,
    .answer = asha_answer,
    .worth = asha_worth,
    .apply = asha_apply,
    .describe = asha_describe,
    .rungs = asha_rungs,
};
