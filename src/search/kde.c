/* kde.c - the density ratio of BOHB, on the losses of one level.
 *
 * Falkner, Klein, Hutter: BOHB: Robust and Efficient Hyperparameter Optimization at Scale, ICML
 * 2018 (arXiv 1807.01774), algorithm 2. Under `hyperband` this is BOHB, under `asha`
 * asynchronous BOHB; under `fifo` it has one level, the end. Under `median` every step of
 * the rule is a milestone and so a level, 1,024 at most beside those of what stands inside;
 * a trial that the rule stops stands on the level of that step, with the loss it had there.
 *
 * The model is of the highest level (kde_internal.h says who stands there) with enough
 * trials: the best max(num_min_data_points, top_n_percent of all) are good, which must have
 * finite losses, and all others bad, at least num_min_data_points. Trials that are pending
 * there are bad too, so that many workers do not propose the same (BOHB knows nothing of
 * them). Of `num_candidates` points drawn from the good ones with normals
 * `bandwidth_factor` times as wide, the one with the largest max(l, 1e-32) / max(g, 1e-32) is
 * proposed, l and g being densities of the good and the bad (model/kde.h). A share of
 * `random_fraction` of the proposals, and all while no level has enough, are random.
 *
 * It departs from BOHB's code where that is undefined or a matter of chance: conditional
 * parameters are not imputed with draws from other rows but have a uniform kernel where they
 * were inactive (model/kde.h), and candidates are rounded to values before they are compared.
 * num_min_data_points may be below one more than the number of parameters, since one bandwidth
 * an axis needs no more than two points.
 *
 * No configuration is tried twice: the next best candidate comes in its place, and when
 * all were tried a random untried one.
 */
#include "search/search.h"

#include <math.h>

#include "model/kde.h"
#include "search/candidate_internal.h"
#include "search/kde_internal.h"
#include "search/numbers_internal.h"
#include "search/untried_internal.h"
#include "trial/history.h"

#define LOG_LEAST (-73.682722976280) /* log 1e-32 */

enum side { NEITHER = 0, GOOD = 1, BAD = 2 };

/* What is filled anew by every proposal, and orders that are made when looked at. */
struct work {
    struct wn_kde_trials trials;
    WN_VEC(double)
    rows; /* n_params numbers of each configured trial; ordinals: position */
    WN_VEC(uint32_t) which; /* room to choose rows */
    WN_VEC(uint8_t) side;   /* of each row during a fit; else NEITHER */
    struct wn_kde *good, *bad;
    double **places;      /* of each ordinal parameter: of each position; else NULL */
    union wn_cell *cells; /* n_params of each candidate */
    double *numbers;      /* the same */
    double *cube, *draw, *good_scores, *bad_scores;
    struct wn_candidate *candidates;
};

struct wn_search {
    const struct wn_space *space;
    const struct wn_history *history;
    struct wn_untried *untried;
    struct work *work;
    size_t n_params, num_min_data_points, num_candidates, top_n_percent;
    double min_bandwidth, bandwidth_factor, random_fraction;
};

static const struct wn_option options[] = {
    {.name = "num_min_data_points",
     .type = WN_OPTION_INT,
     .low = 2,
     .high = 1e6,
     .help = "how many good and bad trials a level needs; default: parameters + 1"},
    {.name = "top_n_percent",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = 99,
     .def = "15",
     .help = "which share of a level's trials is good"},
    {.name = "min_bandwidth",
     .type = WN_OPTION_FLOAT,
     .low = 1e-6,
     .high = 1,
     .def = "0.001",
     .help = "the least bandwidth, so that equal values do not become a point"},
    {.name = "num_candidates",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = 1e4,
     .def = "64",
     .help = "how many points are drawn and compared"},
    {.name = "bandwidth_factor",
     .type = WN_OPTION_FLOAT,
     .low = 0.01,
     .high = 1000,
     .def = "3",
     .help = "how much wider than the density points are drawn"},
    {.name = "random_fraction",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 1,
     .def = "0.3333333333333333",
     .help = "the share of proposals that is random"},
    WN_ALLOW_DUPLICATES,
    {0}};

