/* set.c - a set of configurations: a hash table with open addressing.
 *
 * Configurations lie one after the other in one array, and the table holds their
 * numbers, so that growing moves no configuration and a probe touches little memory.
 * The table is kept at most half full; nothing is ever removed.
 */
#include "space/space_internal.h"

#include <string.h>

enum { FIRST_SLOTS = 64 };

struct wn_config_set {
    const struct wn_space *space; /* outlives the set */
    union wn_cell *cells;         /* n configurations of n_params cells */
    size_t n, room;
    size_t *slots;  /* 0: free, else 1 + number of a configuration */
    size_t n_slots; /* a power of 2, or 0 */
};

struct wn_config_set *wn_config_set_create(const struct wn_space *space)
{
    struct wn_config_set *set = wn_alloc(sizeof *set);

    if (set)
        set->space = space;
    return set;
}

void wn_config_set_destroy(struct wn_config_set *set)
{
    if (!set)
        return;
    wn_free(set->cells);
    wn_free(set->slots);
    wn_free(set);
}

const union wn_cell *wn_config_set_at(const struct wn_config_set *set, size_t number)
{
    size_t n_params = set->space->n_params;

    return n_params ? set->cells + number * n_params : NULL;
}

/* Where the configuration is, or the free slot where it belongs. There is a free one. */
static size_t probe(const struct wn_config_set *set, const union wn_cell *cells)
{
    size_t slot = (size_t)wn_config_hash(set->space, cells) & (set->n_slots - 1);

    while (
        set->slots[slot] &&
        !wn_config_equal(set->space, wn_config_set_at(set, set->slots[slot] - 1), cells))
        slot = (slot + 1) & (set->n_slots - 1);
    return slot;
}

size_t wn_config_set_find(const struct wn_config_set *set, const union wn_cell *cells)
{
    size_t taken = set->n_slots ? set->slots[probe(set, cells)] : 0;

    return taken ? taken - 1 : SIZE_MAX;
}

bool wn_config_set_has(const struct wn_config_set *set, const union wn_cell *cells)
{
    return wn_config_set_find(set, cells) != SIZE_MAX;
}

static bool grow_slots(struct wn_config_set *set)
{
    size_t n_slots = set->n_slots ? 2 * set->n_slots : FIRST_SLOTS;
    size_t *slots = wn_alloc_array(n_slots, sizeof *slots);

    if (!slots)
        return false;
    wn_free(set->slots);
    set->slots = slots;
    set->n_slots = n_slots;
    for (size_t i = 0; i < set->n; i++)
        slots[probe(set, wn_config_set_at(set, i))] = i + 1;
    return true;
}

static bool grow_cells(struct wn_config_set *set)
{
    size_t n_params = set->space->n_params;
    size_t room = set->room ? 2 * set->room : FIRST_SLOTS / 2;
    union wn_cell *cells;

    if (n_params && room > SIZE_MAX / n_params / sizeof *cells)
        return false;
    cells = wn_realloc(set->cells, n_params ? room * n_params * sizeof *cells : 1);
    if (!cells)
        return false;
    set->cells = cells;
    set->room = room;
    return true;
}

enum wn_status wn_config_set_add(struct wn_config_set *set,
                                 const union wn_cell *cells,
                                 struct wn_error *err)
{
    size_t n_params = set->space->n_params;

    if (wn_config_set_has(set, cells))
        return WN_OK;
    if ((2 * (set->n + 1) > set->n_slots && !grow_slots(set)) ||
        (set->n == set->room && !grow_cells(set)))
        return wn_fail(err, WN_ENOMEM, "no memory for a set of %zu configurations",
                       set->n + 1);
    if (n_params)
        memcpy(set->cells + set->n * n_params, cells, n_params * sizeof *cells);
    set->slots[probe(set, cells)] = ++set->n;
    return WN_OK;
}

size_t wn_config_set_size(const struct wn_config_set *set)
{
    return set->n;
}
