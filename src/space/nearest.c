/* nearest.c - the nearest of a list of configurations.
 *
 * Searchers ask for it up to 16 times a proposal (a child of a parent that is not in
 * the list), and every simulated trial for its row of a table, so the list is not gone
 * through. It is put in an order in which neighbours stand together: cut into halves along
 * the parameter in which it is spread widest, the halves again, until LANES configurations
 * are left (Friedman, Bentley, Finkel: An algorithm for finding best matches in logarithmic
 * expected time, ACM TOMS 3 (1977)). These are a block; of every block the box is known that
 * holds it, of every LANES boxes the box that holds them, and so on up to at most LANES. A
 * look measures the distances to LANES boxes at once, and then looks into those that are
 * not farther than the nearest configuration so far, the nearest box first. What is measured
 * at once stands together, parameter by parameter: plain loops of a fixed length.
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
    LANES = 16, /* what is measured at once: configurations, or boxes */
    LEVELS = 8
};

/* A loop of LANES steps becomes one of vectors; gcc 12 would rather write out all its steps. */
#define KEEP_LOOP _Pragma("GCC unroll 4")

_Static_assert(LANES == 16 && LEVELS * 4 >= 32, "numbers of a list have 32 bits");

/* A box that is farther by less may hold one that is not: sums are rounded. */
#define MARGIN 1e-9

/* Boxes around blocks, or around the boxes of the level below. */
struct level {
    size_t n;
    double *middle, *half; /* half: of the width; see columns_of() */
};

struct wn_nearest {
    const struct wn_space *space;
    const struct wn_config_set *set;
    size_t n, n_levels;
    uint32_t *number;            /* of each place in the order: which of the list it is */
    double *places;              /* see columns_of(): coordinates, or categories */
    struct level levels[LEVELS]; /* the last one has at most LANES boxes */
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

/* The columns of group number `group`: of each parameter the LANES values in it. */
static double *columns_of(const struct wn_nearest *nearest, double *values, size_t group)
{
    return values + group * nearest->space->n_params * LANES;
}

static size_t n_groups(size_t n)
{
    return (n + LANES - 1) / LANES;
}

/* How many of `n` there are in a group. */
static size_t size_of(size_t n, size_t group)
{
    size_t left = n - group * LANES;

    return left < LANES ? left : LANES;
}

/* Add to each sum the squared distance in the dimensions of one parameter. */
static void add_distances(const double *restrict column, double at, double *restrict sums)
{
    KEEP_LOOP
    for (size_t k = 0; k < LANES; k++)
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
                           const struct point *point,
                           double own,
                           double *sums)
{
    for (size_t k = 0; k < LANES; k++)
        sums[k] += category_distance(param, point, own, column[k]);
}

/* Squared distances of the configurations of a block. */
static void measure(const struct wn_nearest *nearest,
                    const struct point *point,
                    size_t block,
                    double *sums)
{
    const struct wn_space *space = nearest->space;
    const double *column = columns_of(nearest, nearest->places, block);

    for (size_t k = 0; k < LANES; k++)
        sums[k] = 0;
    for (size_t i = 0; i < space->n_params; i++, column += LANES)
        if (space->params[i].type == WN_PARAM_CATEGORICAL)
            add_categories(&space->params[i], column, point, point->at[i], sums);
        else
            add_distances(column, point->at[i], sums);
}

/* Four times the square of the gap: x + |x| is 2 x or 0, without a branch. */
static void add_gaps(const double *restrict middle,
                     const double *restrict half,
                     double at,
                     double *restrict sums)
{
    KEEP_LOOP
    for (size_t k = 0; k < LANES; k++) {
        double gap = fabs(at - middle[k]) - half[k];

        gap += fabs(gap);
        sums[k] += gap * gap;
    }
}

/* The same of a categorical: a box of several categories may be anywhere. */
static void add_category_gaps(const struct wn_param *param,
                              const double *middle,
                              const double *half,
                              const struct point *point,
                              double own,
                              double *sums)
{
    for (size_t k = 0; k < LANES; k++)
        if (!(half[k] > 0))
            sums[k] += 4 * category_distance(param, point, own, middle[k]);
}

/* What the squared distances of all in the boxes of a group are at least. */
static void measure_boxes(const struct wn_nearest *nearest,
                          const struct level *level,
                          const struct point *point,
                          size_t group,
                          double *sums)
{
    const struct wn_space *space = nearest->space;
    const double *middle = columns_of(nearest, level->middle, group);
    const double *half = columns_of(nearest, level->half, group);

    for (size_t k = 0; k < LANES; k++)
        sums[k] = 0;
    for (size_t i = 0; i < space->n_params; i++, middle += LANES, half += LANES)
        if (space->params[i].type == WN_PARAM_CATEGORICAL)
            add_category_gaps(&space->params[i], middle, half, point, point->at[i], sums);
        else
            add_gaps(middle, half, point->at[i], sums);
    for (size_t k = 0; k < LANES; k++)
        sums[k] /= 4;
}

/* --- looks --- */

static bool has_wanted(const union wn_cell *cells, const struct look *look)
{
    for (size_t i = 0; i < look->n_wanted; i++)
        if (cells[look->which[i]].i != look->wanted[look->which[i]].i)
            return false;
    return true;
}

static void look_at(const struct wn_nearest *nearest,
                    const struct point *point,
                    size_t block,
                    struct look *look)
{
    const uint32_t *number = nearest->number + block * LANES;
    size_t n = size_of(nearest->n, block);
    double sums[LANES];

