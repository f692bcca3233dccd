/* placement/topology_internal.h - cores and sets of processors, as hwloc has them. */
#ifndef WN_PLACEMENT_TOPOLOGY_INTERNAL_H
#define WN_PLACEMENT_TOPOLOGY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <hwloc.h>

#include "base/error.h"
#include "placement/placement.h"

struct wn_topology {
    hwloc_topology_t hwloc;
    bool is_here; /* the machine this process runs on: binding is real */
};

hwloc_const_cpuset_t wn_topology_set(const struct wn_topology *topology); /* borrowed */
size_t wn_topology_n_all_cores(const struct wn_topology *topology);
hwloc_const_cpuset_t wn_topology_core(const struct wn_topology *topology, size_t index);

/* `out` has WN_CPULIST_MAX bytes. */
enum wn_status wn_cpulist_print(hwloc_const_cpuset_t set,
                                char *out,
                                struct wn_error *err) WN_MUST_CHECK;
/* A non-empty list within the machine; the caller frees *out with hwloc_bitmap_free(). */
enum wn_status wn_cpulist_read(const struct wn_topology *topology,
                               const char *cpulist,
                               hwloc_cpuset_t *out,
                               struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_PLACEMENT_TOPOLOGY_INTERNAL_H */
