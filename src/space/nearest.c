/* nearest.c - the nearest of a list of configurations.
 *
 * Searchers ask for it up to 16 times a proposal (a child of a parent that is not in
 * the list), so the list is not gone through. It is put in an order in which neighbours
 * stand together: cut into halves along the parameter in which it is spread widest, the
 * halves again, until BLOCK configurations are left (Friedman, Bentley, Finkel: An algorithm
 * for finding best matches in logarithmic expected time, ACM TOMS 3 (1977)). Of every block
 * its box is known; a look measures the distance to all boxes, and then only blocks whose
 * box is not farther than the nearest configuration so far. Both are plain loops, parameter
 * by parameter over columns: of 12,000 configurations of 7 parameters a look takes some
 * 10 us, going through all of them 80.
 *
 * Of a categorical the encoding is not kept: against a configuration the distance is 0, 1 (one
 * of the two is inactive) or sqrt 2, and against any point c it follows from |c|^2, since
 * |c - e|^2 = |c|^2 + 1 - 2 c_e.
 */
#include "space/nearest.h"

#include <math.h>

#include "base/assert.h"
#include "space/space_internal.h"

enum {
    BLOCK = 32, /* configurations that are looked at together */
    BOXES = 256 /* boxes that are */
};

/* A box that is farther by less may hold one that is not: sums are rounded. */
#define MARGIN 1e-9

struct wn_nearest {
    const struct wn_space *space;
    const struct wn_config_set *set;
    size_t n, n_blocks;
    uint32_t *number; /* of each place in the order: which of the list it is */
    double *places;   /* of each parameter a column, n long: coordinates, or categories */
    double *low, *high; /* of each parameter a column, n_blocks long: the boxes */
};

/* Where to be near to: a point of the cube, or a settled configuration. */
struct point {
    const double *cube; /* not clipped; NULL: a configuration */
    /* Of each parameter the coordinate; of a categorical |c|^2, or the category. */
    double at[WN_SPACE_MAX_ENTRIES];
};

/* What one must have, and the best so far. */
struct look {
    const union wn_cell *wanted;
    const size_t *which;
    size_t n_wanted;
    double least;
    size_t best;
};

/* --- places --- */

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

/* --- distances --- */

/* Add to each of `n` sums the squared distance in the dimensions of one parameter. */
static void add_distances(const double *column, size_t n, double at, double *sums)
{
    for (size_t k = 0; k < n; k++)
        sums[k] += (at - column[k]) * (at - column[k]);
}

/* To one category. */
static double category_distance(const struct wn_param *param,
                                const struct point *point,
                                double own,
                                double category)
{
    bool is_off = category < 0;

    if (point->cube && is_off)
        return own;
    if (point->cube)
        return own + 1 - 2 * wn_place_clip(point->cube[param->dim + (size_t)category]);
    if (is_off != (own < 0))
        return 1;
    return category < own || category > own ? 2 : 0;
}

static void add_categories(const struct wn_param *param,
                           const double *column,
                           size_t n,
                           const struct point *point,
                           double own,
                           double *sums)
{
    for (size_t k = 0; k < n; k++)
        sums[k] += category_distance(param, point, own, column[k]);
}

/* Squared distances of `n` configurations from place `first` on. */
static void measure(const struct wn_nearest *nearest,
                    const struct point *point,
                    size_t first,
                    size_t n,
                    double *sums)
{
    const struct wn_space *space = nearest->space;

    for (size_t k = 0; k < n; k++)
        sums[k] = 0;
    for (size_t i = 0; i < space->n_params; i++) {
        const double *column = nearest->places + i * nearest->n + first;

        if (space->params[i].type == WN_PARAM_CATEGORICAL)
            add_categories(&space->params[i], column, n, point, point->at[i], sums);
        else
            add_distances(column, n, point->at[i], sums);
    }
}

static void add_gaps(const double *low,
                     const double *high,
                     size_t n,
                     double at,
                     double *sums)
{
    for (size_t k = 0; k < n; k++) {
        double below = low[k] - at, above = at - high[k];
        double gap = below > above ? below : above;

        gap = gap > 0 ? gap : 0;
        sums[k] += gap * gap;
    }
}

/* A box of several categories may be anywhere. */
static void add_category_gaps(const struct wn_param *param,
                              const double *low,
                              const double *high,
                              size_t n,
                              const struct point *point,
                              double own,
                              double *sums)
{
    for (size_t k = 0; k < n; k++)
        if (!(low[k] < high[k]))
            sums[k] += category_distance(param, point, own, low[k]);
}

