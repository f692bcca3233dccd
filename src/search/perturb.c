/* perturb.c - a parent's configuration, changed a little: the explore of PBT.
 *
 * Jaderberg, Dalibard, Osindero, Czarnecki, Donahue, Razavi, Vinyals, Green, Dunning,
 * Simonyan, Fernando, Kavukcuoglu: Population Based Training of Neural Networks, 2017
 * (arXiv 1711.09846), section 4: "perturb" multiplies each hyperparameter by 1.2 or 0.8,
 * "resample" draws each anew from its prior with some probability. Here each hyperparameter
 * is resampled with `resample_probability` and perturbed otherwise, each on its own, as the
 * libraries have it (which agree on 0.25).
 *
 * Which trial is the parent is the scheduler's choice. A trial without one gets a random
 * configuration that was not tried, as long as there are any; after that a random one.
 *
 * A perturbation by type:
 * - Floats and ints: times one of `factors`, with equal chances, whatever the scale
 *   (reverse-log: 1 - x times it); or, since no factor leads away from zero, `explore`
 *   "additive": a part `step` of the range up or down, on the scale. Always a value of the
 *   parameter within its bounds, and another one where there is one on that side: 2 times
 *   1.2 is 3 for an int (others round it back to 2, or leave the bounds). A number at its
 *   bound that is moved further stays.
 * - Ordinals: a neighbour, up or down with equal chances; at an end the only one.
 * - Categorical: drawn anew, always. (The paper has none; neighbours by order of listing,
 *   as some libraries take, mean nothing.)
 * - What is active only under the new values of others is drawn; what no longer is, is off.
 *   So conditions hold, and constants are no business of a searcher.
 *
 * `explore` "none" keeps the parent's configuration: the other half of PBT by itself, for
 * comparisons. A proposal may repeat one that was tried: with other weights it is another
 * training.
 */
#include "search/search.h"

#include <string.h>

#include "base/mem.h"
#include "search/untried_internal.h"
#include "trial/history.h"

enum explore { FACTOR = 0, ADDITIVE = 1, NOTHING = 2 }; /* indices into explores */

struct wn_search {
    const struct wn_space *space;
    const struct wn_history *history;
    struct wn_untried *untried;
    size_t *order; /* parameters, each after those its conditions rest on */
    enum explore explore;
    double resample_probability, step;
    const double *factors; /* the options' */
    size_t n_factors;
};

static const char *const explores[] = {"factor", "additive", "none", NULL};

static const struct wn_option options[] = {
    {.name = "explore",
     .type = WN_OPTION_CHOICE,
     .choices = explores,
     .def = "\"factor\"",
     .help =
         "how a number is perturbed: times one of the factors, by a step up or down, or "
         "not at all (nor anything else)"},
    {.name = "factors",
     .type = WN_OPTION_FLOATS,
     .low = 0.001,
     .high = 1000,
     .def = "[0.8, 1.2]",
     .help = "what a number is multiplied by, one of these with equal chances"},
    {.name = "step",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 1,
     .def = "0.2",
     .help = "of an additive perturbation, as a part of the range on its scale"},
    {.name = "resample_probability",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 1,
     .def = "0.25",
     .help = "chance that a parameter is drawn anew instead"},
    {0}};

static void perturb_destroy(struct wn_search *self)
{
    if (!self)
        return;
    wn_untried_destroy(self->untried);
    wn_free(self->order);
    wn_free(self);
}

/* An option that `explore` does not ask for. */
static enum wn_status check_used(const struct wn_search *self,
                                 const struct wn_values *given,
                                 struct wn_error *err)
{
    static const struct {
        const char *name;
        enum explore used_by, too; /* twice the same: by one */
    } used[] = {{"factors", FACTOR, FACTOR},
                {"step", ADDITIVE, ADDITIVE},
                {"resample_probability", FACTOR, ADDITIVE}};

    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++) {
        if (wn_values_is_usual(given, used[i].name))
            continue;
        if (self->explore != used[i].used_by && self->explore != used[i].too)
            return wn_fail(err, WN_EINVAL,
                           "searcher.%s has no effect with explore \"%s\"", used[i].name,
                           explores[self->explore]);
        if (used[i].used_by == used[i].too && self->resample_probability >= 1)
            return wn_fail(err, WN_EINVAL,
                           "searcher.%s has no effect with resample_probability 1, with "
                           "which everything is drawn anew",
                           used[i].name);
    }
    return WN_OK;
}

/* What would have no effect, and numbers that would never change. */
static enum wn_status check_meaning(const struct wn_search *self,
                                    const struct wn_search_config *cfg,
                                    struct wn_error *err)
{
    enum wn_status rc = check_used(self, cfg->options, err);
    bool is_still = self->resample_probability <= 0 && self->explore != NOTHING;

