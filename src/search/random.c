/* random.c - independent uniform draws, each on its parameter's scale.
 *
 * Bergstra, Bengio: Random Search for Hyper-Parameter Optimization, JMLR 13 (2012).
 * No configuration is tried twice unless `allow_duplicates` says so (untried_internal.h).
 * propose() is a function of what was tried and of the random numbers of its trial.
 */
#include "search/search.h"

#include "base/mem.h"
#include "search/untried_internal.h"

struct wn_search {
    struct wn_untried *untried;
};

static const struct wn_option options[] = {WN_ALLOW_DUPLICATES, {0}};

static void random_destroy(struct wn_search *self)
{
    if (!self)
        return;
    wn_untried_destroy(self->untried);
    wn_free(self);
}

static enum wn_status random_create(const struct wn_search_config *cfg,
                                    struct wn_search **out,
                                    struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the random searcher");
    rc = wn_untried_create(cfg->space, wn_values_bool(cfg->options, "allow_duplicates"),
                           &self->untried, err);
    if (rc != WN_OK) {
        random_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

static struct wn_reply random_propose(const struct wn_search *self,
                                      const struct wn_ask *ask,
                                      struct wn_rng rng,
                                      union wn_cell *cells)
{
    (void)ask;
    return wn_untried_propose(self->untried, &rng, cells);
}

static enum wn_status random_apply(struct wn_search *self,
                                   const struct wn_event *event,
                                   struct wn_error *err)
{
    return wn_untried_apply(self->untried, event, err);
}

static bool random_size(const struct wn_search *self, uint64_t *out)
{
    return wn_untried_size(self->untried, out);
}

const struct wn_search_ops wn_search_random = {
    .name = "random",
    .summary = "independent uniform draws, without repeats",
    .reference = "Bergstra and Bengio, JMLR 13 (2012)",
    .is_slow = false,
    .options = options,
    .create = random_create,
    .destroy = random_destroy,
    .propose = random_propose,
    .apply = random_apply,
    .size = random_size,
};
