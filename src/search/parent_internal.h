/* search/parent_internal.h - trials as parents: which is better, and its mutated child.
 *
 * For the searchers that change one hyperparameter of a good trial.
 *
 * Standing. A trial is worth the smallest loss it has reported, as in `winnow best`. One
 * that reached the maximum resource (under an open maximum: that completed) stands before
 * all that did not, so that no cheap look at a configuration displaces a full one; then
 * the smaller loss decides. A trial that has failed has no standing, whatever it had
 * reported: near it more would fail. Nor has one that reported nothing better than
 * infinity.
 *
 * Mutation. One parameter that is active and has more than one value, each with equal
 * chance, gets another value, drawn as a random search would until it differs. Parameters
 * that this switches on are drawn, those it switches off have no value, all others are
 * the parent's. In a space restricted to a list of configurations the child is the one
 * of the list nearest to that.
 */
#ifndef WN_SEARCH_PARENT_INTERNAL_H
#define WN_SEARCH_PARENT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "search/search.h"
#include "space/space.h"
#include "trial/event.h"

struct wn_history;

struct wn_standing {
    bool exists;
    bool is_full;
    double loss;
};

struct wn_standing wn_parent_standing(const struct wn_history *history, uint32_t trial);
/* Whether `a` stands before `b`; neither before the other when they are equal. */
bool wn_standing_beats(struct wn_standing a, struct wn_standing b);

/* Fill `child`, settled and allowed by the space; false if nothing could be changed. */
bool wn_parent_mutate(const struct wn_space *space,
                      const union wn_cell *parent,
                      struct wn_rng *rng,
                      union wn_cell *child);

/* How often a searcher tries before it draws at random, since children were tried already. A
 * parent out of a list has few neighbours there, and to find one takes longer. */
int wn_parent_tries(const struct wn_space *space);

/* The tag of a child: its parent's number, as `trial/tag.h` writes it. `tag` is the
 * searcher's and keeps the bytes; the reply borrows them. */
#define WN_PARENT_TAG_BYTES 4
struct wn_reply wn_parent_reply(struct wn_tag *tag, uint32_t parent);

#endif /* WN_SEARCH_PARENT_INTERNAL_H */
