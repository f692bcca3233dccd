/* mpi.c - the world of ranks: coming up, agreeing, going down. mpi_endpoint.c: messages.
 *
 * The collectives here are the only ones of Winnow and belong to start-up. Each that can
 * fail on one rank alone agrees before it goes on, so that no rank waits for another that
 * has given up.
 */
#include "comm/mpi.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "comm/launcher_internal.h"
#include "comm/mpi_internal.h"
#include "comm/queue_internal.h"

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

#if defined(OMPI_MAJOR_VERSION)
#define LIBRARY                                                                 \
    "Open MPI " TEXT(OMPI_MAJOR_VERSION) "." TEXT(OMPI_MINOR_VERSION) "." TEXT( \
        OMPI_RELEASE_VERSION)
#define OWN_PREFIX "OMPI_"
#elif defined(I_MPI_VERSION)
#define LIBRARY    "Intel MPI " I_MPI_VERSION
#define OWN_PREFIX "PMI_"
#elif defined(MVAPICH2_VERSION)
#define LIBRARY    "MVAPICH2 " MVAPICH2_VERSION
#define OWN_PREFIX "PMI_"
#elif defined(MPICH_VERSION)
#define LIBRARY    "MPICH " MPICH_VERSION
#define OWN_PREFIX "PMI_"
#else
#define LIBRARY    "an MPI " TEXT(MPI_VERSION) "." TEXT(MPI_SUBVERSION) " library"
#define OWN_PREFIX ""
#endif

enum {
    SHARE_PIECE = 1 << 28, /* bytes per broadcast; MPI counts in int */
    FINAL_SLEEP_US = 5000,
};

bool wn_mpi_is_built(void)
{
    return true;
}

bool wn_mpi_is_launched(void)
{
    return wn_launcher_find(OWN_PREFIX).size > 0;
}

const char *wn_mpi_library(void)
{
    return LIBRARY;
}

enum wn_status wn_mpi_fail(struct wn_error *err, int code, const char *what)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int n = 0;

    if (MPI_Error_string(code, text, &n) != MPI_SUCCESS)
        n = 0;
    return wn_error_set(err, WN_EMPI, code, __FILE__, __LINE__, "%s: %.*s", what, n,
                        n ? text : "unknown error of MPI");
}

/* A world of one although a launcher started several: two MPIs are mixed up. */
static enum wn_status refuse_mixed_mpi(const struct wn_launcher *launcher,
                                       struct wn_error *err)
{
    return wn_fail(err, WN_EMPI,
                   "this winnow was built with %s, but %s started it with %s=%ld and the "
                   "two do not know each other: %ld coordinators would work on one "
                   "study. Start it with the mpirun of %s (under Slurm also: srun "
                   "--mpi=pmix), build it with the MPI of that launcher, or unset %s if "
                   "it shall be alone",
                   LIBRARY, launcher->name, launcher->variable, launcher->size,
                   launcher->size, LIBRARY, launcher->variable);
}

static enum wn_status start_mpi(int *argc,
                                char ***argv,
                                bool *is_ours,
                                struct wn_error *err)
{
    int is_up = 0, is_over = 0, level = 0, code;

    MPI_Initialized(&is_up);
    MPI_Finalized(&is_over);
    if (is_over)
        return wn_fail(err, WN_EINVAL, "MPI cannot be started twice in a process");
    *is_ours = !is_up;
    code = is_up ? MPI_Query_thread(&level)
                 : MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level);
    if (code != MPI_SUCCESS)
        return wn_mpi_fail(err, code, "starting MPI");
    /* Errors outside our communicator must not kill the process either. */
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    if (level < MPI_THREAD_FUNNELED)
        return wn_fail(err, WN_EMPI, "%s grants no programs with threads", LIBRARY);
    return WN_OK;
}

enum wn_status wn_mpi_init(int *argc,
                           char ***argv,
                           struct wn_mpi **out,
                           struct wn_error *err)
{
    struct wn_launcher launcher = wn_launcher_find(OWN_PREFIX);
    struct wn_mpi *mpi;
    enum wn_status rc;
    int code;

    if (launcher.size > 1 && launcher.is_mute) /* before Open MPI ends the process */
        return refuse_mixed_mpi(&launcher, err);
    mpi = wn_alloc(sizeof *mpi);
    if (!mpi)
        return wn_fail(err, WN_ENOMEM, "no memory for the MPI transport");
    rc = start_mpi(argc, argv, &mpi->is_ours, err);
    if (rc != WN_OK)
        goto failed;
    code = MPI_Comm_dup(MPI_COMM_WORLD, &mpi->comm);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_set_errhandler(mpi->comm, MPI_ERRORS_RETURN);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_rank(mpi->comm, &mpi->rank);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_size(mpi->comm, &mpi->size);
    if (code != MPI_SUCCESS) {
        rc = wn_mpi_fail(err, code, "duplicating the world of ranks");
        goto failed;
    }
    if (mpi->size == 1 && launcher.size > 1) {
        wn_mpi_end(mpi, false, 0);
        return refuse_mixed_mpi(&launcher, err);
    }
    *out = mpi;
    return WN_OK;

failed:
    wn_free(mpi);
    return rc;
}

