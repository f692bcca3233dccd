/* de.c - differential evolution: children of the populations that DEHB keeps.
 *
 * Storn, Price: Differential Evolution, Journal of Global Optimization 11 (1997): rand/1/bin.
 * Awad, Mallik, Hutter: DEHB, IJCAI 2021 (arXiv 2105.09821), section 4: F = p = 0.5. The
 * scheduler "dehb" says in the plan on a trial's event (trial/population.h) for which place
 * of which sub-population the trial competes and where its parents are; this searcher keeps
 * the same sub-populations out of the same events, with the vectors (de_internal.h).
 *
 * - A child: the target is whoever holds the place when the searcher is asked (none yet: a
 *   random vector, as the paper's sub-populations begin with ones that were never
 *   evaluated). The parents are three different trials out of the pool, the best n_parents
 *   of the source level, without the target. Has the pool fewer, it is filled up with
 *   trials drawn from all sub-populations together; are there fewer than three in all, the
 *   configuration is random. (The reference implementation fills up with mutants of the
 *   global population; the paper samples it.)
 * - A child whose configuration was tried is made again with further random numbers, 50
 *   times at most; then the configuration is random, and never tried unless
 *   `allow_duplicates`. What is random is a vector drawn evenly from [0, 1]^n.
 * - A configuration that a user asked for has its encoding as vector.
 *
 * What it learns from: places hold the trials whose reports won them (the outcome on the
 * event), with that report's loss, whether they went on, paused or stopped since. A program
 * that ended of itself below its milestone competes with its last value. Failed trials,
 * ones stopped from outside, and trials that run have no place: nothing is learned of them.
 *
 * Without plans (no trial is ever planned by dehb) it draws at random.
 *
 * The tag of a configuration, journaled: u8 kind (1 random, 2 child), u32 target, three u32
 * parents (WN_TRIAL_NONE where there are none), and the vector, one f64 a parameter.
 */
#include "search/search.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "search/de_internal.h"
#include "search/untried_internal.h"
#include "trial/history.h"
#include "trial/order.h"
#include "trial/population.h"

enum { RETRIES = 50, RANDOM = 1, CHILD = 2 /* kinds in tags */ };

struct member {
    uint32_t trial; /* WN_TRIAL_NONE: the place is empty */
    double loss;
    double *vector; /* n_params */
};

struct level {
    WN_VEC(struct member) members;
    struct wn_order order; /* of those that are there */
};

struct trial {
    double *vector; /* from its configuration to its end */
    uint32_t member, n_parents;
    uint8_t level, source, kind; /* kind 0: it has no plan */
    bool is_live;                /* no verdict has sent it off */
};

struct wn_search {
    const struct wn_space *space;
    const struct wn_history *history;
    struct wn_untried *untried;
    struct wn_de_rule rule;
    size_t n_params;
    WN_VEC(struct level) levels;
    WN_VEC(struct trial) trials;
    double *cube, *vector, *drawn; /* scratch of propose() */
    struct wn_buf *tag;
};

/* A trial that may be a parent. */
struct pick {
    uint32_t trial;
    const double *vector;
};

static const struct wn_option options[] = {
    {.name = "mutation_factor",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 1,
     .def = "0.5",
     .help = "how much of the difference of two parents is added to a third; above 0"},
    {.name = "crossover_probability",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 1,
     .def = "0.5",
     .help = "how likely a parameter comes from the parents and not from the target"},
    WN_ALLOW_DUPLICATES,
    {0}};

/* --- create, destroy --- */

