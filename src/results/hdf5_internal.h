/* results/hdf5_internal.h - what the files of this module that speak HDF5 share.
 *
 * HDF5 may not be built for threads: one thread at a time may be between hush and unhush.
 */
#ifndef WN_RESULTS_HDF5_INTERNAL_H
#define WN_RESULTS_HDF5_INTERNAL_H

#include <hdf5.h>

#include "base/error.h"

/* A library prints nothing: keep HDF5 quiet from here to wn_hdf5_unhush(). */
struct wn_hdf5_quiet {
    H5E_auto2_t print;
    void *arg;
};
struct wn_hdf5_quiet wn_hdf5_hush(void);
void wn_hdf5_unhush(struct wn_hdf5_quiet before);
/* A file in memory, to read; negative if HDF5 cannot open it (it gives no reason that would
 * help). The bytes stay the caller's, who keeps them until it is closed. */
hid_t wn_hdf5_open(void *bytes, size_t n);
/* WN_EHDF5 with the innermost of HDF5's own reasons. */
enum wn_status wn_hdf5_fail(struct wn_error *err, const char *what, const char *name);

#endif /* WN_RESULTS_HDF5_INTERNAL_H */
