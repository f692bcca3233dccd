/* tpe.c - the tree-structured Parzen estimator: where good trials are dense and others not.
 *
 * Bergstra, Bardenet, Bengio, Kegl: Algorithms for Hyper-Parameter Optimization, NIPS 2011;
 * Watanabe: arXiv 2304.11127 (2023). Rules and defaults are those of Optuna 5.0.
 *
 * Of the n trials that have a value (tpe_internal.h says which one) the best
 * min(ceil(gamma n), gamma_max) are good, all others bad; with `constant_liar` those that run
 * without a value are bad too, so that many workers do not propose the same. Densities l of
 * the good and g of the bad ones are fitted (model/parzen.h), `num_candidates` points are
 * drawn from l, and the one with the largest l/g is proposed (equations 2 and 3 of the first paper:
 * its expected improvement grows with l/g). Below `num_init_random` values it draws at random.
 * A failed trial has no value: it is bad, but counts neither there nor in n.
 *
 * Conditional parameters: parameters with the same conditions are active together and make a
 * group. Each group has densities of its own, fitted to the trials in which it was active, and
 * its own best candidate; those of groups that turn out inactive are dropped. So every
 * density is of values that were there, nothing is imputed, and parameters are modelled
 * together as far as they occur together: Optuna's `group=True`, but with the groups that
 * the space declares instead of those that past trials show. Without `multivariate` every
 * parameter is a group of its own.
 *
 * No configuration is tried twice: the best candidates that were tried make way for the next
 * best of one group, and when all were tried a random untried one is drawn.
 */
#include "search/search.h"

#include <math.h>

#include "model/parzen.h"
#include "search/candidate_internal.h"
#include "search/numbers_internal.h"
#include "search/tpe_internal.h"
#include "search/untried_internal.h"
#include "trial/history.h"

/* Parameters that are active together. */
struct group {
    struct wn_parzen *good, *bad;
    size_t *params;
    size_t n_params;
    double *x;                       /* num_candidates points of n_params numbers */
    struct wn_candidate *candidates; /* by falling score */
};

/* What is filled anew by every proposal, and orders that are made when looked at. */
struct work {
    struct wn_tpe_trials trials;
    struct wn_axis *axes; /* of each parameter */
    struct group *groups;
    size_t n_groups;
    WN_VEC(uint32_t) good, bad; /* room to list observations */
    double *cube, *numbers, *scores, *bad_scores;
};

struct wn_search {
    const struct wn_space *space;
    const struct wn_history *history;
    struct wn_untried *untried;
    struct work *work;
    size_t num_init_random, num_candidates, gamma_max;
    double gamma;
    bool is_multivariate, lies;
};

static const struct wn_option options[] = {
    {.name = "multivariate",
     .type = WN_OPTION_BOOL,
     .def = "true",
     .help = "whether parameters that are active together are modelled together"},
    {.name = "num_init_random",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = 1e6,
     .def = "10",
     .help = "how many trials must have a value before there is a model"},
    {.name = "num_candidates",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = 1e4,
     .def = "24",
     .help = "how many points are drawn and compared"},
    {.name = "gamma",
     .type = WN_OPTION_FLOAT,
     .low = 1e-6,
     .high = 1,
     .def = "0.1",
     .help = "which share of the trials is good, rounded up"},
    {.name = "gamma_max",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = 1e6,
     .def = "25",
     .help = "how many trials are good at most"},
    {.name = "constant_liar",
     .type = WN_OPTION_BOOL,
     .def = "true",
     .help = "whether trials that run without a value count as bad"},
    WN_ALLOW_DUPLICATES,
    {0}};

/* --- making --- */

static void work_destroy(struct work *work, size_t n_params)
{
    if (!work)
        return;
    for (size_t i = 0; i < work->n_groups; i++) {
        wn_parzen_destroy(work->groups[i].good);
        wn_parzen_destroy(work->groups[i].bad);
        wn_free(work->groups[i].params);
        wn_free(work->groups[i].x);
        wn_free(work->groups[i].candidates);
    }
    for (size_t i = 0; work->axes && i < n_params; i++)
        wn_axis_release(&work->axes[i]);
    wn_tpe_trials_release(&work->trials);
    wn_vec_release(&work->good);
    wn_vec_release(&work->bad);
    wn_free(work->axes);
    wn_free(work->groups);
    wn_free(work->cube);
    wn_free(work->numbers);
    wn_free(work->scores);
    wn_free(work->bad_scores);
    wn_free(work);
}

static void tpe_destroy(struct wn_search *self)
{
    if (!self)
        return;
    wn_untried_destroy(self->untried);
    work_destroy(self->work, wn_space_n_params(self->space));
    wn_free(self);
}

