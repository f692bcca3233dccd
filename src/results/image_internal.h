/* results/image_internal.h - tables as an HDF5 file in memory.
 *
 * The file is built by HDF5's core driver and handed over as bytes: so HDF5 neither
 * locks a file nor sees a full disk, both of which it takes badly. HDF5 may not be
 * built for threads, so one thread at a time may be between begin and end. Equal tables
 * give equal bytes.
 */
#ifndef WN_RESULTS_IMAGE_INTERNAL_H
#define WN_RESULTS_IMAGE_INTERNAL_H

#include "results/hdf5_internal.h"
#include "results/table_internal.h"

/* Handles that are open; negative: not. Closing never fails for our purposes. */
struct wn_image {
    hid_t file, group, text; /* text: the type of variable-length UTF-8 strings */
    hid_t links;             /* names are UTF-8; groups in between are made */
};

enum wn_status wn_image_begin(struct wn_image *image, struct wn_error *err) WN_MUST_CHECK;
/* Attributes of an object; a text that is NULL is left out. */
enum wn_status wn_image_text(const struct wn_image *image,
                             hid_t object,
                             const char *name,
                             const char *text,
                             struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_image_number(hid_t object,
                               const char *name,
                               int64_t value,
                               struct wn_error *err) WN_MUST_CHECK;
/* A group with a dataset for every column. */
enum wn_status wn_image_table(struct wn_image *image,
                              const struct wn_table *table,
                              struct wn_error *err) WN_MUST_CHECK;
/* The finished file; the caller frees *bytes (wn_free). */
enum wn_status wn_image_take(const struct wn_image *image,
                             void **bytes,
                             size_t *n,
                             struct wn_error *err) WN_MUST_CHECK;
void wn_image_end(struct wn_image *image); /* after a failed begin too */

#endif /* WN_RESULTS_IMAGE_INTERNAL_H */
