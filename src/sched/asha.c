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
 */
#include <inttypes.h>

#include "base/assert.h"
#include "sched/asha_internal.h"
#include "sched/rungs.h"
#include "trial/history.h"

enum variant { PROMOTION = 0, STOPPING = 1 }; /* indices into variants */

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

static bool asha_pauses(const struct wn_values *values)
{
    return wn_values_choice(values, "variant") == PROMOTION;
}

/* --- create, destroy --- */

static void asha_destroy(struct wn_sched *self)
{
    if (!self)
        return;
    for (size_t i = 0; self->rungs && i < self->n_levels; i++)
        wn_asha_rung_release(&self->rungs[i]);
    wn_vec_release(&self->trials);
    wn_free(self->rungs);
    wn_free(self->ready);
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

static enum wn_status make_rungs(struct wn_sched *self, struct wn_error *err)
{
    self->rungs = wn_alloc_array(self->n_levels, sizeof *self->rungs);
    self->ready = wn_alloc_array(self->n_levels / 64 + 1, sizeof *self->ready);
    if (!self->rungs || !self->ready)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu rungs", self->n_levels);
    for (size_t i = 0; i < self->n_levels; i++)
        wn_asha_rung_init(&self->rungs[i], self->eta);
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
    rc = make_levels(self, cfg, err);
    if (rc == WN_OK)
        rc = make_rungs(self, err);
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
    uint32_t trial = wn_asha_rung_best(&self->rungs[rung])->trial;
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
        if (!wn_asha_rung_lets_on(&self->rungs[rung], entry))
            return (struct wn_verdict){.kind = WN_VERDICT_STOP};
    return (struct wn_verdict){.kind = WN_VERDICT_CONTINUE,
                               .milestone = next_milestone(self, report->resource)};
}

static double asha_worth(const struct wn_sched *self, uint32_t trial)
{
    if (!self->pauses || trial >= self->trials.n ||
        self->trials.at[trial].state != WN_ASHA_PAUSED)
        return 0;
    return (double)wn_history_resource(self->history, trial);
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
