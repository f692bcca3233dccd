/* topology.c - the machine: loading, describing, what this process may use.
 *
 * hwloc leaves out processors that cgroups forbid, but not those that mpirun or Slurm
 * forbade by binding this process: those are in the binding. Whether a topology may bind
 * is decided when it is loaded: hwloc pretends to bind on machines that are not there.
 */
#include "placement/topology_internal.h"

#include <string.h>

#include "base/mem.h"

enum { PROCESSOR_MAX = 1 << 20 };

static struct wn_topology *start_topology(struct wn_error *err)
{
    struct wn_topology *topology = wn_alloc(sizeof *topology);

    if (!topology || hwloc_topology_init(&topology->hwloc) != 0) {
        wn_free(topology);
        (void)wn_fail(err, WN_ENOMEM, "no memory for a topology");
        return NULL;
    }
    return topology;
}

/* `rc`: what hwloc said to the source. */
static enum wn_status finish_topology(struct wn_topology *topology,
                                      int rc,
                                      const char *source,
                                      struct wn_topology **out,
                                      struct wn_error *err)
{
    if (rc == 0)
        rc = hwloc_topology_load(topology->hwloc);
    if (rc != 0 || hwloc_bitmap_iszero(wn_topology_set(topology))) {
        wn_topology_destroy(topology);
        return wn_fail(err, WN_EINVAL, "hwloc cannot read the topology of %s", source);
    }
    *out = topology;
    return WN_OK;
}

enum wn_status wn_topology_load(struct wn_topology **out, struct wn_error *err)
{
    struct wn_topology *topology = start_topology(err);
    enum wn_status rc;

    if (!topology)
        return WN_ENOMEM;
    rc = finish_topology(topology, 0, "this machine", out, err);
    if (rc ==
        WN_OK) /* HWLOC_XMLFILE and HWLOC_SYNTHETIC put another machine in its place */
        (*out)->is_here = hwloc_topology_is_thissystem((*out)->hwloc);
    return rc;
}

enum wn_status wn_topology_load_xml(const char *path,
                                    struct wn_topology **out,
                                    struct wn_error *err)
{
    struct wn_topology *topology = start_topology(err);

    if (!topology)
        return WN_ENOMEM;
    return finish_topology(topology, hwloc_topology_set_xml(topology->hwloc, path), path,
                           out, err);
}

enum wn_status wn_topology_load_synthetic(const char *text,
                                          struct wn_topology **out,
                                          struct wn_error *err)
{
    struct wn_topology *topology = start_topology(err);

    if (!topology)
        return WN_ENOMEM;
    return finish_topology(topology, hwloc_topology_set_synthetic(topology->hwloc, text),
                           text, out, err);
}

void wn_topology_destroy(struct wn_topology *topology)
{
    if (!topology)
        return;
    hwloc_topology_destroy(topology->hwloc);
    wn_free(topology);
}

static void describe_count(struct wn_buf *out,
                           const char *before,
                           int n,
                           const char *what)
{
    wn_buf_addf(out, "%s%d %s%s", before, n, what, n == 1 ? "" : "s");
}

void wn_topology_describe(const struct wn_topology *topology, struct wn_buf *out)
{
    int n_packages = hwloc_get_nbobjs_by_type(topology->hwloc, HWLOC_OBJ_PACKAGE);
    int n_threads = hwloc_get_nbobjs_by_type(topology->hwloc, HWLOC_OBJ_PU);
    const char *before = "";

    if (n_packages > 0) { /* some virtual machines show none */
        describe_count(out, "", n_packages, "package");
        before = ", ";
    }
    describe_count(out, before, (int)wn_topology_n_all_cores(topology), "core");
    describe_count(out, ", ", n_threads, "hardware thread");
}

hwloc_const_cpuset_t wn_topology_set(const struct wn_topology *topology)
{
    return hwloc_topology_get_allowed_cpuset(topology->hwloc);
}

