/* grid.c - every point of a finite product, once.
 *
 * A parameter with finitely many values gives all of them; an int at most `num_samples`
 * and a float without a step exactly that many, evenly spread on their scale with both
 * ends. Parameters that are switched off multiply nothing. Points are numbered as
 * product_internal.h says and made from their numbers, so the product is never stored.
 * Of a space restricted to a list the grid is that list.
 *
 * `order`: "sequential" goes through the numbers; "shuffled" (the default: a study that
 * is stopped early has then seen all of the space) goes through a permutation of them
 * that is fixed by the study's seed (permute_internal.h). A point that the user has tried,
 * or asked for, is passed over.
 *
 * Invariant: the point at `next` is untried, or `next` is the number of points.
 */
#include "search/search.h"

#include "base/mem.h"
#include "search/permute_internal.h"
#include "search/product_internal.h"

enum { SHUFFLED = 1 /* index into orders */ };

struct wn_search {
    struct wn_search_config cfg;
    struct wn_product *product;
    struct wn_config_set *tried;
    union wn_cell *scratch;
    uint64_t next; /* position in the order */
    bool is_shuffled;
    struct wn_permutation shuffle;
};

static const char *const orders[] = {"sequential", "shuffled", NULL};

static const struct wn_option options[] = {
    {.name = "num_samples",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = 1 << 20,
     .def = "10",
     .help = "how many values an int or a float without a step has in the grid, at most"},
    {.name = "order",
     .type = WN_OPTION_CHOICE,
     .choices = orders,
     .def = "\"shuffled\"",
     .help = "whether the points come in order or shuffled by the study's seed"},
    {0}};

static uint64_t number_at(const struct wn_search *self, uint64_t position)
{
    return self->is_shuffled ? wn_permutation_at(&self->shuffle, position) : position;
}

static void grid_destroy(struct wn_search *self)
{
    if (!self)
        return;
    wn_product_destroy(self->product);
    wn_config_set_destroy(self->tried);
    wn_free(self->scratch);
    wn_free(self);
}

static enum wn_status check_meaning(const struct wn_search_config *cfg,
                                    struct wn_error *err)
{
    if (cfg->was_checked || !wn_space_n_allowed(cfg->space) ||
        wn_values_is_usual(cfg->options, "num_samples"))
        return WN_OK;
    return wn_fail(
        err, WN_EINVAL,
        "searcher.num_samples has no effect with restrict_configurations, whose "
        "list is the grid");
}

static enum wn_status grid_create(const struct wn_search_config *cfg,
                                  struct wn_search **out,
                                  struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);
    struct wn_rng rng = wn_rng_keyed(cfg->seed, WN_STREAM_SEARCH, 0);
    uint64_t n_samples;
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the grid searcher");
    self->cfg = *cfg;
    self->is_shuffled = wn_values_choice(cfg->options, "order") == SHUFFLED;
    n_samples = (uint64_t)wn_values_int(cfg->options, "num_samples");
    rc = check_meaning(cfg, err);
    if (rc == WN_OK)
        rc = wn_product_create(cfg->space, n_samples, n_samples, "searcher.num_samples",
                               &self->product, err);
    if (rc == WN_OK) {
        self->tried = wn_config_set_create(cfg->space);
        self->scratch =
            wn_alloc_array(wn_space_n_params(cfg->space), sizeof *self->scratch);
        if (!self->tried || !self->scratch)
            rc = wn_fail(err, WN_ENOMEM, "no memory for the grid searcher");
    }
    if (rc != WN_OK) {
        grid_destroy(self);
        return rc;
    }
    self->shuffle = wn_permutation_make(wn_product_size(self->product), &rng);
    *out = self;
    return WN_OK;
}

static struct wn_reply grid_propose(const struct wn_search *self,
                                    const struct wn_ask *ask,
                                    struct wn_rng rng,
                                    union wn_cell *cells)
{
    (void)ask, (void)rng;
    if (self->next == wn_product_size(self->product))
        return (struct wn_reply){.kind = WN_REPLY_EXHAUSTED};
    wn_product_point(self->product, number_at(self, self->next), cells);
    return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
}

/* Each turn passes over a point that was tried, so all turns together are as many as
 * trials. */
static void skip_tried(struct wn_search *self)
{
    while (self->next < wn_product_size(self->product)) {
        wn_product_point(self->product, number_at(self, self->next), self->scratch);
        if (!wn_config_set_has(self->tried, self->scratch))
            break;
        self->next++;
    }
}

static enum wn_status grid_apply(struct wn_search *self,
                                 const struct wn_event *event,
                                 struct wn_error *err)
{
    enum wn_status rc;

    if (event->kind != WN_EVENT_CONFIGURED && event->kind != WN_EVENT_ENQUEUED)
        return WN_OK;
    rc = wn_config_set_add(self->tried, event->configured.cells, err);
    if (rc == WN_OK)
        skip_tried(self);
    return rc;
}

static bool grid_size(const struct wn_search *self, uint64_t *out)
{
    *out = wn_product_size(self->product);
    return true;
}

const struct wn_search_ops wn_search_grid = {
    .name = "grid",
    .summary = "every point of a finite grid, in order or shuffled",
    .reference = "",
    .is_slow = false,
    .options = options,
    .create = grid_create,
    .destroy = grid_destroy,
    .propose = grid_propose,
    .apply = grid_apply,
    .size = grid_size,
};
