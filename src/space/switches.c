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

void wn_space_sequence(const struct wn_space *space, size_t *order)
{
    size_t n = 0;

    for (size_t i = 0; i < space->n_params + space->n_constants; i++)
        if (space->sequence[i] < space->n_params)
            order[n++] = space->sequence[i];
    WN_ASSERT(n == space->n_params);
}
