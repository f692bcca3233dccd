/* space.c - a finished space: its parts by number and by name, and its end. */
#include "space/space_internal.h"

#include <string.h>

#include "base/assert.h"

void wn_space_destroy(struct wn_space *space)
{
    if (!space)
        return;
    wn_restriction_destroy(space->restriction);
    wn_json_destroy(space->root);
    wn_arena_release(&space->arena);
    wn_free(space);
}

size_t wn_space_n_params(const struct wn_space *space)
{
    return space->n_params;
}

const struct wn_param *wn_space_param(const struct wn_space *space, size_t index)
{
    WN_ASSERT(index < space->n_params);
    return &space->params[index];
}

size_t wn_space_find(const struct wn_space *space, const char *name)
{
    for (size_t i = 0; i < space->n_params; i++)
        if (!strcmp(space->params[i].name, name))
            return i;
    return SIZE_MAX;
}

size_t wn_space_n_constants(const struct wn_space *space)
{
    return space->n_constants;
}

const char *wn_space_constant(const struct wn_space *space,
                              size_t index,
                              const struct wn_json **value)
{
    const struct wn_entry *entry;

    WN_ASSERT(index < space->n_constants);
    entry = &space->entries[space->n_params + index];
    *value = entry->value;
    return entry->name;
}

const char *wn_space_nearest_name(const struct wn_space *space, const char *name)
{
    size_t n = space->n_params + space->n_constants;
    const char **names = wn_alloc_array(n + 1, sizeof *names); /* zeroed: NULL ends it */
    const char *nearest;

    if (!names)
        return NULL;
    for (size_t i = 0; i < n; i++)
        names[i] = space->entries[i].name;
    nearest = wn_nearest_name(name, names);
    wn_free(names);
    return nearest;
}

size_t wn_space_n_dims(const struct wn_space *space)
{
    return space->n_dims;
}

uint64_t wn_space_fingerprint(const struct wn_space *space)
{
    return space->fingerprint;
}

bool wn_space_size(const struct wn_space *space, uint64_t *size)
{
    if (space->has_size)
        *size = space->size;
    return space->has_size;
}