static void de_destroy(struct wn_search *self)
{
    if (!self)
        return;
    for (size_t k = 0; k < self->levels.n; k++) {
        for (size_t i = 0; i < self->levels.at[k].members.n; i++)
            wn_free(self->levels.at[k].members.at[i].vector);
        wn_vec_release(&self->levels.at[k].members);
        wn_order_release(&self->levels.at[k].order);
    }
    for (size_t i = 0; i < self->trials.n; i++)
        wn_free(self->trials.at[i].vector);
    wn_vec_release(&self->levels);
    wn_vec_release(&self->trials);
    if (self->tag)
        wn_buf_release(self->tag);
    wn_free(self->tag);
    wn_free(self->cube);
    wn_free(self->vector);
    wn_free(self->drawn);
    wn_untried_destroy(self->untried);
    wn_free(self);
}

static void write_tag(const struct wn_search *self,
                      uint8_t kind,
                      uint32_t target,
                      const struct pick picks[3],
                      const double *vector)
{
    wn_buf_clear(self->tag);
    wn_put_u8(self->tag, kind);
    wn_put_u32(self->tag, target);
    for (size_t i = 0; i < 3; i++)
        wn_put_u32(self->tag, picks ? picks[i].trial : WN_TRIAL_NONE);
    for (size_t i = 0; i < self->n_params; i++)
        wn_put_f64(self->tag, vector[i]);
}

/* All memory that propose() needs, since it has no way to say that there is none. */
static bool make_scratch(struct wn_search *self)
{
    self->cube = wn_alloc_array(wn_space_n_dims(self->space) + 1, sizeof(double));
    self->vector = wn_alloc_array(self->n_params + 1, sizeof(double));
    self->drawn = wn_alloc_array(self->n_params + 1, sizeof(double));
    self->tag = wn_alloc(sizeof *self->tag);
    if (!self->cube || !self->vector || !self->drawn || !self->tag)
        return false;
    write_tag(self, RANDOM, WN_TRIAL_NONE, NULL, self->vector);
    return !self->tag->failed;
}

