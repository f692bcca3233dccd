/* pbt.c - population based training: members train, losers go on from winners' weights.
 *
 * Jaderberg, Dalibard, Osindero, Czarnecki, Donahue, Razavi, Vinyals, Green, Dunning,
 * Simonyan, Fernando, Kavukcuoglu: Population Based Training of Neural Networks, 2017
 * (arXiv 1711.09846), Algorithm 1 with truncation selection (section 4): who is among the
 * worst fifth goes on with the weights of one drawn from the best fifth, and with its
 * hyperparameters, explored. (Ray Tune and Syne Tune take a quarter.) The explore half is the
 * searcher perturb.
 *
 * A member is a place in the population, held by one trial at a time, since a trial's
 * configuration never changes. An exploit plans the member's next trial: `source` is the
 * donor's newest checkpoint, read in place under a lease, `parent` the donor, and the tag
 * (trial/member.h) the member. When the new trial has its configuration, the loser is ended.
 *
 * At a milestone, every `perturbation_interval` units of a member's own training:
 * - At the maximum, or when the member has trained as many units as a full run has, over all
 *   its trials, it stops: so a population costs at most `population` full runs, also where
 *   exploits lead back, and ends by itself.
 * - Its score is the metric of this report; what is between milestones does not count. Ranked
 *   are the members that have a score: a new trial has none before its first milestone, a
 *   member that has finished has none any more. Ties: the smaller trial number is better.
 * - It loses its place if it is among the worst k of n, one of the best k can be copied (it
 *   has a checkpoint below the maximum, its score is finite), it is past `burn_in`, and at
 *   least half of the members still in play have scored, two at least, so that no member is
 *   judged by the first comer alone. k is n times `quantile`, rounded up, at most n / 2; so
 *   top and bottom never overlap. Equals do not spare each other: two members that train
 *   alike would never part again.
 * - It pauses if it loses, or if another member waits for a slot that has trained less, was
 *   not begun, or has lost its trial: so more members than slots share them. Else it goes on
 *   without a new start.
 *
 * Who gets a free slot: members whose trials failed, then losers, then members not begun,
 * then the paused one with the least resource. A loser's donor is drawn then, from those who
 * are best then; if none is left, or no further trial may start, the loser itself goes on.
 *
 * A member whose trial failed goes on from that trial's newest checkpoint, else from its
 * ancestors', else from a good member's, else untrained; always with an explored
 * configuration, since the old one may be what failed. After `restarts` failures in a row
 * without a milestone it is given up. A trial that was stopped from outside is replaced, but
 * not gone on from. A program that ends by itself has finished its member.
 *
 * `synchronous`: members pause at every milestone until all have come to theirs, and are
 * then judged together; losers get their slots before the others. A member that restarts
 * makes the others wait; one that began behind stays behind, rounds are not resources. Slots
 * idle at this barrier by nature, however many members there are (256 slots, durations that
 * vary by ten: busy for 41 % of the time with as many members as slots, 73 % with four times,
 * 91 % with sixteen times as many); the study's log says for how long.
 *
 * `exploit` "none" is the other half of the method, for comparisons: every member goes on
 * from its own checkpoint with an explored configuration at every milestone.
 *
 * Without checkpoints at milestones nobody can be copied and members only train on: the
 * study's log and `winnow status` say so. What is an error here: resuming a trial that lost its place, a
 * plan for a member that is at work.
 */
#include <inttypes.h>
#include <math.h>

#include "base/assert.h"
#include "sched/pbt_internal.h"
#include "trial/member.h"
#include "trial/tag.h"

/* Where checkpoints turned out to be damaged, so many others are looked at. */
enum { DONORS_TRIED = 16, ANCESTORS_TRIED = 64 };

static const char *const exploits[] = {"truncation", "none", NULL};

static const struct wn_option options[] = {
    {.name = "population",
     .type = WN_OPTION_INT,
     .low = 2,
     .high = 100000,
     .def = "20",
     .help = "members; they share the slots if there are fewer"},
    {.name = "perturbation_interval",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = WN_JSON_EXACT_MOST,
     .help =
         "resource units a member trains between two judgements; default: a twentieth "
         "of resource.max"},
    {.name = "quantile",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 0.5,
     .def = "0.2",
     .help = "the worst part of the members goes on from the best; 0: nobody does"},
    {.name = "exploit",
     .type = WN_OPTION_CHOICE,
     .choices = exploits,
     .def = "\"truncation\"",
     .help = "truncation: losers copy winners; none: every member explores from its own "
             "weights"},
    {.name = "synchronous",
     .type = WN_OPTION_BOOL,
     .def = "false",
     .help = "whether members wait for each other and are judged together"},
    {.name = "burn_in",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = WN_JSON_EXACT_MOST,
     .def = "0",
     .help = "resource before which no member loses its place"},
    {.name = "restarts",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = 1000000,
     .def = "3",
     .help = "failures in a row, without a milestone, after which a member is given up"},
    {0}};