/* The group of a parameter, among those there are or a new one. */
static struct group *find_group(struct wn_search *self, size_t param)
{
    struct work *work = self->work;

    for (size_t i = 0; self->is_multivariate && i < work->n_groups; i++)
        if (wn_space_same_conditions(self->space, work->groups[i].params[0], param))
            return &work->groups[i];
    return &work->groups[work->n_groups];
}

static bool fill_groups(struct wn_search *self)
{
    struct work *work = self->work;
    size_t n_params = wn_space_n_params(self->space);

    for (size_t i = 0; i < n_params; i++) {
        struct group *group = find_group(self, i);

        wn_axis_init(&work->axes[i], wn_space_param(self->space, i));
        if (!group->n_params) {
            work->n_groups++;
            group->params = wn_alloc_array(n_params, sizeof *group->params);
            if (!group->params)
                return false;
        }
        group->params[group->n_params++] = i;
    }
    return true;
}

static bool finish_group(struct wn_search *self, struct group *group)
{
    struct wn_axis **axes = wn_alloc_array(group->n_params, sizeof *axes);
    bool is_made = axes;

    for (size_t i = 0; is_made && i < group->n_params; i++)
        axes[i] = &self->work->axes[group->params[i]];
    is_made = is_made &&
              wn_parzen_create(axes, group->n_params, &group->good, NULL) == WN_OK &&
              wn_parzen_create(axes, group->n_params, &group->bad, NULL) == WN_OK;
    wn_free(axes);
    if (!is_made)
        return false;
    group->x = wn_alloc_array(self->num_candidates * group->n_params, sizeof *group->x);
    group->candidates = wn_alloc_array(self->num_candidates, sizeof *group->candidates);
    return group->x && group->candidates && wn_parzen_reserve(group->good, 0, 0) &&
           wn_parzen_reserve(group->bad, 0, 0);
}

static bool work_create(struct wn_search *self)
{
    size_t n_params = wn_space_n_params(self->space);
    struct work *work = self->work = wn_alloc(sizeof *work);

    if (!work)
        return false;
    work->axes = wn_alloc_array(n_params, sizeof *work->axes);
    work->groups = wn_alloc_array(n_params, sizeof *work->groups);
    work->cube = wn_alloc_array(wn_space_n_dims(self->space), sizeof *work->cube);
    work->numbers = wn_alloc_array(n_params, sizeof *work->numbers);
    work->scores = wn_alloc_array(self->num_candidates, sizeof *work->scores);
    work->bad_scores = wn_alloc_array(self->num_candidates, sizeof *work->bad_scores);
    if (!work->axes || !work->groups || !work->cube || !work->numbers || !work->scores ||
        !work->bad_scores || !fill_groups(self))
        return false;
    for (size_t i = 0; i < work->n_groups; i++)
        if (!finish_group(self, &work->groups[i]))
            return false;
    return true;
}

