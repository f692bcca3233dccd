/* memory_internal.h - generations as blobs in a hash table, for virtual time.
 *
 * One thread. What is put is copied, so a reader never sees a writer's later changes.
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
/* Borrowed until the next change; WN_ECORRUPT if it is not there. */
enum wn_status wn_memory_get(const struct wn_memory *memory,
                             struct wn_generation gen,
                             const void **bytes,
                             size_t *n,
                             struct wn_error *err) WN_MUST_CHECK;
void wn_memory_remove(struct wn_memory *memory, struct wn_generation gen);
uint64_t wn_memory_sweep(struct wn_memory *memory, wn_store_keep_fn *keep, void *arg);

#endif /* WN_CHECKPOINT_MEMORY_INTERNAL_H */
