/* asha.c - asynchronous successive halving, in two variants and with what grew on it.
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
 *   mildly. A trial that is stopped from outside is not entered there; if it is stopped by
 *   a report at a rung (a recall, the median rule), that is an entry and nobody's promotion.
 * - A paused trial that ends in any way is no candidate any more; its entries stay.
 *
 * `brackets` (asynchronous Hyperband: the paper's brackets, with the spread of Klein,
 * Tiao, Lienart, Archambeau, Seeger: Model-based Asynchronous Hyperparameter and Neural
 * Architecture Search, 2020, arXiv 2003.10865, appendix A): the first rung of a trial of
 * bracket b is rung b (the maximum, where b is the number of rungs); below it it is not
 * entered. With S levels, the maximum among them, b is drawn with a probability
 * proportional to S / ((S - b) r_b), the sizes of Hyperband's brackets; it rides on
 * `planned` as two bytes, on none where there is one bracket. All compete at the same rungs
 * unless `rung_system_per_bracket`; then b is drawn for every decision, which resumes a
 * trial of that bracket if it can and starts one there otherwise, so that each bracket gets
 * its share; once there is nothing to start, any bracket's goes on.
 *
 * `rush_candidates` (Zappella, Salinas, Archambeau: A resource-efficient method for
 * repeated HPO and NAS problems, AutoML workshop at ICML 2021): the first
 * so many configurations of the user that become trials are threshold candidates. What one
 * of them had at a rung that it went past is the rung's threshold, the best if there are
 * several; any other trial must also be at least as good as that to go on.
 *
 * `promote_by: cost` (promotion; the rule of Syne Tune's cost_promotion): with the N entries
 * of a rung by rank and C(k) the running time that the best k took up to it, those ranked up
 * to K = max {k: C(k) <= C(N) / eta} may go on. Running time is that of the report (of all
 * dispatches), in milliseconds and at least 1. A trial that failed or ended early counts
 * with its time up to its last report: spent at the rung, if for nothing.
 *
 * `pasha` (promotion, one bracket): nobody goes on from the top open level; see
 * pasha_internal.h. A study that has nothing else to do ends there.
 */
#include <inttypes.h>

#include "base/assert.h"
#include "sched/asha_internal.h"
#include "sched/rungs.h"
#include "trial/history.h"
#include "trial/tag.h"

enum variant { PROMOTION = 0, STOPPING = 1 }; /* indices into variants */
enum measure { BY_COUNT = 0, BY_COST = 1 };   /* indices into measures */

static const char *const variants[] = {"promotion", "stopping", NULL};
static const char *const measures[] = {"count", "cost", NULL};

static const struct wn_option options[] = {
    {.name = "variant",
     .type = WN_OPTION_CHOICE,
     .choices = variants,
     .def = "\"promotion\"",
     .help =
         "promotion: pause at every rung and resume the best; stopping: stop the others"},
    WN_GRACE_PERIOD("resource of the first rung"),
    WN_REDUCTION_FACTOR("one in so many goes on at a rung, and the factor between rungs"),
    {.name = "rung_increment",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = WN_JSON_EXACT_MOST,
     .help = "distance between rungs, in place of the factor"},
    {.name = "rung_levels",
     .type = WN_OPTION_INTS,
     .low = 1,
     .high = WN_JSON_EXACT_MOST,
     .help = "the rungs themselves, increasing, in place of those from grace_period on"},
    WN_BRACKETS("1",
                "new trials begin at one of so many lowest rungs, drawn (asynchronous "
                "Hyperband)"),
    {.name = "rung_system_per_bracket",
     .type = WN_OPTION_BOOL,
     .def = "false",
     .help = "trials compete with those of their own bracket only"},
    {.name = "rush_candidates",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = 1000000,
     .def = "0",
     .help =
         "the first so many initial configurations set thresholds for the others (RUSH)"},
    {.name = "promote_by",
     .type = WN_OPTION_CHOICE,
     .choices = measures,
     .def = "\"count\"",
     .help =
         "count: the best one in reduction_factor; cost: the best for that share of the "
         "running time"},
    {.name = "pasha",
     .type = WN_OPTION_BOOL,
     .def = "false",
     .help = "open the next rung only while the ranking at the top two is not settled"},
    {0}};