int wn_mpi_rank(const struct wn_mpi *mpi)
{
    return mpi->rank;
}

int wn_mpi_size(const struct wn_mpi *mpi)
{
    return mpi->size;
}

enum wn_status wn_mpi_agree_coll(struct wn_mpi *mpi,
                                 enum wn_status status,
                                 struct wn_error *err)
{
    struct wn_error report = {.status = status};
    int mine = status == WN_OK ? mpi->size : mpi->rank;
    int first = mpi->size;
    int code;

    if (err && err->status == status)
        report = *err;
    else /* the caller kept no text */
        (void)wn_fail(&report, status, "rank %d failed: %s", mpi->rank,
                      wn_status_meaning(status));
    code = MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, mpi->comm);
    if (code != MPI_SUCCESS)
        return wn_mpi_fail(err, code, "agreeing with the other ranks");
    if (first == mpi->size)
        return WN_OK;
    code = MPI_Bcast(&report, (int)sizeof report, MPI_BYTE, first, mpi->comm);
    if (code != MPI_SUCCESS)
        return wn_mpi_fail(err, code, "agreeing with the other ranks");
    if (err)
        *err = report;
    return report.status;
}

static enum wn_status share_pieces(struct wn_mpi *mpi,
                                   char *bytes,
                                   uint64_t n,
                                   struct wn_error *err)
{
    for (uint64_t at = 0; at < n; at += SHARE_PIECE) {
        int piece = n - at < SHARE_PIECE ? (int)(n - at) : SHARE_PIECE;
        int code = MPI_Bcast(bytes + at, piece, MPI_BYTE, 0, mpi->comm);

        if (code != MPI_SUCCESS)
            return wn_mpi_fail(err, code, "sharing bytes with all ranks");
    }
    return WN_OK;
}

enum wn_status wn_mpi_share_coll(struct wn_mpi *mpi,
                                 char **bytes,
                                 size_t *n,
                                 struct wn_error *err)
{
    uint64_t n_bytes = mpi->rank == 0 ? *n : 0;
    char *copy = mpi->rank == 0 ? *bytes : NULL;
    enum wn_status rc = WN_OK;
    int code = MPI_Bcast(&n_bytes, 1, MPI_UINT64_T, 0, mpi->comm);

    if (code != MPI_SUCCESS)
        return wn_mpi_fail(err, code, "sharing bytes with all ranks");
    if (mpi->rank != 0) {
        copy = n_bytes < SIZE_MAX ? wn_alloc((size_t)n_bytes + 1) : NULL; /* and a NUL */
        if (!copy)
            rc = wn_fail(err, WN_ENOMEM, "no memory for %llu bytes from rank 0",
                         (unsigned long long)n_bytes);
    }
    rc = wn_mpi_agree_coll(mpi, rc, err);
    if (rc == WN_OK)
        rc = share_pieces(mpi, copy, n_bytes, err);
    if (mpi->rank == 0)
        return rc;
    if (rc != WN_OK) {
        wn_free(copy);
        return rc;
    }
    *bytes = copy;
    *n = (size_t)n_bytes;
    return WN_OK;
}

/* Room for the texts of all ranks of `node`, the caller's own in its place. */
static enum wn_status prepare_texts(MPI_Comm node,
                                    const char *text,
                                    size_t room,
                                    char **block,
                                    int *n,
                                    int *mine,
                                    struct wn_error *err)
{
    int code = MPI_Comm_size(node, n);

    if (code == MPI_SUCCESS)
        code = MPI_Comm_rank(node, mine);
    if (code != MPI_SUCCESS)
        return wn_mpi_fail(err, code, "finding the ranks of this node");
    if (room > INT_MAX || strlen(text) >= room)
        return wn_fail(err, WN_EINVAL, "a text of %zu bytes does not fit into %zu",
                       strlen(text), room);
    *block = wn_alloc_array((size_t)*n, room);
    if (!*block)
        return wn_fail(err, WN_ENOMEM, "no memory for the texts of %d ranks", *n);
    memcpy(*block + (size_t)*mine * room, text, strlen(text));
    return WN_OK;
}

