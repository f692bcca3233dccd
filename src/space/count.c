/* count.c - the number of configurations, conditions honoured.
 *
 * Parameters that no condition ties together multiply. Where conditions tie some, the
 * first of them that rests on no other is split into runs of values that all conditions
 * on it treat alike; for each run the rest is counted anew, where it often falls apart
 * into independent pieces. A tree of conditions so costs about its size. Counting in
 * general is as hard as counting the solutions of a logical formula: after BUDGET steps
 * the answer is that the number is not known. Constants take part as entries of one
 * value, because their own conditions pass through them.
 */
#include "space/space_internal.h"

#include <stdlib.h>

enum { BUDGET = 20000000 };

#define TOO_MANY (UINT64_C(1) << 53)

struct counting {
    const struct wn_space *space;
    union wn_cell *cells; /* of all entries; WN_CELL_OFF: off */
    bool *is_decided;
    size_t *position; /* in the list being cut into pieces; SIZE_MAX: not in it */
    uint64_t n_steps;
    bool is_stopped; /* infinite, 2^53 or more, or the budget is spent */
    bool no_memory;
};

static uint64_t count_list(struct counting *k, const size_t *list, size_t n);

static void stop(struct counting *k)
{
    k->is_stopped = true;
}

static uint64_t times(struct counting *k, uint64_t a, uint64_t b)
{
    if (a && b > TOO_MANY / a)
        stop(k);
    return k->is_stopped ? 0 : a * b;
}

/* Whether what is decided already switches `entry` off. Its own conditions suffice: when
 * one higher up fails, the entry between is decided to be off. */
static bool is_off(struct counting *k, size_t entry)
{
    const struct wn_entry *e = &k->space->entries[entry];

    k->n_steps += e->n_conditions;
    for (size_t i = 0; i < e->n_conditions; i++) {
        const struct wn_condition *c = &e->conditions[i];

        if (k->is_decided[c->on] && (k->cells[c->on].i == WN_CELL_OFF ||
                                     !wn_condition_holds(c, k->space, k->cells)))
            return true;
    }
    return false;
}

static uint64_t count_values(const struct counting *k, size_t entry)
{
    return entry < k->space->n_params ? wn_param_count(&k->space->params[entry]) : 1;
}

/* --- the runs of values that all conditions on a parameter treat alike --- */

struct runs {
    WN_VEC(uint64_t) starts; /* index of the first value of each, and of the end */
};

static void cut(struct counting *k, struct runs *runs, uint64_t index)
{
    uint64_t *start = wn_vec_push(&runs->starts);

    if (start)
        *start = index;
    else
        k->no_memory = true;
}