/* Where hwloc knows no cores, each hardware thread is one. */
static hwloc_obj_type_t core_type(const struct wn_topology *topology)
{
    return hwloc_get_nbobjs_by_type(topology->hwloc, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE
                                                                         : HWLOC_OBJ_PU;
}

size_t wn_topology_n_all_cores(const struct wn_topology *topology)
{
    return (size_t)hwloc_get_nbobjs_by_type(topology->hwloc, core_type(topology));
}

hwloc_const_cpuset_t wn_topology_core(const struct wn_topology *topology, size_t index)
{
    return hwloc_get_obj_by_type(topology->hwloc, core_type(topology), (unsigned)index)
        ->cpuset;
}

enum wn_status wn_cpulist_print(hwloc_const_cpuset_t set, char *out, struct wn_error *err)
{
    int n = hwloc_bitmap_list_snprintf(out, WN_CPULIST_MAX, set);

    if (n < 0 || n >= WN_CPULIST_MAX)
        return wn_fail(err, WN_EINVAL,
                       "a list of processors takes %d bytes, more than the %d allowed", n,
                       WN_CPULIST_MAX - 1);
    return WN_OK;
}

/* A processor's number at *at, moved behind it; -1 if there is none. */
static long read_number(const char **at)
{
    long v = 0;

    if (**at < '0' || **at > '9')
        return -1;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        v = v * 10 + (**at - '0');
        if (v > PROCESSOR_MAX)
            return -1;
    }
    return v;
}

/* Strict, for hwloc's own reader takes "1-0", "x" and a bitmap of any size. */
static bool read_list(hwloc_bitmap_t set, const char *text)
{
    for (;; text++) {
        long first = read_number(&text), last = first;

        if (*text == '-') {
            text++;
            last = read_number(&text);
        }
        if (first < 0 || last < first ||
            hwloc_bitmap_set_range(set, (unsigned)first, (int)last) != 0)
            return false;
        if (*text != ',')
            return *text == '\0';
    }
}

enum wn_status wn_cpulist_read(const struct wn_topology *topology,
                               const char *cpulist,
                               hwloc_cpuset_t *out,
                               struct wn_error *err)
{
    hwloc_cpuset_t set = hwloc_bitmap_alloc();
    enum wn_status rc = WN_OK;

    if (!set)
        return wn_fail(err, WN_ENOMEM, "no memory for a set of processors");
    if (!read_list(set, cpulist))
        rc = wn_fail(err, WN_EINVAL, "\"%.64s\" is no list of processors like 0-3,8",
                     cpulist);
    else if (!hwloc_bitmap_isincluded(set, wn_topology_set(topology)))
        rc = wn_fail(err, WN_EINVAL, "\"%.64s\" names processors that this machine lacks",
                     cpulist);
    if (rc == WN_OK)
        *out = set;
    else
        hwloc_bitmap_free(set);
    return rc;
}

size_t wn_topology_n_cores(const struct wn_topology *topology, const char *cpulist)
{
    hwloc_cpuset_t set;
    size_t n = 0;

    if (wn_cpulist_read(topology, cpulist, &set, NULL) != WN_OK)
        return 0;
    for (size_t i = 0; i < wn_topology_n_all_cores(topology); i++)
        n += hwloc_bitmap_intersects(wn_topology_core(topology, i), set) != 0;
    hwloc_bitmap_free(set);
    return n;
}

enum wn_status wn_topology_usable(const struct wn_topology *topology,
                                  char *out,
                                  struct wn_error *err)
{
    hwloc_bitmap_t bound = hwloc_bitmap_alloc();
    enum wn_status rc;

    if (!bound)
        return wn_fail(err, WN_ENOMEM, "no memory for a set of processors");
    /* A binding that cannot be read forbids nothing. */
    if (!topology->is_here ||
        hwloc_get_cpubind(topology->hwloc, bound, HWLOC_CPUBIND_PROCESS) != 0)
        hwloc_bitmap_fill(bound);
    if (hwloc_bitmap_and(bound, bound, wn_topology_set(topology)) != 0)
        rc = wn_fail(err, WN_ENOMEM, "no memory for a set of processors");
    else if (hwloc_bitmap_iszero(bound))
        rc = wn_fail(err, WN_ESYSTEM, "this process is bound to no processor it may use");
    else
        rc = wn_cpulist_print(bound, out, err);
    hwloc_bitmap_free(bound);
    return rc;
}