    if (rc != WN_OK)
        return rc;
    if (self->explore == NOTHING && cfg->partner &&
        wn_values_float(cfg->partner, "quantile") <= 0)
        return wn_fail(err, WN_EINVAL,
                       "searcher.explore must not be \"none\" with the scheduler's "
                       "quantile 0: every member would go on as it is");
    if (self->explore == NOTHING && cfg->partner &&
        strcmp(wn_values_string(cfg->partner, "exploit"), "none") == 0)
        return wn_fail(
            err, WN_EINVAL,
            "searcher.explore must not be \"none\" with the scheduler's exploit "
            "\"none\": every member would go on as it is");
    if (self->explore == FACTOR)
        for (size_t i = 0; i < self->n_factors; i++)
            is_still = is_still && !(self->factors[i] < 1) && !(self->factors[i] > 1);
    if (self->explore == ADDITIVE)
        is_still = is_still && self->step <= 0;
    return is_still
               ? wn_fail(err, WN_EINVAL,
                         "searcher.%s must change something with resample_probability 0: "
                         "no number would ever change",
                         self->explore == FACTOR ? "factors" : "step")
               : WN_OK;
}

static enum wn_status perturb_create(const struct wn_search_config *cfg,
                                     struct wn_search **out,
                                     struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);
    size_t n_params = wn_space_n_params(cfg->space);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the perturb searcher");
    self->space = cfg->space;
    self->history = cfg->history;
    self->explore = (enum explore)wn_values_choice(cfg->options, "explore");
    self->resample_probability = wn_values_float(cfg->options, "resample_probability");
    self->step = wn_values_float(cfg->options, "step");
    self->factors = wn_values_floats(cfg->options, "factors", &self->n_factors);
    rc = cfg->was_checked ? WN_OK : check_meaning(self, cfg, err);
    if (rc == WN_OK)
        rc = wn_untried_create(cfg->space, false, &self->untried, err);
    self->order = wn_alloc_array(n_params ? n_params : 1, sizeof *self->order);
    if (rc == WN_OK && !self->order)
        rc = wn_fail(err, WN_ENOMEM, "no memory for the perturb searcher");
    if (rc != WN_OK) {
        perturb_destroy(self);
        return rc;
    }
    wn_space_sequence(cfg->space, self->order);
    *out = self;
    return WN_OK;
}

static union wn_cell perturb_number(const struct wn_search *self,
                                    const struct wn_param *param,
                                    union wn_cell cell,
                                    struct wn_rng *rng)
{
    if (self->explore == ADDITIVE)
        return wn_param_shifted(param, cell,
                                wn_rng_below(rng, 2) ? self->step : -self->step);
    return wn_param_scaled(param, cell,
                           self->factors[wn_rng_below(rng, self->n_factors)]);
}

static union wn_cell neighbour(const struct wn_param *param,
                               union wn_cell cell,
                               struct wn_rng *rng)
{
    bool up = wn_rng_below(rng, 2);
    union wn_cell beside = wn_param_beside(param, cell, up);

    return beside.i == cell.i ? wn_param_beside(param, cell, !up) : beside;
}

static union wn_cell perturb_param(const struct wn_search *self,
                                   const struct wn_param *param,
                                   union wn_cell cell,
                                   struct wn_rng *rng)
{
    if (param->type == WN_PARAM_CATEGORICAL ||
        wn_rng_unit(rng) < self->resample_probability)
        return wn_param_sample(param, rng);
    if (param->type == WN_PARAM_ORDINAL)
        return neighbour(param, cell, rng);
    return perturb_number(self, param, cell, rng);
}

static void perturb(const struct wn_search *self,
                    struct wn_rng *rng,
                    union wn_cell *cells)
{
    size_t n = wn_space_n_params(self->space);

    for (size_t k = 0; k < n; k++) {
        size_t i = self->order[k];
        const struct wn_param *param = wn_space_param(self->space, i);

        if (!wn_space_is_active(self->space, cells, i))
            cells[i].i = WN_CELL_OFF;
        else if (cells[i].i == WN_CELL_OFF)
            cells[i] = wn_param_sample(param, rng);
        else
            cells[i] = perturb_param(self, param, cells[i], rng);
    }
}

static struct wn_reply perturb_propose(const struct wn_search *self,
                                       const struct wn_ask *ask,
                                       struct wn_rng rng,
                                       union wn_cell *cells)
{
    const union wn_cell *parent =
        ask->parent == WN_TRIAL_NONE
            ? NULL
            : wn_history_trial(self->history, ask->parent)->cells;
    size_t n_params = wn_space_n_params(self->space);

    if (!parent) {
        if (!wn_untried_draw(self->untried, &rng, cells))
            wn_config_sample(self->space, &rng, cells);
        return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
    }
    if (n_params)
        memcpy(cells, parent, n_params * sizeof *cells);
    if (self->explore != NOTHING)
        perturb(self, &rng, cells);
    wn_config_snap(self->space, cells);
    return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
}

static enum wn_status perturb_apply(struct wn_search *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    return wn_untried_apply(self->untried, event, err);
}

static bool perturb_size(const struct wn_search *self, uint64_t *out)
{
    (void)self, (void)out; /* there is always another perturbation */
    return false;
}

const struct wn_search_ops wn_search_perturb = {
    .name = "perturb",
    .summary = "a parent's configuration, resampled or perturbed: the explore of PBT",
    .reference = "Jaderberg et al., arXiv 1711.09846 (2017)",
    .scheduler = "pbt",
    .is_slow = false,
    .repeats = true,
    .options = options,
    .create = perturb_create,
    .destroy = perturb_destroy,
    .propose = perturb_propose,
    .apply = perturb_apply,
    .size = perturb_size,
};
