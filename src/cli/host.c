/* host.c - see host.h. */
#include "cli/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/version.h"
#include "comm/join.h"
#include "comm/loopback.h"

enum wn_status wn_host_init(struct wn_host *host,
                            int *argc,
                            char ***argv,
                            struct wn_error *err)
{
    struct wn_mpi *mpi = NULL;
    enum wn_status rc = wn_mpi_is_launched() ? wn_mpi_init(argc, argv, &mpi, err) : WN_OK;

    wn_host_init_part(host, mpi);
    return rc;
}

void wn_host_init_part(struct wn_host *host, struct wn_mpi *part)
{
    host->size = 1;
    if (gethostname(host->host_name, sizeof host->host_name - 1) != 0)
        (void)snprintf(host->host_name, sizeof host->host_name, "?");
    host->mpi = part;
    if (!part)
        return;
    host->rank = wn_mpi_rank(part);
    host->size = wn_mpi_size(part);
}

enum wn_status wn_host_agree(struct wn_host *host,
                             enum wn_status status,
                             struct wn_error *err)
{
    return host->mpi ? wn_mpi_agree_coll(host->mpi, status, err) : status;
}

enum wn_status wn_host_share(struct wn_host *host, char **text, struct wn_error *err)
{
    size_t n = *text ? strlen(*text) + 1 : 0;

    return host->mpi ? wn_mpi_share_coll(host->mpi, text, &n, err) : WN_OK;
}

/* --- placement --- */

/* What a rank tells the others of its node: the cores it may use, with a mark when it
 * coordinates, since a coordinator takes no share while others are there to work. */
#define COORDINATOR_MARK '*'

struct neighbours {
    char *all; /* n texts of `room` bytes */
    size_t n, mine, room;
};

static enum wn_status meet_neighbours(struct wn_host *host,
                                      const char *usable,
                                      struct neighbours *out,
                                      struct wn_error *err)
{
    char text[WN_CPULIST_MAX + 1];

    out->room = sizeof text;
    (void)snprintf(text, sizeof text, "%s%s", host->rank == 0 ? "*" : "", usable);
    if (host->mpi)
        return wn_mpi_node_texts_coll(host->mpi, text, sizeof text, &out->all, &out->n,
                                      &out->mine, err);
    out->all = wn_strdup(text);
    out->n = 1;
    return out->all ? WN_OK : wn_fail(err, WN_ENOMEM, "no memory for the plan of slots");
}

/* The share of this rank among those of its node that work. */
static enum wn_status share_of(struct wn_host *host,
                               const struct neighbours *near,
                               bool coordinates,
                               struct wn_error *err)
{
    const char **lists = wn_alloc_array(near->n, sizeof *lists);
    size_t n = 0, mine = 0;
    bool is_shared = false;
    enum wn_status rc;

    if (!lists)
        return wn_fail(err, WN_ENOMEM, "no memory for the plan of slots");
    for (size_t i = 0; i < near->n; i++) {
        const char *text = near->all + i * near->room;
        if (i == near->mine)
            mine = n;
        if (text[0] != COORDINATOR_MARK || coordinates)
            lists[n++] = text[0] == COORDINATOR_MARK ? text + 1 : text;
    }
    rc = wn_place_share(host->topology, lists, n, mine, host->share, &is_shared, err);
    if (!rc && is_shared)
        wn_info("placement", "this node has fewer cores than ranks: cores %s are shared",
                host->share);
    wn_free(lists);
    return rc;
}

static enum wn_status count_slots(struct wn_host *host, struct wn_error *err)
{
    int64_t n = (int64_t)host->n_slots;
    enum wn_status rc = host->mpi ? wn_mpi_sum_coll(host->mpi, &n, err) : WN_OK;

    host->n_all_slots = (size_t)n;
    return rc;
}

enum wn_status wn_host_place(struct wn_host *host,
                             size_t cores_per_trial,
                             const struct wn_host_wishes *wishes,
                             struct wn_error *err)
{
    char usable[WN_CPULIST_MAX] = "";
    struct neighbours near = {0};
    bool hosts_worker, coordinator_works;
    long n_slots;
    enum wn_status rc = wn_topology_load(&host->topology, err);

