/* comm/mpi.h - the transport over MPI ranks; the only header behind which mpi.h stands.
 *
 * Start-up is collective, the rest is point to point on an own duplicate of
 * MPI_COMM_WORLD with MPI_ERRORS_RETURN: MPI_Isend, completed by MPI_Test while other
 * things go on, and MPI_Iprobe twice a wake (Open MPI looks at its queue before it makes
 * progress, so one look sees a message two sleeps late). Waiting sleeps in ppoll() on the
 * caller's descriptors with an interval that grows from 20 us to `max_sleep_us` and starts
 * again with every message: Open MPI's own waiting spins a whole core. Without MPI in the build every call is WN_EINVAL.
 */
#ifndef WN_COMM_MPI_H
#define WN_COMM_MPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "comm/comm.h"

struct wn_mpi;

/* Is MPI built in? */
bool wn_mpi_is_built(void);
/* Does the environment say that an MPI launcher started this process? Only then is
 * wn_mpi_init() needed. Without MPI in the build: only if it started several, which
 * wn_mpi_init() then refuses, for each would coordinate a study of its own. */
bool wn_mpi_is_launched(void);
/* "Open MPI 4.1.4", "" without. Static. */
const char *wn_mpi_library(void);
/* MPI_Init_thread (FUNNELED). When the world has one rank although the environment says
 * more (SLURM_STEP_NUM_TASKS, PMI_SIZE, OMPI_COMM_WORLD_SIZE): WN_EMPI naming the MPI this
 * program was built with, the launcher seen, and the cure. */
enum wn_status wn_mpi_init(int *argc,
                           char ***argv,
                           struct wn_mpi **out,
                           struct wn_error *err) WN_MUST_CHECK;
int wn_mpi_rank(const struct wn_mpi *mpi);
int wn_mpi_size(const struct wn_mpi *mpi);

/* Start-up collectives; every rank calls them in the same order. */
/* Every rank gets the first failing rank's code and text (lowest rank). */
enum wn_status wn_mpi_agree_coll(struct wn_mpi *mpi,
                                 enum wn_status status,
                                 struct wn_error *err) WN_MUST_CHECK;
/* Bytes of rank 0 to all; *bytes is the caller's (wn_free) on the other ranks. */
enum wn_status wn_mpi_share_coll(struct wn_mpi *mpi,
                                 char **bytes,
                                 size_t *n,
                                 struct wn_error *err) WN_MUST_CHECK;
/* One fixed-size text of every rank of this node, in rank order: texts of `room` bytes each
 * in one block *all (caller frees), *n of them, *mine the caller's index. */
enum wn_status wn_mpi_node_texts_coll(struct wn_mpi *mpi,
                                      const char *text,
                                      size_t room,
                                      char **all,
                                      size_t *n,
                                      size_t *mine,
                                      struct wn_error *err) WN_MUST_CHECK;

/* The ranks of one color (0 or above) as a world of their own, in their order; negative:
 * none, *out is NULL. Every rank calls it. Freed, collectively, before the one it is of. */
enum wn_status wn_mpi_split_coll(struct wn_mpi *mpi,
                                 int color,
                                 struct wn_mpi **out,
                                 struct wn_error *err) WN_MUST_CHECK;
void wn_mpi_free_coll(struct wn_mpi *part); /* what split made; NULL is allowed */

/* The sum of one number over all ranks. */
enum wn_status wn_mpi_sum_coll(struct wn_mpi *mpi,
                               int64_t *value,
                               struct wn_error *err) WN_MUST_CHECK;

/* Sleeps that keep an idle rank below 4 % and a silent worker below 1 % of a core, and the
 * answer of a sleeping coordinator below 2 ms in the median. */
#define WN_MPI_COORDINATOR_SLEEP_US 1200
#define WN_MPI_WORKER_SLEEP_US      5000

/* The endpoint: rank 0's peers are ranks 1..size-1 as 0..size-2; the others' peer is rank 0. */
enum wn_status wn_mpi_endpoint(struct wn_mpi *mpi,
                               int64_t max_sleep_us,
                               struct wn_comm **out,
                               struct wn_error *err) WN_MUST_CHECK;

/* After no loss: MPI_Finalize. After a loss Finalize would hang: rank 0 aborts with
 * `status`, the others exit at once. Does not return after a loss. */
void wn_mpi_end(struct wn_mpi *mpi, bool had_loss, int status);
/* The abort hook of base/assert.h. */
void wn_mpi_abort(void *mpi);

#endif /* WN_COMM_MPI_H */
