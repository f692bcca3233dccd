/* library.c - which HDF5 this is. */
#include <hdf5.h>

#include "results/results.h"

void wn_results_library(struct wn_buf *out)
{
    unsigned major = 0, minor = 0, release = 0;

    if (H5get_libversion(&major, &minor, &release) >= 0)
        wn_buf_addf(out, "HDF5 %u.%u.%u", major, minor, release);
    else
        wn_buf_adds(out, "HDF5 of unknown version");
}