/* --- create, destroy --- */

static void pbt_destroy(struct wn_sched *self)
{
    if (!self)
        return;
    wn_order_release(&self->standings);
    wn_order_release(&self->round);
    wn_order_release(&self->at_rest);
    wn_order_release(&self->arriving);
    wn_heap_release(&self->vacant);
    wn_heap_release(&self->paused);
    wn_heap_release(&self->losers);
    wn_heap_release(&self->arrived);
    wn_vec_release(&self->trials);
    wn_vec_release(&self->dropped);
    wn_free(self->members);
    wn_free(self);
}

static enum wn_status take_options(struct wn_sched *self,
                                   const struct wn_sched_config *cfg,
                                   struct wn_error *err)
{
    const struct wn_values *values = cfg->options;
    int64_t max = cfg->max_resource;

    if (max == INT64_MAX)
        return wn_fail(err, WN_EINVAL,
                       "resource.max must be given for the pbt scheduler");
    if (max < 2)
        return wn_fail(err, WN_EINVAL,
                       "resource.max must be at least 2 for the pbt scheduler, so that "
                       "there is a milestone before it, not %" PRId64,
                       max);
    self->history = cfg->history;
    self->max_resource = max;
    self->interval = max / 20 ? max / 20 : 1;
    if (wn_values_is_set(values, "perturbation_interval"))
        self->interval = wn_values_int(values, "perturbation_interval");
    self->population = (uint32_t)wn_values_int(values, "population");
    self->quantile = wn_values_float(values, "quantile");
    self->exploit = (enum wn_pbt_exploit)wn_values_choice(values, "exploit");
    self->is_synchronous = wn_values_bool(values, "synchronous");
    self->burn_in = wn_values_int(values, "burn_in");
    self->restarts = (uint32_t)wn_values_int(values, "restarts");
    if (self->interval >= max)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.perturbation_interval must be below resource.max, "
                       "%" PRId64 ", not %" PRId64,
                       max, self->interval);
    if (self->burn_in >= max)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.burn_in must be below resource.max, %" PRId64
                       ", not %" PRId64,
                       max, self->burn_in);
    return WN_OK;
}

/* What would have no effect, or nowhere to go. */
static enum wn_status check_meaning(const struct wn_sched *self,
                                    const struct wn_sched_config *cfg,
                                    struct wn_error *err)
{
    int64_t last = (self->max_resource - 1) / self->interval * self->interval;
    bool is_exploiting = self->exploit != WN_PBT_NO_EXPLOIT;

    if (cfg->n_initial > self->population)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.population must be at least the number of initial "
                       "configurations (%" PRIu64 "), not %" PRIu32
                       ": a member begins with one",
                       cfg->n_initial, self->population);
    if (!is_exploiting && !wn_values_is_usual(cfg->options, "quantile"))
        return wn_fail(
            err, WN_EINVAL,
            "scheduler.quantile has no effect with exploit \"none\", under which "
            "nobody is copied");
    if (is_exploiting && self->burn_in && self->quantile <= 0)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.burn_in has no effect with quantile 0, under which no "
                       "member ever loses its place");
    if (self->burn_in > last)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.burn_in must be at most %" PRId64
                       ", the last judgement before resource.max, not %" PRId64
                       ": no member would ever lose its place",
                       last, self->burn_in);
    return WN_OK;
}

static bool make_room(struct wn_sched *self)
{
    uint32_t n = self->population;

    self->members = wn_alloc_array(n, sizeof *self->members);
    if (!self->members || !wn_heap_reserve(&self->vacant, n) ||
        !wn_heap_reserve(&self->paused, n) || !wn_heap_reserve(&self->losers, n) ||
        !wn_heap_reserve(&self->arrived, n) || !wn_order_reserve(&self->standings, n))
        return false;
    return !self->is_synchronous ||
           (wn_order_reserve(&self->round, n) && wn_order_reserve(&self->at_rest, n) &&
            wn_order_reserve(&self->arriving, n));
}

