/* search/walk_internal.h - through the points of a sequence, in order.
 *
 * A sequence gives every point a number and, for each parameter, a place in [0, 1): one
 * coordinate a parameter, so that a categorical is divided into as many equal parts as it
 * has values, and everything else as the unit cube says (space/space.h). A place becomes a
 * value with the chances of a random draw; what is inactive is switched off.
 *
 * Points whose configuration was tried, by the walk or the user, are passed over; so
 * finite spaces, inactive parameters and the user's wishes cost points, not repetitions.
 * At most WN_WALK_PASSED points are passed over after one event. When that was not enough,
 * or the sequence is over, the walk draws at random (untried_internal.h): so it ends when
 * and only when the space is used up.
 *
 * Where the walk stands follows from the events: a resumed study goes on with the point
 * that the stopped one would have proposed.
 */
#ifndef WN_SEARCH_WALK_INTERNAL_H
#define WN_SEARCH_WALK_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rng.h"
#include "search/search.h"
#include "space/space.h"
#include "trial/event.h"

enum { WN_WALK_PASSED = 64 };

/* The place of point `index` for parameter `param`, in [0, 1). */
typedef double wn_place_fn(const void *sequence, uint64_t index, size_t param);

struct wn_walk;
struct wn_walk_config {
    const struct wn_space *space; /* borrowed */
    bool allows_duplicates;       /* then every point is proposed */
    wn_place_fn *place;
    const void *sequence; /* borrowed; handed to `place` */
    uint64_t n_points;    /* > 0 */
};

enum wn_status wn_walk_create(const struct wn_walk_config *cfg,
                              struct wn_walk **out,
                              struct wn_error *err) WN_MUST_CHECK;
void wn_walk_destroy(struct wn_walk *walk); /* NULL is allowed */
/* As a searcher's operations of these names. */
struct wn_reply wn_walk_propose(const struct wn_walk *walk,
                                struct wn_rng rng,
                                union wn_cell *cells);
enum wn_status wn_walk_apply(struct wn_walk *walk,
                             const struct wn_event *event,
                             struct wn_error *err) WN_MUST_CHECK;
bool wn_walk_size(const struct wn_walk *walk, uint64_t *out);

#endif /* WN_SEARCH_WALK_INTERNAL_H */
