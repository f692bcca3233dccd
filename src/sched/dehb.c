/* dehb.c - differential evolution in Hyperband's brackets: which trial, how far.
 *
 * Awad, Mallik, Hutter: DEHB: Evolutionary Hyperband for Scalable, Robust and Efficient
 * Hyperparameter Optimization, IJCAI 2021 (arXiv 2105.09821), section 4. This is the half
 * that hands out places; the searcher "de" makes the configurations (search/de.c), and
 * trial/population.h is what they tell each other.
 *
 * Every level (fidelity) has a sub-population with as many places as the widest of
 * Hyperband's brackets has entries there. Bracket after bracket (brackets.h; the s_max + 1
 * of an iteration begin at one level more each, then it starts over) and within a bracket
 * rung after rung, each entry of a rung is a job:
 * - It competes for the place of the level whose turn it is, in a circle. Whoever holds
 *   the place is its target. An empty place is taken by the first that reports there.
 * - Selection is immediate (asynchronous DE): the report that reaches the level is compared
 *   with whoever holds the place then, who may have come after the job was planned, and
 *   takes it if it is no worse. So nothing waits for a target that is still pending.
 * - In the lowest rung of the first bracket of all it is drawn at random.
 * - In the higher rungs of the brackets of the first iteration it is a promotion: the best
 *   trial that is paused at the level below, still holds its place there and so has not
 *   been at this level, goes on from its checkpoint. The best ones now, whichever bracket
 *   they came from: brackets share the sub-populations. None left (the others failed): the
 *   rest of the rung is evolved.
 * - Everywhere else it is evolved: a new trial from the start, whose parents are the best
 *   of the level below, as many as the rung has entries; in a bracket's lowest rung all of
 *   its own level.
 * A rung begins when all results of the one below are in. With room when all open brackets
 * wait, the next one opens: it never idles. Whether a bracket is of the first iteration is
 * a matter of its own number; the reference implementation asks a global count, so that a
 * bracket opened by many workers turns the promotions of earlier ones into evolution.
 *
 * `sizes`: the paper writes Hyperband's formula, its experiments were made with the sizes of
 * Hyperband's table (the authors, in issue 27 of their repository). So that is the default:
 * 81, 27, 9, 6, 5 places for (1, 81, 3), where the formula gives 81, 34, 15, 8, 5.
 *
 * What the population learns:
 * - The loss that counts at a level is that of the first report at or past its job's
 *   milestone. One that is past the next level as well counts for its own level only; if it
 *   is promoted, the milestone is its next report.
 * - A program that ends of itself below its milestone competes with its last value, and is
 *   never promoted. A failed trial, one stopped from outside (the median rule among them,
 *   and be it by the report at the milestone) and an infinite loss take no place, not even
 *   an empty one: parents have numbers. They count as results of their rung, which goes on.
 * - A trial that lost its place, or whose level gives no promotions any more, stops at its
 *   milestone; the others pause. What a place holds stays when its trial ends.
 * - When nothing can be started any more, a rung that was not given out whole passes on
 *   floor(n / eta) of its n, at least one, so that what was begun is brought to an end.
 *
 * A configuration that a user asked for goes to the next job that starts a trial; the study
 * gives such only to trials without a parent, so none is named while one waits.
 */
#include "sched/dehb_internal.h"

#include <inttypes.h>
#include <math.h>

#include "base/assert.h"
#include "trial/history.h"
#include "trial/population.h"

/* What to do next. */
struct job {
    uint32_t bracket;
    uint32_t level;
    uint32_t promoted; /* the trial that goes on; WN_TRIAL_NONE: a new one */
};

static const struct wn_option options[] = {
    WN_GRACE_PERIOD("least resource of the lowest level"),
    WN_REDUCTION_FACTOR("the factor between levels, and one in so many is promoted"),
    WN_BRACKETS(NULL,
                "how many brackets an iteration has, those with the lowest levels "
                "first; default all"),
    WN_BRACKET_SIZES("\"table\"",
                     "how many trials a bracket has: by the formula of "
                     "Hyperband's paper or as in its table"),
    {0}};

/* --- create, destroy --- */

static void dehb_destroy(struct wn_sched *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < self->brackets.open.n; i++)
        wn_free(self->brackets.open.at[i]);
    wn_sync_release(&self->brackets);
    for (size_t k = 0; self->levels && k < self->sizes.n_levels; k++) {
        wn_vec_release(&self->levels[k].places);
        wn_rank_heap_release(&self->levels[k].paused);
    }
    wn_free(self->levels);
    wn_brackets_release(&self->sizes);
    wn_vec_release(&self->trials);
    wn_free(self);
}

static enum wn_status make_levels(struct wn_sched *self,
                                  const struct wn_sched_config *cfg,
                                  struct wn_error *err)
{
    struct wn_bracket_rule rule = wn_bracket_rule_of(cfg->options, cfg->max_resource);
    enum wn_status rc = wn_brackets_make(&rule, &self->sizes, err);

