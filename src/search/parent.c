/* parent.c - trials as parents: which is better, and its mutated child. */
#include "search/parent_internal.h"

#include <math.h>
#include <string.h>

#include "trial/history.h"
#include "trial/tag.h"

enum {
    REDRAWS = 64, /* more than enough unless one value has nearly all the chances */
    TRIES = 100,
    TRIES_IN_LIST = 16
};

struct wn_standing wn_parent_standing(const struct wn_history *history, uint32_t trial)
{
    const struct wn_trial *t = wn_history_trial(history, trial);
    struct wn_standing standing = {0};

    if (!t->n_reports || t->state == WN_TRIAL_FAILED)
        return standing;
    standing.loss = t->reports[t->best].loss;
    standing.exists = standing.loss < (double)INFINITY;
    standing.is_full = wn_history_is_full(history, trial);
    return standing;
}

bool wn_standing_beats(struct wn_standing a, struct wn_standing b)
{
    if (!a.exists || !b.exists)
        return a.exists && !b.exists;
    if (a.is_full != b.is_full)
        return a.is_full;
    return a.loss < b.loss;
}

static bool may_change(const struct wn_space *space,
                       const union wn_cell *cells,
                       size_t param)
{
    return cells[param].i != WN_CELL_OFF &&
           wn_param_grid_size(wn_space_param(space, param), 2) > 1;
}

/* The parameter to change, or SIZE_MAX. */
static size_t choose_param(const struct wn_space *space,
                           const union wn_cell *cells,
                           struct wn_rng *rng)
{
    size_t n_params = wn_space_n_params(space), chosen = SIZE_MAX;
    uint64_t n_seen = 0;

    for (size_t i = 0; i < n_params; i++)
        if (may_change(space, cells, i) && wn_rng_below(rng, ++n_seen) == 0)
            chosen = i;
    return chosen;
}

/* What was off is drawn before it is known whether it is on now: settling sees to that. */
bool wn_parent_mutate(const struct wn_space *space,
                      const union wn_cell *parent,
                      struct wn_rng *rng,
                      union wn_cell *child)
{
    size_t n_params = wn_space_n_params(space);
    size_t changed = choose_param(space, parent, rng);

    if (changed == SIZE_MAX)
        return false;
    for (size_t i = 0; i < n_params; i++)
        child[i] = parent[i].i == WN_CELL_OFF
                       ? wn_param_sample(wn_space_param(space, i), rng)
                       : parent[i];
    for (int i = 0; i < REDRAWS && child[changed].i == parent[changed].i; i++)
        child[changed] = wn_param_sample(wn_space_param(space, changed), rng);
    wn_config_settle(space, child);
    wn_config_snap(space, child);
    return !wn_config_equal(space, child, parent);
}

int wn_parent_tries(const struct wn_space *space)
{
    return wn_space_n_allowed(space) ? TRIES_IN_LIST : TRIES;
}

struct wn_reply wn_parent_reply(struct wn_tag *tag, uint32_t parent)
{
    *tag = (struct wn_tag){0};
    wn_tag_put(tag, parent, WN_PARENT_TAG_BYTES);
    return (struct wn_reply){.kind = WN_REPLY_CONFIGURE, .tag = {tag->bytes, tag->n}};
}