static bool asha_pauses(const struct wn_values *values)
{
    return wn_values_choice(values, "variant") == PROMOTION;
}

/* --- create, destroy --- */

static void release_ladder(struct wn_asha_ladder *ladder, size_t n_levels)
{
    for (size_t i = 0; ladder->rungs && i < n_levels; i++)
        wn_asha_rung_release(&ladder->rungs[i]);
    wn_free(ladder->rungs);
    wn_free(ladder->ready);
}

static void asha_destroy(struct wn_sched *self)
{
    if (!self)
        return;
    for (size_t i = 0; self->ladders && i < self->n_ladders; i++)
        release_ladder(&self->ladders[i], self->n_levels);
    wn_pasha_destroy(self->pasha);
    wn_vec_release(&self->trials);
    wn_free(self->ladders);
    wn_free(self->shares);
    wn_free(self->levels);
    wn_free(self);
}

static enum wn_status make_levels(struct wn_sched *self,
                                  const struct wn_sched_config *cfg,
                                  struct wn_error *err)
{
    struct wn_rung_rule rule = {
        .max = cfg->max_resource,
        .grace = wn_values_int(cfg->options, "grace_period"),
        .eta = wn_values_int(cfg->options, "reduction_factor"),
        .increment = wn_values_int(cfg->options, "rung_increment"),
    };

    rule.levels = wn_values_ints(cfg->options, "rung_levels", &rule.n_levels);
    if (cfg->max_resource == INT64_MAX)
        return wn_fail(err, WN_EINVAL,
                       "resource.max must be given for the asha scheduler");
    self->max_resource = rule.max;
    self->eta = (uint64_t)rule.eta;
    return wn_rungs_make(&rule, &self->levels, &self->n_levels, err);
}

/* What the ladder allows, and what of the rest goes together. */
static enum wn_status check_options(const struct wn_sched *self,
                                    const struct wn_sched_config *cfg,
                                    struct wn_error *err)
{
    bool is_pasha = wn_values_bool(cfg->options, "pasha");

    if (self->n_brackets > self->n_levels + 1)
        return wn_fail(
            err, WN_EINVAL,
            "scheduler.brackets must be at most %zu (the rungs and the maximum), "
            "not %zu",
            self->n_levels + 1, self->n_brackets);
    if (self->n_ladders * self->n_levels > WN_RUNGS_MOST)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.rung_system_per_bracket: %zu times %zu rungs are more "
                       "than %zu",
                       self->n_ladders, self->n_levels, WN_RUNGS_MOST);
    if (self->n_thresholds > cfg->n_initial)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.rush_candidates must be at most the number of initial "
                       "configurations (%" PRIu64 "), not %" PRIu64,
                       cfg->n_initial, self->n_thresholds);
    if (!self->pauses && self->by_cost)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.promote_by must be \"count\" in the stopping variant, "
                       "which promotes nobody");
    if (is_pasha && !self->pauses)
        return wn_fail(
            err, WN_EINVAL,
            "scheduler.pasha must be false in the stopping variant: only paused "
            "trials can wait for a rung to be opened");
    if (is_pasha && self->n_brackets > 1)
        return wn_fail(
            err, WN_EINVAL,
            "scheduler.pasha must be false with more than one bracket, not with "
            "brackets %zu",
            self->n_brackets);
    if (is_pasha && self->n_levels < 2)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.pasha needs at least 2 rungs below resource.max, and "
                       "there %s",
                       self->n_levels ? "is 1" : "are none");
    return WN_OK;
}

/* What would have no effect. A maximum of 1 has no rung either, with all that is usual. */
static enum wn_status check_meaning(const struct wn_sched *self,
                                    const struct wn_sched_config *cfg,
                                    struct wn_error *err)
{
    bool has_grace = !wn_values_is_usual(cfg->options, "grace_period");
    bool has_levels = wn_values_is_set(cfg->options, "rung_levels");

