/* placement.c - dealing cores to ranks and slots.
 *
 * Cores are dealt in hwloc's logical order, in which neighbours share caches, so that a
 * share and a slot lie together. What two holders share is judged by cores: the threads
 * of one core do not run side by side at full speed.
 */
#include "placement/placement.h"

#include <errno.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/mem.h"
#include "placement/topology_internal.h"

enum { SLOTS_MAX = 16384 };

/* The cores of a set, by index, in logical order. */
struct cores {
    size_t *at;
    size_t n;
};

static enum wn_status cores_of(const struct wn_topology *topology,
                               hwloc_const_cpuset_t set,
                               struct cores *out,
                               struct wn_error *err)
{
    size_t n_all = wn_topology_n_all_cores(topology);

    out->n = 0;
    out->at = wn_alloc_array(n_all, sizeof *out->at);
    if (!out->at)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu cores", n_all);
    for (size_t i = 0; i < n_all; i++)
        if (hwloc_bitmap_intersects(wn_topology_core(topology, i), set))
            out->at[out->n++] = i;
    if (!out->n) { /* a recorded machine may have processors outside its cores */
        wn_free(out->at);
        out->at = NULL;
        return wn_fail(err, WN_EINVAL, "the processors given belong to no core");
    }
    return WN_OK;
}

/* What one rank of a node gets: cores first..first+n-1 of its usable set. */
struct share {
    size_t first, n;
};

/* Rank number `index` of `n_ranks` that share `n_cores`. */
static struct share share_of(size_t n_cores, size_t n_ranks, size_t index)
{
    size_t each, more;

    WN_ASSERT(n_cores > 0 && n_ranks > 0);
    each = n_cores / n_ranks;
    more = n_cores % n_ranks;
    if (each == 0) /* dealt round */
        return (struct share){.first = index % n_cores, .n = 1};
    return (struct share){.first = index * each + (index < more ? index : more),
                          .n = each + (index < more)};
}

struct rank {
    hwloc_cpuset_t usable;
    hwloc_cpuset_t share; /* whole cores, also threads the rank may not use */
};

struct node {
    const struct wn_topology *topology;
    struct rank *ranks;
    size_t n;
};

static void release_node(struct node *node)
{
    for (size_t i = 0; node->ranks && i < node->n; i++) {
        hwloc_bitmap_free(node->ranks[i].usable);
        hwloc_bitmap_free(node->ranks[i].share);
    }
    wn_free(node->ranks);
}

static enum wn_status read_node(struct node *node,
                                const char *const *usable,
                                struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    node->ranks = wn_alloc_array(node->n, sizeof *node->ranks);
    if (!node->ranks)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu ranks", node->n);
    for (size_t i = 0; i < node->n && rc == WN_OK; i++) {
        node->ranks[i].share = hwloc_bitmap_alloc();
        if (!node->ranks[i].share)
            return wn_fail(err, WN_ENOMEM, "no memory for %zu ranks", node->n);
        rc = wn_cpulist_read(node->topology, usable[i], &node->ranks[i].usable, err);
    }
    return rc;
}

/* Compute the share of ranks[mine]. */
static enum wn_status deal(struct node *node, size_t mine, struct wn_error *err)
{
    struct rank *self = &node->ranks[mine];
    struct cores cores;
    struct share share;
    size_t n_equal = 0, index = 0;
    enum wn_status rc = cores_of(node->topology, self->usable, &cores, err);

    if (rc != WN_OK)
        return rc;
    for (size_t i = 0; i < node->n; i++) {
        if (!hwloc_bitmap_isequal(node->ranks[i].usable, self->usable))
            continue;
        n_equal++;
        index += i < mine;
    }
    share = share_of(cores.n, n_equal, index);
    for (size_t i = 0; i < share.n; i++)
        if (hwloc_bitmap_or(
                self->share, self->share,
                wn_topology_core(node->topology, cores.at[share.first + i])) != 0)
            rc = wn_fail(err, WN_ENOMEM, "no memory for a share of cores");
    wn_free(cores.at);
    return rc;
}

enum wn_status wn_place_share(const struct wn_topology *topology,
                              const char *const *usable,
                              size_t n,
                              size_t mine,
                              char *out,
                              bool *is_shared,
                              struct wn_error *err)
{
    struct node node = {.topology = topology, .n = n};
    bool overlaps = false;
    enum wn_status rc;

    if (mine >= n)
        return wn_fail(err, WN_EINVAL, "rank %zu is none of the %zu ranks of this node",
                       mine, n);
    rc = read_node(&node, usable, err);
    for (size_t i = 0; i < n && rc == WN_OK; i++)
        rc = deal(&node, i, err);
    if (rc != WN_OK)
        goto out;
    for (size_t i = 0; i < n; i++)
        if (i != mine &&
            hwloc_bitmap_intersects(node.ranks[i].share, node.ranks[mine].share))
            overlaps = true;
    if (hwloc_bitmap_and(node.ranks[mine].usable, node.ranks[mine].usable,
                         node.ranks[mine].share) != 0)
        rc = wn_fail(err, WN_ENOMEM, "no memory for a share of cores");
    else
        rc = wn_cpulist_print(node.ranks[mine].usable, out, err);
    if (rc == WN_OK)
        *is_shared = overlaps;
out:
    release_node(&node);
    return rc;
}