static enum wn_status de_create(const struct wn_search_config *cfg,
                                struct wn_search **out,
                                struct wn_error *err)
{
    struct wn_search *self = wn_alloc(sizeof *self);
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the de searcher");
    self->space = cfg->space;
    self->history = cfg->history;
    self->n_params = wn_space_n_params(cfg->space);
    self->rule.factor = wn_values_float(cfg->options, "mutation_factor");
    self->rule.probability = wn_values_float(cfg->options, "crossover_probability");
    if (self->rule.factor <= 0)
        rc = wn_fail(err, WN_EINVAL, "searcher.mutation_factor must be above 0, not %g",
                     self->rule.factor);
    else
        rc = wn_untried_create(cfg->space,
                               wn_values_bool(cfg->options, "allow_duplicates"),
                               &self->untried, err);
    if (rc == WN_OK && !make_scratch(self))
        rc = wn_fail(err, WN_ENOMEM, "no memory for the de searcher");
    if (rc != WN_OK) {
        de_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

/* --- proposing --- */

static void draw_vector(const struct wn_search *self, struct wn_rng *rng, double *vector)
{
    for (size_t i = 0; i < self->n_params; i++)
        vector[i] = wn_rng_unit(rng);
}

static struct pick pick_at(const struct level *level, uint32_t rank)
{
    const struct member *member = &level->members.at[wn_order_at(&level->order, rank)];

    return (struct pick){member->trial, member->vector};
}

/* The n-th member of all levels together. */
static struct pick pick_of_all(const struct wn_search *self, uint64_t n)
{
    size_t k = 0;

    for (; n >= wn_order_size(&self->levels.at[k].order); k++)
        n -= wn_order_size(&self->levels.at[k].order);
    return pick_at(&self->levels.at[k], (uint32_t)n);
}

static bool is_taken(uint32_t trial, uint32_t target, const struct pick *picks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (picks[i].trial == trial)
            return true;
    return trial == target;
}

/* One more parent from all sub-populations. A trial that was promoted is in several, so
 * repeated draws are few unless there are few trials: then all are looked through. */
static bool pick_elsewhere(const struct wn_search *self,
                           uint32_t target,
                           struct wn_rng *rng,
                           struct pick *picks,
                           size_t n)
{
    uint64_t n_all = 0, start;

    for (size_t k = 0; k < self->levels.n; k++)
        n_all += wn_order_size(&self->levels.at[k].order);
    if (!n_all)
        return false;
    for (int i = 0; i < 64; i++) {
        picks[n] = pick_of_all(self, wn_rng_below(rng, n_all));
        if (!is_taken(picks[n].trial, target, picks, n))
            return true;
    }
    start = wn_rng_below(rng, n_all);
    for (uint64_t i = 0; i < n_all; i++) {
        picks[n] = pick_of_all(self, (start + i) % n_all);
        if (!is_taken(picks[n].trial, target, picks, n))
            return true;
    }
    return false;
}

/* Three different trials in random order, none of them the target; false: there are not. */
static bool pick_parents(const struct wn_search *self,
                         const struct trial *plan,
                         uint32_t target,
                         struct wn_rng *rng,
                         struct pick picks[3])
{
    const struct level *source = &self->levels.at[plan->source];
    uint32_t n_pool = (uint32_t)wn_order_size(&source->order);
    size_t n = 0;

    if (n_pool > plan->n_parents)
        n_pool = plan->n_parents;
    if (n_pool > 3) {
        while (n < 3) {
            picks[n] = pick_at(source, (uint32_t)wn_rng_below(rng, n_pool));
            n += !is_taken(picks[n].trial, target, picks, n);
        }
        return true;
    }
    for (uint32_t i = 0; i < n_pool; i++) {
        picks[n] = pick_at(source, i);
        n += picks[n].trial != target;
    }
    for (; n < 3; n++)
        if (!pick_elsewhere(self, target, rng, picks, n))
            return false;
    for (size_t i = 2; i > 0; i--) {
        size_t j = (size_t)wn_rng_below(rng, i + 1);
        struct pick swapped = picks[i];
        picks[i] = picks[j];
        picks[j] = swapped;
    }
    return true;
}

/* A child, into self->vector and the tag; false: there are no parents for it. */
static bool evolve(const struct wn_search *self,
                   const struct trial *plan,
                   struct wn_rng *rng)
{
    const struct member *target = &self->levels.at[plan->level].members.at[plan->member];
    const double *vector = target->vector, *parents[3];
    struct pick picks[3];

    if (!self->n_params || !pick_parents(self, plan, target->trial, rng, picks))
        return false;
    if (target->trial == WN_TRIAL_NONE) {
        draw_vector(self, rng, self->drawn);
        vector = self->drawn;
    }
    for (size_t i = 0; i < 3; i++)
        parents[i] = picks[i].vector;
    wn_de_child(&self->rule, self->n_params, vector, parents, rng, self->vector);
    write_tag(self, CHILD, target->trial, picks, self->vector);
    return true;
}

/* The vector of cells that were found without one; what is off may be anywhere. */
static void find_vector(const struct wn_search *self,
                        struct wn_rng *rng,
                        const union wn_cell *cells)
{
    wn_de_encode(self->space, cells, self->cube, self->vector);
    for (size_t i = 0; i < self->n_params; i++)
        if (cells[i].i == WN_CELL_OFF)
            self->vector[i] = wn_rng_unit(rng);
}

static bool draw(const struct wn_search *self, struct wn_rng *rng, union wn_cell *cells)
{
    for (int i = 0; i < RETRIES; i++) {
        draw_vector(self, rng, self->vector);
        wn_de_decode(self->space, self->vector, self->cube, cells);
        if (wn_untried_has(self->untried, cells))
            return true;
    }
    if (!wn_untried_draw(self->untried, rng, cells))
        return false;
    find_vector(self, rng, cells);
    return true;
}

static struct wn_reply reply(const struct wn_search *self)
{
    return (struct wn_reply){.kind = WN_REPLY_CONFIGURE,
                             .tag = {.at = self->tag->at, .n = self->tag->n}};
}

static struct wn_reply de_propose(const struct wn_search *self,
                                  const struct wn_ask *ask,
                                  struct wn_rng rng,
                                  union wn_cell *cells)
{
    const struct trial *plan = wn_vec_get(&self->trials, ask->trial);

    if (plan && plan->kind == WN_POPULATION_EVOLVED)
        for (int i = 0; i < RETRIES && evolve(self, plan, &rng); i++) {
            wn_de_decode(self->space, self->vector, self->cube, cells);
            if (wn_untried_has(self->untried, cells))
                return reply(self);
        }
    if (!draw(self, &rng, cells))
        return (struct wn_reply){.kind = WN_REPLY_EXHAUSTED};
    write_tag(self, RANDOM, WN_TRIAL_NONE, NULL, self->vector);
    return reply(self);
}

/* --- applying --- */

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the populations of the de searcher");
}

/* Places get their turn in order, so a new one is the next. */
static enum wn_status add_place(struct wn_search *self,
                                struct level *level,
                                struct wn_error *err)
{
    double *vector = wn_alloc_array(self->n_params + 1, sizeof *vector);
    struct member *member = vector ? wn_vec_push(&level->members) : NULL;

