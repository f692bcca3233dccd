/* placement/placement.h - which cores a rank may use and which of them a trial gets.
 *
 * The only module that knows hwloc. Sets of processors travel as text in hwloc's list
 * form ("0-3,8"), so that they cross MPI and appear in messages as they are.
 *
 * Usable = hwloc's allowed set AND the binding the process inherited: neither shows what
 * the other does (mpirun and Slurm set the binding, cgroups the allowed set). The ranks
 * of a node share it: ranks with equal sets split theirs into disjoint shares by whole
 * cores, ranks with different sets keep them. A worker cuts its share into slots of
 * cores_per_trial whole cores; with fewer cores than that there is one slot, shared.
 * GPUs, NUMA and memory will live here too.
 */
#ifndef WN_PLACEMENT_PLACEMENT_H
#define WN_PLACEMENT_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

#define WN_CPULIST_MAX 1024

struct wn_topology;

/* This machine; a recorded one (hwloc XML); or hwloc's synthetic description. A recorded
 * or synthetic machine refuses to bind (WN_EINVAL), so that no plan is mistaken for one. */
enum wn_status wn_topology_load(struct wn_topology **out,
                                struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_topology_load_xml(const char *path,
                                    struct wn_topology **out,
                                    struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_topology_load_synthetic(const char *text,
                                          struct wn_topology **out,
                                          struct wn_error *err) WN_MUST_CHECK;
void wn_topology_destroy(struct wn_topology *topology);
/* "2 packages, 128 cores, 256 hardware threads" and the like; appends. */
void wn_topology_describe(const struct wn_topology *topology, struct wn_buf *out);

/* The processors this process may use; of a recorded machine all. `out`: WN_CPULIST_MAX. */
enum wn_status wn_topology_usable(const struct wn_topology *topology,
                                  char *out,
                                  struct wn_error *err) WN_MUST_CHECK;
/* Whole cores in a list (a core counts when the list holds any of its threads). */
size_t wn_topology_n_cores(const struct wn_topology *topology, const char *cpulist);

/* The share of rank `mine` among the `n` ranks of this node, given each rank's usable
 * list in rank order. More ranks than cores with equal sets: cores are dealt round and
 * *is_shared says that somebody else has the same. */
enum wn_status wn_place_share(const struct wn_topology *topology,
                              const char *const *usable,
                              size_t n,
                              size_t mine,
                              char *out,
                              bool *is_shared,
                              struct wn_error *err) WN_MUST_CHECK;

struct wn_slot {
    char cpulist[WN_CPULIST_MAX];
    size_t n_cores;
    bool is_shared; /* another slot or rank uses these cores too */
};

/* Cut a share into slots; `n_slots` 0: as many as hold, at least one. With `n_slots` more
 * than the cores hold, slots share cores. *out is the caller's (wn_free). */
enum wn_status wn_place_slots(const struct wn_topology *topology,
                              const char *share,
                              size_t cores_per_trial,
                              size_t n_slots,
                              struct wn_slot **out,
                              size_t *n_out,
                              struct wn_error *err) WN_MUST_CHECK;

/* Bind a process (0: the caller) to a slot. */
enum wn_status wn_place_bind(const struct wn_topology *topology,
                             pid_t pid,
                             const struct wn_slot *slot,
                             struct wn_error *err) WN_MUST_CHECK;

/* "hwloc 2.9.0"; appends. */
void wn_placement_library(struct wn_buf *out);

#endif /* WN_PLACEMENT_PLACEMENT_H */
