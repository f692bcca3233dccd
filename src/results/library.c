/* library.c - what all that speak HDF5 share: which it is, and what it has to say. */
#include "results/hdf5_internal.h"

#include <stdio.h>

#include "results/results.h"

void wn_results_library(struct wn_buf *out)
{
    unsigned major = 0, minor = 0, release = 0;

    if (H5get_libversion(&major, &minor, &release) >= 0)
        wn_buf_addf(out, "HDF5 %u.%u.%u", major, minor, release);
    else
        wn_buf_adds(out, "HDF5 of unknown version");
}

struct wn_hdf5_quiet wn_hdf5_hush(void)
{
    struct wn_hdf5_quiet before = {NULL, NULL};

    H5Eget_auto2(H5E_DEFAULT, &before.print, &before.arg);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return before;
}

void wn_hdf5_unhush(struct wn_hdf5_quiet before)
{
    H5Eset_auto2(H5E_DEFAULT, before.print, before.arg);
}

static herr_t keep_innermost(unsigned n, const H5E_error2_t *entry, void *arg)
{
    struct wn_error *err = arg;

    (void)n;
    snprintf(err->text, sizeof err->text, "%s in %s", entry->desc ? entry->desc : "?",
             entry->func_name ? entry->func_name : "?");
    return 0;
}

enum wn_status wn_hdf5_fail(struct wn_error *err, const char *what, const char *name)
{
    struct wn_error inner = {.text = "unknown"};

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &inner);
    return wn_fail(err, WN_EHDF5, "HDF5 cannot %s %s: %.300s", what, name, inner.text);
}