/* --- making --- */

static void work_destroy(struct work *work, size_t n_params)
{
    if (!work)
        return;
    wn_kde_trials_release(&work->trials);
    wn_vec_release(&work->rows);
    wn_vec_release(&work->which);
    wn_vec_release(&work->side);
    wn_kde_destroy(work->good);
    wn_kde_destroy(work->bad);
    for (size_t i = 0; work->places && i < n_params; i++)
        wn_free(work->places[i]);
    wn_free(work->places);
    wn_free(work->cells);
    wn_free(work->numbers);
    wn_free(work->cube);
    wn_free(work->draw);
    wn_free(work->good_scores);
    wn_free(work->bad_scores);
    wn_free(work->candidates);
    wn_free(work);
}

static void kde_destroy(struct wn_search *self)
{
    if (!self)
        return;
    wn_untried_destroy(self->untried);
    work_destroy(self->work, self->n_params);
    wn_free(self);
}

static bool is_ordinal(const struct wn_search *self, size_t param)
{
    return wn_space_param(self->space, param)->type == WN_PARAM_ORDINAL;
}

/* Where the positions of an ordinal parameter lie in the cube. */
static bool find_places(struct wn_search *self, size_t param)
{
    const struct wn_param *p = wn_space_param(self->space, param);
    union wn_cell *cells = self->work->cells;
    double *places = wn_alloc_array(p->n_values, sizeof *places);

    self->work->places[param] = places;
    for (size_t i = 0; i < self->n_params; i++)
        cells[i].i = WN_CELL_OFF;
    for (size_t i = 0; places && i < p->n_values; i++) {
        cells[param].i = (int64_t)i;
        wn_config_encode(self->space, cells, self->work->cube);
        places[i] = self->work->cube[p->dim];
    }
    return places;
}

static bool create_estimators(struct wn_search *self)
{
    struct wn_kde_axis *axes = wn_alloc_array(self->n_params, sizeof *axes);
    bool is_made = axes;

    for (size_t i = 0; is_made && i < self->n_params; i++) {
        const struct wn_param *param = wn_space_param(self->space, i);

        axes[i] =
            (struct wn_kde_axis){.kind = WN_KDE_NORMAL, .n_values = param->n_values};
        if (param->type == WN_PARAM_CATEGORICAL)
            axes[i].kind = WN_KDE_CATEGORY;
        if (param->type == WN_PARAM_ORDINAL)
            axes[i].kind = WN_KDE_ORDER;
    }
    is_made = is_made &&
              wn_kde_create(axes, self->n_params, &self->work->good, NULL) == WN_OK &&
              wn_kde_create(axes, self->n_params, &self->work->bad, NULL) == WN_OK;
    wn_free(axes);
    return is_made;
}

static bool work_create(struct wn_search *self)
{
    struct work *work = self->work = wn_alloc(sizeof *work);
    size_t n = self->num_candidates, n_params = self->n_params;

    if (!work)
        return false;
    work->places = wn_alloc_array(n_params, sizeof *work->places);
    work->cells = wn_alloc_array(n * n_params, sizeof *work->cells);
    work->numbers = wn_alloc_array(n * n_params, sizeof *work->numbers);
    work->cube = wn_alloc_array(wn_space_n_dims(self->space), sizeof *work->cube);
    work->draw = wn_alloc_array(n_params, sizeof *work->draw);
    work->good_scores = wn_alloc_array(n, sizeof *work->good_scores);
    work->bad_scores = wn_alloc_array(n, sizeof *work->bad_scores);
    work->candidates = wn_alloc_array(n, sizeof *work->candidates);
    if (!work->places || !work->cells || !work->numbers || !work->cube || !work->draw ||
        !work->good_scores || !work->bad_scores || !work->candidates)
        return false;
    for (size_t i = 0; i < n_params; i++)
        if (is_ordinal(self, i) && !find_places(self, i))
            return false;
    return create_estimators(self);
}

