/* search/untried_internal.h - which configurations were tried, and a random other one.
 *
 * Every searcher that does not repeat itself keeps one of these: it learns of all that
 * was tried (those the user asked for count from then on), says whether a candidate is
 * new, and draws a new one at random when the searcher has none of its own.
 *
 * A draw that was tried is drawn again, at most 200 times, which is enough unless the
 * space is nearly used up. Then its points are listed, from a random one on, and the
 * first untried one is taken: so the last ones are found as surely as the first, and a
 * space of which nothing is left is known to be exhausted. Floats without a step are
 * listed at 2^16 values. A space that cannot be listed (product_internal.h says which)
 * is so large that 200 repetitions in a row do not happen; should they, it is taken as
 * exhausted.
 */
#ifndef WN_SEARCH_UNTRIED_INTERNAL_H
#define WN_SEARCH_UNTRIED_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/option.h"
#include "base/rng.h"
#include "search/search.h"
#include "space/space.h"
#include "trial/event.h"

/* The option of every searcher that has one of these. */
#define WN_ALLOW_DUPLICATES                                                 \
    {                                                                       \
        .name = "allow_duplicates", .type = WN_OPTION_BOOL, .def = "false", \
        .help = "whether a configuration may be tried more than once"       \
    }

struct wn_untried;

/* With `allows_duplicates` nothing counts as tried. `space` is borrowed. */
enum wn_status wn_untried_create(const struct wn_space *space,
                                 bool allows_duplicates,
                                 struct wn_untried **out,
                                 struct wn_error *err) WN_MUST_CHECK;
void wn_untried_destroy(struct wn_untried *untried); /* NULL is allowed */
/* Any logical event; it takes what it needs. */
enum wn_status wn_untried_apply(struct wn_untried *untried,
                                const struct wn_event *event,
                                struct wn_error *err) WN_MUST_CHECK;
bool wn_untried_has(const struct wn_untried *untried,
                    const union wn_cell *cells); /* not tried yet, or may be again */
/* A random one of those not tried; false: there is none (nor will there be). */
bool wn_untried_draw(const struct wn_untried *untried,
                     struct wn_rng *rng,
                     union wn_cell *cells);
/* The same as the reply of a searcher that has no proposal of its own (any more). */
struct wn_reply wn_untried_propose(const struct wn_untried *untried,
                                   struct wn_rng *rng,
                                   union wn_cell *cells);
/* As the searcher's size(): configurations until none is left; false: no such number. */
bool wn_untried_size(const struct wn_untried *untried, uint64_t *out);

#endif /* WN_SEARCH_UNTRIED_INTERNAL_H */
