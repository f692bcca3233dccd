/* random.c - independent uniform draws, each on its parameter's scale.
 *
 * Bergstra, Bengio: Random Search for Hyper-Parameter Optimization, JMLR 13 (2012).
 * No configuration is tried twice unless `allow_duplicates` says so; those of the user
 * count as tried. A draw that was tried is drawn again, at most REDRAWS times, which is
 * enough unless the space is nearly used up. Then its points are listed, from a random
 * one on, and the first untried one is taken: so the last ones are found as surely as
 * the first, and a space of which nothing is left is known to be exhausted. Floats
 * without a step are listed at FLOAT_SAMPLES values. A space that cannot be listed
 * (product_internal.h says which) is so large that REDRAWS repetitions in a row do not
 * happen; should they, it is taken as exhausted.
 *
 * propose() is a function of what was tried and of the random numbers of its trial.
 */
#include "search/search.h"

#include "base/mem.h"
#include "search/product_internal.h"

enum { REDRAWS = 200, FLOAT_SAMPLES = 1 << 16 };

struct wn_search {
    struct wn_search_config cfg;
    struct wn_config_set *tried; /* NULL when duplicates are allowed */
    struct wn_product *product;  /* NULL when the space cannot be listed */
    bool has_size;
    uint64_t size; /* of a finite space */
};

static const struct wn_option options[] = {
    {.name = "allow_duplicates",
     .type = WN_OPTION_BOOL,
     .def = "false",
     .help = "whether a configuration may be tried more than once"},
    {0}};

static void random_destroy(struct wn_search *self)
{
    if (!self)
        return;
    wn_config_set_destroy(self->tried);
    wn_product_destroy(self->product);
    wn_free(self);
}

/* The product of all values; fewer of the floats if they are too many to count. */
static enum wn_status make_product(struct wn_search *self, struct wn_error *err)
{
    struct wn_error why = {0};

    for (uint64_t n = FLOAT_SAMPLES; n >= 2; n /= 8) {
        enum wn_status rc = wn_product_create(self->cfg.space, UINT64_MAX, n, "space",
                                              &self->product, &why);
        if (rc == WN_OK)
            return rc;
        if (rc != WN_EINVAL)
            return wn_fail(err, rc, "%s", why.text);
    }
    return WN_OK;
}

static enum wn_status random_create(const struct wn_search_config *cfg,
                                    struct wn_search **out,
                                    struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);
    enum wn_status rc = WN_OK;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the random searcher");
    self->cfg = *cfg;
    self->has_size = wn_space_size(cfg->space, &self->size);
    if (!wn_values_bool(cfg->options, "allow_duplicates")) {
        self->tried = wn_config_set_create(cfg->space);
        if (!self->tried)
            rc = wn_fail(err, WN_ENOMEM, "no memory for the random searcher");
        else
            rc = make_product(self, err);
    }
    if (rc != WN_OK) {
        random_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

/* Untried ones lie everywhere until the space is nearly used up, and then at most as
 * many tried ones as there are trials stand in the way. */
static bool list_untried(const struct wn_search *self,
                         struct wn_rng *rng,
                         union wn_cell *cells)
{
    uint64_t size, start, n_looks;

    if (!self->product)
        return false;
    size = wn_product_size(self->product);
    start = wn_rng_below(rng, size);
    n_looks = (uint64_t)wn_config_set_size(self->tried) + 1;
    if (n_looks > size)
        n_looks = size;
    for (uint64_t i = 0; i < n_looks; i++) {
        uint64_t number = i < size - start ? start + i : i - (size - start);
        wn_product_point(self->product, number, cells);
        if (!wn_config_set_has(self->tried, cells))
            return true;
    }
    return false;
}

static struct wn_reply random_propose(const struct wn_search *self,
                                      const struct wn_ask *ask,
                                      struct wn_rng rng,
                                      union wn_cell *cells)
{
    (void)ask;
    if (self->tried && self->has_size && wn_config_set_size(self->tried) >= self->size)
        return (struct wn_reply){.kind = WN_REPLY_EXHAUSTED};
    for (int i = 0; i < REDRAWS; i++) {
        wn_config_sample(self->cfg.space, &rng, cells);
        if (!self->tried || !wn_config_set_has(self->tried, cells))
            return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
    }
    if (list_untried(self, &rng, cells))
        return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
    return (struct wn_reply){.kind = WN_REPLY_EXHAUSTED};
}

static enum wn_status random_apply(struct wn_search *self,
                                   const struct wn_event *event,
                                   struct wn_error *err)
{
    /* What the user asked for will be tried, so it is as good as tried. */
    if (self->tried &&
        (event->kind == WN_EVENT_CONFIGURED || event->kind == WN_EVENT_ENQUEUED))
        return wn_config_set_add(self->tried, event->configured.cells, err);
    return WN_OK;
}

static bool random_size(const struct wn_search *self, uint64_t *out)
{
    if (!self->tried || !self->has_size)
        return false;
    *out = self->size;
    return true;
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