    if (rc == WN_OK && !cfg->was_checked)
        rc = wn_brackets_check_meaning(cfg->options, &rule, &self->sizes, err);
    if (rc != WN_OK)
        return rc;
    self->max_resource = rule.max;
    self->rule = rule.sizes;
    self->eta = (uint64_t)rule.eta;
    self->levels = wn_alloc_array(self->sizes.n_levels, sizeof *self->levels);
    if (!self->levels)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu levels", self->sizes.n_levels);
    for (size_t k = 0; k < self->sizes.n_levels; k++)
        self->levels[k].n_places = wn_bracket_widest(&self->sizes, k);
    return WN_OK;
}

static enum wn_status dehb_create(const struct wn_sched_config *cfg,
                                  struct wn_sched **out,
                                  struct wn_error *err)
{
    struct wn_sched *self = wn_alloc(sizeof *self);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the dehb scheduler");
    self->history = cfg->history;
    rc = make_levels(self, cfg, err);
    if (rc != WN_OK) {
        dehb_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

/* --- looking --- */

static bool promotes(const struct wn_sched *self, uint32_t bracket, uint32_t level)
{
    return bracket < self->sizes.n_brackets && level > wn_dehb_shape(self, bracket);
}

static bool fill_job(const struct wn_sched *self,
                     uint32_t bracket,
                     uint32_t level,
                     bool may_start,
                     struct job *out)
{
    const struct wn_ranked *best =
        promotes(self, bracket, level)
            ? wn_rank_heap_first(&self->levels[level - 1].paused)
            : NULL;

    if (!best && !may_start)
        return false;
    *out = (struct job){bracket, level, best ? best->trial : WN_TRIAL_NONE};
    return true;
}

/* What an open bracket has to give now; with may_start whatever it offers. */
static bool find_in(const struct wn_sched *self,
                    const struct bracket *bracket,
                    bool may_start,
                    struct job *out)
{
    uint32_t number = bracket->head.number;

    if (bracket->n_given < bracket->limit &&
        fill_job(self, number, bracket->level, may_start, out))
        return true;
    return !bracket->n_pending && wn_dehb_next_limit(self, bracket) &&
           fill_job(self, number, bracket->level + 1, may_start, out);
}

static bool find_job(const struct wn_sched *self, bool may_start, struct job *out)
{
    const struct bracket *first = (const struct bracket *)wn_sync_first(&self->brackets);
    uint32_t next = self->brackets.n_opened;

    if (may_start && first)
        return find_in(self, first, true, out);
    if (may_start)
        return fill_job(self, next, wn_dehb_shape(self, next), true, out);
    for (uint32_t b = 0; b < self->sizes.n_brackets; b++) {
        const struct wn_sync_bracket *bracket = wn_sync_find(&self->brackets, b);
        if (bracket && find_in(self, (const struct bracket *)bracket, false, out))
            return true;
    }
    return false;
}

static struct wn_population_plan plan_of(const struct wn_sched *self,
                                         const struct job *job)
{
    const struct level *level = &self->levels[job->level];
    uint32_t lowest = wn_dehb_shape(self, job->bracket);
    uint32_t source = job->level == lowest ? lowest : job->level - 1;
    uint64_t n_parents = job->level == lowest
                             ? level->n_places
                             : wn_dehb_size(self, job->bracket, job->level);
    struct wn_population_plan plan = {.kind = WN_POPULATION_EVOLVED,
                                      .generation = job->bracket,
                                      .level = (uint8_t)job->level,
                                      .member = level->next,
                                      .target = WN_TRIAL_NONE,
                                      .source = (uint8_t)source};

    if (level->next < level->places.n)
        plan.target = level->places.at[level->next].trial;
    if (job->promoted != WN_TRIAL_NONE)
        plan.kind = WN_POPULATION_PROMOTED;
    else if (job->bracket == 0 && job->level == lowest)
        plan.kind = WN_POPULATION_RANDOM;
    else
        plan.n_parents = n_parents < UINT32_MAX ? (uint32_t)n_parents : UINT32_MAX;
    return plan;
}

static struct wn_decision decision_of(const struct wn_sched *self, const struct job *job)
{
    struct wn_population_plan plan = plan_of(self, job);
    struct wn_decision decision = {.act = WN_ACT_START,
                                   .milestone = self->sizes.levels[job->level],
                                   .parent = plan.target,
                                   .pool = job->level,
                                   .tag = wn_population_plan_tag(&plan)};
    int64_t resource;

    if (self->n_wishes > self->n_open)
        decision.parent = WN_TRIAL_NONE; /* so that the study gives it to a user */
    if (job->promoted == WN_TRIAL_NONE)
        return decision;
    resource = wn_history_resource(self->history, job->promoted);
    decision.act = WN_ACT_RESUME;
    decision.trial = job->promoted;
    decision.parent = WN_TRIAL_NONE;
    decision.pool = 0;
    if (decision.milestone <= resource)
        decision.milestone = resource + 1; /* its reports jump over levels */
    return decision;
}

static struct wn_decision dehb_decide(const struct wn_sched *self,
                                      bool has_room,
                                      struct wn_rng rng)
{
    bool is_exhausted = wn_history_is_exhausted(self->history);
    bool may_be_done = is_exhausted && !self->n_live;
    struct wn_decision none = {.act = WN_ACT_WAIT, .parent = WN_TRIAL_NONE};
    struct job job;

    (void)rng;
    if (!has_room && !may_be_done)
        return none;
    if (find_job(self, !is_exhausted, &job))
        return has_room ? decision_of(self, &job) : none;
    none.act = may_be_done ? WN_ACT_DONE : WN_ACT_WAIT;
    return none;
}

static struct wn_verdict dehb_answer(const struct wn_sched *self,
                                     const struct wn_report *report,
                                     struct wn_rng rng)
{
    struct wn_verdict verdict = {.kind = WN_VERDICT_STOP};
    struct wn_population_outcome outcome = {0};
    const struct trial *trial;
    const struct place *place;

    (void)rng;
    WN_ASSERT(report->trial < self->trials.n);
    trial = &self->trials.at[report->trial];
    place = &self->levels[trial->level].places.at[trial->member];
    outcome.level = trial->level;
    outcome.member = trial->member;
    outcome.replaced = place->trial;
    outcome.wins =
        wn_population_wins(place->trial == WN_TRIAL_NONE, place->loss, report->loss);
    verdict.tag = wn_population_outcome_tag(&outcome);
    if (outcome.wins && report->resource < self->max_resource &&
        wn_dehb_has_promotions(self, trial->level))
        verdict.kind = WN_VERDICT_PAUSE;
    return verdict;
}

static double dehb_worth(const struct wn_sched *self, uint32_t trial)
{
    if (trial >= self->trials.n || !wn_dehb_is_candidate(self, trial) ||
        !wn_dehb_has_promotions(self, self->trials.at[trial].level))
        return 0;
    return (double)wn_history_resource(self->history, trial);
}

/* --- for people --- */

static size_t dehb_rungs(const struct wn_sched *self, struct wn_rung *out, size_t room)
{
    for (size_t k = 0; k < self->sizes.n_levels && k < room; k++)
        out[k] = (struct wn_rung){.resource = self->sizes.levels[k],
                                  .n_entered = self->levels[k].n_entered,
                                  .n_promoted = self->levels[k].n_promoted};
    return self->sizes.n_levels;
}

/* Of a level that nothing has reached only what it will be: so of a study to come. */
static void dehb_describe(const struct wn_sched *self, struct wn_buf *out)
{
    wn_buf_addf(out, "dehb: %zu bracket%s an iteration, sizes by the %s\n",
                self->sizes.n_brackets, self->sizes.n_brackets == 1 ? "" : "s",
                wn_bracket_sizes_names[self->rule]);
    for (size_t b = 0; b < self->sizes.n_brackets; b++) {
        wn_bracket_describe(&self->sizes, b, out);
        wn_buf_addc(out, '\n');
    }
    for (size_t k = 0; k < self->sizes.n_levels; k++) {
        const struct level *level = &self->levels[k];

        wn_buf_addf(out, "level %zu: resource %" PRId64 ", %" PRIu64 " place%s", k,
                    self->sizes.levels[k], level->n_places,
                    level->n_places == 1 ? "" : "s");
        if (level->n_entered)
            wn_buf_addf(out,
                        ", %" PRIu64 " held, %" PRIu64 " entered, %" PRIu64 " promoted",
                        level->n_held, level->n_entered, level->n_promoted);
        wn_buf_addc(out, '\n');
    }
    if (self->brackets.n_opened)
        wn_buf_addf(out, "%" PRIu32 " bracket%s begun, %zu open\n",
                    self->brackets.n_opened, self->brackets.n_opened == 1 ? "" : "s",
                    self->brackets.open.n);
}

const struct wn_sched_ops wn_sched_dehb = {
    .name = "dehb",
    .summary = "differential evolution in Hyperband's brackets",
    .reference = "Awad, Mallik and Hutter, IJCAI 2021, arXiv 2105.09821",
    .needs_max = true,
    .searcher = "de",
    .options = options,
    .pauses = wn_sched_pauses_always,
    .create = dehb_create,
    .destroy = dehb_destroy,
    .decide = dehb_decide,
    .answer = dehb_answer,
    .worth = dehb_worth,
    .apply = wn_dehb_apply,
    .describe = dehb_describe,
    .rungs = dehb_rungs,
};
