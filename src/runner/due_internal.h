/* due_internal.h - which slot is due next: a heap of slots by time, then by number. */
#ifndef WN_RUNNER_DUE_INTERNAL_H
#define WN_RUNNER_DUE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wn_due {
    struct wn_due_entry *heap; /* the n first are in use */
    size_t *place;             /* of a slot in the heap; SIZE_MAX: not in it */
    size_t n;
};

bool wn_due_create(struct wn_due *due, size_t n_slots); /* false without memory */
void wn_due_release(struct wn_due *due);
void wn_due_set(struct wn_due *due, size_t slot, int64_t at_us); /* in it or not */
void wn_due_remove(struct wn_due *due, size_t slot);
/* Time of the first and, unless NULL, its slot; INT64_MAX and *slot untouched if empty. */
int64_t wn_due_next(const struct wn_due *due, size_t *slot);

#endif /* WN_RUNNER_DUE_INTERNAL_H */
