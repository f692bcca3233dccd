/* version.c - the program and the libraries it runs with. */
#include "cli/version.h"

#include "base/checksum.h"
#include "base/json.h"
#include "base/version.h"
#include "comm/mpi.h"
#include "placement/placement.h"
#include "results/import.h"
#include "results/results.h"

void wn_version_print(struct wn_buf *out)
{
    wn_buf_addf(out, "winnow %s\n", wn_version());
    wn_buf_addf(out, "  cJSON %s\n", wn_json_library());
    wn_buf_adds(out, "  ");
    wn_results_library(out);
    wn_buf_adds(out, "\n  ");
    wn_placement_library(out);
    wn_buf_addf(out, "\n  libzip %s\n", wn_import_library());
    wn_buf_addf(out, "  zlib %s\n", wn_checksum_library());
    wn_buf_addf(out, "  %s\n", wn_mpi_is_built() ? wn_mpi_library() : "without MPI");
}
