/* search/de_internal.h - the arithmetic of differential evolution, and its vectors.
 *
 * A vector has one coordinate in [0, 1] for every parameter, active or not. For a float,
 * an int and an ordinal that is its coordinate in the cube of space.h; a categorical of n
 * values divides [0, 1] into n equal parts. The cube's one coordinate a value was rejected:
 * a mixture of parents then has values that no parent has, crossover tears a parameter
 * apart, and the paper maps a categorical to equal parts as well.
 *
 * Vectors are what evolves: a configuration is made of one, and never the other way round
 * for a trial that has one. So an int moves by less than one, and a parameter that is
 * switched off keeps its coordinate, which may matter again in a child.
 */
#ifndef WN_SEARCH_DE_INTERNAL_H
#define WN_SEARCH_DE_INTERNAL_H

#include <stddef.h>

#include "base/rng.h"
#include "space/space.h"

struct wn_de_rule {
    double factor;      /* F: of the difference, in (0, 1] */
    double probability; /* p: that a coordinate is the mutant's, in [0, 1] */
};

/* A child of the target and the mutant parents[0] + F (parents[1] - parents[2]), by binomial
 * crossover: coordinate i is the mutant's with probability p, one drawn at first surely.
 * What is outside [0, 1] is drawn anew. Draws, in this order: the sure coordinate, then for
 * each coordinate whether it is the mutant's and, where needed, the new value. All vectors
 * have n > 0 coordinates; child is none of the others. */
void wn_de_child(const struct wn_de_rule *rule,
                 size_t n,
                 const double *target,
                 const double *const parents[3],
                 struct wn_rng *rng,
                 double *child);

/* `cube` is room for wn_space_n_dims() numbers. */
void wn_de_decode(const struct wn_space *space,
                  const double *vector,
                  double *cube,
                  union wn_cell *cells);
/* The middle of what gives these cells; 0.5 where a parameter is switched off. */
void wn_de_encode(const struct wn_space *space,
                  const union wn_cell *cells,
                  double *cube,
                  double *vector);

#endif /* WN_SEARCH_DE_INTERNAL_H */
