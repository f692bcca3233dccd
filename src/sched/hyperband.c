/* hyperband.c - synchronous Hyperband; with one bracket it is successive halving.
 *
 * Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: Hyperband: A Novel Bandit-Based Approach
 * to Hyperparameter Optimization, JMLR 18 (2018), Algorithm 1; successive halving:
 * Jamieson, Talwalkar, AISTATS 2016. The paper runs its brackets s = s_max ... 0 one after
 * another and its outer loop for ever (section 3.1): here bracket number k begins at level
 * k mod `brackets`. Sizes and levels are those of brackets.h, in both of the paper's
 * variants.
 *
 * Decisions are synchronous, workers are not: with room the earliest bracket that has a
 * trial to go on or a free slot gets it, the higher rung first; if there is none, the next
 * bracket opens. Nobody waits while there are configurations. Who goes on from a rung is
 * who goes on when all of it is known; a trial that is certain of that goes on before, at
 * its report without a pause where it can (halving_internal.h). Going on is resuming from
 * the trial's checkpoint: a unit is trained once, which the paper leaves open.
 *
 * What decides a slot of a rung, and how:
 * - The first report at or past the rung's level is the trial's entry. One that jumps over
 *   higher levels too is its entry there as well: if the trial goes on, it is entered in
 *   the next rung at once and does not run for it.
 * - A program that ends of itself below the level (completed) enters its last value. It
 *   cannot go on: the place it may win stays empty, it counts as failed in the next rung.
 *   The same holds for a paused trial that is ended from outside, and for one that is
 *   stopped from outside (a recall, the median rule) by its report at the level: its entry
 *   stays.
 * - A trial that fails, or is stopped from outside below its level, decides its slot
 *   without an entry: it ranks behind all entries, infinite ones too, and never goes on. With
 *   fewer entries than places the next rung has so many slots; the places of the rungs
 *   above stay those of the plan. (Syne Tune lets failed trials go on then.)
 * - A plan that is withdrawn never had its slot.
 * - Ties: the smaller trial number. NaN never gets here, it fails its trial.
 * - When the supply ends (exhausted), each open bracket is one of the n trials it has:
 *   max(1, floor(n / eta^i)) slots in rung i. If the supply comes back, for new brackets.
 *
 * Tags (planned, resumed, continue): bracket number, 4 bytes; rung in it from 0, 1 byte;
 * slot, 4 bytes: how many of the rung were taken before. The slot is for readers.
 *
 * Memory: 8 bytes a trial; of an open bracket 50 bytes, 120 a rung, and until a rung has
 * sent on whom it will, 16 a place and 16 an entry that was not lost when it was made: 10 MB
 * for a rung of 10^6 slots and 10^5 places, in random order. A finished bracket keeps only
 * its share of the totals.
 */
#include "sched/sched.h"

#include <inttypes.h>

#include "base/assert.h"
#include "base/mem.h"
#include "sched/hyperband_internal.h"
#include "trial/history.h"
#include "trial/tag.h"

static const struct wn_option options[] = {
    WN_GRACE_PERIOD("least resource of a trial"),
    WN_REDUCTION_FACTOR("one in so many goes on at a rung, and the factor between rungs"),
    WN_BRACKETS(NULL,
                "how many brackets, the one with the most trials first; 1: successive "
                "halving; default all"),
    WN_BRACKET_SIZES("\"formula\"",
                     "trials of a bracket as in the paper's Algorithm 1, or "
                     "as in its Table 1"),
    {0}};

/* --- create, destroy --- */

static void hyperband_destroy(struct wn_sched *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < self->brackets.open.n; i++)
        wn_hyperband_free_bracket(bracket_of(self->brackets.open.at[i]));
    wn_sync_release(&self->brackets);
    wn_brackets_release(&self->plan);
    wn_vec_release(&self->trials);
    wn_free(self->totals);
    wn_free(self);
}