    measure(nearest, point, block, sums);
    for (size_t k = 0; k < n; k++) {
        if (sums[k] > look->least)
            continue;
        if (!(sums[k] < look->least) && number[k] > look->best)
            continue;
        if (!has_wanted(wn_config_set_at(nearest->set, number[k]), look))
            continue;
        look->least = sums[k];
        look->best = number[k];
    }
}

static void look_into(const struct wn_nearest *nearest,
                      const struct point *point,
                      size_t level,
                      size_t group,
                      struct look *look);

/* Look into one box of a level unless it is too far away. */
static void enter(const struct wn_nearest *nearest,
                  const struct point *point,
                  size_t level,
                  size_t box,
                  double distance,
                  struct look *look)
{
    if (distance > look->least + MARGIN)
        return;
    if (level)
        look_into(nearest, point, level - 1, box, look);
    else
        look_at(nearest, point, box, look);
}

static void look_into(const struct wn_nearest *nearest,
                      const struct point *point,
                      size_t level,
                      size_t group,
                      struct look *look)
{
    size_t n = size_of(nearest->levels[level].n, group), first = group * LANES, least = 0;
    double sums[LANES];

    measure_boxes(nearest, &nearest->levels[level], point, group, sums);
    for (size_t k = 1; k < n; k++)
        if (sums[k] < sums[least])
            least = k;
    enter(nearest, point, level, first + least, sums[least], look);
    for (size_t k = 0; k < n; k++)
        if (k != least)
            enter(nearest, point, level, first + k, sums[k], look);
}

static size_t find(const struct wn_nearest *nearest,
                   const struct point *point,
                   struct look *look)
{
    look->least = (double)INFINITY;
    look->best = SIZE_MAX;
    look_into(nearest, point, nearest->n_levels - 1, 0, look);
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
    size_t width = LANES;

    for (size_t i = 0; i < nearest->n; i++)
        nearest->number[i] = (uint32_t)i;
    while (width < nearest->n)
        width *= 2;
    for (; width > LANES; width /= 2)
        for (size_t first = 0; first < nearest->n; first += width) {
            size_t left = nearest->n - first;

            if (left > width / 2)
                cut(nearest, given, nearest->number + first, left < width ? left : width,
                    width / 2);
        }
}

/* Least and largest of `n` things along a parameter, each from middle - half to middle + half. */
static void enclose(const double *middle,
                    const double *half,
                    size_t n,
                    double *own_middle,
                    double *own_half)
{
    double low = (double)INFINITY, high = -(double)INFINITY;

    for (size_t k = 0; k < n; k++) {
        double extent = half ? half[k] : 0;

        low = fmin(low, middle[k] - extent);
        high = fmax(high, middle[k] + extent);
    }
    *own_middle = low / 2 + high / 2;
    *own_half = high / 2 - low / 2;
}

/* The boxes of a level, around those of the one below (half NULL: configurations). */
static void enclose_all(struct wn_nearest *nearest,
                        const struct level *below,
                        const struct level *level)
{
    for (size_t box = 0; box < level->n; box++)
        for (size_t i = 0; i < nearest->space->n_params; i++) {
            size_t at = i * LANES + box % LANES;

            enclose(columns_of(nearest, below->middle, box) + i * LANES,
                    below->half ? columns_of(nearest, below->half, box) + i * LANES
                                : NULL,
                    size_of(below->n, box),
                    columns_of(nearest, level->middle, box / LANES) + at,
                    columns_of(nearest, level->half, box / LANES) + at);
        }
}

/* `places`: room for as many as the nearest's own. */
static void fill(struct wn_nearest *nearest, double *places, struct item *items)
{
    struct given given = {.places = places, .items = items};
    size_t n = nearest->n, n_params = nearest->space->n_params;
    struct level below;

    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n_params; i++)
            places[i * n + k] = place_of(&nearest->space->params[i],
                                         wn_config_set_at(nearest->set, k)[i]);
    arrange(nearest, &given);
    for (size_t k = 0; k < n; k++) {
        double *columns = columns_of(nearest, nearest->places, k / LANES) + k % LANES;

        for (size_t i = 0; i < n_params; i++)
            columns[i * LANES] = places[i * n + nearest->number[k]];
    }
    below = (struct level){.n = n, .middle = nearest->places};
    for (size_t i = 0; i < nearest->n_levels; i++) {
        enclose_all(nearest, &below, &nearest->levels[i]);
        below = nearest->levels[i];
    }
}

void wn_nearest_destroy(struct wn_nearest *nearest)
{
    if (!nearest)
        return;
    for (size_t i = 0; i < nearest->n_levels; i++) {
        wn_free(nearest->levels[i].middle);
        wn_free(nearest->levels[i].half);
    }
    wn_free(nearest->number);
    wn_free(nearest->places);
    wn_free(nearest);
}

/* Zeros, in groups of columns: a value of any parameter, so that what a group has beyond its
 * number is measured too, and not looked at. */
static double *new_columns(size_t n, size_t n_params)
{
    return wn_alloc_array(n_groups(n) * LANES, n_params * sizeof(double));
}

static bool make_room(struct wn_nearest *nearest, size_t n_params)
{
    size_t n = nearest->n;
    bool ok;

    nearest->number = wn_alloc_array(n, sizeof *nearest->number);
    nearest->places = new_columns(n, n_params);
    ok = nearest->number && nearest->places;
    do {
        struct level *level = &nearest->levels[nearest->n_levels++];

        n = n_groups(n);
        level->n = n;
        level->middle = new_columns(n, n_params);
        level->half = new_columns(n, n_params);
        ok = ok && level->middle && level->half;
    } while (n > LANES);
    return ok;
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