static int compare_indices(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void cut_condition(struct counting *k,
                          struct runs *runs,
                          const struct wn_condition *c)
{
    const struct wn_param *param = &k->space->params[c->on];
    uint64_t index = 0;

    if (c->kind == WN_CONDITION_RANGE) {
        cut(k, runs, wn_param_n_below(param, c->low, false));
        cut(k, runs, wn_param_n_below(param, c->high, true));
    }
    for (size_t i = 0; i < c->n_cells; i++) {
        if (!wn_param_index(param, c->cells[i], &index))
            continue;
        cut(k, runs, index);
        cut(k, runs, index + 1);
    }
}

static void find_runs(struct counting *k,
                      size_t on,
                      const size_t *others,
                      size_t n_others,
                      struct runs *runs)
{
    size_t n_kept = 1;

    cut(k, runs, 0);
    cut(k, runs, count_values(k, on));
    for (size_t o = 0; o < n_others; o++) {
        const struct wn_entry *e = &k->space->entries[others[o]];

        k->n_steps += e->n_conditions;
        for (size_t i = 0; i < e->n_conditions && !k->no_memory; i++)
            if (e->conditions[i].on == on && e->conditions[i].kind != WN_CONDITION_FIXED)
                cut_condition(k, runs, &e->conditions[i]);
    }
    if (k->no_memory)
        return;
    qsort(runs->starts.at, runs->starts.n, sizeof *runs->starts.at, compare_indices);
    for (size_t i = 1; i < runs->starts.n; i++)
        if (runs->starts.at[i] != runs->starts.at[n_kept - 1])
            runs->starts.at[n_kept++] = runs->starts.at[i];
    runs->starts.n = n_kept;
}

/* --- pieces --- */

/* The first of `piece` rests on nothing undecided: the list is in sequence. */
static uint64_t count_piece(struct counting *k, const size_t *piece, size_t n)
{
    bool is_param = piece[0] < k->space->n_params;
    uint64_t count = count_values(k, piece[0]), total = 0;
    struct runs runs = {{0}};

    if (!count)
        stop(k);
    if (!count || n == 1)
        return count;
    find_runs(k, piece[0], piece + 1, n - 1, &runs);
    for (size_t i = 0; i + 1 < runs.starts.n && !k->is_stopped && !k->no_memory; i++) {
        uint64_t length = runs.starts.at[i + 1] - runs.starts.at[i];

        k->cells[piece[0]].i = 0;
        if (is_param)
            k->cells[piece[0]] =
                wn_param_cell(&k->space->params[piece[0]], runs.starts.at[i]);
        k->is_decided[piece[0]] = true;
        total += times(k, length, count_list(k, piece + 1, n - 1));
        if (total >= TOO_MANY)
            stop(k);
    }
    k->is_decided[piece[0]] = false;
    wn_vec_release(&runs.starts);
    return total;
}

static size_t root_of(size_t *piece, size_t i)
{
    while (piece[i] != i)
        i = piece[i] = piece[piece[i]];
    return i;
}

/* Give every member of `list` the number of its piece: the smallest position in it. */
static void find_pieces(struct counting *k, const size_t *list, size_t n, size_t *piece)
{
    for (size_t i = 0; i < n; i++) {
        piece[i] = i;
        k->position[list[i]] = i;
    }
    for (size_t i = 0; i < n; i++) {
        const struct wn_entry *e = &k->space->entries[list[i]];

        k->n_steps += 1 + e->n_conditions;
        for (size_t j = 0; j < e->n_conditions; j++) {
            size_t other = k->position[e->conditions[j].on], here = root_of(piece, i);

            if (other == SIZE_MAX)
                continue; /* decided */
            other = root_of(piece, other);
            piece[other > here ? other : here] = other > here ? here : other;
        }
    }
    for (size_t i = 0; i < n; i++) {
        piece[i] = root_of(piece, i);
        k->position[list[i]] = SIZE_MAX;
    }
}

/* Drop what is off, and decide that it is. */
static size_t sift(struct counting *k, const size_t *list, size_t n, size_t *kept)
{
    size_t n_kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (is_off(k, list[i])) {
            k->cells[list[i]].i = WN_CELL_OFF;
            k->is_decided[list[i]] = true;
        } else {
            kept[n_kept++] = list[i];
        }
    }
    return n_kept;
}

/* Configurations of the entries in `list`, which is in sequence. */
static uint64_t count_list(struct counting *k, const size_t *list, size_t n)
{
    size_t *kept = wn_alloc_array(3 * n, sizeof *kept);
    size_t *pieces = kept ? kept + n : NULL, *piece = kept ? kept + 2 * n : NULL;
    uint64_t product = 1;
    size_t n_kept;

    if (!kept) {
        k->no_memory = true;
        return 0;
    }
    n_kept = sift(k, list, n, kept);
    if (k->n_steps > BUDGET)
        stop(k);
    else
        find_pieces(k, kept, n_kept, pieces);
    for (size_t i = 0; i < n_kept && !k->is_stopped && !k->no_memory; i++) {
        size_t n_piece = 0;

        if (pieces[i] != i)
            continue;
        for (size_t j = i; j < n_kept; j++)
            if (pieces[j] == i)
                piece[n_piece++] = kept[j];
        k->n_steps += n_kept;
        product = times(k, product, count_piece(k, piece, n_piece));
    }
    for (size_t i = 0; i < n; i++)
        k->is_decided[list[i]] = false;
    wn_free(kept);
    return product;
}

bool wn_space_count(struct wn_space *space)
{
    size_t n = space->n_params + space->n_constants;
    struct counting k = {.space = space};

    k.cells = wn_alloc_array(n, sizeof *k.cells);
    k.is_decided = wn_alloc_array(n, sizeof *k.is_decided);
    k.position = wn_alloc_array(n, sizeof *k.position);
    k.no_memory = !k.cells || !k.is_decided || !k.position;
    for (size_t i = 0; !k.no_memory && i < n; i++)
        k.position[i] = SIZE_MAX;
    if (!k.no_memory)
        space->size = count_list(&k, space->sequence, n);
    space->has_size = !k.is_stopped && !k.no_memory && space->size < TOO_MANY;
    wn_free(k.cells);
    wn_free(k.is_decided);
    wn_free(k.position);
    return !k.no_memory;
}