enum wn_status wn_mpi_node_texts_coll(struct wn_mpi *mpi,
                                      const char *text,
                                      size_t room,
                                      char **all,
                                      size_t *n,
                                      size_t *mine,
                                      struct wn_error *err)
{
    MPI_Comm node = MPI_COMM_NULL;
    char *block = NULL;
    int n_ranks = 0, rank = 0;
    int code = MPI_Comm_split_type(mpi->comm, MPI_COMM_TYPE_SHARED, mpi->rank,
                                   MPI_INFO_NULL, &node);
    enum wn_status rc = WN_OK;

    if (code == MPI_SUCCESS)
        rc = prepare_texts(node, text, room, &block, &n_ranks, &rank, err);
    else
        rc = wn_mpi_fail(err, code, "finding the ranks of this node");
    rc = wn_mpi_agree_coll(mpi, rc, err);
    if (rc == WN_OK) {
        code = MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, block, (int)room,
                             MPI_BYTE, node);
        if (code != MPI_SUCCESS)
            rc = wn_mpi_fail(err, code, "gathering the texts of this node's ranks");
    }
    if (node != MPI_COMM_NULL)
        MPI_Comm_free(&node);
    if (rc != WN_OK) {
        wn_free(block);
        return rc;
    }
    *all = block;
    *n = (size_t)n_ranks;
    *mine = (size_t)rank;
    return WN_OK;
}

enum wn_status wn_mpi_sum_coll(struct wn_mpi *mpi, int64_t *value, struct wn_error *err)
{
    int code = MPI_Allreduce(MPI_IN_PLACE, value, 1, MPI_INT64_T, MPI_SUM, mpi->comm);

    return code == MPI_SUCCESS ? WN_OK
                               : wn_mpi_fail(err, code, "adding up over all ranks");
}

/* MPI_Finalize waits for the last rank and spins a whole core meanwhile, perhaps that of
 * a rank with work left: so wait asleep first. */
static void wait_for_all(struct wn_mpi *mpi)
{
    MPI_Request request;
    int is_done = 0;
    int code = MPI_Ibarrier(mpi->comm, &request);

    for (int64_t sleep_us = 20; code == MPI_SUCCESS && !is_done;) {
        code = MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
        if (is_done || wn_poll(NULL, 0, sleep_us, NULL, NULL) != WN_OK)
            break;
        sleep_us = sleep_us < FINAL_SLEEP_US ? sleep_us * 2 : FINAL_SLEEP_US;
    }
}

enum wn_status wn_mpi_split_coll(struct wn_mpi *mpi,
                                 int color,
                                 struct wn_mpi **out,
                                 struct wn_error *err)
{
    struct wn_mpi *part = wn_alloc(sizeof *part);
    MPI_Comm comm = MPI_COMM_NULL;
    enum wn_status rc = part ? WN_OK : wn_fail(err, WN_ENOMEM, "no memory for ranks");
    int code;

    rc = wn_mpi_agree_coll(mpi, rc, err);
    if (rc != WN_OK || !part) {
        wn_free(part);
        return rc;
    }
    code = MPI_Comm_split(mpi->comm, color < 0 ? MPI_UNDEFINED : color, mpi->rank, &comm);
    if (code == MPI_SUCCESS && comm != MPI_COMM_NULL) {
        part->comm = comm;
        code = MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
        if (code == MPI_SUCCESS)
            code = MPI_Comm_rank(comm, &part->rank);
        if (code == MPI_SUCCESS)
            code = MPI_Comm_size(comm, &part->size);
    }
    if (code != MPI_SUCCESS || comm == MPI_COMM_NULL) {
        wn_free(part);
        part = NULL;
    }
    if (code != MPI_SUCCESS)
        return wn_mpi_fail(err, code, "parting the ranks");
    *out = part;
    return WN_OK;
}

void wn_mpi_free_coll(struct wn_mpi *part)
{
    if (!part)
        return;
    WN_ASSERT(!part->has_endpoint && !part->is_ours);
    if (!part->leftover) /* what is under way there goes when MPI ends */
        MPI_Comm_free(&part->comm);
    wn_free(part);
}

void wn_mpi_end(struct wn_mpi *mpi, bool had_loss, int status)
{
    if (!mpi)
        return;
    if (had_loss) {
        if (mpi->rank == 0)
            MPI_Abort(mpi->comm, status);
        _exit(status);
    }
    if (mpi->is_ours) {
        wait_for_all(mpi);
        MPI_Finalize();
    }
    wn_mpi_end_free(mpi->leftover);
    wn_free(mpi);
}

void wn_mpi_abort(void *mpi)
{
    if (mpi)
        MPI_Abort(((struct wn_mpi *)mpi)->comm, EXIT_FAILURE);
}
