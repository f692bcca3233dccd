/* latin.c - a Latin hypercube to start with, then random draws.
 *
 * McKay, Beckman, Conover: A Comparison of Three Methods for Selecting Values of Input
 * Variables in the Analysis of Output from a Computer Code, Technometrics 21 (1979). The
 * chances of every parameter are cut into `samples` equal parts; each of the first
 * `samples` proposals takes one part of each parameter, and each part is taken once, in an
 * order of its own for each parameter that the study's seed fixes (permute_internal.h).
 * Within its part the value is drawn at random, or with `centred` is the middle. One
 * coordinate a parameter, and a categorical's values are equal parts too
 * (walk_internal.h): of `samples` proposals each of c values gets samples / c, give or
 * take one part that lies across.
 *
 * Without `samples` there are 10 for each parameter (Loeppky, Sacks, Welch: Choosing the
 * Sample Size of a Computer Experiment, Technometrics 51 (2009)). What a design is good
 * for is known before it begins, so it wants its whole number of trials: a study that
 * stops before has seen a random part of it.
 *
 * It learns nothing from reports, pauses, ends and failures. A point that was tried (by
 * the user, or in a finite space) is passed over and not replaced; after the last one
 * draws are random.
 */
#include "search/search.h"

#include "base/mem.h"
#include "search/permute_internal.h"
#include "search/untried_internal.h"
#include "search/walk_internal.h"

enum { SAMPLES_A_PARAMETER = 10, MOST_SAMPLES = 1 << 20 };

struct wn_search {
    uint64_t seed, n_samples;
    bool is_centred;
    struct wn_permutation *orders; /* of each parameter */
    struct wn_walk *walk;
};

static const struct wn_option options[] = {
    {.name = "samples",
     .type = WN_OPTION_INT,
     .low = 2,
     .high = MOST_SAMPLES,
     .help =
         "how many configurations the design has; 10 for each parameter unless given"},
    {.name = "centred",
     .type = WN_OPTION_BOOL,
     .def = "false",
     .help = "whether values are the middles of their parts, not random within them"},
    WN_ALLOW_DUPLICATES,
    {0}};

static double latin_place(const void *sequence, uint64_t index, size_t param)
{
    const struct wn_search *self = sequence;
    uint64_t part = wn_permutation_at(&self->orders[param], index);
    double within = 0.5, place;

    if (!self->is_centred) {
        struct wn_rng rng =
            wn_rng_keyed(self->seed, WN_STREAM_SEARCH, wn_rng_pair(param + 1, index));
        within = wn_rng_unit(&rng);
    }
    place = ((double)part + within) / (double)self->n_samples;
    return place < 1 ? place : 0x1.fffffffffffffp-1; /* part + within may be rounded up */
}

static void latin_destroy(struct wn_search *self)
{
    if (!self)
        return;
    wn_walk_destroy(self->walk);
    wn_free(self->orders);
    wn_free(self);
}

static enum wn_status make_design(struct wn_search *self,
                                  const struct wn_search_config *cfg,
                                  struct wn_error *err)
{
    size_t n_params = wn_space_n_params(cfg->space);
    struct wn_rng rng = wn_rng_keyed(cfg->seed, WN_STREAM_SEARCH, 0);
    struct wn_walk_config walk = {.space = cfg->space,
                                  .allows_duplicates =
                                      wn_values_bool(cfg->options, "allow_duplicates"),
                                  .place = latin_place,
                                  .sequence = self};

    self->seed = cfg->seed;
    self->is_centred = wn_values_bool(cfg->options, "centred");
    self->n_samples = wn_values_is_set(cfg->options, "samples")
                          ? (uint64_t)wn_values_int(cfg->options, "samples")
                          : SAMPLES_A_PARAMETER * (n_params ? n_params : 1);
    self->orders = wn_alloc_array(n_params, sizeof *self->orders);
    if (!self->orders)
        return wn_fail(err, WN_ENOMEM, "no memory for the latin searcher");
    for (size_t i = 0; i < n_params; i++)
        self->orders[i] = wn_permutation_make(self->n_samples, &rng);
    walk.n_points = self->n_samples;
    return wn_walk_create(&walk, &self->walk, err);
}

static enum wn_status latin_create(const struct wn_search_config *cfg,
                                   struct wn_search **out,
                                   struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the latin searcher");
    rc = make_design(self, cfg, err);
    if (rc != WN_OK) {
        latin_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

static struct wn_reply latin_propose(const struct wn_search *self,
                                     const struct wn_ask *ask,
                                     struct wn_rng rng,
                                     union wn_cell *cells)
{
    (void)ask;
    return wn_walk_propose(self->walk, rng, cells);
}

static enum wn_status latin_apply(struct wn_search *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    return wn_walk_apply(self->walk, event, err);
}

static bool latin_size(const struct wn_search *self, uint64_t *out)
{
    return wn_walk_size(self->walk, out);
}

const struct wn_search_ops wn_search_latin = {
    .name = "latin",
    .summary = "a Latin hypercube to start with, then random draws",
    .reference = "McKay, Beckman and Conover, Technometrics 21 (1979)",
    .is_slow = false,
    .options = options,
    .create = latin_create,
    .destroy = latin_destroy,
    .propose = latin_propose,
    .apply = latin_apply,
    .size = latin_size,
};
