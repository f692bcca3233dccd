/* sched/sync_brackets_internal.h - the open brackets of a synchronous method.
 *
 * A synchronous method never waits for a rung to fill up: with room it takes what the
 * earliest bracket has to offer (a free slot, a trial that may go on), and where none
 * offers anything it opens the next one. So several brackets are open at a time, numbered
 * in the order of opening. This list knows which are open and which is the earliest that
 * offers something; what a bracket is made of is its owner's business, who puts struct
 * wn_sync_bracket first in a struct of his own.
 *
 * Brackets are found in O(log n) of the n open ones; finished ones are forgotten, so
 * nothing grows with the number of brackets that ever were. Closing moves the pointers
 * behind it: O(n), once a bracket.
 */
#ifndef WN_SCHED_SYNC_BRACKETS_INTERNAL_H
#define WN_SCHED_SYNC_BRACKETS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "sched/ranking.h"

struct wn_sync_bracket {
    uint32_t number;           /* 0, 1, ... in the order of opening */
    bool has_offer, is_queued; /* the list's own: set by wn_sync_offer() */
};

/* {0} is empty. */
struct wn_sync_brackets {
    WN_VEC(struct wn_sync_bracket *) open; /* by ascending number; owned by the caller */
    struct wn_rank_heap offers; /* numbers, the least first; some offer nothing more */
    uint32_t n_opened;          /* the number of the next one */
};

/* Give a bracket the next number and open it, without an offer; false: no memory. */
bool wn_sync_open(struct wn_sync_brackets *list, struct wn_sync_bracket *bracket);
/* Whether a bracket has something to offer from now on; false: no memory. */
bool wn_sync_offer(struct wn_sync_brackets *list,
                   struct wn_sync_bracket *bracket,
                   bool has_offer);
/* The earliest with an offer, or NULL. O(1). */
struct wn_sync_bracket *wn_sync_first(const struct wn_sync_brackets *list);
/* NULL if there is none of that number, or it was closed. */
struct wn_sync_bracket *wn_sync_find(const struct wn_sync_brackets *list,
                                     uint32_t number);
/* Forget a bracket that is finished; the caller frees it. */
void wn_sync_close(struct wn_sync_brackets *list, struct wn_sync_bracket *bracket);
/* The list's own memory: the caller frees what is still open before. */
void wn_sync_release(struct wn_sync_brackets *list);

#endif /* WN_SCHED_SYNC_BRACKETS_INTERNAL_H */
