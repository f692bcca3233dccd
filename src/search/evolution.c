/* evolution.c - regularized evolution: the oldest dies, not the worst.
 *
 * Real, Aggarwal, Huang, Le: Regularized Evolution for Image Classifier Architecture
 * Search, AAAI 2019 (arXiv 1802.01548), algorithm 1: of the population `sample_size`
 * members are drawn, with repetition; the best of them is the parent of a child that
 * differs by one mutation; the child enters, and the oldest member leaves when there are
 * more than `population`. The defaults are Syne Tune's. What is better and how a
 * hyperparameter mutates: parent_internal.h. The paper mutates architectures, of which
 * all is categorical; numbers are drawn anew from their whole domain, as Syne Tune does.
 *
 * With many workers. The first `population` trials are drawn at random, counted when they
 * get their configuration. After them a child is made as soon as a tournament can be held,
 * which is when min(sample_size, population) members are there, else the draw is random.
 * (Algorithm 1 and Syne Tune wait until the population is full of finished trials: then W
 * workers would draw population + W trials at random.) Age is the order of entering.
 *
 * A trial enters once, and its value is looked up whenever it is in a tournament:
 *   running     is no member, unless it was paused before: then with all its reports
 *   paused      enters when it is first paused, for most paused trials never go on; one
 *               that does keeps its age and is worth what it reports then
 *   stopped     enters at its end if it has reported
 *   completed   the same
 *   failed      never enters, and leaves if it was a member: taking a place as the worst
 *               would push out the oldest and teach nothing, since it is never drawn
 * Nobody enters without a report that is better than infinity. Trials of the user enter
 * like all others. A member that has left does not come back.
 *
 * A child that was tried is replaced by that of another tournament, at most
 * wn_parent_tries() times; then the draw is random. The number of the parent is the tag of
 * the child, so that the lineage can be read from the journal.
 */
#include "search/search.h"

#include "base/mem.h"
#include "search/parent_internal.h"
#include "search/untried_internal.h"
#include "trial/history.h"

enum { MOST_MEMBERS = 10000 };

struct wn_search {
    struct wn_search_config cfg;
    size_t n_population, n_sample;
    struct wn_untried *untried;
    uint32_t *members; /* a ring: the oldest at `oldest` */
    size_t oldest, n_members;
    WN_VEC(bool) has_entered; /* by trial */
    struct wn_tag *tag;       /* of the last proposal */
};

static const struct wn_option options[] = {
    {.name = "population",
     .type = WN_OPTION_INT,
     .low = 2,
     .high = MOST_MEMBERS,
     .def = "100",
     .help = "how many trials are kept as possible parents; as many are drawn at first"},
    {.name = "sample_size",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = MOST_MEMBERS,
     .def = "10",
     .help = "how many of them are drawn for each child, to take the best as its parent"},
    WN_ALLOW_DUPLICATES,
    {0}};

static void evolution_destroy(struct wn_search *self)
{
    if (!self)
        return;
    wn_untried_destroy(self->untried);
    wn_free(self->members);
    wn_vec_release(&self->has_entered);
    wn_free(self->tag);
    wn_free(self);
}

static enum wn_status check_meaning(const struct wn_search *self,
                                    const struct wn_search_config *cfg,
                                    struct wn_error *err)
{
    if (cfg->was_checked || self->n_sample <= self->n_population ||
        wn_values_is_usual(cfg->options, "sample_size"))
        return WN_OK;
    return wn_fail(err, WN_EINVAL,
                   "searcher.sample_size must be at most the population (%zu), not %zu",
                   self->n_population, self->n_sample);
}

