/* base/registry.h - tables of parts: one file and one line add one.
 *
 * A registry is a .def file of lines WN_X(name), included twice: once to declare the
 * parts, once to make their table. What looks them up is the same for all:
 *
 *     #define WN_SCHED(name) extern const struct wn_sched_ops wn_sched_##name;
 *     #include "sched/schedulers.def"
 *     #undef WN_SCHED
 *
 *     static const struct wn_sched_ops *const table[] = {
 *     #define WN_SCHED(name) &wn_sched_##name,
 *     #include "sched/schedulers.def"
 *     #undef WN_SCHED
 *     };
 *
 *     WN_REGISTRY(struct wn_sched_ops, wn_sched, table)
 *
 * defines wn_sched_at(index), NULL behind the last, and wn_sched_find(name), exact, NULL
 * if there is none. A part's struct has a member `name`.
 */
#ifndef WN_BASE_REGISTRY_H
#define WN_BASE_REGISTRY_H

#include <stddef.h>
#include <string.h>

#define WN_REGISTRY(type, prefix, table)                                         \
    const type *prefix##_at(size_t index)                                        \
    {                                                                            \
        return index < sizeof(table) / sizeof(table)[0] ? (table)[index] : NULL; \
    }                                                                            \
                                                                                 \
    const type *prefix##_find(const char *name)                                  \
    {                                                                            \
        const type *part;                                                        \
                                                                                 \
        for (size_t i = 0; (part = prefix##_at(i)); i++)                         \
            if (strcmp(part->name, name) == 0)                                   \
                return part;                                                     \
        return NULL;                                                             \
    }

#endif /* WN_BASE_REGISTRY_H */
