/* results/seal_internal.h - what stands behind the HDF5 of files that we read again.
 *
 * A mark of 8 bytes that says whose file it is, and the CRC-32 (u32, least byte first) of all
 * before the mark. HDF5 passes over both, and we know a damaged file before HDF5 has to make
 * sense of it.
 */
#ifndef WN_RESULTS_SEAL_INTERNAL_H
#define WN_RESULTS_SEAL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { WN_SEAL_MARK_BYTES = 8, WN_SEAL_BYTES = 12 };

bool wn_seal_is(const char *bytes, size_t n, const char *mark);
/* The same of a file, of which only the end is looked at. *size: its bytes. */
enum wn_status wn_seal_is_of(const char *path,
                             const char *mark,
                             bool *is,
                             size_t *size,
                             struct wn_error *err) WN_MUST_CHECK;
/* The sum that a seal holds. */
uint32_t wn_seal_sum(const char *bytes, size_t n);
/* The sum in the seal of a file, which is not looked at. */
enum wn_status wn_seal_of(const char *path,
                          uint32_t *sum,
                          struct wn_error *err) WN_MUST_CHECK;
/* Of bytes that should have a seal: WN_ECORRUPT unless its sum fits. `path` is for the message. */
enum wn_status wn_seal_check(const char *path,
                             const char *bytes,
                             size_t n,
                             struct wn_error *err) WN_MUST_CHECK;
/* Write the file, sealed, whole or not at all. */
enum wn_status wn_seal_write(const char *path,
                             const void *bytes,
                             size_t n,
                             const char *mark,
                             struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_RESULTS_SEAL_INTERNAL_H */
