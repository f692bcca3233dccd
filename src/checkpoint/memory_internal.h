/* memory_internal.h - generations as blobs in a hash table, for virtual time.
 *
 * Thread-safe, as folders are: over the loopback a coordinator's keeper deletes while the
 * workers of the same process put and get. What is put is copied, and so is what is got.
 */
#ifndef WN_CHECKPOINT_MEMORY_INTERNAL_H
#define WN_CHECKPOINT_MEMORY_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "checkpoint/store.h"

struct wn_memory;

struct wn_memory *wn_memory_create(void); /* NULL without memory */
void wn_memory_destroy(struct wn_memory *memory);
enum wn_status wn_memory_put(struct wn_memory *memory,
                             struct wn_generation gen,
                             const void *bytes,
                             size_t n,
                             struct wn_error *err) WN_MUST_CHECK;
/* *bytes is the caller's (wn_free); NULL: only look. WN_ECORRUPT if it is not there. */
enum wn_status wn_memory_get(struct wn_memory *memory,
                             struct wn_generation gen,
                             void **bytes,
                             size_t *n,
                             struct wn_error *err) WN_MUST_CHECK;
void wn_memory_remove(struct wn_memory *memory, struct wn_generation gen);
struct wn_store_tally wn_memory_tally(struct wn_memory *memory);
uint64_t wn_memory_sweep(struct wn_memory *memory, wn_store_keep_fn *keep, void *arg);

#endif /* WN_CHECKPOINT_MEMORY_INTERNAL_H */
