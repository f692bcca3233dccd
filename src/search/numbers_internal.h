/* search/numbers_internal.h - configurations as densities take them: a number a parameter.
 *
 * The number of a category is its index; of any other parameter its place in [0, 1] on its
 * scale (space.h); of an inactive one NaN. `cube` is scratch for wn_space_n_dims() doubles.
 */
#ifndef WN_SEARCH_NUMBERS_INTERNAL_H
#define WN_SEARCH_NUMBERS_INTERNAL_H

#include "space/space.h"

/* Fills n_params numbers. */
void wn_numbers_of(const struct wn_space *space,
                   const union wn_cell *cells,
                   double *cube,
                   double *numbers);
/* The configuration with these numbers, settled; numbers of what is inactive in it do not
 * matter. */
void wn_numbers_cells(const struct wn_space *space,
                      const double *numbers,
                      double *cube,
                      union wn_cell *cells);

#endif /* WN_SEARCH_NUMBERS_INTERNAL_H */
