/* walk.c - through the points of a sequence, in order. */
#include "search/walk_internal.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "search/untried_internal.h"

/* Invariant: every point before `next` was proposed or tried. With `is_new`, `point` is
 * that of `next`, and not tried. */
struct wn_walk {
    struct wn_walk_config cfg;
    struct wn_untried *untried;
    size_t n_params;
    uint64_t next;
    bool is_new;
    union wn_cell *point;
    double *cube; /* scratch */
};

static void make_point(struct wn_walk *walk)
{
    memset(walk->cube, 0, wn_space_n_dims(walk->cfg.space) * sizeof *walk->cube);
    for (size_t i = 0; i < walk->n_params; i++) {
        const struct wn_param *param = wn_space_param(walk->cfg.space, i);
        double place = walk->cfg.place(walk->cfg.sequence, walk->next, i);
        double *at = walk->cube + param->dim;

        WN_DCHECK(place >= 0 && place < 1);
        if (param->type == WN_PARAM_CATEGORICAL)
            at[(size_t)fmin(place * (double)param->n_dims, (double)(param->n_dims - 1))] =
                1;
        else
            at[0] = place;
    }
    wn_config_decode(walk->cfg.space, walk->cube, walk->point);
}

/* Stand at the first point from `next` on that is new, if it is near. */
static void find_new(struct wn_walk *walk)
{
    walk->is_new = false;
    for (int i = 0; i < WN_WALK_PASSED && walk->next < walk->cfg.n_points; i++) {
        make_point(walk);
        if (wn_untried_has(walk->untried, walk->point)) {
            walk->is_new = true;
            return;
        }
        walk->next++;
    }
}

enum wn_status wn_walk_create(const struct wn_walk_config *cfg,
                              struct wn_walk **out,
                              struct wn_error *err)
{
    struct wn_walk *walk = wn_alloc(sizeof *walk);
    enum wn_status rc;

    if (!walk)
        return wn_fail(err, WN_ENOMEM, "no memory for a sequence of points");
    walk->cfg = *cfg;
    walk->n_params = wn_space_n_params(cfg->space);
    rc = wn_untried_create(cfg->space, cfg->allows_duplicates, &walk->untried, err);
    if (rc == WN_OK) {
        walk->point = wn_alloc_array(walk->n_params, sizeof *walk->point);
        walk->cube = wn_alloc_array(wn_space_n_dims(cfg->space), sizeof *walk->cube);
        if (!walk->point || !walk->cube)
            rc = wn_fail(err, WN_ENOMEM, "no memory for a sequence of points");
    }
    if (rc != WN_OK) {
        wn_walk_destroy(walk);
        return rc;
    }
    find_new(walk);
    *out = walk;
    return WN_OK;
}

void wn_walk_destroy(struct wn_walk *walk)
{
    if (!walk)
        return;
    wn_untried_destroy(walk->untried);
    wn_free(walk->point);
    wn_free(walk->cube);
    wn_free(walk);
}

struct wn_reply wn_walk_propose(const struct wn_walk *walk,
                                struct wn_rng rng,
                                union wn_cell *cells)
{
    if (walk->is_new) {
        if (walk->n_params)
            memcpy(cells, walk->point, walk->n_params * sizeof *cells);
        return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
    }
    return wn_untried_propose(walk->untried, &rng, cells);
}

enum wn_status wn_walk_apply(struct wn_walk *walk,
                             const struct wn_event *event,
                             struct wn_error *err)
{
    enum wn_status rc = wn_untried_apply(walk->untried, event, err);

    if (rc != WN_OK)
        return rc;
    if (event->kind != WN_EVENT_CONFIGURED && event->kind != WN_EVENT_ENQUEUED)
        return WN_OK;
    if (walk->cfg
            .allows_duplicates) { /* nothing counts as tried: the points are counted */
        if (event->kind == WN_EVENT_ENQUEUED ||
            event->configured.origin != WN_ORIGIN_SEARCH)
            return WN_OK;
        walk->next += walk->next < walk->cfg.n_points;
    } else if (walk->is_new && wn_untried_has(walk->untried, walk->point)) {
        return WN_OK;
    }
    find_new(walk);
    return WN_OK;
}

bool wn_walk_size(const struct wn_walk *walk, uint64_t *out)
{
    return wn_untried_size(walk->untried, out);
}
