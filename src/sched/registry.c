/* registry.c - the table of schedulers, made from schedulers.def. */
#include <string.h>

#include "sched/sched.h"

#define WN_SCHED(name) extern const struct wn_sched_ops wn_sched_##name;
#include "sched/schedulers.def"
#undef WN_SCHED

#define WN_SCHED(name) &wn_sched_##name,
static const struct wn_sched_ops *const table[] = {
#include "sched/schedulers.def"
};
#undef WN_SCHED

const struct wn_sched_ops *wn_sched_at(size_t index)
{
    return index < sizeof table / sizeof table[0] ? table[index] : NULL;
}

const struct wn_sched_ops *wn_sched_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}