/* At most the squared distances of all in the `n` boxes from number `first` on. */
static void measure_boxes(const struct wn_nearest *nearest,
                          const struct point *point,
                          size_t first,
                          size_t n,
                          double *sums)
{
    const struct wn_space *space = nearest->space;

    for (size_t k = 0; k < n; k++)
        sums[k] = 0;
    for (size_t i = 0; i < space->n_params; i++) {
        const double *low = nearest->low + i * nearest->n_blocks + first;
        const double *high = nearest->high + i * nearest->n_blocks + first;

        if (space->params[i].type == WN_PARAM_CATEGORICAL)
            add_category_gaps(&space->params[i], low, high, n, point, point->at[i], sums);
        else
            add_gaps(low, high, n, point->at[i], sums);
    }
}

/* --- looks --- */

static bool has_wanted(const union wn_cell *cells, const struct look *look)
{
    for (size_t i = 0; i < look->n_wanted; i++)
        if (cells[look->which[i]].i != look->wanted[look->which[i]].i)
            return false;
    return true;
}

static size_t size_of(const struct wn_nearest *nearest, size_t block)
{
    size_t left = nearest->n - block * BLOCK;

    return left < BLOCK ? left : BLOCK;
}

static void look_at(const struct wn_nearest *nearest,
                    const struct point *point,
                    size_t block,
                    struct look *look)
{
    const uint32_t *number = nearest->number + block * BLOCK;
    size_t n = size_of(nearest, block);
    double sums[BLOCK];

    measure(nearest, point, block * BLOCK, n, sums);
    for (size_t k = 0; k < n; k++) {
        bool is_nearer =
            sums[k] < look->least || (!(sums[k] > look->least) && number[k] < look->best);

        if (!is_nearer || !has_wanted(wn_config_set_at(nearest->set, number[k]), look))
            continue;
        look->least = sums[k];
        look->best = number[k];
    }
}

static size_t find(const struct wn_nearest *nearest,
                   const struct point *point,
                   struct look *look)
{
    double sums[BOXES];

    look->least = (double)INFINITY;
    look->best = SIZE_MAX;
    for (size_t first = 0; first < nearest->n_blocks; first += BOXES) {
        size_t n = nearest->n_blocks - first, nearest_box = 0;

        n = n < BOXES ? n : BOXES;
        measure_boxes(nearest, point, first, n, sums);
        for (size_t k = 1; k < n; k++)
            if (sums[k] < sums[nearest_box])
                nearest_box = k;
        if (sums[nearest_box] <= look->least + MARGIN)
            look_at(nearest, point, first + nearest_box, look);
        for (size_t k = 0; k < n; k++)
            if (k != nearest_box && sums[k] <= look->least + MARGIN)
                look_at(nearest, point, first + k, look);
    }
    return look->best;
}

size_t wn_nearest_to_cube(const struct wn_nearest *nearest, const double *cube)
{
    struct look look = {0};
    struct point point;

    point_of_cube(nearest->space, cube, &point);
    return find(nearest, &point, &look);
}

size_t wn_nearest_to_cells(const struct wn_nearest *nearest,
                           const union wn_cell *cells,
                           const union wn_cell *wanted,
                           const size_t *which,
                           size_t n)
{
    struct look look = {.wanted = wanted, .which = which, .n_wanted = n};
    struct point point;

    point_of_cells(nearest->space, cells, &point);
    return find(nearest, &point, &look);
}

/* --- the order --- */

struct item {
    double place;
    uint32_t number;
};