static enum wn_status pbt_create(const struct wn_sched_config *cfg,
                                 struct wn_sched **out,
                                 struct wn_error *err)
{
    struct wn_sched *self = wn_alloc(sizeof *self);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the pbt scheduler");
    rc = take_options(self, cfg, err);
    if (rc == WN_OK && !cfg->was_checked)
        rc = check_meaning(self, cfg, err);
    if (rc == WN_OK && !make_room(self))
        rc = wn_fail(err, WN_ENOMEM, "no memory for %" PRIu32 " members",
                     self->population);
    if (rc != WN_OK) {
        pbt_destroy(self);
        return rc;
    }
    for (uint32_t i = 0; i < self->population; i++) {
        self->members[i].trial = self->members[i].previous = WN_TRIAL_NONE;
        wn_heap_put(&self->vacant, i, WN_PBT_BEGINS + i);
    }
    *out = self;
    return WN_OK;
}

/* --- deciding --- */

static uint32_t next_of(const struct wn_heap *heap)
{
    size_t number = 0;

    (void)wn_heap_next(heap, &number);
    return (uint32_t)number;
}

/* Who is to be replaced next: of a round the worst one. */
static bool find_loser(const struct wn_sched *self, uint32_t *number)
{
    size_t n;

    if (!self->is_synchronous) {
        *number = self->losers.n ? next_of(&self->losers) : 0;
        return self->losers.n;
    }
    n = wn_order_size(&self->at_rest);
    if (!n)
        return false;
    *number = wn_order_at(&self->at_rest, n - 1);
    return !wn_ranked_before(wn_order_get(&self->at_rest, *number)->entry, self->cut);
}

/* Above `resource` by an interval, if maximum and budget allow. */
static int64_t milestone_after(const struct wn_sched *self,
                               int64_t resource,
                               int64_t spent)
{
    int64_t most = self->max_resource - resource;

    if (self->max_resource - spent < most)
        most = self->max_resource - spent;
    WN_DCHECK(most > 0); /* else it was told to stop */
    return resource + (self->interval < most ? self->interval : most);
}

static struct wn_decision start(const struct wn_sched *self,
                                uint32_t number,
                                enum wn_member_start how,
                                uint32_t parent)
{
    struct wn_decision decision = {.act = WN_ACT_START, .parent = parent};

    if (parent != WN_TRIAL_NONE)
        decision.source = wn_history_trial(self->history, parent)->newest;
    decision.milestone = milestone_after(self, decision.source.resource,
                                         wn_pbt_spent(self, &self->members[number]));
    decision.tag = wn_member_tag((struct wn_member){.start = how, .number = number});
    return decision;
}

static struct wn_decision resume(const struct wn_sched *self, uint32_t number)
{
    const struct wn_pbt_member *member = &self->members[number];
    int64_t resource = wn_history_resource(self->history, member->trial);

    return (struct wn_decision){
        .act = WN_ACT_RESUME,
        .trial = member->trial,
        .milestone = milestone_after(self, resource, wn_pbt_spent(self, member)),
        .parent = WN_TRIAL_NONE};
}

/* One of the marked among the first `n` standings, drawn; NONE if there is none. Marks are
 * as of the reports, and a checkpoint may have turned out to be damaged since. */