static void take_options(struct wn_search *self, const struct wn_values *values)
{
    self->num_min_data_points = self->n_params + 1;
    if (wn_values_is_set(values, "num_min_data_points"))
        self->num_min_data_points = (size_t)wn_values_int(values, "num_min_data_points");
    self->num_candidates = (size_t)wn_values_int(values, "num_candidates");
    self->top_n_percent = (size_t)wn_values_int(values, "top_n_percent");
    self->min_bandwidth = wn_values_float(values, "min_bandwidth");
    self->bandwidth_factor = wn_values_float(values, "bandwidth_factor");
    self->random_fraction = wn_values_float(values, "random_fraction");
}

/* Options of a model that is never asked. */
static enum wn_status check_meaning(const struct wn_search *self,
                                    const struct wn_search_config *cfg,
                                    struct wn_error *err)
{
    static const char *const of_model[] = {"num_min_data_points", "top_n_percent",
                                           "min_bandwidth", "num_candidates",
                                           "bandwidth_factor"};

    if (cfg->was_checked || self->random_fraction < 1)
        return WN_OK;
    for (size_t i = 0; i < sizeof of_model / sizeof of_model[0]; i++)
        if (!wn_values_is_usual(cfg->options, of_model[i]))
            return wn_fail(err, WN_EINVAL,
                           "searcher.%s has no effect with random_fraction 1, with which "
                           "every proposal is random",
                           of_model[i]);
    return WN_OK;
}