static int compare(const struct item *x, const struct item *y)
{
    if (x->place < y->place || x->place > y->place)
        return x->place < y->place ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* The list while it is put in order: of each parameter a column of places, as given. */
struct given {
    const double *places;
    struct item *items; /* room */
};

/* Of some of the list along one parameter; categories differ or not. */
static double spread(const struct wn_param *param,
                     const double *column,
                     const uint32_t *number,
                     size_t n)
{
    double low = column[number[0]], high = low;

    for (size_t k = 1; k < n; k++) {
        double place = column[number[k]];

        low = place < low ? place : low;
        high = place > high ? place : high;
    }
    if (param->type == WN_PARAM_CATEGORICAL)
        return high > low ? 1 : 0;
    return high - low;
}

static void exchange(struct item *a, struct item *b)
{
    struct item other = *a;

    *a = *b;
    *b = other;
}

/* Put the `k` least items in front (Hoare: Algorithm 65, FIND, CACM 4 (1961)). */
static void select_least(struct item *items, size_t n, size_t k)
{
    size_t from = 0, to = n;

    while (to - from > 1) {
        struct item pivot = items[from + (to - from - 1) / 2];
        size_t i = from, j = to - 1;

        for (;;) {
            while (compare(&items[i], &pivot) < 0)
                i++;
            while (compare(&pivot, &items[j]) < 0)
                j--;
            if (i >= j)
                break;
            exchange(&items[i++], &items[j--]);
        }
        if (k <= j)
            to = j + 1;
        else
            from = j + 1;
    }
}

/* Cut behind the first `k`, along the parameter in which they are spread widest. */
static void cut(const struct wn_nearest *nearest,
                const struct given *given,
                uint32_t *number,
                size_t n,
                size_t k)
{
    const double *widest = NULL;
    double most = 0;

    for (size_t i = 0; i < nearest->space->n_params; i++) {
        const double *column = given->places + i * nearest->n;
        double own = spread(&nearest->space->params[i], column, number, n);

        if (own > most) {
            most = own;
            widest = column;
        }
    }
    if (!widest)
        return;
    for (size_t i = 0; i < n; i++)
        given->items[i] = (struct item){widest[number[i]], number[i]};
    select_least(given->items, n, k);
    for (size_t i = 0; i < n; i++)
        number[i] = given->items[i].number;
}

/* Halves of halves, each of a power of two blocks but the last. */
static void arrange(struct wn_nearest *nearest, const struct given *given)
{
    size_t width = BLOCK;

    for (size_t i = 0; i < nearest->n; i++)
        nearest->number[i] = (uint32_t)i;
    while (width < nearest->n)
        width *= 2;
    for (; width > BLOCK; width /= 2)
        for (size_t first = 0; first < nearest->n; first += width) {
            size_t left = nearest->n - first;

            if (left > width / 2)
                cut(nearest, given, nearest->number + first, left < width ? left : width,
                    width / 2);
        }
}

static void box(struct wn_nearest *nearest, size_t param, size_t block)
{
    const double *column = nearest->places + param * nearest->n + block * BLOCK;
    double low = column[0], high = low;

    for (size_t k = 1; k < size_of(nearest, block); k++) {
        low = column[k] < low ? column[k] : low;
        high = column[k] > high ? column[k] : high;
    }
    nearest->low[param * nearest->n_blocks + block] = low;
    nearest->high[param * nearest->n_blocks + block] = high;
}

/* `places`: room for as many as the nearest's own. */
static void fill(struct wn_nearest *nearest, double *places, struct item *items)
{
    struct given given = {.places = places, .items = items};
    size_t n = nearest->n, n_params = nearest->space->n_params;

    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n_params; i++)
            places[i * n + k] = place_of(&nearest->space->params[i],
                                         wn_config_set_at(nearest->set, k)[i]);
    arrange(nearest, &given);
    for (size_t i = 0; i < n_params; i++) {
        for (size_t k = 0; k < n; k++)
            nearest->places[i * n + k] = places[i * n + nearest->number[k]];
        for (size_t block = 0; block < nearest->n_blocks; block++)
            box(nearest, i, block);
    }
}

void wn_nearest_destroy(struct wn_nearest *nearest)
{
    if (!nearest)
        return;
    wn_free(nearest->number);
    wn_free(nearest->places);
    wn_free(nearest->low);
    wn_free(nearest->high);
    wn_free(nearest);
}

static bool make_room(struct wn_nearest *nearest, size_t n_params)
{
    size_t n = nearest->n, n_blocks = nearest->n_blocks;

    nearest->number = wn_alloc_array(n, sizeof *nearest->number);
    nearest->places = wn_alloc_array(n, n_params * sizeof *nearest->places);
    nearest->low = wn_alloc_array(n_blocks, n_params * sizeof *nearest->low);
    nearest->high = wn_alloc_array(n_blocks, n_params * sizeof *nearest->high);
    return nearest->number && nearest->places && nearest->low && nearest->high;
}

struct wn_nearest *wn_nearest_create(const struct wn_space *space,
                                     const struct wn_config_set *set)
{
    struct wn_nearest *nearest = wn_alloc(sizeof *nearest);
    size_t n = wn_config_set_size(set), n_params = space->n_params ? space->n_params : 1;
    double *places = wn_alloc_array(n, n_params * sizeof *places);
    struct item *items = wn_alloc_array(n, sizeof *items);
    bool is_made = nearest && places && items;

    WN_ASSERT(n > 0 && n < UINT32_MAX);
    if (is_made) {
        nearest->space = space;
        nearest->set = set;
        nearest->n = n;
        nearest->n_blocks = (n + BLOCK - 1) / BLOCK;
        is_made = make_room(nearest, n_params);
    }
    if (is_made)
        fill(nearest, places, items);
    wn_free(places);
    wn_free(items);
    if (is_made)
        return nearest;
    wn_nearest_destroy(nearest);
    return NULL;
}
