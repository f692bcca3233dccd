/* switches.c - which parameters others depend on, for those who enumerate a space. */
#include "space/space_internal.h"

#include "base/assert.h"

bool wn_space_is_switch(const struct wn_space *space, size_t index)
{
    WN_ASSERT(index < space->n_params);
    for (size_t i = 0; i < space->n_params; i++)
        for (size_t j = 0; j < space->entries[i].n_conditions; j++)
            if (space->entries[i].conditions[j].on == index)
                return true;
    return false;
}

static bool has_condition(const struct wn_entry *entry,
                          const struct wn_condition *condition)
{
    for (size_t i = 0; i < entry->n_conditions; i++)
        if (entry->conditions[i].on == condition->on &&
            wn_json_equal(entry->conditions[i].json, condition->json))
            return true;
    return false;
}

bool wn_space_same_conditions(const struct wn_space *space, size_t a, size_t b)
{
    const struct wn_entry *first = &space->entries[a], *second = &space->entries[b];

    WN_ASSERT(a < space->n_params && b < space->n_params);
    /* Each names a parameter once, so equal numbers and one direction are enough. */
    if (first->n_conditions != second->n_conditions)
        return false;
    for (size_t i = 0; i < first->n_conditions; i++)
        if (!has_condition(second, &first->conditions[i]))
            return false;
    return true;
}

void wn_space_sequence(const struct wn_space *space, size_t *order)
{
    size_t n = 0;

    for (size_t i = 0; i < space->n_params + space->n_constants; i++)
        if (space->sequence[i] < space->n_params)
            order[n++] = space->sequence[i];
    WN_ASSERT(n == space->n_params);
}
