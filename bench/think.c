/* think.c - a searcher that only thinks, for winnow-bench-slow.
 *
 * That program is winnow with one searcher more: "think" draws `proposals` configurations
 * at once, then thinks for `seconds`, flat out, and has no more. So while the trials of
 * the first ones run, it thinks: it computes, or asks a real searcher (`model`) that has
 * `trials` finished trials behind it (past.h) for one proposal after the other. This file
 * stands in for the registry of searchers.
 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/registry.h"
#include "past.h"
#include "search/search.h"

struct wn_search {
    const struct wn_space *space;
    int64_t n_proposals, n_configured;
    double seconds;
    struct bench_past *past; /* of the model; NULL: it only computes */
};

static const char *const models[] = {"none", "tpe", "kde", NULL};

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
     .help = "how long it thinks after them"},
    {.name = "model",
     .type = WN_OPTION_CHOICE,
     .choices = models,
     .def = "\"none\"",
     .help = "the searcher that thinks"},
    {.name = "trials",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = 1 << 20,
     .def = "1000",
     .help = "how many finished trials it has seen"},
    {0}};

static void think_destroy(struct wn_search *self)
{
    if (!self)
        return;
    if (self->past)
        bench_past_close(self->past);
    wn_free(self->past);
    wn_free(self);
}

static enum wn_status make_past(struct wn_search *self,
                                const struct wn_values *values,
                                struct wn_error *err)
{
    const char *model = models[wn_values_choice(values, "model")];
    enum wn_status rc;

    if (strcmp(model, "none") == 0)
        return WN_OK;
    self->past = wn_alloc(sizeof *self->past);
    if (!self->past)
        return wn_fail(err, WN_ENOMEM, "no memory for a model");
    rc = bench_past_open(self->past, model, "{}", BENCH_ANY, false, err);
    return rc ? rc
              : bench_past_grow(self->past, (uint32_t)wn_values_int(values, "trials"),
                                err);
}

static enum wn_status think_create(const struct wn_search_config *cfg,
                                   struct wn_search **out,
                                   struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for a searcher");
    self->space = cfg->space;
    self->n_proposals = wn_values_int(cfg->options, "proposals");
    self->seconds = wn_values_float(cfg->options, "seconds");
    rc = make_past(self, cfg->options, err);
    if (rc) {
        think_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
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

/* Proposals of the model, none of which is tried. */
static void propose(const struct bench_past *past, int64_t until_us)
{
    struct wn_ask ask = {.trial = wn_history_n_trials(past->history),
                         .milestone = 1,
                         .parent = WN_TRIAL_NONE};
    union wn_cell cells[BENCH_N_PARAMS];

    for (uint64_t i = 0; wn_clock_mono_us() < until_us; i++)
        (void)past->ops->propose(past->search, &ask,
                                 wn_rng_keyed(1, WN_STREAM_PROPOSE, i), cells);
}

static struct wn_reply think_propose(const struct wn_search *self,
                                     const struct wn_ask *ask,
                                     struct wn_rng rng,
                                     union wn_cell *cells)
{
    int64_t until_us;

    (void)ask;
    if (self->n_configured < self->n_proposals) {
        wn_config_sample(self->space, &rng, cells);
        return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
    }
    until_us = wn_clock_mono_us() + (int64_t)(self->seconds * 1e6);
    if (self->past)
        propose(self->past, until_us);
    else
        compute(until_us);
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
    .summary = "thinks, for winnow-bench",
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