static enum wn_status evolution_create(const struct wn_search_config *cfg,
                                       struct wn_search **out,
                                       struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the evolution searcher");
    self->cfg = *cfg;
    self->n_population = (size_t)wn_values_int(cfg->options, "population");
    self->n_sample = (size_t)wn_values_int(cfg->options, "sample_size");
    self->members = wn_alloc_array(self->n_population, sizeof *self->members);
    self->tag = wn_alloc(sizeof *self->tag);
    if (!self->members || !self->tag)
        rc = wn_fail(err, WN_ENOMEM, "no memory for the evolution searcher");
    else
        rc = check_meaning(self, cfg, err);
    if (rc == WN_OK)
        rc = wn_untried_create(cfg->space,
                               wn_values_bool(cfg->options, "allow_duplicates"),
                               &self->untried, err);
    if (rc != WN_OK) {
        evolution_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

/* Where in the ring the member of that age is, 0 being the oldest. No division: it is asked for
 * every member that a tournament draws. */
static size_t place_of(const struct wn_search *self, size_t age)
{
    size_t place = self->oldest + age;

    return place < self->n_population ? place : place - self->n_population;
}

static uint32_t member_at(const struct wn_search *self, size_t age)
{
    return self->members[place_of(self, age)];
}

static uint32_t hold_tournament(const struct wn_search *self, struct wn_rng *rng)
{
    uint32_t best = member_at(self, wn_rng_below(rng, self->n_members));
    struct wn_standing standing = wn_parent_standing(self->cfg.history, best);

    for (size_t i = 1; i < self->n_sample; i++) {
        uint32_t other = member_at(self, wn_rng_below(rng, self->n_members));
        struct wn_standing others = wn_parent_standing(self->cfg.history, other);

        if (wn_standing_beats(others, standing)) {
            best = other;
            standing = others;
        }
    }
    return best;
}

static bool can_mutate(const struct wn_search *self)
{
    size_t n_needed =
        self->n_sample < self->n_population ? self->n_sample : self->n_population;

    return self->n_members >= n_needed &&
           wn_history_totals(self->cfg.history).n_configured >= self->n_population;
}

static struct wn_reply evolution_propose(const struct wn_search *self,
                                         const struct wn_ask *ask,
                                         struct wn_rng rng,
                                         union wn_cell *cells)
{
    int n_tries = can_mutate(self) ? wn_parent_tries(self->cfg.space) : 0;

    (void)ask;
    for (int i = 0; i < n_tries; i++) {
        uint32_t parent = hold_tournament(self, &rng);
        const struct wn_trial *t = wn_history_trial(self->cfg.history, parent);

        if (wn_parent_mutate(self->cfg.space, t->cells, &rng, cells) &&
            wn_untried_has(self->untried, cells))
            return wn_parent_reply(self->tag, parent);
    }
    return wn_untried_propose(self->untried, &rng, cells);
}

static void enter(struct wn_search *self, uint32_t trial)
{
    if (self->has_entered.at[trial] ||
        !wn_parent_standing(self->cfg.history, trial).exists)
        return;
    self->has_entered.at[trial] = true;
    if (self->n_members == self->n_population) { /* the oldest dies */
        self->oldest = place_of(self, 1);
        self->n_members--;
    }
    self->members[place_of(self, self->n_members++)] = trial;
}

/* A failed trial makes room; those behind it move up: O(population), 20 us for the largest. */
static void leave(struct wn_search *self, uint32_t trial)
{
    size_t age = 0;

    if (!self->has_entered.at[trial])
        return;
    while (age < self->n_members && member_at(self, age) != trial)
        age++;
    if (age == self->n_members)
        return; /* it has died before */
    for (; age + 1 < self->n_members; age++)
        self->members[place_of(self, age)] = member_at(self, age + 1);
    self->n_members--;
}

static enum wn_status evolution_apply(struct wn_search *self,
                                      const struct wn_event *event,
                                      struct wn_error *err)
{
    enum wn_status rc = wn_untried_apply(self->untried, event, err);

    if (rc != WN_OK)
        return rc;
    if (event->kind == WN_EVENT_PLANNED) {
        bool *entered = wn_vec_push(&self->has_entered);

        if (!entered)
            return wn_fail(err, WN_ENOMEM, "no memory for the evolution searcher");
    } else if (event->kind == WN_EVENT_REPORTED) {
        if (event->reported.verdict == WN_VERDICT_PAUSE)
            enter(self, event->trial);
    } else if (event->kind == WN_EVENT_ENDED) {
        if (event->ended.how == WN_END_FAILED)
            leave(self, event->trial);
        else /* a withdrawn one has not reported */
            enter(self, event->trial);
    }
    return WN_OK;
}

static bool evolution_size(const struct wn_search *self, uint64_t *out)
{
    return wn_untried_size(self->untried, out);
}

const struct wn_search_ops wn_search_evolution = {
    .name = "evolution",
    .summary = "regularized evolution: one mutation of a tournament's winner, by age",
    .reference = "Real et al., AAAI 2019",
    .is_slow = false,
    .options = options,
    .create = evolution_create,
    .destroy = evolution_destroy,
    .propose = evolution_propose,
    .apply = evolution_apply,
    .size = evolution_size,
};
