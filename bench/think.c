/* think.c - a searcher that only computes, for winnow-bench-slow.
 *
 * That program is winnow with one searcher more: "think" draws `proposals` configurations
 * at once, then computes for `seconds`, flat out, and has no more. So while the trials of
 * the first ones run, it thinks. This file stands in for the registry of searchers.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/registry.h"
#include "search/search.h"

struct wn_search {
    const struct wn_space *space;
    int64_t n_proposals, n_configured;
    double seconds;
};

static const struct wn_option options[] = {
    {.name = "proposals",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = 1 << 20,
     .def = "4",
     .help = "how many configurations come at once"},
    {.name = "seconds",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 60,
     .def = "1",
     .help = "how long it computes after them"},
    {0}};

static enum wn_status think_create(const struct wn_search_config *cfg,
                                   struct wn_search **out,
                                   struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for a searcher");
    self->space = cfg->space;
    self->n_proposals = wn_values_int(cfg->options, "proposals");
    self->seconds = wn_values_float(cfg->options, "seconds");
    *out = self;
    return WN_OK;
}

static void think_destroy(struct wn_search *self)
{
    wn_free(self);
}

/* Floating point and memory, as a model would use them. */
static void compute(int64_t until_us)
{
    enum { N = 1 << 14 };
    double *x = wn_alloc_array(N, sizeof *x);

    while (x && wn_clock_mono_us() < until_us)
        for (size_t i = 1; i < N; i++)
            x[i] = 0.5 * (x[i] + x[i - 1]) + 1e-9;
    wn_free(x);
}

static struct wn_reply think_propose(const struct wn_search *self,
                                     const struct wn_ask *ask,
                                     struct wn_rng rng,
                                     union wn_cell *cells)
{
    (void)ask;
    if (self->n_configured < self->n_proposals) {
        wn_config_sample(self->space, &rng, cells);
        return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
    }
    compute(wn_clock_mono_us() + (int64_t)(self->seconds * 1e6));
    return (struct wn_reply){.kind = WN_REPLY_EXHAUSTED};
}

static enum wn_status think_apply(struct wn_search *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    (void)err;
    self->n_configured += event->kind == WN_EVENT_CONFIGURED;
    return WN_OK;
}

static bool think_size(const struct wn_search *self, uint64_t *out)
{
    *out = (uint64_t)self->n_proposals;
    return true;
}

static const struct wn_search_ops think = {
    .name = "think",
    .summary = "computes, for winnow-bench",
    .reference = "",
    .is_slow = true,
    .options = options,
    .create = think_create,
    .destroy = think_destroy,
    .propose = think_propose,
    .apply = think_apply,
    .size = think_size,
};

#define WN_SEARCH(name) extern const struct wn_search_ops wn_search_##name;
#include "search/searchers.def"
#undef WN_SEARCH

static const struct wn_search_ops *const table[] = {
#define WN_SEARCH(name) &wn_search_##name,
#include "search/searchers.def"
#undef WN_SEARCH
    &think};

WN_REGISTRY(struct wn_search_ops, wn_search, table)
