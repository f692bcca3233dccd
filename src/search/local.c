/* local.c - change one hyperparameter of the best configuration, or draw at random.
 *
 * The local searcher of Dive into Deep Learning (Zhang, Lipton, Li, Smola; section 19.2,
 * exercise 2): the first `startup` trials are drawn at random. After them, with
 * `probability`, one hyperparameter of the configuration that has the smallest loss so far
 * gets another value; else all are drawn. There the two numbers are the reader's to try;
 * the defaults here are ours. Value and mutation are those of parent_internal.h: in
 * particular the new value is drawn from the whole domain, not near the old one, so no
 * step size has to be guessed, and all the others stay.
 *
 * The best is asked for when a trial needs its configuration, so a report counts from
 * the moment it is made:
 *   running     its reports so far; but once any trial has reached the maximum resource,
 *               only those that did are looked at
 *   paused      the same, whether it is resumed or not
 *   stopped     the same
 *   completed   the same; under an open maximum only these count as full
 *   failed      nothing, and what it had reported no longer counts
 * Ties go to the earlier report. Trials of the user count like all others.
 *
 * A child that was tried is mutated anew from the same parent, at most wn_parent_tries()
 * times; then the draw is random. The number of the parent is the tag of the child.
 */
#include "search/search.h"

#include <string.h>

#include "base/heap.h"
#include "base/mem.h"
#include "search/parent_internal.h"
#include "search/untried_internal.h"
#include "trial/history.h"

struct wn_search {
    struct wn_search_config cfg;
    double probability;
    uint64_t n_startup;
    struct wn_untried *untried;
    /* Trials by their loss; those with a standing, and of these the full ones. */
    struct wn_heap any, full;
    struct wn_tag *tag; /* of the last proposal */
};

static const struct wn_option options[] = {
    {.name = "probability",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 1,
     .def = "0.8",
     .help = "how often the best configuration is changed rather than a new one drawn"},
    {.name = "startup",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = 1 << 30,
     .def = "10",
     .help = "how many trials are configured before the best one is changed"},
    WN_ALLOW_DUPLICATES,
    {0}};

/* An integer that orders as the loss does. */
static int64_t order_of(double loss)
{
    int64_t bits;

    loss += 0.0; /* -0 is 0 */
    memcpy(&bits, &loss, sizeof bits);
    return bits < 0 ? (int64_t)((uint64_t)bits ^ (uint64_t)INT64_MAX) : bits;
}

static void local_destroy(struct wn_search *self)
{
    if (!self)
        return;
    wn_untried_destroy(self->untried);
    wn_heap_release(&self->any);
    wn_heap_release(&self->full);
    wn_free(self->tag);
    wn_free(self);
}

static enum wn_status check_meaning(const struct wn_search *self,
                                    const struct wn_search_config *cfg,
                                    struct wn_error *err)
{
    if (cfg->was_checked || self->probability > 0 ||
        wn_values_is_usual(cfg->options, "startup"))
        return WN_OK;
    return wn_fail(err, WN_EINVAL,
                   "searcher.startup has no effect with probability 0, with which every "
                   "trial is drawn at random");
}

static enum wn_status local_create(const struct wn_search_config *cfg,
                                   struct wn_search **out,
                                   struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the local searcher");
    self->cfg = *cfg;
    self->probability = wn_values_float(cfg->options, "probability");
    self->n_startup = (uint64_t)wn_values_int(cfg->options, "startup");
    self->tag = wn_alloc(sizeof *self->tag);
    rc = self->tag ? check_meaning(self, cfg, err)
                   : wn_fail(err, WN_ENOMEM, "no memory for the local searcher");
    if (rc == WN_OK)
        rc = wn_untried_create(cfg->space,
                               wn_values_bool(cfg->options, "allow_duplicates"),
                               &self->untried, err);
    if (rc != WN_OK) {
        local_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

static bool find_best(const struct wn_search *self, uint32_t *trial)
{
    struct wn_heap_entry entry;

    if (!wn_heap_peek(&self->full, &entry) && !wn_heap_peek(&self->any, &entry))
        return false;
    *trial = (uint32_t)entry.id;
    return true;
}

static struct wn_reply local_propose(const struct wn_search *self,
                                     const struct wn_ask *ask,
                                     struct wn_rng rng,
                                     union wn_cell *cells)
{
    bool is_local = wn_rng_unit(&rng) < self->probability;
    uint32_t best;

    (void)ask;
    if (is_local && find_best(self, &best) &&
        wn_history_totals(self->cfg.history).n_configured >= self->n_startup) {
        const struct wn_trial *parent = wn_history_trial(self->cfg.history, best);

        for (int i = 0; i < wn_parent_tries(self->cfg.space); i++)
            if (wn_parent_mutate(self->cfg.space, parent->cells, &rng, cells) &&
                wn_untried_has(self->untried, cells))
                return wn_parent_reply(self->tag, best);
    }
    return wn_untried_propose(self->untried, &rng, cells);
}

/* Put a trial where its loss belongs; unless it moves it keeps its place among equals. */
static void rank_in(struct wn_heap *heap, uint32_t trial, int64_t order)
{
    size_t at = heap->place[trial];

    if (at == WN_HEAP_NONE || heap->at[at].time != order)
        wn_heap_put(heap, trial, order);
}

static void rank(struct wn_search *self, uint32_t trial)
{
    struct wn_standing standing = wn_parent_standing(self->cfg.history, trial);

    if (!standing.exists) {
        wn_heap_remove(&self->any, trial);
        wn_heap_remove(&self->full, trial);
        return;
    }
    rank_in(&self->any, trial, order_of(standing.loss));
    if (standing.is_full)
        rank_in(&self->full, trial, order_of(standing.loss));
}

static enum wn_status local_apply(struct wn_search *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    enum wn_status rc = wn_untried_apply(self->untried, event, err);

    if (rc != WN_OK)
        return rc;
    if (event->kind == WN_EVENT_PLANNED) {
        size_t n = (size_t)event->trial + 1;
        if (!wn_heap_reserve(&self->any, n) || !wn_heap_reserve(&self->full, n))
            return wn_fail(err, WN_ENOMEM, "no memory for the local searcher");
    } else if (event->kind == WN_EVENT_REPORTED || event->kind == WN_EVENT_ENDED) {
        rank(self, event->trial);
    }
    return WN_OK;
}

static bool local_size(const struct wn_search *self, uint64_t *out)
{
    return wn_untried_size(self->untried, out);
}

const struct wn_search_ops wn_search_local = {
    .name = "local",
    .summary = "one hyperparameter of the best configuration changed, or a random draw",
    .reference = "Zhang et al., Dive into Deep Learning, section 19.2",
    .is_slow = false,
    .options = options,
    .create = local_create,
    .destroy = local_destroy,
    .propose = local_propose,
    .apply = local_apply,
    .size = local_size,
};