    if (!member) {
        wn_free(vector);
        return no_memory(err);
    }
    *member = (struct member){.trial = WN_TRIAL_NONE, .vector = vector};
    if (!wn_order_reserve(&level->order, level->members.n))
        return no_memory(err);
    return WN_OK;
}

/* Take over the plan of a trial, if the tag is one. */
static enum wn_status take_plan(struct wn_search *self,
                                const struct wn_event *event,
                                const struct wn_tag *tag,
                                struct wn_error *err)
{
    struct trial *trial = &self->trials.at[event->trial];
    struct wn_population_plan plan;
    struct level *level;

    trial->is_live = true;
    trial->kind = 0;
    if (!wn_population_plan_read(tag, &plan))
        return WN_OK;
    while (self->levels.n <= plan.level || self->levels.n <= plan.source) {
        level = wn_vec_push(&self->levels);
        if (!level)
            return no_memory(err);
    }
    level = &self->levels.at[plan.level];
    if (plan.member > level->members.n)
        return wn_event_contradicts(event, err);
    trial->kind = (uint8_t)plan.kind;
    trial->level = plan.level;
    trial->member = plan.member;
    trial->source = plan.source;
    trial->n_parents = plan.n_parents;
    return plan.member == level->members.n ? add_place(self, level, err) : WN_OK;
}

static enum wn_status apply_planned(struct wn_search *self,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    const struct trial *trial;

    if (event->trial != self->trials.n)
        return wn_event_contradicts(event, err);
    trial = wn_vec_push(&self->trials);
    if (!trial)
        return no_memory(err);
    return take_plan(self, event, &event->planned.tag, err);
}

/* The vector in a tag; false: there is none in it. */
static bool read_tag(const struct wn_search *self,
                     const struct wn_blob *tag,
                     double *vector)
{
    struct wn_reader reader = wn_reader_of(tag->at, tag->n);
    uint8_t kind = wn_get_u8(&reader);

    (void)wn_get_raw(&reader, 4 * sizeof(uint32_t));
    for (size_t i = 0; i < self->n_params; i++) {
        vector[i] = wn_get_f64(&reader);
        if (!(vector[i] >= 0 && vector[i] <= 1))
            return false;
    }
    return (kind == RANDOM || kind == CHILD) && wn_reader_is_done(&reader);
}

static enum wn_status apply_configured(struct wn_search *self,
                                       const struct wn_event *event,
                                       struct wn_error *err)
{
    struct trial *trial = wn_vec_get(&self->trials, event->trial);

