/* cli/host.h - one process of a run: its placement, its endpoints, its loop.
 *
 * A run is started in three ways that end in the same two loops: several ranks (rank 0
 * coordinates; alone on its node it hosts a worker of its own over the loopback), one rank
 * under mpirun, or no MPI at all; in the last two the same worker serves the loopback.
 * Start-up is collective and agreed on step by step; after it nothing blocks.
 */
#ifndef WN_CLI_HOST_H
#define WN_CLI_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/file.h"
#include "comm/comm.h"
#include "comm/mpi.h"
#include "job/job.h"
#include "placement/placement.h"
#include "worker/worker.h"

struct wn_host {
    struct wn_mpi *mpi; /* NULL: no launcher */
    int rank, size;
    struct wn_topology *topology;
    struct wn_slot *slots; /* of this process's own worker */
    size_t n_slots;        /* 0: it hosts none */
    size_t n_all_slots;    /* of all ranks */
    char share[WN_CPULIST_MAX], host_name[256];
    struct wn_comm *comm;        /* this process's endpoint: coordinator's or worker's */
    struct wn_comm *worker_comm; /* rank 0's own worker's, or NULL */
    struct wn_store *store;
    struct wn_worker *worker;
};

/* Slots as the command line asks: -1 means not given. */
struct wn_host_wishes {
    long n_slots, n_coordinator_slots;
};

/* MPI, if a launcher started us. */
enum wn_status wn_host_init(struct wn_host *host,
                            int *argc,
                            char ***argv,
                            struct wn_error *err) WN_MUST_CHECK;
/* Without an own MPI: the ranks of a part of it (borrowed), or NULL for this process alone. */
void wn_host_init_part(struct wn_host *host, struct wn_mpi *part);
/* Every process gets the first failure of any; without MPI the status itself. */
enum wn_status wn_host_agree(struct wn_host *host,
                             enum wn_status status,
                             struct wn_error *err) WN_MUST_CHECK;
/* Rank 0's text to all; the others' *text is theirs (wn_free). */
enum wn_status wn_host_share(struct wn_host *host,
                             char **text,
                             struct wn_error *err) WN_MUST_CHECK;
/* Plan the slots of this process. Collective. */
enum wn_status wn_host_place(struct wn_host *host,
                             size_t cores_per_trial,
                             const struct wn_host_wishes *wishes,
                             struct wn_error *err) WN_MUST_CHECK;
/* Make the endpoints. */
enum wn_status wn_host_connect(struct wn_host *host, struct wn_error *err) WN_MUST_CHECK;
/* The worker of this process, if it has slots. The study directory exists. */
enum wn_status wn_host_employ(struct wn_host *host,
                              const struct wn_job *job,
                              const char *study_dir,
                              struct wn_error *err) WN_MUST_CHECK;
/* The loop of a rank that is not the coordinator. */
enum wn_status wn_host_work(struct wn_host *host, struct wn_error *err) WN_MUST_CHECK;
void wn_host_release(struct wn_host *host); /* all but MPI, which wn_mpi_end() ends */

#endif /* WN_CLI_HOST_H */
