/* permute.c - a permutation of 0 ... n - 1 that is computed, not stored. */
#include "search/permute_internal.h"

#include "base/assert.h"

/* The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

struct wn_permutation wn_permutation_make(uint64_t n, struct wn_rng *rng)
{
    struct wn_permutation permutation = {.n = n, .half_bits = 1};

    WN_ASSERT(n > 0 && n <= UINT64_C(1) << 62);
    while (UINT64_C(1) << (2 * permutation.half_bits) < n)
        permutation.half_bits++;
    for (int i = 0; i < WN_PERMUTATION_ROUNDS; i++)
        permutation.keys[i] = wn_rng_u64(rng);
    return permutation;
}

static uint64_t permute_once(const struct wn_permutation *permutation, uint64_t x)
{
    uint64_t mask = (UINT64_C(1) << permutation->half_bits) - 1;
    uint64_t left = x >> permutation->half_bits, right = x & mask;

    for (int i = 0; i < WN_PERMUTATION_ROUNDS; i++) {
        uint64_t old = left;
        left = right;
        right = old ^ (mix(right + permutation->keys[i]) & mask);
    }
    return left << permutation->half_bits | right;
}

/* The network permutes at most four times as many numbers as there are, and a walk from
 * inside comes back inside, so that this ends and is a permutation. */
uint64_t wn_permutation_at(const struct wn_permutation *permutation, uint64_t position)
{
    WN_ASSERT(position < permutation->n);
    do
        position = permute_once(permutation, position);
    while (position >= permutation->n);
    return position;
}