    if (!trial || trial->vector)
        return wn_event_contradicts(event, err);
    trial->vector = wn_alloc_array(self->n_params + 1, sizeof *trial->vector);
    if (!trial->vector)
        return no_memory(err);
    if (!event->configured.tag.n)
        wn_de_encode(self->space, event->configured.cells, self->cube, trial->vector);
    else if (!read_tag(self, &event->configured.tag, trial->vector))
        return wn_event_contradicts(event, err);
    return WN_OK;
}

static void take_place(struct wn_search *self, uint32_t number, double loss)
{
    const struct trial *trial = &self->trials.at[number];
    struct level *level = &self->levels.at[trial->level];
    struct member *member = &level->members.at[trial->member];

    member->trial = number;
    member->loss = loss;
    memcpy(member->vector, trial->vector, self->n_params * sizeof *trial->vector);
    wn_order_put(&level->order, trial->member, (struct wn_ranked){loss, number}, 0);
}

static enum wn_status apply_reported(struct wn_search *self,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    struct trial *trial = wn_vec_get(&self->trials, event->trial);
    struct wn_population_outcome outcome;

    if (!trial || !trial->vector)
        return wn_event_contradicts(event, err);
    if (wn_population_outcome_read(&event->reported.tag, &outcome)) {
        if (!trial->kind || outcome.level != trial->level ||
            outcome.member != trial->member)
            return wn_event_contradicts(event, err);
        if (outcome.wins)
            take_place(self, event->trial,
                       wn_population_loss(self->history, event->trial));
    }
    if (event->reported.verdict != WN_VERDICT_CONTINUE)
        trial->is_live = false;
    return WN_OK;
}

static enum wn_status apply_ended(struct wn_search *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    struct trial *trial = wn_vec_get(&self->trials, event->trial);

    if (!trial)
        return wn_event_contradicts(event, err);
    if (trial->is_live && trial->kind && trial->vector &&
        event->ended.how == WN_END_COMPLETED) {
        const struct member *member =
            &self->levels.at[trial->level].members.at[trial->member];
        double loss = wn_population_loss(self->history, event->trial);
        if (wn_population_wins(member->trial == WN_TRIAL_NONE, member->loss, loss))
            take_place(self, event->trial, loss);
    }
    trial->is_live = false;
    wn_free(trial->vector);
    trial->vector = NULL;
    return WN_OK;
}

static enum wn_status de_apply(struct wn_search *self,
                               const struct wn_event *event,
                               struct wn_error *err)
{
    enum wn_status rc = wn_untried_apply(self->untried, event, err);

    if (rc != WN_OK)
        return rc;
    switch (event->kind) {
    case WN_EVENT_PLANNED: return apply_planned(self, event, err);
    case WN_EVENT_CONFIGURED: return apply_configured(self, event, err);
    case WN_EVENT_REPORTED: return apply_reported(self, event, err);
    case WN_EVENT_ENDED: return apply_ended(self, event, err);
    case WN_EVENT_RESUMED:
        if (event->trial >= self->trials.n)
            return wn_event_contradicts(event, err);
        return take_plan(self, event, &event->resumed.tag, err);
    case WN_EVENT_RECALLED:
    case WN_EVENT_EXHAUSTED:
    case WN_EVENT_ENQUEUED:
    case WN_EVENT_IMPORTED:
    case WN_EVENT_AMENDED:
    case WN_EVENT_NOTED:
    case WN_EVENT_NOT_LOGICAL: break;
    }
    return WN_OK;
}

static bool de_size(const struct wn_search *self, uint64_t *out)
{
    return wn_untried_size(self->untried, out);
}

const struct wn_search_ops wn_search_de = {
    .name = "de",
    .summary = "differential evolution of the populations that dehb keeps",
    .reference =
        "Storn and Price, Journal of Global Optimization 11 (1997); Awad, Mallik "
        "and Hutter, IJCAI 2021",
    .scheduler = "dehb",
    .is_slow = false,
    .options = options,
    .create = de_create,
    .destroy = de_destroy,
    .propose = de_propose,
    .apply = de_apply,
    .size = de_size,
};