    if (!rc)
        rc = wn_topology_usable(host->topology, usable, err);
    rc = wn_host_agree(host, rc, err);
    if (!rc)
        rc = meet_neighbours(host, usable, &near, err);
    if (rc)
        return rc;
    /* Its neighbours must know too, or they deal its cores among themselves. */
    coordinator_works =
        wishes->n_coordinator_slots >= 0 ? wishes->n_coordinator_slots > 0 : near.n == 1;
    hosts_worker = host->rank != 0 || coordinator_works;
    n_slots = wishes->n_slots;
    if (host->rank == 0 && wishes->n_coordinator_slots >= 0)
        n_slots = wishes->n_coordinator_slots;
    if (hosts_worker) {
        rc = share_of(host, &near, coordinator_works, err);
        if (!rc)
            rc = wn_place_slots(host->topology, host->share, cores_per_trial,
                                n_slots > 0 ? (size_t)n_slots : 0, &host->slots,
                                &host->n_slots, err);
    }
    wn_free(near.all);
    rc = wn_host_agree(host, rc, err);
    return rc ? rc : count_slots(host, err);
}

/* --- endpoints --- */

static enum wn_status connect_coordinator(struct wn_host *host, struct wn_error *err)
{
    struct wn_comm *ranks = NULL, *own = NULL;
    enum wn_status rc = WN_OK;

    if (host->size > 1)
        rc = wn_mpi_endpoint(host->mpi, WN_MPI_COORDINATOR_SLEEP_US, &ranks, err);
    if (!rc && host->n_slots)
        rc = wn_loopback_create(1, &own, &host->worker_comm, err);
    if (!rc && own && ranks)
        return wn_join_create(own, ranks, &host->comm, err);
    if (rc) {
        wn_comm_destroy(own);
        wn_comm_destroy(ranks);
        return rc;
    }
    host->comm = own ? own : ranks;
    return host->comm ? WN_OK
                      : wn_fail(err, WN_EINVAL, "there is no slot to run a trial in");
}

enum wn_status wn_host_connect(struct wn_host *host, struct wn_error *err)
{
    if (host->rank == 0)
        return connect_coordinator(host, err);
    return wn_mpi_endpoint(host->mpi, WN_MPI_WORKER_SLEEP_US, &host->comm, err);
}

enum wn_status wn_host_employ(struct wn_host *host,
                              const struct wn_job *job,
                              const char *study_dir,
                              struct wn_error *err)
{
    struct wn_worker_config cfg = {
        .comm = host->rank == 0 ? host->worker_comm : host->comm,
        .ops = job->runner,
        .host = host->host_name,
        .version = wn_version(),
        .cpus = host->share,
        .cores_per_slot = host->n_slots ? (uint32_t)host->slots[0].n_cores : 0,
        .pid = getpid()};
    /* Rank 0 has it from opening the study. */
    enum wn_status rc = host->store ? WN_OK : wn_store_open(study_dir, &host->store, err);

    if (rc || !host->n_slots)
        return rc;
    wn_job_runner_config(job, &cfg.runner);
    cfg.runner.study_dir = study_dir;
    cfg.runner.store = host->store;
    cfg.runner.n_slots = host->n_slots;
    cfg.runner.slots = host->slots;
    cfg.runner.topology = host->topology;
    return wn_worker_create(&cfg, &host->worker, err);
}

enum wn_status wn_host_work(struct wn_host *host, struct wn_error *err)
{
    bool is_done = false;
    enum wn_status rc = wn_worker_step(host->worker, &is_done, err);

    while (!rc && !is_done) {
        rc = wn_worker_wait(host->worker, err);
        if (!rc)
            rc = wn_worker_step(host->worker, &is_done, err);
    }
    return rc;
}

void wn_host_release(struct wn_host *host)
{
    wn_worker_destroy(host->worker);
    wn_store_destroy(host->store);
    wn_comm_destroy(host->worker_comm);
    wn_comm_destroy(host->comm);
    wn_free(host->slots);
    wn_topology_destroy(host->topology);
}