static uint32_t draw_donor(const struct wn_sched *self, size_t n, struct wn_rng *rng)
{
    size_t n_marked = wn_order_weight(&self->standings, n), first;

    if (!n_marked)
        return WN_TRIAL_NONE;
    first = wn_rng_below(rng, n_marked);
    for (size_t i = 0; i < n_marked && i < DONORS_TRIED; i++) {
        uint32_t number = wn_order_at_weight(&self->standings, (first + i) % n_marked);
        uint32_t trial = self->members[number].trial;

        if (wn_pbt_is_usable(self, trial))
            return trial;
    }
    return WN_TRIAL_NONE;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What replaces a loser: false if nothing does. */
static bool replace(const struct wn_sched *self,
                    uint32_t number,
                    struct wn_rng *rng,
                    struct wn_decision *out)
{
    uint32_t loser = self->members[number].trial, donor;
    const struct wn_trial *record = wn_history_trial(self->history, loser);
    const struct wn_report *last = &record->reports[record->n_reports - 1];
    size_t quota = wn_pbt_quota(self, wn_order_size(&self->standings));

    if (self->exploit == WN_PBT_NO_EXPLOIT) {
        *out = start(self, number, WN_MEMBER_EXPLORE, loser);
        return wn_pbt_is_usable(self, loser) && record->newest.resource == last->resource;
    }
    donor =
        draw_donor(self,
                   least(quota, wn_order_before(&self->standings,
                                                (struct wn_ranked){last->loss, loser})),
                   rng);
    if (donor != WN_TRIAL_NONE)
        *out = start(self, number, WN_MEMBER_EXPLOIT, donor);
    return donor != WN_TRIAL_NONE;
}

/* The nearest ancestor of a trial that can be forked, itself included; or NONE. */
static uint32_t find_ancestor(const struct wn_sched *self, uint32_t trial)
{
    for (int i = 0; i < ANCESTORS_TRIED && trial != WN_TRIAL_NONE; i++) {
        if (wn_pbt_is_usable(self, trial))
            return trial;
        trial = wn_history_trial(self->history, trial)->parent;
    }
    return WN_TRIAL_NONE;
}

static struct wn_decision fill(const struct wn_sched *self,
                               uint32_t number,
                               struct wn_rng *rng)
{
    const struct wn_pbt_member *member = &self->members[number];
    size_t quota = wn_pbt_quota(self, wn_order_size(&self->standings));
    uint32_t parent;

    if (member->state == WN_PBT_UNBEGUN)
        return start(self, number, WN_MEMBER_BEGIN, WN_TRIAL_NONE);
    parent = find_ancestor(self, member->trial);
    if (parent == WN_TRIAL_NONE)
        parent = draw_donor(self, quota ? quota : 1, rng);
    return start(self, number, WN_MEMBER_RESTART, parent);
}

static struct wn_decision wait_or_done(const struct wn_sched *self)
{
    bool may_start = self->vacant.n && !wn_history_is_exhausted(self->history);
    bool is_over = !self->n_live && !self->paused.n && !self->arrived.n && !may_start;

    return (struct wn_decision){.act = is_over ? WN_ACT_DONE : WN_ACT_WAIT,
                                .parent = WN_TRIAL_NONE};
}

static struct wn_decision pbt_decide(const struct wn_sched *self,
                                     bool has_room,
                                     struct wn_rng rng)
{
    bool may_start = !wn_history_is_exhausted(self->history);
    struct wn_decision decision;
    uint32_t number;

    if (self->dropped.n)
        return (struct wn_decision){.act = WN_ACT_END,
                                    .trial = self->dropped.at[self->dropped.n - 1],
                                    .parent = WN_TRIAL_NONE};
    if (!has_room)
        return wait_or_done(self);
    if (may_start && wn_heap_next(&self->vacant, NULL) < WN_PBT_BEGINS)
        return fill(self, next_of(&self->vacant), &rng);
    if (may_start && find_loser(self, &number))
        return replace(self, number, &rng, &decision) ? decision : resume(self, number);
    if (may_start && self->vacant.n)
        return fill(self, next_of(&self->vacant), &rng);
    return self->paused.n ? resume(self, next_of(&self->paused)) : wait_or_done(self);
}

/* --- judging --- */

/* The member is judged by its report, whatever it scored before. */
static bool loses(const struct wn_sched *self,
                  uint32_t number,
                  const struct wn_report *report)
{
    const struct wn_order *standings = &self->standings;
    const struct wn_order_node *was = wn_order_get(standings, number);
    struct wn_ranked now = {report->loss, report->trial};
    size_t n = wn_order_size(standings) - (was != NULL) + 1; /* it among them */
    size_t quota = wn_pbt_quota(self, n), n_before;

    if (n < 2 || 2 * n < self->population - self->n_finished)
        return false;
    n_before =
        wn_order_before(standings, now) - (was && wn_ranked_before(was->entry, now));
    if (n_before < n - quota)
        return false;
    /* Its own old entry may stand among the best. */
    if (was && wn_order_before(standings, was->entry) < quota)
        return wn_order_weight(standings, quota + 1) > was->weight;
    return wn_order_weight(standings, quota) > 0;
}

static bool is_awaited(const struct wn_sched *self, const struct wn_report *report)
{
    bool may_start = !wn_history_is_exhausted(self->history);

    return (self->vacant.n && may_start) ||
           wn_heap_next(&self->paused, NULL) < report->resource;
}

static struct wn_verdict pbt_answer(const struct wn_sched *self,
                                    const struct wn_report *report,
                                    struct wn_rng rng)
{
    const struct wn_pbt_trial *trial = wn_vec_get(&self->trials, report->trial);
    const struct wn_pbt_member *member;
    int64_t resource = report->resource, spent;
    struct wn_verdict verdict = {.kind = WN_VERDICT_PAUSE};
    bool may_start = !wn_history_is_exhausted(self->history);

    (void)rng;
    WN_ASSERT(trial);
    member = &self->members[trial->member];
    spent = member->spent + resource -
            wn_history_trial(self->history, report->trial)->source.resource;
    if (resource >= self->max_resource || spent >= self->max_resource)
        return (struct wn_verdict){.kind = WN_VERDICT_STOP};
    if (self->is_synchronous)
        return verdict;
    if (may_start && resource >= self->burn_in &&
        (self->exploit == WN_PBT_NO_EXPLOIT || loses(self, trial->member, report)))
        wn_tag_put(&verdict.tag, WN_PBT_LOSES, 1);
    else if (!is_awaited(self, report))
        verdict =
            (struct wn_verdict){.kind = WN_VERDICT_CONTINUE,
                                .milestone = milestone_after(self, resource, spent)};
    return verdict;
}

static double pbt_worth(const struct wn_sched *self, uint32_t trial)
{
    if (trial >= self->trials.n || !self->trials.at[trial].n_refs)
        return 0;
    if (self->trials.at[trial].state == WN_TRIAL_PAUSED)
        return (double)wn_history_resource(self->history, trial);
    return (double)wn_history_trial(self->history, trial)->newest.resource;
}

/* --- for people --- */

static void describe_exploit(const struct wn_sched *self, struct wn_buf *out)
{
    size_t quota = wn_pbt_quota(self, self->population);

    if (self->exploit == WN_PBT_NO_EXPLOIT)
        wn_buf_adds(out, "no exploit: every member explores from its own checkpoint");
    else if (quota > 1)
        wn_buf_addf(out, "exploit: the worst %zu go on from checkpoints of the best %zu",
                    quota, quota);
    else if (quota)
        wn_buf_adds(out,
                    "exploit: the worst one goes on from a checkpoint of the best one");
    else
        wn_buf_adds(out, "no exploit: every member trains by itself");
}

static void describe_rule(const struct wn_sched *self, struct wn_buf *out)
{
    const char *together = self->is_synchronous ? "together " : "";

    wn_buf_addf(out, "pbt: a population of %" PRIu32 ", judged %severy ",
                self->population, together);
    if (self->interval > 1)
        wn_buf_addf(out, "%" PRId64 " units of resource\n", self->interval);
    else
        wn_buf_adds(out, "unit of resource\n");
    describe_exploit(self, out);
    if (self->burn_in)
        wn_buf_addf(out, ", from resource %" PRId64 " on", self->burn_in);
    wn_buf_addf(out, "\nmost: %" PRIu32 " members, %" PRId64 " units each\n",
                self->population, self->max_resource);
}

static void pbt_describe(const struct wn_sched *self, struct wn_buf *out)
{
    describe_rule(self, out);
    if (!self->trials.n)
        return;
    wn_buf_addf(out,
                "members: %" PRIu32 " at work, %zu paused, %zu without a trial, %" PRIu32
                " finished\n",
                self->n_live, self->paused.n + self->arrived.n, self->vacant.n,
                self->n_finished);
    wn_buf_addf(out,
                "trials: %" PRIu64 " exploit%s, %" PRIu64 " explore%s, %" PRIu64
                " restart%s\n",
                self->n_exploits, self->n_exploits == 1 ? "" : "s", self->n_explores,
                self->n_explores == 1 ? "" : "s", self->n_restarts,
                self->n_restarts == 1 ? "" : "s");
}

static size_t pbt_rungs(const struct wn_sched *self, struct wn_rung *out, size_t room)
{
    (void)self, (void)out, (void)room;
    return 0;
}

const struct wn_sched_ops wn_sched_pbt = {
    .name = "pbt",
    .summary = "population based training: losers go on from winners' weights",
    .reference = "Jaderberg et al., arXiv 1711.09846 (2017)",
    .needs_max = true,
    .pauses = wn_sched_pauses_always,
    .needs_checkpoints = true,
    .is_finite = true,
    .searcher = "perturb",
    .options = options,
    .create = pbt_create,
    .destroy = pbt_destroy,
    .decide = pbt_decide,
    .answer = pbt_answer,
    .worth = pbt_worth,
    .apply = wn_pbt_apply,
    .describe = pbt_describe,
    .rungs = pbt_rungs,
};
