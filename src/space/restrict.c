/* restrict.c - a space restricted to a list of configurations.
 *
 * Tables of benchmarks hold some configurations and no others. The restriction is a
 * property of the space: what draws, decodes, completes, checks, counts and enumerates
 * configurations asks it, so that no searcher need know of it. The list is kept as a set in
 * its own order, each configuration once; nearest.c finds the one that is nearest to a point.
 */
#include "space/nearest.h"

#include <string.h>

#include "base/assert.h"
#include "space/space_internal.h"

enum { TOLD_MOST = 20 }; /* mistakes in a list */

struct wn_restriction {
    struct wn_config_set *set;
    struct wn_nearest *nearest;
};

/* --- from the list --- */

static void copy_allowed(const struct wn_space *space, size_t index, union wn_cell *cells)
{
    if (space->n_params)
        memcpy(cells, wn_space_allowed(space, index), space->n_params * sizeof *cells);
}

void wn_restriction_draw(const struct wn_space *space,
                         struct wn_rng *rng,
                         union wn_cell *cells)
{
    copy_allowed(space, (size_t)wn_rng_below(rng, wn_space_n_allowed(space)), cells);
}

void wn_restriction_decode(const struct wn_space *space,
                           const double *cube,
                           union wn_cell *cells)
{
    copy_allowed(space, wn_nearest_to_cube(space->restriction->nearest, cube), cells);
}

bool wn_restriction_complete(const struct wn_space *space,
                             const union wn_cell *wanted,
                             const size_t *which,
                             size_t n,
                             union wn_cell *cells)
{
    size_t found =
        wn_nearest_to_cells(space->restriction->nearest, cells, wanted, which, n);

    if (found == SIZE_MAX)
        return false;
    copy_allowed(space, found, cells);
    return true;
}

void wn_config_snap(const struct wn_space *space, union wn_cell *cells)
{
    if (!space->restriction || wn_config_set_has(space->restriction->set, cells))
        return;
    copy_allowed(space,
                 wn_nearest_to_cells(space->restriction->nearest, cells, NULL, NULL, 0),
                 cells);
}

/* --- the list --- */

size_t wn_space_n_allowed(const struct wn_space *space)
{
    return space->restriction ? wn_config_set_size(space->restriction->set) : 0;
}

const union wn_cell *wn_space_allowed(const struct wn_space *space, size_t index)
{
    WN_DCHECK(index < wn_space_n_allowed(space));
    return wn_config_set_at(space->restriction->set, index);
}

bool wn_restriction_has(const struct wn_space *space, const union wn_cell *cells)
{
    return wn_config_set_has(space->restriction->set, cells);
}

void wn_restriction_destroy(struct wn_restriction *restriction)
{
    if (!restriction)
        return;
    wn_config_set_destroy(restriction->set);
    wn_nearest_destroy(restriction->nearest);
    wn_free(restriction);
}

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the configurations of the space");
}

/* Add the items to the set; after many mistakes the rest is not looked at: a misspelt name
 * would be told once for every line of a table. */
static enum wn_status read_list(const struct wn_space *space,
                                const struct wn_json *list,
                                const char *path,
                                struct wn_problems *problems,
                                struct wn_config_set *set,
                                struct wn_error *err)
{
    union wn_cell *cells = wn_alloc_array(space->n_params, sizeof *cells);
    size_t n_before = problems->n, index = 0;
    struct wn_buf item_path = {0};
    enum wn_status rc = cells ? WN_OK : no_memory(err);

    for (const struct wn_json *item = wn_json_first(list); item && rc == WN_OK;
         item = wn_json_next(item), index++) {
        if (problems->n - n_before >= TOLD_MOST) {
            wn_problems_add(problems, path, "from [%zu] on it was not looked at", index);
            break;
        }
        wn_buf_clear(&item_path);
        wn_buf_addf(&item_path, "%s[%zu]", path, index);
        if (item_path.failed)
            rc = no_memory(err);
        else
            rc = wn_config_read(space, item, wn_buf_text(&item_path), problems, cells,
                                err);
        if (rc == WN_OK && problems->n == n_before)
            rc = wn_config_set_add(set, cells, err);
    }
    wn_buf_release(&item_path);
    wn_free(cells);
    return rc;
}

enum wn_status wn_space_restrict(struct wn_space *space,
                                 const struct wn_json *list,
                                 const char *path,
                                 struct wn_problems *problems,
                                 struct wn_error *err)
{
    struct wn_restriction *restriction;
    size_t n_before = problems->n;
    enum wn_status rc;

    WN_ASSERT(!space->restriction);
    if (!wn_json_is(list, WN_JSON_LIST) || !wn_json_first(list)) {
        wn_problems_add(
            problems, path, "must be a list of at least one configuration, not %s",
            wn_json_is(list, WN_JSON_LIST) ? "an empty one" : wn_json_type_name(list));
        return problems->failed ? no_memory(err) : WN_OK;
    }
    restriction = wn_alloc(sizeof *restriction);
    if (!restriction)
        return no_memory(err);
    restriction->set = wn_config_set_create(space);
    rc = restriction->set ? read_list(space, list, path, problems, restriction->set, err)
                          : no_memory(err);
    if (rc == WN_OK && problems->n == n_before) {
        restriction->nearest = wn_nearest_create(space, restriction->set);
        rc = restriction->nearest ? WN_OK : no_memory(err);
    }
    if (rc == WN_OK && problems->failed)
        rc = no_memory(err);
    if (rc == WN_OK && problems->n == n_before) {
        space->restriction = restriction;
        if (wn_space_mark_allowed(space)) {
            space->size = wn_space_n_allowed(space);
            space->has_size = true;
            return WN_OK;
        }
        space->restriction = NULL;
        rc = no_memory(err);
    }
    wn_restriction_destroy(restriction);
    return rc;
}
