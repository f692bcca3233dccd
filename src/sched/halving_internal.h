/* sched/halving_internal.h - one bracket of synchronous successive halving.
 *
 * n trials start in rung 0; when every slot of a rung is decided, the best floor(slots /
 * eta) of them, at least one, take the slots of the next rung (Li et al., Hyperband, JMLR
 * 18 (2018), Algorithm 1, lines 5-9: floor(n eta^-(i+1))). That is what comes out here
 * too, but nobody waits for the last slot longer than he must:
 *
 * An entry that is better than all but `places - undecided` of its rung stays among the
 * best `places` whatever the undecided slots bring, so it may go on now. With every slot
 * that is decided this number of certain places grows by one, and the certain entries are
 * the best so many; so a heap of those that have not gone on gives the next one. An entry
 * with `places` better ones has lost for good. Both follow from the entries alone: who
 * goes on is who goes on synchronously, in whatever order the slots are decided.
 *
 * A failed slot is decided without an entry: it never goes on. So a rung has at most as
 * many slots as the one below has places, and as it has entries and undecided slots.
 *
 * close() ends the supply of a bracket: it is one of n = the slots taken, with max(1,
 * floor(n / eta^(i+1))) places in rung i. Nobody who went on before loses his place:
 * taking x slots away takes at most x places.
 *
 * Entries are ordered by loss, then trial number. The bracket knows trials by number only;
 * which of them still lives is its owner's business. Every call is O(log n + rungs).
 */
#ifndef WN_SCHED_HALVING_INTERNAL_H
#define WN_SCHED_HALVING_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/ranking.h"

struct wn_halving_rung {
    uint64_t n_slots;   /* so many are decided in the end, at most */
    uint64_t n_places;  /* so many go on, at most; 0 in the last rung */
    uint64_t n_taken;   /* slots with a trial: begun in rung 0, gone on from below else */
    uint64_t n_decided; /* of n_taken */
    uint64_t n_failed;  /* of n_decided */
    struct wn_rank_heap best;  /* entries that have not gone on; also some that lost */
    struct wn_rank_heap worst; /* entries that have not lost, also gone on; worst first */
};

struct wn_halving {
    struct wn_halving_rung *rungs;
    size_t n_rungs;
    uint64_t eta;
    bool is_closed;
};

/* A bracket of n trials; false: no memory. */
bool wn_halving_init(struct wn_halving *bracket,
                     size_t n_rungs,
                     uint64_t n,
                     uint64_t eta);
void wn_halving_release(struct wn_halving *bracket);

/* Slots of rung 0 that wait for a trial; 0 when closed. */
uint64_t wn_halving_free(const struct wn_halving *bracket);
/* A trial begins in rung 0. */
void wn_halving_take(struct wn_halving *bracket);
/* It never began: its slot waits again or, when closed, is gone. */
void wn_halving_give_back(struct wn_halving *bracket);
/* No trial begins any more. */
void wn_halving_close(struct wn_halving *bracket);

/* A slot of the rung is decided: by an entry, or without one. false: no memory. */
bool wn_halving_enter(struct wn_halving *bracket, size_t rung, struct wn_ranked entry);
void wn_halving_fail(struct wn_halving *bracket, size_t rung);
/* Whether an entry that was not made yet would be the next to go on at once. */
bool wn_halving_would_go_on(const struct wn_halving *bracket,
                            size_t rung,
                            struct wn_ranked entry);
/* The best entry of a rung that is certain of a place and has not gone on, or NULL. */
const struct wn_ranked *wn_halving_next(const struct wn_halving *bracket, size_t rung);
/* It goes on: a slot of the rung above is taken. O(log n) for the next one; any other may
 * go on too (another program may have had another order). false: it has no entry here. */
bool wn_halving_go_on(struct wn_halving *bracket, size_t rung, uint32_t trial);
/* The worst entry if it has lost, once; UINT32_MAX if there is none. Ask until then. */
uint32_t wn_halving_drop(struct wn_halving *bracket, size_t rung);

/* Free the heaps of rungs that have sent on whom they will; true: all rungs are decided and
 * nobody runs. */
bool wn_halving_tidy(struct wn_halving *bracket);

#endif /* WN_SCHED_HALVING_INTERNAL_H */