static enum wn_status hyperband_create(const struct wn_sched_config *cfg,
                                       struct wn_sched **out,
                                       struct wn_error *err)
{
    struct wn_sched *self = wn_alloc(sizeof *self);
    struct wn_bracket_rule rule = wn_bracket_rule_of(cfg->options, cfg->max_resource);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the hyperband scheduler");
    self->history = cfg->history;
    self->eta = (uint64_t)rule.eta;
    self->sizes = rule.sizes;
    rc = wn_brackets_make(&rule, &self->plan, err);
    if (rc == WN_OK && !cfg->was_checked)
        rc = wn_brackets_check_meaning(cfg->options, &rule, &self->plan, err);
    if (rc == WN_OK) {
        self->totals = wn_alloc_array(self->plan.n_brackets * self->plan.n_levels,
                                      sizeof *self->totals);
        if (!self->totals)
            rc = wn_fail(err, WN_ENOMEM, "no memory for the hyperband scheduler");
    }
    if (rc != WN_OK) {
        hyperband_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

/* --- tags --- */

static struct wn_tag print_tag(uint32_t bracket, size_t rung, uint64_t slot)
{
    struct wn_tag tag = {0};

    wn_tag_put(&tag, bracket, 4);
    wn_tag_put(&tag, rung, 1);
    wn_tag_put(&tag, slot, 4);
    return tag;
}

/* --- looking --- */

static struct wn_decision resume(const struct wn_sched *self,
                                 const struct bracket *bracket,
                                 size_t rung)
{
    return (struct wn_decision){.act = WN_ACT_RESUME,
                                .trial = wn_halving_next(&bracket->halving, rung)->trial,
                                .milestone = level_of(self, bracket, rung + 1),
                                .parent = WN_TRIAL_NONE,
                                .tag =
                                    print_tag(bracket->head.number, rung + 1,
                                              bracket->halving.rungs[rung + 1].n_taken)};
}

/* In the first free slot of a bracket; NULL: of the one that is opened for it. */
static struct wn_decision start(const struct wn_sched *self,
                                const struct bracket *bracket)
{
    uint32_t number = bracket ? bracket->head.number : self->brackets.n_opened;
    size_t offset = bracket ? bracket->offset : number % self->plan.n_brackets;

    return (struct wn_decision){
        .act = WN_ACT_START,
        .milestone = self->plan.levels[offset],
        .parent = WN_TRIAL_NONE,
        .tag = print_tag(number, 0, bracket ? bracket->halving.rungs[0].n_taken : 0)};
}

static struct wn_decision hyperband_decide(const struct wn_sched *self,
                                           bool has_room,
                                           struct wn_rng rng)
{
    struct wn_sync_bracket *first = wn_sync_first(&self->brackets);
    bool is_exhausted = wn_history_is_exhausted(self->history);

    (void)rng;
    if (has_room && first) {
        size_t rung = top_ready(bracket_of(first));

        if (rung < bracket_of(first)->halving.n_rungs)
            return resume(self, bracket_of(first), rung);
    }
    if (has_room && !is_exhausted)
        return start(self, first ? bracket_of(first) : NULL);
    if (is_exhausted && !self->n_live && !first)
        return (struct wn_decision){.act = WN_ACT_DONE, .parent = WN_TRIAL_NONE};
    return (struct wn_decision){.act = WN_ACT_WAIT, .parent = WN_TRIAL_NONE};
}

static struct wn_verdict hyperband_answer(const struct wn_sched *self,
                                          const struct wn_report *report,
                                          struct wn_rng rng)
{
    struct wn_ranked entry = {report->loss, report->trial};
    const struct bracket *bracket;
    const struct trial *trial;
    size_t rung;

    (void)rng;
    WN_ASSERT(report->trial < self->trials.n);
    if (report->resource >= self->plan.levels[self->plan.n_levels - 1])
        return (struct wn_verdict){.kind = WN_VERDICT_STOP};
    trial = &self->trials.at[report->trial];
    WN_ASSERT(trial->place == PENDING);
    bracket = bracket_of(wn_sync_find(&self->brackets, trial->bracket));
    for (rung = trial->rung; level_of(self, bracket, rung) <= report->resource; rung++)
        if (!wn_halving_would_go_on(&bracket->halving, rung, entry))
            return (struct wn_verdict){.kind = WN_VERDICT_PAUSE};
    return (struct wn_verdict){.kind = WN_VERDICT_CONTINUE,
                               .milestone = level_of(self, bracket, rung),
                               .tag = print_tag(bracket->head.number, rung,
                                                bracket->halving.rungs[rung].n_taken)};
}

static double hyperband_worth(const struct wn_sched *self, uint32_t trial)
{
    if (trial >= self->trials.n || self->trials.at[trial].state != PAUSED ||
        self->trials.at[trial].place == OUT)
        return 0;
    return (double)wn_history_resource(self->history, trial);
}

/* --- for people --- */

/* Brackets in their order, each from its first rung up; totals of all of one kind. */
static size_t hyperband_rungs(const struct wn_sched *self,
                              struct wn_rung *out,
                              size_t room)
{
    size_t n = 0;

    for (size_t b = 0; b < self->plan.n_brackets; b++)
        for (size_t k = b; k < self->plan.n_levels; k++, n++) {
            const struct total *total = &self->totals[b * self->plan.n_levels + k];

            if (n < room)
                out[n] = (struct wn_rung){.resource = self->plan.levels[k],
                                          .n_entered = total->n_entered,
                                          .n_promoted = total->n_promoted,
                                          .bracket = (uint32_t)b};
        }
    return n;
}

static void describe_kind(const struct wn_sched *self, size_t b, struct wn_buf *out)
{
    const struct total *totals = &self->totals[b * self->plan.n_levels];

    wn_bracket_describe(&self->plan, b, out);
    for (size_t k = b; k < self->plan.n_levels && totals[b].n_entered; k++)
        wn_buf_addf(out, "%s %" PRIu64, k > b ? "," : "; reached by",
                    totals[k].n_entered);
    wn_buf_addc(out, '\n');
}

static void describe_open(const struct bracket *bracket, struct wn_buf *out)
{
    const struct wn_halving *halving = &bracket->halving;

    wn_buf_addf(out, "open: number %" PRIu32 ", bracket %zu:", bracket->head.number,
                bracket->offset);
    for (size_t i = 0; i < halving->n_rungs; i++) {
        const struct wn_halving_rung *rung = &halving->rungs[i];

        wn_buf_addf(out, "%s %" PRIu64 " of %" PRIu64, i ? "," : "", rung->n_decided,
                    rung->n_slots);
        if (rung->n_taken > rung->n_decided)
            wn_buf_addf(out, " and %" PRIu64 " running", rung->n_taken - rung->n_decided);
    }
    wn_buf_addc(out, '\n');
}

static void hyperband_describe(const struct wn_sched *self, struct wn_buf *out)
{
    wn_buf_addf(out,
                "hyperband, sizes by the paper's %s: trials to resource, one in %" PRIu64
                " goes on\n",
                wn_bracket_sizes_names[self->sizes], self->eta);
    for (size_t b = 0; b < self->plan.n_brackets; b++)
        describe_kind(self, b, out);
    for (size_t i = 0; i < self->brackets.open.n; i++)
        describe_open(bracket_of(self->brackets.open.at[i]), out);
}

const struct wn_sched_ops wn_sched_hyperband = {
    .name = "hyperband",
    .summary = "synchronous Hyperband, or successive halving with one bracket",
    .reference = "Li et al., JMLR 18 (2018), arXiv 1603.06560",
    .needs_max = true,
    .options = options,
    .pauses = wn_sched_pauses_always,
    .create = hyperband_create,
    .destroy = hyperband_destroy,
    .decide = hyperband_decide,
    .answer = hyperband_answer,
    .worth = hyperband_worth,
    .apply = wn_hyperband_apply,
    .describe = hyperband_describe,
    .rungs = hyperband_rungs,
};
