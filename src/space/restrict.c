/* restrict.c - a space restricted to a list of configurations.
 *
 * Tables of benchmarks hold some configurations and no others. The restriction is a
 * property of the space: what draws, decodes, completes, checks, counts and enumerates
 * configurations asks it, so that no searcher need know of it. The list is kept as a set in
 * its own order, each configuration once, together with where each lies in the unit cube;
 * the nearest is found by going through all of them, parameter by parameter over a block of
 * configurations, which is a plain loop: some 20 us for 2,000 of 7 parameters.
 *
 * Distance is the Euclidean one between encodings (wn_config_encode). Of a categorical the
 * encoding is not kept: against a configuration the distance is 0, 1 (one of the two is
 * inactive) or sqrt 2, and against any point c it follows from |c|^2, since
 * |c - e|^2 = |c|^2 + 1 - 2 c_e.
 */
#include "space/space_internal.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"

enum {
    TOLD_MOST = 20, /* mistakes in a list */
    BLOCK = 256     /* configurations that are looked at together */
};

struct wn_restriction {
    struct wn_config_set *set;
    double *places; /* of each parameter a column, n long: coordinates, or categories */
};

/* --- the nearest --- */

/* Where to be near to: a point of the cube, or a settled configuration. */
struct point {
    const double *cube; /* not clipped; NULL: a configuration */
    /* Of each parameter the coordinate; of a categorical |c|^2, or the category. */
    double at[WN_SPACE_MAX_ENTRIES];
};

/* -1 for a category that is inactive, else its index; of other parameters the coordinate. */
static double place_of(const struct wn_param *param, union wn_cell cell)
{
    if (param->type == WN_PARAM_CATEGORICAL)
        return cell.i == WN_CELL_OFF ? -1 : (double)cell.i;
    return cell.i == WN_CELL_OFF ? 0.5 : wn_param_place(param, cell);
}

static void point_of_cube(const struct wn_space *space,
                          const double *cube,
                          struct point *point)
{
    point->cube = cube;
    for (size_t i = 0; i < space->n_params; i++) {
        const struct wn_param *param = &space->params[i];
        double place = wn_place_clip(cube[param->dim]);

        point->at[i] = place;
        if (param->type != WN_PARAM_CATEGORICAL)
            continue;
        point->at[i] = 0;
        for (size_t j = 0; j < param->n_dims; j++) {
            place = wn_place_clip(cube[param->dim + j]);
            point->at[i] += place * place;
        }
    }
}

static void point_of_cells(const struct wn_space *space,
                           const union wn_cell *cells,
                           struct point *point)
{
    point->cube = NULL;
    for (size_t i = 0; i < space->n_params; i++)
        point->at[i] = place_of(&space->params[i], cells[i]);
}

/* Add to each of `n` sums the squared distance in the dimensions of one parameter. */
static void add_distances(const double *column, size_t n, double at, double *sums)
{
    for (size_t k = 0; k < n; k++)
        sums[k] += (at - column[k]) * (at - column[k]);
}

static void add_categories(const struct wn_param *param,
                           const double *column,
                           size_t n,
                           const struct point *point,
                           size_t index,
                           double *sums)
{
    double own = point->at[index];

    for (size_t k = 0; k < n; k++) {
        bool is_off = column[k] < 0;

        if (point->cube && is_off)
            sums[k] += own;
        else if (point->cube)
            sums[k] +=
                own + 1 - 2 * wn_place_clip(point->cube[param->dim + (size_t)column[k]]);
        else if (is_off != (own < 0))
            sums[k] += 1;
        else if (column[k] < own || column[k] > own)
            sums[k] += 2;
    }
}

/* Squared distances of `n` configurations from number `first` on. */
static void measure(const struct wn_space *space,
                    const struct point *point,
                    size_t first,
                    size_t n,
                    double *sums)
{
    size_t n_all = wn_space_n_allowed(space);

    for (size_t k = 0; k < n; k++)
        sums[k] = 0;
    for (size_t i = 0; i < space->n_params; i++) {
        const double *column = space->restriction->places + i * n_all + first;

        if (space->params[i].type == WN_PARAM_CATEGORICAL)
            add_categories(&space->params[i], column, n, point, i, sums);
        else
            add_distances(column, n, point->at[i], sums);
    }
}

static bool has_wanted(const union wn_cell *cells,
                       const union wn_cell *wanted,
                       const size_t *which,
                       size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cells[which[i]].i != wanted[which[i]].i)
            return false;
    return true;
}

/* The first of the nearest among those that have the `n` wanted cells that `which` names;
 * SIZE_MAX: there is none. */
static size_t nearest(const struct wn_space *space,
                      const struct point *point,
                      const union wn_cell *wanted,
                      const size_t *which,
                      size_t n)
{
    size_t best = SIZE_MAX, n_all = wn_space_n_allowed(space);
    double least = (double)INFINITY, sums[BLOCK];

    for (size_t first = 0; first < n_all; first += BLOCK) {
        size_t n_block = n_all - first < BLOCK ? n_all - first : BLOCK;

        measure(space, point, first, n_block, sums);
        for (size_t k = 0; k < n_block; k++) {
            if (!(sums[k] < least) ||
                !has_wanted(wn_space_allowed(space, first + k), wanted, which, n))
                continue;
            least = sums[k];
            best = first + k;
        }
    }
    return best;
}

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
    struct point point;

    point_of_cube(space, cube, &point);
    copy_allowed(space, nearest(space, &point, NULL, NULL, 0), cells);
}

bool wn_restriction_complete(const struct wn_space *space,
                             const union wn_cell *wanted,
                             const size_t *which,
                             size_t n,
                             union wn_cell *cells)
{
    struct point point;
    size_t found;

    point_of_cells(space, cells, &point);
    found = nearest(space, &point, wanted, which, n);
    if (found == SIZE_MAX)
        return false;
    copy_allowed(space, found, cells);
    return true;
}

void wn_config_snap(const struct wn_space *space, union wn_cell *cells)
{
    struct point point;

    if (!space->restriction || wn_config_set_has(space->restriction->set, cells))
        return;
    point_of_cells(space, cells, &point);
    copy_allowed(space, nearest(space, &point, NULL, NULL, 0), cells);
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
    wn_free(restriction->places);
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

static bool place_all(const struct wn_space *space, struct wn_restriction *restriction)
{
    size_t n = wn_config_set_size(restriction->set), n_params = space->n_params;

    restriction->places =
        wn_alloc_array(n, (n_params ? n_params : 1) * sizeof *restriction->places);
    for (size_t i = 0; restriction->places && i < n_params; i++)
        for (size_t k = 0; k < n; k++)
            restriction->places[i * n + k] =
                place_of(&space->params[i], wn_config_set_at(restriction->set, k)[i]);
    return restriction->places != NULL;
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
    if (rc == WN_OK && problems->n == n_before && !place_all(space, restriction))
        rc = no_memory(err);
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
