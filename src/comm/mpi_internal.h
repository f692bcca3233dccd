/* comm/mpi_internal.h - what the two files of the MPI transport share. */
#ifndef WN_COMM_MPI_INTERNAL_H
#define WN_COMM_MPI_INTERNAL_H

#include <stdbool.h>

#include <mpi.h>

#include "base/error.h"

struct wn_mpi_end;

struct wn_mpi {
    MPI_Comm comm; /* our duplicate of the world */
    int rank, size;
    bool is_ours;                /* we initialised MPI, so we finalize it */
    bool has_endpoint;           /* one at a time */
    struct wn_mpi_end *leftover; /* destroyed with messages under way: freed at the end */
};

/* WN_EMPI with MPI's own text for `code`. */
enum wn_status wn_mpi_fail(struct wn_error *err, int code, const char *what);
void wn_mpi_end_free(struct wn_mpi_end *end); /* NULL is allowed */

#endif /* WN_COMM_MPI_INTERNAL_H */