static enum wn_status tpe_create(const struct wn_search_config *cfg,
                                 struct wn_search **out,
                                 struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the tpe searcher");
    self->space = cfg->space;
    self->history = cfg->history;
    self->is_multivariate = wn_values_bool(cfg->options, "multivariate");
    self->lies = wn_values_bool(cfg->options, "constant_liar");
    self->num_init_random = (size_t)wn_values_int(cfg->options, "num_init_random");
    self->num_candidates = (size_t)wn_values_int(cfg->options, "num_candidates");
    self->gamma = wn_values_float(cfg->options, "gamma");
    self->gamma_max = (size_t)wn_values_int(cfg->options, "gamma_max");
    rc = wn_untried_create(cfg->space, wn_values_bool(cfg->options, "allow_duplicates"),
                           &self->untried, err);
    if (rc == WN_OK && !work_create(self))
        rc = wn_fail(err, WN_ENOMEM, "no memory for the tpe searcher");
    if (rc != WN_OK) {
        tpe_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

/* --- candidates --- */

/* Fit both densities of a group to the trials in which it was active. */
static void fit_group(const struct wn_search *self, const struct group *group)
{
    struct work *work = self->work;
    const double *values = work->axes[group->params[0]].values.at;
    size_t n_good = 0, n_bad = 0;

    for (size_t i = 0; i < work->trials.seen.n; i++) {
        const struct wn_tpe_observation *seen = &work->trials.seen.at[i];

        if (isnan(values[i]) || (!self->lies && seen->state == WN_TPE_RUNNING))
            continue;
        if (seen->is_good)
            work->good.at[n_good++] = (uint32_t)i;
        else
            work->bad.at[n_bad++] = (uint32_t)i;
    }
    wn_parzen_fit(group->good, work->good.at, n_good);
    wn_parzen_fit(group->bad, work->bad.at, n_bad);
}

static void rank_candidates(const struct wn_search *self,
                            struct group *group,
                            struct wn_rng *rng)
{
    struct work *work = self->work;

    fit_group(self, group);
    for (size_t i = 0; i < self->num_candidates; i++)
        wn_parzen_draw(group->good, rng, group->x + i * group->n_params);
    wn_parzen_score(group->good, group->x, self->num_candidates, work->scores);
    wn_parzen_score(group->bad, group->x, self->num_candidates, work->bad_scores);
    for (size_t i = 0; i < self->num_candidates; i++)
        group->candidates[i] = (struct wn_candidate){
            .score = work->scores[i] - work->bad_scores[i], .number = (uint32_t)i};
    wn_candidates_sort(group->candidates, self->num_candidates);
}

static void take_candidate(struct work *work, const struct group *group, size_t rank)
{
    const double *x = group->x + group->candidates[rank].number * group->n_params;

    for (size_t i = 0; i < group->n_params; i++)
        work->numbers[group->params[i]] = x[i];
}

/* The best untried configuration that differs from the best one in one group at most. */
static bool choose(const struct wn_search *self, union wn_cell *cells)
{
    struct work *work = self->work;

    for (size_t i = 0; i < work->n_groups; i++)
        take_candidate(work, &work->groups[i], 0);
    wn_numbers_cells(self->space, work->numbers, work->cube, cells);
    if (wn_untried_has(self->untried, cells))
        return true;
    for (size_t rank = 1; rank < self->num_candidates; rank++)
        for (size_t i = 0; i < work->n_groups; i++) {
            take_candidate(work, &work->groups[i], rank);
            wn_numbers_cells(self->space, work->numbers, work->cube, cells);
            if (wn_untried_has(self->untried, cells))
                return true;
            take_candidate(work, &work->groups[i], 0);
        }
    return false;
}

static struct wn_reply tpe_propose(const struct wn_search *self,
                                   const struct wn_ask *ask,
                                   struct wn_rng rng,
                                   union wn_cell *cells)
{
    struct work *work = self->work;

    (void)ask;
    if (work->n_groups && work->trials.n_valued >= self->num_init_random) {
        wn_tpe_choose(&work->trials,
                      wn_tpe_n_good(work->trials.n_valued, self->gamma, self->gamma_max));
        for (size_t i = 0; i < work->n_groups; i++)
            rank_candidates(self, &work->groups[i], &rng);
        if (choose(self, cells))
            return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
    }
    return wn_untried_propose(self->untried, &rng, cells);
}

/* --- events --- */

/* A new observation on every axis, and room for what proposals make of it. */
static bool observe(struct wn_search *self, const union wn_cell *cells)
{
    struct work *work = self->work;
    const uint32_t *good = wn_vec_push(&work->good);
    const uint32_t *bad = wn_vec_push(&work->bad);
    size_t n = work->trials.seen.n;

    if (!good || !bad)
        return false;
    wn_numbers_of(self->space, cells, work->cube, work->numbers);
    for (size_t i = 0; i < wn_space_n_params(self->space); i++)
        if (!wn_axis_add(&work->axes[i], work->numbers[i]))
            return false;
    for (size_t i = 0; i < work->n_groups; i++)
        if (!wn_parzen_reserve(work->groups[i].good,
                               n < self->gamma_max ? n : self->gamma_max, n) ||
            !wn_parzen_reserve(work->groups[i].bad, n, n))
            return false;
    return true;
}

static enum wn_status tpe_apply(struct wn_search *self,
                                const struct wn_event *event,
                                struct wn_error *err)
{
    enum wn_status rc = wn_untried_apply(self->untried, event, err);

    if (rc == WN_OK)
        rc = wn_tpe_trials_apply(&self->work->trials, self->history, event, err);
    if (rc == WN_OK && event->kind == WN_EVENT_CONFIGURED &&
        !observe(self, event->configured.cells))
        rc = wn_fail(err, WN_ENOMEM, "no memory for what the tpe searcher has seen");
    return rc;
}

static bool tpe_size(const struct wn_search *self, uint64_t *out)
{
    return wn_untried_size(self->untried, out);
}

const struct wn_search_ops wn_search_tpe = {
    .name = "tpe",
    .summary = "tree-structured Parzen estimators: where good trials are dense",
    .reference = "Bergstra et al., NIPS 2011; Watanabe, arXiv 2304.11127",
    .is_slow = true,
    .options = options,
    .create = tpe_create,
    .destroy = tpe_destroy,
    .propose = tpe_propose,
    .apply = tpe_apply,
    .size = tpe_size,
};