    if (has_levels && has_grace)
        return wn_fail(
            err, WN_EINVAL,
            "scheduler.grace_period has no effect beside scheduler.rung_levels, "
            "which begin with the first rung");
    if (has_levels && !self->n_levels)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.rung_levels must begin below resource.max (%" PRId64
                       "): without a rung there nothing is ever decided",
                       self->max_resource);
    if (has_grace && !self->n_levels)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.grace_period must be below resource.max (%" PRId64
                       "): without a rung there nothing is ever decided",
                       self->max_resource);
    if (self->n_brackets == 1 && wn_values_bool(cfg->options, "rung_system_per_bracket"))
        return wn_fail(
            err, WN_EINVAL,
            "scheduler.rung_system_per_bracket must be false with one bracket, "
            "in which all compete; take more scheduler.brackets");
    return WN_OK;
}

static bool make_ladder(struct wn_asha_ladder *ladder, const struct wn_sched *self)
{
    ladder->rungs = wn_alloc_array(self->n_levels, sizeof *ladder->rungs);
    ladder->ready = wn_alloc_array(self->n_levels / 64 + 1, sizeof *ladder->ready);
    if (!ladder->rungs || !ladder->ready)
        return false;
    for (size_t i = 0; i < self->n_levels; i++)
        wn_asha_rung_init(&ladder->rungs[i], self->eta, self->by_cost);
    return true;
}

/* S / ((S - b) r_b), summed up. */
static void spread(struct wn_sched *self)
{
    double n = (double)self->n_levels + 1, sum = 0;

    for (size_t b = 0; b < self->n_brackets; b++) {
        int64_t first = b < self->n_levels ? self->levels[b] : self->max_resource;

        sum += n / ((n - (double)b) * (double)first);
        self->shares[b] = sum;
    }
}

static enum wn_status make_parts(struct wn_sched *self,
                                 const struct wn_sched_config *cfg,
                                 struct wn_error *err)
{
    bool is_made = true;