static enum wn_status kde_create(const struct wn_search_config *cfg,
                                 struct wn_search **out,
                                 struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the kde searcher");
    self->space = cfg->space;
    self->history = cfg->history;
    self->n_params = wn_space_n_params(cfg->space);
    take_options(self, cfg->options);
    rc = check_meaning(self, cfg, err);
    if (rc == WN_OK)
        rc = wn_untried_create(cfg->space,
                               wn_values_bool(cfg->options, "allow_duplicates"),
                               &self->untried, err);
    if (rc == WN_OK && !work_create(self))
        rc = wn_fail(err, WN_ENOMEM, "no memory for the kde searcher");
    if (rc != WN_OK) {
        kde_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

/* --- the model --- */

/* Fit both densities to the trials of a level, the bad one to what is pending there too. Rows
 * are taken in their order, not in that of losses, since memory is read in order faster. */
static void fit(const struct wn_search *self, struct wn_kde_level *level, size_t n_good)
{
    struct work *work = self->work;
    const struct wn_sorted_item *items = wn_sorted_look(&level->losses);
    size_t good = 0, bad = n_good, n_rows = work->which.n;

    for (size_t i = 0; i < level->losses.n; i++)
        work->side.at[items[i].id] = i < n_good ? GOOD : BAD;
    for (size_t i = 0; i < work->trials.live.n; i++)
        if (work->side.at[work->trials.live.at[i]] == NEITHER)
            work->side.at[work->trials.live.at[i]] = BAD;
    for (size_t row = 0; row < n_rows; row++) {
        if (work->side.at[row] != NEITHER)
            work->which.at[work->side.at[row] == GOOD ? good++ : bad++] = (uint32_t)row;
        work->side.at[row] = NEITHER;
    }
    wn_kde_fit(work->good, work->rows.at, work->which.at, n_good, self->min_bandwidth);
    wn_kde_fit(work->bad, work->rows.at, work->which.at + n_good, bad - n_good,
               self->min_bandwidth);
}

/* --- candidates --- */

/* A configuration as a row: ordinals by position. */
static void read_row(const struct wn_search *self,
                     const union wn_cell *cells,
                     double *row)
{
    wn_numbers_of(self->space, cells, self->work->cube, row);
    for (size_t i = 0; i < self->n_params; i++)
        if (self->work->places[i] && cells[i].i != WN_CELL_OFF)
            row[i] = (double)cells[i].i;
}

static void draw_candidate(const struct wn_search *self,
                           size_t number,
                           struct wn_rng *rng)
{
    struct work *work = self->work;
    union wn_cell *cells = work->cells + number * self->n_params;

    wn_kde_draw(work->good, self->bandwidth_factor, rng, work->draw);
    for (size_t i = 0; i < self->n_params; i++)
        if (work->places[i])
            work->draw[i] = work->places[i][(size_t)work->draw[i]];
    wn_numbers_cells(self->space, work->draw, work->cube, cells);
    read_row(self, cells, work->numbers + number * self->n_params);
}

static void rank_candidates(const struct wn_search *self, struct wn_rng *rng)
{
    struct work *work = self->work;

    for (size_t i = 0; i < self->num_candidates; i++)
        draw_candidate(self, i, rng);
    wn_kde_score(work->good, work->numbers, self->num_candidates, work->good_scores);
    wn_kde_score(work->bad, work->numbers, self->num_candidates, work->bad_scores);
    for (size_t i = 0; i < self->num_candidates; i++)
        work->candidates[i] =
            (struct wn_candidate){.score = fmax(work->good_scores[i], LOG_LEAST) -
                                           fmax(work->bad_scores[i], LOG_LEAST),
                                  .number = (uint32_t)i};
    wn_candidates_sort(work->candidates, self->num_candidates);
}

/* The best untried candidate. */
static bool choose(const struct wn_search *self, union wn_cell *cells)
{
    for (size_t i = 0; i < self->num_candidates; i++) {
        const union wn_cell *candidate =
            self->work->cells + self->work->candidates[i].number * self->n_params;

        if (!wn_untried_has(self->untried, candidate))
            continue;
        for (size_t k = 0; k < self->n_params; k++)
            cells[k] = candidate[k];
        return true;
    }
    return false;
}

static struct wn_reply kde_propose(const struct wn_search *self,
                                   const struct wn_ask *ask,
                                   struct wn_rng rng,
                                   union wn_cell *cells)
{
    bool is_random = wn_rng_unit(&rng) < self->random_fraction || !self->n_params;
    struct wn_kde_level *level = NULL;
    size_t n_good;

    (void)ask;
    if (!is_random)
        level = wn_kde_choose_level(&self->work->trials, self->top_n_percent,
                                    self->num_min_data_points, &n_good);
    if (level) {
        fit(self, level, n_good);
        rank_candidates(self, &rng);
        if (choose(self, cells))
            return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
    }
    return wn_untried_propose(self->untried, &rng, cells);
}

/* --- events --- */

/* A new row, and room for what proposals make of it. */
static bool observe(struct wn_search *self, const union wn_cell *cells)
{
    struct work *work = self->work;
    const uint32_t *which = wn_vec_push(&work->which);
    const uint8_t *side = wn_vec_push(&work->side);
    size_t begin = work->rows.n;

    if (!which || !side)
        return false;
    for (size_t i = 0; i < self->n_params; i++) {
        const double *at = wn_vec_push(&work->rows);

        if (!at)
            return false;
    }
    if (self->n_params)
        read_row(self, cells, work->rows.at + begin);
    return wn_kde_reserve(work->good, work->which.n) &&
           wn_kde_reserve(work->bad, work->which.n);
}

static enum wn_status kde_apply(struct wn_search *self,
                                const struct wn_event *event,
                                struct wn_error *err)
{
    enum wn_status rc = wn_untried_apply(self->untried, event, err);

    if (rc == WN_OK)
        rc = wn_kde_trials_apply(&self->work->trials, self->history, event, err);
    if (rc == WN_OK && event->kind == WN_EVENT_CONFIGURED &&
        !observe(self, event->configured.cells))
        rc = wn_fail(err, WN_ENOMEM, "no memory for what the kde searcher has seen");
    return rc;
}

static bool kde_size(const struct wn_search *self, uint64_t *out)
{
    return wn_untried_size(self->untried, out);
}

const struct wn_search_ops wn_search_kde = {
    .name = "kde",
    .summary = "BOHB's density ratio, on the highest level with enough trials",
    .reference = "Falkner et al., ICML 2018, arXiv 1807.01774",
    .is_slow = true,
    .options = options,
    .create = kde_create,
    .destroy = kde_destroy,
    .propose = kde_propose,
    .apply = kde_apply,
    .size = kde_size,
};