/* The core of slot `slot` at position `i`; with too few cores they are dealt round. */
static size_t core_of_slot(size_t n_cores, size_t cores_per_trial, size_t slot, size_t i)
{
    size_t each = cores_per_trial < n_cores ? cores_per_trial : n_cores;

    WN_ASSERT(n_cores > 0); /* a list of processors is never empty */
    return (slot * each + i) % n_cores;
}

static enum wn_status fill_slot(const struct wn_topology *topology,
                                hwloc_const_cpuset_t share,
                                const struct cores *cores,
                                size_t cores_per_trial,
                                size_t index,
                                struct wn_slot *slot,
                                struct wn_error *err)
{
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    enum wn_status rc = WN_OK;
    int failed = !set;

    slot->n_cores = cores_per_trial < cores->n ? cores_per_trial : cores->n;
    for (size_t i = 0; i < slot->n_cores && !failed; i++) {
        size_t core = cores->at[core_of_slot(cores->n, cores_per_trial, index, i)];

        failed = hwloc_bitmap_or(set, set, wn_topology_core(topology, core)) != 0;
    }
    if (failed || hwloc_bitmap_and(set, set, share) != 0)
        rc = wn_fail(err, WN_ENOMEM, "no memory for a slot");
    else
        rc = wn_cpulist_print(set, slot->cpulist, err);
    hwloc_bitmap_free(set);
    return rc;
}

/* A slot is shared if a core of it is in another slot too, or if it is smaller than the
 * trials want. */
static enum wn_status mark_shared(struct wn_slot *slots,
                                  size_t n,
                                  size_t n_cores,
                                  size_t cores_per_trial,
                                  struct wn_error *err)
{
    size_t *n_users = wn_alloc_array(n_cores, sizeof *n_users);

    if (!n_users)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu cores", n_cores);
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < slots[s].n_cores; i++)
            n_users[core_of_slot(n_cores, cores_per_trial, s, i)]++;
    for (size_t s = 0; s < n; s++) {
        slots[s].is_shared = slots[s].n_cores < cores_per_trial;
        for (size_t i = 0; i < slots[s].n_cores; i++)
            if (n_users[core_of_slot(n_cores, cores_per_trial, s, i)] > 1)
                slots[s].is_shared = true;
    }
    wn_free(n_users);
    return WN_OK;
}

enum wn_status wn_place_slots(const struct wn_topology *topology,
                              const char *share,
                              size_t cores_per_trial,
                              size_t n_slots,
                              struct wn_slot **out,
                              size_t *n_out,
                              struct wn_error *err)
{
    struct cores cores = {0};
    struct wn_slot *slots = NULL;
    hwloc_cpuset_t set;
    enum wn_status rc;

    if (cores_per_trial == 0)
        return wn_fail(err, WN_EINVAL, "a trial needs at least one core, not 0");
    if (n_slots > SLOTS_MAX)
        return wn_fail(err, WN_EINVAL, "%zu slots are more than the %d a worker can have",
                       n_slots, SLOTS_MAX);
    rc = wn_cpulist_read(topology, share, &set, err);
    if (rc != WN_OK)
        return rc;
    rc = cores_of(topology, set, &cores, err);
    if (rc != WN_OK)
        goto out;
    if (n_slots == 0)
        n_slots = cores.n < cores_per_trial ? 1 : cores.n / cores_per_trial;
    slots = wn_alloc_array(n_slots, sizeof *slots);
    if (!slots) {
        rc = wn_fail(err, WN_ENOMEM, "no memory for %zu slots", n_slots);
        goto out;
    }
    for (size_t i = 0; i < n_slots && rc == WN_OK; i++)
        rc = fill_slot(topology, set, &cores, cores_per_trial, i, &slots[i], err);
    if (rc == WN_OK)
        rc = mark_shared(slots, n_slots, cores.n, cores_per_trial, err);
    if (rc == WN_OK) {
        *out = slots;
        *n_out = n_slots;
        slots = NULL;
    }
out:
    wn_free(slots);
    wn_free(cores.at);
    hwloc_bitmap_free(set);
    return rc;
}

enum wn_status wn_place_bind(const struct wn_topology *topology,
                             pid_t pid,
                             const struct wn_slot *slot,
                             struct wn_error *err)
{
    hwloc_cpuset_t set;
    enum wn_status rc;
    int failed;

    if (!topology->is_here)
        return wn_fail(err, WN_EINVAL,
                       "nothing can be bound to processors %s of a recorded machine",
                       slot->cpulist);
    rc = wn_cpulist_read(topology, slot->cpulist, &set, err);
    if (rc != WN_OK)
        return rc;
    errno = 0;
    failed = pid ? hwloc_set_proc_cpubind(topology->hwloc, pid, set, 0)
                 : hwloc_set_cpubind(topology->hwloc, set, HWLOC_CPUBIND_PROCESS);
    if (failed)
        rc = wn_fail_errno(err, WN_ESYSTEM, "binding process %ld to processors %s",
                           (long)pid, slot->cpulist);
    hwloc_bitmap_free(set);
    return rc;
}
