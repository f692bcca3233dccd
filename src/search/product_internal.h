/* search/product_internal.h - the finite product of a space's values, point by number.
 *
 * Every parameter is given finitely many values (wn_param_grid_cell). The points are
 * the distinct configurations made of them: a parameter that is switched off has no
 * value and multiplies nothing. They are numbered 0 ... n - 1, and a point is made from
 * its number with arithmetic, so that no list of points exists.
 *
 * The parameters that conditions name (the switches) are enumerated once; each way to
 * set them is a block, within which the active others are a plain product. Memory goes
 * with the number of blocks, which is refused beyond WN_PRODUCT_BLOCKS.
 *
 * Numbers run through the blocks, switches varying slowest, then through the other
 * parameters in the job's order, the last one fastest.
 *
 * Of a space that is restricted to a list the points are those of the list, in its order,
 * however many values a parameter would be given.
 */
#ifndef WN_SEARCH_PRODUCT_INTERNAL_H
#define WN_SEARCH_PRODUCT_INTERNAL_H

#include <stdint.h>

#include "base/error.h"
#include "space/space.h"

#define WN_PRODUCT_BLOCKS  ((size_t)1 << 16)
#define WN_PRODUCT_LARGEST ((uint64_t)1 << 62)

struct wn_product;

/* At most `int_samples` values of an int and `float_samples` of a float without a step.
 * WN_EINVAL if there are more than WN_PRODUCT_LARGEST points or WN_PRODUCT_BLOCKS
 * blocks: `field` is the option to name. `space` is borrowed. */
enum wn_status wn_product_create(const struct wn_space *space,
                                 uint64_t int_samples,
                                 uint64_t float_samples,
                                 const char *field,
                                 struct wn_product **out,
                                 struct wn_error *err) WN_MUST_CHECK;
void wn_product_destroy(struct wn_product *product); /* NULL is allowed */
uint64_t wn_product_size(const struct wn_product *product);
/* Fill n_params cells, settled; number < size. O(log blocks + parameters). */
void wn_product_point(const struct wn_product *product,
                      uint64_t number,
                      union wn_cell *cells);

#endif /* WN_SEARCH_PRODUCT_INTERNAL_H */
