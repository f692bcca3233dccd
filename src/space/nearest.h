/* space/nearest.h - the nearest of a list of configurations.
 *
 * Distance is the Euclidean one between encodings (wn_config_encode); of equally near ones the
 * first of the list is taken. Exact: the same one that going through the whole list finds.
 */
#ifndef WN_SPACE_NEAREST_H
#define WN_SPACE_NEAREST_H

#include <stddef.h>

#include "space/space.h"

struct wn_nearest;

/* Of the configurations that `set` has; the set is borrowed and may not grow. NULL: no memory. */
struct wn_nearest *wn_nearest_create(const struct wn_space *space,
                                     const struct wn_config_set *set);
void wn_nearest_destroy(struct wn_nearest *nearest); /* NULL is allowed */
/* Number in the list of the one that is nearest to a point of the cube, clipped to it. */
size_t wn_nearest_to_cube(const struct wn_nearest *nearest, const double *cube);
/* The same to settled cells, among those that have the `n` wanted cells that `which` names;
 * SIZE_MAX: there is none. */
size_t wn_nearest_to_cells(const struct wn_nearest *nearest,
                           const union wn_cell *cells,
                           const union wn_cell *wanted,
                           const size_t *which,
                           size_t n);

#endif /* WN_SPACE_NEAREST_H */
