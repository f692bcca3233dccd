/* library.c - what all that speak HDF5 share: which it is, and what it has to say. */
#include "results/hdf5_internal.h"

#include <stdio.h>

#include "results/results.h"

enum { GROWTH = 1 << 20 }; /* bytes that the driver asks for, never needed to read */

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

/* --- a file in memory ---
 *
 * HDF5 copies an image three times unless its memory functions are ours: then it asks for a
 * copy and is given the caller's bytes, which are the functions' `udata` and are never freed.
 * (H5LTopen_file_image() does the same, but leaks its own: HDF5 issue 827.)
 */

static void *give_bytes(size_t size, H5FD_file_image_op_t op, void *bytes)
{
    (void)size, (void)op;
    return bytes;
}

static void *copy_nothing(void *to,
                          const void *from,
                          size_t size,
                          H5FD_file_image_op_t op,
                          void *bytes)
{
    (void)from, (void)size, (void)op, (void)bytes;
    return to;
}

static void *refuse_growth(void *at, size_t size, H5FD_file_image_op_t op, void *bytes)
{
    (void)at, (void)size, (void)op, (void)bytes;
    return NULL;
}

static herr_t free_nothing(void *at, H5FD_file_image_op_t op, void *bytes)
{
    (void)at, (void)op, (void)bytes;
    return 0;
}

static void *pass_on(void *bytes)
{
    return bytes;
}

static herr_t keep_bytes(void *bytes)
{
    (void)bytes;
    return 0;
}

/* The close degree: no object that was forgotten keeps the bytes in use. */
hid_t wn_hdf5_open(void *bytes, size_t n)
{
    H5FD_file_image_callbacks_t calls = {give_bytes,   copy_nothing, refuse_growth,
                                         free_nothing, pass_on,      keep_bytes,
                                         bytes};
    hid_t driver = H5Pcreate(H5P_FILE_ACCESS), file = -1;

    if (driver >= 0 && H5Pset_fapl_core(driver, GROWTH, false) >= 0 &&
        H5Pset_fclose_degree(driver, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_file_image_callbacks(driver, &calls) >= 0 &&
        H5Pset_file_image(driver, bytes, n) >= 0)
        file = H5Fopen("memory.h5", H5F_ACC_RDONLY, driver);
    if (driver >= 0)
        H5Pclose(driver);
    return file;
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