    self->shares = wn_alloc_array(self->n_brackets, sizeof *self->shares);
    self->ladders = wn_alloc_array(self->n_ladders, sizeof *self->ladders);
    if (wn_values_bool(cfg->options, "pasha")) {
        self->pasha = wn_pasha_create(self->history, self->levels, self->n_levels);
        is_made = self->pasha != NULL;
    }
    is_made = is_made && self->shares && self->ladders;
    for (size_t i = 0; is_made && i < self->n_ladders; i++)
        is_made = make_ladder(&self->ladders[i], self);
    if (!is_made)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu rungs", self->n_levels);
    spread(self);
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
    self->by_cost = wn_values_choice(cfg->options, "promote_by") == BY_COST;
    self->n_brackets = (size_t)wn_values_int(cfg->options, "brackets");
    self->n_ladders =
        wn_values_bool(cfg->options, "rung_system_per_bracket") ? self->n_brackets : 1;
    self->n_thresholds = (uint64_t)wn_values_int(cfg->options, "rush_candidates");
    rc = make_levels(self, cfg, err);
    if (rc == WN_OK)
        rc = check_options(self, cfg, err);
    if (rc == WN_OK && !cfg->was_checked)
        rc = check_meaning(self, cfg, err);
    if (rc == WN_OK)
        rc = make_parts(self, cfg, err);
    if (rc != WN_OK) {
        asha_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

/* --- looking --- */

int64_t wn_asha_milestone(const struct wn_sched *self, int64_t resource, size_t least)
{
    size_t rung = wn_rungs_above(self->levels, self->n_levels, resource);

    rung = rung > least ? rung : least;
    return rung < self->n_levels ? self->levels[rung] : self->max_resource;
}

/* Rungs from which trials may go on: all, or those below PASHA's top. */
static size_t n_open(const struct wn_sched *self)
{
    return self->pasha ? self->pasha->top : self->n_levels;
}

/* The highest of the first `n` rungs with a promotable trial; n if there is none. */
static size_t top_ready(const struct wn_asha_ladder *ladder, size_t n)
{
    for (size_t word = n / 64 + 1; word-- > 0;)
        for (size_t bit = word == n / 64 ? n % 64 : 64; ladder->ready[word] && bit-- > 0;)
            if (ladder->ready[word] >> bit & 1)
                return 64 * word + bit;
    return n;
}

/* The trial to go on with, from the highest rung of the ladders first ... last - 1. */
static const struct wn_ranked *find_best(const struct wn_sched *self,
                                         size_t first,
                                         size_t last)
{
    const struct wn_asha_ladder *ladder = NULL;
    size_t n = n_open(self), highest = 0;

    for (size_t i = first; i < last; i++) {
        size_t rung = top_ready(&self->ladders[i], n);

        if (rung < n && (!ladder || rung > highest)) {
            ladder = &self->ladders[i];
            highest = rung;
        }
    }
    return ladder ? wn_asha_rung_best(&ladder->rungs[highest]) : NULL;
}

static size_t draw_bracket(const struct wn_sched *self, struct wn_rng *rng)
{
    size_t bracket = 0;
    double at;

    if (self->n_brackets == 1)
        return 0;
    at = wn_rng_unit(rng) * self->shares[self->n_brackets - 1];
    while (bracket + 1 < self->n_brackets && at >= self->shares[bracket])
        bracket++;
    return bracket;
}

static struct wn_decision start_in(const struct wn_sched *self, size_t bracket)
{
    struct wn_decision start = {.act = WN_ACT_START,
                                .milestone = wn_asha_milestone(self, 0, bracket),
                                .parent = WN_TRIAL_NONE};

    if (self->n_brackets > 1)
        wn_tag_put(&start.tag, bracket, 2);
    return start;
}

static struct wn_decision asha_decide(const struct wn_sched *self,
                                      bool has_room,
                                      struct wn_rng rng)
{
    bool is_exhausted = wn_history_is_exhausted(self->history);
    size_t bracket = draw_bracket(self, &rng);
    size_t only = self->n_ladders > 1 ? bracket : 0;
    const struct wn_ranked *best = is_exhausted ? find_best(self, 0, self->n_ladders)
                                                : find_best(self, only, only + 1);

    if (has_room && best)
        return (struct wn_decision){
            .act = WN_ACT_RESUME,
            .trial = best->trial,
            .milestone =
                wn_asha_milestone(self, wn_history_resource(self->history, best->trial),
                                  self->trials.at[best->trial].n_rungs),
            .parent = WN_TRIAL_NONE};
    if (has_room && !is_exhausted)
        return start_in(self, bracket);
    if (is_exhausted && !self->n_live && !best)
        return (struct wn_decision){.act = WN_ACT_DONE, .parent = WN_TRIAL_NONE};
    return (struct wn_decision){.act = WN_ACT_WAIT, .parent = WN_TRIAL_NONE};
}

static struct wn_verdict asha_answer(const struct wn_sched *self,
                                     const struct wn_report *report,
                                     struct wn_rng rng)
{
    struct wn_ranked entry = {report->loss, report->trial};
    size_t above = wn_rungs_above(self->levels, self->n_levels, report->resource);
    const struct wn_asha_ladder *ladder;
    const struct wn_asha_trial *trial;

    (void)rng;
    WN_ASSERT(report->trial < self->trials.n);
    trial = &self->trials.at[report->trial];
    ladder = wn_asha_ladder_of(self, trial->bracket);
    if (report->resource >= self->max_resource)
        return (struct wn_verdict){.kind = WN_VERDICT_STOP};
    if (self->pauses && above > trial->n_rungs)
        return (struct wn_verdict){.kind = WN_VERDICT_PAUSE};
    for (size_t rung = trial->n_rungs; rung < above; rung++)
        if (!wn_asha_rung_lets_on(&ladder->rungs[rung], entry, trial->sets_threshold))
            return (struct wn_verdict){.kind = WN_VERDICT_STOP};
    return (struct wn_verdict){
        .kind = WN_VERDICT_CONTINUE,
        .milestone = wn_asha_milestone(self, report->resource, trial->n_rungs)};
}

static double asha_worth(const struct wn_sched *self, uint32_t trial)
{
    const struct wn_asha_trial *own = wn_vec_get(&self->trials, trial);
    size_t rung;

    if (!self->pauses || !own || own->state != WN_ASHA_PAUSED ||
        !wn_asha_last_rung(self, own, &rung))
        return 0;
    return (double)self->levels[rung];
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
    .apply = wn_asha_apply,
    .describe = wn_asha_describe,
    .rungs = wn_asha_rungs,
};
