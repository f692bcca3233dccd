/* rng.h - the one generator of the program: splitmix64 (Steele, Lea, Flood: Fast
 * Splittable Pseudorandom Number Generators, OOPSLA 2014).
 *
 * Its whole state is one 64-bit word, so that a checkpoint holds it in one attribute,
 * and it gives the same numbers on every machine.
 */
#ifndef MLP_RNG_H
#define MLP_RNG_H

#include <stdint.h>

static inline uint64_t rng_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* [0, 1), 24 bits: every value is exact in a float. */
static inline float rng_unit(uint64_t *state)
{
    return (float)(rng_next(state) >> 40) * 0x1p-24f;
}

/* Fisher-Yates. The bias of the remainder is below 2^-50 for the sizes used here. */
static inline void rng_shuffle(uint64_t *state, int *items, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = (int)(rng_next(state) % (uint64_t)(i + 1));
        int item = items[i];

        items[i] = items[j];
        items[j] = item;
    }
}

#endif /* MLP_RNG_H */
