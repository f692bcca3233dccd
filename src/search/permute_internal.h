/* search/permute_internal.h - a permutation of 0 ... n - 1 that is computed, not stored.
 *
 * A Feistel network over the next even power of two, walked until it lands inside (Black,
 * Rogaway: Ciphers with Arbitrary Finite Domains, CT-RSA 2002). Equal random numbers give
 * equal permutations.
 */
#ifndef WN_SEARCH_PERMUTE_INTERNAL_H
#define WN_SEARCH_PERMUTE_INTERNAL_H

#include <stdint.h>

#include "base/rng.h"

enum { WN_PERMUTATION_ROUNDS = 6 };

struct wn_permutation {
    uint64_t n;
    unsigned half_bits;
    uint64_t keys[WN_PERMUTATION_ROUNDS];
};

/* n from 1 to 2^62. */
struct wn_permutation wn_permutation_make(uint64_t n, struct wn_rng *rng);
/* Where `position` < n goes. O(1) on average. */
uint64_t wn_permutation_at(const struct wn_permutation *permutation, uint64_t position);

#endif /* WN_SEARCH_PERMUTE_INTERNAL_H */
