/* base/heap.h - what happens next: a binary heap over numbered things.
 *
 * Every thing has a number (its id) and is in the heap at most once, with a time. The
 * least time comes out first; among equal times the one that was put first. Things can
 * be moved and removed by id, so the heap never holds outdated entries. Putting never
 * fails: room is made when ids are made.
 */
#ifndef WN_BASE_HEAP_H
#define WN_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WN_HEAP_NONE SIZE_MAX

struct wn_heap_entry {
    int64_t time;
    uint64_t sequence;
    size_t id;
};

struct wn_heap {
    struct wn_heap_entry *at; /* at[0] is the next */
    size_t *place;            /* by id: index into `at`, or WN_HEAP_NONE */
    size_t n, n_ids, room;
    uint64_t n_puts;
};

void wn_heap_release(struct wn_heap *heap);
/* Make the ids 0..n_ids-1 usable; false without memory. Never fewer than before. */
bool wn_heap_reserve(struct wn_heap *heap, size_t n_ids);
/* Put a thing, or move it if it is there, behind all others of that time. */
void wn_heap_put(struct wn_heap *heap, size_t id, int64_t time);
void wn_heap_remove(struct wn_heap *heap, size_t id); /* not there: nothing happens */
bool wn_heap_peek(const struct wn_heap *heap, struct wn_heap_entry *out);
bool wn_heap_pop(struct wn_heap *heap, struct wn_heap_entry *out);
/* Time of the next thing and, unless NULL, its id; INT64_MAX and *id untouched if empty. */
int64_t wn_heap_next(const struct wn_heap *heap, size_t *id);

#endif /* WN_BASE_HEAP_H */
